//! The data that a run was trained on, kept in its directory: the user's file may be edited or moved afterwards, and the
//! run's figures must go on showing the run's samples.
//!
//! `data.json` is a fingerprint of the file, and `data/` has a copy of it up to [`MOST_BYTES`]. A larger one is read from
//! where it was, as long as its fingerprint is the same. Targets that stand in a file of their own (`.npy`) are kept in the same way,
//! as `targets.json` and in `data/targets/`. Synthetic sets are made again from their seed.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Paths;
use crate::data::{DataConfig, Source};
use crate::error::{Error, Result};

/// A file of at most this many bytes (64 MiB) is copied into the run directory.
pub(crate) const MOST_BYTES: u64 = 64 << 20;

/// The version of `data.json`; a reader refuses a higher one.
const VERSION: u64 = 1;

/// What a file of data holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// Features, and the targets where they stand in the same file.
    Samples,
    /// The targets alone.
    Targets,
}

impl Part {
    const ALL: [Self; 2] = [Self::Samples, Self::Targets];

    /// The file that the user named.
    fn original(self, data: &DataConfig, base: &Path) -> Option<PathBuf> {
        match (self, &data.source) {
            (Self::Samples, Source::File { path, .. }) => Some(base.join(path)),
            (Self::Targets, Source::File { .. }) => data.targets_file(base),
            _ => None,
        }
    }

    fn fingerprint(self, paths: &Paths) -> PathBuf {
        match self {
            Self::Samples => paths.fingerprint(),
            Self::Targets => paths.targets_fingerprint(),
        }
    }

    fn copy(self, paths: &Paths, fingerprint: &Fingerprint) -> PathBuf {
        match self {
            Self::Samples => paths.data().join(&fingerprint.file),
            Self::Targets => paths.data().join("targets").join(&fingerprint.file),
        }
    }
}

/// What tells whether a file is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fingerprint {
    version: u64,
    /// The file's name.
    file: String,
    /// Its length.
    bytes: u64,
    /// The checksum of its bytes.
    crc32: u32,
    /// Whether there is a copy.
    kept: bool,
}

impl Fingerprint {
    fn of(path: &Path) -> Result<Self> {
        let read = Error::io(path, "read");
        let fingerprint = || {
            let mut file = fs::File::open(path)?;
            let mut hasher = crc32fast::Hasher::new();
            let mut bytes = 0;
            let mut buffer = vec![0; 1 << 16];
            loop {
                match file.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(length) => {
                        hasher.update(&buffer[..length]);
                        bytes += length as u64;
                    }
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
            let name = path.file_name().unwrap_or_default();
            Ok(Self {
                version: VERSION,
                file: name.to_string_lossy().into_owned(),
                bytes,
                crc32: hasher.finalize(),
                kept: bytes <= MOST_BYTES,
            })
        };
        fingerprint().map_err(read)
    }

    fn is_of(&self, path: &Path) -> Result<bool> {
        let found = Self::of(path)?;
        Ok((found.bytes, found.crc32) == (self.bytes, self.crc32))
    }
}

/// The files of data on their way into a run directory.
#[cfg(feature = "train")]
pub(super) struct Taken(Vec<TakenFile>);

#[cfg(feature = "train")]
struct TakenFile {
    part: Part,
    fingerprint: Fingerprint,
    original: PathBuf,
    /// The file, unless it is too large.
    bytes: Option<Vec<u8>>,
}

#[cfg(feature = "train")]
impl Taken {
    /// The files that the data come from, before they are read. A pipe can be read only once and is not taken.
    ///
    /// # Errors
    /// [`Error::Io`] where a file can't be read.
    pub(super) fn before_reading(data: &DataConfig, base: &Path) -> Result<Self> {
        let mut files = Vec::new();
        for part in Part::ALL {
            let Some(original) = part.original(data, base) else {
                continue;
            };
            if fs::metadata(&original).is_ok_and(|file| !file.is_file()) {
                continue;
            }
            let fingerprint = Fingerprint::of(&original)?;
            let read = || fs::read(&original).map_err(Error::io(&original, "read"));
            let bytes = fingerprint.kept.then(read).transpose()?;
            files.push(TakenFile {
                part,
                fingerprint,
                original,
                bytes,
            });
        }
        Ok(Self(files))
    }

