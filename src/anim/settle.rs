//! From pictures to palette indices that change no more often than they must.

use super::blocks::{BLOCK, above, any, block, differences};
use super::palette::Palette;
use crate::plot::pixmap::Frame;
use rayon::prelude::*;

/// The difference per channel, of 255, that nobody sees from one frame to the next.
const UNSEEN: u8 = 3;

/// How many pixels a thread takes at a time; whole blocks.
const PIECE: usize = BLOCK << 10;

/// What is shown of an animation that goes by. Where the colours had to be reduced anyway, a pixel keeps the colour it shows as
/// long as that is near the true one. Slow ramps then change in a few places per frame instead of everywhere. The difference is
/// always to the true colour, so it never adds up.
///
/// Most of a picture is what it was, which costs a comparison and no search for a colour.
pub(super) struct Settled<'a> {
    palette: &'a Palette,
    /// How far off a colour may stay.
    unseen: u8,
    /// The latest picture as it is shown: indices, and their colours as in a [`Frame`].
    indices: Vec<u8>,
    rgba: Vec<u8>,
}

impl<'a> Settled<'a> {
    pub(super) fn new(palette: &'a Palette) -> Self {
        Self {
            palette,
            unseen: if palette.is_reduced() { UNSEEN } else { 0 },
            indices: Vec::new(),
            rgba: Vec::new(),
        }
    }

    /// The indices of the pictures that follow.
    pub(super) fn next(&mut self, frames: &[Frame]) -> Vec<Vec<u8>> {
        let mut next = Vec::with_capacity(frames.len());
        for frame in frames {
            if self.indices.is_empty() {
                self.indices = self.palette.indices(frame);
                let colours = self.palette.colours();
                self.rgba = self
                    .indices
                    .iter()
                    .flat_map(|&index| opaque(colours[usize::from(index)]))
                    .collect();
            } else {
                self.settle(frame);
            }
            next.push(self.indices.clone());
        }
        next
    }

    fn settle(&mut self, frame: &Frame) {
        let Self {
            palette, unseen, ..
        } = *self;
        self.indices
            .par_chunks_mut(PIECE)
            .zip(self.rgba.par_chunks_mut(4 * PIECE))
            .zip(frame.rgba.par_chunks(4 * PIECE))
            .for_each(|((indices, shown), pixels)| {
                for start in (0..indices.len()).step_by(BLOCK) {
                    let off = differences(&block(shown, start), &block(pixels, start));
                    let off = above(&off, unseen);
                    if !any(&off) {
                        continue;
                    }
                    // The last block reaches beyond the picture, where nothing differs.
                    for (at, _) in (start..).zip(off).filter(|&(_, off)| off != 0) {
                        let colour = [pixels[4 * at], pixels[4 * at + 1], pixels[4 * at + 2]];
                        indices[at] = palette.index_of(colour);
                        let colour = palette.colours()[usize::from(indices[at])];
                        shown[4 * at..4 * at + 3].copy_from_slice(&colour);
                    }
                }
            });
    }
}

fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}
