//! Losses, accuracies, norms and seconds by epoch.

use std::path::Path;
use std::time::UNIX_EPOCH;

use csv::StringRecord;

use crate::error::{Error, Result};
use crate::run::{Run, log};

/// A run's tables put together: numbers by epoch, each with a name.
pub(super) struct Metrics {
    /// The columns' names, `epoch` first.
    pub names: Vec<String>,
    /// A row per epoch; NaN where there is no number.
    pub rows: Vec<Vec<f64>>,
    /// When each epoch was done, in seconds since 1970.
    pub times: Vec<f64>,
}

impl Metrics {
    /// What the run's tables hold of its whole epochs.
    ///
    /// # Errors
    /// If a table can't be read, or no epoch is finished.
    pub(super) fn of(run: &Run) -> Result<Self> {
        let (mut names, mut rows) = log::read_cells(&run.paths.metrics())?;
        if rows.is_empty() {
            return Err(Error::invalid(
                run.paths.root().display().to_string(),
                "no epoch is finished yet",
                "wait for the first or train again",
            ));
        }
        let (gradients, norms) = run.gradient_norms()?;
        names.extend(gradients.iter().map(|name| format!("grad_norm.{name}")));
        let (_, timing) = log::read_cells(&run.paths.timing())?;
        let seconds = |epoch: usize| {
            let timed = timing.get(epoch).and_then(|cells| cells.get(1));
            timed.copied().unwrap_or(f64::NAN)
        };
        names.push("seconds".to_owned());
        for (epoch, row) in rows.iter_mut().enumerate() {
            let absent = vec![f64::NAN; gradients.len()];
            row.extend(norms.get(epoch).unwrap_or(&absent));
            row.push(seconds(epoch));
        }
        // A run of an older version noted no times: its last epoch was done when the table was written, and every other as
        // long before the next as that one took.
        let written = std::fs::metadata(run.paths.timing()).and_then(|table| table.modified());
        let written = written
            .ok()
            .and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let mut next = written.map_or(0.0, |written| written.as_secs_f64());
        let mut times = vec![next; rows.len()];
        for epoch in (0..rows.len()).rev() {
            let noted = timing.get(epoch).and_then(|cells| cells.get(2));
            times[epoch] = noted
                .copied()
                .filter(|time| time.is_finite())
                .unwrap_or(next);
            let took = seconds(epoch);
            next = times[epoch] - if took.is_finite() { took } else { 0.0 };
        }
        Ok(Self { names, rows, times })
    }

    /// Writes them as CSV; a cell without a number is empty.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let cell = |number: &f64| {
            if number.is_nan() {
                String::new()
            } else {
                number.to_string()
            }
        };
        let rows = self
            .rows
            .iter()
            .map(|row| row.iter().map(cell).collect::<StringRecord>());
        super::table::write(path, &self.names, rows)
    }
}
