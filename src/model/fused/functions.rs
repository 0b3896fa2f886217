//! Exponential, tanh, logistic function and logarithm in `f32`, without branches or calls, so that the compiler turns a
//! loop over them into vector instructions. NaN goes through.

use super::lanes::multiply_add;

/// tanh z as an odd rational function z P(z²) / Q(z²) on [-9, 9], beyond which tanh is 1 to within the rounding of `f32`. Its
/// coefficients minimise the largest relative error, by Lawson's reweighting of linear least squares; with the rounding, that
/// is below 4e-7.
#[inline(always)]
pub(super) fn tanh<const FUSED: bool>(z: f32) -> f32 {
    let z = if z > 9.0 { 9.0 } else { z };
    let z = if z < -9.0 { -9.0 } else { z };
    let u = z * z;
    let p = multiply_add::<FUSED>(1.331_802_8e-8, u, 2.058_282_2e-5);
    let p = multiply_add::<FUSED>(p, u, 3.493_999_6e-3);
    let p = multiply_add::<FUSED>(p, u, 0.133_796_9);
    let p = multiply_add::<FUSED>(p, u, 1.0);
    let q = multiply_add::<FUSED>(7.761_618e-7, u, 3.283_031_7e-4);
    let q = multiply_add::<FUSED>(q, u, 0.025_870_945);
    let q = multiply_add::<FUSED>(q, u, 0.467_130_06);
    let q = multiply_add::<FUSED>(q, u, 1.0);
    let t = z * p / q;
    let t = if t > 1.0 { 1.0 } else { t };
    if t < -1.0 { -1.0 } else { t }
}

/// 1.5 · 2²³: adding it rounds a number of moderate size to the nearest integer, which then stands in the low bits.
const ROUND: f32 = 12_582_912.0;
/// ln 2 in two parts; the first has zeros at its end, so that its product with a small integer is exact.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// exp x for x <= 0, and 0 where that is not a normal number: with x = k ln 2 + r, |r| <= ln 2 / 2, it is 2^k times the Taylor
/// polynomial of exp at r. Relative error below 2e-7.
#[inline(always)]
pub(super) fn exp_of_negative(x: f32) -> f32 {
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
    let t = t * r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    // The comparison is false for NaN, which the product below keeps.
    let scale = if x < -87.0 { 0.0 } else { power };
    if x.is_nan() { x } else { t * scale }
}

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
    use super::{exp_of_negative, ln, sigmoid, tanh};

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
            let error = (f64::from(tanh::<false>(z)) - exact).abs();
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
            [f32::INFINITY, f32::NEG_INFINITY].map(tanh::<false>),
            [1.0, -1.0]
        );
        assert!(tanh::<false>(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert!(exp_of_negative(f32::NAN).is_nan() && ln(f32::NAN).is_nan());
        let sigmoids = [f32::INFINITY, f32::NEG_INFINITY, 0.0, -200.0].map(sigmoid);
        assert_eq!(sigmoids, [1.0, 0.0, 0.5, 0.0]);
        assert_eq!(exp_of_negative(0.0), 1.0);
        assert_eq!(ln(1.0), 0.0);
    }
}
