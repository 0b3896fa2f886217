//! Where the items work: a device, and the networks that several of them share, each trained once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use burn::module::Module;
use burn::tensor::Device;
use faer::Mat;

use crate::capture::Recorder;
use crate::config::Config;
use crate::data::split::{Split, SplitIndices};
use crate::data::{Dataset, Standardiser};
use crate::device::{self, Backend};
use crate::error::{Error, Result};
use crate::explore::{History, Limits};
use crate::figures::InputAxes;
use crate::model::{Activation, Frozen, mlp};
use crate::train::{EpochReport, ParameterGradient, Trainer};

/// A device, and what has been trained on it so far.
#[derive(Debug)]
pub struct Lab {
    backend: Backend,
    device: Device,
    quick: bool,
    trained: [OnceLock<std::result::Result<Arc<Trained>, String>>; 4],
}

/// A finished training: every epoch's numbers and network, and the hooked activations.
#[derive(Debug)]
pub struct Trained {
    /// What was asked for.
    pub config: Config,
    /// The samples it was trained on, as the network saw them.
    pub train: Dataset,
    /// The samples that were held out.
    pub test: Dataset,
    /// What both went through, if anything.
    pub standardiser: Option<Standardiser>,
    /// One per epoch.
    pub reports: Vec<EpochReport>,
    /// One per captured epoch; the first is epoch 0, before training.
    pub snapshots: Vec<Snapshot>,
    /// Every parameter's gradient on the last batch, before its update.
    pub gradients: Vec<ParameterGradient>,
}

/// The network after an epoch.
#[derive(Debug)]
pub struct Snapshot {
    /// Epochs done.
    pub epoch: usize,
    /// The network in plain matrices.
    pub network: Frozen,
    /// What the hooks recorded on the training set, by site.
    pub activations: BTreeMap<String, Mat<f64>>,
}

impl Trained {
    /// The network at the end.
    pub fn network(&self) -> &Frozen {
        &self.last().network
    }

    /// The last capture.
    ///
    /// # Panics
    /// Never: training captures at least epoch 0.
    pub fn last(&self) -> &Snapshot {
        &self.snapshots[self.snapshots.len() - 1]
    }

    /// The page of this training: every captured epoch, every layer, to drag through.
    ///
    /// # Errors
    /// If the data can't be shown on a plane.
    pub fn page(&self, name: &str) -> Result<String> {
        let split = Split {
            train: self.train.clone(),
            test: self.test.clone(),
            indices: SplitIndices {
                train: Vec::new(),
                test: Vec::new(),
            },
            standardiser: self.standardiser.clone(),
            notes: Vec::new(),
        };
        let history = History {
            name,
            config: &self.config,
            split: &split,
            captured: self.snapshots.len(),
            epochs: self
                .snapshots
                .iter()
                .map(|snapshot| snapshot.epoch)
                .collect(),
            networks: self
                .snapshots
                .iter()
                .map(|snapshot| snapshot.network.clone())
                .collect(),
            metrics: self.reports.iter().map(|report| report.metrics).collect(),
        };
        history.page(&InputAxes::Automatic, Limits::default())
    }

    /// The share of held-out samples that are classified correctly at the end; NaN for a regression.
    pub fn test_accuracy(&self) -> f64 {
        self.reports
            .last()
            .and_then(|report| report.metrics.test_accuracy)
            .unwrap_or(f64::NAN)
    }
}

/// The experiments of the posts, as they stand in `configs/`.
const MOONS: &str = include_str!("../../configs/moons.toml");
const SPIRAL: &str = include_str!("../../configs/spiral.toml");
const DIGITS: &str = include_str!("../../configs/digits.toml");
const DIGITS_CSV: &[u8] = include_bytes!("../../configs/digits.csv");

impl Lab {
    /// Opens the backend. A `quick` lab looks at fewer seeds; every picture and every other check stays.
    ///
    /// # Errors
    /// If the backend cannot be used on this machine.
    pub fn new(backend: Backend, quick: bool) -> Result<Self> {
        // Every job here is small; `auto` means the processor.
        let backend = match backend {
            Backend::Auto => Backend::Flex,
            chosen => chosen,
        };
        Ok(Self {
            backend,
            device: device::open(backend)?,
            quick,
            trained: [const { OnceLock::new() }; 4],
        })
    }

    /// The device to compute on.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// How many seeds a survey looks at: `full` of them, or 3 at most in a quick lab.
    pub fn seeds(&self, full: u64) -> u64 {
        if self.quick { full.min(3) } else { full }
    }

    /// One line for the gallery.
    pub fn describe(&self) -> String {
        format!(
            "Made by foldspace {} on the {} backend.",
            env!("CARGO_PKG_VERSION"),
            self.backend.name()
        )
    }

    /// Post A's network on the moons (`configs/moons.toml`), trained once.
    ///
    /// # Errors
    /// If training fails.
    pub fn moons(&self) -> Result<Arc<Trained>> {
        self.shared(0, "moons", &self.moons_config()?)
    }

