//! A data set on the device: uploaded once, shuffled and cut into batches there. Autodiff does not follow it: a gradient with
//! respect to the data is of no use, and each cut would be a node of the graph.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::Loss;
use super::loss_functions as loss;
use crate::data::{Dataset, Target};
use crate::model::fused::{FusedLoss, loss_terms};
use crate::model::{Activation, Mlp, mlp};
use crate::random::Generator;
use crate::random::torch::dataloader_order;

/// Inputs and what the network should make of them.
#[derive(Debug, Clone)]
pub struct Samples {
    /// (n x features).
    pub inputs: Tensor<2>,
    /// One per sample.
    pub targets: Targets,
}

/// What the loss compares the outputs with.
#[expect(
    clippy::large_enum_variant,
    reason = "there are two or three at a time, each of a tensor or two"
)]
#[derive(Debug, Clone)]
pub enum Targets {
    /// Numbers to come close to (n x outputs).
    Values(Tensor<2>),
    /// One of two classes, as 0 or 1 (n x 1), for a network with a single output.
    Binary(Tensor<2>),
    /// Classes for a network with an output for each.
    Labels {
        /// Counted from 0 (n).
        labels: Tensor<1, Int>,
        /// 1 for the class and 0 elsewhere (n x classes).
        one_hot: Tensor<2>,
    },
}

impl Samples {
    /// Uploads a data set as `f32`, targets through their scale if they have one.
    pub fn upload(data: &Dataset, loss: Loss, device: &Device) -> Self {
        let targets = match &data.target {
            Target::Values { values, .. } => {
                let scaled = data
                    .target_scale
                    .as_ref()
                    .map(|scale| scale.transform(values));
                let values = scaled.as_ref().unwrap_or(values);
                Targets::Values(mlp::upload(values.as_ref(), device))
            }
            Target::Classes { labels, names } if loss == Loss::CrossEntropy => {
                let entry = |label: usize, class| f32::from(u8::from(label == class));
                let classes = 0..names.len();
                let entries = labels
                    .iter()
                    .flat_map(|&label| classes.clone().map(move |class| entry(label, class)));
                let shape = [labels.len(), names.len()];
                Targets::Labels {
                    labels: indices(labels, device),
                    one_hot: Tensor::from_data(
                        TensorData::new(entries.collect::<Vec<f32>>(), shape),
                        device,
                    ),
                }
            }
            Target::Classes { labels, .. } => {
                let numbers: Vec<f32> = labels.iter().map(|&label| label as f32).collect();
                let shape = [numbers.len(), 1];
                Targets::Binary(Tensor::from_data(TensorData::new(numbers, shape), device))
            }
        };
        Self {
            inputs: mlp::upload(data.features.as_ref(), device),
            targets,
        }
    }

    /// One set after the other; `None` where there is none, or their targets are of different kinds.
    pub(super) fn concatenate(sets: Vec<Self>) -> Option<Self> {
        let (inputs, targets): (Vec<_>, Vec<_>) = sets
            .into_iter()
            .map(|set| (set.inputs, set.targets))
            .unzip();
        let targets = Targets::concatenate(targets)?;
        let inputs = Tensor::cat(inputs, 0);
        Some(Self { inputs, targets })
    }

    /// The number of samples.
    pub fn len(&self) -> usize {
        self.inputs.dims()[0]
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One epoch's batches. With a batch size: in the order of PyTorch's `DataLoader(shuffle=True)`, the last batch
    /// smaller if need be. Without: everything at once, in the data's order, and the generator is left alone.
    pub fn batches(
        &self,
        batch_size: Option<usize>,
        generator: &mut Generator,
    ) -> impl ExactSizeIterator<Item = Self> + use<> {
        let samples = self.len();
        let size = batch_size.unwrap_or(samples).max(1);
        let visited = match batch_size {
            Some(_) => self.select(&dataloader_order(generator, samples)),
            None => self.clone(),
        };
        (0..samples.div_ceil(size)).map(move |batch| {
            let start = batch * size;
            visited.slice(start, (start + size).min(samples))
        })
    }

    /// The loss of these samples in training: `criterion(model(inputs), targets)`.
    pub fn loss_training(
        self,
        model: &mut Mlp,
        loss: Loss,
        generator: &mut Generator,
    ) -> Tensor<1> {
        // Both calls as one operation.
        model.loss_training(self.inputs, self.targets.numbers(), loss.fused(), generator)
    }

    /// The samples at these positions, in this order.
    pub(super) fn select(&self, order: &[usize]) -> Self {
        let order = indices(order, &self.inputs.device());
        let rows = |tensor: &Tensor<2>| tensor.clone().select(0, order.clone());
        Self {
            inputs: rows(&self.inputs),
            targets: match &self.targets {
                Targets::Values(values) => Targets::Values(rows(values)),
                Targets::Binary(values) => Targets::Binary(rows(values)),
                Targets::Labels { labels, one_hot } => Targets::Labels {
                    labels: labels.clone().select(0, order.clone()),
                    one_hot: rows(one_hot),
                },
            },
        }
    }

    /// The samples from `start` to before `end`.
    pub(super) fn slice(&self, start: usize, end: usize) -> Self {
        if start == 0 && end == self.len() {
            return self.clone();
        }
        let rows = |tensor: &Tensor<2>| tensor.clone().narrow(0, start, end - start);
        Self {
            inputs: rows(&self.inputs),
            targets: match &self.targets {
                Targets::Values(values) => Targets::Values(rows(values)),
                Targets::Binary(values) => Targets::Binary(rows(values)),
                Targets::Labels { labels, one_hot } => Targets::Labels {
                    labels: labels.clone().narrow(0, start, end - start),
                    one_hot: rows(one_hot),
                },
            },
        }
    }
}

impl Targets {
    fn concatenate(sets: Vec<Self>) -> Option<Self> {
        let (mut values, mut binary) = (Vec::new(), Vec::new());
        let (mut classes, mut rows) = (Vec::new(), Vec::new());
        for set in sets {
            match set {
                Self::Values(y) => values.push(y),
                Self::Binary(y) => binary.push(y),
                Self::Labels { labels, one_hot } => {
                    classes.push(labels);
                    rows.push(one_hot);
                }
            }
        }
        match (values.len(), binary.len(), classes.len()) {
            (1.., 0, 0) => Some(Self::Values(Tensor::cat(values, 0))),
            (0, 1.., 0) => Some(Self::Binary(Tensor::cat(binary, 0))),
            (0, 0, 1..) => Some(Self::Labels {
                labels: Tensor::cat(classes, 0),
                one_hot: Tensor::cat(rows, 0),
            }),
            _ => None,
        }
    }

