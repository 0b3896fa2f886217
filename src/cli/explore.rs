//! `foldspace explore`: a run as one page that works offline.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output};
use crate::error::Error;
use crate::explore::{Limits, page};
use crate::figures::InputAxes;
use crate::run::Run;

/// Write a run as one HTML page: every captured epoch and every layer, to drag through, offline.
///
/// Two sliders, epoch and depth; the plane as it flows through the layers; one point with all its arithmetic; every unit;
/// weights that can be changed. The page computes with the run's own weights, bit for bit, and loads nothing.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace explore artifacts/runs/moons\n  \
    foldspace explore artifacts/runs/iris -o iris.html --features petal_length_cm,petal_width_cm")]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// The page; by default explore.html in the run directory.
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,
    /// The two features along the axes of input space, such as petal_length_cm,petal_width_cm.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    features: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = Run::open(&arguments.run)?;
    let axes = match &arguments.features[..] {
        [] => InputAxes::Automatic,
        [x, y] => InputAxes::Features([x.clone(), y.clone()]),
        names => {
            return Err(Error::invalid(
                "--features",
                format!("{} features are named, a plane has 2", names.len()),
                "name two, with a comma between them",
            )
            .into());
        }
    };
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| run.paths.root().join("explore.html"));
    let page = page(&run, &axes, Limits::default())?;
    crate::file::write(&out, page.as_bytes())?;
    if !quiet {
        output::wrote(&out)?;
    }
    Ok(())
}
