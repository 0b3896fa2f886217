//! Files and directories that appear whole or not at all.

use crate::error::{Error, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes a whole file; where that fails, what was there before stays. Whoever kills the process finds the old file or the new
/// one; after a power failure, which may lose what the system has not yet put on the disk, see [`write_lasting`].
///
/// # Errors
/// If the place cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = Partial::beside(path)?;
    let mut file = partial.create()?;
    file.write_all(bytes).map_err(Error::io(path, "write"))?;
    partial.keep()?;
    Ok(())
}

/// The same, and the bytes are on the disk before the name points to them: for what can't be made again, as checkpoints. It
/// takes milliseconds, where [`write()`] takes microseconds.
///
/// # Errors
/// If the place cannot be written to.
pub fn write_lasting(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = Partial::beside(path)?;
    let mut file = partial.create()?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Error::io(path, "write"))?;
    partial.keep()?;
    Ok(())
}

/// A place beside the target to write to. [`Partial::keep`] renames it to the target; dropped
/// before that, it removes what was written.
pub(crate) struct Partial {
    target: PathBuf,
    temporary: PathBuf,
}

impl Partial {
    /// Prepares for a target; its directory is created where missing.
    pub(crate) fn beside(target: &Path) -> Result<Self> {
        let name = target.file_name().ok_or_else(|| {
            Error::invalid(
                target.display().to_string(),
                "this is not the name of a file",
                "give a path that ends in a name",
            )
        })?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::io(parent, "create the directory"))?;
        }
        let name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
        Ok(Self {
            target: target.to_path_buf(),
            temporary: target.with_file_name(name),
        })
    }

    /// Where the user wants it: the path for messages.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Creates the file to write to, empty.
    pub(crate) fn create(&self) -> Result<fs::File> {
        fs::File::create(&self.temporary).map_err(Error::io(&self.target, "write"))
    }

    /// Makes the finished file or directory appear under its name, in place of an older one.
    pub(crate) fn keep(self) -> Result<PathBuf> {
        let renamed = if self.temporary.is_dir() && self.target.is_dir() {
            // A directory cannot be renamed onto one that holds files: step aside first.
            let old = self.temporary.with_extension("old");
            fs::rename(&self.target, &old).and_then(|()| {
                match fs::rename(&self.temporary, &self.target) {
                    Ok(()) => fs::remove_dir_all(&old),
                    Err(error) => fs::rename(&old, &self.target).and(Err(error)),
                }
            })
        } else {
            fs::rename(&self.temporary, &self.target)
        };
        renamed.map_err(Error::io(&self.target, "write"))?;
        Ok(self.target.clone())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // After `keep` there is nothing here any more, and then both calls fail, as they should.
        if self.temporary.is_dir() {
            let _ = fs::remove_dir_all(&self.temporary);
        } else {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
