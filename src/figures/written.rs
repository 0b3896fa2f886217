//! Numbers behind pictures, as CSV and JSON.

use serde::Serialize;

use crate::error::{Error, Result};

/// A table as CSV.
pub(super) fn csv_of(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let refuse =
        |error: &dyn std::fmt::Display| Error::invalid("table", error.to_string(), "report this");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(header)
        .map_err(|error| refuse(&error))?;
    for row in rows {
        writer.write_record(row).map_err(|error| refuse(&error))?;
    }
    writer.into_inner().map_err(|error| refuse(&error))
}

/// Anything as JSON.
pub(super) fn json_of(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Error::invalid("JSON", error.to_string(), "report this"))
}
