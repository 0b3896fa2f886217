//! Loops compiled for the vectors that the processor turns out to have.

/// The numbers of a vector, as loops count them.
pub const LANES: usize = 16;

/// A loop nest. [`run`](Self::run) and all that it calls must be `#[inline(always)]`, so that it ends up inside the function
/// that is compiled for the processor's vectors.
pub trait Work {
    /// What comes out.
    type Output;

    /// Does the work. `REACH`: how many times [`LANES`] numbers a row of a register tile should have. `FUSED`: whether the
    /// processor multiplies and adds in one instruction, see [`multiply_add`].
    fn run<const REACH: usize, const FUSED: bool>(self) -> Self::Output;
}

/// Does the work with the widest vectors there are.
///
/// By hand rather than through a library: the ones there are decide once for the whole program, or compile AVX-512 into
/// faer as well.
pub fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return unsafe { with_avx512(work) };
    } else if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has AVX2 and FMA.
        return unsafe { with_avx2(work) };
    }
    // Every 64-bit Arm has FMA and thirty-two registers.
    #[cfg(target_arch = "aarch64")]
    return work.run::<1, true>();
    #[cfg(not(target_arch = "aarch64"))]
    work.run::<1, false>()
}

/// The same work in every way that this processor knows, narrow vectors last: for tests that hold them together.
#[cfg(test)]
pub fn in_every_way<W: Work + Copy>(work: W) -> Vec<W::Output> {
    let mut results = Vec::new();
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        results.push(unsafe { with_avx512(work) });
    }
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
        // SAFETY: the processor has AVX2 and FMA.
        results.push(unsafe { with_avx2(work) });
    }
    results.push(work.run::<1, false>());
    results
}

/// Thirty-two registers of sixteen numbers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn with_avx512<W: Work>(work: W) -> W::Output {
    work.run::<4, true>()
}

/// Sixteen registers of eight numbers.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run::<1, true>()
}

/// Numbers that begin where a line of the cache begins: vectors that lie across two lines take twice as long to read.
#[derive(Debug, Clone, Default)]
pub struct Aligned {
    entries: Vec<f32>,
    start: usize,
    length: usize,
}

impl Aligned {
    /// So many zeros.
    pub fn zeros(length: usize) -> Self {
        let entries = vec![0.0; length + LANES];
        let start = entries.as_ptr().align_offset(LANES * size_of::<f32>());
        Self {
            start: start.min(LANES),
            entries,
            length,
        }
    }

    /// So many numbers, whatever they are. Takes fresh memory only where there is not enough.
    pub fn resize(&mut self, length: usize) {
        if self.entries.len() < length + LANES {
            *self = Self::zeros(length);
        }
        self.length = length;
    }

    /// All of them.
    pub fn as_slice(&self) -> &[f32] {
        let end = self.start + self.length;
        self.entries.get(self.start..end).unwrap_or_default()
    }

    /// All of them, to change.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        let end = self.start + self.length;
        self.entries.get_mut(self.start..end).unwrap_or_default()
    }
}

/// a b + c: in one instruction and with one rounding where the processor can; elsewhere a call would be needed for that.
#[inline(always)]
pub fn multiply_add<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

#[cfg(test)]
mod tests {
    use super::{LANES, Work, dispatch, in_every_way, multiply_add};

    /// Σ a b.
    #[derive(Clone, Copy)]
    struct Dot<'a>(&'a [f32], &'a [f32]);

    impl Work for Dot<'_> {
        type Output = f32;

        #[inline(always)]
        fn run<const REACH: usize, const FUSED: bool>(self) -> f32 {
            let pairs = self.0.iter().zip(self.1);
            pairs.fold(0.0, |sum, (a, b)| multiply_add::<FUSED>(*a, *b, sum))
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