    /// Post D's network on the spiral (`configs/spiral.toml`), trained once.
    ///
    /// # Errors
    /// If training fails.
    pub fn spiral(&self) -> Result<Arc<Trained>> {
        self.shared(1, "spiral", &self.spiral_config()?)
    }

    /// Post D's network with identity in place of ReLU, trained in the same way, once; only its end is captured.
    ///
    /// # Errors
    /// If training fails.
    pub fn spiral_without_activations(&self) -> Result<Arc<Trained>> {
        let mut config = self.spiral_config()?;
        for layer in &mut config.model.layers {
            if layer.activation == Activation::Relu {
                layer.activation = Activation::Identity;
            }
        }
        config.capture.every = config.train.epochs;
        self.shared(2, "spiral without activations", &config)
    }

    /// What `configs/moons.toml` says.
    ///
    /// # Errors
    /// If the file is not valid; a test keeps it so.
    pub fn moons_config(&self) -> Result<Config> {
        Config::parse(MOONS, "configs/moons.toml", &[])
    }

    /// What `configs/spiral.toml` says, from PyTorch's default weights: post D's text names no others, and how often two ReLU units
    /// die is part of the story. The file itself begins with orthogonal ones, which rarely die.
    ///
    /// # Errors
    /// If the file is not valid; a test keeps it so.
    pub fn spiral_config(&self) -> Result<Config> {
        let weights = ["model.init=pytorch".to_owned()];
        Config::parse(SPIRAL, "configs/spiral.toml", &weights)
    }

    /// The handwritten digits of `configs/digits.toml`, trained once.
    ///
    /// # Errors
    /// If training fails.
    pub fn digits(&self) -> Result<Arc<Trained>> {
        let config = Config::parse(DIGITS, "configs/digits.toml", &[])?;
        let split = || config.data.split_bytes(DIGITS_CSV, config.seed);
        self.once(3, "digits", || self.train_on(&config, split()?))
    }

    fn shared(&self, slot: usize, name: &str, config: &Config) -> Result<Arc<Trained>> {
        self.once(slot, name, || self.train(config))
    }

    fn once(
        &self,
        slot: usize,
        name: &str,
        train: impl FnOnce() -> Result<Trained>,
    ) -> Result<Arc<Trained>> {
        self.trained[slot]
            .get_or_init(|| train().map(Arc::new).map_err(|error| error.to_string()))
            .clone()
            .map_err(|error| Error::invalid(name, error, "see the message"))
    }

    /// The moons of post A, all of them in one set.
    ///
    /// # Errors
    /// If the file is not valid; a test keeps it so.
    pub fn moons_data(&self) -> Result<Dataset> {
        let config = self.moons_config()?;
        config.data.load(config.seed, Path::new("."))
    }

    /// Trains from a configuration's text; `name` is what errors call it.
    ///
    /// # Errors
    /// As [`train`](Self::train), or if the text is not a configuration.
    pub fn train_text(&self, text: &str, name: &str) -> Result<Trained> {
        self.train(&Config::parse(text, name, &[])?)
    }

    /// Trains from a configuration, recording every captured epoch.
    ///
    /// # Errors
    /// If data, network and loss do not fit, or training diverges.
    pub fn train(&self, config: &Config) -> Result<Trained> {
        self.train_on(config, config.data.load_split(config.seed, Path::new("."))?)
    }

    fn train_on(&self, config: &Config, split: Split) -> Result<Trained> {
        let Split {
            train,
            test,
            standardiser,
            ..
        } = split;
        let held_out = (test.samples() > 0).then_some(&test);
        let seed = config.model_seed();
        let device = &self.device;
        let mut trainer =
            Trainer::new(&config.train, &config.model, &train, held_out, seed, device)?;
        let inputs = mlp::upload(train.features.as_ref(), device);
        let capture = |trainer: &Trainer| {
            let mut recorder = Recorder::new(config.capture.sites.iter().cloned());
            trainer
                .model()
                .valid()
                .forward_with(inputs.clone(), &mut recorder);
            let recorded = recorder.into_values().into_iter();
            Snapshot {
                epoch: trainer.epoch(),
                network: trainer.frozen(),
                activations: recorded
                    .map(|(site, value)| (site, mlp::download(value)))
                    .collect(),
            }
        };
        let mut snapshots = vec![capture(&trainer)];
        let mut reports = Vec::new();
        while let Some(report) = trainer.next_epoch()? {
            if config
                .capture
                .wants(report.metrics.epoch, config.train.epochs)
            {
                snapshots.push(capture(&trainer));
            }
            reports.push(report);
        }
        Ok(Trained {
            config: config.clone(),
            gradients: trainer.gradients(),
            train,
            test,
            standardiser,
            reports,
            snapshots,
        })
    }
}
