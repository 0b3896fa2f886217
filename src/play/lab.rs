//! A network in training that can be changed at any time: what is played with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::change::{Change, Log, Point};
use super::past::{Branch, Setting};
use super::{MOST_EPOCHS, MOST_PARAMETERS, MOST_SAMPLES, fit, table};
use crate::config::Config;
use crate::data::split::Split;
use crate::data::{DataConfig, Dataset, Source};
use crate::device::{self, Backend, Device};
use crate::error::{Error, Result};
use crate::run;
use crate::train::optimizer::OptimizerState;
use crate::train::{self, EpochMetrics, Trainer, TrainerState};

/// Branches that are kept beside the one in training, and epochs of all of them together.
const MOST_BRANCHES: usize = 8;
const MOST_LINES: usize = 200_000;

/// A network in training, its past, and the log of all that was done to it.
pub struct Lab {
    /// Where tables from the page lie.
    folder: PathBuf,
    tables: usize,
    backend: Backend,
    device: Device,
    trainer: Trainer,
    now: Branch,
    /// Branches that were left, oldest first.
    others: Vec<Branch>,
    branches: usize,
    log: Log,
}

/// What a change led to, in sentences for whoever made it.
pub type Notes = Vec<String>;

impl Lab {
    /// The configuration's network before training. Tables from the page will be kept in `folder`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where configuration and data do not fit or are too large to play with, [`Error::Backend`] where the
    /// backend can't be used.
    pub fn new(config: &Config, backend: Backend, folder: &Path) -> Result<Self> {
        let mut config = config.resolved();
        config.provenance = None;
        let log = Log::new(config.to_toml());
        let setting = Arc::new(prepared(config, folder)?);
        let (backend, _) = run::choose(&setting.config, &setting.split, backend);
        let device = device::open(backend)?;
        let trainer = setting.config.trainer(&setting.split, &device)?;
        let now = Branch::new(1, setting, trainer.state());
        Ok(Self {
            folder: folder.to_owned(),
            tables: 0,
            backend,
            device,
            trainer,
            now,
            others: Vec::new(),
            branches: 1,
            log,
        })
    }

    /// Plays a log again: the lab is, to the bit, what it was.
    ///
    /// # Errors
    /// As [`new`](Self::new), [`apply`](Self::apply) and [`step`](Self::step).
    pub fn replay(log: &Log, backend: Backend, folder: &Path) -> Result<Self> {
        let config = Config::parse(&log.start, "the log's start", &[])?;
        let mut lab = Self::new(&config, backend, folder)?;
        for step in &log.steps {
            lab.train(step.epochs)?;
            lab.apply(step.change.clone())?;
        }
        lab.train(log.epochs)?;
        Ok(lab)
    }

    fn train(&mut self, epochs: usize) -> Result<()> {
        for _ in 0..epochs {
            if self.step()?.is_none() {
                return Err(Error::invalid(
                    "the log",
                    "training ends before the log does",
                    "it was altered; start with its configuration instead",
                ));
            }
        }
        Ok(())
    }

