//! One palette for a whole animation, and the way from a pixel to its index.

use super::quantise::{Colours, Counted, choose_colours};
use crate::plot::pixmap::Frame;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU8, Ordering};

/// At most 255 colours, numbered from 0; the number after the last one stands for "transparent".
///
/// A palette of all frames, rather than one per frame, is what makes an unchanged pixel keep its
/// index, so that only the changes need storing, and what keeps colours from flickering.
#[derive(Debug)]
pub struct Palette {
    colours: Vec<[u8; 3]>,
    compared: Colours,
    /// Whether there are fewer colours than in the frames it was chosen from.
    reduced: bool,
    /// For each of the 2^24 colours the index of the nearest one of the palette plus 1, or 0 where it is not known yet. The first
    /// thread that needs it computes it; all would compute the same.
    known: Vec<AtomicU8>,
}

impl Palette {
    /// The most colours a palette holds.
    pub const MOST: usize = 255;

    /// Chooses colours for an animation from some of its frames: exactly theirs if at most
    /// [`Palette::MOST`] different ones occur; otherwise the commonest exactly and the rest so
    /// that the squared error is small.
    ///
    /// ```
    /// use foldspace::{anim::Palette, plot::pixmap::Frame};
    /// let frames = [Frame::filled(4, 4, [255, 255, 255]), Frame::filled(4, 4, [200, 30, 40])];
    /// let palette = Palette::from_frames(&frames);
    /// assert_eq!(palette.colours(), [[200, 30, 40], [255, 255, 255]]);
    /// assert_eq!(palette.index_of([210, 40, 50]), 0);
    /// ```
    pub fn from_frames(samples: &[Frame]) -> Self {
        let counted = count_colours(samples);
        let reduced = counted.len() > Self::MOST;
        let mut colours = choose_colours(counted, Self::MOST);
        colours.sort_unstable();
        let mut known = Vec::new();
        known.resize_with(1 << 24, AtomicU8::default);
        Self {
            compared: Colours::new(&colours),
            colours,
            reduced,
            known,
        }
    }

    /// Whether the frames it was chosen from have more colours than it holds.
    pub fn is_reduced(&self) -> bool {
        self.reduced
    }

    /// The colours in the order of their indices.
    pub fn colours(&self) -> &[[u8; 3]] {
        &self.colours
    }

    /// The index that stands for "as before".
    pub fn transparent(&self) -> u8 {
        self.colours.len() as u8
    }

    /// The index of the nearest colour; of a colour that is in the palette, its own.
    pub fn index_of(&self, colour: [u8; 3]) -> u8 {
        let entry = &self.known[place(colour)];
        match entry.load(Ordering::Relaxed) {
            0 => {
                let index = self.compared.nearest(colour) as u8;
                entry.store(index + 1, Ordering::Relaxed);
                index
            }
            known => known - 1,
        }
    }

    /// The indices of a frame's pixels, row by row.
    pub fn indices(&self, frame: &Frame) -> Vec<u8> {
        let mut last = ([0; 3], self.index_of([0; 3]));
        frame
            .rgba
            .chunks_exact(4)
            .map(|pixel| {
                let colour = [pixel[0], pixel[1], pixel[2]];
                if colour != last.0 {
                    last = (colour, self.index_of(colour));
                }
                last.1
            })
            .collect()
    }

    /// The colours as red, green, blue, red ..., with a black one at the end for "transparent".
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.colours.concat();
        bytes.extend([0; 3]);
        bytes
    }
}

/// A colour's place in the table. The lowest two bits of each channel come last, so that 64 similar colours lie side by side:
/// the ramps of a picture then touch few lines of the processor's cache.
fn place([red, green, blue]: [u8; 3]) -> usize {
    let coarse = |channel: u8| usize::from(channel >> 2);
    let fine = |channel: u8| usize::from(channel & 3);
    coarse(red) << 18
        | coarse(green) << 12
        | coarse(blue) << 6
        | fine(red) << 4
        | fine(green) << 2
        | fine(blue)
}

/// All colours of some frames, each once, with the number of pixels.
fn count_colours(frames: &[Frame]) -> Vec<Counted> {
    let mut counted: Vec<Counted> = frames.par_iter().flat_map_iter(colours_of).collect();
    counted.sort_unstable();
    merge(&mut counted);
    counted
}

/// The colours of a frame, in order.
fn colours_of(frame: &Frame) -> Vec<Counted> {
    let pixels = frame.rgba.as_chunks::<4>().0;
    // Figures are mostly background: of equal pixels side by side only one is sorted.
    let runs = pixels.chunk_by(|a, b| a == b);
    let mut runs: Vec<Counted> = runs
        .map(|run| ([run[0][0], run[0][1], run[0][2]], run.len() as u64))
        .collect();
    runs.sort_unstable_by_key(|&(colour, _)| colour);
    merge(&mut runs);
    runs
}

/// Adds up the counts of equal colours side by side.
fn merge(counted: &mut Vec<Counted>) {
    counted.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
}
