//! The configuration file: the modules' own tables, read, overridden and checked.
//!
//! An error names the file, the line, the key and, for a mistyped key, the nearest valid one.

pub mod draft;
mod keys;
mod overrides;
pub mod reference;
mod template;

pub use template::Template;

use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::capture::CaptureConfig;
use crate::data::DataConfig;
use crate::error::{Error, Result};
use crate::model::ModelConfig;
use crate::suggest::nearest;
use crate::train::TrainConfig;

/// A whole experiment.
///
/// ```
/// use foldspace::config::Config;
///
/// let text = "
///     [data]
///     name = 'moons'
///     [model]
///     layers = [{ units = 1, activation = 'sigmoid' }]
///     [train]
///     epochs = 10
///     loss = 'bce'
///     optimizer = { name = 'sgd', lr = 0.1 }
/// ";
/// let config = Config::parse(text, "demo.toml", &["train.epochs=20".to_owned()]).unwrap();
/// assert_eq!((config.seed, config.train.epochs), (42, 20));
///
/// let error = Config::parse(&text.replace("epochs", "epohcs"), "demo.toml", &[]).unwrap_err();
/// assert!(error.to_string().starts_with("demo.toml:7, key train.epohcs: "));
/// assert!(error.to_string().ends_with("did you mean epochs?"));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Seeds NumPy's generator, which makes the data, and PyTorch's, which draws the weights and the order of the samples.
    #[serde(default = "default_seed")]
    pub seed: u64,
    /// The data set and its split.
    pub data: DataConfig,
    /// The network.
    pub model: ModelConfig,
    /// How it is trained.
    pub train: TrainConfig,
    /// What is kept while it is.
    #[serde(default)]
    pub capture: CaptureConfig,
    /// Which warnings are given.
    #[serde(default, skip_serializing_if = "Warnings::are_all")]
    pub warnings: Warnings,
    /// Written into a run's `config.toml`; without effect in a file that is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provenance: Option<Provenance>,
}

/// The `[warnings]` table: a warning that is `false` is not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warnings {
    /// That the network is too narrow for a class to surround another, see [`width_warning`](crate::geometry::width_warning).
    #[serde(default = "yes")]
    pub width: bool,
}

impl Warnings {
    fn are_all(&self) -> bool {
        *self == Self::default()
    }
}

impl Default for Warnings {
    fn default() -> Self {
        Self { width: true }
    }
}

fn yes() -> bool {
    true
}

/// What a run was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// This program's version.
    pub foldspace: String,
    /// Burn's version.
    pub burn: String,
    /// The backend that `--backend` or the rule of `auto` chose.
    pub backend: crate::device::Backend,
}

fn default_seed() -> u64 {
    42
}

impl Config {
    /// Reads a file and applies `overrides`, each `key=value` as in `--set train.optimizer.lr=0.05`.
    ///
    /// # Errors
    /// [`Error::Io`] where the file can't be read, [`Error::Invalid`] where it makes no sense.
    pub fn from_file(path: &Path, overrides: &[String]) -> Result<Self> {
        Template::read(path)?.config(overrides)
    }

    /// Reads a configuration's text; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Invalid`], see [`from_file`](Self::from_file).
    pub fn parse(text: &str, name: &str, overrides: &[String]) -> Result<Self> {
        Template::new(text, name).config(overrides)
    }

    /// Refuses what can be seen to be wrong without the data.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(&self) -> Result<()> {
        self.train.validate()?;
        // The number of inputs is not known yet; one is the least.
        self.model.validate(1)?;
        self.capture.validate(&self.model)
    }

    /// The same with every default written out, as a run directory keeps it.
    #[must_use]
    pub fn resolved(&self) -> Self {
        let resolved = Self {
            train: self.train.resolved(),
            ..self.clone()
        };
        resolved.for_its_loss()
    }

    /// The data, read as the loss needs them: targets that may be classes or numbers are read as what the loss takes.
    fn for_its_loss(mut self) -> Self {
        self.data.of_loss = self.train.loss.task();
        self
    }

    /// The seed of PyTorch's generator.
    pub fn model_seed(&self) -> u64 {
        self.model.seed.unwrap_or(self.seed)
    }

    /// The network in training on the first part of `split`, judged on the second where that has samples: nothing is trained
    /// yet. `device` is one that [`device::open`](crate::device::open) gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] where network, loss and data do not fit, see [`check`](crate::train::check).
    #[cfg(feature = "train")]
    pub fn trainer(
        &self,
        split: &crate::data::split::Split,
        device: &crate::device::Device,
    ) -> Result<crate::train::Trainer> {
        let (train, model, seed) = (&self.train, &self.model, self.model_seed());
        crate::train::Trainer::new(train, model, &split.train, Some(&split.test), seed, device)
    }

    /// The file's text.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("every configuration can be written as TOML")
    }
}

