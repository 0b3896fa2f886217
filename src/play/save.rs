//! "Save as a run": the branch in training as a run directory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::lab::Lab;
use super::past::{Line, Setting};
use crate::error::{Error, Result};
use crate::run::played::{self, Played};
use crate::train::EpochReport;

/// The most numbers tried for a name.
const MOST_RUNS: usize = 10_000;

impl Lab {
    /// Writes the branch in training as the first free one of `folder`/play-1, play-2 ..., with the log of how it came to be.
    /// Weights are those of the epochs that are held, evenly spread, the first and the last among them.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf> {
        let path = (1..MOST_RUNS)
            .map(|k| folder.join(format!("play-{k}")))
            .find(|path| !path.exists())
            .ok_or_else(|| {
                Error::invalid(
                    folder.display().to_string(),
                    "it is full of runs",
                    "name another with --out",
                )
            })?;
        let branch = self.branch();
        let setting = self.setting();
        let mut config = setting.config.clone();
        // Gradients belong to a moment that has passed.
        config.capture.gradients = false;
        let report = |line: &Line| {
            let norms = branch.names.iter().cloned().zip(line.norms.iter().copied());
            let report = EpochReport {
                metrics: line.metrics,
                gradient_norms: norms.collect(),
                seconds: f64::from(line.seconds),
            };
            (report, line.at)
        };
        let played = Played {
            config: &config,
            split: &setting.split,
            backend: self.backend(),
            reports: branch.lines.iter().map(report).collect(),
        };
        let fits = |other: &Arc<Setting>| {
            other.config.model == setting.config.model
                && other.split.train.dimensions() == setting.split.train.dimensions()
        };
        let now = self.state();
        let epoch = now.epoch;
        let past = branch
            .segments
            .iter()
            .filter(|segment| fits(&segment.setting))
            .flat_map(|segment| segment.states())
            .filter(|state| state.epoch < epoch)
            .map(|state| (**state).clone());
        let states: Vec<_> = past.chain([now]).collect();
        // An edit leaves two states of one epoch; the run has the later one.
        let last_of_epoch = |k: &usize| {
            states
                .get(k + 1)
                .is_none_or(|next| next.epoch > states[*k].epoch)
        };
        let trainers = (0..states.len())
            .filter(last_of_epoch)
            .map(|k| self.resumed(setting, states[k].clone()));
        played::write(&path, &played, trainers)?;
        crate::file::write(&path.join("play.json"), self.log().to_json().as_bytes())?;
        Ok(path)
    }
}
