//! The slopes of activations, accurate where they are small.
//!
//! [`Activation::derivative`] follows automatic differentiation, where 1 - tanh² is zero from |z| = 19 on. Whether a
//! network turns the plane over depends on signs of slopes alone, so here a slope that is positive stays so.

use crate::model::Activation;
use crate::model::activation::sigmoid;

/// Beyond this, exponentials of a slope leave `f64`; the sign stays what it is there.
const FAR: f64 = 300.0;

/// φ'(z) with a small relative error for z within ±300, and the slope there beyond; `None` for softmax.
pub(super) fn slope(activation: Activation, z: f64) -> Option<f64> {
    let z = z.clamp(-FAR, FAR);
    match activation {
        Activation::Tanh => Some(sech_squared(z)),
        Activation::ScaledTanh { a, b } => Some(a * b * sech_squared((b * z).clamp(-FAR, FAR))),
        Activation::Sigmoid => Some(sigmoid(z) * sigmoid(-z)),
        Activation::Silu => Some(sigmoid(z) * (1.0 + z * sigmoid(-z))),
        _ => activation.derivative(z),
    }
}

/// 1 - tanh²(z) = 4 e^(-2|z|) / (1 + e^(-2|z|))².
fn sech_squared(z: f64) -> f64 {
    let e = libm::exp(-2.0 * z.abs());
    4.0 * e / ((1.0 + e) * (1.0 + e))
}
