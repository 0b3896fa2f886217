//! An epoch of training as one operation, where the memory is in reach and nobody listens between the steps.
//!
//! The bits are those of step after step; what is saved are tensors, Burn's graph and the walk over the module, which take
//! longer than the arithmetic of a small batch.

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::gradients::StepGradients;
use super::optimizer::Optimizer;
use super::optimizer_state::Place;
use super::{Clip, Loss, Samples};
use crate::model::Mlp;
use crate::model::fused::{self, Batches, Course, EntryLoss, LAYERS, Learned};
use crate::random::Generator;
use crate::random::torch::dataloader_order;

/// How an epoch's steps are taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Descent {
    /// The learning rate.
    pub lr: f64,
    /// What keeps a step from being too long.
    pub clip: Option<Clip>,
    /// The samples of a step; all of them without.
    pub batch_size: Option<usize>,
}

/// What an epoch's steps leave behind besides a network.
#[derive(Debug, Clone)]
pub struct EpochSteps {
    /// The loss of each batch before its step, in one tensor or several.
    pub losses: Vec<Tensor<1>>,
    /// The gradient on the last batch, before it was clipped.
    pub gradients: StepGradients,
}

/// A network and data of which an epoch can be one operation.
///
/// Plain layers with activations of [`fused::Bend`], a loss that is a mean over outputs, `flex` or `ndarray`.
#[derive(Debug, Clone)]
pub struct WholeEpoch {
    layers: Vec<fused::Place>,
    /// Every parameter in the order in which a module is walked, which is that of the layers.
    parameters: Vec<Place>,
    loss: EntryLoss,
    targets: Tensor<2>,
    device: Device,
}

impl WholeEpoch {
    /// `None` where an epoch has to be made of steps.
    pub fn new(model: &Mlp, samples: &Samples, loss: Loss) -> Option<Self> {
        let layers = model.places().filter(|layers| layers.len() <= LAYERS)?;
        let (targets, loss) = samples.targets.entrywise(loss)?;
        if layers.is_empty() || samples.is_empty() {
            return None;
        }
        fused::read(&samples.inputs, |_| ()).and(fused::read(&targets, |_| ()))?;
        let mut reader = Reader::default();
        model.visit(&mut reader);
        Some(Self {
            layers,
            parameters: reader.places,
            loss,
            targets,
            device: samples.inputs.device(),
        })
    }

    /// Trains on every sample once, in the order that [`Samples::batches`] would serve. `None`, and nothing has happened,
    /// where the optimiser's past does not allow it.
    pub fn run(
        &self,
        model: &mut Mlp,
        optimizer: &mut Optimizer,
        samples: &Samples,
        descent: Descent,
        generator: &mut Generator,
    ) -> Option<EpochSteps> {
        let (update, past) = optimizer.numbers(&self.parameters)?;
        let mut reader = Reader::default();
        model.visit(&mut reader);
        if reader.places != self.parameters || !reader.is_whole {
            return None;
        }
        let course = Course {
            layers: self.layers.clone(),
            loss: self.loss,
            update,
            rate: descent.lr,
        };
        let order = descent.batch_size.map(|size| {
            let order = dataloader_order(generator, samples.len());
            (order, size)
        });
        let mut learned = Learned {
            parameters: reader.numbers,
            past: std::mem::take(&mut past.past),
            steps: past.steps,
        };
        let mut clip = |gradients: &mut [f32]| self.clip(descent.clip, gradients);
        let record = fused::read(&samples.inputs, |inputs| {
            fused::read(&self.targets, |targets| {
                let order = order
                    .as_ref()
                    .map(|(order, size)| (order.as_slice(), *size));
                let batches = Batches {
                    inputs,
                    targets,
                    order,
                };
                course.train(&mut learned, batches, &mut clip)
            })
        });
        (past.past, past.steps) = (learned.past, learned.steps);
        let record = record.flatten()?;
        let placer = &mut Placer {
            numbers: &learned.parameters,
            device: self.device.clone().autodiff(),
        };
        *model = std::mem::take(model).map(placer);
        let count = record.losses.len();
        let losses = Tensor::from_data(TensorData::new(record.losses, [count]), &self.device);
        let names = model
            .parameters()
            .into_iter()
            .map(|parameter| parameter.name);
        let gradients = names.zip(self.cut(&record.gradients));
        Some(EpochSteps {
            losses: vec![losses],
            gradients: StepGradients::new(gradients.collect()),
        })
    }

    /// Numbers as tensors of the parameters' shapes, (1 x n) for a vector.
    fn cut(&self, numbers: &[f32]) -> impl Iterator<Item = Tensor<2>> {
        let mut rest = numbers;
        self.parameters.iter().map(move |place| {
            let (here, after) = rest.split_at(place.len());
            rest = after;
            let shape = match place.shape[..] {
                [rows, columns] => [rows, columns],
                _ => [1, place.len()],
            };
            Tensor::from_data(TensorData::new(here.to_vec(), shape), &self.device)
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
                let squares = StepGradients::squares_of(self.cut(gradients));
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

/// Reads every parameter of a module, and where it is.
#[derive(Debug)]
struct Reader {
    path: Vec<String>,
    places: Vec<Place>,
    numbers: Vec<f32>,
    /// Whether all of them could be read.
    is_whole: bool,
}

impl Default for Reader {
    fn default() -> Self {
        Self {
            path: Vec::new(),
            places: Vec::new(),
            numbers: Vec::new(),
            is_whole: true,
        }
    }
}

impl ModuleVisitor for Reader {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let value = parameter.val().inner();
        self.places.push(Place {
            path: self.path.join("."),
            shape: value.dims().to_vec(),
        });
        let read = fused::read(&value, |numbers| self.numbers.extend_from_slice(numbers));
        self.is_whole &= read.is_some();
    }
}

/// Puts numbers into every parameter of a module in turn.
struct Placer<'a> {
    numbers: &'a [f32],
    device: Device,
}

impl ModuleMapper for Placer<'_> {
    fn map_float<const D: usize>(&mut self, parameter: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, value, mapper) = parameter.consume();
        let shape = value.dims();
        let (here, after) = self.numbers.split_at(shape.iter().product());
        self.numbers = after;
        let moved = Tensor::from_data(TensorData::new(here.to_vec(), shape), &self.device);
        Param::from_mapped_value(id, moved.require_grad(), mapper)
    }
}