    /// Makes sure, after the data have been read, that they are what was taken.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a file changed in the meantime.
    pub(super) fn check(&self) -> Result<()> {
        for file in &self.0 {
            let taken = file
                .bytes
                .as_ref()
                .is_none_or(|bytes| crc32fast::hash(bytes) == file.fingerprint.crc32);
            if !(taken && file.fingerprint.is_of(&file.original)?) {
                return Err(Error::invalid(
                    file.original.display().to_string(),
                    "this file changed while it was read",
                    "start again when it is complete",
                ));
            }
        }
        Ok(())
    }

    /// Puts them into the run directory.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be written.
    pub(super) fn write(&self, paths: &Paths) -> Result<()> {
        for file in &self.0 {
            if let Some(bytes) = &file.bytes {
                crate::file::write(&file.part.copy(paths, &file.fingerprint), bytes)?;
            }
            let path = file.part.fingerprint(paths);
            let text = serde_json::to_vec_pretty(&file.fingerprint);
            let text = text.map_err(|error| Error::io(&path, "write")(error.into()))?;
            crate::file::write(&path, &text)?;
        }
        Ok(())
    }
}

/// The `[data]` table with the paths at which the run's own data are.
///
/// # Errors
/// [`Error::Invalid`] where a copy is damaged, or there is none and the file is not the same any more.
pub(super) fn locate(paths: &Paths, data: &DataConfig) -> Result<DataConfig> {
    let mut located = data.clone();
    for part in Part::ALL {
        // A run of an older version has no fingerprint.
        let Some(fingerprint) = read(paths, part)? else {
            continue;
        };
        if !fingerprint.kept {
            still_there(part.original(data, paths.root()), &fingerprint)?;
            continue;
        }
        let copy = part.copy(paths, &fingerprint);
        if !fingerprint.is_of(&copy)? {
            return Err(Error::invalid(
                copy.display().to_string(),
                "this is not the file that the run was trained on: it was altered or damaged",
                "restore it from a copy, or train again",
            ));
        }
        let copy = std::path::absolute(&copy).map_err(Error::io(&copy, "find"))?;
        match (part, &mut located.source) {
            (Part::Samples, Source::File { path, .. }) => *path = copy,
            (Part::Targets, _) => located.set_targets_file(&copy),
            _ => {}
        }
    }
    Ok(located)
}

/// Refuses a file of which there is no copy, and that is no longer what it was.
fn still_there(original: Option<PathBuf>, fingerprint: &Fingerprint) -> Result<()> {
    let original = original.unwrap_or_else(|| PathBuf::from(&fingerprint.file));
    match original.is_file() && fingerprint.is_of(&original)? {
        true => Ok(()),
        false => Err(Error::invalid(
            original.display().to_string(),
            format!(
                "the run was trained on a file of {} bytes that is not here any more, and no copy is kept above {MOST_BYTES} bytes",
                fingerprint.bytes
            ),
            "put it back, or train again",
        )),
    }
}

/// What to say where the user's file is no longer what the run was trained on, and the copy is used.
pub(super) fn remark(paths: &Paths, data: &DataConfig) -> Option<String> {
    Part::ALL.into_iter().find_map(|part| {
        let fingerprint = read(paths, part).ok()??;
        let original = part.original(data, paths.root())?;
        let changed =
            fingerprint.kept && original.is_file() && !fingerprint.is_of(&original).ok()?;
        changed.then(|| {
            format!(
                "{} has changed since this run was trained; the run's own copy is used: {}",
                original.display(),
                part.copy(paths, &fingerprint).display()
            )
        })
    })
}

fn read(paths: &Paths, part: Part) -> Result<Option<Fingerprint>> {
    let path = part.fingerprint(paths);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(&path, "read")(error)),
    };
    let refuse = |problem: String, remedy: &str| {
        Err(Error::invalid(path.display().to_string(), problem, remedy))
    };
    let version = serde_json::from_slice::<serde_json::Value>(&text);
    if version.is_ok_and(|value| value["version"].as_u64() > Some(VERSION)) {
        return refuse(
            "a newer version of foldspace wrote this file".to_owned(),
            "update foldspace",
        );
    }
    let parsed: Result<Fingerprint, _> = serde_json::from_slice(&text);
    match parsed {
        // The name is joined to a path.
        Ok(fingerprint)
            if Path::new(&fingerprint.file).file_name() == Some(fingerprint.file.as_ref()) =>
        {
            Ok(Some(fingerprint))
        }
        Ok(_) => refuse(
            "its file has no plain name".to_owned(),
            "restore it from a copy, or train again",
        ),
        Err(error) => refuse(
            format!("this is not a fingerprint of the data ({error})"),
            "restore it from a copy, or train again",
        ),
    }
}
