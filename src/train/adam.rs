//! Adam and AdamW in PyTorch's arithmetic.
//!
//! Burn's own hold β₁ and β₂ in `f32` and compute 1 - β₂ from that: 0.00099998713, where PyTorch has 0.001. That makes the steps
//! 6e-6 longer or shorter, and within a hundred epochs the losses differ from PyTorch's by 1e-4 and more. Here constants
//! are `f64` until they meet a tensor, as in `torch.optim.Adam`.

use burn::optim::{AdamState, AdaptiveMomentumState, LearningRate, Optimizer};
use burn::tensor::{Device, Tensor};

/// What happens to the weights themselves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Decay {
    /// An L2 penalty: λ w is added to the gradient (Adam).
    Penalty(f64),
    /// w shrinks by lr λ, apart from the gradient (AdamW).
    Apart(f64),
}

/// m = β₁ m + (1 - β₁) g, v = β₂ v + (1 - β₂) g², w -= lr m̂ / (√v̂ + ε), with m̂ = m / (1 - β₁ᵗ) and v̂ = v / (1 - β₂ᵗ)
/// (Kingma and Ba 2014).
#[derive(Debug, Clone)]
pub(super) struct Adam {
    pub(super) betas: [f64; 2],
    pub(super) eps: f64,
    pub(super) decay: Decay,
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        weight: Tensor<D>,
        gradient: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let [beta1, beta2] = self.betas;
        let (weight, gradient) = match self.decay {
            Decay::Penalty(0.0) | Decay::Apart(0.0) => (weight, gradient),
            Decay::Penalty(rate) => {
                let penalty = weight.clone().mul_scalar(rate);
                (weight, gradient + penalty)
            }
            Decay::Apart(rate) => (weight.mul_scalar(1.0 - lr * rate), gradient),
        };
        let (time, m, v) = match state.map(|state| state.momentum) {
            Some(past) => (past.time + 1, past.moment_1, past.moment_2),
            None => (1, gradient.zeros_like(), gradient.zeros_like()),
        };
        let m = m.clone() + (gradient.clone() - m).mul_scalar(1.0 - beta1);
        let v = v.mul_scalar(beta2) + gradient.square().mul_scalar(1.0 - beta2);

        let correction = |beta: f64| 1.0 - libm::pow(beta, time as f64);
        let root = v.clone().sqrt().div_scalar(correction(beta2).sqrt());
        let step = m.clone().div(root.add_scalar(self.eps));
        let moved = weight - step.mul_scalar(lr / correction(beta1));
        let momentum = AdaptiveMomentumState::new(time, m, v);
        (moved, Some(AdamState::new(momentum)))
    }

    fn to_device<const D: usize>(mut state: AdamState<D>, device: &Device) -> AdamState<D> {
        state.momentum = state.momentum.to_device(device);
        state
    }
}
