//! tanh and the logistic function over whole columns, many times faster than one call per number.
//!
//! Pictures evaluate a network at thousands of points per frame, and a scalar `tanh` would be nearly all of the time. These
//! loops have no branches and no calls, so the compiler turns them into vector instructions; they use nothing but sums,
//! products and one division, so the result is the same on every machine. Errors are below 4e-16, absolute.

use super::simd::{Vectors, Work, dispatch};

/// 1.5 · 2⁵²: adding it rounds a number of moderate size to the nearest integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has zeros at its end, so that its product with a small integer is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 1/2!, 1/3!, ..., 1/13!.
const TAYLOR: [f64; 12] = [
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
    1.0 / 6_227_020_800.0,
];

/// exp(-x) for x >= 0: with -x = k ln 2 + r, |r| <= ln 2 / 2, it is 2^k times the Taylor polynomial of exp at r.
#[inline(always)]
fn exp_of_minus(x: f64) -> f64 {
    // Beyond 700 the result is below 1e-304, which no sum with 1 can feel.
    let x = if x < 700.0 { -x } else { -700.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let mut tail = TAYLOR[11];
    for &coefficient in TAYLOR[..11].iter().rev() {
        tail = tail * r + coefficient;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    (tail * r * r + r + 1.0) * power
}

/// tanh of every number: (1 - e) / (1 + e) with e = exp(-2 |z|), and z's sign.
pub(super) fn tanh(column: &mut [f64]) {
    dispatch(Tanh(column));
}

/// 1 / (1 + exp(-z)) of every number: with e = exp(-|z|), 1 / (1 + e) or e / (1 + e).
pub(super) fn sigmoid(column: &mut [f64]) {
    dispatch(Sigmoid(column));
}

/// The same operations in the same order whatever the processor has, so the same results.
struct Tanh<'a>(&'a mut [f64]);

impl Work for Tanh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        tanh_each(self.0);
    }
}

struct Sigmoid<'a>(&'a mut [f64]);

impl Work for Sigmoid<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        sigmoid_each(self.0);
    }
}

#[inline(always)]
fn tanh_each(column: &mut [f64]) {
    for z in column {
        let e = exp_of_minus(2.0 * z.abs());
        // NaN goes through the comparison in the exponential as if it were large: give it back.
        let t = ((1.0 - e) / (1.0 + e)).copysign(*z);
        *z = if z.is_nan() { *z } else { t };
    }
}

#[inline(always)]
fn sigmoid_each(column: &mut [f64]) {
    for z in column {
        let e = exp_of_minus(z.abs());
        let top = if *z < 0.0 { e } else { 1.0 };
        let s = top / (1.0 + e);
        *z = if z.is_nan() { *z } else { s };
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::{Vectors, Work, in_every_way};
    use super::{Sigmoid, Tanh, sigmoid, tanh};

    #[test]
    fn both_agree_with_the_scalar_functions_everywhere() {
        let mut worst = (0.0_f64, 0.0_f64);
        for i in -400_000..=400_000 {
            let z = f64::from(i) * 1e-4;
            let (mut t, mut s) = ([z], [z]);
            tanh(&mut t);
            sigmoid(&mut s);
            worst.0 = worst.0.max((t[0] - libm::tanh(z)).abs());
            worst.1 = worst
                .1
                .max((s[0] - super::super::activation::sigmoid(z)).abs());
        }
        assert!(worst.0 < 4e-16 && worst.1 < 4e-16, "{worst:?}");
    }

    /// One of the two loops on a copy.
    #[derive(Clone, Copy)]
    struct Both<'a> {
        is_tanh: bool,
        numbers: &'a [f64],
    }

    impl Work for Both<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run<K: Vectors>(self, vectors: K) -> Vec<f64> {
            let mut column = self.numbers.to_vec();
            match self.is_tanh {
                true => Tanh(&mut column).run(vectors),
                false => Sigmoid(&mut column).run(vectors),
            }
            column
        }
    }

    #[test]
    fn wider_vectors_give_the_same_bits() {
        let numbers: Vec<f64> = (-5000..5000).map(|i| f64::from(i) * 0.0077).collect();
        for is_tanh in [true, false] {
            let results = in_every_way(Both {
                is_tanh,
                numbers: &numbers,
            });
            for result in &results {
                assert_eq!(result, &results[results.len() - 1]);
            }
        }
    }

    #[test]
    fn extremes_are_what_they_should_be() {
        let mut t = [
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            -0.0,
            1e-300,
            1e300,
            f64::NAN,
        ];
        tanh(&mut t);
        assert_eq!(t[..4], [1.0, -1.0, 0.0, 0.0]);
        assert!(t[3].is_sign_negative() && t[4].abs() < 1e-16 && t[5] == 1.0 && t[6].is_nan());
        let mut s = [
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            800.0,
            -800.0,
            f64::NAN,
        ];
        sigmoid(&mut s);
        assert_eq!(s[..1], [1.0]);
        assert!(s[1] < 1e-300 && s[2] == 0.5 && s[3] == 1.0 && s[4] < 1e-300 && s[5].is_nan());
    }
}
