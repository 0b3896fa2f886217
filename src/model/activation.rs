//! Activations: the functions that bend space.
//!
//! Everything here is plain `f64`, one number or one sample at a time; [`mlp`](super::mlp) maps the same enum to
//! Burn's operations. Source: item A11 (ReLU, tanh, sigmoid, softmax) and C7 (the scaled tanh).

use serde::{Deserialize, Serialize};

/// What follows the affine map of a layer.
///
/// In a configuration file: `activation = "tanh"`, or with parameters
/// `activation = { scaled_tanh = { a = 2.0, b = 1.0 } }`.
///
/// | name | formula |
/// | --- | --- |
/// | `identity` | z |
/// | `relu` | max(0, z) |
/// | `leaky_relu` | max(0, z) + 0.01 min(0, z) |
/// | `elu` | z if z > 0, else exp(z) - 1 |
/// | `gelu` | z Φ(z), Φ the normal distribution function |
/// | `silu` | z / (1 + exp(-z)) |
/// | `softplus` | ln(1 + exp(z)) |
/// | `tanh` | tanh(z) |
/// | `sigmoid` | 1 / (1 + exp(-z)) |
/// | `softmax` | exp(z_i) / Σ_j exp(z_j), over the units of one sample |
/// | `scaled_tanh` | a tanh(b z) |
///
/// ```
/// use foldspace::model::Activation;
/// assert_eq!(Activation::Relu.value(-2.0), Some(0.0));
/// let mut z = [0.0, 0.0];
/// Activation::Softmax.apply(&mut z);
/// assert_eq!(z, [0.5, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// z: the layer stays affine.
    #[default]
    Identity,
    /// max(0, z): folds space along the coordinate axes.
    Relu,
    /// ReLU that keeps a hundredth of the negative side.
    LeakyRelu,
    /// exp(z) - 1 on the negative side.
    Elu,
    /// z Φ(z), with the exact normal distribution function, as PyTorch's default.
    Gelu,
    /// z times its sigmoid, also called swish.
    Silu,
    /// A smooth ReLU.
    Softplus,
    /// Squashes each coordinate into (-1, 1).
    Tanh,
    /// Squashes each coordinate into (0, 1).
    Sigmoid,
    /// Turns a sample's scores into probabilities that sum to 1.
    Softmax,
    /// a tanh(b z), of C7.
    ScaledTanh {
        /// The height.
        a: f64,
        /// The slope at the origin, divided by `a`.
        b: f64,
    },
}

impl Activation {
    /// The image of one coordinate; `None` for softmax, which needs the whole sample.
    pub fn value(self, z: f64) -> Option<f64> {
        Some(match self {
            Self::Identity => z,
            Self::Relu => z.max(0.0),
            Self::LeakyRelu => z.max(0.0) + LEAK * z.min(0.0),
            Self::Elu => {
                if z > 0.0 {
                    z
                } else {
                    libm::expm1(z)
                }
            }
            Self::Gelu => z * normal_cdf(z),
            Self::Silu => z * sigmoid(z),
            Self::Softplus => z.max(0.0) + libm::log1p(libm::exp(-z.abs())),
            Self::Tanh => libm::tanh(z),
            Self::Sigmoid => sigmoid(z),
            Self::Softmax => return None,
            Self::ScaledTanh { a, b } => a * libm::tanh(b * z),
        })
    }

    /// The slope at one coordinate (at a kink: the one-sided slope that autodiff uses, 0 for ReLU);
    /// `None` for softmax.
    pub fn derivative(self, z: f64) -> Option<f64> {
        Some(match self {
            Self::Identity => 1.0,
            Self::Relu => f64::from(z > 0.0),
            Self::LeakyRelu => {
                if z > 0.0 {
                    1.0
                } else {
                    LEAK
                }
            }
            Self::Elu => {
                if z > 0.0 {
                    1.0
                } else {
                    libm::exp(z)
                }
            }
            Self::Gelu => normal_cdf(z) + z * libm::exp(-0.5 * z * z) * FRAC_1_SQRT_2PI,
            Self::Silu => {
                let s = sigmoid(z);
                s + z * s * (1.0 - s)
            }
            Self::Softplus => sigmoid(z),
            Self::Tanh => {
                let t = libm::tanh(z);
                1.0 - t * t
            }
            Self::Sigmoid => {
                let s = sigmoid(z);
                s * (1.0 - s)
            }
            Self::Softmax => return None,
            Self::ScaledTanh { a, b } => {
                let t = libm::tanh(b * z);
                a * b * (1.0 - t * t)
            }
        })
    }

    /// Maps one sample's units in place.
    pub fn apply(self, z: &mut [f64]) {
        if self == Self::Softmax {
            softmax(z);
            return;
        }
        for unit in z {
            if let Some(image) = self.value(*unit) {
                *unit = image;
            }
        }
    }

    /// The name as configuration files spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Elu => "elu",
            Self::Gelu => "gelu",
            Self::Silu => "silu",
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softmax => "softmax",
            Self::ScaledTanh { .. } => "scaled_tanh",
        }
    }
}

/// The negative slope of leaky ReLU, PyTorch's default.
const LEAK: f64 = 0.01;

/// 1 / sqrt(2 pi).
const FRAC_1_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// 1 / (1 + exp(-z)) without overflow on either side.
pub fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 {
        1.0 / (1.0 + libm::exp(-z))
    } else {
        let e = libm::exp(z);
        e / (1.0 + e)
    }
}

/// Φ(z) = (1 + erf(z / sqrt 2)) / 2.
fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * std::f64::consts::FRAC_1_SQRT_2)
}

/// exp(z_i - max z) / Σ_j exp(z_j - max z): the shift keeps the exponentials finite.
fn softmax(z: &mut [f64]) {
    let max = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for unit in z.iter_mut() {
        *unit = libm::exp(*unit - max);
        sum += *unit;
    }
    for unit in z {
        *unit /= sum;
    }
}
