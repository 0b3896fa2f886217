//! Numbers in a page: lossless, small, and quick to read again in a browser.
//!
//! A history of parameters is a table, a row per epoch. From one epoch to the next a parameter changes little, so the
//! integers that its bits make change little. Each row is written as the difference from the row before (wrapping, then
//! folded so that small changes of either sign become small integers), the bytes are sorted by their place in the
//! number and then by parameter, so that most neighbours are alike, and the whole is deflated:
//!
//! ```text
//! delta[e][p] = bits[e][p] - bits[e-1][p]      z = (delta << 1) ^ (delta >> width-1)      plane k: byte k of every z, by p and then by e
//! ```
//!
//! The page reverses it with `DecompressionStream` and integer sums: the bits come back as they were.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// A table of numbers, ready for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Bytes per number: 4 where every one is an `f32`, 8 otherwise.
    pub width: usize,
    /// Base64 of the deflated bytes.
    pub text: String,
}

/// Packs the rows of a table, all of one length.
///
/// ```
/// use foldspace::explore::codec::{pack, unpack};
/// let rows = [vec![0.5, -1.25], vec![0.625, -1.0]];
/// let packed = pack(&rows);
/// assert_eq!(packed.width, 4); // all of them are floats of 32 bits
/// assert_eq!(unpack(&packed, 2).as_deref(), Some(&rows[..]));
/// ```
pub fn pack(rows: &[Vec<f64>]) -> Packed {
    let narrow = rows
        .iter()
        .flatten()
        .all(|&value| f64::from(value as f32).to_bits() == value.to_bits());
    let width = if narrow { 4 } else { 8 };
    let bits = |value: f64| -> u64 {
        if narrow {
            u64::from((value as f32).to_bits())
        } else {
            value.to_bits()
        }
    };
    let columns = rows.first().map_or(0, Vec::len);
    let mut folded: Vec<u64> = Vec::with_capacity(rows.len() * columns);
    for place in 0..columns {
        for (epoch, row) in rows.iter().enumerate() {
            let before = if epoch == 0 {
                0
            } else {
                bits(rows[epoch - 1][place])
            };
            folded.push(fold(bits(row[place]).wrapping_sub(before), narrow));
        }
    }
    let mut planes = Vec::with_capacity(folded.len() * width);
    for byte in 0..width {
        planes.extend(folded.iter().map(|z| (z >> (8 * byte)) as u8));
    }
    Packed {
        width,
        text: STANDARD.encode(deflate(&planes)),
    }
}

/// What [`pack`] packed, `columns` numbers a row; `None` where the text is not such a table.
pub fn unpack(packed: &Packed, columns: usize) -> Option<Vec<Vec<f64>>> {
    let mut planes = Vec::new();
    let bytes = STANDARD.decode(&packed.text).ok()?;
    let mut reader = flate2::read::DeflateDecoder::new(&bytes[..]);
    std::io::Read::read_to_end(&mut reader, &mut planes).ok()?;
    let count = planes.len() / packed.width;
    if columns == 0 || !count.is_multiple_of(columns) || !matches!(packed.width, 4 | 8) {
        return None;
    }
    let narrow = packed.width == 4;
    let mut before = vec![0_u64; columns];
    let rows = (0..count / columns).map(|epoch| {
        let number = |place: usize| {
            let at = place * (count / columns) + epoch;
            let bytes = (0..packed.width).map(|k| u64::from(planes[k * count + at]) << (8 * k));
            unfold(bytes.sum(), narrow)
        };
        let row = before.iter_mut().enumerate().map(|(place, before)| {
            *before = before.wrapping_add(number(place));
            if narrow {
                f64::from(f32::from_bits(*before as u32))
            } else {
                f64::from_bits(*before)
            }
        });
        row.collect()
    });
    Some(rows.collect())
}

/// Small changes of either sign to small integers.
fn fold(delta: u64, narrow: bool) -> u64 {
    if narrow {
        let delta = delta as u32 as i32;
        u64::from(((delta << 1) ^ (delta >> 31)) as u32)
    } else {
        let delta = delta as i64;
        ((delta << 1) ^ (delta >> 63)) as u64
    }
}

fn unfold(z: u64, narrow: bool) -> u64 {
    if narrow {
        let z = z as u32;
        u64::from((z >> 1) ^ (z & 1).wrapping_neg())
    } else {
        (z >> 1) ^ (z & 1).wrapping_neg()
    }
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing into memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_come_back(table in (1_usize..5).prop_flat_map(|columns| {
            prop::collection::vec(prop::collection::vec(any::<u64>(), columns), 1..6)
        })) {
            let rows: Vec<Vec<f64>> = table
                .iter()
                .map(|row| row.iter().map(|&bits| f64::from_bits(bits)).collect())
                .collect();
            let back = unpack(&pack(&rows), rows[0].len()).unwrap();
            let back: Vec<Vec<u64>> = back.iter().map(|row| row.iter().map(|x| x.to_bits()).collect()).collect();
            prop_assert_eq!(back, table);
        }

        #[test]
        fn floats_of_32_bits_take_four_bytes(rows in prop::collection::vec(prop::collection::vec(any::<f32>(), 3), 1..6)) {
            let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect();
            prop_assume!(rows.iter().flatten().all(|x| !x.is_nan()));
            let packed = pack(&rows);
            prop_assert_eq!(packed.width, 4);
            prop_assert_eq!(unpack(&packed, 3).unwrap(), rows);
        }
    }
}
