//! From pictures to palette indices that change no more often than they must.

use super::palette::Palette;
use crate::plot::pixmap::Frame;
use rayon::prelude::*;

/// The difference per channel, of 255, that nobody sees from one frame to the next.
const UNSEEN: u8 = 3;

/// The indices of some pictures that follow on each other, after one with the indices `before`. Where the colours had to be reduced
/// anyway, a pixel keeps the colour it shows as long as that is near the true one. Slow ramps then change in a few places per
/// frame instead of everywhere. The difference is always to the true colour, so it never adds up.
pub(super) fn settled(frames: &[Frame], palette: &Palette, before: Option<&[u8]>) -> Vec<Vec<u8>> {
    let mut indices: Vec<Vec<u8>> = frames
        .par_iter()
        .map(|frame| palette.indices(frame))
        .collect();
    if palette.is_reduced() {
        for (i, frame) in frames.iter().enumerate() {
            let (done, rest) = indices.split_at_mut(i);
            if let Some(shown) = done.last().map(Vec::as_slice).or(before) {
                settle(&mut rest[0], shown, frame, palette);
            }
        }
    }
    indices
}

fn settle(indices: &mut [u8], shown: &[u8], frame: &Frame, palette: &Palette) {
    let colours = palette.colours();
    let near = |index: u8, pixel: &[u8]| {
        let colour = colours[usize::from(index)];
        colour
            .iter()
            .zip(pixel)
            .all(|(a, b)| a.abs_diff(*b) <= UNSEEN)
    };
    indices
        .par_chunks_mut(1 << 14)
        .zip(shown.par_chunks(1 << 14))
        .zip(frame.rgba.par_chunks(4 << 14))
        .for_each(|((indices, shown), pixels)| {
            for ((index, &old), pixel) in indices.iter_mut().zip(shown).zip(pixels.chunks_exact(4))
            {
                if *index != old && near(old, pixel) {
                    *index = old;
                }
            }
        });
}
