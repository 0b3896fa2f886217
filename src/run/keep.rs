//! Which checkpoints a run keeps: the last few and the best.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{Checkpoint, Paths};
use crate::error::{Error, Result};

/// A checkpoint of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one with the lowest loss.
    Best,
    /// The one after this epoch.
    Epoch(usize),
}

impl FromStr for Which {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "best" {
            return Ok(Self::Best);
        }
        text.parse().map(Self::Epoch).map_err(|_| {
            Error::invalid(
                text,
                "this is neither an epoch nor best",
                "use a number, or best",
            )
        })
    }
}

/// Writes a checkpoint, then removes those that are no longer kept: all but the last `train.keep_last`. One that was written
/// out of turn, because training was interrupted, makes way too, so that the files are those of a run that was never
/// interrupted. The best one is kept under a name of its own.
///
/// # Errors
/// [`Error::Io`] where a file can't be written or removed. The older checkpoints are still there then.
pub(crate) fn write(paths: &Paths, checkpoint: &Checkpoint) -> Result<()> {
    let (epoch, train) = (checkpoint.state.epoch, &checkpoint.config.train);
    let bytes = checkpoint.to_bytes();
    if checkpoint.best.is_some_and(|(best, _)| best == epoch) {
        crate::file::write_lasting(&paths.best_checkpoint(), &bytes)?;
    }
    crate::file::write_lasting(&paths.checkpoint(epoch), &bytes)?;
    let mut kept = paths.checkpoints()?;
    kept.retain(|&other| other <= epoch);
    let in_turn = |other: &usize| *other == epoch || other.is_multiple_of(train.checkpoint_every);
    let (regular, irregular): (Vec<usize>, Vec<usize>) = kept.into_iter().partition(in_turn);
    let surplus = regular.len().saturating_sub(train.keep_last);
    remove(paths, regular[..surplus].iter().chain(&irregular))
}

/// Reads a checkpoint, by default the newest, and says where it was.
///
/// # Errors
/// [`Error::Invalid`] where it is missing or damaged, saying how to go on from the one before.
pub(crate) fn read(paths: &Paths, which: Option<Which>) -> Result<(PathBuf, Checkpoint)> {
    let epochs = paths.checkpoints()?;
    let root = paths.root().display();
    let path = match which {
        Some(Which::Best) if !paths.best_checkpoint().exists() => {
            return Err(Error::invalid(
                "--from",
                format!("{root} has no best checkpoint"),
                "leave it out, or name an epoch",
            ));
        }
        Some(Which::Best) => paths.best_checkpoint(),
        Some(Which::Epoch(epoch)) if !epochs.contains(&epoch) => {
            let there: Vec<String> = epochs.iter().map(usize::to_string).collect();
            return Err(Error::invalid(
                "--from",
                format!("there is no checkpoint of epoch {epoch}"),
                match paths.best_checkpoint().exists() {
                    true => format!("there are {} and best", there.join(", ")),
                    false => format!("there are {}", there.join(", ")),
                },
            ));
        }
        Some(Which::Epoch(epoch)) => paths.checkpoint(epoch),
        None => match epochs.last() {
            Some(&newest) => paths.checkpoint(newest),
            None => {
                return Err(Error::invalid(
                    root.to_string(),
                    "the run has no checkpoint",
                    "train again with --overwrite",
                ));
            }
        },
    };
    let before = epochs
        .iter()
        .rev()
        .map(|&epoch| (paths.checkpoint(epoch), epoch.to_string()))
        .skip_while(|(other, _)| *other != path)
        .nth(1)
        .map(|(_, epoch)| epoch)
        .or_else(|| {
            let best = paths.best_checkpoint();
            (best != path && best.exists()).then(|| "best".to_owned())
        });
    match Checkpoint::read(&path) {
        Ok(checkpoint) => Ok((path, checkpoint)),
        Err(Error::Invalid { place, problem, .. }) => Err(Error::invalid(
            place,
            problem,
            match before {
                Some(before) => format!(
                    "go on from the one before with: foldspace resume {root} --from {before}"
                ),
                None => "train again with --overwrite".to_owned(),
            },
        )),
        Err(error) => Err(error),
    }
}

/// Removes all that later epochs left: a run that goes on from an earlier checkpoint writes it again, or, with other settings,
/// differs from it.
///
/// # Errors
/// [`Error::Io`] where a file can't be removed.
pub(crate) fn forget_after(paths: &Paths, epoch: usize) -> Result<()> {
    for path in paths.after(epoch)? {
        remove_file(&path)?;
    }
    let best = paths.best_checkpoint();
    if Checkpoint::read(&best).is_ok_and(|best| best.state.epoch > epoch) {
        remove_file(&best)?;
    }
    Ok(())
}

fn remove<'a>(paths: &Paths, epochs: impl Iterator<Item = &'a usize>) -> Result<()> {
    for &epoch in epochs {
        remove_file(&paths.checkpoint(epoch))?;
    }
    Ok(())
}

fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(Error::io(path, "remove"))
}
