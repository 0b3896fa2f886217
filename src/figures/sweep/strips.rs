//! The outcome of every run: a strip per combination, a dot per seed.

use super::{labels, seeds, shown};
use crate::plot::{
    Colour, Face, Figure, Frame, Mark, Panel, Point, Scale, Shape, Sign, Stroke, text,
};
use crate::sweep::{Measure, Results};

const WIDTH: u32 = 800;
/// The room for a strip's name, pixels.
const NAME: f64 = 230.0;
/// The font size of the names.
const TICK: f64 = 11.0;
/// The largest distance of a dot from the middle of its strip, where strips are 1 apart.
const REACH: f64 = 0.34;
/// From one strip to the next, pixels: at least, and at most.
const PITCH: [f64; 2] = [34.0, 110.0];
/// The width of a median's mark, pixels.
const BAND: f64 = 13.0;
/// All strips together are no higher than that, where the least pitch allows it.
const HEIGHT: f64 = 820.0;

/// A combination's runs.
struct Strip {
    /// The measure of each run, and whether its embedding is separable.
    values: Vec<(f64, Option<bool>)>,
    /// How many dots each run's dot is above the middle.
    levels: Vec<f64>,
    /// The highest of these.
    highest: f64,
    median: Option<f64>,
}

/// One strip per combination: each seed a dot, their median marked.
pub(super) fn strips(results: &Results) -> Figure {
    let measure = results.measure;
    let (combinations, note) = shown(results);
    let radius = if results.grid.replicates() > 40 {
        2.6
    } else {
        4.0
    };
    let (strips, range) = gather(results, &combinations, 2.0 * radius);
    let highest = strips.iter().map(|strip| strip.highest).fold(0.0, f64::max);
    let [least, most] = PITCH;
    let count = strips.len();
    let most = (HEIGHT / count as f64).clamp(least, most);
    let pitch = (2.0 * radius * highest / REACH).clamp(least.max(46.0).min(most), most);

    let mut panel = Panel::new()
        .frame(Frame::Axes)
        .labels(
            if measure.is_accuracy() {
                format!("{} (%)", measure.name())
            } else {
                measure.name().to_owned()
            },
            "",
        )
        .range(range, [-0.6, count as f64 - 0.4]);
    if !measure.is_accuracy() {
        panel.x.scale = Scale::Log;
    }
    let (names, named) = names(results, &combinations);
    panel.y.names = Some(names);
    let mut groups: [Vec<Point>; 2] = [Vec::new(), Vec::new()];
    // Broad and pale, so that dots do not hide it, nor it them.
    let pale = Colour::TEXT.fade(0.22);
    let band = Stroke::new(pale, BAND);
    // The ends of a line are round, and add half its width.
    let end = 0.44 - 0.5 * BAND / pitch;
    for (row, strip) in strips.iter().enumerate() {
        let middle = (count - 1 - row) as f64;
        // Too many dots in one place share the room there is.
        let step = (2.0 * radius / pitch).min(REACH / strip.highest.max(1.0));
        for (&(value, separable), level) in strip.values.iter().zip(&strip.levels) {
            let group = usize::from(separable == Some(false));
            // A loss of zero has no place on the axis, and goes to its end.
            groups[group].push([value.max(range[0]), middle + level * step]);
        }
        if let Some(median) = strip.median {
            let points = [[median, middle - end], [median, middle + end]];
            panel = panel
                .line(points, band)
                .line(points, Stroke::new(Colour::TEXT, 1.4));
        }
    }
    let looks = [
        (
            Colour::accent(2),
            Shape::Circle,
            "embedding linearly separable",
        ),
        (Colour::accent(1), Shape::Diamond, "not separable"),
    ];
    let decided = results.outcomes.iter().any(|run| run.separable().is_some());
    for ((colour, shape, name), points) in looks.into_iter().zip(groups) {
        if decided {
            panel = panel.key(name, Sign::Point(colour, shape));
        }
        panel = panel.mark(Mark::Points {
            points,
            colour,
            radius,
            shape,
            ring: true,
        });
    }
    panel = panel.key("median", Sign::Line(Stroke::new(pale, 6.0)));
    let name = measure.name();
    let title = format!(
        "{}{}: {}",
        name[..1].to_uppercase(),
        &name[1..],
        crate::plot::text::literal(&results.name)
    );
    let dots = match results.grid.replicates() {
        1 => format!("After the last epoch, {}.", seeds(results)),
        _ => format!(
            "After the last epoch; a dot for each of {}.",
            seeds(results)
        ),
    };
    Figure::new(title)
        .caption(format!("{dots}{named}{note}"))
        .size(WIDTH, 190 + (pitch * count as f64) as u32)
        .panel(panel)
}

