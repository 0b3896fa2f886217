//! An epoch of training as one operation, where parameters are in this computer's memory and no hook listens between the steps.
//!
//! The bits are those of step after step; what is saved are tensors, Burn's graph and the walk over the module, which take
//! longer than the arithmetic of a small batch.

use burn::tensor::{Tensor, TensorData};

use super::gradients::StepGradients;
use super::numbers::{ModuleNumbers, place};
use super::optimizer::Optimizer;
use super::optimizer_state::Place;
use super::{Clip, EpochSteps, Loss, Reading, Samples};
use crate::model::Mlp;
use crate::model::fused::{self, Batches, FusedLoss, LAYERS, TrainingLoop, TrainingState};
use crate::random::Generator;
use crate::random::torch::dataloader_order;

/// How an epoch's steps are taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// The learning rate.
    pub lr: f64,
    /// What keeps a step from being too long.
    pub clip: Option<Clip>,
    /// How many samples a step takes; all of them where it is absent.
    pub batch_size: Option<usize>,
}

/// A network and data of which an epoch can be one operation.
///
/// Plain layers with activations of [`fused::FusedActivation`], and a softmax before the cross-entropy; `flex` or `ndarray`.
#[derive(Debug, Clone)]
pub struct WholeEpoch {
    layers: Vec<fused::LayerShape>,
    /// Every parameter in the order in which a module is walked, which is that of the layers.
    parameters: Vec<Place>,
    loss: FusedLoss,
    inputs: Tensor<2>,
    targets: Tensor<2>,
}

impl WholeEpoch {
    /// `None` where an epoch has to be made of steps.
    pub fn new(model: &Mlp, samples: &Samples, loss: Loss) -> Option<Self> {
        let (targets, loss) = (samples.targets.numbers(), loss.fused());
        let layers = model
            .layer_shapes(loss)
            .filter(|layers| layers.len() <= LAYERS)?;
        if layers.is_empty() || samples.is_empty() {
            return None;
        }
        fused::read(&samples.inputs, |_| ()).and(fused::read(&targets, |_| ()))?;
        let parameters = ModuleNumbers::of(model)?.places;
        // Something of it may be frozen, or all of it without autodiff.
        let expected: usize = layers.iter().map(|layer| layer.parameters()).sum();
        if parameters.iter().map(Place::len).sum::<usize>() != expected {
            return None;
        }
        Some(Self {
            layers,
            parameters,
            loss,
            inputs: samples.inputs.clone(),
            targets,
        })
    }

    /// Trains on every sample once, in the order that [`Samples::batches`] would serve. `None`, and nothing has happened,
    /// where the network has changed or the optimiser's past does not allow it.
    pub fn run(
        &self,
        model: &mut Mlp,
        optimizer: &mut Optimizer,
        descent: Descent,
        generator: &mut Generator,
    ) -> Option<EpochSteps> {
        let read = ModuleNumbers::of(model)?;
        if read.places != self.parameters {
            return None;
        }
        let (update, past) = optimizer.numbers(&self.parameters)?;
        let training = TrainingLoop {
            layers: self.layers.clone(),
            loss: self.loss,
            update,
            lr: descent.lr,
        };
        let train = |inputs: &[f32], targets: &[f32]| {
            let samples = self.inputs.dims()[0];
            let order = descent
                .batch_size
                .map(|size| (dataloader_order(generator, samples), size));
            let batches = Batches {
                inputs,
                targets,
                order: order.as_ref().map(|(order, size)| (&order[..], *size)),
            };
            let mut state = TrainingState {
                parameters: read.numbers,
                buffers: std::mem::take(&mut past.buffers),
                steps: past.steps,
            };
            let mut clip = |gradients: &mut [f32]| self.clip(descent.clip, gradients);
            let record = training.train(&mut state, batches, &mut clip);
            (past.buffers, past.steps) = (state.buffers, state.steps);
            (state.parameters, record)
        };
        let (parameters, record) = fused::read(&self.inputs, |inputs| {
            fused::read(&self.targets, |targets| train(inputs, targets))
        })
        .flatten()?;

        *model = place(std::mem::take(model), &parameters);
        let losses = record.losses.iter().map(|&loss| f64::from(loss));
        let names = model
            .parameters()
            .into_iter()
            .map(|parameter| parameter.name);
        Some(EpochSteps {
            losses: vec![Reading::Here(losses.collect())],
            gradients: StepGradients::new(names.zip(self.cut(&record.gradients)).collect()),
        })
    }

    /// Numbers as tensors of the parameters' shapes, (1 x n) for a vector.
    fn cut(&self, numbers: &[f32]) -> impl Iterator<Item = Tensor<2>> {
        let (mut rest, device) = (numbers, self.inputs.device());
        self.parameters.iter().map(move |place| {
            let (here, after) = rest.split_at(place.len());
            rest = after;
            let shape = match place.shape[..] {
                [rows, columns] => [rows, columns],
                _ => [1, place.len()],
            };
            Tensor::from_data(TensorData::new(here.to_vec(), shape), &device)
        })
    }

    /// The norm is summed up by the backend, whose order of summing is its own.
    fn clip(&self, clip: Option<Clip>, gradients: &mut [f32]) {
        match clip {
            None => {}
            Some(Clip::Value(most)) => {
                let most = most as f32;
                for gradient in gradients {
                    *gradient = gradient.clamp(-most, most);
                }
            }
            Some(Clip::Norm(most)) => {
                let squares = self.cut(gradients).map(|gradient| gradient.square().sum());
                let factor = Clip::factor(squares.collect(), most);
                fused::read(&factor, |factor| {
                    for gradient in gradients.iter_mut() {
                        *gradient *= factor[0];
                    }
                });
            }
        }
    }
}
