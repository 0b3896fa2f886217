//! The data that a run was trained on, kept in its directory: the user's file may be edited or moved afterwards, and the
//! run's figures must go on showing the run's samples.
//!
//! `data.json` is a fingerprint of the file, and `data/` has a copy of it up to [`MOST_BYTES`]. A larger one is read from
//! where it was, as long as its fingerprint is the same. Synthetic sets are made again from their seed.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Paths;
use crate::data::{DataConfig, Source};
use crate::error::{Error, Result};

/// Up to so many bytes (64 MiB), a file is copied into the run directory.
pub const MOST_BYTES: u64 = 64 << 20;

/// The version of `data.json`; a reader refuses a higher one.
const VERSION: u64 = 1;

/// What tells whether a file is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
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

/// A file of data on its way into a run directory.
#[cfg(feature = "train")]
pub(super) struct Taken {
    fingerprint: Fingerprint,
    original: PathBuf,
    /// The file, unless it is too large.
    bytes: Option<Vec<u8>>,
}

#[cfg(feature = "train")]
impl Taken {
    /// Of the file that the data come from, before they are read; `None` where they come from none, or from a pipe, which
    /// can be read only once.
    ///
    /// # Errors
    /// [`Error::Io`] where the file can't be read.
    pub(super) fn before_reading(data: &DataConfig, base: &Path) -> Result<Option<Self>> {
        let Some(original) = source(data, base) else {
            return Ok(None);
        };
        if fs::metadata(&original).is_ok_and(|file| !file.is_file()) {
            return Ok(None);
        }
        let fingerprint = Fingerprint::of(&original)?;
        let read = || fs::read(&original).map_err(Error::io(&original, "read"));
        let bytes = fingerprint.kept.then(read).transpose()?;
        Ok(Some(Self {
            fingerprint,
            original,
            bytes,
        }))
    }

    /// Makes sure, after the data have been read, that they are what was taken.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the file changed in the meantime.
    pub(super) fn check(&self) -> Result<()> {
        let taken = self
            .bytes
            .as_ref()
            .is_none_or(|bytes| crc32fast::hash(bytes) == self.fingerprint.crc32);
        match taken && self.fingerprint.is_of(&self.original)? {
            true => Ok(()),
            false => Err(Error::invalid(
                self.original.display().to_string(),
                "this file changed while it was read",
                "start again when it is complete",
            )),
        }
    }

    /// Puts it into the run directory.
    ///
    /// # Errors
    /// [`Error::Io`] where the directory can't be written.
    pub(super) fn write(&self, paths: &Paths) -> Result<()> {
        if let Some(bytes) = &self.bytes {
            crate::file::write(&copy(paths, &self.fingerprint), bytes)?;
        }
        let text = serde_json::to_vec_pretty(&self.fingerprint);
        let text = text.map_err(|error| Error::io(paths.fingerprint(), "write")(error.into()))?;
        crate::file::write(&paths.fingerprint(), &text)
    }
}

/// The `[data]` table with the path at which the run's own data are.
///
/// # Errors
/// [`Error::Invalid`] where the copy is damaged, or there is none and the file is not the same any more.
pub(super) fn locate(paths: &Paths, data: &DataConfig) -> Result<DataConfig> {
    let mut data = data.clone();
    // A run of an older version has no fingerprint.
    let (Some(fingerprint), Some(original)) = (read(paths)?, source(&data, paths.root())) else {
        return Ok(data);
    };
    if fingerprint.kept {
        let copy = copy(paths, &fingerprint);
        if !fingerprint.is_of(&copy)? {
            return Err(Error::invalid(
                copy.display().to_string(),
                "this is not the file that the run was trained on: it was altered or damaged",
                "restore it from a copy, or train again",
            ));
        }
        if let Source::File { path, .. } = &mut data.source {
            *path = std::path::absolute(&copy).map_err(Error::io(&copy, "find"))?;
        }
        return Ok(data);
    }
    let same = original.is_file() && fingerprint.is_of(&original)?;
    match same {
        true => Ok(data),
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
    let (fingerprint, original) = (read(paths).ok()??, source(data, paths.root())?);
    let changed = fingerprint.kept && original.is_file() && !fingerprint.is_of(&original).ok()?;
    changed.then(|| {
        format!(
            "{} has changed since this run was trained; the run's own copy is used: {}",
            original.display(),
            copy(paths, &fingerprint).display()
        )
    })
}

fn read(paths: &Paths) -> Result<Option<Fingerprint>> {
    let path = paths.fingerprint();
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
            format!("this is no fingerprint of the data ({error})"),
            "restore it from a copy, or train again",
        ),
    }
}

fn copy(paths: &Paths, fingerprint: &Fingerprint) -> PathBuf {
    paths.data().join(&fingerprint.file)
}

/// The file that the data come from.
fn source(data: &DataConfig, base: &Path) -> Option<PathBuf> {
    match &data.source {
        Source::File { path, .. } => Some(base.join(path)),
        _ => None,
    }
}
