//! What a thread does with a group of panels.

use std::cell::Cell;

use super::FusedLoss;
use super::chain::Chain;
use super::lanes::{Aligned, LANES};
use super::panel::{PanelGradients, backward, forward, load, store};
use super::sums::Sums;
use crate::model::simd::{Vectors, Work};

/// What to do with a group.
pub(super) enum Task<'a> {
    /// The output, and if there is a place for it, what the way back wants of every layer.
    Forward {
        y: &'a mut [f32],
        record: &'a mut [f32],
    },
    /// The gradients from dL/dy; dL/dx if there is a place for it.
    Backward {
        record: &'a [f32],
        dy: &'a [f32],
        dx: &'a mut [f32],
    },
    /// Forward, and back from the derivative of the loss times `share`.
    Loss {
        target: &'a [f32],
        loss: FusedLoss,
        share: f32,
        dx: &'a mut [f32],
    },
}

/// A group of samples and what to do with them.
pub(super) struct Group<'a> {
    pub(super) chain: &'a Chain<'a>,
    /// The samples of a panel.
    pub(super) width: usize,
    /// (rows x inputs).
    pub(super) x: &'a [f32],
    pub(super) task: Task<'a>,
}

thread_local! {
    /// A panel's values and gradients. Kept, so that a step takes no fresh memory for them.
    static SCRATCH: Cell<Aligned> = Cell::default();
}

impl Work for Group<'_> {
    type Output = Sums;

    #[inline(always)]
    fn run<K: Vectors>(self, vectors: K) -> Sums {
        let Self {
            chain,
            width,
            x,
            mut task,
        } = self;
        let (inputs, outputs) = (chain.inputs(), chain.outputs());
        let recorded = chain.recorded();
        let widest = chain.layers.iter().map(|layer| layer.units).max();
        let widest = widest.unwrap_or(0).max(inputs).next_multiple_of(LANES);
        let mut scratch = SCRATCH.take();
        let needed = width * (inputs + recorded + 3 * widest);
        scratch.resize(needed);
        let (x_panel, rest) = scratch.as_mut_slice().split_at_mut(width * inputs);
        let (values, rest) = rest.split_at_mut(width * recorded);
        let (dy, rest) = rest.split_at_mut(width * widest);
        let (dx, transposed) = rest.split_at_mut(width * widest);
        let mut gradients = PanelGradients {
            dy,
            dx,
            transposed,
            width,
        };

        let mut sums = match task {
            Task::Forward { .. } => Sums::default(),
            _ => Sums::zeros(chain),
        };
        for (number, x) in x.chunks(width * inputs).enumerate() {
            let samples = x.len() / inputs;
            let first = number * width;
            let (from, to) = (first * outputs, (first + samples) * outputs);
            load(x, x_panel, width, inputs);
            let (values, dx) = match &mut task {
                Task::Forward { y, record } => {
                    let here = number * width * recorded;
                    let values = record
                        .get_mut(here..here + width * recorded)
                        .unwrap_or(values);
                    forward(vectors, chain, x_panel, values, width);
                    let last = &values[width * (recorded - outputs)..];
                    store(last, &mut y[from..to], width, outputs);
                    continue;
                }
                Task::Backward { record, dy, dx } => {
                    load(&dy[from..to], gradients.dy, width, outputs);
                    let values = &record[number * width * recorded..][..width * recorded];
                    (values, dx)
                }
                Task::Loss {
                    target,
                    loss,
                    share,
                    dx,
                } => {
                    forward(vectors, chain, x_panel, values, width);
                    let output = &values[width * (recorded - outputs)..];
                    load(&target[from..to], gradients.transposed, width, outputs);
                    sums.loss += gradients.start(output, *loss, *share, samples);
                    (&*values, dx)
                }
            };
            let dx = place_for(dx, first * inputs, samples * inputs);
            backward(
                vectors,
                chain,
                x_panel,
                values,
                &mut gradients,
                &mut sums,
                dx,
            );
        }
        SCRATCH.set(scratch);
        sums
    }
}