    /// Trains for one epoch; `None` when all are done.
    ///
    /// # Errors
    /// [`Error::Diverged`]; the lab is then as it was before.
    pub fn step(&mut self) -> Result<Option<EpochMetrics>> {
        let finite = |trainer: &Trainer| {
            let state = trainer.parameters();
            state.is_finite()
        };
        let report = match self.trainer.next_epoch() {
            Ok(Some(report)) if finite(&self.trainer) => report,
            Ok(None) => return Ok(None),
            failed => {
                let epoch = self.now.epoch();
                self.trainer = self.trainer_at(&self.now, epoch)?;
                return Err(failed.err().unwrap_or_else(|| Error::Diverged {
                    epoch: epoch + 1,
                    quantity: "a parameter",
                    value: f64::NAN,
                    learning_rate: self.setting().config.train.learning_rate(epoch + 1),
                }));
            }
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        self.now.record(
            &report,
            now.map_or(0.0, |now| now.as_millis() as f64 / 1000.0),
        );
        if self.now.last().wants(self.now.epoch()) {
            self.now.last_mut().keep(self.trainer.state());
        }
        self.log.epochs += 1;
        Ok(Some(report.metrics))
    }

    /// Makes a change, and writes it down. Where it is refused, nothing has changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the change makes no sense or is too large.
    pub fn apply(&mut self, change: Change) -> Result<Notes> {
        self.log.room_for(&change)?;
        let notes = match &change {
            Change::Set { assignments } => self.set(assignments)?,
            Change::Config { text } => self.configure(self.parsed(text)?, false)?,
            Change::Data {
                set,
                samples,
                noise,
            } => self.synthetic(set, *samples, *noise)?,
            Change::Points { replace, points } => self.draw(points, *replace)?,
            Change::Csv { name, text, target } => {
                self.tables += 1;
                let mut data =
                    table::csv(&self.folder, self.tables, name, text, target.as_deref())?;
                data.standardise = true;
                self.with_data(data)?
            }
            &Change::Edit {
                epoch,
                layer,
                unit,
                input,
                value,
            } => self.edit(epoch, layer, unit, input, value)?,
            &Change::Rewind { epoch } => self.rewind(epoch)?,
            Change::Restart {} => {
                let setting = Arc::clone(self.setting());
                let trainer = setting.config.trainer(&setting.split, &self.device)?;
                self.anew(setting, trainer)
            }
            &Change::Switch { branch } => self.switch(branch)?,
        };
        self.log.push(change);
        Ok(notes)
    }

    /// The network in training.
    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// What the trainer needs to go on.
    pub fn state(&self) -> TrainerState {
        self.trainer.state()
    }

    /// The configuration as it is now.
    pub fn config(&self) -> &Config {
        &self.setting().config
    }

    /// The data as they are now.
    pub fn split(&self) -> &Split {
        &self.setting().split
    }

    /// Epochs done in this branch.
    pub fn epoch(&self) -> usize {
        self.now.epoch()
    }

    /// All that has happened.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The backend that trains.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    pub(super) fn setting(&self) -> &Arc<Setting> {
        &self.now.last().setting
    }

    pub(super) fn branch(&self) -> &Branch {
        &self.now
    }

    pub(super) fn others(&self) -> &[Branch] {
        &self.others
    }

    /// The network that a branch ended with.
    pub(super) fn end_of(&self, branch: &Branch) -> Result<TrainerState> {
        Ok(self.trainer_at(branch, branch.epoch())?.state())
    }

    pub(super) fn resumed(&self, setting: &Setting, state: TrainerState) -> Result<Trainer> {
        let (config, split) = (&setting.config, &setting.split);
        let (train, test) = (&split.train, Some(&split.test));
        Trainer::resume(
            &config.train,
            &config.model,
            train,
            test,
            state,
            &self.device,
        )
    }

    /// A branch's trainer as it was after an epoch: from the last state before it, the way is trained again.
    fn trainer_at(&self, branch: &Branch, epoch: usize) -> Result<Trainer> {
        let found = branch
            .segment(epoch)
            .and_then(|segment| Some((segment, segment.before(epoch)?)));
        let Some((segment, state)) = found.filter(|_| epoch <= branch.epoch()) else {
            return Err(Error::invalid(
                format!("epoch {epoch}"),
                format!(
                    "branch {} goes from epoch {} to {}",
                    branch.id,
                    branch.earliest(),
                    branch.epoch()
                ),
                "choose one of those",
            ));
        };
        let mut trainer = self.resumed(&segment.setting, (**state).clone())?;
        while trainer.epoch() < epoch {
            if trainer.next_epoch()?.is_none() {
                break;
            }
        }
        Ok(trainer)
    }

