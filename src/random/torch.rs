//! PyTorch's generator on the CPU: initial weights, `randn`, `randperm`, and a `DataLoader`'s order.
//!
//! Integers, permutations and uniform numbers equal PyTorch's bit for bit (on processors with fused
//! multiply-add, as all with AVX2 have). `f64` normals agree to the last bits. `f32` normals, 16 or more at
//! once, differ by up to 3 units in the last place: PyTorch approximates logarithm, sine and cosine there.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::mersenne_twister::MersenneTwister;

/// From this many numbers on, PyTorch fills a tensor with normal numbers in chunks of this many.
const CHUNK: usize = 16;

/// PyTorch's CPU generator, as `torch.manual_seed(seed)` leaves it.
///
/// Serialising it keeps the state, the cached normal number included; what is read back continues the stream.
///
/// ```
/// use foldspace::random::Generator;
///
/// // torch.manual_seed(0); torch.rand(2); torch.randperm(5)
/// let mut generator = Generator::new(0);
/// assert_eq!(generator.rand(2), [0.496_256_59, 0.768_221_8]);
/// assert_eq!(generator.randperm(5), [3, 1, 0, 4, 2]);
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Generator {
    twister: MersenneTwister,
    /// The second number of the last Box-Muller pair, if it has not been handed out yet.
    #[serde(default, with = "super::bits")]
    cached_normal: Option<f64>,
}

impl Generator {
    /// `torch.manual_seed(seed)`. Only the lower 32 bits of the seed count, as in PyTorch.
    pub fn new(seed: u64) -> Self {
        Self {
            twister: MersenneTwister::new(seed as u32),
            cached_normal: None,
        }
    }

    /// `manual_seed(seed)`: starts the stream again, and forgets the cached normal number.
    pub fn manual_seed(&mut self, seed: u64) {
        *self = Self::new(seed);
    }

    /// 32 random bits.
    pub fn random_u32(&mut self) -> u32 {
        self.twister.next_u32()
    }

    /// 64 random bits, the more significant word drawn first.
    pub fn random_u64(&mut self) -> u64 {
        self.twister.next_u64()
    }

    /// `torch.empty((), dtype=torch.int64).random_()`: how PyTorch draws a seed, from 0 to 2^63 - 1.
    pub fn random_seed(&mut self) -> u64 {
        self.random_u64() & (i64::MAX as u64)
    }

    /// One number of `rand` in `float32`: uniform on [0, 1), `(u32 & 0xFFFFFF) * 2^-24`.
    fn unit_f32(&mut self) -> f32 {
        (self.random_u32() & 0xFF_FFFF) as f32 * (1.0 / 16_777_216.0)
    }

    /// One number of `rand` in `float64`: uniform on [0, 1), with 53 random bits.
    fn unit_f64(&mut self) -> f64 {
        (self.random_u64() & ((1 << 53) - 1)) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// `torch.rand(count)`: uniform `float32` numbers from [0, 1).
    pub fn rand(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.unit_f32()).collect()
    }

