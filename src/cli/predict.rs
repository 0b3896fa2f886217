//! `foldspace predict`: a trained network's predictions for new samples.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output};
use crate::data::file_options::FileOptions;
use crate::data::{DataConfig, Dataset, Missing, Source, Target, fresh};
use crate::error::{Error, Result};
use crate::evaluate;

/// Predict new samples with a trained network: a class with its probability, or a number.
///
/// The columns are found by their names, whatever their order, and prepared as those of training were: standardised by the training
/// part, text encoded, missing values treated as the run's configuration says or --missing. A target column is not needed.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace predict artifacts/runs/iris --data new.csv\n  \
    foldspace predict artifacts/runs/iris --data new.csv --missing mean -o answers.csv"
)]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// The new samples: a CSV file, or NumPy's .npz or .npy.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// After which captured epoch; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// What to do where a value is missing: error, drop or mean (of the training part); by default as in training.
    #[arg(long, value_name = "WHAT", value_parser = missing)]
    missing: Option<Missing>,
    /// The file for the predictions (CSV); by default standard output.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let epoch = super::captured_epoch(&run, arguments.epoch)?;
    let (network, split) = (run.frozen(epoch)?, run.split()?);
    let missing = arguments
        .missing
        .unwrap_or_else(|| trained_with(&run.config.data));
    let samples = fresh::read(&arguments.data, &run.config.data, &split, missing)?;
    super::notes(&samples.notes, quiet);
    let (header, rows) = match &split.train.target {
        Target::Classes { names, .. } => {
            let said = evaluate::probabilities(&network, samples.features.as_ref(), names.len())?;
            let mut header = vec!["prediction".to_owned()];
            header.extend(names.iter().map(|name| format!("probability {name}")));
            let row = |i: usize| {
                let mut row = vec![names[evaluate::largest(&said, i)].clone()];
                row.extend((0..names.len()).map(|k| said[(i, k)].to_string()));
                row
            };
            (header, (0..said.nrows()).map(row).collect::<Vec<_>>())
        }
        Target::Values { names, .. } => {
            let data = Dataset {
                features: samples.features.clone(),
                ..split.train.clone()
            };
            let said = evaluate::predictions(&network, &data)?;
            let header = match names.len() {
                1 => vec!["prediction".to_owned()],
                _ => names
                    .iter()
                    .map(|name| format!("prediction {name}"))
                    .collect(),
            };
            let row = |i: usize| (0..names.len()).map(|k| said[(i, k)].to_string()).collect();
            (header, (0..said.nrows()).map(row).collect())
        }
    };
    let text = table(&header, &rows, &samples.places)?;
    match &arguments.out {
        None => output::raw(&text),
        Some(path) => {
            crate::file::write(path, &text)?;
            if quiet { Ok(()) } else { output::wrote(path) }
        }
    }
}

/// The predictions as CSV, each with the place of its sample.
fn table(header: &[String], rows: &[Vec<String>], places: &[String]) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed =
        |error: csv::Error| Error::io("the answers", "write")(std::io::Error::other(error));
    let first = ["sample"]
        .into_iter()
        .chain(header.iter().map(String::as_str));
    writer.write_record(first).map_err(failed)?;
    for (row, place) in rows.iter().zip(places) {
        let record = [place.as_str()]
            .into_iter()
            .chain(row.iter().map(String::as_str));
        writer.write_record(record).map_err(failed)?;
    }
    writer.into_inner().map_err(|error| {
        Error::io("the answers", "write")(std::io::Error::other(error.to_string()))
    })
}

/// What training did with missing values.
pub(super) fn trained_with(data: &DataConfig) -> Missing {
    match &data.source {
        Source::File {
            options: FileOptions::Csv(options),
            ..
        } => options.missing,
        Source::File {
            options: FileOptions::Npz(options),
            ..
        } => options.missing,
        _ => Missing::Error,
    }
}

pub(super) fn missing(text: &str) -> Result<Missing, String> {
    match text {
        "error" => Ok(Missing::Error),
        "drop" => Ok(Missing::Drop),
        "mean" => Ok(Missing::Mean),
        _ => Err("write error, drop or mean".to_owned()),
    }
}