    fn set(&mut self, assignments: &[String]) -> Result<Notes> {
        let text = self.config().to_toml();
        let config = Config::parse(&text, "the settings", assignments)?;
        let files = |config: &Config| {
            let path = match &config.data.source {
                Source::File { path, .. } => Some(path.clone()),
                _ => None,
            };
            let targets = config.data.targets_file(&self.folder);
            (path, targets, config.model.weights.clone())
        };
        if files(&config) != files(self.config()) {
            return Err(Error::invalid(
                assignments.join(", "),
                "a page names no files",
                "drop a table on the page, or start with: foldspace play CONFIG",
            ));
        }
        self.configure(config, false)
    }

    /// A configuration as the page sends it. Files that it may name are those in use already, by their bare names.
    fn parsed(&self, text: &str) -> Result<Config> {
        let mut config = Config::parse(text, "the configuration", &[])?;
        let ours = self.config();
        let same = |given: &Path, ours: Option<&PathBuf>| -> Result<PathBuf> {
            match ours.filter(|ours| ours.file_name() == Some(given.as_os_str())) {
                Some(ours) => Ok(ours.clone()),
                None => Err(Error::invalid(
                    given.display().to_string(),
                    "a page names no files but those in use",
                    "drop the table on the page, or start with: foldspace play CONFIG",
                )),
            }
        };
        let in_use = match &ours.data.source {
            Source::File { path, .. } => Some(path),
            _ => None,
        };
        if let Source::File { path, .. } = &mut config.data.source {
            *path = same(path, in_use)?;
            // The file of targets beside a .npy would be another path.
            if config.data.source != ours.data.source
                && config.data.targets_file(&self.folder).is_some()
            {
                return Err(Error::invalid(
                    "data",
                    "targets in a file of their own stay as they are",
                    "leave the keys of [data] alone",
                ));
            }
        }
        if let Some(weights) = &mut config.model.weights {
            *weights = same(weights, ours.model.weights.as_ref())?;
        }
        config.provenance = None;
        Ok(config)
    }

    fn synthetic(
        &mut self,
        set: &str,
        samples: Option<usize>,
        noise: Option<f64>,
    ) -> Result<Notes> {
        let mut wanted = toml::Table::new();
        wanted.insert("name".into(), set.into());
        if let Some(samples) = samples {
            wanted.insert(
                "samples".into(),
                toml::Value::Integer(i64::try_from(samples).unwrap_or(i64::MAX)),
            );
        }
        wanted.extend(noise.map(|noise| ("noise".to_owned(), noise.into())));
        let mut data: DataConfig = wanted.try_into().map_err(|error: toml::de::Error| {
            Error::invalid(
                "the data",
                error.message().to_owned(),
                "leave the number out or choose another set",
            )
        })?;
        data.test_fraction = self.config().data.test_fraction;
        self.with_data(data)
    }

    fn draw(&mut self, points: &[Point], replace: bool) -> Result<Notes> {
        let mut config = self.config().clone();
        let whole: Dataset = config.data.load(config.seed, &self.folder)?;
        self.tables += 1;
        config.data = table::drawn(
            &self.folder,
            self.tables,
            &config.data,
            &whole,
            points,
            replace,
        )?;
        // Training goes on where the network still fits.
        self.configure(config, !replace)
    }

    /// Other data; the last layer and the loss are made to fit.
    fn with_data(&mut self, data: DataConfig) -> Result<Notes> {
        let mut config = self.config().clone();
        config.data = data;
        self.configure(config, false)
    }

