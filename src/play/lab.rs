//! A network in training that can be changed at any time: what is played with.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::bounds::prepared;
use super::change::{Change, Log};
use super::past::{Branch, Setting};
use super::table;
use crate::config::Config;
use crate::data::split::Split;
use crate::device::{self, Backend, Device};
use crate::error::{Error, Result};
use crate::run;
use crate::train::{EpochMetrics, Trainer, TrainerState};

/// The most branches that are kept beside the one in training; the most epochs, and numbers in the states of large networks, of all of
/// them together.
const MOST_BRANCHES: usize = 8;
const MOST_LINES: usize = 200_000;
const MOST_NUMBERS: usize = 100_000_000;

/// A network in training, its past, and the log of all that was done to it.
#[derive(Debug)]
pub struct Lab {
    /// Where tables from the page lie.
    pub(super) folder: PathBuf,
    pub(super) tables: usize,
    backend: Backend,
    pub(super) device: Device,
    pub(super) trainer: Trainer,
    pub(super) now: Branch,
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

    /// A branch's trainer as it was after an epoch: trained again from the last state before it.
    pub(super) fn trainer_at(&self, branch: &Branch, epoch: usize) -> Result<Trainer> {
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

    /// A branch of its own, from before training.
    pub(super) fn anew(&mut self, setting: Arc<Setting>, trainer: Trainer) -> Notes {
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
        let large = |branches: &[Branch]| {
            let sizes = branches.iter().map(Branch::large_numbers);
            sizes.sum::<usize>() > MOST_NUMBERS
        };
        let mut notes = Vec::new();
        while self.others.len() > MOST_BRANCHES
            || (self.others.len() > 1 && (lines(&self.others) > MOST_LINES || large(&self.others)))
        {
            let gone = self.others.remove(0);
            let room = match self.others.len() {
                kept if kept >= MOST_BRANCHES => kept.to_string(),
                kept => format!("{kept} of this size"),
            };
            notes.push(format!(
                "branch {} was dropped: there is room for {room}",
                gone.id
            ));
        }
        notes
    }

    pub(super) fn rewind(&mut self, epoch: usize) -> Result<Notes> {
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
                "there is no branch with this number any more",
                "choose one that is listed",
            ));
        };
        let trainer = self.trainer_at(&self.others[place], self.others[place].epoch())?;
        self.trainer = trainer;
        let branch = self.others.remove(place);
        Ok(self.leave(branch))
    }
}
