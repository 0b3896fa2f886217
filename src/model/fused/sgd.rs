//! A step of plain gradient descent on a backend's tensors.

use burn::backend::Backend;
use burn::backend::tensor::FloatTensor;

use super::{memory, update};

/// How far a step of gradient descent goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SgdStep {
    /// The learning rate η.
    pub lr: f64,
    /// λ.
    pub weight_decay: f64,
}

impl SgdStep {
    /// w - η (g + λ w).
    pub(super) fn apply<B: Backend>(
        self,
        weight: FloatTensor<B>,
        gradient: FloatTensor<B>,
    ) -> FloatTensor<B> {
        let Self { lr, weight_decay } = self;
        let weight = match memory::entries::<B>(&gradient) {
            Some(gradient) => {
                let step = |weight: &mut [f32]| update::sgd(weight, &gradient, lr, weight_decay);
                match memory::map::<B>(weight, step) {
                    Ok(moved) => return moved,
                    Err(weight) => weight,
                }
            }
            None => weight,
        };
        let gradient = match weight_decay {
            0.0 => gradient,
            _ => {
                let penalty = B::float_mul_scalar(weight.clone(), weight_decay.into());
                B::float_add(gradient, penalty)
            }
        };
        B::float_sub(weight, B::float_mul_scalar(gradient, lr.into()))
    }
}
