//! Activations: the functions that bend space.
//!
//! Everything here is plain `f64`, one number or one sample at a time; [`mlp`](super::mlp) maps the same enum to
//! Burn's operations. Source: item A11 (ReLU, tanh, sigmoid, softmax) and C7 (the scaled tanh).

/// What follows the affine map of a layer.
///
/// In a configuration file: `activation = "tanh"`, or with parameters
/// `activation = { leaky_relu = { slope = 0.3 } }`.
///
/// | name | formula |
/// | --- | --- |
/// | `identity` | z |
/// | `relu` | max(0, z) |
/// | `leaky_relu` | max(0, z) + slope min(0, z), slope 0.01 where none is given |
/// | `elu` | z if z > 0, else alpha (exp(z) - 1), alpha 1 where none is given |
/// | `gelu` | z Φ(z), Φ the normal distribution function |
/// | `gelu_tanh` | z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2 |
/// | `silu` | z / (1 + exp(-z)) |
/// | `softplus` | ln(1 + exp(z)) |
/// | `tanh` | tanh(z) |
/// | `sigmoid` | 1 / (1 + exp(-z)) |
/// | `softmax` | exp(z_i) / Σ_j exp(z_j), over the units of one sample |
/// | `scaled_tanh` | a tanh(b z) |
/// | `clip` | min(max(z, low), high) |
/// | `relu6`, `hard_tanh` | `clip` to \[0, 6\] and to \[-1, 1\] |
/// | `hard_sigmoid` | z / 6 + 1/2 clipped to \[0, 1\] |
/// | `hard_swish` | z hard_sigmoid(z) |
///
/// ```
/// use foldspace::model::Activation;
/// assert_eq!(Activation::Relu.value(-2.0), Some(0.0));
/// let mut z = [0.0, 0.0];
/// Activation::Softmax.apply(&mut z);
/// assert_eq!(z, [0.5, 0.5]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// z: the layer stays affine.
    #[default]
    Identity,
    /// max(0, z): folds space along the coordinate axes.
    Relu,
    /// ReLU that keeps a part of the negative side.
    LeakyRelu {
        /// The slope there: 0.01 in PyTorch, 0.3 in Keras' layer, 0.2 in its function.
        slope: f64,
    },
    /// alpha (exp(z) - 1) on the negative side.
    Elu {
        /// How far below zero it reaches.
        alpha: f64,
    },
    /// z Φ(z), with the exact normal distribution function, as PyTorch's default.
    Gelu,
    /// GELU with a tanh in place of Φ, as JAX's default; at most 5e-4 away from it.
    GeluTanh,
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
    /// a tanh(b z), from C7.
    ScaledTanh {
        /// The height.
        a: f64,
        /// The slope at the origin, divided by `a`.
        b: f64,
    },
    /// The identity between two bounds: ReLU6, hard tanh.
    Clip {
        /// The lower bound.
        low: f64,
        /// The upper bound.
        high: f64,
    },
    /// A sigmoid in three straight pieces, as PyTorch and Keras have it.
    HardSigmoid,
    /// z times its hard sigmoid.
    HardSwish,
}

impl Activation {
    /// Every name that a configuration knows.
    pub const NAMES: [&str; 17] = [
        "identity",
        "relu",
        "leaky_relu",
        "elu",
        "gelu",
        "gelu_tanh",
        "silu",
        "softplus",
        "tanh",
        "sigmoid",
        "softmax",
        "scaled_tanh",
        "clip",
        "relu6",
        "hard_tanh",
        "hard_sigmoid",
        "hard_swish",
    ];
    /// Leaky ReLU as PyTorch has it by default.
    pub const LEAKY_RELU: Self = Self::LeakyRelu { slope: 0.01 };
    /// ELU as every library has it by default.
    pub const ELU: Self = Self::Elu { alpha: 1.0 };
    /// ReLU6: min(max(z, 0), 6).
    pub const RELU6: Self = Self::Clip {
        low: 0.0,
        high: 6.0,
    };
    /// Hard tanh: min(max(z, -1), 1).
    pub const HARD_TANH: Self = Self::Clip {
        low: -1.0,
        high: 1.0,
    };

    /// The image of one coordinate; `None` for softmax, which needs the whole sample.
    pub fn value(self, z: f64) -> Option<f64> {
        Some(match self {
            Self::Identity => z,
            Self::Relu => relu(z),
            Self::LeakyRelu { slope } => {
                if z > 0.0 {
                    z
                } else {
                    slope * z
                }
            }
            Self::Elu { alpha } => {
                if z > 0.0 {
                    z
                } else {
                    alpha * libm::expm1(z)
                }
            }
            Self::Gelu => z * normal_cdf(z),
            Self::GeluTanh => 0.5 * z * (1.0 + libm::tanh(gelu_argument(z))),
            Self::Silu => z * sigmoid(z),
            Self::Softplus => z.max(0.0) + libm::log1p(libm::exp(-z.abs())),
            Self::Tanh => libm::tanh(z),
            Self::Sigmoid => sigmoid(z),
            Self::Softmax => return None,
            Self::ScaledTanh { a, b } => a * libm::tanh(b * z),
            // Unlike max and min, comparisons let NaN through.
            Self::Clip { low, .. } if z < low => low,
            Self::Clip { high, .. } if z > high => high,
            Self::Clip { .. } => z,
            Self::HardSigmoid => hard_sigmoid(z),
            Self::HardSwish => z * hard_sigmoid(z),
        })
    }

