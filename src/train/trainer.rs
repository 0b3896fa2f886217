//! The training loop.

use std::sync::OnceLock;
use std::time::Instant;

use burn::module::Module;
use burn::tensor::Device;

use super::gradients::StepGradients;
use super::optimizer::Optimizer;
use super::optimizer_state::OptimizerState;
use super::step::Listener;
use super::{
    Descent, EarlyStopping, EpochMetrics, EpochReport, EpochSteps, Monitor, ParameterGradient,
    Reading, Samples, Step, TrainConfig, WholeEpoch, check,
};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Mlp, ModelConfig, Parameters, init};
use crate::random::Generator;

/// A network in training: yields one report per epoch.
///
/// One PyTorch generator draws the initial weights in layer order and then the order of the samples and dropout's
/// masks, as in a script that calls `torch.manual_seed(seed)` before it builds the network and its `DataLoader`.
#[derive(Debug)]
pub struct Trainer {
    config: TrainConfig,
    model: Mlp,
    last_activation: Activation,
    optimizer: Optimizer,
    generator: Generator,
    train: Samples,
    test: Option<Samples>,
    /// What the loss is multiplied by to be in the targets' own units.
    loss_unit: f64,
    /// Epochs done.
    epoch: usize,
    stopping: EarlyStopping,
    gradients: StepGradients,
    /// An epoch as one operation, where it can be.
    whole: Option<WholeEpoch>,
    /// The parameters as they are now, once they have been asked for.
    parameters: OnceLock<Parameters>,
}

/// All that a trainer needs to go on to the same bits as if it had never stopped.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainerState {
    /// Epochs done.
    pub epoch: usize,
    /// The parameters, batch norm's running statistics included; `f32` values in `f64` matrices.
    pub parameters: Parameters,
    /// Momentum, averages and counters.
    pub optimizer: OptimizerState,
    /// PyTorch's generator.
    pub generator: Generator,
    /// How long there has been no improvement.
    pub stopping: EarlyStopping,
}

impl Trainer {
    /// Draws the initial network and uploads the data; nothing is trained yet.
    ///
    /// [`Config::trainer`](crate::config::Config::trainer) is the short way. `test` holds the held-out samples; an empty set
    /// counts as none. `device` is one that [`device::open`](crate::device::open) gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] where network, loss and data do not fit, see [`check`].
    pub fn new(
        config: &TrainConfig,
        model: &ModelConfig,
        train: &Dataset,
        test: Option<&Dataset>,
        seed: u64,
        device: &Device,
    ) -> Result<Self> {
        check(config, model, train)?;
        let mut generator = Generator::new(seed);
        let initial = init::draw(model, train.features.ncols(), &mut generator)?;
        Self::build(config, &initial, generator, train, test, device)
    }

    /// Goes on from a state that [`state`](Self::state) returned.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the state does not belong to this configuration.
    pub fn resume(
        config: &TrainConfig,
        model: &ModelConfig,
        train: &Dataset,
        test: Option<&Dataset>,
        state: TrainerState,
        device: &Device,
    ) -> Result<Self> {
        check(config, model, train)?;
        let parameters = &state.parameters;
        let mut trainer = Self::build(config, parameters, state.generator, train, test, device)?;
        trainer.epoch = state.epoch;
        trainer.stopping = state.stopping;
        trainer
            .optimizer
            .load(state.optimizer, &device.clone().inner())
            .map_err(|parameter| {
                Error::invalid(
                    "checkpoint",
                    format!("the optimiser's state of {parameter} is missing or damaged"),
                    "train again from the start",
                )
            })?;
        Ok(trainer)
    }

