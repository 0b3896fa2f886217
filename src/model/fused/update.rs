//! The optimisers' steps over plain numbers, rounded as the same in Burn's operations, one after the other, rounds.

use crate::model::simd::{Work, dispatch};

/// How a step moves parameters; the constants are `f64` until they meet a number, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Update {
    /// g' = g + λ w; v = μ v + g' (g' in the first step); w -= η v, with `nesterov` η (μ v + g').
    Sgd {
        /// λ.
        decay: f64,
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
        /// λ of a penalty: g + λ w takes the place of g.
        penalty: f64,
        /// λ of the weights themselves: they shrink to (1 - η λ) w before the step.
        shrink: f64,
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
        decay: f64,
    },
}

impl Update {
    /// How many numbers it remembers of each parameter: v; m and v; s and b.
    pub fn memories(self) -> usize {
        match self {
            Self::Sgd { momentum: 0.0, .. } => 0,
            Self::Sgd { .. } | Self::RmsProp { momentum: 0.0, .. } => 1,
            Self::Adam { .. } | Self::RmsProp { .. } => 2,
        }
    }

    /// Makes step number `time`, counted from 1, at rate η. `past` holds what is remembered, zeros before the first step.
    pub fn apply(
        self,
        rate: f64,
        time: u64,
        weights: &mut [f32],
        gradients: &[f32],
        past: &mut [Vec<f32>],
    ) {
        dispatch(Step {
            update: self,
            rate,
            time,
            weights,
            gradients,
            past,
        });
    }
}

struct Step<'a> {
    update: Update,
    rate: f64,
    time: u64,
    weights: &'a mut [f32],
    gradients: &'a [f32],
    past: &'a mut [Vec<f32>],
}

impl Work for Step<'_> {
    type Output = ();

    #[inline(always)]
    fn run<const REACH: usize, const FUSED: bool>(self) {
        let Self {
            rate,
            time,
            weights,
            gradients,
            past,
            ..
        } = self;
        match (self.update, past) {
            (Update::Sgd { decay, .. }, []) => descend(weights, gradients, rate, decay),
            (
                Update::Sgd {
                    decay,
                    momentum,
                    nesterov,
                },
                [velocity, ..],
            ) => {
                let (rate, momentum) = (rate as f32, momentum as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(velocity);
                for ((w, g), v) in numbers {
                    let g = penalised(*g, *w, decay as f32);
                    *v = if time == 1 { g } else { g + *v * momentum };
                    let step = if nesterov { *v * momentum + g } else { *v };
                    *w -= step * rate;
                }
            }
            (
                Update::Adam {
                    betas: [beta1, beta2],
                    eps,
                    penalty,
                    shrink,
                },
                [first, second],
            ) => {
                let correction = |beta: f64| 1.0 - libm::pow(beta, time as f64);
                let kept = (1.0 - rate * shrink) as f32;
                let root = correction(beta2).sqrt() as f32;
                let rate = (rate / correction(beta1)) as f32;
                let [new1, new2] = [beta1, beta2].map(|beta| (1.0 - beta) as f32);
                let (eps, beta2) = (eps as f32, beta2 as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(first).zip(second);
                for (((w, g), m), v) in numbers {
                    let g = penalised(*g, *w, penalty as f32);
                    let weight = if shrink == 0.0 { *w } else { *w * kept };
                    *m += (g - *m) * new1;
                    *v = *v * beta2 + g * g * new2;
                    let step = *m / (v.sqrt() / root + eps);
                    *w = weight - step * rate;
                }
            }
            (
                Update::RmsProp {
                    alpha, eps, decay, ..
                },
                [squares],
            ) => {
                let (rate, alpha, eps) = (rate as f32, alpha as f32, eps as f32);
                let numbers = weights.iter_mut().zip(gradients).zip(squares);
                for ((w, g), s) in numbers {
                    *w -= scaled(*g, *w, s, [alpha, eps, decay as f32], time) * rate;
                }
            }
            (
                Update::RmsProp {
                    alpha,
                    momentum,
                    eps,
                    decay,
                },
                [squares, buffer],
            ) => {
                let (rate, alpha, eps) = (rate as f32, alpha as f32, eps as f32);
                let momentum = momentum as f32;
                let numbers = weights.iter_mut().zip(gradients).zip(squares).zip(buffer);
                for (((w, g), s), b) in numbers {
                    let g = scaled(*g, *w, s, [alpha, eps, decay as f32], time);
                    *b = if time == 1 { g } else { *b * momentum + g };
                    *w -= *b * rate;
                }
            }
            (update, past) => unreachable!("{update:?} remembers {} numbers", past.len()),
        }
    }
}

/// w - η (g + λ w).
#[inline(always)]
pub(super) fn descend(weights: &mut [f32], gradients: &[f32], rate: f64, decay: f64) {
    let (rate, decay) = (rate as f32, decay as f32);
    for (w, g) in weights.iter_mut().zip(gradients) {
        *w -= penalised(*g, *w, decay) * rate;
    }
}

/// g + λ w.
#[inline(always)]
fn penalised(g: f32, w: f32, decay: f32) -> f32 {
    if decay == 0.0 { g } else { g + w * decay }
}

/// RMSprop's g' / (√s + ε), after s has taken note of g'.
#[inline(always)]
fn scaled(g: f32, w: f32, s: &mut f32, [alpha, eps, decay]: [f32; 3], time: u64) -> f32 {
    let g = penalised(g, w, decay);
    let new = g * g * (1.0 - alpha);
    *s = if time == 1 { new } else { *s * alpha + new };
    g / (s.sqrt() + eps)
}
