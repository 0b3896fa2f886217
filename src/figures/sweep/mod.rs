//! Pictures of a sweep: its losses as small multiples, its accuracies as strips, two settings as a heat map.

mod curves;
mod heat;
mod histograms;
mod settings;
mod strips;

use std::collections::BTreeSet;

use crate::plot::text::{literal, shortened};
use crate::plot::{Face, Figure, text};
use crate::sweep::{Results, grid};

/// The shares that boxes and bands show: their ends, their edges, the middle.
const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Every picture that a sweep can show, with its file's name: `curves` where they were kept, `accuracy` (`loss` for a regression),
/// `heat` where exactly two settings differ, and `settings` where there are too many combinations to show each. None where no run
/// has ended.
pub fn sweep(results: &Results) -> Vec<(&'static str, Figure)> {
    if results.ended() == 0 {
        return Vec::new();
    }
    let outcome = if results.measure.is_accuracy() {
        "accuracy"
    } else {
        "loss"
    };
    let mut figures = Vec::new();
    if !results.curves.is_empty() {
        figures.push(("curves", curves::curves(results)));
    }
    let strips = match results.grid.replicates() > histograms::MOST_DOTS {
        true => histograms::histograms(results),
        false => strips::strips(results),
    };
    figures.push((outcome, strips));
    figures.extend(heat::heat(results).map(|figure| ("heat", figure)));
    figures.extend(settings::settings(results).map(|figure| ("settings", figure)));
    figures
}

/// The combinations to show, in the grid's order, and the caption's note where these are not all.
fn shown(results: &Results) -> (Vec<usize>, String) {
    let (shown, all) = (results.shown(), results.grid.combinations());
    if shown.len() == all {
        return (shown, String::new());
    }
    let note = format!(
        " These are the {} best of {all} combinations, by their median {}; summary.csv has all.",
        shown.len(),
        results.measure.name()
    );
    (shown, note)
}

/// The number below which a share of sorted numbers lies, between two of them on the straight line; infinite where one of the two
/// is. There must be some.
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (low, high) = (
        sorted[place.floor() as usize],
        sorted[place.ceil() as usize],
    );
    match low == high || place.fract() == 0.0 {
        true => low,
        false => low + (high - low) * place.fract(),
    }
}

/// "20 seeds", or which one.
fn seeds(results: &Results) -> String {
    let seeds = match results.grid.seeds() {
        [seed] => format!("seed {seed}"),
        seeds => format!("{} seeds", seeds.len()),
    };
    match results.grid.folds() {
        0 => seeds,
        folds => format!("{folds} folds of {seeds}"),
    }
}

/// A name of at most `limit` pixels for each combination, and the caption's note on the names: whole words where they fit, else
/// the values alone, cut where they are long. No two are the same.
fn labels(
    results: &Results,
    combinations: &[usize],
    size: f64,
    face: Face,
    limit: f64,
) -> (Vec<String>, String) {
    const DOT: &str = " · ";
    let grid = &results.grid;
    let whole: Vec<String> = combinations
        .iter()
        .map(|&c| literal(&grid.label(c)))
        .collect();
    if whole
        .iter()
        .all(|label| text::width(label, size, face) <= limit)
    {
        return (whole, String::new());
    }
    let keys: Vec<String> = grid.names().iter().map(|name| literal(name)).collect();
    let dots = (keys.len() - 1) as f64 * text::width(DOT, size, face);
    let values = |&combination: &usize| -> Vec<String> {
        let values = grid.values(combination).into_iter();
        values.map(grid::bare).collect()
    };
    let mut short: Vec<String> = combinations
        .iter()
        .map(|combination| {
            let values = values(combination);
            let width = |value: &String| text::width(&literal(value), size, face);
            let widths: Vec<f64> = values.iter().map(width).collect();
            let room = share(&widths, limit - dots);
            let cut: Vec<String> = values.iter().map(|v| fitted(v, size, face, room)).collect();
            cut.join(DOT)
        })
        .collect();
    let mut note = format!(" The names are the values of {}.", keys.join(DOT));
    if short.iter().collect::<BTreeSet<_>>().len() < short.len() {
        let rows = combinations.iter().map(|&c| format!("row {}", c + 1));
        short = rows.collect();
        note = " The names count the rows of summary.csv.".to_owned();
    }
    (short, note)
}

/// The largest width that all may have so that together they are no wider than `limit`.
fn share(widths: &[f64], limit: f64) -> f64 {
    let mut sorted = widths.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mut rest = limit;
    for (i, &width) in sorted.iter().enumerate() {
        let even = rest / (sorted.len() - i) as f64;
        if width > even {
            return even;
        }
        rest -= width;
    }
    limit
}

/// Plain words in this many pixels, as markup; what is too long ends in an ellipsis.
fn fitted(words: &str, size: f64, face: Face, limit: f64) -> String {
    shortened(&literal(words), size, face, limit)
}

/// The names of values, `share` successive ones together: the first and the last.
fn labels_of_values(values: &[String], share: usize) -> Vec<String> {
    let groups = values.chunks(share.max(1));
    let name = |group: &[String]| match group {
        [] => String::new(),
        [one] => grid::bare(one),
        [first, .., last] => format!("{} to {}", grid::bare(first), grid::bare(last)),
    };
    groups.map(name).collect()
}
