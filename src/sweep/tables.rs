//! A sweep as files: what was run, a row per run, per combination, and per epoch.

use serde::Serialize;

use super::{Directory, Results, Statistics, Sweep, Trial};
use crate::config::Config;
use crate::error::{Error, Result};
use crate::file;
use crate::run::session::BURN_VERSION;

/// Writes `sweep.toml`, `curves.csv`, `summary.csv` and `runs.csv` (the last one last) in place of an earlier sweep's.
///
/// # Errors
/// [`Error::Io`] where a file can't be written.
pub fn write(directory: &mut Directory, sweep: &Sweep, results: &Results) -> Result<()> {
    directory.clear()?;
    let path = |name: &str| directory.path().join(name);
    file::write(&path("sweep.toml"), record(sweep).as_bytes())?;
    file::write(&path("curves.csv"), &curves(results)?)?;
    file::write(&path("summary.csv"), &summary(results)?)?;
    file::write(&path("runs.csv"), &runs(results)?)
}

/// What it takes to run the sweep again.
fn record(sweep: &Sweep) -> String {
    #[derive(Serialize)]
    struct Record<'a> {
        foldspace: &'static str,
        burn: &'static str,
        backend: &'static str,
        seeds: &'a [u64],
        #[serde(skip_serializing_if = "Option::is_none")]
        folds: Option<usize>,
        /// As they stand behind `--set`.
        set: Vec<String>,
        /// The first run's, with every default written out.
        config: Config,
    }
    let grid = sweep.grid();
    let settings = grid.settings().iter();
    let record = Record {
        foldspace: env!("CARGO_PKG_VERSION"),
        burn: BURN_VERSION,
        backend: sweep.backend().name(),
        seeds: grid.seeds(),
        folds: (grid.folds() > 0).then_some(grid.folds()),
        set: settings
            .map(|setting| format!("{}={}", setting.key, setting.values.join(",")))
            .collect(),
        config: sweep.config(0, grid.seeds()[0]),
    };
    toml::to_string(&record).expect("seeds, texts and configurations can be written as TOML")
}

/// A row per run.
fn runs(results: &Results) -> Result<Vec<u8>> {
    let folded = results.grid.folds() > 0;
    let header = [
        "seed",
        "epochs",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "best_test_accuracy",
        "best_epoch",
        "separable",
        "diverged_in_epoch",
    ];
    let rows = results.trials.iter().map(|trial| {
        // A run that diverged has no last loss.
        let last = trial.last.filter(|_| trial.diverged.is_none());
        let cells = vec![
            trial.seed.to_string(),
            trial.last.map_or(0, |last| last.epoch).to_string(),
            cell(last.map(|last| last.train_loss)),
            cell(last.and_then(|last| last.train_accuracy)),
            cell(last.and_then(|last| last.test_loss)),
            cell(last.and_then(|last| last.test_accuracy)),
            cell(trial.best.map(|(_, accuracy)| accuracy)),
            cell(trial.best.map(|(epoch, _)| epoch)),
            cell(trial.separable),
            cell(trial.diverged),
        ];
        (trial.combination, numbered(cells, trial, folded))
    });
    csv(results, &headed(&header, folded), rows)
}

/// A row per combination.
fn summary(results: &Results) -> Result<Vec<u8>> {
    let quantities = ["train_loss", "train_accuracy", "test_loss", "test_accuracy"];
    let mut header = vec!["runs".to_owned(), "diverged".to_owned()];
    for quantity in quantities {
        let statistics = ["mean", "sd", "min", "median", "max"];
        header.extend(statistics.map(|statistic| format!("{quantity}_{statistic}")));
    }
    header.push("separable_share".to_owned());
    let rows = results.summaries.iter().map(|summary| {
        let mut cells = vec![summary.runs.to_string(), summary.diverged.to_string()];
        let statistics = [
            summary.train_loss,
            summary.train_accuracy,
            summary.test_loss,
            summary.test_accuracy,
        ];
        cells.extend(statistics.into_iter().flat_map(statistic_cells));
        cells.push(cell(summary.separable));
        (summary.combination, cells)
    });
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    csv(results, &header, rows)
}

fn statistic_cells(of: Option<Statistics>) -> [String; 5] {
    let Some(of) = of else {
        return [const { String::new() }; 5];
    };
    [
        cell(Some(of.mean)),
        cell(of.sd),
        cell(Some(of.min)),
        cell(Some(of.median)),
        cell(Some(of.max)),
    ]
}

/// A row per run and kept epoch.
fn curves(results: &Results) -> Result<Vec<u8>> {
    let folded = results.grid.folds() > 0;
    let header = ["seed", "epoch", "train_loss", "test_loss", "test_accuracy"];
    let rows = results.trials.iter().flat_map(|trial| {
        trial.curve.iter().map(|epoch| {
            let cells = vec![
                trial.seed.to_string(),
                epoch.epoch.to_string(),
                epoch.train_loss.to_string(),
                cell(epoch.test_loss),
                cell(epoch.test_accuracy),
            ];
            (trial.combination, numbered(cells, trial, folded))
        })
    });
    csv(results, &headed(&header, folded), rows)
}

/// A column for the fold behind that of the seed, in cross-validation.
fn headed<'a>(header: &[&'a str], folded: bool) -> Vec<&'a str> {
    let mut header = header.to_vec();
    if folded {
        header.insert(1, "fold");
    }
    header
}

/// The fold behind the seed.
fn numbered(mut cells: Vec<String>, trial: &Trial, folded: bool) -> Vec<String> {
    if folded {
        cells.insert(1, trial.fold.to_string());
    }
    cells
}

/// Empty where there is nothing; numbers in the fewest digits that give the same number again.
fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Rows with their combination's values in front.
fn csv(
    results: &Results,
    header: &[&str],
    rows: impl Iterator<Item = (usize, Vec<String>)>,
) -> Result<Vec<u8>> {
    let refuse = |error: csv::Error| Error::io("the table", "write")(error.into());
    let grid = &results.grid;
    let mut writer = csv::Writer::from_writer(Vec::new());
    let swept = grid.swept();
    let keys = swept.iter().map(|setting| setting.key.as_str());
    writer
        .write_record(keys.chain(header.iter().copied()))
        .map_err(refuse)?;
    for (combination, cells) in rows {
        let values = grid.values(combination);
        let cells = values.into_iter().chain(cells.iter().map(String::as_str));
        writer.write_record(cells).map_err(refuse)?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::io("the table", "write")(error.into_error()))
}
