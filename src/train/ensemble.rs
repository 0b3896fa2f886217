//! The training loop for several seeds at once, as one [`Ensemble`]: on a device that one small network can't fill, a step
//! of many takes hardly longer than a step of one.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::optimizer::Optimizer;
use super::{EpochMetrics, Samples, TrainConfig, check};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::{Activation, Ensemble, ModelConfig, Parameters, init};
use crate::random::Generator;
use crate::random::torch::dataloader_order;

/// One of the runs that are trained together.
#[derive(Debug, Clone, Copy)]
pub struct Member<'a> {
    /// The seed of its initial weights and of the order of its samples.
    pub seed: u64,
    /// What it is trained on.
    pub train: &'a Dataset,
    /// The held-out samples, if any.
    pub test: Option<&'a Dataset>,
}

/// S networks in training: yields the metrics of each after every epoch.
///
/// Within rounding they are those of a [`Trainer`](super::Trainer) per member. The loss that is differentiated is the sum of
/// the members' mean losses, so that each member's gradient is its own; the optimisers move every number by itself anyway.
#[derive(Debug)]
pub struct EnsembleTrainer {
    config: TrainConfig,
    model: Ensemble,
    last_activation: Activation,
    optimizer: Optimizer,
    /// One per member.
    generators: Vec<Generator>,
    /// All members' samples, member by member: (S n) rows.
    train: Samples,
    test: Option<Samples>,
    /// Epochs done.
    epoch: usize,
    /// Whether each member's numbers have been finite so far.
    finite: Vec<bool>,
    /// What each member's loss is multiplied by to be in its targets' own units.
    loss_units: Vec<f64>,
}

/// What an epoch left on the device: a row of S numbers each.
struct EpochTensors {
    /// One per batch.
    losses: Vec<Tensor<1>>,
    /// Σ g² on the last batch, one per parameter.
    squares: Vec<Tensor<1>>,
}

impl EnsembleTrainer {
    /// Whether runs of this kind can be trained together: without clipping and early stopping, and of networks that
    /// an [`Ensemble`] takes.
    pub fn takes(config: &TrainConfig, model: &ModelConfig) -> bool {
        config.clip.is_none() && config.early_stopping.is_none() && Ensemble::takes(model)
    }

    /// Draws the initial networks and uploads the data; nothing is trained yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] where network, loss and data of a member do not fit, see [`check`]; where the members' data
    /// sets differ in size or kind; where [`takes`](Self::takes) says no.
    pub fn new(
        config: &TrainConfig,
        model: &ModelConfig,
        members: &[Member],
        device: &Device,
    ) -> Result<Self> {
        if !Self::takes(config, model) || !are_alike(members) {
            return Err(unlike());
        }
        let mut generators = Vec::new();
        let mut initial = Vec::new();
        for member in members {
            check(config, model, member.train)?;
            let mut generator = Generator::new(member.seed);
            let features = member.train.features.ncols();
            initial.push(init::draw(model, features, &mut generator)?);
            generators.push(generator);
        }
        let inner = device.clone().inner();
        let upload = |sets: Vec<&Dataset>| {
            let sets = sets.into_iter();
            let sets = sets.map(|set| Samples::upload(set, config.loss, &inner));
            Samples::concatenate(sets.collect())
        };
        let train = upload(members.iter().map(|member| member.train).collect());
        let ensemble = Ensemble::new(&initial, &device.clone().autodiff());
        Ok(Self {
            config: config.clone(),
            last_activation: ensemble.last_activation().unwrap_or_default(),
            model: ensemble,
            optimizer: Optimizer::new(&config.optimizer),
            generators,
            train: train.ok_or_else(unlike)?,
            test: upload(members.iter().filter_map(|member| member.test).collect()),
            epoch: 0,
            finite: vec![true; members.len()],
            loss_units: members
                .iter()
                .map(|member| config.loss.unit(member.train))
                .collect(),
        })
    }

    /// Trains for one epoch and returns the members' metrics, `None` for one that has diverged, in this epoch or before: its
    /// loss or gradient is no longer a finite number. `None` instead of all of them when all epochs are done, or no
    /// member is left.
    pub fn next_epoch(&mut self) -> Option<Vec<Option<EpochMetrics>>> {
        if self.epoch >= self.config.epochs || !self.finite.contains(&true) {
            return None;
        }
        self.epoch += 1;
        let lr = self.config.learning_rate(self.epoch);
        let tensors = self.train(lr);
        let metrics = self.evaluate(lr, tensors);
        let members = metrics.into_iter().zip(&mut self.finite);
        let judged = members.map(|(metrics, finite)| {
            *finite &= is_finite(&metrics);
            finite.then_some(metrics)
        });
        Some(judged.collect())
    }

    /// A step per batch.
    fn train(&mut self, lr: f64) -> EpochTensors {
        let mut model = std::mem::take(&mut self.model);
        let (mut losses, mut squares) = (Vec::new(), Vec::new());
        let mut batches = self.batches().into_iter();
        while let Some(batch) = batches.next() {
            let output = self.output(&model, &batch);
            let targets = batch.targets.autodiff();
            let each = targets.losses(self.config.loss, self.last_activation, output);
            let means = self.means(each);
            let gradients = means.clone().sum().backward();
            if batches.len() == 0 {
                squares = model.gradient_squares(&gradients);
            }
            model = self.optimizer.step(lr, model, gradients);
            losses.push(means.inner()); // stays on the device: reading it here would wait for the step
        }
        self.model = model;
        EpochTensors { losses, squares }
    }

