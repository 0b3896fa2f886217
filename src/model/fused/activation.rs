//! The activations that can be fused with the linear layer before them.

use rayon::prelude::*;

use super::functions::{sigmoid, tanh};
use super::slopes;
use crate::model::Activation;
use crate::model::simd::{Vectors, Work, dispatch};

/// An activation that acts on each unit alone: every [`Activation`] but softmax.
///
/// The derivative of the first half follows from the output, so that the backward pass needs no more than that; of the others the
/// forward pass records the slope as well ([`keeps_slopes`](Self::keeps_slopes)).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum FusedActivation {
    /// z.
    #[default]
    Identity,
    /// max(0, z).
    Relu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + exp(-z)).
    Sigmoid,
    /// min(max(z, low), high).
    Clip {
        /// The lower bound.
        low: f32,
        /// The upper bound.
        high: f32,
    },
    /// z / 6 + 1/2 clipped to \[0, 1\].
    HardSigmoid,
    /// max(0, z) + slope min(0, z).
    LeakyRelu {
        /// The slope below 0.
        slope: f32,
    },
    /// z if z > 0, else alpha (exp(z) - 1).
    Elu {
        /// How far below zero it reaches.
        alpha: f32,
    },
    /// z Φ(z), Φ the normal distribution function.
    Gelu,
    /// z (1 + tanh(√(2/π) (z + 0.044715 z³))) / 2.
    GeluTanh,
    /// z / (1 + exp(-z)).
    Silu,
    /// ln(1 + exp(z)).
    Softplus,
    /// a tanh(b z).
    ScaledTanh {
        /// The height.
        a: f32,
        /// The slope at the origin, divided by `a`.
        b: f32,
    },
    /// z times its hard sigmoid.
    HardSwish,
}

impl FusedActivation {
    /// The activation, if it acts on each unit alone.
    pub fn of(activation: Activation) -> Option<Self> {
        Some(match activation {
            Activation::Identity => Self::Identity,
            Activation::Relu => Self::Relu,
            Activation::LeakyRelu { slope } => Self::LeakyRelu {
                slope: slope as f32,
            },
            Activation::Elu { alpha } => Self::Elu {
                alpha: alpha as f32,
            },
            Activation::Gelu => Self::Gelu,
            Activation::GeluTanh => Self::GeluTanh,
            Activation::Silu => Self::Silu,
            Activation::Softplus => Self::Softplus,
            Activation::Tanh => Self::Tanh,
            Activation::Sigmoid => Self::Sigmoid,
            Activation::Softmax => return None,
            Activation::ScaledTanh { a, b } => Self::ScaledTanh {
                a: a as f32,
                b: b as f32,
            },
            Activation::Clip { low, high } => Self::Clip {
                low: low as f32,
                high: high as f32,
            },
            Activation::HardSigmoid => Self::HardSigmoid,
            Activation::HardSwish => Self::HardSwish,
        })
    }

    /// Whether the derivative takes more than the output: a forward pass that is to be followed back records φ'(z).
    pub fn keeps_slopes(self) -> bool {
        match self {
            Self::Identity | Self::Relu | Self::Tanh | Self::Sigmoid => false,
            Self::Clip { .. } | Self::HardSigmoid => false,
            Self::LeakyRelu { .. } | Self::Elu { .. } | Self::ScaledTanh { .. } => true,
            Self::Gelu | Self::GeluTanh | Self::Silu | Self::Softplus | Self::HardSwish => true,
        }
    }

    /// φ of every number, in place, and to `slopes` φ' where it [keeps](Self::keeps_slopes) them.
    #[inline(always)]
    pub(super) fn apply_recording<K: Vectors>(self, vectors: K, z: &mut [f32], slopes: &mut [f32]) {
        vectors.call(Recording {
            activation: self,
            z,
            slopes,
        });
    }

