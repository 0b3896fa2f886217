//! `foldspace resume`: goes on from the last checkpoint.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output, train};
use crate::device::Backend;
use crate::run::{Resume, Run, Session, Which};

/// Go on from a run's last checkpoint, to the same bits as if it had never stopped.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace resume artifacts/runs/moons\n  \
    foldspace resume artifacts/runs/moons --epochs 300\n  \
    foldspace resume artifacts/runs/moons --from best --backend ndarray")]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// How many epochs in all, to train longer than the run was configured for.
    #[arg(long, value_name = "N")]
    epochs: Option<usize>,
    /// Where to compute from now on: auto, flex, ndarray, wgpu, or another that `foldspace devices` lists; by default where the run began.
    #[arg(long, value_name = "NAME")]
    backend: Option<Backend>,
    /// From which checkpoint: an epoch, or best; by default the newest.
    #[arg(long, value_name = "EPOCH")]
    from: Option<Which>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let wish = Resume {
        epochs: arguments.epochs,
        backend: arguments.backend,
        from: arguments.from,
    };
    let session = Session::resume(&arguments.run, &wish)?;
    let (run, before) = (session.run().clone(), session.trainer().epoch());
    train::finish(session, quiet)?;
    let after = run.epochs()?.last().copied().unwrap_or_default();
    if !quiet && after > before && has_pictures(&run) {
        let root = run.paths.root().display();
        output::note(format_args!(
            "the pictures in {root}/figures are of epoch {before} or before; draw them again with: foldspace figure {root}"
        ));
    }
    Ok(())
}

/// Whether pictures have been drawn of the run.
fn has_pictures(run: &Run) -> bool {
    let figures = std::fs::read_dir(run.paths.root().join("figures"));
    figures.is_ok_and(|mut entries| entries.next().is_some())
}
