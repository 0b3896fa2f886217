//! What a page may change, and the log of all changes.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// One change. None of them names a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Change {
    /// Values of the configuration, each as in `--set train.optimizer.lr=0.05`.
    Set {
        /// `key=value`.
        assignments: Vec<String>,
    },
    /// A whole configuration (TOML).
    Config {
        /// The file's text.
        text: String,
    },
    /// A synthetic set in place of the data.
    Data {
        /// One of [`SETS`](crate::data::config::SETS).
        set: String,
        /// How many samples; absent: the set's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        samples: Option<usize>,
        /// The deviation of the noise; absent: the set's default.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        noise: Option<f64>,
    },
    /// Points that were drawn.
    Points {
        /// Instead of the samples that are there, rather than beside them.
        #[serde(default)]
        replace: bool,
        /// The points.
        points: Vec<Point>,
    },
    /// A table in place of the data.
    Csv {
        /// What it is called.
        name: String,
        /// Its text.
        text: String,
        /// The target column; absent: `label`, another usual name, or the last column.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        target: Option<String>,
    },
    /// One number of the network, after an epoch; training goes on from there.
    Edit {
        /// The epoch that was looked at.
        epoch: usize,
        /// The layer, from 0.
        layer: usize,
        /// The unit, from 0.
        unit: usize,
        /// The input, from 0; absent: the bias.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<usize>,
        /// The new value.
        value: f64,
    },
    /// Back to how things stood after an epoch, settings included. What came after stays as a branch.
    Rewind {
        /// The epoch.
        epoch: usize,
    },
    /// Back to the network before training, with the current settings.
    Restart {},
    /// To a branch that was left.
    Switch {
        /// Its number.
        branch: usize,
    },
}

/// A point that was drawn, in the data's own units.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Its features.
    pub at: Vec<f64>,
    /// Its class, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Its target, in a regression.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// A change, and how many epochs were trained before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Epochs since the change before.
    pub epochs: usize,
    /// The change.
    pub change: Change,
}

/// All that has happened to a lab: what it began with, and every change since. Playing it again leads to the same bits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The version of the format.
    pub format: u64,
    /// The version of the program.
    pub foldspace: String,
    /// The configuration that it began with (TOML).
    pub start: String,
    /// The changes.
    pub steps: Vec<Step>,
    /// Epochs since the last change.
    pub epochs: usize,
}

/// The version of the log's format; a reader refuses a higher one.
const FORMAT: u64 = 1;

/// The most changes and bytes that a log holds: a page must not fill the memory.
const MOST_STEPS: usize = 20_000;
const MOST_BYTES: usize = 32 << 20;

impl Log {
    /// Nothing has happened yet.
    pub fn new(start: String) -> Self {
        Self {
            format: FORMAT,
            foldspace: env!("CARGO_PKG_VERSION").to_owned(),
            start,
            steps: Vec::new(),
            epochs: 0,
        }
    }

    /// Reads a log; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is not a log, or a newer version's.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let refuse = |problem: String, remedy: &str| Error::invalid(name, problem, remedy);
        let log: Self = serde_json::from_str(text).map_err(|error| {
            refuse(
                format!("this is not a log of `foldspace play` ({error})"),
                "give a play.json that the page or a saved run holds",
            )
        })?;
        if log.format > FORMAT {
            return Err(refuse(
                format!("it has format {}, this program reads {FORMAT}", log.format),
                "update foldspace",
            ));
        }
        Ok(log)
    }

    /// The file's text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Refuses a change for which there is no more room.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the log is full.
    pub fn room_for(&self, change: &Change) -> Result<()> {
        let text = |change: &Change| match change {
            Change::Csv { text, .. } | Change::Config { text } => text.len(),
            Change::Points { points, .. } => 60 * points.len(),
            _ => 0,
        };
        let held: usize = self.steps.iter().map(|step| text(&step.change)).sum();
        if self.steps.len() < MOST_STEPS && held + text(change) <= MOST_BYTES {
            return Ok(());
        }
        Err(Error::invalid(
            "the log of changes",
            "it is full",
            "save a run and start `foldspace play` again with its configuration",
        ))
    }

    /// Writes down what was done. Of edits to one number with no epoch between them, as a
    /// slider makes them, the last one counts: edits within an epoch can change places.
    pub fn push(&mut self, change: Change) {
        let epochs = std::mem::take(&mut self.epochs);
        if epochs == 0
            && let Some(before) = self.edited(&change)
        {
            self.steps[before].change = change;
            return;
        }
        self.steps.push(Step { epochs, change });
    }

    /// The step that set the same number, with nothing but edits of the same epoch since.
    fn edited(&self, change: &Change) -> Option<usize> {
        let (epoch, place) = number(change)?;
        for (k, step) in self.steps.iter().enumerate().rev() {
            match number(&step.change) {
                Some((at, other)) if at == epoch && other == place => return Some(k),
                Some((at, _)) if at == epoch && step.epochs == 0 => {}
                _ => return None,
            }
        }
        None
    }
}

/// Layer, unit and input of a number.
type Place = (usize, usize, Option<usize>);

/// The epoch and the place of the number that an edit sets.
fn number(change: &Change) -> Option<(usize, Place)> {
    match *change {
        Change::Edit {
            epoch,
            layer,
            unit,
            input,
            ..
        } => Some((epoch, (layer, unit, input))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(epoch: usize, unit: usize, value: f64) -> Change {
        Change::Edit {
            epoch,
            layer: 0,
            unit,
            input: None,
            value,
        }
    }

    #[test]
    fn a_slider_leaves_one_line() {
        let mut log = Log::new(String::new());
        log.push(edit(0, 0, 1.0));
        log.push(edit(0, 0, 2.0));
        log.push(edit(0, 1, 3.0));
        log.push(edit(0, 0, 2.5));
        log.epochs = 4;
        log.push(edit(4, 1, 5.0));
        let values: Vec<(usize, &Change)> =
            log.steps.iter().map(|s| (s.epochs, &s.change)).collect();
        assert_eq!(
            values,
            [
                (0, &edit(0, 0, 2.5)),
                (0, &edit(0, 1, 3.0)),
                (4, &edit(4, 1, 5.0))
            ]
        );
        assert_eq!(Log::parse(&log.to_json(), "it").unwrap(), log);
    }

    #[test]
    fn a_log_of_tomorrow_is_refused() {
        let text = Log::new(String::new())
            .to_json()
            .replace("\"format\": 1", "\"format\": 2");
        let error = Log::parse(&text, "play.json").unwrap_err().to_string();
        assert!(error.contains("update foldspace"), "{error}");
        assert!(Log::parse("{}", "play.json").is_err());
    }

    #[test]
    fn a_full_log_says_so() {
        let mut log = Log::new(String::new());
        let csv = Change::Csv {
            name: "a".into(),
            text: "x".repeat(1 << 20),
            target: None,
        };
        for _ in 0..32 {
            log.room_for(&csv).unwrap();
            log.push(csv.clone());
        }
        assert!(log.room_for(&csv).is_err());
        log.room_for(&Change::Restart {}).unwrap();
    }
}
