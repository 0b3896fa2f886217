//! `foldspace data`: a synthetic set to a file.

use std::path::PathBuf;

use clap::Args;

use super::Outcome;
use crate::data::{DataConfig, csv};
use crate::error::{Error, Result};

/// Write a synthetic data set to a CSV file, in full precision.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace data moons --samples 1000 --noise 0.1 --seed 7 -o moons.csv\n  \
    foldspace data spiral -o spiral.csv"
)]
pub struct Arguments {
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
    /// The file; it ends in .csv.
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    if arguments.output.extension().is_none_or(|e| e != "csv") {
        return Err(Error::invalid(
            arguments.output.display().to_string(),
            "a data set is written as .csv",
            "give the file that ending",
        )
        .into());
    }
    let set = config(arguments)?.load(u64::from(arguments.seed), &PathBuf::new())?;
    csv::write(&arguments.output, &set)?;
    if !quiet {
        println!("{}: {} points", arguments.output.display(), set.samples());
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
