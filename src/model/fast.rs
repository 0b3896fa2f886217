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

/// tanh of every number.
pub(super) fn tanh(column: &mut [f64]) {
    dispatch(Each(column, tanh_of));
}

/// 1 / (1 + exp(-z)) of every number.
pub(super) fn sigmoid(column: &mut [f64]) {
    dispatch(Each(column, sigmoid_of));
}

/// exp(-x) of every number of at most 700 in size.
pub(super) fn exp_of_minuses(column: &mut [f64]) {
    dispatch(Each(column, exp_of_minus_of));
}

/// For every e = exp(-2 z), tanh z.
pub(super) fn tanh_of_exp(column: &mut [f64]) {
    dispatch(Each(column, tanh_of_exp_of));
}

/// For every e = exp(-z), the logistic function of z.
pub(super) fn sigmoid_of_exp(column: &mut [f64]) {
    dispatch(Each(column, sigmoid_of_exp_of));
}

/// A function for every number of a column: the same operations in the same order whatever the processor has, so the same results.
/// The function has to be `#[inline(always)]`.
struct Each<'a, F>(&'a mut [f64], F);

impl<F: Fn(f64) -> f64> Work for Each<'_, F> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let Self(column, function) = self;
        for number in column {
            *number = function(*number);
        }
    }
}

/// (1 - e) / (1 + e) with e = exp(-2 |z|), and z's sign. Where e = a / b, that is (b - a) / (b + a).
#[inline(always)]
fn tanh_of(z: f64) -> f64 {
    let (a, b) = exp_of_minus(2.0 * z.abs());
    // NaN goes through the comparison in the exponential as if it were large: give it back.
    let t = ((b - a) / (b + a)).copysign(z);
    if z.is_nan() { z } else { t }
}

/// With e = exp(-|z|), 1 / (1 + e) or e / (1 + e). Where e = a / b, that is b / (b + a) or a / (b + a).
#[inline(always)]
fn sigmoid_of(z: f64) -> f64 {
    let (a, b) = exp_of_minus(z.abs());
    let s = if z < 0.0 { a } else { b } / (b + a);
    if z.is_nan() { z } else { s }
}

#[inline(always)]
fn exp_of_minus_of(x: f64) -> f64 {
    let (a, b) = exp_of_minus(x);
    a / b
}

#[inline(always)]
fn tanh_of_exp_of(e: f64) -> f64 {
    (1.0 - e) / (1.0 + e)
}

#[inline(always)]
fn sigmoid_of_exp_of(e: f64) -> f64 {
    1.0 / (1.0 + e)
}

#[cfg(test)]
mod tests {
    use super::super::simd::in_every_way;
    use super::*;

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

    /// A loop on a copy.
    #[derive(Clone, Copy)]
    struct Copied<'a, F>(&'a [f64], F);

    impl<F: Fn(f64) -> f64> Work for Copied<'_, F> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run<K: Vectors>(self, vectors: K) -> Vec<f64> {
            let mut column = self.0.to_vec();
            Each(&mut column, self.1).run(vectors);
            column
        }
    }

    #[test]
    fn wider_vectors_give_the_same_bits() {
        let numbers: Vec<f64> = (-5000..5000).map(|i| f64::from(i) * 0.0077).collect();
        let powers: Vec<f64> = numbers.iter().map(|&z| libm::exp(-z)).collect();
        for results in [
            in_every_way(Copied(&numbers, tanh_of)),
            in_every_way(Copied(&numbers, sigmoid_of)),
            in_every_way(Copied(&numbers, exp_of_minus_of)),
            in_every_way(Copied(&powers, tanh_of_exp_of)),
            in_every_way(Copied(&powers, sigmoid_of_exp_of)),
        ] {
            for result in &results {
                assert_eq!(result, &results[results.len() - 1]);
            }
        }
    }

    #[test]
    fn powers_stand_for_their_exponents() {
        let numbers: Vec<f64> = (-4000..=4000).map(|i| f64::from(i) * 0.01).collect();
        let mut powers = numbers.clone();
        exp_of_minuses(&mut powers);
        let mut s = powers.clone();
        sigmoid_of_exp(&mut s);
        let mut t: Vec<f64> = numbers.iter().map(|z| 2.0 * z).collect();
        exp_of_minuses(&mut t);
        tanh_of_exp(&mut t);
        for (i, &z) in numbers.iter().enumerate() {
            let exact = libm::exp(-z);
            assert!((powers[i] - exact).abs() <= 1e-15 * exact, "{z}");
            assert!(
                (s[i] - super::super::activation::sigmoid(z)).abs() < 1e-15,
                "{z}"
            );
            assert!((t[i] - libm::tanh(z)).abs() < 1e-15, "{z}");
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