    fn build(
        config: &TrainConfig,
        parameters: &Parameters,
        generator: Generator,
        train: &Dataset,
        test: Option<&Dataset>,
        device: &Device,
    ) -> Result<Self> {
        let test = test.filter(|test| test.samples() > 0);
        if test.is_none()
            && let Some(stopping) = &config.early_stopping
            && stopping.monitor == Monitor::TestLoss
        {
            return Err(Error::invalid(
                "train.early_stopping.monitor",
                "there are no held-out samples to take test_loss on",
                "set data.test_fraction, or monitor train_loss",
            ));
        }
        let (takes, given) = (parameters.inputs(), train.features.ncols());
        if takes != given {
            return Err(Error::invalid(
                "model",
                format!("its weights take {takes} inputs, the data has {given} features"),
                "use the data that the network was made for",
            ));
        }
        // Parameters are followed by autodiff; data is not, and evaluation runs without.
        let device = device.clone().autodiff();
        let model = Mlp::new(parameters, &device);
        let samples = Samples::upload(train, config.loss, &device.clone().inner());
        Ok(Self {
            config: config.clone(),
            last_activation: model.last_activation().unwrap_or_default(),
            whole: WholeEpoch::new(&model, &samples, config.loss),
            model,
            optimizer: Optimizer::new(&config.optimizer),
            generator,
            loss_unit: config.loss.unit(train),
            train: samples,
            test: test.map(|test| Samples::upload(test, config.loss, &device.clone().inner())),
            epoch: 0,
            stopping: EarlyStopping::default(),
            gradients: StepGradients::default(),
            parameters: OnceLock::new(),
        })
    }

    /// Trains for one epoch; `None` when all are done, or early stopping has had enough.
    ///
    /// # Errors
    /// [`Error::Diverged`] where the loss or the gradient is no longer a finite number.
    pub fn next_epoch(&mut self) -> Result<Option<EpochReport>> {
        self.advance(None)
    }

