//! Exponential, tanh, logistic function, logarithm and the normal distribution in `f32`, without branches or calls, so that the
//! compiler turns a loop over them into vector instructions. NaN goes through.

use super::lanes::multiply_add;
use crate::model::simd::Vectors;

/// tanh z as an odd rational function z P(z²) / Q(z²) on [-9, 9], beyond which tanh is 1 to within the rounding of `f32`. Its
/// coefficients minimise the largest relative error, by Lawson's reweighting of linear least squares; with the rounding, that
/// is below 4e-7.
#[inline(always)]
pub(super) fn tanh<K: Vectors>(z: f32) -> f32 {
    let z = if z > 9.0 { 9.0 } else { z };
    let z = if z < -9.0 { -9.0 } else { z };
    let u = z * z;
    let p = multiply_add::<K>(1.331_802_8e-8, u, 2.058_282_2e-5);
    let p = multiply_add::<K>(p, u, 3.493_999_6e-3);
    let p = multiply_add::<K>(p, u, 0.133_796_9);
    let p = multiply_add::<K>(p, u, 1.0);
    let q = multiply_add::<K>(7.761_618e-7, u, 3.283_031_7e-4);
    let q = multiply_add::<K>(q, u, 0.025_870_945);
    let q = multiply_add::<K>(q, u, 0.467_130_06);
    let q = multiply_add::<K>(q, u, 1.0);
    let t = z * p / q;
    let t = if t > 1.0 { 1.0 } else { t };
    if t < -1.0 { -1.0 } else { t }
}

/// 1.5 · 2²³: adding it rounds a number of moderate size to the nearest integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts; the first has zeros at its end, so that its product with a small integer is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// For x <= 0, x = k ln 2 + r with |r| <= ln 2 / 2: the Taylor polynomial of (exp r - 1) / r at r, r, and 2^k. Below -87, where exp
/// is no normal number any more, as for -87.
#[inline(always)]
fn exponential(x: f32) -> (f32, f32, f32) {
    let shifted = x.max(-87.0) * std::f32::consts::LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x.max(-87.0) - k * LN_2_HIGH) - k * LN_2_LOW;
    let t = 1.0 / 5_040.0_f32;
    let t = t * r + 1.0 / 720.0;
    let t = t * r + 1.0 / 120.0;
    let t = t * r + 1.0 / 24.0;
    let t = t * r + 1.0 / 6.0;
    let t = t * r + 0.5;
    let t = t * r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    (t, r, power)
}

/// exp x for x <= 0, and 0 where that is not a normal number: 2^k exp r. Relative error below 2e-7.
#[inline(always)]
pub(super) fn exp_of_negative(x: f32) -> f32 {
    let (t, r, power) = exponential(x);
    // The comparison is false for NaN, which the product below keeps.
    let scale = if x < -87.0 { 0.0 } else { power };
    if x.is_nan() { x } else { (t * r + 1.0) * scale }
}

/// exp x - 1 for x <= 0, exact near 0 too: 2^k (exp r - 1) + (2^k - 1), of which the last is exact. Relative error below 2e-7.
#[inline(always)]
pub(super) fn expm1_of_negative(x: f32) -> f32 {
    let (t, r, power) = exponential(x);
    if x.is_nan() {
        x
    } else {
        t * r * power + (power - 1.0)
    }
}

/// ln(1 + exp z): max(z, 0) plus ln(1 + e) with e = exp(-|z|), which is 2 (s + s³/3 + s⁵/5 + ...) with s = e / (2 + e), so that
/// small e are not lost beside the 1. Relative error below 3e-7 where exp z is a normal number.
#[inline(always)]
pub(super) fn softplus(z: f32) -> f32 {
    let e = exp_of_negative(-z.abs());
    let s = e / (2.0 + e);
    let u = s * s;
    let t = 1.0 / 13.0_f32;
    let t = t * u + 1.0 / 11.0;
    let t = t * u + 1.0 / 9.0;
    let t = t * u + 1.0 / 7.0;
    let t = t * u + 0.2;
    let t = t * u + 1.0 / 3.0;
    let t = t * u + 1.0;
    let positive = if z < 0.0 { 0.0 } else { z };
    positive + 2.0 * s * t
}

/// The normal distribution function Φ(z) and its density exp(-z²/2) / √(2π). Its tail Φ(-|z|) is exp(-z²/2) times a polynomial in
/// t = 1 / (1 + 0.305 |z|), whose coefficients minimise the largest relative error on [0, 14] as those of [`tanh`] do. Absolute
/// error below 2.5e-7.
#[inline(always)]
pub(super) fn normal(z: f32) -> (f32, f32) {
    let magnitude = z.abs();
    let e = exp_of_negative(-0.5 * magnitude * magnitude);
    let t = 1.0 / (1.0 + 0.305 * magnitude);
    let p = 0.036_714_5 * t - 0.153_068_97;
    let p = p * t + 0.185_888_1;
    let p = p * t - 0.038_167_227;
    let p = p * t + 0.121_141_43;
    let p = p * t + 0.103_378_44;
    let p = p * t + 0.122_474_6;
    let p = p * t + 0.121_639_17;
    let tail = e * (p * t);
    let below = if z < 0.0 { tail } else { 1.0 - tail };
    (below, e * FRAC_1_SQRT_2_PI)
}