    /// Whether it is made of straight pieces.
    pub fn is_piecewise_linear(self) -> bool {
        self.kinks().is_some()
    }

    /// Whether a coordinate lies at the flat ends of an S-shaped activation: the slope is below a hundredth of that at 0. `None` for
    /// activations without two such ends.
    pub fn is_saturated(self, z: f64) -> Option<bool> {
        let ends = match self {
            Self::Tanh | Self::Sigmoid | Self::HardSigmoid | Self::ScaledTanh { .. } => true,
            Self::Clip { low, high } => low < 0.0 && high > 0.0,
            _ => false,
        };
        if !ends {
            return None;
        }
        Some(self.derivative(z)?.abs() < 0.01 * self.derivative(0.0)?.abs())
    }

    /// The slope at one coordinate (at a kink: the one-sided slope that autodiff uses, 0 for ReLU);
    /// `None` for softmax.
    pub fn derivative(self, z: f64) -> Option<f64> {
        Some(match self {
            Self::Identity => 1.0,
            Self::Relu => f64::from(z > 0.0),
            Self::LeakyRelu { slope } => {
                if z > 0.0 {
                    1.0
                } else {
                    slope
                }
            }
            Self::Elu { alpha } => {
                if z > 0.0 {
                    1.0
                } else {
                    alpha * libm::exp(z)
                }
            }
            Self::Gelu => normal_cdf(z) + z * libm::exp(-0.5 * z * z) * FRAC_1_SQRT_2PI,
            Self::GeluTanh => {
                let t = libm::tanh(gelu_argument(z));
                let slope = SQRT_2_OVER_PI * (1.0 + 3.0 * GELU_CUBIC * z * z);
                0.5 * (1.0 + t) + 0.5 * z * (1.0 - t * t) * slope
            }
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
            Self::Clip { low, high } => f64::from(z > low && z < high),
            Self::HardSigmoid => f64::from(z > -3.0 && z < 3.0) / 6.0,
            Self::HardSwish => {
                if z <= -3.0 {
                    0.0
                } else if z >= 3.0 {
                    1.0
                } else {
                    z / 3.0 + 0.5
                }
            }
        })
    }

    /// Where a piecewise linear activation has its kinks, ascending; `None` for one that bends smoothly.
    ///
    /// ```
    /// use foldspace::model::Activation;
    /// assert_eq!(Activation::RELU6.kinks(), Some(vec![0.0, 6.0]));
    /// assert_eq!(Activation::Tanh.kinks(), None);
    /// ```
    pub fn kinks(self) -> Option<Vec<f64>> {
        match self {
            Self::Identity => Some(Vec::new()),
            Self::Relu | Self::LeakyRelu { .. } => Some(vec![0.0]),
            Self::Clip { low, high } => Some(vec![low, high]),
            Self::HardSigmoid => Some(vec![-3.0, 3.0]),
            _ => None,
        }
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
            Self::LeakyRelu { .. } => "leaky_relu",
            Self::Elu { .. } => "elu",
            Self::Gelu => "gelu",
            Self::GeluTanh => "gelu_tanh",
            Self::Silu => "silu",
            Self::Softplus => "softplus",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softmax => "softmax",
            Self::ScaledTanh { .. } => "scaled_tanh",
            Self::RELU6 => "relu6",
            Self::HARD_TANH => "hard_tanh",
            Self::Clip { .. } => "clip",
            Self::HardSigmoid => "hard_sigmoid",
            Self::HardSwish => "hard_swish",
        }
    }
}

/// 1 / sqrt(2 pi).
const FRAC_1_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// sqrt(2 / pi).
const SQRT_2_OVER_PI: f64 = 0.797_884_560_802_865_4;

/// The weight of the cubic term in GELU by tanh.
const GELU_CUBIC: f64 = 0.044_715;

/// What GELU by tanh takes the tanh of.
fn gelu_argument(z: f64) -> f64 {
    SQRT_2_OVER_PI * (z + GELU_CUBIC * z * z * z)
}

/// z / 6 + 1/2 clipped to \[0, 1\].
fn hard_sigmoid(z: f64) -> f64 {
    (z / 6.0 + 0.5).clamp(0.0, 1.0)
}

/// max(z, 0); NaN stays NaN, as in PyTorch.
pub(super) fn relu(z: f64) -> f64 {
    if z > 0.0 || z.is_nan() { z } else { 0.0 }
}

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
