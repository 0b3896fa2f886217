//! PyTorch's own files: what `torch.save(model.state_dict(), "net.pt")` writes, read without running what they hold.
//!
//! Such a file is a zip archive of a pickle (`model::pickle`) that describes the tensors and of one file of raw numbers
//! per storage. Nothing in it is compressed, and every part has a checksum, which is verified. What PyTorch wrote before
//! version 1.6 is a row of pickles instead, and has no checksum.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

use super::config::MOST_PARAMETERS;
use super::pickle::{Node, Pickle};
use super::state_dict;
use super::store::Array;
use super::tensor::{Number, Storage, Tensor};
use crate::error::{Error, Result};

/// A larger file than this is not a network to look at: all parameters there may be in `f64`, and room for the rest.
const MOST_BYTES: u64 = 8 * MOST_PARAMETERS as u64 + (64 << 20);

/// The longest pickle: it takes about 150 bytes to describe a tensor.
const LONGEST_PICKLE: usize = 4 << 20;

/// How files that PyTorch wrote before version 1.6, or with `_use_new_zipfile_serialization=False`, begin.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// Reads a state dict's tensors by name, rounded to `f32`.
///
/// # Errors
/// [`Error::Io`] where the file can't be read; [`Error::Invalid`] where it is cut, altered, compressed or too large, or
/// has no dictionary of tensors in it, at the top or under one of the keys that checkpoints use.
pub fn read(path: &Path) -> Result<BTreeMap<String, Array>> {
    let whole = read_bytes(path)?;
    parse(&whole).map_err(|problem| refuse(path, problem))
}

/// A file's bytes, unless there are too many of them.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>> {
    let length = fs::metadata(path).map_err(Error::io(path, "read"))?.len();
    if length > MOST_BYTES {
        return Err(Error::invalid(
            path.display().to_string(),
            format!("this file has {length} bytes, the most is {MOST_BYTES}"),
            "name a smaller network",
        ));
    }
    fs::read(path).map_err(Error::io(path, "read"))
}

/// What is wrong with a file, and how to write a right one.
pub(super) fn refuse(path: &Path, problem: String) -> Error {
    Error::invalid(
        path.display().to_string(),
        format!("not a state dict that can be read: {problem}"),
        "write it with torch.save(model.state_dict(), ...)",
    )
}

/// The same from a file's bytes.
///
/// # Errors
/// What is wrong with them.
pub fn parse(file: &[u8]) -> Result<BTreeMap<String, Array>, String> {
    Ok(parse_in_order(file)?.into_iter().collect())
}

/// The same in the order in which the model's modules were made.
///
/// # Errors
/// As [`parse`].
pub fn parse_in_order(file: &[u8]) -> Result<Vec<(String, Array)>, String> {
    if is_old(file) {
        return legacy(file);
    }
    let archive = Archive::open(file)?;
    if archive.entries.keys().any(|name| name.starts_with("code/")) {
        return Err("it is a TorchScript module; save model.state_dict() of it".to_owned());
    }
    if let Ok(order) = archive.read("byteorder")
        && order != b"little"
    {
        return Err("its numbers are big-endian".to_owned());
    }
    let described = archive.read("data.pkl")?;
    if described.len() > LONGEST_PICKLE {
        return Err(format!("its data.pkl has {} bytes", described.len()));
    }
    let pickle = Pickle::read(&described)?;
    let tensors = state_dict::find(&pickle)?;
    let mut left = file.len();
    assemble(&tensors, |storage| {
        let bytes = archive.read(&format!("data/{}", storage.key))?;
        // All storages together are no longer than the file: in one that is made to exhaust memory, they overlap.
        left = left
            .checked_sub(bytes.len())
            .ok_or("its storages overlap")?;
        Ok(bytes.into())
    })
}

/// Whether PyTorch's format before version 1.6 begins here.
pub(super) fn is_old(file: &[u8]) -> bool {
    let start = &file[..file.len().min(32)];
    file.first() == Some(&0x80) && start.windows(MAGIC.len()).any(|window| window == MAGIC)
}

