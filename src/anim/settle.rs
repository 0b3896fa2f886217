//! From pictures to palette indices that change no more often than they must.

use super::palette::Palette;
use crate::plot::pixmap::Frame;
use rayon::prelude::*;

/// The difference per channel, of 255, that nobody sees from one frame to the next.
const UNSEEN: u8 = 3;

/// How many pixels are compared at once.
const BLOCK: usize = 16;

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
                let blocks = indices.chunks_mut(BLOCK).zip(shown.chunks_mut(4 * BLOCK));
                for ((indices, shown), pixels) in blocks.zip(pixels.chunks(4 * BLOCK)) {
                    if !are_near(shown, pixels, unseen) {
                        settle_block(indices, shown, pixels, unseen, palette);
                    }
                }
            });
    }
}

fn settle_block(
    indices: &mut [u8],
    shown: &mut [u8],
    pixels: &[u8],
    unseen: u8,
    palette: &Palette,
) {
    let (shown, pixels) = (shown.as_chunks_mut::<4>().0, pixels.as_chunks::<4>().0);
    for ((index, shown), pixel) in indices.iter_mut().zip(shown).zip(pixels) {
        if shown != pixel && (0..3).any(|i| shown[i].abs_diff(pixel[i]) > unseen) {
            let [red, green, blue, _] = *pixel;
            *index = palette.index_of([red, green, blue]);
            *shown = opaque(palette.colours()[usize::from(*index)]);
        }
    }
}

/// Does no channel differ by more than `unseen`?
fn are_near(a: &[u8], b: &[u8], unseen: u8) -> bool {
    let differences = a.iter().zip(b).map(|(a, b)| a.abs_diff(*b));
    differences.fold(0, u8::max) <= unseen
}

fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}
