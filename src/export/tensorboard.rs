//! Metrics as a TensorBoard event file.
//!
//! An event is a protocol buffer in a [`record`](super::record)'s frame. Only five messages are needed, so they are
//! encoded here by hand (field numbers from TensorFlow's `event.proto` and `summary.proto`):
//!
//! ```text
//! Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5; SourceMetadata source = 10; }
//! SourceMetadata { string writer = 1; }
//! Summary { repeated Value value = 1; }
//! Value   { string tag = 1; float simple_value = 2; }
//! ```

use std::path::{Path, PathBuf};

use super::metrics::Metrics;
use super::record::frame;
use crate::error::Result;

/// TensorBoard looks for `tfevents` in a file's name.
const FILE: &str = "events.out.tfevents.0.foldspace";

/// Writes the event file into a directory, for `tensorboard --logdir`, and says where it is.
///
/// Each epoch's time is the one at which it was done.
pub(super) fn write(directory: &Path, metrics: &Metrics) -> Result<PathBuf> {
    let path = directory.join(FILE);
    let mut bytes = head(metrics.times.first().copied().unwrap_or_default());
    for (row, &time) in metrics.rows.iter().zip(&metrics.times) {
        let values: Vec<u8> = metrics
            .names
            .iter()
            .zip(row)
            .filter(|(_, number)| !number.is_nan())
            .filter_map(|(name, number)| Some((tag(name)?, number)))
            .flat_map(|(tag, &number)| {
                let value = [text(1, &tag), float(2, number as f32)].concat();
                message(1, &value)
            })
            .collect();
        let epoch = row.first().copied().unwrap_or_default() as u64;
        let event = [double(1, time), integer(2, epoch), message(5, &values)].concat();
        bytes.extend(frame(&event));
    }
    crate::file::write(&path, &bytes)?;
    Ok(path)
}

/// Writes an event file without events: TensorBoard looks for other plugins' files, such as the projector's, only in
/// directories that have one.
pub(super) fn mark(directory: &Path) -> Result<PathBuf> {
    let path = directory.join(FILE);
    crate::file::write(&path, &head(0.0))?;
    Ok(path)
}

/// Whether a directory has an event file of ours.
pub(super) fn is_there(directory: &Path) -> bool {
    directory.join(FILE).exists()
}

/// The first event, which says what the file is.
fn head(time: f64) -> Vec<u8> {
    let writer = message(10, &text(1, "foldspace"));
    frame(&[double(1, time), text(3, "brain.Event:2"), writer].concat())
}

/// TensorBoard groups curves by what stands before the slash; `None` for what is not a curve.
fn tag(column: &str) -> Option<String> {
    Some(match column {
        "epoch" | "seconds" => return None,
        "train_loss" => "loss/train".to_owned(),
        "test_loss" => "loss/test".to_owned(),
        "train_accuracy" => "accuracy/train".to_owned(),
        "test_accuracy" => "accuracy/test".to_owned(),
        other => other.replacen('.', "/", 1),
    })
}

/// A base-128 number, the lowest seven bits first.
fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// A field's number and its wire type: 0 varint, 1 eight bytes, 2 length and bytes, 5 four bytes.
fn key(field: u64, wire: u64) -> Vec<u8> {
    varint(field << 3 | wire)
}

fn integer(field: u64, number: u64) -> Vec<u8> {
    [key(field, 0), varint(number)].concat()
}

fn double(field: u64, number: f64) -> Vec<u8> {
    [&key(field, 1)[..], &number.to_le_bytes()].concat()
}

fn float(field: u64, number: f32) -> Vec<u8> {
    [&key(field, 5)[..], &number.to_le_bytes()].concat()
}

fn message(field: u64, bytes: &[u8]) -> Vec<u8> {
    [&key(field, 2)[..], &varint(bytes.len() as u64), bytes].concat()
}

fn text(field: u64, text: &str) -> Vec<u8> {
    message(field, text.as_bytes())
}
