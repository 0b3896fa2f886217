//! Sixteen pixels at a time. Loops over arrays of known length, without branches, become vector instructions.

/// How many pixels are looked at at once.
pub(super) const BLOCK: usize = 16;

/// The channels of as many pixels, as in a [`Frame`](crate::plot::pixmap::Frame).
pub(super) type Block = [u8; 4 * BLOCK];

/// The block that starts with the pixel `at`; beyond the last pixel it is 0.
#[inline]
pub(super) fn block(rgba: &[u8], at: usize) -> Block {
    let rest = &rgba[4 * at..];
    rest.first_chunk().copied().unwrap_or_else(|| {
        let mut block = [0; 4 * BLOCK];
        block[..rest.len()].copy_from_slice(rest);
        block
    })
}

/// How far two channels differ. `abs_diff` says the same by way of `i32`, which takes four times as many vectors.
#[inline]
pub(super) fn off(a: u8, b: u8) -> u8 {
    a.max(b) - a.min(b)
}

/// How far the channels differ.
#[inline]
pub(super) fn differences(a: &Block, b: &Block) -> Block {
    let mut differences = [0; 4 * BLOCK];
    for (difference, (a, b)) in differences.iter_mut().zip(a.iter().zip(b)) {
        *difference = off(*a, *b);
    }
    differences
}

/// Each pixel as one number, which is 0 where no channel has more than `most`.
#[inline]
pub(super) fn above(block: &Block, most: u8) -> [u32; BLOCK] {
    let mut above = *block;
    for channel in &mut above {
        *channel = channel.saturating_sub(most);
    }
    words(&above)
}

/// Each pixel as one number.
#[inline]
pub(super) fn words(block: &Block) -> [u32; BLOCK] {
    let mut words = [0; BLOCK];
    for (word, pixel) in words.iter_mut().zip(block.as_chunks().0) {
        *word = u32::from_ne_bytes(*pixel);
    }
    words
}

/// Is any of these numbers not 0?
#[inline]
pub(super) fn any(words: &[u32; BLOCK]) -> bool {
    words.iter().fold(0, |any, word| any | word) != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_end_in_nothing_and_pixels_are_numbers() {
        let block = block(&[7, 0, 9, 255, 1, 2, 3, 255], 1);
        assert_eq!(block[..5], [1, 2, 3, 255, 0]);
        let mut page = [0; 4 * BLOCK];
        page[..8].copy_from_slice(&[4, 2, 0, 255, 1, 2, 3, 255]);
        let differences = differences(&block, &page);
        assert_eq!(differences[..9], [3, 0, 3, 0, 1, 2, 3, 255, 0]);
        assert!(!any(&above(&differences, 255)));
        let above = above(&differences, 2);
        let [first, second, third] = [0, 1, 2].map(|i| above[i].to_ne_bytes());
        assert_eq!(
            [first, second, third],
            [[1, 0, 1, 0], [0, 0, 1, 253], [0; 4]]
        );
        assert!(any(&above));
    }
}
