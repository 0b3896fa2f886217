//! From rows to tables: what every sweep ends with, however it was cut.

use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;

use super::gather::Gathered;
use super::results::Curve;
use super::tables::{self, Table};
use super::{Directory, Identity, Results, rows};
use crate::error::{Error, Result};

/// The most files that are open at once; systems commonly allow 1024.
const MOST_OPEN: usize = 256;

/// Writes `curves.csv` and `summary.csv` in place of earlier ones and returns what pictures are drawn from. Runs that have not
/// ended are left out. `runs.csv` comes when the pictures are there, see [`write_runs`].
///
/// # Errors
/// [`Error::Io`] where a file can't be read or written.
pub fn write_tables(
    directory: &mut Directory,
    identity: &Identity,
    mut gathered: Gathered,
) -> Result<Results> {
    directory.clear_results()?;
    let outcomes = std::mem::take(&mut gathered.outcomes);
    let mut results = Results::of(identity.name(), identity.grid().clone(), outcomes);
    let path = |name: &str| directory.path().join(name);
    if identity.curves() {
        let curves = curves(&results, identity, &gathered, &path("curves.csv"))?;
        for (run, curve) in curves {
            results.add_curve(run, curve);
        }
    }
    tables::summary(&results, &path("summary.csv"))?;
    Ok(results)
}

/// Writes `runs.csv`, the last file: where it is, all others are.
///
/// # Errors
/// [`Error::Io`] where it can't be written.
pub fn write_runs(directory: &Directory, results: &Results) -> Result<()> {
    tables::runs(results, &directory.path().join("runs.csv"))
}

/// Writes a row per run and kept epoch, a run at a time, and returns the curves that pictures show.
fn curves(
    results: &Results,
    identity: &Identity,
    gathered: &Gathered,
    path: &Path,
) -> Result<Vec<(usize, Curve)>> {
    let mut table = Table::of_curves(results, path)?;
    let wanted = results.runs_with_curves();
    let mut kept = Vec::new();
    let mut open: Vec<Option<BufReader<File>>> = Vec::new();
    open.resize_with(gathered.files.len(), || None);
    let (mut count, mut line) = (0, Vec::new());
    for (run, outcome) in results.outcomes.iter().enumerate() {
        if !outcome.has_ended() {
            continue;
        }
        let (number, start) = gathered.places[run];
        let file = &gathered.files[number as usize];
        if open[number as usize].is_none() && count == MOST_OPEN {
            open.iter_mut().for_each(|file| *file = None);
            count = 0;
        }
        let reader = match &mut open[number as usize] {
            Some(reader) => reader,
            none => {
                count += 1;
                none.insert(BufReader::new(
                    File::open(file).map_err(Error::io(file, "read"))?,
                ))
            }
        };
        line.clear();
        reader
            .seek(SeekFrom::Start(start))
            .and_then(|_| reader.read_until(b'\n', &mut line))
            .map_err(Error::io(file, "read"))?;
        line.pop();
        let row = rows::parse(&line, &results.grid, identity.curves());
        let row = row.filter(|row| row.run == run).ok_or_else(|| {
            Error::invalid(
                file.display().to_string(),
                "it changed while it was read",
                "collect again when nothing writes to it",
            )
        })?;
        let mut losses = Vec::new();
        let is_wanted = wanted.binary_search(&run).is_ok();
        for (epoch, cells) in rows::epochs(row.curve) {
            if is_wanted && let Ok(loss) = cells[0].parse() {
                losses.push([epoch as f64, loss]);
            }
            let [train, test, accuracy] = cells;
            table.run(run, [&epoch.to_string(), train, test, accuracy])?;
        }
        if is_wanted {
            let diverged = outcome.diverged().is_some();
            kept.push((run, Curve { losses, diverged }));
        }
    }
    table.keep()?;
    Ok(kept)
}
