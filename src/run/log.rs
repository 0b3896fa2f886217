//! Tables that grow by a line per epoch: CSV with a header.
//!
//! A line is written in one go, and a reader leaves out a last line without an end, so a table can be read while it
//! grows and survives a process that is killed.

use std::fs;
#[cfg(feature = "train")]
use std::fs::OpenOptions;
#[cfg(feature = "train")]
use std::io::Write;
use std::path::Path;

#[cfg(feature = "train")]
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Appends one row; the header is written first where the file is new. Structs give their fields' names.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
#[cfg(feature = "train")]
pub(crate) fn append<T: Serialize>(path: &Path, row: &T) -> Result<()> {
    let headed = is_new(path);
    let line = lines(path, std::slice::from_ref(row), headed)?;
    append_bytes(path, &line)
}

/// Appends one row of plain cells under these column names.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
#[cfg(feature = "train")]
pub(crate) fn append_cells<'a>(
    path: &Path,
    names: impl IntoIterator<Item = &'a str>,
    cells: impl IntoIterator<Item = f64>,
) -> Result<()> {
    let mut text = String::new();
    if is_new(path) {
        text += &names.into_iter().collect::<Vec<_>>().join(",");
        text.push('\n');
    }
    let cells: Vec<String> = cells.into_iter().map(|cell| cell.to_string()).collect();
    text += &cells.join(",");
    text.push('\n');
    append_bytes(path, text.as_bytes())
}

/// Whether there is nothing in a table yet, not even a header.
#[cfg(feature = "train")]
fn is_new(path: &Path) -> bool {
    fs::metadata(path).map_or(true, |file| file.len() == 0)
}

#[cfg(feature = "train")]
fn append_bytes(path: &Path, bytes: &[u8]) -> Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(bytes))
        .map_err(Error::io(path, "write"))
}

/// Rows as CSV.
#[cfg(feature = "train")]
fn lines<T: Serialize>(path: &Path, rows: &[T], headed: bool) -> Result<Vec<u8>> {
    let mut writer = csv::WriterBuilder::new()
        .has_headers(headed)
        .from_writer(Vec::new());
    for row in rows {
        let written = writer.serialize(row);
        written.map_err(|error| Error::io(path, "write")(error.into()))?;
    }
    writer
        .into_inner()
        .map_err(|error| Error::io(path, "write")(error.into_error()))
}

/// All whole rows of a table; none if there is no file yet.
///
/// # Errors
/// [`Error::Io`] where it can't be read, [`Error::Invalid`] with the line where a cell is not what it should be.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = whole_lines(path)?;
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| row.map_err(|error| damaged(path, &error)))
        .collect()
}

/// The column names, and all whole rows of a table of numbers; an empty cell is not a number (NaN).
///
/// # Errors
/// As [`read`].
pub(crate) fn read_cells(path: &Path) -> Result<(Vec<String>, Vec<Vec<f64>>)> {
    let text = whole_lines(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| damaged(path, &error))?;
    let names = header.iter().map(str::to_owned).collect();
    let rows = reader.deserialize().map(|row| {
        let row: Vec<Option<f64>> = row.map_err(|error| damaged(path, &error))?;
        Ok(row
            .into_iter()
            .map(|cell| cell.unwrap_or(f64::NAN))
            .collect())
    });
    Ok((names, rows.collect::<Result<_>>()?))
}

/// Keeps the header and the first `rows` rows.
///
/// # Errors
/// [`Error::Io`] where the file can't be read or written.
#[cfg(feature = "train")]
pub(crate) fn truncate(path: &Path, rows: usize) -> Result<()> {
    if is_new(path) {
        return Ok(());
    }
    let text = whole_lines(path)?;
    let kept: String = text.split_inclusive('\n').take(rows + 1).collect();
    crate::file::write(path, kept.as_bytes())
}

/// A file's text up to its last line end; empty if there is no file.
fn whole_lines(path: &Path) -> Result<String> {
    match fs::read_to_string(path) {
        Ok(mut text) => {
            text.truncate(text.rfind('\n').map_or(0, |end| end + 1));
            Ok(text)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Error::io(path, "read")(error)),
    }
}

fn damaged(path: &Path, error: &csv::Error) -> Error {
    let place = match error.position() {
        Some(position) => format!("{}:{}", path.display(), position.line()),
        None => path.display().to_string(),
    };
    Error::invalid(
        place,
        format!("the table is damaged ({error})"),
        "resume the run from its checkpoint, which writes it again",
    )
}
