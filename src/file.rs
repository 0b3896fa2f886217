//! Files and directories that appear whole or not at all.

use crate::error::{Error, Result};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The bytes of all files under a directory; what can't be read counts as nothing, and links are not followed.
pub fn size(directory: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(directory) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

/// Writes a whole file; where that fails, what was there before stays. If the process is killed, either the old file or the new
/// one is there; after a power failure, which may lose what the system has not yet put on disk, see [`write_lasting`]. A
/// symbolic link stays one, and devices and pipes are written straight into.
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

/// The same, and the bytes are on disk before the name points to them: for what can't be made again, such as checkpoints. It
/// takes milliseconds, where [`write()`] takes microseconds.
///
/// # Errors
/// If the place cannot be written to.
pub fn write_lasting(path: &Path, bytes: &[u8]) -> Result<()> {
    let partial = Partial::beside(path)?;
    let mut file = partial.create()?;
    file.write_all(bytes)
        // A pipe has no disk.
        .and_then(|()| partial.place.as_ref().map_or(Ok(()), |_| file.sync_all()))
        .map_err(Error::io(path, "write"))?;
    partial.keep()?;
    Ok(())
}

/// A place beside the target to write to. [`Partial::keep`] renames it to the target; dropped
/// before that, it removes what was written.
///
/// A symbolic link stays one: what it points to is the target. What is not a regular file, such as `/dev/stdout` or a named
/// pipe, can't be replaced and is written straight into.
pub(crate) struct Partial {
    /// As the user gave it.
    target: PathBuf,
    /// What is replaced in the end; `None` where `temporary` is the target itself.
    place: Option<PathBuf>,
    temporary: PathBuf,
}

/// What a path leads to.
enum Kind {
    /// A file or a directory that can be replaced, or that is not there yet, here.
    Replaceable(PathBuf),
    /// A device, a pipe or a file that this process has open: it has to be written into.
    Stream,
}

impl Kind {
    fn of(target: &Path) -> Result<Self> {
        // Chains of links are short; the system itself gives up after 40.
        const MOST_LINKS: usize = 40;
        let mut place = target.to_path_buf();
        for _ in 0..MOST_LINKS {
            if is_own_descriptor(&place) {
                return Ok(Self::Stream);
            }
            let Ok(next) = fs::read_link(&place) else {
                let found = fs::metadata(&place);
                let stream = found.is_ok_and(|found| !found.is_file() && !found.is_dir());
                return Ok(if stream {
                    Self::Stream
                } else {
                    Self::Replaceable(place)
                });
            };
            place = match place.parent() {
                Some(parent) => parent.join(next),
                None => next,
            };
        }
        Err(Error::invalid(
            target.display().to_string(),
            "its symbolic links go round in a circle",
            "remove them, or choose another path",
        ))
    }
}

/// Whether a path is one of Linux's names for what this process has open, which can't be replaced.
fn is_own_descriptor(path: &Path) -> bool {
    let open = |parent: &Path| parent.starts_with("/proc") && parent.ends_with("fd");
    path.starts_with("/dev/fd") || path.parent().is_some_and(open)
}

/// Whether a path leads to what can only be written into, such as `/dev/stdout`.
pub fn is_stream(path: &Path) -> bool {
    matches!(Kind::of(path), Ok(Kind::Stream))
}

impl Partial {
    /// Prepares for a target; its directory is created where missing.
    pub(crate) fn beside(target: &Path) -> Result<Self> {
        let given = target;
        let target = match Kind::of(given)? {
            Kind::Replaceable(target) => target,
            Kind::Stream => {
                return Ok(Self {
                    target: given.to_path_buf(),
                    place: None,
                    temporary: given.to_path_buf(),
                });
            }
        };
        let name = target.file_name().ok_or_else(|| {
            Error::invalid(
                given.display().to_string(),
                "this is not the name of a file",
                "give a path that ends in a name",
            )
        })?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(Error::io(parent, "create the directory"))?;
        }
        let name = format!(".{}.{}.partial", name.to_string_lossy(), std::process::id());
        Ok(Self {
            target: given.to_path_buf(),
            temporary: target.with_file_name(name),
            place: Some(target),
        })
    }

    /// The path that the user gave, for messages.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Where to write.
    pub(crate) fn path(&self) -> &Path {
        &self.temporary
    }

    /// Creates the file to write to, empty; what is not a regular file is opened.
    pub(crate) fn create(&self) -> Result<fs::File> {
        let created = match self.place {
            Some(_) => fs::File::create(&self.temporary),
            // After what others have written there.
            None => fs::OpenOptions::new().append(true).open(&self.temporary),
        };
        created.map_err(Error::io(&self.target, "write"))
    }

    /// Makes the finished file or directory appear under its name, in place of an older one.
    pub(crate) fn keep(self) -> Result<PathBuf> {
        let Some(place) = &self.place else {
            return Ok(self.target.clone());
        };
        let renamed = if self.temporary.is_dir() && place.is_dir() {
            // A directory cannot be renamed onto one that holds files: step aside first.
            let old = self.temporary.with_extension("old");
            fs::rename(place, &old).and_then(|()| match fs::rename(&self.temporary, place) {
                Ok(()) => fs::remove_dir_all(&old),
                Err(error) => fs::rename(&old, place).and(Err(error)),
            })
        } else {
            fs::rename(&self.temporary, place)
        };
        renamed.map_err(Error::io(&self.target, "write"))?;
        Ok(self.target.clone())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.place.is_none() {
            return;
        }
        // After `keep` there is nothing here any more, and then both calls fail, as they should.
        if self.temporary.is_dir() {
            let _ = fs::remove_dir_all(&self.temporary);
        } else {
            let _ = fs::remove_file(&self.temporary);
        }
    }
}
