//! The activations that can be fused with the affine map before them.

use pulp::Simd;

use super::functions::{sigmoid, tanh};
use crate::model::Activation;

/// An activation that acts on each unit alone and whose slope follows from its output, so that the backward pass needs
/// no more than the layer's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bend {
    /// z.
    Identity,
    /// max(0, z).
    Relu,
    /// tanh z.
    Tanh,
    /// 1 / (1 + exp(-z)).
    Sigmoid,
}

impl Bend {
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
    #[inline(always)]
    pub fn apply<S: Simd>(self, z: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => each(z, |z| if z < 0.0 { 0.0 } else { z }),
            Self::Tanh => each(z, tanh::<S>),
            Self::Sigmoid => each(z, sigmoid),
        }
    }

    /// dL/dz from dL/dy and y = φ(z), into `dz`.
    #[inline(always)]
    pub fn pull_back(self, y: &[f32], dy: &[f32], dz: &mut [f32]) {
        match self {
            Self::Identity => dz.copy_from_slice(dy),
            Self::Relu => each_of(y, dy, dz, |y, dy| if y > 0.0 { dy } else { 0.0 }),
            Self::Tanh => each_of(y, dy, dz, |y, dy| dy * (1.0 - y * y)),
            Self::Sigmoid => each_of(y, dy, dz, |y, dy| dy * y * (1.0 - y)),
        }
    }
}

#[inline(always)]
fn each(z: &mut [f32], function: impl Fn(f32) -> f32) {
    for z in z {
        *z = function(*z);
    }
}

#[inline(always)]
fn each_of(y: &[f32], dy: &[f32], dz: &mut [f32], function: impl Fn(f32, f32) -> f32) {
    for ((dz, y), dy) in dz.iter_mut().zip(y).zip(dy) {
        *dz = function(*y, *dy);
    }
}
