//! Losses, accuracies, norms and seconds by epoch.

use std::path::Path;

use csv::StringRecord;

use crate::error::{Error, Result};
use crate::run::{Run, log};

/// A run's tables put together: numbers by epoch, each with a name.
pub(super) struct Metrics {
    /// The columns' names, `epoch` first.
    pub names: Vec<String>,
    /// A row per epoch; NaN where there is no number.
    pub rows: Vec<Vec<f64>>,
}

impl Metrics {
    /// What the run's tables hold of its whole epochs.
    ///
    /// # Errors
    /// If a table can't be read, or no epoch is finished.
    pub fn of(run: &Run) -> Result<Self> {
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
        let (_, seconds) = log::read_cells(&run.paths.timing())?;
        names.push("seconds".to_owned());
        for (epoch, row) in rows.iter_mut().enumerate() {
            let absent = vec![f64::NAN; gradients.len()];
            row.extend(norms.get(epoch).unwrap_or(&absent));
            let timed = seconds.get(epoch).and_then(|cells| cells.get(1));
            row.push(timed.copied().unwrap_or(f64::NAN));
        }
        Ok(Self { names, rows })
    }

    /// Where a column stands.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|other| other == name)
    }

    /// Writes them as CSV; a cell without a number is empty.
    pub fn write(&self, path: &Path) -> Result<()> {
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