    /// `torch.rand(count, dtype=torch.float64)`: uniform numbers from [0, 1).
    pub fn rand_f64(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.unit_f64()).collect()
    }

    /// `torch.empty(count).uniform_(low, high)`: uniform `float32` numbers.
    ///
    /// PyTorch's kernel multiplies and adds with one rounding; doing the same here makes the numbers equal.
    pub fn uniform(&mut self, count: usize, low: f32, high: f32) -> Vec<f32> {
        (0..count)
            .map(|_| self.unit_f32().mul_add(high - low, low))
            .collect()
    }

    /// `torch.empty(count).bernoulli_(p)`: true with probability `p`, as dropout draws its masks.
    ///
    /// ```
    /// use foldspace::random::Generator;
    ///
    /// // torch.manual_seed(0); torch.empty(7).bernoulli_(0.8)
    /// let drawn = Generator::new(0).bernoulli(7, 0.8);
    /// assert_eq!(drawn, [false, true, true, false, true, true, true]);
    /// ```
    pub fn bernoulli(&mut self, count: usize, p: f64) -> Vec<bool> {
        (0..count).map(|_| self.unit_f64() < p).collect()
    }

    /// `torch.randn(count)`: `float32` numbers of mean 0 and deviation 1.
    pub fn randn(&mut self, count: usize) -> Vec<f32> {
        self.normal(count, 0.0, 1.0)
    }

    /// `torch.empty(count).normal_(mean, deviation)`: normal `float32` numbers.
    ///
    /// Fewer than 16 are drawn one by one in `f64`. Otherwise the whole tensor is filled with uniform
    /// numbers, and every 16 of them become 8 pairs by Box and Muller's transform; the last 16 are drawn anew
    /// where the chunks do not come out even.
    pub fn normal(&mut self, count: usize, mean: f32, deviation: f32) -> Vec<f32> {
        if count < CHUNK {
            return (0..count)
                .map(|_| self.single_normal(f64::from(mean), f64::from(deviation)) as f32)
                .collect();
        }
        let to_normal = |first: f32, second: f32| {
            let radius = (-2.0 * libm::log(f64::from(1.0 - first)) as f32).sqrt();
            let angle = f64::from(TAU as f32 * second);
            let (sine, cosine) = libm::sincos(angle);
            [cosine as f32, sine as f32].map(|part| (radius * part).mul_add(deviation, mean))
        };
        fill_in_chunks(count, || self.unit_f32(), to_normal)
    }

    /// `torch.randn(count, dtype=torch.float64)`: numbers of mean 0 and deviation 1.
    pub fn randn_f64(&mut self, count: usize) -> Vec<f64> {
        if count < CHUNK {
            return (0..count).map(|_| self.single_normal(0.0, 1.0)).collect();
        }
        let to_normal = |first: f64, second: f64| {
            let radius = (-2.0 * libm::log(1.0 - first)).sqrt();
            let (sine, cosine) = libm::sincos(TAU * second);
            [radius * cosine, radius * sine]
        };
        fill_in_chunks(count, || self.unit_f64(), to_normal)
    }

    /// One normal number by Box and Muller's transform; the second of the pair is kept for the next call.
    fn single_normal(&mut self, mean: f64, deviation: f64) -> f64 {
        let standard = self.cached_normal.take().unwrap_or_else(|| {
            let angle = TAU * self.unit_f64();
            let radius = (-2.0 * libm::log1p(-self.unit_f64())).sqrt();
            let (sine, cosine) = libm::sincos(angle);
            self.cached_normal = Some(radius * sine);
            radius * cosine
        });
        standard * deviation + mean
    }

    /// `torch.randperm(count)`: the numbers from 0 to `count - 1` in random order.
    ///
    /// # Panics
    /// Where `count` reaches 2^32 / 20, from where on PyTorch shuffles differently.
    pub fn randperm(&mut self, count: usize) -> Vec<usize> {
        assert!(
            count < u32::MAX as usize / 20,
            "a permutation of {count} numbers would differ from PyTorch's"
        );
        let mut order: Vec<usize> = (0..count).collect();
        for place in 0..count.saturating_sub(1) {
            let ahead = self.random_u32() as usize % (count - place);
            order.swap(place, place + ahead);
        }
        order
    }
}

/// The order in which one epoch of `DataLoader(dataset, shuffle=True)` visits `samples` samples.
///
/// `generator` is PyTorch's global one, and moves on as PyTorch's does: starting to iterate draws a base seed
/// for workers that do not exist (`num_workers=0`), then the sampler draws the seed of a generator of its
/// own, and that one draws the permutation.
///
/// ```
/// use foldspace::random::{Generator, dataloader_order};
///
/// let mut generator = Generator::new(0);
/// assert_eq!(dataloader_order(&mut generator, 5), [1, 4, 2, 3, 0]);
/// ```
pub fn dataloader_order(generator: &mut Generator, samples: usize) -> Vec<usize> {
    let _base_seed = generator.random_seed();
    let sampler_seed = generator.random_seed();
    Generator::new(sampler_seed).randperm(samples)
}

/// Normal numbers from uniform ones in chunks of 16: number j and number j + 8 of a chunk become a pair.
fn fill_in_chunks<T: Copy>(
    count: usize,
    mut uniform: impl FnMut() -> T,
    to_normal: impl Fn(T, T) -> [T; 2],
) -> Vec<T> {
    let transform = |chunk: &mut [T]| {
        let (firsts, seconds) = chunk.split_at_mut(CHUNK / 2);
        for (first, second) in firsts.iter_mut().zip(seconds) {
            [*first, *second] = to_normal(*first, *second);
        }
    };
    let mut numbers: Vec<T> = (0..count).map(|_| uniform()).collect();
    numbers.chunks_exact_mut(CHUNK).for_each(transform);
    if !count.is_multiple_of(CHUNK) {
        let tail = &mut numbers[count - CHUNK..];
        tail.iter_mut().for_each(|number| *number = uniform());
        transform(tail);
    }
    numbers
}

impl std::fmt::Debug for Generator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Generator").finish_non_exhaustive()
    }
}
