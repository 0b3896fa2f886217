//! The optimisers' steps over plain numbers, rounded as Burn's operations, one after the other, round them.

use crate::model::simd::{Vectors, Work, dispatch};

/// How a step moves parameters; the constants are `f64` until they meet a number, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Update {
    /// g' = g + λ w; v = μ v + g' (g' in the first step); w -= η v, with `nesterov` η (μ v + g').
    Sgd {
        /// λ.
        weight_decay: f64,
        /// μ.
        momentum: f64,
        /// Whether to look ahead along the momentum.
        nesterov: bool,
    },
    /// m += (1 - β₁) (g - m), v = β₂ v + (1 - β₂) g², w -= η m̂ / (√v̂ + ε), m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ).
    Adam {
        /// β₁ and β₂.
        betas: [f64; 2],
        /// ε.
        eps: f64,
        /// λ, Adam's: g + λ w takes the place of g.
        weight_decay: f64,
        /// λ, AdamW's: the weights shrink to (1 - η λ) w before the step.
        decoupled_weight_decay: f64,
    },
    /// g' = g + λ w; s = α s + (1 - α) g'²; b = μ b + g' / (√s + ε); w -= η b.
    RmsProp {
        /// α.
        alpha: f64,
        /// μ.
        momentum: f64,
        /// ε.
        eps: f64,
        /// λ.
        weight_decay: f64,
    },
}

impl Update {
    /// How many buffers it keeps, of a number per parameter: v; m and v; s and b.
    pub fn buffers(self) -> usize {
        match self {
            Self::Sgd { momentum: 0.0, .. } => 0,
            Self::Sgd { .. } | Self::RmsProp { momentum: 0.0, .. } => 1,
            Self::Adam { .. } | Self::RmsProp { .. } => 2,
        }
    }

    /// Makes step number `time`, counted from 1, at learning rate η. `buffers` holds what is remembered, zeros before the first
    /// step.
    pub fn apply(
        self,
        lr: f64,
        time: u64,
        weights: &mut [f32],
        gradients: &[f32],
        buffers: &mut [Vec<f32>],
    ) {
        dispatch(Step {
            update: self,
            lr,
            time,
            weights,
            gradients,
            buffers,
        });
    }
}

struct Step<'a> {
    update: Update,
    lr: f64,
    time: u64,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    buffers: &'a mut [Vec<f32>],
}

impl Work for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let Self {
            lr,
            time,
            weights,
            gradients,
            buffers,
            ..
        } = self;
        match (self.update, buffers) {
            (Update::Sgd { weight_decay, .. }, []) => sgd(weights, gradients, lr, weight_decay),
            (
                Update::Sgd {
                    weight_decay,
                    momentum,
                    nesterov,
                },
                [velocity, ..],
            ) => {
                let (lr, momentum) = (lr as f32, momentum as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(velocity);
                for ((w, g), v) in numbers {
                    let g = penalised(*g, *w, weight_decay as f32);
                    *v = if time == 1 { g } else { g + *v * momentum };
                    let step = if nesterov { *v * momentum + g } else { *v };
                    *w -= step * lr;
                }
            }
            (
                Update::Adam {
                    betas: [beta1, beta2],
                    eps,
                    weight_decay,
                    decoupled_weight_decay,
                },
                [first, second],
            ) => {
                let correction = |beta: f64| 1.0 - libm::pow(beta, time as f64);
                let kept = (1.0 - lr * decoupled_weight_decay) as f32;
                let root = correction(beta2).sqrt() as f32;
                let lr = (lr / correction(beta1)) as f32;
                let [new1, new2] = [beta1, beta2].map(|beta| (1.0 - beta) as f32);
                let (eps, beta2) = (eps as f32, beta2 as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(first).zip(second);
                for (((w, g), m), v) in numbers {
                    let g = penalised(*g, *w, weight_decay as f32);
                    let weight = if decoupled_weight_decay == 0.0 {
                        *w
                    } else {
                        *w * kept
                    };
                    *m += (g - *m) * new1;
                    *v = *v * beta2 + g * g * new2;
                    let step = *m / (v.sqrt() / root + eps);
                    *w = weight - step * lr;
                }
            }
            (
                Update::RmsProp {
                    alpha,
                    eps,
                    weight_decay,
                    ..
                },
                [squares],
            ) => {
                let (lr, alpha, eps) = (lr as f32, alpha as f32, eps as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(squares);
                for ((w, g), s) in numbers {
                    *w -= scaled(*g, *w, s, [alpha, eps, weight_decay as f32], time) * lr;
                }
            }
            (
                Update::RmsProp {
                    alpha,
                    momentum,
                    eps,
                    weight_decay,
                },
                [squares, buffer],
            ) => {
                let (lr, alpha, eps) = (lr as f32, alpha as f32, eps as f32);
                let momentum = momentum as f32;
                let numbers = weights.iter_mut().zip(gradients).zip(squares).zip(buffer);
                for (((w, g), s), b) in numbers {
                    let g = scaled(*g, *w, s, [alpha, eps, weight_decay as f32], time);
                    *b = if time == 1 { g } else { *b * momentum + g };
                    *w -= *b * lr;
                }
            }
            (update, buffers) => unreachable!("{update:?} remembers {} numbers", buffers.len()),
        }
    }
}

/// w - η (g + λ w).
#[inline(always)]
pub(super) fn sgd(weights: &mut [f32], gradients: &[f32], lr: f64, weight_decay: f64) {
    let (lr, weight_decay) = (lr as f32, weight_decay as f32);
    for (w, g) in weights.iter_mut().zip(gradients) {
        *w -= penalised(*g, *w, weight_decay) * lr;
    }
}

/// g + λ w.
#[inline(always)]
fn penalised(g: f32, w: f32, weight_decay: f32) -> f32 {
    if weight_decay == 0.0 {
        g
    } else {
        g + w * weight_decay
    }
}

/// RMSprop's g' / (√s + ε), after s has taken note of g'.
#[inline(always)]
fn scaled(g: f32, w: f32, s: &mut f32, [alpha, eps, weight_decay]: [f32; 3], time: u64) -> f32 {
    let g = penalised(g, w, weight_decay);
    let new = g * g * (1.0 - alpha);
    *s = if time == 1 { new } else { *s * alpha + new };
    g / (s.sqrt() + eps)
}
