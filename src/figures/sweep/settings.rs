//! What each setting does, over all runs of a sweep of many combinations: all runs as a histogram, and for each value of a
//! setting how the runs that have it are distributed.

use super::histograms::{Bins, axes, keys, label, numbers, spread};
use super::{fitted, labels_of_values, seeds};
use crate::plot::text::literal;
use crate::plot::{Face, Figure, Panel};
use crate::sweep::results::MOST_SHOWN;
use crate::sweep::{Outcome, Results, Setting};

/// More values of a setting than that share rows with their neighbours.
const MOST_ROWS: usize = 16;

/// More settings than that are not shown; those that were given first are.
const MOST_SETTINGS: usize = 8;

/// The room for a value's name, pixels.
const NAME: f64 = 130.0;

/// A histogram of all runs, and a panel per setting with a row per value. `None` where the combinations can all be shown one by one.
pub(super) fn settings(results: &Results) -> Option<Figure> {
    let grid = &results.grid;
    if grid.combinations() <= MOST_SHOWN {
        return None;
    }
    let measure = results.measure;
    let all = numbers(results, results.outcomes.iter());
    let values: Vec<f64> = all.iter().map(|&(value, _)| value).collect();
    let bins = Bins::new(values, measure);
    let range = bins.range;
    let counts = bins.counts(&all);
    let highest = counts.iter().map(|[a, b]| a + b).fold(1.0, f64::max);
    let mut whole = axes(measure)
        .title("all runs")
        .labels(label(measure), "runs")
        .range(range, [0.0, 1.06 * highest]);
    whole = bins.draw(whole, &counts, 0.0, 1.0);
    let decided = results.outcomes.iter().any(|run| run.separable().is_some());
    whole = keys(whole, decided);
    let mut panels = vec![whole];
    let swept = grid.swept();
    let names = grid.names();
    let both = swept.iter().zip(&names).take(MOST_SETTINGS);
    panels.extend(
        both.enumerate()
            .map(|(place, (setting, name))| boxes(results, place, setting, name, range)),
    );
    let columns = 2;
    let rows = panels.len().div_ceil(columns);
    let most = swept.iter().map(|setting| setting.values.len()).max();
    let height = 110.0 + 24.0 * most.unwrap_or(1).clamp(5, MOST_ROWS) as f64;
    let diverged = results
        .outcomes
        .iter()
        .filter(|run| run.diverged().is_some());
    let ended = results.ended();
    let diverged = match diverged.count() {
        0 => String::new(),
        some => format!(" {some} diverged and are in no row."),
    };
    let more = match swept.len().checked_sub(MOST_SETTINGS) {
        Some(more @ 1..) => format!(" {more} more settings are not shown."),
        _ => String::new(),
    };
    let title = format!("What each setting does: {}", literal(&results.name));
    Some(
        Figure::new(title)
            .caption(format!(
                "{ended} runs: {} combinations, {} each. A value's row holds all runs that have it, whatever their other settings.{diverged}{more}",
                grid.combinations(),
                seeds(results)
            ))
            .size(980, 110 + (height * rows as f64) as u32)
            .panels(columns, panels),
    )
}

/// A setting's values, each with the distribution of its runs.
fn boxes(results: &Results, place: usize, setting: &Setting, name: &str, range: [f64; 2]) -> Panel {
    let count = setting.values.len();
    let share = count.div_ceil(MOST_ROWS);
    let groups = count.div_ceil(share);
    let mut runs: Vec<Vec<&Outcome>> = vec![Vec::new(); groups];
    for combination in 0..results.grid.combinations() {
        let value = results.grid.value_places(combination)[place];
        runs[value / share].extend(results.of_combination(combination));
    }
    let texts = labels_of_values(&setting.values, share);
    let mut panel = axes(results.measure)
        .title(literal(name))
        .labels(label(results.measure), "")
        .range(range, [-0.6, groups as f64 - 0.4]);
    let mut names = Vec::new();
    for (row, (runs, text)) in runs.into_iter().zip(texts).enumerate() {
        let y = (groups - 1 - row) as f64;
        let numbers = numbers(results, runs.into_iter());
        let mut sorted: Vec<f64> = numbers.into_iter().map(|(value, _)| value).collect();
        sorted.sort_by(f64::total_cmp);
        let none = if sorted.is_empty() { " (none)" } else { "" };
        names.push((y, fitted(&text, 11.0, Face::Regular, NAME) + none));
        panel = spread(panel, &sorted, range[0], y, (0.04 * groups as f64).min(0.3));
    }
    panel.y.names = Some(names);
    panel
}
