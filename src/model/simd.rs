//! Loops compiled for the vectors that the processor turns out to have.

use std::sync::atomic::{AtomicBool, Ordering};

static WITHOUT_AVX512: AtomicBool = AtomicBool::new(false);

/// From now on this program's own loops do without AVX-512, to be timed as on a processor that lacks it. The bits stay the
/// same, since AVX2 comes with the same fused multiplication and addition.
pub fn do_without_avx512() {
    WITHOUT_AVX512.store(true, Ordering::Relaxed);
}

/// A loop nest. [`run`](Self::run) and all that it calls must be `#[inline(always)]`, so that it ends up inside the function
/// that is compiled for the processor's vectors, or be [called](Vectors::call) with the same vectors.
pub(super) trait Work {
    /// What comes out.
    type Output;

    /// Does the work.
    fn run<K: Vectors>(self, vectors: K) -> Self::Output;
}

/// A kind of vectors. Whoever holds one runs on a processor that has them.
#[cfg_attr(
    not(feature = "train"),
    expect(dead_code, reason = "only training multiplies matrices")
)]
pub(super) trait Vectors: Copy {
    /// How many times sixteen numbers a row of a register tile should have.
    const REACH: usize;
    /// Whether the processor multiplies and adds in one instruction.
    const FUSED: bool;

    /// Does work in a function of its own that is compiled for these vectors. For what is needed in several places and is too
    /// long to be compiled in each.
    fn call<W: Work>(self, work: W) -> W::Output;
}

/// Does the work with the widest vectors there are.
///
/// By hand rather than through a library: the ones there are decide once for the whole program, or compile AVX-512 into
/// faer as well.
pub(super) fn dispatch<W: Work>(work: W) -> W::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(vectors) = Avx512::here()
        && !WITHOUT_AVX512.load(Ordering::Relaxed)
    {
        return vectors.call(work);
    } else if let Some(vectors) = Avx2::here() {
        return vectors.call(work);
    }
    // Every 64-bit Arm has FMA and thirty-two registers.
    #[cfg(target_arch = "aarch64")]
    return Portable::<1, true>.call(work);
    #[cfg(not(target_arch = "aarch64"))]
    Portable::<1, false>.call(work)
}

/// The same work in every way that `dispatch` has on any processor: with each kind of vectors that this one knows, as on Arm
/// (without instructions of x86, the products fused), and last without fused products. For tests that hold them together.
#[cfg(test)]
pub(crate) fn in_every_way<W: Work + Copy>(work: W) -> Vec<W::Output> {
    let mut results = Vec::new();
    #[cfg(target_arch = "x86_64")]
    {
        results.extend(Avx512::here().map(|vectors| vectors.call(work)));
        results.extend(Avx2::here().map(|vectors| vectors.call(work)));
    }
    results.push(Portable::<1, true>.call(work));
    results.push(Portable::<1, false>.call(work));
    results
}

/// Thirty-two registers of sixteen numbers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx512(());

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// If this processor has them.
    fn here() -> Option<Self> {
        is_x86_feature_detected!("avx512f").then_some(Self(()))
    }

    #[inline(never)]
    #[target_feature(enable = "avx512f")]
    fn compiled<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }
}

#[cfg(target_arch = "x86_64")]
impl Vectors for Avx512 {
    const REACH: usize = 4;
    const FUSED: bool = true;

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        // SAFETY: only `here` makes one, where the processor has AVX-512.
        unsafe { self.compiled(work) }
    }
}

/// Sixteen registers of eight numbers.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// If this processor has them.
    fn here() -> Option<Self> {
        let is_here = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
        is_here.then_some(Self(()))
    }

    #[inline(never)]
    #[target_feature(enable = "avx2,fma")]
    fn compiled<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }
}

#[cfg(target_arch = "x86_64")]
impl Vectors for Avx2 {
    const REACH: usize = 1;
    const FUSED: bool = true;

    #[inline(always)]
    fn call<W: Work>(self, work: W) -> W::Output {
        // SAFETY: only `here` makes one, where the processor has AVX2 and FMA.
        unsafe { self.compiled(work) }
    }
}

/// What every processor of the architecture has.
#[derive(Clone, Copy)]
pub(super) struct Portable<const REACH: usize, const FUSED: bool>;

impl<const REACH: usize, const FUSED: bool> Vectors for Portable<REACH, FUSED> {
    const REACH: usize = REACH;
    const FUSED: bool = FUSED;

    #[inline(never)]
    fn call<W: Work>(self, work: W) -> W::Output {
        work.run(self)
    }
}