    /// Goes on with another configuration: from the network as it is where only training changes, or, with `stay`, where the data
    /// are of the same kind; else from the beginning.
    fn configure(&mut self, config: Config, stay: bool) -> Result<Notes> {
        let before = Arc::clone(self.setting());
        let mut config = config.resolved();
        config.validate()?;
        check_size(&config)?;
        let reads_same = config.data == before.config.data && config.seed == before.config.seed;
        let split = if reads_same {
            before.split.clone()
        } else {
            loaded(&config, &self.folder)?
        };
        let mut notes: Notes = split.notes.clone();
        if config.data != before.config.data && config.train.loss == before.config.train.loss {
            let fitted = fit::output(&mut config, &split.train);
            if fitted.is_some() {
                config = config.resolved();
            }
            notes.extend(fitted);
        }
        let setting = Arc::new(checked(config, split)?);
        let same_network = setting.config.model == before.config.model
            && setting.config.seed == before.config.seed
            && setting.split.train.dimensions() == before.split.train.dimensions();
        if same_network && (reads_same || stay) {
            let epochs = setting.config.train.epochs;
            if epochs < self.epoch() {
                return Err(Error::invalid(
                    "train.epochs",
                    format!("{} epochs are already done", self.epoch()),
                    "ask for more, or go back first",
                ));
            }
            let mut state = self.trainer.state();
            if remembers(&setting.config) != remembers(&before.config) {
                state.optimizer = OptimizerState::default();
                notes.push("the optimiser begins without a memory".into());
            }
            if setting.config.train.early_stopping != before.config.train.early_stopping {
                state.stopping = train::EarlyStopping::default();
            }
            self.trainer = self.resumed(&setting, state.clone())?;
            self.now.begin(setting, state);
            return Ok(notes);
        }
        let trainer = setting.config.trainer(&setting.split, &self.device)?;
        notes.extend(self.anew(setting, trainer));
        Ok(notes)
    }

    /// A branch of its own, from before training.
    fn anew(&mut self, setting: Arc<Setting>, trainer: Trainer) -> Notes {
        self.branches += 1;
        let branch = Branch::new(self.branches, setting, trainer.state());
        self.trainer = trainer;
        self.leave(branch)
    }

    /// Makes another branch the one in training; the one before is kept if anything was trained in it.
    fn leave(&mut self, next: Branch) -> Notes {
        let left = std::mem::replace(&mut self.now, next);
        if left.epoch() == 0 {
            return Vec::new();
        }
        self.others.push(left);
        let lines = |branches: &[Branch]| {
            branches
                .iter()
                .map(|branch| branch.lines.len())
                .sum::<usize>()
        };
        let mut notes = Vec::new();
        while self.others.len() > MOST_BRANCHES
            || (self.others.len() > 1 && lines(&self.others) > MOST_LINES)
        {
            let gone = self.others.remove(0);
            notes.push(format!(
                "branch {} was dropped: there is room for {MOST_BRANCHES}",
                gone.id
            ));
        }
        notes
    }

    fn rewind(&mut self, epoch: usize) -> Result<Notes> {
        if epoch == self.epoch() {
            return Ok(Vec::new());
        }
        let trainer = self.trainer_at(&self.now, epoch)?;
        self.branches += 1;
        let mut branch = self.now.until(epoch, self.branches);
        branch.last_mut().keep(trainer.state());
        self.trainer = trainer;
        Ok(self.leave(branch))
    }

    fn switch(&mut self, id: usize) -> Result<Notes> {
        let Some(place) = self.others.iter().position(|branch| branch.id == id) else {
            return Err(Error::invalid(
                format!("branch {id}"),
                "there is none of this number any more",
                "choose one that is listed",
            ));
        };
        let trainer = self.trainer_at(&self.others[place], self.others[place].epoch())?;
        self.trainer = trainer;
        let branch = self.others.remove(place);
        Ok(self.leave(branch))
    }

