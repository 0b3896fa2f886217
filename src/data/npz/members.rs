//! An archive, opened: its arrays by name, read one at a time.

use std::io::Read;
use std::path::Path;

use flate2::bufread::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive, ZipSliceArchive};

use super::{FEATURES, NpzOptions, TARGET};
use crate::data::arrays::{PAIRS, Source};
use crate::data::npy::{self, Entries, Header};
use crate::data::reading::some;
use crate::error::{Error, Result};
use crate::suggest::closest;

/// The most members of an archive.
const MOST_MEMBERS: usize = 1 << 16;

/// DEFLATE makes at most 1032 bytes of one, plus a few bytes at the end.
const MOST_OF_A_BYTE: u64 = 1032;

/// An archive, opened.
pub(super) struct Members<'a> {
    archive: ZipSliceArchive<&'a [u8]>,
    path: &'a Path,
}

impl<'a> Members<'a> {
    pub(super) fn open(bytes: &'a [u8], path: &'a Path) -> Result<Self> {
        let archive = ZipArchive::from_slice(bytes).map_err(|error| {
            Error::invalid(
                path.display().to_string(),
                format!("this is not a whole .npz archive ({error})"),
                "write it again with numpy.savez",
            )
        })?;
        Ok(Self { archive, path })
    }

    pub(super) fn place(&self, name: &str) -> String {
        format!("{}, array {name}", self.path.display())
    }

    /// An error about an array.
    fn refuse(&self, name: &str, problem: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::invalid(self.place(name), problem, remedy)
    }

