//! Loops compiled for the vectors that the processor turns out to have.

use std::sync::atomic::{AtomicBool, Ordering};

static WITHOUT_AVX512: AtomicBool = AtomicBool::new(false);

/// From now on this program's own loops do without AVX-512, to be timed as on a processor that lacks it. The bits stay the
/// same, since AVX2 comes with the same fused multiplication and addition.
pub fn do_without_avx512() {
    WITHOUT_AVX512.store(true, Ordering::Relaxed);
}

/// Whether loops use AVX-512.
#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f") && !WITHOUT_AVX512.load(Ordering::Relaxed)
}

/// A loop nest. [`run`](Self::run) and all that it calls must be `#[inline(always)]`, so that it ends up inside the function
/// that is compiled for the processor's vectors.
pub(super) trait Work {
    /// What comes out.
    type Output;

    /// Does the work. `REACH`: how many times sixteen numbers a row of a register tile should have. `FUSED`: whether the
    /// processor multiplies and adds in one instruction.
    fn run<const REACH: usize, const FUSED: bool>(self) -> Self::Output;
}

/// Does the work with the widest vectors there are.
///
/// By hand rather than through a library: the ones there are decide once for the whole program, or compile AVX-512 into
/// faer as well.
pub(super) fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if has_avx512() {
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

/// The same work in every way that `dispatch` has on any processor: with each kind of vectors that this one knows, as on Arm
/// (without instructions of x86, the products fused), and last without fused products. For tests that hold them together.
#[cfg(test)]
pub(crate) fn in_every_way<W: Work + Copy>(work: W) -> Vec<W::Output> {
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
    results.push(work.run::<1, true>());
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
