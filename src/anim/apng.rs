//! Animated PNG: the changes of the GIF encoder, compressed better.
//!
//! The `png` crate writes the header, the palette and the chunks. What stands in the frames' chunks is made here, because that
//! lets frames be compressed in parallel; they are `fcTL` and `fdAT` of the PNG specification (third edition, section 11.3.6).

use super::batch::{Batch, Encoder};
use super::delta::Delta;
use super::options::Options;
use super::palette::Palette;
use crate::error::{Error, Result};
use crate::file::Partial;
use crate::plot::pixmap::Frame;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use png::{EncodingError, chunk};
use rayon::prelude::*;
use std::fs::File;
use std::io::{BufWriter, Write};

/// Writes an APNG with one palette, whose last entry is transparent.
pub(super) struct ApngEncoder<'a> {
    partial: &'a Partial,
    writer: png::Writer<BufWriter<File>>,
    transparent: u8,
    fps: u32,
    /// The number of the next `fcTL` or `fdAT` chunk.
    sequence: u32,
}

impl<'a> ApngEncoder<'a> {
    pub(super) fn new(
        partial: &'a Partial,
        palette: &Palette,
        size: (u32, u32),
        shots: usize,
        fps: u32,
        options: &Options,
    ) -> Result<Self> {
        let mut opacity = vec![255; palette.colours().len()];
        opacity.push(0);
        let mut encoder = png::Encoder::new(BufWriter::new(partial.create()?), size.0, size.1);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(palette.to_bytes());
        encoder.set_trns(opacity);
        let writer = encoder
            .set_animated(shots as u32, u32::from(options.plays))
            .and_then(|()| encoder.write_header())
            .map_err(|error| failed(partial, error))?;
        Ok(Self {
            partial,
            writer,
            transparent: palette.transparent(),
            fps,
            sequence: 0,
        })
    }

    /// The next sequence number, as it stands in a chunk.
    fn number(&mut self) -> [u8; 4] {
        self.sequence += 1;
        (self.sequence - 1).to_be_bytes()
    }

    fn write_frame(
        &mut self,
        delta: &Delta,
        data: &[u8],
        frames: u32,
    ) -> Result<(), EncodingError> {
        let first = self.sequence == 0;
        let mut control = self.number().to_vec();
        for value in [delta.width, delta.height, delta.left, delta.top] {
            control.extend(value.to_be_bytes());
        }
        // Both fit 16 bits: a timeline has at most ten minutes at a hundred frames per second.
        control.extend((frames as u16).to_be_bytes());
        control.extend((self.fps as u16).to_be_bytes());
        control.push(0); // dispose_op: none, the canvas stays
        control.push(u8::from(!first)); // blend_op: the first frame replaces, the others lie over
        self.writer.write_chunk(chunk::fcTL, &control)?;
        if first {
            return self.writer.write_chunk(chunk::IDAT, data);
        }
        let numbered = [&self.number(), data].concat();
        self.writer.write_chunk(chunk::fdAT, &numbered)
    }
}

impl Encoder for ApngEncoder<'_> {
    fn push(&mut self, batch: &Batch) -> Result<()> {
        let indices = batch.indices;
        let deltas: Vec<Delta> = (0..batch.frames.len())
            .into_par_iter()
            .map(|i| {
                let Frame { width, height, .. } = batch.frames[i];
                let before = match i {
                    0 => batch.before,
                    _ => Some(&indices[i - 1][..]),
                };
                match before {
                    Some(old) => Delta::between(old, &indices[i], width, self.transparent),
                    None => Delta::whole(indices[i].clone(), width, height),
                }
            })
            .collect();
        let compressed: Vec<_> = deltas.par_iter().map(compress).collect();
        for ((delta, data), shot) in deltas.iter().zip(compressed).zip(batch.shots) {
            data.map_err(EncodingError::from)
                .and_then(|data| self.write_frame(delta, &data, shot.frames))
                .map_err(|error| failed(self.partial, error))?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<()> {
        let partial = self.partial;
        self.writer.finish().map_err(|error| failed(partial, error))
    }
}

/// The data of a frame's chunk: its rows as a zlib stream, each after the number of its filter. Neighbouring indices are no
/// neighbouring colours, so there is nothing for a filter to predict, and all are 0.
fn compress(delta: &Delta) -> std::io::Result<Vec<u8>> {
    let mut rows = Vec::with_capacity(delta.indices.len() + delta.height as usize);
    for row in delta.indices.chunks_exact(delta.width as usize) {
        rows.push(0);
        rows.extend_from_slice(row);
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(&rows)?;
    encoder.finish()
}

fn failed(partial: &Partial, error: EncodingError) -> Error {
    let source = match error {
        EncodingError::IoError(source) => source,
        other => std::io::Error::other(other),
    };
    Error::io(partial.target(), "write as APNG")(source)
}
