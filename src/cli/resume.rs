//! `foldspace resume`: goes on from the last checkpoint.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, train};
use crate::run::Session;

/// Go on from a run's last checkpoint, to the same bits as if it had never stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace resume artifacts/runs/moons\n  \
    foldspace resume artifacts/runs/moons --epochs 300")]
pub struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// How many epochs in all, for more than the run was to have.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    train::finish(Session::resume(&arguments.run, arguments.epochs)?, quiet)
}