    /// The same, wherever it is called from.
    ///
    /// Loops rather than functions that are passed: such a function is compiled by itself, without the processor's vectors, and
    /// nothing makes the compiler inline it.
    #[inline(always)]
    fn record<K: Vectors>(self, z: &mut [f32], slopes: &mut [f32]) {
        let recorded = z.iter_mut().zip(slopes);
        match self {
            Self::Identity => {}
            Self::Relu => {
                for z in z {
                    *z = if *z < 0.0 { 0.0 } else { *z };
                }
            }
            Self::Tanh => {
                for z in z {
                    *z = tanh::<K>(*z);
                }
            }
            Self::Sigmoid => {
                for z in z {
                    *z = sigmoid(*z);
                }
            }
            Self::Clip { low, high } => {
                for z in z {
                    let raised = if *z < low { low } else { *z };
                    *z = if raised > high { high } else { raised };
                }
            }
            Self::HardSigmoid => {
                for z in z {
                    *z = (*z / 6.0 + 0.5).clamp(0.0, 1.0);
                }
            }
            Self::LeakyRelu { slope } => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::leaky_relu(*z, slope);
                }
            }
            Self::Elu { alpha } => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::elu(*z, alpha);
                }
            }
            Self::Gelu => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::gelu(*z);
                }
            }
            Self::GeluTanh => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::gelu_tanh::<K>(*z);
                }
            }
            Self::Silu => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::silu(*z);
                }
            }
            Self::Softplus => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::softplus(*z);
                }
            }
            Self::ScaledTanh { a, b } => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::scaled_tanh::<K>(*z, a, b);
                }
            }
            Self::HardSwish => {
                for (z, to) in recorded {
                    (*z, *to) = slopes::hard_swish(*z);
                }
            }
        }
    }

    /// φ of every number, in place.
    #[inline(always)]
    fn apply<K: Vectors>(self, vectors: K, z: &mut [f32]) {
        let mut slopes = [0.0; PIECE];
        for z in z.chunks_mut(PIECE) {
            self.apply_recording(vectors, z, &mut slopes);
        }
    }

    /// φ of every number, in place, on several threads where that pays.
    pub fn apply_to_all(self, z: &mut [f32]) {
        let piece = |z: &mut [f32]| {
            dispatch(Apply {
                activation: self,
                z,
            })
        };
        if z.len() < WORTH_A_THREAD {
            piece(z);
        } else {
            z.par_chunks_mut(1 << 14).for_each(piece);
        }
    }

    /// From dL/dy to dL/dz in place, where y = φ(z) and `slopes` is what [`apply_recording`](Self::apply_recording) left.
    #[inline(always)]
    pub(super) fn backward(self, y: &[f32], slopes: &[f32], gradient: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => {
                for (y, gradient) in y.iter().zip(gradient) {
                    *gradient = if *y > 0.0 { *gradient } else { 0.0 };
                }
            }
            Self::Tanh => {
                for (y, gradient) in y.iter().zip(gradient) {
                    *gradient *= 1.0 - y * y;
                }
            }
            Self::Sigmoid => {
                for (y, gradient) in y.iter().zip(gradient) {
                    *gradient = *gradient * y * (1.0 - y);
                }
            }
            Self::Clip { low, high } => {
                for (y, gradient) in y.iter().zip(gradient) {
                    let passes = *y > low && *y < high;
                    *gradient = if passes { *gradient } else { 0.0 };
                }
            }
            Self::HardSigmoid => {
                for (y, gradient) in y.iter().zip(gradient) {
                    let passes = *y > 0.0 && *y < 1.0;
                    *gradient = if passes { *gradient / 6.0 } else { 0.0 };
                }
            }
            _ => {
                for (slope, gradient) in slopes.iter().zip(gradient) {
                    *gradient *= slope;
                }
            }
        }
    }

    /// The same from z, where the forward pass recorded no slopes.
    pub(super) fn backward_from_z(self, z: &[f32], gradient: &mut [f32]) {
        dispatch(BackwardFromZ {
            activation: self,
            z,
            gradient,
        });
    }
}

/// How many numbers are taken at once where slopes need a place.
const PIECE: usize = 256;

/// Below this many numbers, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 18;

struct Recording<'a> {
    activation: FusedActivation,
    z: &'a mut [f32],
    slopes: &'a mut [f32],
}

impl Work for Recording<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        self.activation.record::<K>(self.z, self.slopes);
    }
}

struct Apply<'a> {
    activation: FusedActivation,
    z: &'a mut [f32],
}

impl Work for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, vectors: K) {
        self.activation.apply(vectors, self.z);
    }
}

struct BackwardFromZ<'a> {
    activation: FusedActivation,
    z: &'a [f32],
    gradient: &'a mut [f32],
}

impl Work for BackwardFromZ<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, vectors: K) {
        let (mut y, mut slopes) = ([0.0; PIECE], [0.0; PIECE]);
        let pieces = self.z.chunks(PIECE).zip(self.gradient.chunks_mut(PIECE));
        for (z, gradient) in pieces {
            let y = &mut y[..z.len()];
            y.copy_from_slice(z);
            self.activation.apply_recording(vectors, y, &mut slopes);
            self.activation.backward(y, &slopes, gradient);
        }
    }
}
