//! PyTorch's own files: what `torch.save(model.state_dict(), "net.pt")` writes, read without running what they hold.
//!
//! A `.pt` file is a zip archive of a pickle (`model::pickle`) that describes the tensors and of one file of raw numbers
//! per storage. Nothing in it is compressed, and every part has a checksum, which is verified.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;

use rawzip::{CompressionMethod, ZipArchive, ZipArchiveEntryWayfinder, ZipSliceArchive};

use super::config::MOST_PARAMETERS;
use super::pickle::{self, Number, Storage, Tensor};
use super::store::Array;
use crate::error::{Error, Result};

/// A larger file than this is no network to look at: all parameters there may be in `f64`, and room for the rest.
const MOST_BYTES: u64 = 8 * MOST_PARAMETERS as u64 + (64 << 20);

/// The longest pickle: it takes about 150 bytes to describe a tensor.
const LONGEST_PICKLE: usize = 4 << 20;

/// Reads a state dict's tensors by name, `float64` rounded to `f32`.
///
/// # Errors
/// [`Error::Io`] where the file can't be read; [`Error::Invalid`] where it is cut, altered, compressed, too large or of an
/// older format, or holds anything but a dictionary of tensors of 32- or 64-bit numbers.
pub fn read(path: &Path) -> Result<BTreeMap<String, Array>> {
    let length = fs::metadata(path).map_err(Error::io(path, "read"))?.len();
    if length > MOST_BYTES {
        return Err(Error::invalid(
            path.display().to_string(),
            format!("this file has {length} bytes, the most is {MOST_BYTES}"),
            "name a smaller network",
        ));
    }
    let whole = fs::read(path).map_err(Error::io(path, "read"))?;
    parse(&whole).map_err(|problem| {
        Error::invalid(
            path.display().to_string(),
            format!("not a state dict that can be read: {problem}"),
            "write it with torch.save(model.state_dict(), ...)",
        )
    })
}

/// The same from a file's bytes.
///
/// # Errors
/// What is wrong with them.
pub fn parse(file: &[u8]) -> Result<BTreeMap<String, Array>, String> {
    if file.starts_with(b"\x80\x02\x8a\x0a") {
        return Err("PyTorch 1.5 or older wrote it; load it there and save it again".to_owned());
    }
    let archive = Archive::open(file)?;
    if let Ok(order) = archive.read("byteorder")
        && order != b"little"
    {
        return Err("its numbers are big-endian".to_owned());
    }
    let described = archive.read("data.pkl")?;
    if described.len() > LONGEST_PICKLE {
        return Err(format!("its data.pkl has {} bytes", described.len()));
    }
    let described = pickle::state_dict(&described)?;
    check_total(&described)?;

    let mut storages: BTreeMap<&str, Vec<f32>> = BTreeMap::new();
    let mut left = file.len();
    for Tensor { storage, .. } in described.values() {
        if !storages.contains_key(storage.key.as_str()) {
            let numbers = numbers(&archive, storage, &mut left)?;
            storages.insert(&storage.key, numbers);
        }
    }
    let gather = |(name, tensor): (&String, &Tensor)| {
        let array = gather(tensor, &storages[tensor.storage.key.as_str()]);
        array.map(|array| (name.clone(), array))
    };
    described
        .iter()
        .map(|entry| {
            gather(entry).ok_or_else(|| format!("{:?} reaches beyond its storage", entry.0))
        })
        .collect()
}

/// Views of one storage may be larger than it, so the file's size bounds nothing.
fn check_total(tensors: &BTreeMap<String, Tensor>) -> Result<(), String> {
    let counts = tensors.values().map(count);
    let total = counts.fold(0, usize::saturating_add);
    if total > MOST_PARAMETERS {
        return Err(format!(
            "its tensors have {total} numbers, the most is {MOST_PARAMETERS}"
        ));
    }
    Ok(())
}

/// A storage's numbers. All storages together are no longer than the file, of which `left` bytes are still to come: in one
/// that is made to burst memory, they overlap.
fn numbers(archive: &Archive<'_>, storage: &Storage, left: &mut usize) -> Result<Vec<f32>, String> {
    let bytes = archive.read(&format!("data/{}", storage.key))?;
    *left = left
        .checked_sub(bytes.len())
        .ok_or("its storages overlap")?;
    let width = if storage.kind == Number::F32 { 4 } else { 8 };
    if storage.count.checked_mul(width) != Some(bytes.len()) {
        return Err(format!(
            "storage {} should hold {} numbers of {width} bytes, but has {} bytes",
            storage.key,
            storage.count,
            bytes.len()
        ));
    }
    let (singles, doubles) = (bytes.as_chunks().0, bytes.as_chunks().0);
    Ok(match storage.kind {
        Number::F32 => singles.iter().map(|&x| f32::from_le_bytes(x)).collect(),
        Number::F64 => doubles
            .iter()
            .map(|&x| f64::from_le_bytes(x) as f32)
            .collect(),
        Number::I64 => doubles
            .iter()
            .map(|&x| i64::from_le_bytes(x) as f32)
            .collect(),
    })
}

/// A tensor's entries in row-major order; `None` where one lies outside the storage.
fn gather(tensor: &Tensor, storage: &[f32]) -> Option<Array> {
    let (shape, strides) = (&tensor.shape, &tensor.strides);
    if shape.len() != strides.len() {
        return None;
    }
    let count = count(tensor);
    let mut values = Vec::new();
    if count > 0 {
        let axes = shape.iter().zip(strides);
        let last = axes
            .clone()
            .try_fold(tensor.offset, |last, (size, stride)| {
                last.checked_add((size - 1).checked_mul(*stride)?)
            })?;
        if last >= storage.len() {
            return None;
        }
        values.extend((0..count).map(|mut index| {
            let mut place = tensor.offset;
            for (size, stride) in axes.clone().rev() {
                place += index % size * stride;
                index /= size;
            }
            storage[place]
        }));
    }
    Some(Array {
        shape: shape.clone(),
        values,
    })
}

/// How many numbers a tensor has.
fn count(tensor: &Tensor) -> usize {
    let sizes = tensor.shape.iter();
    sizes.fold(1, |count, &size| count.saturating_mul(size))
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
            ZipArchive::from_slice(file).map_err(|error| format!("no zip archive ({error})"))?;
        let mut entries = BTreeMap::new();
        for entry in zip.entries() {
            let entry = entry.map_err(|error| format!("a damaged zip archive ({error})"))?;
            let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
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
