//! The activations that can be fused with the linear layer before them.

use rayon::prelude::*;

use super::functions::{sigmoid, tanh};
use crate::model::Activation;
use crate::model::simd::{Work, dispatch};

/// An activation that acts on each unit alone and whose derivative follows from its output, so that the backward pass needs
/// no more than the layer's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FusedActivation {
    /// z.
    Identity,
    /// max(0, z).
    Relu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + exp(-z)).
    Sigmoid,
}

impl FusedActivation {
    /// The activation, if it is one of these.
    pub fn of(activation: Activation) -> Option<Self> {
        match activation {
            Activation::Identity => Some(Self::Identity),
            Activation::Relu => Some(Self::Relu),
            Activation::Tanh => Some(Self::Tanh),
            Activation::Sigmoid => Some(Self::Sigmoid),
            _ => None,
        }
    }

    /// φ of every number, in place.
    ///
    /// Loops rather than functions that are passed: such a function is compiled by itself, without the processor's vectors, and
    /// nothing makes the compiler inline it.
    #[inline(always)]
    pub fn apply<const FUSED: bool>(self, z: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => {
                for z in z {
                    *z = if *z < 0.0 { 0.0 } else { *z };
                }
            }
            Self::Tanh => {
                for z in z {
                    *z = tanh::<FUSED>(*z);
                }
            }
            Self::Sigmoid => {
                for z in z {
                    *z = sigmoid(*z);
                }
            }
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

    /// From dL/dy to dL/dz in place, where y = φ(z).
    #[inline(always)]
    pub fn backward(self, y: &[f32], gradient: &mut [f32]) {
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
        }
    }
}

/// Below this many numbers, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 18;

struct Apply<'a> {
    activation: FusedActivation,
    z: &'a mut [f32],
}

impl Work for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const REACH: usize, const FUSED: bool>(self) {
        self.activation.apply::<FUSED>(self.z);
    }
}
