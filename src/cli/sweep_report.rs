//! What `sweep` and `collect` print of the results.

use std::path::Path;

use serde::{Serialize, Serializer};

use super::{Outcome, output};
use crate::sweep::results::MOST_SHOWN;
use crate::sweep::{Measure, Results, grid, measure};

/// A table with more rows than this shows only the best.
const MOST_ROWS: usize = 100;

/// The summary for programs.
pub(super) fn json(results: &Results, directory: &Path) -> Outcome {
    #[derive(Serialize)]
    struct Report<'a> {
        directory: String,
        keys: Vec<&'a str>,
        seeds: &'a [u64],
        runs: usize,
        measure: Measure,
        best: Option<usize>,
        #[serde(serialize_with = "each")]
        combinations: &'a Results,
    }
    // One after the other: a million of them need not be there at once.
    fn each<S: Serializer>(results: &&Results, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(results.summaries())
    }
    let swept = results.grid.swept().into_iter();
    let report = Report {
        directory: directory.display().to_string(),
        keys: swept.map(|setting| setting.key.as_str()).collect(),
        seeds: results.grid.seeds(),
        runs: results.ended(),
        measure: results.measure,
        best: results.best().map(|best| best.combination),
        combinations: results,
    };
    output::json(&report)
}

/// The summary for people: a row per combination, in the grid's order.
pub(super) fn table(results: &Results) -> String {
    let shown = results.measure;
    let held_out = |run: &crate::sweep::Outcome| run.of(Measure::TestLoss).is_some();
    let loss = if results.outcomes.iter().any(held_out) {
        Measure::TestLoss
    } else {
        Measure::TrainLoss
    };
    let mut header = results.grid.names();
    header.extend(["runs", "diverged", "median", "mean", "sd", "min", "max"].map(str::to_owned));
    if shown != loss {
        header.push("median loss".to_owned());
    }
    header.push("separable".to_owned());
    let mut rows = vec![header];
    let all = results.grid.combinations();
    let (listed, note) = if all > MOST_ROWS {
        let note = format!("; the {MOST_SHOWN} best of {all} combinations");
        (results.shown(), note)
    } else {
        ((0..all).collect(), String::new())
    };
    for summary in listed.into_iter().map(|c| results.summary(c)) {
        let values = summary.values.iter();
        let mut row: Vec<String> = values.map(|value| grid::bare(value)).collect();
        row.extend([summary.runs, summary.diverged].map(|count| count.to_string()));
        let of = summary.of(shown);
        let write = |value: Option<f64>| value.map_or("-".to_owned(), |value| shown.write(value));
        row.extend([
            write(of.map(|of| of.median)),
            write(of.map(|of| of.mean)),
            write(of.and_then(|of| of.sd)),
            write(of.map(|of| of.min)),
            write(of.map(|of| of.max)),
        ]);
        if shown != loss {
            let median = summary.of(loss).map(|of| measure::loss(of.median));
            row.push(median.unwrap_or_else(|| "-".to_owned()));
        }
        let share = summary
            .separable
            .map(|share| format!("{:.0} %", 100.0 * share));
        row.push(share.unwrap_or_else(|| "-".to_owned()));
        rows.push(row);
    }
    let judged = if shown == loss {
        String::new()
    } else {
        format!("; {}", loss.name())
    };
    format!(
        "{} after the last epoch{judged}{note}\n{}",
        shown.name(),
        aligned(&rows)
    )
}

/// Columns, flush right, two blanks apart.
pub(super) fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|(cell, &width)| format!("{cell:>width$}"))
                .collect();
            cells.join("  ") + "\n"
        })
        .collect()
}

/// The last line.
pub(super) fn best(results: &Results) -> String {
    let Some(best) = results.best() else {
        return "best: none, every run diverged".to_owned();
    };
    let label = results.grid.label(best.combination);
    let label = if label.is_empty() {
        &results.name
    } else {
        &label
    };
    let median = best.of(results.measure).map_or(f64::NAN, |of| of.median);
    format!(
        "best: {label}: median {} {}",
        results.measure.name(),
        results.measure.write(median)
    )
}