/// 1 / √(2π).
pub(super) const FRAC_1_SQRT_2_PI: f32 = 0.398_942_3;

/// 1 / (1 + exp(-z)): with e = exp(-|z|), 1 / (1 + e) or e / (1 + e).
#[inline(always)]
pub(super) fn sigmoid(z: f32) -> f32 {
    let e = exp_of_negative(-z.abs());
    let top = if z < 0.0 { e } else { 1.0 };
    top / (1.0 + e)
}

/// ln x for positive normal x: with x = 2^k m, m in [sqrt(1/2), sqrt 2), and s = (m - 1) / (m + 1), it is k ln 2 plus
/// 2 (s + s³/3 + s⁵/5 + ...). Absolute error below 1e-7 (1 + |ln x|).
#[inline(always)]
pub(super) fn ln(x: f32) -> f32 {
    // Adding the distance from sqrt(1/2) to 1 makes the exponent count from sqrt(1/2) upwards.
    let bits = x.to_bits().wrapping_add(0x3f80_0000 - 0x3f35_04f3);
    let k = (bits >> 23) as i32 - 127;
    let m = f32::from_bits((bits & 0x007f_ffff).wrapping_add(0x3f35_04f3));
    let s = (m - 1.0) / (m + 1.0);
    let u = s * s;
    let t = 1.0 / 9.0_f32;
    let t = t * u + 1.0 / 7.0;
    let t = t * u + 0.2;
    let t = t * u + 1.0 / 3.0;
    let t = t * u + 1.0;
    let k = k as f32;
    let y = k * LN_2_HIGH + (k * LN_2_LOW + 2.0 * s * t);
    if x.is_nan() { x } else { y }
}

#[cfg(test)]
mod tests {
    use super::{exp_of_negative, expm1_of_negative, ln, normal, sigmoid, softplus, tanh};
    use crate::model::simd::Portable;

    type Unfused = Portable<1, false>;

    /// Every 97th number, both signs, from the smallest to the largest.
    fn numbers() -> impl Iterator<Item = f32> {
        (0..=f32::MAX.to_bits())
            .step_by(97)
            .flat_map(|bits| [f32::from_bits(bits), -f32::from_bits(bits)])
    }

    #[test]
    fn each_is_as_exact_as_it_says() {
        for z in numbers() {
            let wide = f64::from(z);
            let exact = libm::tanh(wide);
            let error = (f64::from(tanh::<Unfused>(z)) - exact).abs();
            assert!(error <= 4e-7 * exact.abs(), "tanh {z}: {error}");
            if wide > -80.0 {
                let exact = 1.0 / (1.0 + libm::exp(-wide));
                let error = (f64::from(sigmoid(z)) - exact).abs();
                assert!(error <= 4e-7 * exact, "sigmoid {z}: {error}");
            }
            if (-86.0..=0.0).contains(&z) {
                let exact = libm::exp(wide);
                let error = (f64::from(exp_of_negative(z)) - exact).abs();
                assert!(error <= 2e-7 * exact, "exp {z}: {error}");
            }
            if z <= 0.0 {
                let exact = libm::expm1(wide);
                let error = (f64::from(expm1_of_negative(z)) - exact).abs();
                assert!(error <= 2e-7 * exact.abs(), "exp - 1, {z}: {error}");
            }
            if wide > -86.0 {
                let exact = wide.max(0.0) + libm::log1p(libm::exp(-wide.abs()));
                let error = (f64::from(softplus(z)) - exact).abs();
                assert!(error <= 3e-7 * exact, "softplus {z}: {error}");
            }
            let exact = 0.5 * libm::erfc(-wide * std::f64::consts::FRAC_1_SQRT_2);
            let density = libm::exp(-0.5 * wide * wide) / (2.0 * std::f64::consts::PI).sqrt();
            let (below, slope) = normal(z);
            let error = (f64::from(below) - exact).abs();
            assert!(error <= 2.5e-7, "normal {z}: {error}");
            let error = (f64::from(slope) - density).abs();
            assert!(error <= 5e-8, "density {z}: {error}");
            if z >= f32::MIN_POSITIVE {
                let exact = libm::log(wide);
                let error = (f64::from(ln(z)) - exact).abs();
                assert!(error <= 1e-7 * (1.0 + exact.abs()), "ln {z}: {error}");
            }
        }
    }

    #[test]
    fn extremes_are_what_they_should_be() {
        assert_eq!(
            [f32::INFINITY, f32::NEG_INFINITY].map(tanh::<Unfused>),
            [1.0, -1.0]
        );
        assert!(tanh::<Unfused>(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert!(exp_of_negative(f32::NAN).is_nan() && ln(f32::NAN).is_nan());
        assert!(expm1_of_negative(f32::NAN).is_nan() && softplus(f32::NAN).is_nan());
        assert!(normal(f32::NAN).0.is_nan());
        assert_eq!(expm1_of_negative(f32::NEG_INFINITY), -1.0);
        let ends = [f32::INFINITY, f32::NEG_INFINITY];
        assert_eq!(ends.map(softplus), [f32::INFINITY, 0.0]);
        assert_eq!(ends.map(normal), [(1.0, 0.0), (0.0, 0.0)]);
        let sigmoids = [f32::INFINITY, f32::NEG_INFINITY, 0.0, -200.0].map(sigmoid);
        assert_eq!(sigmoids, [1.0, 0.0, 0.5, 0.0]);
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
    }
}
