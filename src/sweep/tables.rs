//! A sweep as tables: a row per run, per combination, and per epoch.

use std::io::{BufWriter, Write};
use std::path::Path;

use super::outcome::cell;
use super::{Outcome, Results, Statistics};
use crate::error::{Error, Result};
use crate::file::Partial;

/// The columns before a run's numbers.
fn of_run(results: &Results) -> &'static [&'static str] {
    match results.grid.folds() {
        0 => &["seed"],
        _ => &["seed", "fold"],
    }
}

/// A row per run that has ended.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
pub fn runs(results: &Results, path: &Path) -> Result<()> {
    let columns = [of_run(results), &Outcome::COLUMNS].concat();
    let mut table = Table::create(results, path, &columns)?;
    for (run, outcome) in results.outcomes.iter().enumerate() {
        if outcome.has_ended() {
            table.run(run, outcome.cells())?;
        }
    }
    table.keep()
}

/// A row per combination.
///
/// # Errors
/// [`Error::Io`] where the file can't be written.
pub fn summary(results: &Results, path: &Path) -> Result<()> {
    let quantities = ["train_loss", "train_accuracy", "test_loss", "test_accuracy"];
    let mut header = vec!["runs".to_owned(), "diverged".to_owned()];
    for quantity in quantities {
        let statistics = ["mean", "sd", "min", "median", "max"];
        header.extend(statistics.map(|statistic| format!("{quantity}_{statistic}")));
    }
    header.push("separable_share".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let mut table = Table::create(results, path, &header)?;
    for summary in results.summaries() {
        let mut cells = vec![summary.runs.to_string(), summary.diverged.to_string()];
        let statistics = [
            summary.train_loss,
            summary.train_accuracy,
            summary.test_loss,
            summary.test_accuracy,
        ];
        cells.extend(statistics.into_iter().flat_map(statistic_cells));
        cells.push(cell(summary.separable));
        table.row(summary.combination, cells)?;
    }
    table.keep()
}

fn statistic_cells(of: Option<Statistics>) -> [String; 5] {
    let Some(of) = of else {
        return [const { String::new() }; 5];
    };
    [
        cell(Some(of.mean)),
        cell(of.sd),
        cell(Some(of.min)),
        cell(Some(of.median)),
        cell(Some(of.max)),
    ]
}

/// A table that is being written, whole or not at all. Each row begins with its combination's values.
pub(super) struct Table<'a> {
    results: &'a Results,
    partial: Partial,
    writer: csv::Writer<BufWriter<std::fs::File>>,
}

impl<'a> Table<'a> {
    /// One with these columns behind those of the settings.
    pub(super) fn create(results: &'a Results, path: &Path, columns: &[&str]) -> Result<Self> {
        let partial = Partial::beside(path)?;
        let file = BufWriter::with_capacity(1 << 16, partial.create()?);
        let mut table = Self {
            results,
            partial,
            writer: csv::Writer::from_writer(file),
        };
        let swept = results.grid.swept();
        let keys = swept.iter().map(|setting| setting.key.as_str());
        table.write(keys.chain(columns.iter().copied()))?;
        Ok(table)
    }

    /// One with a row per run and kept epoch.
    pub(super) fn of_curves(results: &'a Results, path: &Path) -> Result<Self> {
        let epoch = ["epoch", "train_loss", "test_loss", "test_accuracy"];
        Self::create(results, path, &[of_run(results), &epoch].concat())
    }

    fn write<'b>(&mut self, cells: impl Iterator<Item = &'b str>) -> Result<()> {
        let written = self.writer.write_record(cells);
        written.map_err(|error| Error::io(self.partial.target(), "write")(error.into()))
    }

    /// A row of a combination.
    fn row(
        &mut self,
        combination: usize,
        cells: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<()> {
        let cells: Vec<_> = cells.into_iter().collect();
        let values = self.results.grid.values(combination);
        self.write(
            values
                .into_iter()
                .chain(cells.iter().map(std::convert::AsRef::as_ref)),
        )
    }

    /// A row of a run: its combination's values, its seed and its fold, then the cells.
    pub(super) fn run(
        &mut self,
        run: usize,
        cells: impl IntoIterator<Item = impl Into<String>>,
    ) -> Result<()> {
        let grid = &self.results.grid;
        let (combination, seed, fold) = grid.place(run);
        let mut row = vec![grid.seeds()[seed].to_string()];
        if grid.folds() > 0 {
            row.push(fold.to_string());
        }
        row.extend(cells.into_iter().map(Into::into));
        self.row(combination, row)
    }

    /// Makes the file appear.
    pub(super) fn keep(self) -> Result<()> {
        let path = self.partial.target().to_path_buf();
        let ended = self.writer.into_inner();
        let mut buffer = ended.map_err(|error| Error::io(&path, "write")(error.into_error()))?;
        buffer.flush().map_err(Error::io(&path, "write"))?;
        self.partial.keep()?;
        Ok(())
    }
}