    fn edit(
        &mut self,
        epoch: usize,
        layer: usize,
        unit: usize,
        input: Option<usize>,
        value: f64,
    ) -> Result<Notes> {
        let place = match input {
            Some(input) => format!(
                "layer {}, unit {}, weight {}",
                layer + 1,
                unit + 1,
                input + 1
            ),
            None => format!("layer {}, unit {}, bias", layer + 1, unit + 1),
        };
        let refuse = |problem: &str, remedy: &str| Err(Error::invalid(&place, problem, remedy));
        if !value.is_finite() || value.abs() > 1e30 {
            return refuse(
                "this is no number that a network can hold",
                "give a smaller one",
            );
        }
        let trained = &self.trainer.parameters().layers;
        let Some(at) = trained.get(layer) else {
            return refuse("there is no such layer", "choose one of the network");
        };
        if at.narrow.is_some() || at.norm.is_some() {
            return refuse(
                "the weights that are shown are a product (batch norm or low rank), not the numbers that are trained",
                "use a layer without batch_norm and rank",
            );
        }
        if unit >= at.weight.nrows() || input.is_some_and(|input| input >= at.weight.ncols()) {
            return refuse("there is no such number", "choose one of the network");
        }
        if input.is_none() && at.bias.is_none() {
            return refuse("the layer has no bias", "set bias = true for it");
        }
        let notes = self.rewind(epoch)?;
        let mut state = self.trainer.state();
        let numbers = &mut state.parameters.layers[layer];
        let value = f64::from(value as f32);
        match (input, &mut numbers.bias) {
            (Some(input), _) => numbers.weight[(unit, input)] = value,
            (None, Some(bias)) => bias[unit] = value,
            (None, None) => {}
        }
        let setting = Arc::clone(self.setting());
        self.trainer = self.resumed(&setting, state.clone())?;
        self.now.begin(setting, state);
        Ok(notes)
    }
}

/// What decides whether the optimiser's averages still mean the same.
fn remembers(config: &Config) -> (train::OptimizerName, bool) {
    let optimizer = &config.train.optimizer;
    (
        optimizer.name,
        optimizer.momentum.is_some_and(|momentum| momentum > 0.0),
    )
}

/// A configuration with its data, checked.
fn prepared(config: Config, folder: &Path) -> Result<Setting> {
    config.validate()?;
    check_size(&config)?;
    let split = loaded(&config, folder)?;
    checked(config, split)
}

/// What is too large is refused before it is made.
fn check_size(config: &Config) -> Result<()> {
    let samples = match &config.data.source {
        Source::Moons(set) => set.samples,
        Source::Circles(set) => set.samples,
        Source::Blobs(set) => set.samples,
        Source::TwoBlobs(set) => set.samples,
        Source::Classification(set) => set.samples,
        Source::Spiral(set) => set.samples,
        Source::Xor(set) => set.samples,
        Source::Quadratic(set) => set.samples,
        Source::File { .. } => 0,
    };
    check_samples(samples)?;
    if config.train.epochs > MOST_EPOCHS {
        return Err(Error::invalid(
            "train.epochs",
            format!(
                "{} epochs; {MOST_EPOCHS} are played at most",
                config.train.epochs
            ),
            "ask for fewer; a saved run goes on with `foldspace resume`",
        ));
    }
    Ok(())
}

fn check_samples(samples: usize) -> Result<()> {
    if samples <= MOST_SAMPLES {
        return Ok(());
    }
    Err(Error::invalid(
        "data",
        format!("{samples} samples; {MOST_SAMPLES} are played with at most"),
        "take fewer, or use `foldspace train` and `foldspace explore`",
    ))
}

fn loaded(config: &Config, folder: &Path) -> Result<Split> {
    let split = config.data.load_split(config.seed, folder)?;
    check_samples(split.train.samples() + split.test.samples())?;
    Ok(split)
}

fn checked(config: Config, split: Split) -> Result<Setting> {
    train::check(&config.train, &config.model, &split.train)?;
    config.capture.check(&split)?;
    let parameters = config.model.parameters(split.train.dimensions());
    match parameters {
        Some(size) if size <= MOST_PARAMETERS => Ok(Setting { config, split }),
        size => Err(Error::invalid(
            "model.layers",
            format!(
                "a network of {} parameters; the page computes with up to {MOST_PARAMETERS}",
                size.map_or("very many".to_owned(), |size| size.to_string())
            ),
            "take fewer units, or use `foldspace train` and `foldspace animate`",
        )),
    }
}
