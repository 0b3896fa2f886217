//! Numbered PNG files in a directory, for editing elsewhere.

use super::batch::{Batch, Encoder};
use crate::error::{Error, Result};
use crate::file::Partial;
use crate::plot::pixmap::encode_png;
use rayon::prelude::*;
use std::fs;
use std::path::Path;

/// The resolution noted in the files: that of a screen.
const DPI: f64 = 96.0;

/// Writes `frame-00000.png`, `frame-00001.png` ... at a constant rate: a picture that stands still
/// for several frames is written as often.
pub(super) struct PngFramesEncoder<'a> {
    partial: &'a Partial,
    /// The number of the next file.
    next: usize,
}

impl<'a> PngFramesEncoder<'a> {
    /// Starts in the directory that [`prepare`] made.
    pub(super) fn new(partial: &'a Partial) -> Self {
        Self { partial, next: 0 }
    }
}

impl Encoder for PngFramesEncoder<'_> {
    fn push(&mut self, batch: &Batch) -> Result<()> {
        let files: Vec<_> = batch
            .frames
            .par_iter()
            .map(|frame| encode_png(frame, DPI))
            .collect();
        for (bytes, shot) in files.into_iter().zip(batch.shots) {
            let bytes = bytes?;
            for _ in 0..shot.frames {
                let name = format!("frame-{:05}.png", self.next);
                fs::write(self.partial.path().join(&name), &bytes)
                    .map_err(Error::io(self.partial.target().join(&name), "write"))?;
                self.next += 1;
            }
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        Ok(())
    }
}

/// Makes the directory to write to.
pub(super) fn prepare(partial: &Partial) -> Result<()> {
    refuse_foreign_files(partial.target())?;
    fs::create_dir(partial.path()).map_err(Error::io(partial.target(), "write"))
}

/// The directory will be replaced, so nothing but frames of an earlier animation may be in it.
fn refuse_foreign_files(directory: &Path) -> Result<()> {
    if !directory.exists() {
        return Ok(());
    }
    let entries = fs::read_dir(directory).map_err(Error::io(directory, "read"))?;
    for entry in entries {
        let name = entry.map_err(Error::io(directory, "read"))?.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with("frame-") && name.ends_with(".png")) {
            return Err(Error::invalid(
                directory.display().to_string(),
                format!("there is {name} in it, which is not a frame of an animation"),
                "choose another name, or empty the directory",
            ));
        }
    }
    Ok(())
}
