//! Named arrays in a file: safetensors, which PyTorch reads, with a version and a checksum.
//!
//! Files appear whole or not at all: they are written aside and renamed. What a reader gets has been checked;
//! a truncated, altered or newer file is refused by name. Everything but the tensors themselves stands as one JSON
//! object under the metadata key `foldspace`; `format` is `pt`, as in files that PyTorch may read.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};

pub use super::array::Array;
use super::tensor::Number;
use crate::error::{Error, Result};

/// The version of every format written here; a reader refuses a higher one.
pub const VERSION: u64 = 1;

/// The metadata key that holds what is ours.
const KEY: &str = "foldspace";

/// What a file holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Contents {
    /// The kind of file, such as `weights`; `None` for a file that another program wrote.
    pub kind: Option<String>,
    /// What its writer noted besides the arrays: a JSON object, or null in another program's file.
    pub notes: Value,
    /// The arrays by name.
    pub arrays: BTreeMap<String, Array>,
    /// Their names as they stand in the file.
    pub order: Vec<String>,
}

/// Writes arrays and notes to `path`, whole or not at all.
///
/// The bytes are not forced onto the disk, which would take longer than an epoch of a small network. Only a power
/// failure can lose them, and the checksum tells. What has to survive one is [`serialise`]d and written with
/// [`file::write_lasting`](crate::file::write_lasting).
///
/// # Errors
/// [`Error::Io`] where the path can't be written or the disk is full.
///
/// # Panics
/// As [`serialise`].
pub fn write(
    path: &Path,
    kind: &str,
    notes: &Value,
    arrays: &BTreeMap<String, Array>,
) -> Result<()> {
    crate::file::write(path, &serialise(kind, notes, arrays))
}

/// A file's bytes: the same ones for the same contents.
///
/// # Panics
/// Where an array does not have as many values as its shape says.
pub fn serialise(kind: &str, notes: &Value, arrays: &BTreeMap<String, Array>) -> Vec<u8> {
    serialise_with(kind, notes, arrays, &[])
}

/// The same with more metadata, for other programs.
///
/// # Panics
/// As [`serialise`].
pub(super) fn serialise_with(
    kind: &str,
    notes: &Value,
    arrays: &BTreeMap<String, Array>,
    metadata: &[(&str, &str)],
) -> Vec<u8> {
    let bytes: BTreeMap<&str, Vec<u8>> = arrays
        .iter()
        .map(|(name, array)| {
            let bytes = array.values.iter().flat_map(|value| value.to_le_bytes());
            (name.as_str(), bytes.collect())
        })
        .collect();
    let views: Vec<(&str, TensorView<'_>)> = arrays
        .iter()
        .map(|(name, array)| {
            let view = TensorView::new(Dtype::F32, array.shape.clone(), &bytes[name.as_str()]);
            (
                name.as_str(),
                view.expect("an array has as many values as its shape says"),
            )
        })
        .collect();
    let checksum = checksum(
        VERSION,
        kind,
        notes,
        views.iter().map(|(name, view)| (*name, view)),
    );
    let others = [&[("format", "pt")], metadata].concat();
    let note = json!({
        "kind": kind, "version": VERSION, "crc32": checksum, "notes": notes, "others": checksum_of_others(&others),
    });
    let bytes = safetensors::serialize(views, None);
    let bytes = bytes.expect("the header is no larger than the format allows");
    with_metadata(&bytes, &[&others[..], &[(KEY, &note.to_string())]].concat())
}

/// CRC-32 of what stands in the metadata beside our own note.
fn checksum_of_others(others: &[(&str, &str)]) -> u32 {
    let mut others = others.to_vec();
    others.sort_unstable();
    crc32fast::hash(json!(others).to_string().as_bytes())
}

/// A safetensors file without metadata, and these besides, in this order: the crate writes several in no fixed one.
/// `format` is `pt` for what PyTorch may read, as the readers of Hugging Face insist.
///
/// # Panics
/// Where this is not a safetensors file.
pub(crate) fn with_metadata(file: &[u8], metadata: &[(&str, &str)]) -> Vec<u8> {
    let (length, rest) = file.split_first_chunk().expect("a length");
    let (header, data) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let pairs = metadata
        .iter()
        .map(|(key, value)| format!("{}:{}", json!(key), json!(value)));
    let mut whole = format!(
        "{{\"__metadata__\":{{{}}}",
        pairs.collect::<Vec<_>>().join(",")
    );
    let entries = str::from_utf8(header).expect("JSON").trim_end();
    let entries = entries.strip_prefix('{').expect("a JSON object");
    if entries != "}" {
        whole.push(',');
    }
    whole += entries;
    // The numbers begin at a multiple of eight bytes.
    while !whole.len().is_multiple_of(8) {
        whole.push(' ');
    }
    [&(whole.len() as u64).to_le_bytes(), whole.as_bytes(), data].concat()
}

/// Reads a file of the given kind that this program wrote.
///
/// # Errors
/// [`Error::Io`] where it can't be read; [`Error::Invalid`] where it is truncated, altered, from a newer version or of
/// another kind.
pub fn read(path: &Path, kind: &str) -> Result<Contents> {
    parse(
        &fs::read(path).map_err(Error::io(path, "read"))?,
        path,
        kind,
    )
}

/// Reads a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: &[u8], path: &Path, kind: &str) -> Result<Contents> {
    let contents = parse_any(bytes, path)?;
    if contents.kind.as_deref() == Some(kind) {
        return Ok(contents);
    }
    let found = contents.kind.as_deref().unwrap_or("another program's");
    Err(refused(
        path,
        format!("this is a file of {found} arrays, not of {kind}"),
        "name the right file",
    ))
}

