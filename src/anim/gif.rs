//! GIF, written frame by frame.

use super::batch::{Batch, Encoder};
use super::options::Options;
use super::palette::Palette;
use crate::error::{Error, Result};
use crate::file::Partial;
use gif::{DisposalMethod, EncodingError, Repeat};
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Delays below two hundredths of a second are not honoured by browsers.
const MOST_FPS: u32 = 50;

/// Refuses what the format cannot say, before anything is drawn.
pub(super) fn check(fps: u32) -> Result<()> {
    if fps <= MOST_FPS {
        return Ok(());
    }
    Err(Error::invalid(
        format!("--fps {fps}"),
        "viewers show at most 50 frames of a GIF per second",
        "choose 50 or less, or another --format (apng, mp4)",
    ))
}

/// Writes a GIF with one palette. LZW compression, which takes the time, runs in parallel.
pub(super) struct GifEncoder<'a> {
    partial: &'a Partial,
    file: BufWriter<File>,
    /// Formats into memory, which cannot fail; its bytes go to the file after every frame.
    encoder: gif::Encoder<Vec<u8>>,
    transparent: u8,
    fps: u32,
    /// Frames of `1 / fps` seconds written so far.
    shown: u64,
}

impl<'a> GifEncoder<'a> {
    pub(super) fn new(
        partial: &'a Partial,
        palette: &Palette,
        size: (u32, u32),
        fps: u32,
        options: &Options,
    ) -> Result<Self> {
        let (Ok(width), Ok(height)) = (u16::try_from(size.0), u16::try_from(size.1)) else {
            return Err(Error::invalid(
                format!("--size {}x{}", size.0, size.1),
                "a GIF has at most 65535 pixels a side",
                "choose a smaller size",
            ));
        };
        // "Finite" counts the repetitions after the first showing.
        let repeat = match options.plays.checked_sub(1) {
            None => Repeat::Infinite,
            Some(again) => Repeat::Finite(again),
        };
        let encoder = gif::Encoder::new(Vec::new(), width, height, &palette.to_bytes())
            .and_then(|mut encoder| encoder.set_repeat(repeat).map(|()| encoder))
            .map_err(|error| failed(partial, error))?;
        Ok(Self {
            partial,
            file: BufWriter::new(partial.create()?),
            encoder,
            transparent: palette.transparent(),
            fps,
            shown: 0,
        })
    }

    /// The time of the start of a frame, in hundredths of a second. Delays are differences of
    /// these, so that their roundings never add up.
    fn time(&self, frame: u64) -> u64 {
        let fps = u64::from(self.fps);
        (200 * frame + fps) / (2 * fps)
    }

    fn flush(&mut self) -> Result<()> {
        let bytes = self.encoder.get_mut();
        let written = self.file.write_all(bytes);
        bytes.clear();
        written.map_err(Error::io(self.partial.target(), "write"))
    }
}

impl Encoder for GifEncoder<'_> {
    fn push(&mut self, batch: &Batch) -> Result<()> {
        let transparent = self.transparent;
        let mut frames: Vec<gif::Frame> = batch
            .deltas
            .par_iter()
            .map(|delta| {
                let mut frame = gif::Frame {
                    left: delta.left as u16,
                    top: delta.top as u16,
                    width: delta.width as u16,
                    height: delta.height as u16,
                    transparent: Some(transparent),
                    dispose: DisposalMethod::Keep,
                    buffer: (&delta.indices).into(),
                    ..gif::Frame::default()
                };
                frame.make_lzw_pre_encoded();
                frame
            })
            .collect();
        for (frame, shot) in frames.iter_mut().zip(batch.shots) {
            let next = self.shown + u64::from(shot.frames);
            // At most ten minutes (see `Timeline`), which is 60000.
            frame.delay = (self.time(next) - self.time(self.shown)) as u16;
            self.shown = next;
            self.encoder
                .write_lzw_pre_encoded_frame(frame)
                .map_err(|error| failed(self.partial, error))?;
            self.flush()?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let Self {
            partial,
            mut file,
            encoder,
            ..
        } = *self;
        let rest = encoder
            .into_inner()
            .map_err(|error| failed(partial, error))?;
        file.write_all(&rest)
            .and_then(|()| file.flush())
            .map_err(Error::io(partial.target(), "write"))
    }
}

fn failed(partial: &Partial, error: EncodingError) -> Error {
    Error::io(partial.target(), "write as GIF")(std::io::Error::other(error))
}
