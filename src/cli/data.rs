//! `foldspace data`: a synthetic set to a file.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output};
use crate::data::file_options::is_npz;
use crate::data::{DataConfig, csv, npz};
use crate::error::{Error, Result};

/// Write a synthetic data set to a CSV file or to NumPy's .npz, in full precision.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace data moons --samples 1000 --noise 0.1 --seed 7 -o moons.csv\n  \
    foldspace data spiral -o spiral.npz"
)]
pub(super) struct Arguments {
    /// Which set: moons, circles, blobs, two_blobs, classification, spiral, xor, quadratic.
    name: String,
    /// How many points.
    #[arg(long, value_name = "N")]
    samples: Option<usize>,
    /// The deviation of the noise.
    #[arg(long, value_name = "NUMBER")]
    noise: Option<f64>,
    /// The seed of NumPy's generator.
    #[arg(long, default_value_t = 42, value_name = "SEED")]
    seed: u32,
    /// Any other parameter of the set, such as turns=2.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The file; it ends in .csv, or in .npz (arrays X and y).
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let path = &arguments.output;
    let write = match path.extension().and_then(|ending| ending.to_str()) {
        Some("csv") => csv::write,
        _ if is_npz(path) => npz::write,
        _ => {
            return Err(Error::invalid(
                path.display().to_string(),
                "a data set is written as .csv or .npz",
                "give the file one of these endings",
            )
            .into());
        }
    };
    let set = config(arguments)?.load(u64::from(arguments.seed), &PathBuf::new())?;
    write(path, &set)?;
    if !quiet {
        output::say(format_args!(
            "{}: {} points",
            arguments.output.display(),
            set.samples()
        ))?;
    }
    Ok(())
}

/// The same table that a configuration file would hold.
fn config(arguments: &Arguments) -> Result<DataConfig> {
    let mut table = toml::Table::new();
    table.insert("name".into(), arguments.name.clone().into());
    if let Some(samples) = arguments.samples {
        let samples = i64::try_from(samples).unwrap_or(i64::MAX);
        table.insert("samples".into(), samples.into());
    }
    if let Some(noise) = arguments.noise {
        table.insert("noise".into(), noise.into());
    }
    for assignment in &arguments.set {
        let parsed: toml::Table = assignment.parse().map_err(|_| {
            Error::invalid(
                format!("--set {assignment}"),
                "this is not KEY=VALUE",
                "write for example --set turns=2",
            )
        })?;
        table.extend(parsed);
    }
    table.try_into().map_err(|error: toml::de::Error| {
        Error::invalid(
            format!("data set {}", arguments.name),
            error.message().to_owned(),
            "see `foldspace data --help`",
        )
    })
}
