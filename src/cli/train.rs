//! `foldspace train`: a run directory from a configuration.

use std::path::{Path, PathBuf};

use clap::Args;
use clap::builder::RangedU64ValueParser;

use super::{Outcome, interrupt, output, progress};
use crate::config::Config;
use crate::device::Backend;
use crate::diagnosis::{Evidence, diagnose};
use crate::error::{Error, Result};
use crate::run::{self, Session};
use crate::train::EpochMetrics;

/// Train a network from a configuration file into a run directory.
///
/// Ctrl-C finishes the epoch, writes a checkpoint and says how to go on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace train configs/moons.toml\n  \
    foldspace train configs/moons.toml --epochs 50 --set train.optimizer.lr=0.05 --out artifacts/runs/slow")]
pub(super) struct Arguments {
    /// The configuration (TOML).
    config: PathBuf,
    /// Where to compute: auto, flex, ndarray, wgpu, or another that `foldspace devices` lists.
    #[arg(long, default_value = "auto", value_name = "NAME")]
    backend: Backend,
    /// The run directory; by default artifacts/runs/ and the configuration's name.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
    /// Replace a run that already exists.
    #[arg(long)]
    overwrite: bool,
    /// The seed, in place of the configuration's.
    #[arg(long, value_name = "SEED")]
    seed: Option<u64>,
    /// How many epochs, in place of the configuration's.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    epochs: Option<usize>,
    /// Any other value of the configuration, such as train.optimizer.lr=0.05.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let mut overrides = arguments.set.clone();
    overrides.extend(arguments.seed.map(|seed| format!("seed={seed}")));
    overrides.extend(
        arguments
            .epochs
            .map(|epochs| format!("train.epochs={epochs}")),
    );
    let config = Config::from_file(&arguments.config, &overrides)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| default_directory(&arguments.config));
    let session = Session::create(&config, out, arguments.backend, arguments.overwrite)?;
    finish(session, quiet)
}

fn default_directory(config: &Path) -> PathBuf {
    let name = config.file_stem().unwrap_or(config.as_os_str());
    Path::new("artifacts/runs").join(name)
}

/// Trains a session to its end or to Ctrl-C, and says how it ended.
pub(super) fn finish(mut session: Session, quiet: bool) -> Outcome {
    let root = session.run().paths.root().to_path_buf();
    let epochs = session.run().config.train.epochs;
    if !quiet {
        let (backend, reason) = session.backend();
        let reason = reason
            .map(|reason| format!(" ({reason})"))
            .unwrap_or_default();
        output::note(format_args!(
            "{}: backend {backend}{reason}",
            root.display()
        ));
        session.notes().iter().for_each(output::note);
    }
    super::notes(&session.split().notes, quiet);
    super::width::give(session.run(), session.split(), quiet)?;
    let bar = progress::bar(epochs as u64, quiet, "epochs");
    bar.set_position(session.trainer().epoch() as u64);
    let mut last = None;
    let outcome = session.train(interrupt::listen(), |report| {
        bar.set_position(report.metrics.epoch as u64);
        bar.set_message(describe(&report.metrics));
        last = Some(report.metrics);
    });
    bar.finish_and_clear();
    match outcome {
        Ok(run::Outcome::Stopped { epoch }) if !quiet => output::note(format_args!(
            "stopped after epoch {epoch} of {epochs}; go on with: foldspace resume {}",
            root.display()
        )),
        Ok(run::Outcome::StoppedEarly { epoch, best }) if !quiet => {
            output::note(format_args!(
                "stopped early after epoch {epoch} of {epochs}: the best was epoch {best}"
            ));
        }
        Ok(_) => {}
        Err(error) => {
            let epoch = session.checkpointed();
            let way_on = match error {
                // Going on would end in the same way.
                Error::Diverged { .. } => String::new(),
                _ => format!("; go on from it with: foldspace resume {}", root.display()),
            };
            output::note(format_args!(
                "the checkpoint after epoch {epoch} is kept{way_on}"
            ));
            return Err(error.into());
        }
    }
    if !quiet {
        if session.trainer().is_done() {
            diagnosis(&session)?;
        }
        if let Some(metrics) = last {
            output::say(format_args!(
                "epoch {}: {}",
                metrics.epoch,
                describe(&metrics)
            ))?;
        }
        say_size(&root, session.run())?;
        output::say(root.display())?;
    }
    Ok(())
}

/// Beyond this many bytes a run says what would make it smaller.
const LARGE: u64 = 10_000_000;

/// How much a run takes on disk, and what for; for a large one, what would make it smaller.
fn say_size(root: &Path, run: &crate::run::Run) -> Result<()> {
    let bytes = crate::file::size(root);
    let (kept, every) = (run.epochs()?.len(), run.config.capture.every);
    let parts = ["weights", "activations", "gradients"].map(|folder| {
        let bytes = crate::file::size(&root.join(folder));
        (bytes > 0).then(|| format!("{folder} {}", megabytes(bytes)))
    });
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut text = format!(
        "note: the run takes {}; of {kept} captured epochs: {}",
        megabytes(bytes),
        parts.join(", ")
    );
    if bytes >= LARGE {
        text += &format!("; capture.every = {} keeps fewer of them", 10 * every);
        if !run.config.capture.sites.is_empty() {
            text += ", fewer capture.sites keep no activations that can be computed again";
            if !run.config.capture.compress {
                text += ", and capture.compress = true packs them with nothing lost";
            }
        }
    }
    output::note(text);
    Ok(())
}

/// Bytes in megabytes (10^6), with two digits at least.
fn megabytes(bytes: u64) -> String {
    let size = bytes as f64 * 1e-6;
    let digits = match size {
        10.0.. => 0,
        1.0.. => 1,
        0.1.. => 2,
        _ => 3,
    };
    format!("{size:.digits$} MB")
}

/// What went wrong, if anything: at most three lines.
fn diagnosis(session: &Session) -> Result<()> {
    let run = session.run();
    let (initial, last) = (run.frozen(0)?, run.frozen(session.trainer().epoch())?);
    let train = &run.config.train;
    let found = diagnose(&Evidence {
        initial: &initial,
        last: &last,
        split: session.split(),
        metrics: &run.metrics()?,
        train,
        restored: train
            .early_stopping
            .is_some_and(|stopping| stopping.restore_best),
    });
    for finding in found {
        output::note(format_args!(
            "diagnosis: {}; {}",
            finding.problem, finding.remedy
        ));
    }
    Ok(())
}

fn describe(metrics: &EpochMetrics) -> String {
    // The squares of prices are not numbers to read digit by digit.
    let loss = |loss: f64| match loss {
        1e6.. => format!("{loss:.4e}"),
        _ => format!("{loss:.4}"),
    };
    let mut text = format!("loss {}", loss(metrics.train_loss));
    if let Some(accuracy) = metrics.train_accuracy {
        text += &format!("  accuracy {:.1} %", 100.0 * accuracy);
    }
    match (metrics.test_accuracy, metrics.test_loss) {
        (Some(accuracy), _) => text += &format!("  held out {:.1} %", 100.0 * accuracy),
        (None, Some(held_out)) => text += &format!("  held-out loss {}", loss(held_out)),
        (None, None) => {}
    }
    text
}