    /// The same for predictions that autodiff follows. Copies nothing.
    #[must_use]
    pub fn autodiff(self) -> Self {
        match self {
            Self::Values(values) => Self::Values(Tensor::from_inner(values)),
            Self::Binary(values) => Self::Binary(Tensor::from_inner(values)),
            Self::Labels { labels, one_hot } => Self::Labels {
                labels: Tensor::from_inner(labels),
                one_hot: Tensor::from_inner(one_hot),
            },
        }
    }

    /// The loss of a network's outputs (n x outputs); `last` is the activation they come from. What [`Samples::loss_training`] has
    /// in one operation with the network, for outputs that are there already, such as those of an evaluation or of a tapped pass.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use foldspace::model::Activation;
    /// use foldspace::train::{Loss, Targets};
    ///
    /// let device = Device::flex();
    /// let targets = Targets::Values(Tensor::from_floats([[1.0], [2.0]], &device));
    /// let output = Tensor::from_floats([[1.0], [4.0]], &device);
    /// let loss: f32 = targets.loss(Loss::Mse, Activation::Identity, output).into_scalar();
    /// assert_eq!(loss, 2.0);
    /// ```
    ///
    /// # Panics
    /// Where loss and targets do not fit, which [`check`](super::check) refuses.
    pub fn loss(&self, loss: Loss, last: Activation, output: Tensor<2>) -> Tensor<1> {
        match (loss, self.clone()) {
            (Loss::Mse, Self::Values(y) | Self::Binary(y)) => loss::mse(output, y),
            (Loss::Huber, Self::Values(y) | Self::Binary(y)) => loss::huber(output, y),
            (Loss::Bce, Self::Binary(y) | Self::Values(y)) => loss::bce(output, y),
            (Loss::CrossEntropy, Self::Labels { labels, .. }) if last == Activation::Softmax => {
                loss::negative_log_likelihood(output, labels)
            }
            (Loss::CrossEntropy, Self::Labels { one_hot, .. }) => {
                loss::cross_entropy(output, one_hot)
            }
            (loss, targets) => panic!("{loss:?} does not fit {targets:?}"),
        }
    }

    /// What [`loss`](Self::loss) is the mean of: the loss of every output (n x outputs), with labels that of every sample (n x 1).
    ///
    /// # Panics
    /// As [`loss`](Self::loss).
    pub fn losses(&self, loss: Loss, last: Activation, output: Tensor<2>) -> Tensor<2> {
        match (loss.fused(), self.clone()) {
            (FusedLoss::CrossEntropy, Self::Labels { labels, .. })
                if last == Activation::Softmax =>
            {
                loss::clamped_log_likelihoods(output, labels).neg()
            }
            (FusedLoss::CrossEntropy, Self::Labels { one_hot, .. }) => {
                loss_terms(output, one_hot, FusedLoss::CrossEntropy)
            }
            (FusedLoss::Entries(loss), Self::Values(y) | Self::Binary(y)) => {
                loss_terms(output, y, loss)
            }
            (_, targets) => panic!("{loss:?} does not fit {targets:?}"),
        }
    }

    /// What outputs are compared with (n x outputs).
    pub fn numbers(&self) -> Tensor<2> {
        match self {
            Self::Values(numbers)
            | Self::Binary(numbers)
            | Self::Labels {
                one_hot: numbers, ..
            } => numbers.clone(),
        }
    }

    /// Whether they are classes, so that there is an accuracy.
    pub fn are_classes(&self) -> bool {
        !matches!(self, Self::Values(_))
    }

    /// How many outputs say the right class: above 1/2 for class 1, or the largest; none for regression.
    pub fn hits(&self, output: Tensor<2>) -> Option<Tensor<1>> {
        Some(self.right(output)?.sum())
    }

    /// 1 for each output (n) that says the right class, 0 for the others; none for regression.
    pub(super) fn right(&self, output: Tensor<2>) -> Option<Tensor<1>> {
        match self {
            Self::Values(_) => None,
            Self::Binary(classes) => {
                let said = output.greater_scalar(0.5);
                let right = said.equal(classes.clone().greater_scalar(0.5));
                Some(right.float().squeeze_dim(1))
            }
            Self::Labels { labels, .. } => {
                let said = output.argmax(1).squeeze_dim::<1>(1);
                Some(said.equal(labels.clone()).float())
            }
        }
    }
}

/// Positions as an integer tensor. Backends differ in their integers (i32, i64): Burn converts here.
fn indices(positions: &[usize], device: &Device) -> Tensor<1, Int> {
    let positions: Vec<i32> = positions.iter().map(|&position| position as i32).collect();
    let length = positions.len();
    Tensor::from_data(TensorData::new(positions, [length]), device)
}
