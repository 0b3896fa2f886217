//! A data file of any kind, recognised by its first bytes, not by the ending of its name.

use std::fs;
use std::path::Path;

use super::file_options::{FileOptions, is_npz, is_numpy};
use super::reading::Reading;
use super::targets::Task;
use super::{csv, npy, npy_pair, npz};
use crate::error::{Error, Result};

/// What other programs' files begin with, what they are, and what to do about them.
const OTHERS: [(&[u8], &str, &str); 10] = [
    (b"\x1f\x8b", "compressed with gzip", "unpack it with gunzip"),
    (b"BZh", "compressed with bzip2", "unpack it with bunzip2"),
    (b"\xfd7zXZ", "compressed with xz", "unpack it with unxz"),
    (
        b"PAR1",
        "a Parquet file",
        "save it with DataFrame.to_csv(path, index=False)",
    ),
    (
        b"ARROW1",
        "an Arrow file",
        "save it with DataFrame.to_csv(path, index=False)",
    ),
    (
        b"\x89HDF",
        "an HDF5 file",
        "save its arrays with numpy.savez(path, X=..., y=...)",
    ),
    (
        b"\xd0\xcf\x11\xe0",
        "an Excel workbook",
        "save the sheet as CSV",
    ),
    (
        b"SQLite format 3",
        "an SQLite database",
        "export the table as CSV",
    ),
    (
        b"MATLAB",
        "a MATLAB file",
        "save it from scipy.io.loadmat with numpy.savez(path, X=..., y=...)",
    ),
    (b"%PDF", "a PDF", "save the table as CSV"),
];

/// Reads a data set; `of_loss` is what the loss makes of targets that may be either.
///
/// # Errors
/// As [`csv::parse_with`] and [`npz::parse_with`]; [`Error::Io`] where a file can't be read.
pub fn read(path: &Path, options: &FileOptions, of_loss: Task) -> Result<Reading> {
    let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
    if bytes.starts_with(npy::MAGIC) {
        return npy_pair::read_with(&bytes, path, &options.npz()?, of_loss);
    }
    let archive = [&b"PK\x03\x04"[..], b"PK\x05\x06"];
    let damaged = bytes.starts_with(b"PK") && is_npz(path);
    if damaged || archive.iter().any(|start| bytes.starts_with(start)) {
        if bytes
            .windows(19)
            .take(1 << 12)
            .any(|window| window == b"[Content_Types].xml")
        {
            return Err(other(path, "an Excel workbook", "save the sheet as CSV"));
        }
        return npz::parse_with(&bytes, path, &options.npz()?, of_loss);
    }
    refuse_others(path, &bytes, options)?;
    csv::parse_with(&bytes, path, &options.csv(), of_loss)
}

/// Refuses what is neither arrays nor text, and says what it is.
pub(super) fn refuse_others(path: &Path, bytes: &[u8], options: &FileOptions) -> Result<()> {
    if let Some((_, what, remedy)) = OTHERS.iter().find(|(start, ..)| bytes.starts_with(start)) {
        return Err(other(path, what, remedy));
    }
    // Pickle's protocols 2 to 5.
    if let [0x80, 2..=5, ..] = bytes[..] {
        return Err(other(
            path,
            "a pickle, which can run any program when read and is never unpickled here",
            "save it with numpy.savez(path, X=..., y=...)",
        ));
    }
    if matches!(options, FileOptions::Npz(_)) && is_numpy(path) && !is_text(bytes) {
        return Err(Error::invalid(
            path.display().to_string(),
            "this is not a whole .npz or .npy file",
            "write it again with numpy.savez",
        ));
    }
    Ok(())
}

fn is_text(bytes: &[u8]) -> bool {
    !bytes.is_empty() && !bytes.iter().take(1 << 12).any(|&byte| byte < 9)
}

fn other(path: &Path, what: &str, remedy: &str) -> Error {
    Error::invalid(
        path.display().to_string(),
        format!("this is {what}"),
        remedy,
    )
}
