//! A sign that no font has: its code point in a box, so that two names never look alike.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::PlacedGlyph;
use crate::plot::font::{Face, Glyph};

/// The signs that have been drawn in boxes because no font has them.
static MISSING: Mutex<BTreeSet<char>> = Mutex::new(BTreeSet::new());

pub(super) fn report(signs: impl Iterator<Item = char>) {
    let mut missing = MISSING.lock().unwrap_or_else(PoisonError::into_inner);
    // No font is asked for control characters, so none is missing.
    missing.extend(signs.filter(|sign| !sign.is_control()));
}

/// The signs that pictures had to show by their code points since the last call, because no font on this machine has them.
/// Whoever draws for a user should say so.
pub fn take_missing() -> Vec<char> {
    let mut missing = MISSING.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *missing).into_iter().collect()
}

/// The digits' size, per size of the text.
const DIGIT: f64 = 0.5;
/// From one row's base line to the other's.
const ROW: f64 = 0.42;
/// Between the frame and what surrounds it.
const AIR: f64 = 0.06;
/// Between the frame and the digits.
const INSET: f64 = 0.1;

/// Adds the box of `sign` at `start`, and says how far the pen moves, in pixels: two rows of hexadecimal digits.
pub(super) fn place(
    sign: char,
    face: Face,
    [x, y]: [f64; 2],
    size: f64,
    glyphs: &mut Vec<PlacedGlyph>,
) -> f64 {
    let code = u32::from(sign);
    let digits = if code > 0xFFFF {
        format!("{code:06X}")
    } else {
        format!("{code:04X}")
    };
    let face = match face {
        Face::SemiBold | Face::SemiBoldItalic => Face::SemiBold,
        _ => Face::Regular,
    };
    let (upper, lower) = digits.split_at(digits.len() / 2);
    let digit = |c: char| Glyph::embedded(c, face);
    let column = DIGIT * digit('0').map_or(0.6, Glyph::advance);
    let width = column * upper.len() as f64 + 2.0 * INSET;
    // Two rows of capitals, centred on the capitals around them.
    let (low, high) = (-0.16, 0.89);
    glyphs.push(PlacedGlyph {
        glyph: Glyph::Frame {
            width: width as f32,
            low: low as f32,
            high: high as f32,
        },
        x: x + AIR * size,
        y,
        size,
    });
    for (row, digits) in [lower, upper].into_iter().enumerate() {
        let base = y - (row as f64 * (ROW + 0.04) - 0.06) * size;
        for (k, c) in digits.chars().enumerate() {
            if let Some(glyph) = digit(c) {
                let room = column - DIGIT * glyph.advance();
                glyphs.push(PlacedGlyph {
                    glyph,
                    x: x + (AIR + INSET + k as f64 * column + 0.5 * room) * size,
                    y: base,
                    size: DIGIT * size,
                });
            }
        }
    }
    (width + 2.0 * AIR) * size
}