    /// One epoch's batches: in each, member by member, the samples that its own `DataLoader` would serve. See
    /// [`Samples::batches`].
    fn batches(&mut self) -> Vec<Samples> {
        let Some(size) = self.config.batch_size else {
            return vec![self.train.clone()];
        };
        let members = self.members();
        let samples = self.train.len() / members;
        let generators = self.generators.iter_mut();
        let orders: Vec<Vec<usize>> = generators
            .map(|generator| dataloader_order(generator, samples))
            .collect();
        let ranges = (0..samples).step_by(size);
        let ranges = ranges.map(|start| start..(start + size).min(samples));
        // Batch by batch, so that each lies in one piece.
        let rows = ranges.clone().flat_map(|range| {
            let orders = orders.iter().enumerate();
            orders.flat_map(move |(member, order)| {
                let batch = order[range.clone()].iter();
                batch.map(move |sample| member * samples + sample)
            })
        });
        let visited = self.train.select(&rows.collect::<Vec<_>>());
        ranges
            .map(|range| visited.slice(members * range.start, members * range.end))
            .collect()
    }

    /// Judges the networks as they are now, and reads all of the epoch's numbers from the device in one go.
    fn evaluate(&self, lr: f64, tensors: EpochTensors) -> Vec<EpochMetrics> {
        let (batches, parameters) = (tensors.losses.len(), tensors.squares.len());
        let classifies = self.train.targets.are_classes();

        let rows = [tensors.losses, tensors.squares, self.judge()].concat();
        let numbers: Vec<f64> = Tensor::cat(rows, 0).into_data().iter().collect();

        // In the order in which they were put together.
        let mut rows = numbers.chunks(self.members());
        let losses: Vec<&[f64]> = rows.by_ref().take(batches).collect();
        let squares: Vec<&[f64]> = rows.by_ref().take(parameters).collect();
        let train_hits = if classifies { rows.next() } else { None };
        let (test_loss, test_hits) = (rows.next(), rows.next());
        let share = |hits: &[f64], member: usize, samples: &Samples| {
            hits[member] / (samples.len() / self.members()) as f64
        };
        let sum = |rows: &[&[f64]], member: usize| rows.iter().map(|row| row[member]).sum::<f64>();
        let metrics = |member: usize| EpochMetrics {
            epoch: self.epoch,
            train_loss: self.loss_units[member] * (sum(&losses, member) / batches as f64),
            train_accuracy: train_hits.map(|hits| share(hits, member, &self.train)),
            test_loss: test_loss.map(|row| self.loss_units[member] * row[member]),
            test_accuracy: self
                .test
                .as_ref()
                .and_then(|test| Some(share(test_hits?, member, test))),
            learning_rate: lr,
            grad_norm: sum(&squares, member).sqrt(),
        };
        (0..self.members()).map(metrics).collect()
    }

    /// How many training samples are classified correctly, the loss on the held-out samples, and how many of those are classified
    /// correctly, as far as there are such numbers: a row of S each.
    fn judge(&self) -> Vec<Tensor<1>> {
        let model = self.model.valid();
        let hits = |samples: &Samples, output| {
            let right = samples.targets.right(output);
            right.map(|right| self.sums(right))
        };
        let mut rows = Vec::new();
        if self.train.targets.are_classes() {
            rows.extend(hits(&self.train, self.output(&model, &self.train)));
        }
        if let Some(test) = &self.test {
            let output = self.output(&model, test);
            let (loss, last) = (self.config.loss, self.last_activation);
            rows.push(self.means(test.targets.losses(loss, last, output.clone())));
            rows.extend(hits(test, output));
        }
        rows
    }

    /// The outputs for samples that lie member by member, a row each, (S n x features) to (S n x outputs).
    fn output(&self, model: &Ensemble, samples: &Samples) -> Tensor<2> {
        let ([rows, features], members) = (samples.inputs.dims(), self.members());
        let inputs = samples.inputs.clone();
        let output = model.forward(inputs.reshape([members, rows / members, features]));
        let outputs = output.dims()[2];
        output.reshape([rows, outputs])
    }

    /// Each member's mean (S) of numbers that lie member by member, (S n x k).
    fn means(&self, numbers: Tensor<2>) -> Tensor<1> {
        let ([rows, columns], members) = (numbers.dims(), self.members());
        let numbers = numbers.reshape([members, rows / members * columns]);
        numbers.mean_dim(1).squeeze_dim(1)
    }

    /// Each member's sum (S) of a number per sample, (S n).
    fn sums(&self, numbers: Tensor<1>) -> Tensor<1> {
        let ([rows], members) = (numbers.dims(), self.members());
        let numbers = numbers.reshape([members, rows / members]);
        numbers.sum_dim(1).squeeze_dim(1)
    }

    fn members(&self) -> usize {
        self.generators.len()
    }

    /// Epochs done.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Every member's parameters as they are now.
    pub fn parameters(&self) -> Vec<Parameters> {
        self.model.to_parameters()
    }
}

/// Whether all numbers for which [`Trainer`](super::Trainer) would end a run are finite.
fn is_finite(metrics: &EpochMetrics) -> bool {
    let test_loss = metrics.test_loss.unwrap_or_default();
    [metrics.train_loss, metrics.grad_norm, test_loss]
        .iter()
        .all(|number| number.is_finite())
}

/// Whether the members' data sets are of one size, so that they can be stacked.
fn are_alike(members: &[Member]) -> bool {
    let shape = |member: &Member| {
        let test = member.test.map(|test| test.features.shape());
        (member.train.features.shape(), test)
    };
    let mut pairs = members.windows(2);
    !members.is_empty() && pairs.all(|pair| shape(&pair[0]) == shape(&pair[1]))
}

fn unlike() -> Error {
    Error::invalid(
        "ensemble",
        "these runs can't be trained as one network",
        "train each by itself",
    )
}
