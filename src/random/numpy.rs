//! NumPy's legacy generator, `numpy.random.RandomState`: what `np.random.seed` and `np.random.randn` use.
//!
//! Integers, permutations and uniform numbers equal NumPy's bit for bit. Normal numbers go through a
//! logarithm, for which NumPy asks the C library, so they equal NumPy's to the last or next to last bit.

use serde::{Deserialize, Serialize};

use super::mersenne_twister::MersenneTwister;

/// `numpy.random.RandomState(seed)`.
///
/// Serialising it keeps the state, the cached normal number included; what is read back continues the stream.
///
/// ```
/// use foldspace::random::RandomState;
///
/// // np.random.seed(0); np.random.rand(); np.random.randint(0, 10, 5); np.random.permutation(5)
/// let mut random = RandomState::new(0);
/// assert_eq!(random.random_sample(), 0.548_813_503_927_324_8);
/// let digits: Vec<i64> = (0..5).map(|_| random.randint(0, 10)).collect();
/// assert_eq!(digits, [5, 0, 3, 3, 7]);
/// assert_eq!(random.permutation(5), [2, 0, 4, 3, 1]);
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomState {
    twister: MersenneTwister,
    /// The second number of the last polar pair, if it has not been handed out yet.
    #[serde(default, with = "super::bits")]
    cached_normal: Option<f64>,
}

impl RandomState {
    /// `np.random.RandomState(seed)`, the stream that `np.random.seed(seed)` starts.
    pub fn new(seed: u32) -> Self {
        Self {
            twister: MersenneTwister::new(seed),
            cached_normal: None,
        }
    }

    /// `seed(seed)`: starts the stream again, and forgets the cached normal number.
    pub fn seed(&mut self, seed: u32) {
        *self = Self::new(seed);
    }

    /// `random_sample()`: a uniform number from [0, 1) with 53 random bits.
    pub fn random_sample(&mut self) -> f64 {
        let high = f64::from(self.twister.next_u32() >> 5);
        let low = f64::from(self.twister.next_u32() >> 6);
        (high * 67_108_864.0 + low) / 9_007_199_254_740_992.0
    }

    /// `rand(count)`: uniform numbers from [0, 1). A matrix is filled row by row.
    pub fn rand(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.random_sample()).collect()
    }

    /// `uniform(low, high)`: a uniform number from [`low`, `high`).
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.random_sample()
    }

    /// `standard_normal()`: a number of mean 0 and deviation 1, by Marsaglia's polar method.
    ///
    /// A point drawn uniformly from the unit disc gives two independent numbers; NumPy returns the one that
    /// comes from the second coordinate, and keeps the other for the next call.
    pub fn standard_normal(&mut self) -> f64 {
        if let Some(normal) = self.cached_normal.take() {
            return normal;
        }
        loop {
            let x = 2.0 * self.random_sample() - 1.0;
            let y = 2.0 * self.random_sample() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * libm::log(square) / square).sqrt();
                self.cached_normal = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// `randn(count)`: numbers of mean 0 and deviation 1. A matrix is filled row by row.
    pub fn randn(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.standard_normal()).collect()
    }

    /// `normal(mean, deviation)`.
    pub fn normal(&mut self, mean: f64, deviation: f64) -> f64 {
        mean + deviation * self.standard_normal()
    }

    /// `randint(low, high)`: an integer from [`low`, `high`), every one equally likely.
    ///
    /// # Panics
    /// Where `low >= high`: there is nothing to choose from.
    pub fn randint(&mut self, low: i64, high: i64) -> i64 {
        assert!(
            low < high,
            "randint({low}, {high}) has nothing to choose from"
        );
        low.wrapping_add_unsigned(self.up_to(high.abs_diff(low) - 1))
    }

    /// `shuffle(items)`: every order equally likely (Fisher and Yates, from the last item down).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.up_to(last as u64) as usize;
            items.swap(last, other);
        }
    }

    /// `permutation(count)`: the numbers from 0 to `count - 1`, shuffled.
    pub fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..count).collect();
        self.shuffle(&mut order);
        order
    }

    /// `choice(count, size, replace)`: `size` of the numbers from 0 to `count - 1`.
    ///
    /// # Panics
    /// Where `count` is 0 and `size` is not, or where `size > count` without replacement.
    pub fn choice(&mut self, count: usize, size: usize, replace: bool) -> Vec<usize> {
        if replace {
            let highest = count as i64;
            (0..size)
                .map(|_| self.randint(0, highest) as usize)
                .collect()
        } else {
            assert!(
                size <= count,
                "cannot take {size} of {count} without replacement"
            );
            let mut chosen = self.permutation(count);
            chosen.truncate(size);
            chosen
        }
    }

    /// An integer from 0 to `highest` inclusive: the fewest bits that can hold `highest`, drawn again until
    /// they do not exceed it. A range of one number costs no draw.
    fn up_to(&mut self, highest: u64) -> u64 {
        if highest == 0 {
            return 0;
        }
        let mask = u64::MAX >> highest.leading_zeros();
        loop {
            let word = match u32::try_from(highest) {
                Ok(_) => u64::from(self.twister.next_u32()),
                Err(_) => self.twister.next_u64(),
            };
            if word & mask <= highest {
                return word & mask;
            }
        }
    }
}

impl std::fmt::Debug for RandomState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RandomState")
            .finish_non_exhaustive()
    }
}