/// A TOML error as one of ours.
fn explain(error: &toml::de::Error, text: &str, name: &str) -> Error {
    let (problem, remedy) = split_message(error.message());
    let span = error.span().unwrap_or(0..0);
    let key = DeTable::parse(text)
        .ok()
        .and_then(|table| key_at(table.get_ref(), &span));
    // The data's own errors know the key better than the table they come out of.
    let inner = problem
        .split_once(": ")
        .filter(|(place, _)| place.starts_with("data"));
    if let Some((place, problem)) = inner {
        return with_line(Error::invalid(place, problem, remedy), text, name);
    }
    let line = line_of(text, span.start);
    let place = match key {
        Some(key) => format!("{name}:{line}, key {key}"),
        None => format!("{name}:{line}"),
    };
    Error::invalid(place, problem, remedy)
}

/// What is wrong and what to do, from serde's message.
fn split_message(message: &str) -> (String, String) {
    let mut quoted = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") || message.starts_with("unknown variant") {
        let given = quoted.next().unwrap_or_default();
        let valid: Vec<&str> = quoted.collect();
        let kind = if message.starts_with("unknown field") {
            "key"
        } else {
            "choice"
        };
        let remedy = match nearest(given, valid.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None if valid.is_empty() => "remove it".to_owned(),
            None => format!("there are {}", valid.join(", ")),
        };
        return (format!("there is no {kind} {given}"), remedy);
    }
    if message.starts_with("missing field") {
        let missing = quoted.next().unwrap_or_default();
        return (
            format!("{missing} is missing"),
            format!("add {missing} = ..."),
        );
    }
    match message.split_once("; ") {
        Some((problem, remedy)) => (problem.to_owned(), remedy.to_owned()),
        None => (message.to_owned(), "correct the value".to_owned()),
    }
}

/// Adds file and line to an error whose place is a key such as `train.optimizer.lr` or `model.layers[1].units`.
fn with_line(error: Error, text: &str, name: &str) -> Error {
    let Error::Invalid {
        place,
        problem,
        remedy,
    } = error
    else {
        return error;
    };
    let found = DeTable::parse(text)
        .ok()
        .and_then(|table| span_of(table.get_ref(), &place));
    let place = match found {
        Some(span) => format!("{name}:{}, key {place}", line_of(text, span.start)),
        None => format!("{name}, key {place}"),
    };
    Error::invalid(place, problem, remedy)
}

/// The number of the line, from 1, that holds the byte at `offset`.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

/// The dotted key whose name or value stands at `span`.
fn key_at(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    for (key, value) in table {
        let name = key.get_ref();
        if key.span() == *span {
            return Some(name.to_string());
        }
        if let Some(inner) = key_in(value, span) {
            return Some(format!("{name}{inner}"));
        }
    }
    None
}

/// The rest of the key inside a value; empty where the value itself stands at `span`.
fn key_in(value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<String> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => key_at(table, span).map(|key| format!(".{key}")),
        DeValue::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(i, item)| key_in(item, span).map(|key| format!("[{i}]{key}"))),
        _ => None,
    };
    inner.or_else(|| (value.span() == *span).then(String::new))
}

/// Where a key stands; the nearest enclosing one where it is absent (a default, say).
fn span_of(table: &DeTable<'_>, place: &str) -> Option<Range<usize>> {
    let (head, rest) = place.split_once('.').unwrap_or((place, ""));
    let (name, index) = match head.split_once('[') {
        Some((name, index)) => (name, index.trim_end_matches(']').parse::<usize>().ok()),
        None => (head, None),
    };
    let (key, value) = table.iter().find(|(key, _)| key.get_ref() == name)?;
    let value = match (index, value.get_ref()) {
        (Some(index), DeValue::Array(items)) => items.get(index).unwrap_or(value),
        _ => value,
    };
    let inner = match value.get_ref() {
        DeValue::Table(table) if !rest.is_empty() => span_of(table, rest),
        _ => None,
    };
    inner.or(Some(if index.is_some() {
        value.span()
    } else {
        key.span()
    }))
}