/// Reads a safetensors file of any origin; one of ours is checked against its checksum.
///
/// # Errors
/// As [`read`], kind aside; also [`Error::Invalid`] where entries are neither floating-point numbers of 16 to 64 bits nor
/// whole ones.
pub fn read_any(path: &Path) -> Result<Contents> {
    parse_any(&fs::read(path).map_err(Error::io(path, "read"))?, path)
}

/// Reads the bytes of a safetensors file of any origin; `path` is what errors call it.
///
/// # Errors
/// As [`read_any`].
pub fn parse_any(whole: &[u8], path: &Path) -> Result<Contents> {
    let damaged =
        |problem: String| refused(path, problem, "restore it from a copy, or write it again");
    let cut = |error| damaged(format!("not a whole safetensors file ({error})"));
    let file = SafeTensors::deserialize(whole).map_err(cut)?;
    let (_, header) = SafeTensors::read_metadata(whole).map_err(cut)?;

    let mut arrays = BTreeMap::new();
    let order = header.offset_keys();
    for (name, view) in file.iter() {
        let kind = number(view.dtype()).ok_or_else(|| {
            refused(
                path,
                format!("{name} holds {:?} numbers", view.dtype()),
                "save it as float32, float64, float16 or bfloat16",
            )
        })?;
        let (shape, values) = (view.shape().to_vec(), kind.decode(view.data()));
        arrays.insert(name.to_owned(), Array { shape, values });
    }

    let Some(note) = header.metadata().as_ref().and_then(|all| all.get(KEY)) else {
        return Ok(Contents {
            kind: None,
            notes: Value::Null,
            arrays,
            order,
        });
    };
    let note: Value = serde_json::from_str(note)
        .map_err(|error| damaged(format!("its metadata can't be read ({error})")))?;
    let version = note["version"]
        .as_u64()
        .ok_or_else(|| damaged("its metadata has no version".to_owned()))?;
    if version > VERSION {
        return Err(refused(
            path,
            "a newer version of foldspace wrote this file",
            "update foldspace",
        ));
    }
    let kind = note["kind"].as_str().unwrap_or_default();
    let mut views: Vec<(String, TensorView<'_>)> = file.tensors();
    views.sort_by(|(left, _), (right, _)| left.cmp(right));
    let expected = checksum(
        version,
        kind,
        &note["notes"],
        views.iter().map(|(name, view)| (name.as_str(), view)),
    );
    let metadata = header.metadata().iter().flatten();
    let others: Vec<(&str, &str)> = metadata
        .filter(|(key, _)| *key != KEY)
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    // Files of earlier versions have nothing beside the note.
    let whole = match note["others"].as_u64() {
        Some(noted) => noted == u64::from(checksum_of_others(&others)),
        None => others.is_empty(),
    };
    if !whole || note["crc32"].as_u64() != Some(u64::from(expected)) {
        return Err(damaged(
            "its contents do not match its checksum: the file was altered or damaged".to_owned(),
        ));
    }
    Ok(Contents {
        kind: Some(kind.to_owned()),
        notes: note["notes"].clone(),
        arrays,
        order,
    })
}

fn refused(path: &Path, problem: impl Into<String>, remedy: &str) -> Error {
    Error::invalid(path.display().to_string(), problem, remedy)
}

/// How to read numbers of this type; `None` for those that no weight is made of.
fn number(dtype: Dtype) -> Option<Number> {
    Some(match dtype {
        Dtype::F16 => Number::F16,
        Dtype::BF16 => Number::Bf16,
        Dtype::F32 => Number::F32,
        Dtype::F64 => Number::F64,
        Dtype::I8 => Number::I8,
        Dtype::U8 | Dtype::BOOL => Number::U8,
        Dtype::I16 => Number::I16,
        Dtype::I32 => Number::I32,
        // Batch norm's count of batches.
        Dtype::I64 => Number::I64,
        _ => return None,
    })
}

/// CRC-32 of everything that matters in a file, in a fixed order.
fn checksum<'a>(
    version: u64,
    kind: &str,
    notes: &Value,
    arrays: impl Iterator<Item = (&'a str, &'a TensorView<'a>)>,
) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&version.to_le_bytes());
    hasher.update(kind.as_bytes());
    hasher.update(notes.to_string().as_bytes());
    for (name, view) in arrays {
        hasher.update(name.as_bytes());
        for length in view.shape() {
            hasher.update(&(*length as u64).to_le_bytes());
        }
        hasher.update(view.data());
    }
    hasher.finalize()
}
