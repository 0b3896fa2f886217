//! φ(z) and φ'(z) together, of the activations whose derivative does not follow from φ(z).

use super::functions::{
    exp_of_negative, expm1_of_negative, normal, sigmoid, softplus as ln_of_one_plus_exp, tanh,
};
use crate::model::simd::Vectors;

/// max(0, z) + slope min(0, z).
#[inline(always)]
pub(super) fn leaky_relu(z: f32, slope: f32) -> (f32, f32) {
    if z > 0.0 {
        (z, 1.0)
    } else {
        (slope * z, slope)
    }
}

/// z if z > 0, else alpha (exp z - 1).
#[inline(always)]
pub(super) fn elu(z: f32, alpha: f32) -> (f32, f32) {
    let below = if z > 0.0 { 0.0 } else { z };
    let (y, slope) = (
        alpha * expm1_of_negative(below),
        alpha * exp_of_negative(below),
    );
    if z > 0.0 { (z, 1.0) } else { (y, slope) }
}

/// z Φ(z).
#[inline(always)]
pub(super) fn gelu(z: f32) -> (f32, f32) {
    let (below, density) = normal(z);
    // Beyond 14 the density is 0, and z may be infinite.
    let bounded = z.clamp(-14.0, 14.0);
    (z * below, below + bounded * density)
}

/// z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2.
#[inline(always)]
pub(super) fn gelu_tanh<K: Vectors>(z: f32) -> (f32, f32) {
    // Beyond 14 the tanh is 1 or -1, and the powers might not be finite.
    let bounded = z.clamp(-14.0, 14.0);
    let square = bounded * bounded;
    let t = tanh::<K>(SQRT_2_OVER_PI * (bounded + GELU_CUBIC * bounded * square));
    let inner = SQRT_2_OVER_PI * (1.0 + 3.0 * GELU_CUBIC * square);
    let half = 0.5 * (1.0 + t);
    (z * half, half + 0.5 * bounded * (1.0 - t * t) * inner)
}

/// z / (1 + exp(-z)).
#[inline(always)]
pub(super) fn silu(z: f32) -> (f32, f32) {
    let s = sigmoid(z);
    (z * s, s + z.clamp(-104.0, 104.0) * s * (1.0 - s))
}

/// ln(1 + exp z).
#[inline(always)]
pub(super) fn softplus(z: f32) -> (f32, f32) {
    (ln_of_one_plus_exp(z), sigmoid(z))
}

/// a tanh(b z).
#[inline(always)]
pub(super) fn scaled_tanh<K: Vectors>(z: f32, a: f32, b: f32) -> (f32, f32) {
    let t = tanh::<K>(b * z);
    (a * t, a * b * (1.0 - t * t))
}

/// z times z / 6 + 1/2 clipped to \[0, 1\].
#[inline(always)]
pub(super) fn hard_swish(z: f32) -> (f32, f32) {
    let y = z * (z / 6.0 + 0.5).clamp(0.0, 1.0);
    let slope = if z <= -3.0 { 0.0 } else { z / 3.0 + 0.5 };
    (y, if z >= 3.0 { 1.0 } else { slope })
}

/// sqrt(2 / pi).
pub(super) const SQRT_2_OVER_PI: f32 = 0.797_884_6;

/// The weight of the cubic term in GELU by tanh.
pub(super) const GELU_CUBIC: f32 = 0.044_715;

#[cfg(test)]
mod tests {
    use super::super::FusedActivation;
    use crate::model::Activation;
    use crate::model::simd::{Vectors, Work, in_every_way};

    #[derive(Clone, Copy)]
    struct Recorded<'a>(FusedActivation, &'a [f32]);

    impl Work for Recorded<'_> {
        type Output = (Vec<f32>, Vec<f32>);

        #[inline(always)]
        fn run<K: Vectors>(self, vectors: K) -> (Vec<f32>, Vec<f32>) {
            let (mut y, mut slopes) = (self.1.to_vec(), vec![0.0; self.1.len()]);
            self.0.apply_recording(vectors, &mut y, &mut slopes);
            (y, slopes)
        }
    }

    /// Both of every activation that records slopes against the same in `f64`, from where it is flat to where it is straight and far
    /// beyond.
    #[test]
    fn values_and_slopes_are_those_in_double_precision() {
        let activations = [
            Activation::LEAKY_RELU,
            Activation::ELU,
            Activation::Elu { alpha: 0.3 },
            Activation::Gelu,
            Activation::GeluTanh,
            Activation::Silu,
            Activation::Softplus,
            Activation::ScaledTanh { a: 1.7, b: 0.7 },
            Activation::HardSwish,
        ];
        let grid = (-4000..=4000).map(|i| i as f32 / 100.0);
        let far = [1e-30, 1e-6, 88.0, 105.0, 1e4, 1e19, 1e30, f32::MAX];
        let z: Vec<f32> = grid.chain(far.into_iter().flat_map(|z| [z, -z])).collect();
        for activation in activations {
            let fused = FusedActivation::of(activation).unwrap();
            assert!(fused.keeps_slopes());
            for (y, slopes) in in_every_way(Recorded(fused, &z)) {
                for ((&z, y), slope) in z.iter().zip(y).zip(slopes) {
                    let exact = activation.value(z.into()).unwrap();
                    let error = (f64::from(y) - exact).abs();
                    let scale = 1.0 + exact.abs();
                    assert!(error < 1e-6 * scale, "{activation:?} at {z}: {y}, {exact}");
                    let exact = activation.derivative(z.into()).unwrap();
                    let error = (f64::from(slope) - exact).abs();
                    // At -5, 1 - tanh² of the approximate GELU is the last bits of tanh, times 9.
                    let bound = match activation {
                        Activation::GeluTanh => 3e-6,
                        _ => 1e-6,
                    };
                    assert!(error < bound, "{activation:?}' at {z}: {slope}, {exact}");
                }
            }
            let [none, ..] = &in_every_way(Recorded(fused, &[f32::NAN]))[..] else {
                unreachable!("there is a way on every processor");
            };
            assert!(none.0[0].is_nan(), "{activation:?} of what is no number");
        }
    }
}
