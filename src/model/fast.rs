//! tanh and the logistic function over whole columns, many times faster than one call per number.
//!
//! Pictures evaluate a network at thousands of points per frame, and a scalar `tanh` would be nearly all of the time. These
//! loops have no branches and no calls, so the compiler turns them into vector instructions; they use nothing but sums,
//! products and one division, so the result is the same on every machine. Errors are below 4e-16, absolute.

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
pub fn tanh(column: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return unsafe { wide::tanh_512(column) };
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { wide::tanh_256(column) };
    }
    tanh_each(column);
}

/// 1 / (1 + exp(-z)) of every number: with e = exp(-|z|), 1 / (1 + e) or e / (1 + e).
pub fn sigmoid(column: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f") {
        // SAFETY: the processor has AVX-512.
        return unsafe { wide::sigmoid_512(column) };
    } else if is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2.
        return unsafe { wide::sigmoid_256(column) };
    }
    sigmoid_each(column);
}

/// The same loops for processors with wider vectors: the same operations in the same order, so the same results. By hand and
/// not through pulp, as in [`fused`](super::fused): pulp's AVX-512 would be compiled into all of faer, and an animation
/// takes a tenth longer without.
#[cfg(target_arch = "x86_64")]
mod wide {
    #[target_feature(enable = "avx2")]
    pub fn tanh_256(column: &mut [f64]) {
        super::tanh_each(column);
    }

    #[target_feature(enable = "avx512f")]
    pub fn tanh_512(column: &mut [f64]) {
        super::tanh_each(column);
    }

    #[target_feature(enable = "avx2")]
    pub fn sigmoid_256(column: &mut [f64]) {
        super::sigmoid_each(column);
    }

    #[target_feature(enable = "avx512f")]
    pub fn sigmoid_512(column: &mut [f64]) {
        super::sigmoid_each(column);
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
    use super::{sigmoid, tanh};

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

    #[cfg(target_arch = "x86_64")]
    #[test]
    fn wider_vectors_give_the_same_bits() {
        use super::wide::{sigmoid_256, sigmoid_512, tanh_256, tanh_512};
        let numbers: Vec<f64> = (-5000..5000).map(|i| f64::from(i) * 0.0077).collect();
        let applied = |f: &dyn Fn(&mut [f64])| {
            let mut column = numbers.clone();
            f(&mut column);
            column
        };
        let (t, s) = (applied(&super::tanh_each), applied(&super::sigmoid_each));
        // SAFETY: each is called only where the processor has its instructions.
        if is_x86_feature_detected!("avx2") {
            assert_eq!(applied(&|column| unsafe { tanh_256(column) }), t);
            assert_eq!(applied(&|column| unsafe { sigmoid_256(column) }), s);
        }
        if is_x86_feature_detected!("avx512f") {
            assert_eq!(applied(&|column| unsafe { tanh_512(column) }), t);
            assert_eq!(applied(&|column| unsafe { sigmoid_512(column) }), s);
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
