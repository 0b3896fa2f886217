//! Rows files: a line per run that has ended, with its number, a checksum, the cells of `runs.csv` and, where they are kept, its
//! epochs. Nothing in a line needs quotes.
//!
//! A line that was not written whole is not a run. The header names the sweep, so that another sweep's file is recognised.

use std::fmt::Write as _;
use std::io::{BufRead, Read};

use super::outcome::cell;
use super::{Grid, Identity, Outcome};
use crate::error::{Error, Result};
use crate::model::vectors;
use crate::train::EpochMetrics;

/// The longest line: some 200 epochs take a tenth of it.
const LONGEST: u64 = 1 << 18;

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<'a> {
    /// The run's number in the grid.
    pub run: usize,
    /// What became of it.
    pub outcome: Outcome,
    /// Where it was computed.
    pub backend: &'a str,
    /// The processor's widest vectors there.
    pub vectors: &'a str,
    /// The kept epochs, as [`epochs`] reads them.
    pub curve: &'a str,
    /// What tells this run's result from a different one.
    pub digest: u32,
}

/// The first line of a rows file, with its end.
pub fn header(identity: &Identity) -> String {
    let fold = match identity.grid().folds() {
        0 => "",
        _ => "fold,",
    };
    let columns = Outcome::COLUMNS.join(",");
    let curve = if identity.curves() { ",curve" } else { "" };
    format!(
        "run_of_{},crc32,seed,{fold}{columns},held_out,backend,vectors{curve}\n",
        identity.id()
    )
}

/// A run's line, with its end.
pub fn line(
    identity: &Identity,
    run: usize,
    outcome: &Outcome,
    backend: &str,
    curve: &[EpochMetrics],
) -> String {
    let grid = identity.grid();
    let (_, seed, fold) = grid.place(run);
    let mut body = grid.seeds()[seed].to_string();
    if grid.folds() > 0 {
        let _ = write!(body, ",{fold}");
    }
    for cell in outcome.cells() {
        let _ = write!(body, ",{cell}");
    }
    let _ = write!(
        body,
        ",{},{backend},{}",
        outcome.is_held_out(),
        vectors::name()
    );
    if identity.curves() {
        body.push(',');
        for (turn, epoch) in curve.iter().enumerate() {
            let space = if turn > 0 { " " } else { "" };
            let _ = write!(
                body,
                "{space}{}:{}:{}:{}",
                epoch.epoch,
                epoch.train_loss,
                cell(epoch.test_loss),
                cell(epoch.test_accuracy)
            );
        }
    }
    let crc = checksum(run.to_string().as_bytes(), body.as_bytes());
    format!("{run},{crc:08x},{body}\n")
}

/// The CRC-32 of a run's number and all that stands behind the checksum.
pub fn checksum(run: &[u8], body: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(run);
    hasher.update(b",");
    hasher.update(body);
    hasher.finalize()
}

/// Reads a line, without its end; `None` where it is torn, or not of this grid.
pub fn parse<'a>(line: &'a [u8], grid: &Grid, curves: bool) -> Option<Row<'a>> {
    let line = std::str::from_utf8(line).ok()?;
    let (run, rest) = line.split_once(',')?;
    let (crc, body) = rest.split_once(',')?;
    let number: usize = run.parse().ok().filter(|&run| run < grid.runs())?;
    // One way to write a line, or the same run could have two that differ.
    if run != number.to_string()
        || crc != format!("{:08x}", checksum(run.as_bytes(), body.as_bytes()))
    {
        return None;
    }
    let (_, seed, fold) = grid.place(number);
    let mut cells = body.split(',');
    if cells.next()?.parse() != Ok(grid.seeds()[seed]) {
        return None;
    }
    if grid.folds() > 0 && cells.next()?.parse() != Ok(fold) {
        return None;
    }
    let outcome = Outcome::parse(&mut cells)?;
    let (backend, vectors) = (cells.next()?, cells.next()?);
    let curve = if curves { cells.next()? } else { "" };
    if cells.next().is_some() {
        return None;
    }
    // The vectors that computed it do not make it another run.
    let place = body.len() - curve.len() - usize::from(curves) - vectors.len();
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&body.as_bytes()[..place]);
    hasher.update(curve.as_bytes());
    Some(Row {
        run: number,
        outcome,
        backend,
        vectors,
        curve,
        digest: hasher.finalize(),
    })
}

/// An epoch of a row: its number, and the losses and the accuracy as text, empty where there is none.
pub type Epoch<'a> = (usize, [&'a str; 3]);

/// The epochs of a row's curve: training loss, loss and accuracy on held-out samples. What is not an epoch is left out.
pub fn epochs(curve: &str) -> impl Iterator<Item = Epoch<'_>> {
    curve.split_ascii_whitespace().filter_map(|epoch| {
        let mut parts = epoch.split(':');
        let number = parts.next()?.parse().ok()?;
        let cells = [parts.next()?, parts.next()?, parts.next()?];
        parts.next().is_none().then_some((number, cells))
    })
}

/// What was found in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Met {
    /// Lines that are runs.
    pub whole: usize,
    /// Lines that are not: torn, or damaged.
    pub torn: usize,
}

/// Reads a rows file from its beginning and hands over each row with the byte where its line begins. `name` is what errors call
/// it.
///
/// A file whose header was not written whole holds no run.
///
/// # Errors
/// [`Error::Invalid`] where the file is another sweep's or none of ours, [`Error::Io`] where reading fails, and whatever `each`
/// returns.
pub fn read(
    mut source: impl BufRead,
    name: &std::path::Path,
    identity: &Identity,
    mut each: impl FnMut(u64, Row<'_>) -> Result<()>,
) -> Result<Met> {
    let (mut met, mut place, mut line) = (Met::default(), 0_u64, Vec::new());
    let header = header(identity);
    let mut first = true;
    loop {
        line.clear();
        let read = source.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        let length = read.map_err(Error::io(name, "read"))? as u64;
        if length == 0 {
            return Ok(met);
        }
        let start = place;
        place += length;
        let whole = line.pop_if(|last| *last == b'\n').is_some();
        if first {
            first = false;
            if !whole && header.as_bytes().starts_with(&line) {
                // Its process was killed while it began.
                continue;
            }
            if line != header.trim_end().as_bytes() {
                return Err(foreign(name, &line, identity));
            }
            continue;
        }
        match parse(&line, identity.grid(), identity.curves()).filter(|_| whole) {
            Some(row) => {
                met.whole += 1;
                each(start, row)?;
            }
            None => met.torn += 1,
        }
    }
}

/// Why a file with this first line has no rows of the sweep.
fn foreign(name: &std::path::Path, line: &[u8], identity: &Identity) -> Error {
    let line = String::from_utf8_lossy(line);
    let of = line.split(',').next().unwrap_or_default();
    let problem = match of.strip_prefix("run_of_") {
        Some(other) if other == identity.id() => "its header is damaged".to_owned(),
        Some(other) if other.len() == 12 => format!(
            "it holds rows of another sweep ({other}; sweep.toml here is {})",
            identity.id()
        ),
        _ => "this is not a file of a sweep's rows".to_owned(),
    };
    Error::invalid(
        name.display().to_string(),
        problem,
        "move it out of the directory, or put back the sweep.toml that it was written with",
    )
}