/// The format before version 1.6: a magic number, a version, the machine's properties, the object and the storages' keys,
/// each a pickle; then, in the order of these keys, every storage as its count and its numbers.
fn legacy(file: &[u8]) -> Result<Vec<(String, Array)>, String> {
    let mut rest = file;
    let mut next = || {
        let pickle = Pickle::read(&rest[..rest.len().min(LONGEST_PICKLE)])?;
        rest = &rest[pickle.length..];
        Ok::<_, String>(pickle)
    };
    let (_magic, version, machine) = (next()?, next()?, next()?);
    if !matches!(version.node(version.root), Node::Int(1001)) {
        return Err("it is of an unknown version of PyTorch's old format".to_owned());
    }
    if state_dict::is_big_endian(&machine) {
        return Err("its numbers are big-endian".to_owned());
    }
    let (object, keys) = (next()?, next()?);
    let tensors = state_dict::find(&object)?;
    let kinds = object.storages();
    let Node::List(keys_in_order) = keys.node(keys.root) else {
        return Err("it is damaged: it has no list of storages".to_owned());
    };
    let mut places: BTreeMap<&str, &[u8]> = BTreeMap::new();
    for &key in keys_in_order {
        let Node::Text(key) = keys.node(key) else {
            return Err("it is damaged: a storage has no name".to_owned());
        };
        let kind = kinds.get(key.as_str()).copied().unwrap_or(Number::Unknown);
        let (count, behind) = rest.split_first_chunk().ok_or("it is cut off")?;
        let length = usize::try_from(u64::from_le_bytes(*count)).ok();
        let length = length.and_then(|count| count.checked_mul(kind.width()));
        let (bytes, behind) = length
            .and_then(|length| behind.split_at_checked(length))
            .ok_or("it is cut off")?;
        places.insert(key, bytes);
        rest = behind;
    }
    assemble(&tensors, |storage| {
        let place = places.get(storage.key.as_str());
        let bytes = place.ok_or_else(|| format!("there is no storage {} in it", storage.key))?;
        Ok((*bytes).into())
    })
}

/// The tensors with the numbers that `bytes` finds for each storage.
fn assemble<'a>(
    tensors: &[(String, &Tensor)],
    mut bytes: impl FnMut(&Storage) -> Result<Cow<'a, [u8]>, String>,
) -> Result<Vec<(String, Array)>, String> {
    check_total(tensors)?;
    let mut storages: BTreeMap<&Storage, Vec<f32>> = BTreeMap::new();
    let mut room = MOST_BYTES as usize / size_of::<f32>();
    for (name, tensor) in tensors {
        let storage = &tensor.storage;
        if storage.kind == Number::Unknown {
            return Err(format!("{name:?} is of numbers that no weight is made of"));
        }
        if !storages.contains_key(storage) {
            let (bytes, width) = (bytes(storage)?, storage.kind.width());
            if storage.count.checked_mul(width) != Some(bytes.len()) {
                return Err(format!(
                    "storage {} should hold {} numbers of {width} bytes, but has {} bytes",
                    storage.key,
                    storage.count,
                    bytes.len()
                ));
            }
            room = room
                .checked_sub(storage.count)
                .ok_or("its storages have too many numbers")?;
            storages.insert(storage, storage.kind.decode(&bytes));
        }
    }
    let gather = |(name, tensor): &(String, &Tensor)| {
        let array = tensor.gather(&storages[&tensor.storage]);
        let array = array.ok_or_else(|| format!("{name:?} reaches beyond its storage"))?;
        Ok((name.clone(), array))
    };
    tensors.iter().map(gather).collect()
}

/// Views of one storage may be larger than it, so the file's size bounds nothing.
fn check_total(tensors: &[(String, &Tensor)]) -> Result<(), String> {
    let counts = tensors.iter().map(|(_, tensor)| tensor.count());
    let total = counts.fold(0, usize::saturating_add);
    if total > MOST_PARAMETERS {
        return Err(format!(
            "its tensors have {total} numbers, the most is {MOST_PARAMETERS}"
        ));
    }
    Ok(())
}

/// A zip archive whose entries lie in one folder.
struct Archive<'a> {
    zip: ZipSliceArchive<&'a [u8]>,
    /// By the path inside the folder.
    entries: BTreeMap<String, (CompressionMethod, ZipArchiveEntryWayfinder)>,
}

impl<'a> Archive<'a> {
    fn open(file: &'a [u8]) -> Result<Self, String> {
        let zip =
            ZipArchive::from_slice(file).map_err(|error| format!("not a zip archive ({error})"))?;
        let mut entries = BTreeMap::new();
        for entry in zip.entries() {
            let entry = entry.map_err(|error| format!("a damaged zip archive ({error})"))?;
            let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
            if path.ends_with(".npy") {
                return Err("it is an archive of NumPy's arrays".to_owned());
            }
            let inside = path.split_once('/').map_or("", |(_folder, inside)| inside);
            let found = (entry.compression_method(), entry.wayfinder());
            if entries.insert(inside.to_owned(), found).is_some() {
                return Err(format!("{path:?} is there twice"));
            }
        }
        Ok(Self { zip, entries })
    }

    /// An entry's bytes, after its checksum.
    fn read(&self, name: &str) -> Result<Vec<u8>, String> {
        let missing = || format!("there is no {name} in it");
        let (method, entry) = self.entries.get(name).ok_or_else(missing)?;
        if *method != CompressionMethod::STORE {
            return Err(format!("{name} is compressed, which PyTorch never does"));
        }
        let damaged = |error: &dyn std::fmt::Display| format!("{name} is damaged ({error})");
        let entry = self
            .zip
            .get_entry(*entry)
            .map_err(|error| damaged(&error))?;
        let mut bytes = Vec::with_capacity(entry.data().len());
        let mut reader = entry.verifying_reader(entry.data());
        reader
            .read_to_end(&mut bytes)
            .map_err(|error| damaged(&error))?;
        Ok(bytes)
    }
}
