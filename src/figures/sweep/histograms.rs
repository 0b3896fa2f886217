//! The outcome of very many runs: a strip per combination with a histogram on it, where dots would be one area.

use super::strips::{names, range};
use super::{SHARES, quantile, seeds, shown};
use crate::plot::{Colour, Figure, Frame, Panel, Point, Scale, Sign, Stroke};
use crate::sweep::{Measure, Results};

/// With more runs of a combination than this, dots give way to a histogram.
pub(super) const MOST_DOTS: usize = 200;

const WIDTH: u32 = 800;
/// The height of the highest bar, and of what stands below the bars, where strips are 1 apart.
const BARS: f64 = 0.72;
const BELOW: f64 = 0.1;
/// At most about this many bars over the whole axis.
const MOST_BARS: f64 = 80.0;

/// A run's number, and whether its embedding is separable.
pub(super) type Value = (f64, Option<bool>);

/// The colours of what is separable, or not decided, and of what is not.
pub(super) const COLOURS: [Colour; 2] = [Colour::accent(2), Colour::accent(1)];

/// One strip per combination: bars for the runs, below them the range of nine tenths and of a half, and the median.
pub(super) fn histograms(results: &Results) -> Figure {
    let measure = results.measure;
    let (combinations, note) = shown(results);
    let values: Vec<Vec<Value>> = combinations
        .iter()
        .map(|&c| numbers(results, results.of_combination(c).iter()))
        .collect();
    let all: Vec<f64> = values.iter().flatten().map(|&(value, _)| value).collect();
    let bins = Bins::new(all, measure);
    let range = bins.range;
    let count = combinations.len();
    let pitch = (820.0 / count as f64).clamp(40.0, 220.0);
    let mut panel = axes(measure)
        .labels(label(measure), "")
        .range(range, [-0.25, count as f64 - 0.05]);
    let (named, remark) = names(results, &combinations);
    panel.y.names = Some(named);
    for (row, values) in values.iter().enumerate() {
        let base = (count - 1 - row) as f64;
        let counts = bins.counts(values);
        let highest = counts.iter().map(|[a, b]| a + b).fold(0.0, f64::max);
        panel = bins.draw(panel, &counts, base, BARS / highest.max(1.0));
        let mut sorted: Vec<f64> = values.iter().map(|&(value, _)| value).collect();
        sorted.sort_by(f64::total_cmp);
        panel = spread(panel, &sorted, range[0], base - BELOW, 0.07);
    }
    let decided = results.outcomes.iter().any(|run| run.separable().is_some());
    panel = keys(panel, decided);
    let name = measure.name();
    let title = format!(
        "{}{}: {}",
        name[..1].to_uppercase(),
        &name[1..],
        crate::plot::text::literal(&results.name)
    );
    Figure::new(title)
        .caption(format!(
            "After the last epoch, over {}. The highest bar of every strip is equally high.{remark}{note}",
            seeds(results)
        ))
        .size(WIDTH, 190 + (pitch * count as f64) as u32)
        .panel(panel)
}

/// The measure of some runs, accuracies in per cent.
pub(super) fn numbers<'a>(
    results: &Results,
    runs: impl Iterator<Item = &'a crate::sweep::Outcome>,
) -> Vec<Value> {
    let measure = results.measure;
    let unit = if measure.is_accuracy() { 100.0 } else { 1.0 };
    runs.filter_map(|run| Some((unit * run.of(measure)?, run.separable())))
        .collect()
}

/// A panel with the measure across.
pub(super) fn axes(measure: Measure) -> Panel {
    let mut panel = Panel::new().frame(Frame::Axes);
    if !measure.is_accuracy() {
        panel.x.scale = Scale::Log;
    }
    panel
}

/// What the measure's axis is called.
pub(super) fn label(measure: Measure) -> String {
    match measure.is_accuracy() {
        true => format!("{} (%)", measure.name()),
        false => measure.name().to_owned(),
    }
}

/// The legend of bars and of what stands below them.
pub(super) fn keys(panel: Panel, decided: bool) -> Panel {
    let panel = match decided {
        true => panel
            .key(
                "embedding linearly separable",
                Sign::Line(Stroke::new(COLOURS[0], 6.0)),
            )
            .key("not separable", Sign::Line(Stroke::new(COLOURS[1], 6.0))),
        false => panel,
    };
    panel
        .key("median", Sign::Line(Stroke::new(Colour::TEXT, 2.4)))
        .key("half of the runs", Sign::Line(Stroke::new(HALF, 5.0)))
        .key("nine tenths", Sign::Line(Stroke::new(Colour::MUTED, 1.2)))
}

const HALF: Colour = Colour::TEXT.fade(0.45);