    /// The array of this name, its header read; `None` if there is none.
    pub(super) fn array(&'a self, name: &str) -> Result<Option<Source<'a>>> {
        let damaged = |problem: String| self.refuse(name, problem, "write the archive again");
        let mut entries = self.archive.entries();
        for _ in 0..MOST_MEMBERS {
            let entry = entries
                .next_entry()
                .map_err(|error| damaged(format!("the archive is damaged ({error})")))?;
            let Some(entry) = entry else {
                return Ok(None);
            };
            let file = entry.file_path();
            if file.as_bytes().strip_suffix(b".npy") != Some(name.as_bytes()) {
                continue;
            }
            let member = self
                .archive
                .get_entry(entry.wayfinder())
                .map_err(|error| damaged(format!("the archive is damaged ({error})")))?;
            let data = member.data();
            let stored = data.len() as u64;
            let (inflated, room): (Box<dyn Read + 'a>, u64) = match entry.compression_method() {
                CompressionMethod::STORE => (Box::new(data), stored),
                CompressionMethod::DEFLATE => {
                    let room = stored
                        .saturating_mul(MOST_OF_A_BYTE)
                        .saturating_add(1 << 10);
                    (Box::new(DeflateDecoder::new(data)), room)
                }
                other => {
                    return Err(self.refuse(
                        name,
                        format!("it is compressed with {other:?}"),
                        "write it with numpy.savez or numpy.savez_compressed",
                    ));
                }
            };
            let room = room.min(entry.uncompressed_size_hint());
            let mut reader: Box<dyn Read + 'a> = Box::new(member.verifying_reader(inflated));
            let header = Header::read(&mut reader)
                .map_err(|problem| self.refuse(name, problem.problem, problem.remedy))?;
            return Ok(Some(Source {
                place: self.place(name),
                header,
                reader,
                room,
            }));
        }
        Err(damaged(format!(
            "the archive has more than {MOST_MEMBERS} members"
        )))
    }

    /// The names of the arrays, a hundred at most.
    fn names(&self) -> Vec<String> {
        let mut entries = self.archive.entries();
        let mut names = Vec::new();
        while let Ok(Some(entry)) = entries.next_entry()
            && names.len() < 100
        {
            let file = entry.file_path();
            let name = String::from_utf8_lossy(file.as_bytes()).into_owned();
            names.push(name.strip_suffix(".npy").unwrap_or(&name).to_owned());
        }
        names
    }

    /// The names of the features' and the targets' array: those that the configuration names, else X and y, else a pair of the
    /// names that people use.
    pub(super) fn pair(
        &self,
        options: &NpzOptions,
        notes: &mut Vec<String>,
    ) -> Result<(String, String)> {
        let names = self.names();
        let has = |name: &str| names.iter().any(|other| other == name);
        let (mut x, mut y) = (options.features.as_str(), options.target.as_str());
        let fits = |(a, b): &(&str, &str)| {
            let first = *a == x || x == FEATURES && !has(x);
            let second = *b == y || y == TARGET && !has(y);
            first && second && has(a) && has(b)
        };
        let taken = PAIRS.into_iter().find(fits);
        if let Some((a, b)) = taken {
            (x, y) = (a, b);
        }
        // numpy.savez(path, y, X) numbers them in this order.
        if (x, y) == ("arr_0", "arr_1") && options.features == FEATURES && options.target == TARGET
        {
            let axes = |name: &str| {
                Ok(self
                    .array(name)?
                    .map_or(0, |source| source.header.shape.len()))
            };
            if axes(x)? < 2 && axes(y)? > 1 {
                (x, y) = (y, x);
            }
        }
        if (x, y) != (options.features.as_str(), options.target.as_str()) {
            let meta = ["feature_names", "target_names"];
            let others: Vec<String> = names
                .iter()
                .filter(|name| *name != x && *name != y && !meta.contains(&name.as_str()))
                .cloned()
                .collect();
            let aside = match others.is_empty() {
                true => String::new(),
                false => format!(", {} left aside", some(&others, 6)),
            };
            notes.push(format!(
                "features are the array {x}, targets {y}{aside}; data.features and data.target name others"
            ));
        }
        Ok((x.to_owned(), y.to_owned()))
    }

    pub(super) fn required(&'a self, name: &str, key: &str) -> Result<Source<'a>> {
        self.array(name)?.ok_or_else(|| {
            let names = self.names();
            let nearest = closest(name, names.iter().map(String::as_str));
            let remedy = match nearest {
                Some(nearest) => format!(
                    "name one of its arrays, such as data.{key} = \"{nearest}\"; it has {}",
                    names.join(", ")
                ),
                None => {
                    "the archive is empty: write it with numpy.savez(path, X=..., y=...)".to_owned()
                }
            };
            Error::invalid(
                self.path.display().to_string(),
                format!("there is no array {name}"),
                remedy,
            )
        })
    }

    /// The text of an array that may be missing, or ignored because it is pickled.
    fn text(&self, name: &str, notes: &mut Vec<String>) -> Result<Option<Entries>> {
        match self.array(name) {
            Ok(Some(source)) => source.entries().map(Some),
            Ok(None) => Ok(None),
            Err(Error::Invalid { problem, .. }) if problem == npy::PICKLED => {
                notes.push(format!(
                    "array {name} holds pickled Python objects, which are never unpickled, and is left aside; save it \
                     with .astype(str)"
                ));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn feature_names(
        &self,
        dimensions: usize,
        notes: &mut Vec<String>,
    ) -> Result<Vec<String>> {
        const NAME: &str = "feature_names";
        match self.text(NAME, notes)? {
            None => Ok(crate::data::arrange::feature_names(dimensions)),
            Some(Entries::Text(names)) if names.len() == dimensions => Ok(names),
            Some(entries) => Err(self.refuse(
                NAME,
                format!("{} entries for {dimensions} features", entries.len()),
                "give every feature one name, as text, or leave the array out",
            )),
        }
    }

    /// The classes' names, if there are any.
    pub(super) fn class_names(&self, notes: &mut Vec<String>) -> Result<Option<Vec<String>>> {
        const NAME: &str = "target_names";
        match self.text(NAME, notes)? {
            None => Ok(None),
            Some(Entries::Text(names)) => Ok(Some(names)),
            Some(_) => Err(self.refuse(
                NAME,
                "its entries are not text",
                "save the names as text, or leave the array out",
            )),
        }
    }
}
