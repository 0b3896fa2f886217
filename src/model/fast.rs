//! tanh and the logistic function over whole columns, many times faster than one call per number.
//!
//! Pictures evaluate a network at thousands of points per frame, and a scalar `tanh` would be nearly all of the time. These
//! loops have no branches and no calls, so the compiler turns them into vector instructions; they use nothing but sums,
//! products and one division, so the result is the same on every machine. Errors are below 3e-16, absolute.

use super::simd::{Vectors, Work, dispatch};

/// 1.5 · 2⁵²: adding it rounds a number of moderate size to the nearest integer, which then stands in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// ln 2 in two parts; the first has zeros at its end, so that its product with a small integer is exact.
const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// r coth(r / 2) as a series in r²: 2 B₂ₙ / (2n)! from n = 0 on, with Bernoulli's numbers. For |r| <= ln 2 / 2 the next term is below
/// 1e-17.
const R_COTH: [f64; 7] = [
    2.0,
    1.0 / 6.0,
    -1.0 / 360.0,
    1.0 / 15_120.0,
    -1.0 / 604_800.0,
    1.0 / 23_950_080.0,
    -691.0 / 653_837_184_000.0,
];

/// exp(-x) for x >= -700 as numerator and denominator, since what it is needed for divides anyway: with -x = k ln 2 + r, |r| <= ln 2 / 2,
/// and c = r coth(r / 2), which is even and so takes half the terms of exp itself, it is 2^k (c + r) / (c - r).
#[inline(always)]
fn exp_of_minus(x: f64) -> (f64, f64) {
    // Beyond 700 the result is below 1e-304, which no sum with 1 can feel.
    let x = if x < 700.0 { -x } else { -700.0 };
    let shifted = x * std::f64::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN_2_HIGH) - k * LN_2_LOW;
    let square = r * r;
    let mut c = R_COTH[6];
    for &coefficient in R_COTH[..6].iter().rev() {
        c = c * square + coefficient;
    }
    let power = f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52);
    (power * (c + r), c - r)
}

/// tanh of every number: (1 - e) / (1 + e) with e = exp(-2 |z|), and z's sign. Where e = a / b, that is (b - a) / (b + a).
pub(super) fn tanh(column: &mut [f64]) {
    dispatch(Tanh(column));
}

/// exp(-x) of every number of at most 700 in size.
pub(super) fn exp_of_minuses(column: &mut [f64]) {
    dispatch(ExpOfMinus(column));
}

/// For every e = exp(-2 z), tanh z.
pub(super) fn tanh_of_exp(column: &mut [f64]) {
    dispatch(TanhOfExp(column));
}

/// For every e = exp(-z), the logistic function of z.
pub(super) fn sigmoid_of_exp(column: &mut [f64]) {
    dispatch(SigmoidOfExp(column));
}

/// 1 / (1 + exp(-z)) of every number: with e = exp(-|z|), 1 / (1 + e) or e / (1 + e). Where e = a / b, that is b / (b + a) or
/// a / (b + a).
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

struct ExpOfMinus<'a>(&'a mut [f64]);

impl Work for ExpOfMinus<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        for x in self.0 {
            let (a, b) = exp_of_minus(*x);
            *x = a / b;
        }
    }
}

struct TanhOfExp<'a>(&'a mut [f64]);

impl Work for TanhOfExp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        for e in self.0 {
            *e = (1.0 - *e) / (1.0 + *e);
        }
    }
}

struct SigmoidOfExp<'a>(&'a mut [f64]);

impl Work for SigmoidOfExp<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        for e in self.0 {
            *e = 1.0 / (1.0 + *e);
        }
    }
}

#[inline(always)]
fn tanh_each(column: &mut [f64]) {
    for z in column {
        let (a, b) = exp_of_minus(2.0 * z.abs());
        // NaN goes through the comparison in the exponential as if it were large: give it back.
        let t = ((b - a) / (b + a)).copysign(*z);
        *z = if z.is_nan() { *z } else { t };
    }
}

#[inline(always)]
fn sigmoid_each(column: &mut [f64]) {
    for z in column {
        let (a, b) = exp_of_minus(z.abs());
        let s = if *z < 0.0 { a } else { b } / (b + a);
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
        assert!(worst.0 < 3e-16 && worst.1 < 3e-16, "{worst:?}");
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