    /// The same, to the same bits, while `listener` hears of every step before it is taken.
    ///
    /// # Errors
    /// As [`next_epoch`](Self::next_epoch).
    pub fn next_epoch_with(
        &mut self,
        listener: &mut dyn FnMut(&Step<'_>),
    ) -> Result<Option<EpochReport>> {
        self.advance(Some(listener))
    }

    fn advance(&mut self, listener: Option<&mut Listener<'_>>) -> Result<Option<EpochReport>> {
        if self.is_done() {
            return Ok(None);
        }
        let start = Instant::now();
        let epoch = self.epoch + 1;
        let lr = self.config.learning_rate(epoch);

        self.parameters = OnceLock::new();
        let steps = match listener {
            None => self.in_one(lr),
            Some(_) => None,
        };
        let steps = match steps {
            Some(steps) => steps,
            None => self.by_steps(lr, listener),
        };
        self.gradients = steps.gradients;
        self.epoch = epoch;

        let mut report = self.evaluate(epoch, lr, steps.losses)?;
        if let Some(stopping) = &self.config.early_stopping {
            let (model, read) = (&self.model, &self.parameters);
            self.stopping.observe(stopping, &report.metrics, || {
                read.get_or_init(|| model.to_parameters()).clone()
            });
        }
        report.seconds = start.elapsed().as_secs_f64();
        Ok(Some(report))
    }

    /// The epoch's steps as one operation, where they can be.
    fn in_one(&mut self, lr: f64) -> Option<EpochSteps> {
        let descent = Descent {
            lr,
            clip: self.config.clip,
            batch_size: self.config.batch_size,
        };
        self.whole.as_ref()?.run(
            &mut self.model,
            &mut self.optimizer,
            descent,
            &mut self.generator,
        )
    }

    /// The epoch's steps one by one.
    fn by_steps(&mut self, lr: f64, mut listener: Option<&mut Listener<'_>>) -> EpochSteps {
        let mut model = std::mem::take(&mut self.model);
        let mut steps = EpochSteps {
            losses: Vec::new(),
            gradients: StepGradients::default(),
        };
        let mut batches = self
            .train
            .batches(self.config.batch_size, &mut self.generator);
        while let Some(batch) = batches.next() {
            let loss = batch.loss_training(&mut model, self.config.loss, &mut self.generator);
            let mut gradients = loss.backward();
            if batches.len() == 0 {
                steps.gradients = StepGradients::of(&model, &gradients);
            }
            if let Some(listener) = &mut listener {
                listener(&Step {
                    number: steps.losses.len(),
                    loss: loss.clone().inner(),
                    model: &model,
                    gradients: &gradients,
                });
            }
            if let Some(clip) = self.config.clip {
                clip.apply(&model, &mut gradients);
            }
            model = self.optimizer.step(lr, model, gradients);
            steps.losses.push(Reading::of(loss.inner())); // stays on a device: fetching it here would wait for the step
        }
        self.model = model;
        steps
    }

    /// Judges the network as it is now, and reads all of the epoch's numbers from the device in one go.
    fn evaluate(&self, epoch: usize, lr: f64, losses: Vec<Reading>) -> Result<EpochReport> {
        let model = self.model.valid();
        let batches = losses.iter().map(Reading::len).sum();
        let parameters = self.gradients.names().count();
        let classifies = self.train.targets.are_classes();

        let mut numbers = losses;
        numbers.extend(self.gradients.squares());
        if classifies {
            let train = self.train.clone();
            numbers.extend(train.targets.hits(model.forward(train.inputs)));
        }
        if let Some(test) = self.test.clone() {
            let output = model.forward(test.inputs);
            let loss = self.config.loss;
            let last = self.last_activation;
            numbers.push(Reading::of(test.targets.loss(loss, last, output.clone())));
            numbers.extend(test.targets.hits(output));
        }
        // In the order in which they were put together.
        let mut numbers = Reading::fetch(numbers).into_iter().peekable();
        let unit = self.loss_unit;
        let train_loss = unit * (numbers.by_ref().take(batches).sum::<f64>() / batches as f64);
        let squares: Vec<f64> = numbers.by_ref().take(parameters).collect();
        let train_accuracy = numbers
            .next_if(|_| classifies)
            .map(|hits| hits / self.train.len() as f64);
        let test_loss = numbers.next().map(|loss| unit * loss);
        let test_accuracy = self
            .test
            .as_ref()
            .and_then(|test| Some(numbers.next()? / test.len() as f64));
        let grad_norm = squares.iter().sum::<f64>().sqrt();

        let watched = [
            ("the loss", Some(train_loss)),
            ("the gradient's norm", Some(grad_norm)),
            ("the held-out loss", test_loss),
        ];
        let diverged = |value: &Option<f64>| value.is_some_and(|value| !value.is_finite());
        if let Some((quantity, Some(value))) =
            watched.into_iter().find(|(_, value)| diverged(value))
        {
            return Err(Error::Diverged {
                epoch,
                quantity,
                value,
                learning_rate: lr,
            });
        }
        let names = self.gradients.names().map(str::to_owned);
        Ok(EpochReport {
            metrics: EpochMetrics {
                epoch,
                train_loss,
                train_accuracy,
                test_loss,
                test_accuracy,
                learning_rate: lr,
                grad_norm,
            },
            gradient_norms: names
                .zip(squares.iter().map(|square| square.sqrt()))
                .collect(),
            seconds: 0.0,
        })
    }

    /// Epochs done.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Whether all epochs are done or early stopping has had enough.
    pub fn is_done(&self) -> bool {
        self.epoch >= self.config.epochs || self.has_stopped_early()
    }

    /// Whether early stopping has had enough.
    pub fn has_stopped_early(&self) -> bool {
        let stopping = self.config.early_stopping.as_ref();
        stopping.is_some_and(|config| self.stopping.is_over(config))
    }

    /// What early stopping remembers.
    pub fn stopping(&self) -> &EarlyStopping {
        &self.stopping
    }

    /// The network as it is now, with autodiff.
    pub fn model(&self) -> &Mlp {
        &self.model
    }

    /// The training samples on the device.
    pub fn samples(&self) -> &Samples {
        &self.train
    }

    /// The network as it is now in evaluation, in `f64` matrices.
    pub fn frozen(&self) -> Frozen {
        self.parameters().fold()
    }

    /// The network's parameters as they are now, read from the device once in an epoch.
    pub fn parameters(&self) -> &Parameters {
        self.parameters.get_or_init(|| self.model.to_parameters())
    }

    /// The gradients of the last batch so far, taken before its update; empty before the first epoch.
    pub fn gradients(&self) -> Vec<ParameterGradient> {
        self.gradients.read()
    }

    /// Everything needed to go on later.
    pub fn state(&self) -> TrainerState {
        TrainerState {
            epoch: self.epoch,
            parameters: self.parameters().clone(),
            optimizer: self.optimizer.save(),
            generator: self.generator.clone(),
            stopping: self.stopping.clone(),
        }
    }
}
