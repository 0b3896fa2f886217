//! A data set on the device: uploaded once, shuffled and cut into batches there. Autodiff does not follow it: a gradient with
//! respect to the data is of no use, and each cut would be a node of the graph.

use std::cell::LazyCell;

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::loss_functions as loss;
use super::{Loss, Reading};
use crate::data::{Dataset, Target};
use crate::model::fused::{self, FusedLoss, gather, loss_terms};
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
        let positions = LazyCell::new(|| indices(order, &self.inputs.device()));
        let rows = |tensor: &Tensor<2>| {
            gathered(tensor, order)
                .unwrap_or_else(|| tensor.clone().select(0, Tensor::clone(&positions)))
        };
        Self {
            inputs: rows(&self.inputs),
            targets: match &self.targets {
                Targets::Values(values) => Targets::Values(rows(values)),
                Targets::Binary(values) => Targets::Binary(rows(values)),
                Targets::Labels { labels, one_hot } => Targets::Labels {
                    labels: labels.clone().select(0, Tensor::clone(&positions)),
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
    pub(super) fn hits(&self, output: Tensor<2>) -> Option<Reading> {
        if !self.are_classes() {
            return None;
        }
        let (outputs, numbers) = (output.dims()[1], self.numbers());
        let count = |said: &[f32], classes: &[f32]| match self {
            Self::Labels { .. } => count_largest(said, classes, outputs),
            _ => count_on_the_side(said, classes),
        };
        let here = fused::read(&output, |said| {
            fused::read(&numbers, |classes| count(said, classes))
        });
        match here.flatten() {
            Some(hits) => Some(Reading::Here(vec![hits as f64])),
            None => Some(Reading::There(Box::new(self.right(output)?.sum()))),
        }
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

/// How many probabilities of class 1 lie on the side of 1/2 of their class, 0 or 1.
fn count_on_the_side(said: &[f32], classes: &[f32]) -> usize {
    let pairs = said.iter().zip(classes);
    pairs.filter(|&(&p, &t)| (p > 0.5) == (t > 0.5)).count()
}

/// How many samples' largest score is that of their class; both (n x outputs), row by row.
fn count_largest(scores: &[f32], one_hot: &[f32], outputs: usize) -> usize {
    let rows = scores.chunks(outputs).zip(one_hot.chunks(outputs));
    let is_right = |(scores, one_hot): &(&[f32], &[f32])| {
        let mut largest = 0;
        for (class, &score) in scores.iter().enumerate() {
            if score > scores[largest] {
                largest = class;
            }
        }
        one_hot[largest] == 1.0
    };
    rows.filter(is_right).count()
}

/// Some rows of a matrix, copied where it is in this computer's memory: NdArray would take a third of a training for it.
fn gathered(matrix: &Tensor<2>, rows: &[usize]) -> Option<Tensor<2>> {
    let columns = matrix.dims()[1];
    fused::read(matrix, |entries| {
        let mut numbers = Vec::with_capacity(rows.len() * columns);
        gather(entries, columns, rows, &mut numbers);
        let numbers = TensorData::new(numbers, [rows.len(), columns]);
        Tensor::from_data(numbers, &matrix.device())
    })
}

/// Positions as an integer tensor. Backends differ in their integers (i32, i64): Burn converts here.
fn indices(positions: &[usize], device: &Device) -> Tensor<1, Int> {
    let positions: Vec<i32> = positions.iter().map(|&position| position as i32).collect();
    let length = positions.len();
    Tensor::from_data(TensorData::new(positions, [length]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is counted here is what a device counts, ties included.
    #[test]
    fn hits_are_counted_alike_here_and_on_a_device() {
        let device = Device::flex();
        let draw = &mut Generator::new(3);
        let rows = 200;
        for outputs in [1, 2, 5] {
            // Few values, so that there are ties.
            let scores = draw.randn(rows * outputs).into_iter().map(|x| x.round());
            let scores = TensorData::new(scores.collect::<Vec<f32>>(), [rows, outputs]);
            let scores = Tensor::<2>::from_data(scores, &device);
            let labels: Vec<usize> = (0..rows).map(|i| i * i % outputs.max(2)).collect();
            let numbers: Vec<f32> = labels.iter().map(|&label| label as f32).collect();
            let targets = match outputs {
                1 => Targets::Binary(Tensor::from_data(
                    TensorData::new(numbers, [rows, 1]),
                    &device,
                )),
                _ => Targets::Labels {
                    labels: indices(&labels, &device),
                    one_hot: indices(&labels, &device).one_hot(outputs).float(),
                },
            };
            let Some(Reading::Here(here)) = targets.hits(scores.clone()) else {
                panic!("flex is in reach");
            };
            let there = targets.right(scores).unwrap().sum().into_scalar::<f32>();
            assert_eq!(here, [f64::from(there)], "{outputs} outputs");
            assert!(there > 0.0 && there < rows as f32, "{outputs} outputs");
        }
    }
}
