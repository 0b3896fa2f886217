//! What changes of settings, data and weights do to a lab.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bounds::{check_size, checked, loaded};
use super::change::Point;
use super::lab::{Lab, Notes};
use super::{fit, table};
use crate::config::Config;
use crate::data::{DataConfig, Dataset, Source};
use crate::error::{Error, Result};
use crate::train;
use crate::train::OptimizerState;

impl Lab {
    pub(super) fn set(&mut self, assignments: &[String]) -> Result<Notes> {
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
                "a page can't name files",
                "drop a table on the page, or start with: foldspace play CONFIG",
            ));
        }
        self.configure(config, false)
    }

    /// A configuration as the page sends it. Files that it may name are those in use already, by their bare names.
    pub(super) fn parsed(&self, text: &str) -> Result<Config> {
        let mut config = Config::parse(text, "the configuration", &[])?;
        let ours = self.config();
        let same = |given: &Path, ours: Option<&PathBuf>| -> Result<PathBuf> {
            match ours.filter(|ours| ours.file_name() == Some(given.as_os_str())) {
                Some(ours) => Ok(ours.clone()),
                None => Err(Error::invalid(
                    given.display().to_string(),
                    "a page can't name files other than those in use",
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

    pub(super) fn synthetic(
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

    pub(super) fn draw(&mut self, points: &[Point], replace: bool) -> Result<Notes> {
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
    pub(super) fn with_data(&mut self, data: DataConfig) -> Result<Notes> {
        let mut config = self.config().clone();
        config.data = data;
        self.configure(config, false)
    }

    /// Goes on with another configuration: from the network as it is where only training changes, or, with `stay`, where the data
    /// are of the same kind; else from the beginning.
    pub(super) fn configure(&mut self, config: Config, stay: bool) -> Result<Notes> {
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

    pub(super) fn edit(
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
            return refuse("a network can't hold this number", "give a smaller one");
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
