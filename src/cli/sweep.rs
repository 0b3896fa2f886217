//! `foldspace sweep`: many runs at once, compared.

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use clap::Args;
use serde::Serialize;

use super::{Outcome, interrupt, output, progress};
use crate::device::Backend;
use crate::error::{Error, Result as Done};
use crate::figures;
use crate::plot::Theme;
use crate::sweep::{
    Directory, Measure, Results, Setting, Summary, Sweep, grid, measure, parse_seeds, tables,
};

/// Dots per inch of the PNG files.
const DPI: f64 = 192.0;

/// Train a configuration with every combination of some settings and several seeds, several runs at once.
///
/// Writes runs.csv (a row per run), summary.csv (a row per combination), curves.csv (losses over the epochs), sweep.toml
/// (what was run), and pictures: curves, accuracy (loss for a regression) and, where two settings differ, heat. A run is the same as that of
/// `foldspace train` with these settings and this seed, on wgpu, where the seeds of a combination are trained as one network,
/// within rounding; one that diverges is a row that says so. Ctrl-C keeps the runs that have finished.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    foldspace sweep configs/moons.toml --set train.optimizer.lr=0.01,0.1,1 --seeds 0..20\n  \
    foldspace sweep configs/moons.toml --set train.optimizer.lr=0.01,0.1 --set model.layers.0.units=4,16,64 --seeds 0..5\n  \
    foldspace sweep configs/iris.toml --set train.optimizer.lr=0.005,0.02 --folds 5")]
pub struct Arguments {
    /// The configuration (TOML).
    config: PathBuf,
    /// Values of the configuration, such as train.optimizer.lr=0.01,0.1; every combination of all of them is run.
    #[arg(long = "set", value_name = "KEY=VALUE,...")]
    set: Vec<String>,
    /// The seeds: 0..20 (without 20), 0..=19 or 1,2,3; by default the configuration's own.
    #[arg(long, value_name = "SEEDS")]
    seeds: Option<String>,
    /// Cross-validation: divide the samples into so many parts and hold each out once, for every combination and seed.
    #[arg(long, value_name = "K")]
    folds: Option<usize>,
    /// Where to compute: auto, flex, ndarray or wgpu.
    #[arg(long, default_value = "auto", value_name = "NAME")]
    backend: Backend,
    /// How many runs at once, seeds that are trained as one network counting as one; by default one per processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Where tables and pictures go; by default artifacts/sweeps/ and the configuration's name.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Replace a sweep that is there already.
    #[arg(long)]
    overwrite: bool,
    /// Print the summary as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let settings = arguments
        .set
        .iter()
        .map(|text| text.parse())
        .collect::<Done<Vec<Setting>>>()?;
    let seeds = arguments.seeds.as_deref().map(parse_seeds).transpose()?;
    let mut sweep = Sweep::new(&arguments.config, settings, seeds, arguments.backend)?;
    if let Some(folds) = arguments.folds {
        sweep = sweep.with_folds(folds)?;
    }
    let name = arguments
        .config
        .file_stem()
        .unwrap_or(arguments.config.as_os_str());
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| Path::new("artifacts/sweeps").join(name));
    let mut directory = Directory::create(out, arguments.overwrite)?;

    super::notes(&sweep.notes(), quiet);
    let wanted = sweep.grid().runs();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let bar = progress::bar(wanted as u64, quiet, "runs");
    let stop = interrupt::listen();
    let jobs = arguments.jobs.map_or(processors, usize::from);
    let trials = sweep.train(jobs, stop, &|trial| {
        bar.set_message(sweep.grid().label(trial.combination));
        bar.inc(1);
    });
    bar.finish_and_clear();
    let trials = trials?;
    if stop.load(Ordering::Relaxed) && trials.len() < wanted {
        output::note(format_args!(
            "stopped: {} of {wanted} runs have finished",
            trials.len()
        ));
        if trials.is_empty() {
            return Ok(());
        }
    }

    let results = Results::new(name.to_string_lossy(), sweep.grid().clone(), trials);
    tables::write(&mut directory, &sweep, &results)?;
    for (name, figure) in figures::sweep(&results) {
        for format in ["svg", "png"] {
            let path = directory.path().join(format!("{name}.{format}"));
            figure.save(&path, &Theme::LIGHT, DPI)?;
        }
    }
    if arguments.json {
        output::say(json(&results, directory.path())?)?;
    } else if !quiet {
        output::raw(table(&results).as_bytes())?;
        output::say(directory.path().display())?;
        output::say(best(&results))?;
    }
    Ok(())
}

/// The summary for programs.
fn json(results: &Results, directory: &Path) -> Done<String> {
    #[derive(Serialize)]
    struct Report<'a> {
        directory: String,
        keys: Vec<&'a str>,
        seeds: &'a [u64],
        runs: usize,
        measure: Measure,
        best: Option<usize>,
        combinations: &'a [Summary],
    }
    let swept = results.grid.swept().into_iter();
    let report = Report {
        directory: directory.display().to_string(),
        keys: swept.map(|setting| setting.key.as_str()).collect(),
        seeds: results.grid.seeds(),
        runs: results.trials.len(),
        measure: results.measure,
        best: results.best().map(|best| best.combination),
        combinations: &results.summaries,
    };
    serde_json::to_string_pretty(&report)
        .map_err(|error| Error::io("the summary", "encode")(error.into()))
}

/// The summary for people: a row per combination, in the grid's order.
fn table(results: &Results) -> String {
    let shown = results.measure;
    let loss = if results.summaries.iter().any(|s| s.test_loss.is_some()) {
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
    for summary in &results.summaries {
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
        "{} after the last epoch{judged}\n{}",
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
fn best(results: &Results) -> String {
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
