//! `foldspace resume`: goes on from the last checkpoint.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, train};
use crate::device::Backend;
use crate::run::{Resume, Session, Which};

/// Go on from a run's last checkpoint, to the same bits as if it had never stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace resume artifacts/runs/moons\n  \
    foldspace resume artifacts/runs/moons --epochs 300\n  \
    foldspace resume artifacts/runs/moons --from best --backend ndarray")]
pub struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// How many epochs in all, for more than the run was to have.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Where to compute from now on: auto, flex, ndarray or wgpu; by default where the run began.
    #[arg(long, value_name = "NAME")]
    backend: Option<Backend>,
    /// From which checkpoint: an epoch, or best; by default the newest.
    #[arg(long, value_name = "EPOCH")]
    from: Option<Which>,
}

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let wish = Resume {
        epochs: arguments.epochs,
        backend: arguments.backend,
        from: arguments.from,
    };
    train::finish(Session::resume(&arguments.run, &wish)?, quiet)
}
