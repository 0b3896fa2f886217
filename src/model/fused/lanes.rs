//! What the loops count in: vectors of sixteen numbers, where they lie in memory, and how they multiply and add.

use crate::model::simd::Vectors;

/// The numbers of a vector, as loops count them.
pub(super) const LANES: usize = 16;

/// Numbers that begin where a line of the cache begins: vectors that lie across two lines take twice as long to read.
#[derive(Debug, Clone, Default)]
pub(super) struct Aligned {
    entries: Vec<f32>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// This many zeros.
    pub(super) fn zeros(length: usize) -> Self {
        let entries = vec![0.0; length + LANES];
        let start = entries.as_ptr().align_offset(LANES * size_of::<f32>());
        Self {
            start: start.min(LANES),
            entries,
            length,
        }
    }

    /// Makes it this many numbers long, whatever they are. Takes fresh memory only where there is not enough.
    pub(super) fn resize(&mut self, length: usize) {
        if self.entries.len() < length + LANES {
            *self = Self::zeros(length);
        }
        self.length = length;
    }

    /// All of them.
    pub(super) fn as_slice(&self) -> &[f32] {
        let end = self.start + self.length;
        self.entries.get(self.start..end).unwrap_or_default()
    }

    /// All of them, to change.
    pub(super) fn as_mut_slice(&mut self) -> &mut [f32] {
        let end = self.start + self.length;
        self.entries.get_mut(self.start..end).unwrap_or_default()
    }
}

/// a b + c: in one instruction and with one rounding where the processor can; elsewhere a call would be needed for that.
#[inline(always)]
pub(super) fn multiply_add<K: Vectors>(a: f32, b: f32, c: f32) -> f32 {
    if K::FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(test)]
mod tests {
    use super::{LANES, multiply_add};
    use crate::model::simd::{Vectors, Work, dispatch, in_every_way};

    /// Σ a b.
    #[derive(Clone, Copy)]
    struct Dot<'a>(&'a [f32], &'a [f32]);

    impl Work for Dot<'_> {
        type Output = f32;

        #[inline(always)]
        fn run<K: Vectors>(self, _: K) -> f32 {
            let pairs = self.0.iter().zip(self.1);
            pairs.fold(0.0, |sum, (a, b)| multiply_add::<K>(*a, *b, sum))
        }
    }

    #[test]
    fn every_width_gives_the_same_numbers() {
        let a: Vec<f32> = (0..5 * LANES).map(|i| i as f32).collect();
        let expected = a.iter().map(|a| a * a).sum::<f32>(); // whole numbers below 2^24: exact
        assert_eq!(dispatch(Dot(&a, &a)), expected);
        for sum in in_every_way(Dot(&a, &a)) {
            assert_eq!(sum, expected);
        }
    }
}
