//! GIF, written frame by frame.

use super::batch::{Batch, Encoder};
use super::costs::Costs;
use super::delta::Delta;
use super::dictionary::Dictionary;
use super::leeway::{Leeway, Loosened};
use super::lzw;
use super::options::Options;
use super::palette::Palette;
use super::timeline::Shot;
use crate::error::{Error, Result};
use crate::file::Partial;
use crate::plot::pixmap::Frame;
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
    leeway: Option<&'a Leeway>,
    /// The costs where there is no leeway.
    exact: Costs,
    fps: u32,
    /// How many pictures there are, and how many are written.
    shots: usize,
    done: usize,
    /// The latest picture.
    shown: Option<Loosened>,
    /// Frames of `1 / fps` seconds written so far.
    time: u64,
}

/// What stands still for this part of a second is exact.
const STILL: u32 = 4;

impl<'a> GifEncoder<'a> {
    pub(super) fn new(
        partial: &'a Partial,
        palette: &Palette,
        leeway: Option<&'a Leeway>,
        size: (u32, u32),
        shots: usize,
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
            leeway,
            exact: Costs::exact(),
            fps,
            shots,
            done: 0,
            shown: None,
            time: 0,
        })
    }

    /// The time of the start of a frame, in hundredths of a second. Delays are differences of
    /// these, so that their roundings never add up.
    fn hundredths(&self, frame: u64) -> u64 {
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

impl GifEncoder<'_> {
    /// What is free in a picture.
    fn loosen(&self, number: usize, shot: &Shot, frame: &Frame, indices: &[u8]) -> Loosened {
        let still = shot.frames * STILL >= self.fps;
        match self.leeway {
            Some(leeway) if !still && number > 0 && number + 1 < self.shots => {
                leeway.loosen(frame, indices)
            }
            _ => Loosened::exact(indices.to_vec()),
        }
    }

    /// The part of a picture that differs from the one before, compressed.
    fn compress(
        &self,
        before: Option<&Loosened>,
        after: &Loosened,
        frame: &Frame,
        dictionary: &mut Dictionary,
    ) -> gif::Frame<'static> {
        let delta = match before {
            None => Delta::whole(after.indices.clone(), frame.width, frame.height),
            Some(before) => {
                // What was shown near its colour and has to be exact now has changed, whatever its index.
                let (transparent, mut known) = (self.transparent, before.indices.clone());
                for ((index, &was), &is) in known.iter_mut().zip(&before.free).zip(&after.free) {
                    *index = if was & !is { transparent } else { *index };
                }
                Delta::between(&known, &after.indices, frame.width, self.transparent)
            }
        };
        let mut free = Vec::with_capacity(delta.indices.len());
        for y in delta.top..delta.top + delta.height {
            let start = (y * frame.width + delta.left) as usize;
            free.extend_from_slice(&after.free[start..start + delta.width as usize]);
        }
        for (free, &index) in free.iter_mut().zip(&delta.indices) {
            *free &= index != self.transparent;
        }
        let costs = self.leeway.map_or(&self.exact, |leeway| &leeway.costs);
        let data = lzw::encode(&delta.indices, &free, costs, dictionary);
        gif::Frame {
            left: delta.left as u16,
            top: delta.top as u16,
            width: delta.width as u16,
            height: delta.height as u16,
            transparent: Some(self.transparent),
            dispose: DisposalMethod::Keep,
            buffer: data.into(),
            ..gif::Frame::default()
        }
    }
}

impl Encoder for GifEncoder<'_> {
    fn push(&mut self, batch: &Batch) -> Result<()> {
        let indices = batch.indices;
        let mut loosened: Vec<Loosened> = (0..batch.shots.len())
            .into_par_iter()
            .map(|i| {
                let number = self.done + i;
                self.loosen(number, &batch.shots[i], &batch.frames[i], &indices[i])
            })
            .collect();
        let symbol_bits = u8::BITS - self.transparent.leading_zeros();
        let compressed: Vec<gif::Frame> = (0..batch.frames.len())
            .into_par_iter()
            // A dictionary's memory is not to be had anew for every frame.
            .with_min_len(4)
            .map_init(
                || Dictionary::new(symbol_bits.max(2)),
                |dictionary, i| {
                    let before = match i {
                        0 => self.shown.as_ref(),
                        _ => Some(&loosened[i - 1]),
                    };
                    self.compress(before, &loosened[i], &batch.frames[i], dictionary)
                },
            )
            .collect();
        self.shown = loosened.pop().or(self.shown.take());
        for (mut frame, shot) in compressed.into_iter().zip(batch.shots) {
            let next = self.time + u64::from(shot.frames);
            // At most ten minutes (see `Timeline`), which is 60000.
            frame.delay = (self.hundredths(next) - self.hundredths(self.time)) as u16;
            self.time = next;
            self.done += 1;
            self.encoder
                .write_lzw_pre_encoded_frame(&frame)
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