/// The strips, accuracies in per cent, and the range of their axis. `size` is that of the dots in pixels.
fn gather(results: &Results, combinations: &[usize], size: f64) -> (Vec<Strip>, [f64; 2]) {
    let measure = results.measure;
    let unit = if measure.is_accuracy() { 100.0 } else { 1.0 };
    let values: Vec<Vec<(f64, Option<bool>)>> = combinations
        .iter()
        .map(|&combination| {
            let runs = results.of_combination(combination).iter();
            let mut values: Vec<(f64, Option<bool>)> = runs
                .filter_map(|run| Some((unit * run.of(measure)?, run.separable())))
                .collect();
            // Of runs in one place those of a kind stand together.
            values.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            values
        })
        .collect();
    let all: Vec<f64> = values.iter().flatten().map(|&(value, _)| value).collect();
    let range = range(&all, measure);
    let strip = |(values, &combination): (Vec<(f64, Option<bool>)>, &usize)| {
        // Pixels, as far as they are known before the figure is laid out.
        let across = |value: f64| place(value, range, measure) * (f64::from(WIDTH) - NAME - 60.0);
        let places: Vec<f64> = values.iter().map(|&(value, _)| across(value)).collect();
        let levels = swarm(&places, size);
        let summary = results.summary(combination);
        let statistics = summary.of(measure);
        Strip {
            highest: levels.iter().fold(0.0, |most, level| level.abs().max(most)),
            levels,
            median: statistics.map(|statistics| unit * statistics.median),
            values,
        }
    };
    let strips = values.into_iter().zip(combinations).map(strip).collect();
    (strips, range)
}

/// The strips' names at their places, and the caption's note on them.
pub(super) fn names(results: &Results, combinations: &[usize]) -> (Vec<(f64, String)>, String) {
    let remarks: Vec<String> = combinations
        .iter()
        .map(|&c| match results.summary(c).diverged {
            0 => String::new(),
            some => format!(" ({some} diverged)"),
        })
        .collect();
    let width = |remark: &String| text::width(remark, TICK, Face::Regular);
    let room = NAME - remarks.iter().map(width).fold(0.0, f64::max);
    let (labels, note) = labels(results, combinations, TICK, Face::Regular, room);
    let last = combinations.len() - 1;
    let names = labels.into_iter().zip(remarks).enumerate();
    let names = names.map(|(row, (label, remark))| ((last - row) as f64, label + &remark));
    (names.collect(), note)
}

/// From where to where the axis reaches: around the values, an accuracy over at least one per cent.
pub(super) fn range(values: &[f64], measure: Measure) -> [f64; 2] {
    let extent = values
        .iter()
        .map(|&value| [value, value])
        .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)]);
    let Some([low, high]) = extent else {
        return if measure.is_accuracy() {
            [0.0, 100.0]
        } else {
            [0.1, 1.0]
        };
    };
    if measure.is_accuracy() {
        let air = 0.05 * (high - low).max(1.0);
        return [low.min(high - 1.0) - air, high + air];
    }
    let high = high.max(f64::MIN_POSITIVE);
    let low = low.max(1e-12 * high);
    let air = libm::pow((high / low).max(2.0), 0.06);
    [low / air, high * air]
}

/// Where a value stands along the axis, from 0 to 1.
fn place(value: f64, [low, high]: [f64; 2], measure: Measure) -> f64 {
    if measure.is_accuracy() {
        (value - low) / (high - low)
    } else {
        libm::log(value.max(low) / low) / libm::log(high / low)
    }
}

/// How many dots each dot moves up (or down, below zero) so that it hides no other one. `places` ascend; they and the dots'
/// `size` are in pixels.
fn swarm(places: &[f64], size: f64) -> Vec<f64> {
    // The right end of what stands on each level.
    let mut ends: Vec<f64> = Vec::new();
    places
        .iter()
        .map(|&place| {
            let free = ends.iter().position(|&end| end <= place);
            let level = free.unwrap_or(ends.len());
            if level == ends.len() {
                ends.push(0.0);
            }
            ends[level] = place + size;
            // 0, 1, -1, 2, -2 ... from the middle.
            let steps = level.div_ceil(2) as f64;
            if level % 2 == 1 { steps } else { 0.0 - steps }
        })
        .collect()
}
