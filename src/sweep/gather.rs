//! Reading all rows files of a directory: each run once, whoever computed it.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use super::recorder::ROWS;
use super::{Identity, Outcome, Shard, Task, rows};
use crate::error::{Error, Result};

/// The runs that the files of a directory hold.
#[derive(Debug)]
pub struct Gathered {
    /// One per run of the grid, in its order.
    pub outcomes: Vec<Outcome>,
    /// The files, by name.
    pub files: Vec<PathBuf>,
    /// The file of each run and the byte where its line begins.
    pub(super) places: Vec<(u32, u64)>,
    /// The vector levels that runs were computed with.
    pub vectors: BTreeSet<String>,
    /// How many lines are not runs, and the first file that has any.
    pub torn: Option<(usize, PathBuf)>,
    ended: usize,
}

impl Gathered {
    /// Reads them.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a file belongs to another sweep, two hold different results of one run, or one was computed on
    /// another backend; [`Error::Io`] where one can't be read.
    pub fn read(directory: &Path, identity: &Identity) -> Result<Self> {
        let runs = identity.grid().runs();
        let mut gathered = Self {
            outcomes: vec![Outcome::default(); runs],
            files: files(directory)?,
            places: vec![(0, 0); runs],
            vectors: BTreeSet::new(),
            torn: None,
            ended: 0,
        };
        let mut digests = vec![0_u32; runs];
        for (number, path) in gathered.files.clone().iter().enumerate() {
            let file = File::open(path).map_err(Error::io(path, "read"))?;
            let source = BufReader::with_capacity(1 << 16, file);
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let met = rows::read(source, path, identity, |start, row| {
                gathered.take(number, start, &row, identity, &mut digests)
            })?;
            if met.torn > 0 {
                let (torn, _) = gathered.torn.get_or_insert((0, path.clone()));
                *torn += met.torn;
            }
        }
        Ok(gathered)
    }

    fn take(
        &mut self,
        file: u32,
        start: u64,
        row: &rows::Row<'_>,
        identity: &Identity,
        digests: &mut [u32],
    ) -> Result<()> {
        let path = &self.files[file as usize];
        if !identity.backends().any(|backend| backend == row.backend) {
            let planned: Vec<&str> = identity.backends().collect();
            return Err(Error::invalid(
                path.display().to_string(),
                format!(
                    "run {} was computed on {}, and the sweep on {}",
                    row.run,
                    row.backend,
                    planned.join(", ")
                ),
                "backends agree within rounding only: move the file away and run what is missing again",
            ));
        }
        if !self.vectors.contains(row.vectors) {
            self.vectors.insert(row.vectors.to_owned());
        }
        let there = &mut self.outcomes[row.run];
        if there.has_ended() {
            if there.is_same(&row.outcome) && digests[row.run] == row.digest {
                return Ok(());
            }
            let first = &self.files[self.places[row.run].0 as usize];
            let again = match first == path {
                true => "a second time".to_owned(),
                false => format!("in {}", path.display()),
            };
            return Err(Error::invalid(
                first.display().to_string(),
                format!("run {} ended otherwise {again}", row.run),
                "one of the two was altered, or computed by another processor or program: move one of the files away",
            ));
        }
        *there = row.outcome;
        digests[row.run] = row.digest;
        self.places[row.run] = (file, start);
        self.ended += 1;
        Ok(())
    }

    /// How many runs there are.
    pub fn ended(&self) -> usize {
        self.ended
    }

    /// Whether a run is there.
    pub fn has(&self, run: usize) -> bool {
        self.outcomes[run].has_ended()
    }

    /// The tasks that lack a run, in their order.
    pub fn left(&self, tasks: Vec<Task>, identity: &Identity) -> Vec<Task> {
        let grid = identity.grid();
        let lacks = |task: &Task| task.runs(grid).any(|run| !self.has(run));
        tasks.into_iter().filter(lacks).collect()
    }

    /// Into how many shards the sweep was cut, as most of the files say; `None` where no file says.
    pub fn cut(&self) -> Option<usize> {
        let counts = self.files.iter().filter_map(|path| shard_of(path));
        let mut counts: Vec<usize> = counts.map(|shard| shard.count).collect();
        counts.sort_unstable();
        let groups = counts.chunk_by(|a, b| a == b);
        groups
            .max_by_key(|group| (group.len(), group[0]))
            .map(|group| group[0])
    }

    /// The shards, out of `count`, that lack a run.
    pub fn lacking(&self, identity: &Identity, count: usize) -> Vec<usize> {
        let tasks = identity.deal().tasks(identity.grid());
        let shards = identity.deal().shards(&tasks, count);
        let both = tasks.iter().zip(shards);
        let lacking = both
            .filter(|(task, _)| task.runs(identity.grid()).any(|run| !self.has(run)))
            .map(|(_, shard)| shard);
        lacking.collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// The shard that a rows file's name names.
fn shard_of(path: &Path) -> Option<Shard> {
    let name = path.file_name()?.to_str()?;
    let (index, rest) = name.split_once("-of-")?;
    let (count, _) = rest.split_once('.')?;
    format!("{index}/{count}").parse().ok()
}

/// The rows files of a directory, by name; none where there are none.
///
/// # Errors
/// [`Error::Io`] where they can't be listed.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let folder = directory.join(ROWS);
    let entries = match fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Error::io(folder, "read")(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(Error::io(&folder, "read"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".csv") && !name.starts_with('.') {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
