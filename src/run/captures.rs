//! Captured activations and gradients on disk, as safetensors or [`packed`].

use std::fs;
use std::path::{Path, PathBuf};

use super::packed::{self, Arrays};
use crate::error::{Error, Result};
use crate::model::store;

/// The extension of packed files.
pub(super) const PACKED: &str = "packed";

/// Reads the arrays of an epoch, from whichever of the two files is there. `place` says where an epoch's safetensors file is.
///
/// # Errors
/// [`Error::Io`] where neither is there, [`Error::Invalid`] where one is damaged.
pub(super) fn read(kind: &str, epoch: usize, place: impl Fn(usize) -> PathBuf) -> Result<Arrays> {
    let plain = place(epoch);
    let path = plain.with_extension(PACKED);
    if plain.exists() || !path.exists() {
        return Ok(store::read(&plain, kind)?.arrays);
    }
    packed::unpack(&bytes(&path)?, &path, kind, |base| {
        read_alone(kind, &place(base))
    })
}

/// The arrays of a capture that others are encoded against, and which has no base itself.
fn read_alone(kind: &str, plain: &Path) -> Result<Arrays> {
    let path = plain.with_extension(PACKED);
    packed::unpack(&bytes(&path)?, &path, kind, |_| {
        Err(Error::invalid(
            path.display().to_string(),
            "other captures are encoded against it, so it can't be encoded against another itself",
            "restore it from a copy, or draw another epoch",
        ))
    })
}

fn bytes(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::io(path, "read"))
}

/// This many captures share a base.
#[cfg(feature = "train")]
const FAMILY: usize = 8;

/// Writes the arrays of an epoch as safetensors, or packed for a run that wishes so and captures every `packed_every` epochs.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
#[cfg(feature = "train")]
pub(super) fn write(
    kind: &str,
    epoch: usize,
    place: impl Fn(usize) -> PathBuf,
    arrays: &Arrays,
    packed_every: Option<usize>,
) -> Result<()> {
    let plain = place(epoch);
    let packed = plain.with_extension(PACKED);
    let other = match packed_every {
        None => {
            store::write(&plain, kind, &serde_json::json!({}), arrays)?;
            packed
        }
        Some(every) => {
            let first = epoch - epoch % (FAMILY * every.max(1));
            // Where the first is missing or damaged, the epoch stands alone.
            let base = (first < epoch).then(|| read_alone(kind, &place(first)).ok());
            let base = base.flatten();
            let base = base.as_ref().map(|arrays| (first, arrays));
            crate::file::write(&packed, &packed::pack(kind, arrays, base))?;
            plain
        }
    };
    // A run that changed its mind about packing still has only one file per epoch.
    match fs::remove_file(&other) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Error::io(&other, "remove")(error))
        }
        _ => Ok(()),
    }
}