/// The range of nine tenths of sorted numbers as a thin line, of a half as a thick one, and the median across.
pub(super) fn spread(panel: Panel, sorted: &[f64], floor: f64, y: f64, half: f64) -> Panel {
    if sorted.is_empty() {
        return panel;
    }
    let [a, b, middle, c, d] = SHARES.map(|share| quantile(sorted, share).max(floor));
    let across = |from: f64, to: f64| vec![[from, y], [to, y]];
    panel
        .line(across(a, d), Stroke::new(Colour::MUTED, 1.2))
        .line(across(b, c), Stroke::new(HALF, 5.0))
        .line(
            vec![[middle, y - half], [middle, y + half]],
            Stroke::new(Colour::TEXT, 2.4),
        )
}

/// Where the bars stand along the axis.
pub(super) struct Bins {
    /// In the axis's own measure: the numbers, or their logarithms.
    start: f64,
    width: f64,
    count: usize,
    logarithmic: bool,
    /// From where to where the axis reaches.
    pub(super) range: [f64; 2],
}

impl Bins {
    /// Bars for these numbers. Accuracies are multiples of one over the number of samples, and a bar holds equally many of those:
    /// else some would hold one more than others, and stand out without reason.
    pub(super) fn new(mut all: Vec<f64>, measure: Measure) -> Self {
        let mut range = range(&all, measure);
        let logarithmic = !measure.is_accuracy();
        let place = |value: f64| if logarithmic { libm::log(value) } else { value };
        let [low, high] = range.map(place);
        // Twice the cube root of the count (Rice University's rule): fewer runs, broader bars.
        let bars = (2.0 * libm::cbrt(all.len() as f64)).clamp(16.0, MOST_BARS);
        let mut width = (high - low) / bars;
        let mut start = low;
        if !logarithmic {
            all.sort_by(f64::total_cmp);
            let gaps = all.windows(2).map(|pair| pair[1] - pair[0]);
            let step = gaps.filter(|&gap| gap > 1e-7).fold(f64::INFINITY, f64::min);
            if step.is_finite()
                && let Some(first) = all.first()
            {
                width = step * (width / step).ceil().max(1.0);
                start = first - step / 2.0;
            }
        }
        let mut count = ((high - start) / width).ceil().max(1.0) as usize;
        if let Some(&last) = all.last().filter(|_| !logarithmic) {
            // Whole bars, from the one of the least number to that of the largest.
            count = (((last - start) / width).floor() + 1.0) as usize;
            range = [low.min(start), high.max(start + width * count as f64)];
        }
        Self {
            start,
            width,
            count,
            logarithmic,
            range,
        }
    }

    fn place(&self, value: f64) -> usize {
        let value = value.max(self.range[0]);
        let value = if self.logarithmic {
            libm::log(value)
        } else {
            value
        };
        let bin = ((value - self.start) / self.width).floor().max(0.0);
        (bin as usize).min(self.count - 1)
    }

    /// How many runs each bar holds: separable or undecided ones, and others.
    pub(super) fn counts(&self, values: &[Value]) -> Vec<[f64; 2]> {
        let mut counts = vec![[0.0; 2]; self.count];
        for &(value, separable) in values {
            counts[self.place(value)][usize::from(separable == Some(false))] += 1.0;
        }
        counts
    }

    /// Where a bar begins.
    fn edge(&self, bin: usize) -> f64 {
        let edge = self.start + bin as f64 * self.width;
        let edge = if self.logarithmic {
            libm::exp(edge)
        } else {
            edge
        };
        edge.clamp(self.range[0], self.range[1])
    }

    /// Bars on a base line, `scale` high per run; what is not separable stands on top of the rest.
    pub(super) fn draw(
        &self,
        mut panel: Panel,
        counts: &[[f64; 2]],
        base: f64,
        scale: f64,
    ) -> Panel {
        for (group, colour) in COLOURS.into_iter().enumerate() {
            // What the group stands on, and how high it is.
            let bar = |&[first, second]: &[f64; 2]| match group {
                0 => [0.0, first],
                _ => [first, second],
            };
            let mut bin = 0;
            // Bars that touch are one shape: no seams.
            for bars in counts.chunk_by(|a, b| (bar(a)[1] > 0.0) == (bar(b)[1] > 0.0)) {
                let (mut upper, mut lower): (Vec<Point>, Vec<Point>) = (Vec::new(), Vec::new());
                for count in bars {
                    let [below, own] = bar(count);
                    let (left, right) = (self.edge(bin), self.edge(bin + 1));
                    let [low, high] = [below, below + own].map(|runs| base + runs * scale);
                    upper.extend([[left, high], [right, high]]);
                    lower.extend([[left, low], [right, low]]);
                    bin += 1;
                }
                if bar(&bars[0])[1] > 0.0 {
                    upper.extend(lower.into_iter().rev());
                    panel = panel.polygon(upper, colour);
                }
            }
        }
        panel
    }
}
