//! A configuration's file that is read once and used with many overrides.

use std::fs;
use std::path::{Path, PathBuf};

use toml::Table;

use super::{Config, explain, overrides};
use crate::data::Source;
use crate::error::{Error, Result};

/// A configuration's text, parsed, for as many sets of overrides as there are.
///
/// ```
/// use foldspace::config::Template;
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
/// let template = Template::new(text, "demo.toml");
/// for epochs in [1, 20] {
///     let config = template.config(&[format!("train.epochs={epochs}")])?;
///     assert_eq!(config.train.epochs, epochs);
/// }
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Template {
    text: String,
    /// What errors call the text.
    name: String,
    /// Where relative paths start, absolute; `None` where they stay as they are.
    base: Option<PathBuf>,
    /// What overrides are applied to.
    table: Result<Table, toml::de::Error>,
    /// The file without any override.
    alone: Result<Config, toml::de::Error>,
}

impl Template {
    /// Of a text, whose paths stay as they are; `name` is what errors call it.
    pub fn new(text: &str, name: &str) -> Self {
        Self {
            text: text.to_owned(),
            name: name.to_owned(),
            base: None,
            table: text.parse(),
            alone: toml::from_str(text),
        }
    }

    /// Of a file, whose relative paths start where it is: a run remembers its files wherever it is opened from.
    ///
    /// # Errors
    /// [`Error::Io`] where the file can't be read.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(Error::io(path, "read"))?;
        let base = path.parent().unwrap_or(Path::new(""));
        let base = match base.as_os_str().is_empty() {
            true => Path::new("."),
            false => base,
        };
        let base = std::path::absolute(base).map_err(Error::io(path, "find"))?;
        Ok(Self {
            base: Some(base),
            ..Self::new(&text, &path.display().to_string())
        })
    }

    /// Where relative paths start; empty where they stay as they are.
    pub fn base(&self) -> &Path {
        self.base.as_deref().unwrap_or(Path::new(""))
    }

    /// The configuration with `overrides`, each `key=value` as in `--set train.optimizer.lr=0.05`.
    ///
    /// # Errors
    /// [`Error::Invalid`] where text and overrides make no sense.
    pub fn config(&self, overrides: &[String]) -> Result<Config> {
        let (text, name) = (&self.text, &self.name);
        let config = if overrides.is_empty() {
            self.alone.clone()
        } else {
            let table = self.table.clone();
            let mut table = table.map_err(|error| explain(&error, text, name))?;
            for assignment in overrides {
                overrides::apply(&mut table, assignment)?;
            }
            // What the file lacks, or has wrong, an override may mend. What it has wrong by itself is its own fault.
            match (table.try_into(), &self.alone) {
                (Err(error), Ok(_)) => return Err(overrides::fault(&error, overrides)),
                // Where several keys are missing, an override that adds one lets the next be found.
                (Err(error), Err(own)) if is_missing(&error) && is_missing(own) => Err(error),
                (Err(error), Err(own)) if error.message() != own.message() => {
                    return Err(overrides::fault(&error, overrides));
                }
                (Err(_), own) => own.clone(),
                (config, _) => config,
            }
        };
        let config = config.map_err(|error| explain(&error, text, name))?;
        let mut config = config.for_its_loss();
        if config.provenance.is_some() {
            config.data.as_it_was(&text.parse().unwrap_or_default());
        }
        config
            .validate()
            .map_err(|error| overrides::or_line(error, overrides, text, name))?;
        self.locate(&mut config)?;
        Ok(config)
    }

    /// Makes relative paths absolute.
    fn locate(&self, config: &mut Config) -> Result<()> {
        let Some(base) = &self.base else {
            return Ok(());
        };
        let mut files: Vec<&mut PathBuf> = config.model.weights.iter_mut().collect();
        if let Source::File { path, .. } = &mut config.data.source {
            files.push(path);
        }
        for file in files {
            *file = std::path::absolute(base.join(&file)).map_err(Error::io(&file, "find"))?;
        }
        config.data.name_partner();
        Ok(())
    }
}

/// Whether a key is missing.
fn is_missing(error: &toml::de::Error) -> bool {
    error.message().starts_with("missing field")
}