/// The `length` numbers from `first` on, if dL/dx is wanted at all.
#[inline(always)]
fn place_for(dx: &mut [f32], first: usize, length: usize) -> Option<&mut [f32]> {
    dx.get_mut(first..first + length)
}

#[cfg(test)]
mod tests {
    use super::super::chain::Layer;
    use super::*;
    use crate::model::fused::{EntryLoss, FusedActivation};
    use crate::model::simd::in_every_way;

    /// A step's loss, contributions to its gradients, and dL/dx.
    #[derive(Clone, Copy)]
    struct Step<'a> {
        chain: &'a Chain<'a>,
        x: &'a [f32],
        target: &'a [f32],
    }

    impl Work for Step<'_> {
        type Output = (f64, Vec<f32>);

        #[inline(always)]
        fn run<K: Vectors>(self, vectors: K) -> (f64, Vec<f32>) {
            let mut dx = vec![0.0; self.x.len()];
            let group = Group {
                chain: self.chain,
                width: 64,
                x: self.x,
                task: Task::Loss {
                    target: self.target,
                    loss: EntryLoss::BinaryCrossEntropy.into(),
                    share: 1.0 / self.target.len() as f32,
                    dx: &mut dx,
                },
            };
            let sums = group.run(vectors);
            (sums.loss, [sums.numbers.as_slice(), &dx].concat())
        }
    }

    /// Numbers between -1 and 1 that look random.
    fn numbers(count: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let numbers = (0..count).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state as i32 as f32 / 2_147_483_648.0
        });
        numbers.collect()
    }

    /// Narrow and wide layers, widths that fill no vector, every activation, and a last panel that is not full.
    #[test]
    fn every_processor_takes_the_same_step() {
        let widths = [3, 33, 20, 7, 9, 5, 6, 4, 8, 3, 4, 7, 5, 2, 1];
        let activations = [
            FusedActivation::Tanh,
            FusedActivation::Relu,
            FusedActivation::Identity,
            FusedActivation::LeakyRelu { slope: 0.1 },
            FusedActivation::Elu { alpha: 1.5 },
            FusedActivation::Gelu,
            FusedActivation::GeluTanh,
            FusedActivation::Silu,
            FusedActivation::Softplus,
            FusedActivation::ScaledTanh { a: 1.7, b: 0.7 },
            FusedActivation::Clip {
                low: -1.0,
                high: 1.0,
            },
            FusedActivation::HardSwish,
            FusedActivation::HardSigmoid,
            FusedActivation::Sigmoid,
        ];
        let weights: Vec<[Vec<f32>; 2]> = widths
            .windows(2)
            .map(|w| [numbers(w[0] * w[1], 1), numbers(w[1], 2)])
            .collect();
        let layers = weights.iter().zip(widths.windows(2)).zip(activations);
        let layers = layers.map(|(([weight, bias], w), activation)| Layer {
            inputs: w[0],
            units: w[1],
            activation,
            weight,
            bias,
        });
        let chain = Chain::new(layers.collect());
        let (x, rows) = (numbers(3 * 75, 3), 75);
        let target: Vec<f32> = (0..rows).map(|i| (i % 2) as f32).collect();
        let results = in_every_way(Step {
            chain: &chain,
            x: &x,
            target: &target,
        });
        let (unfused, fused) = results.split_last().unwrap();
        for result in fused {
            assert_eq!(result, &fused[0]);
        }
        assert!(unfused.0.is_finite() && unfused.0 > 0.0);
        assert!((unfused.0 - fused[0].0).abs() < 1e-4 * unfused.0);
        assert_eq!(unfused.1.len(), fused[0].1.len());
        for (a, b) in unfused.1.iter().zip(&fused[0].1) {
            assert!((a - b).abs() < 1e-6, "{a} and {b}");
        }
        assert_ne!(unfused, &fused[0], "the products were fused in neither");
    }
}
