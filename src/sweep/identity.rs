//! `sweep.toml`: which sweep a directory holds. The first process writes it, every other one compares and refuses what differs.

use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::seeds::seeds_text;
use super::shard::Deal;
use super::{Grid, Setting, Sweep, parse_seeds};
use crate::config::Config;
use crate::data::Source;
use crate::error::{Error, Result};
use crate::file;
use crate::run::session::BURN_VERSION;

/// The file's name.
pub(crate) const FILE: &str = "sweep.toml";

/// What a sweep is: two processes with the same identity work on the same sweep.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    text: String,
    record: Record,
    grid: Grid,
    deal: Deal,
}

/// The file's contents.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    foldspace: String,
    burn: String,
    /// The configuration's name.
    name: String,
    /// Where runs are computed: what `auto` stands for.
    backend: String,
    seeds: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folds: Option<usize>,
    /// Whether the losses of every epoch are kept.
    curves: bool,
    /// As they stand behind `--set`.
    set: Vec<String>,
    /// The estimated cost of a run of each combination, equal ones counted.
    costs: String,
    /// How many seeds of each combination are trained as one network, where any are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    together: Option<String>,
    /// What the runs read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<Fingerprint>,
    /// The first run's, with every default written out.
    config: toml::Table,
}

/// A file as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Fingerprint {
    path: String,
    sha256: String,
}

impl Identity {
    /// Of a sweep with this name.
    ///
    /// # Errors
    /// [`Error::Io`] where a file that the runs read can't be read.
    pub fn new(sweep: &Sweep, name: &str, curves: bool) -> Result<Self> {
        let (grid, deal, base) = (sweep.grid(), sweep.deal(), sweep.base());
        let files = sweep.files().map(|path| fingerprint(path, base));
        let mut config = sweep.config(0, grid.seeds()[0]);
        relate(&mut config, base);
        let several = deal.together.iter().any(|&size| size > 1);
        let sizes = || counted(deal.together.iter().map(|&size| size as u64));
        let record = Record {
            foldspace: env!("CARGO_PKG_VERSION").to_owned(),
            burn: BURN_VERSION.to_owned(),
            name: name.to_owned(),
            backend: sweep.backends().join(", "),
            seeds: seeds_text(grid.seeds()),
            folds: (grid.folds() > 0).then_some(grid.folds()),
            curves,
            set: (grid.settings().iter())
                .map(|setting| format!("{}={}", setting.key, setting.values.join(",")))
                .collect(),
            costs: counted(deal.costs.iter().copied()),
            together: several.then(sizes),
            files: files.collect::<Result<_>>()?,
            config: toml::Table::try_from(config)
                .map_err(|error| Error::invalid(FILE, error.to_string(), "report this"))?,
        };
        let text = toml::to_string(&record)
            .map_err(|error| Error::invalid(FILE, error.to_string(), "report this"))?;
        Ok(Self {
            text,
            record,
            grid: grid.clone(),
            deal: deal.clone(),
        })
    }

    /// The identity of the sweep in a directory; `None` where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be read, [`Error::Invalid`] where the file does not hold one.
    pub fn read(directory: &Path) -> Result<Option<Self>> {
        let path = directory.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path, "read")(error)),
        };
        Self::parse(&text, &path.display().to_string()).map(Some)
    }

    /// Reads the text; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is not such a record.
    pub fn parse(text: &str, name: &str) -> Result<Self> {
        let refuse = |problem: String| {
            let remedy = "it was altered, or another version wrote it: sweep into another directory with --out, or replace it with --overwrite";
            Error::invalid(name, problem, remedy)
        };
        let record: Record = toml::from_str(text)
            .map_err(|error| refuse(error.message().lines().collect::<Vec<_>>().join(" ")))?;
        let settings = record.set.iter().map(|text| text.parse());
        let settings = settings.collect::<Result<Vec<Setting>>>()?;
        let mut grid = Grid::new(settings, parse_seeds(&record.seeds)?)?;
        if let Some(folds) = record.folds {
            grid = grid.with_folds(folds)?;
        }
        let most = grid.combinations();
        let costs = expanded(&record.costs, most).ok_or_else(|| {
            refuse(format!(
                "`costs` does not say what {most} combinations cost"
            ))
        })?;
        let together = match &record.together {
            None => vec![1; most],
            Some(text) => {
                let sizes = expanded(text, most).filter(|sizes| !sizes.contains(&0));
                let sizes = sizes
                    .ok_or_else(|| refuse(format!("`together` is not for {most} combinations")))?;
                sizes
                    .into_iter()
                    .map(|size| size.min(u64::from(u32::MAX)) as usize)
                    .collect()
            }
        };
        Ok(Self {
            text: text.to_owned(),
            record,
            grid,
            deal: Deal { costs, together },
        })
    }

    /// Settings, seeds and folds.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// What decides which shard a run belongs to.
    pub fn deal(&self) -> &Deal {
        &self.deal
    }

    /// The configuration's name.
    pub fn name(&self) -> &str {
        &self.record.name
    }

    /// Whether the losses of every epoch are kept.
    pub fn curves(&self) -> bool {
        self.record.curves
    }

    /// The backends that the runs are computed on.
    pub fn backends(&self) -> impl Iterator<Item = &str> {
        self.record.backend.split(", ")
    }

    /// Twelve characters that only this sweep's rows have in their header.
    pub fn id(&self) -> String {
        let digest = Sha256::digest(self.text.as_bytes());
        digest[..6]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Makes this the directory's identity, whole at once, or finds that it is already; returns whether it was made.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the directory holds another sweep, with the first difference; [`Error::Io`] where it can't be
    /// written to.
    pub fn settle(&self, directory: &Path) -> Result<bool> {
        let path = directory.join(FILE);
        let draft = format!(".{FILE}.");
        if path.exists() {
            // What was left by processes that were killed just here; one that is at it now finds that it came second.
            remove_drafts(directory, &draft);
        } else {
            let own = directory.join(format!("{draft}{}", super::process::unique()));
            fs::write(&own, &self.text).map_err(Error::io(&path, "write"))?;
            // A link appears whole, and only where there is nothing yet, over a network too.
            let linked = fs::hard_link(&own, &path);
            let made = match linked {
                Ok(()) => true,
                // Another process was first, and may have removed this one's draft.
                Err(_) if path.exists() => false,
                // Not every file system has links. Whoever comes second then writes the same bytes, or is refused below.
                Err(_) => {
                    file::write(&path, self.text.as_bytes())?;
                    true
                }
            };
            let _ = fs::remove_file(own);
            if made {
                return Ok(true);
            }
        }
        let Some(difference) = self.differs(directory)? else {
            return Ok(false);
        };
        Err(Error::invalid(
            path.display().to_string(),
            format!("this is another sweep: {difference}"),
            "sweep into another directory with --out, or, where no other process is at work, replace it with --overwrite",
        ))
    }

    /// How a directory's record differs from this one, in words; `None` where they are the same.
    ///
    /// # Errors
    /// [`Error::Io`] where it can't be read.
    pub fn differs(&self, directory: &Path) -> Result<Option<String>> {
        let path = directory.join(FILE);
        let there = match fs::read_to_string(&path) {
            Ok(there) => there,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Ok(Some("it has no sweep.toml".to_owned()));
            }
            Err(error) => return Err(Error::io(&path, "read")(error)),
        };
        if there == self.text {
            return Ok(None);
        }
        Ok(Some(match toml::from_str::<toml::Table>(&there) {
            Ok(table) => self.difference(&table),
            Err(_) => "its sweep.toml is not one that this version wrote".to_owned(),
        }))
    }

    /// The first difference, in words.
    fn difference(&self, there: &toml::Table) -> String {
        let here = self.text.parse::<toml::Table>().unwrap_or_default();
        first_difference("", there, &here)
            .unwrap_or_else(|| "it is written in another way".to_owned())
    }
}

/// The first key in which two tables differ, and its values.
fn first_difference(within: &str, there: &toml::Table, here: &toml::Table) -> Option<String> {
    use toml::Value;
    let mut keys: Vec<&String> = here.keys().chain(there.keys()).collect();
    // What follows from the rest says nothing new: costs and sizes come last, behind the configuration.
    keys.sort_by_key(|key| {
        let derived = within.is_empty() && ["costs", "together"].contains(&key.as_str());
        (derived, here.get(*key).is_some_and(Value::is_table))
    });
    for key in keys {
        let name = format!("{within}{key}");
        match (there.get(key), here.get(key)) {
            (a, b) if a == b => {}
            (Some(Value::Table(a)), Some(Value::Table(b))) => {
                return first_difference(&format!("{name}."), a, b);
            }
            (a, b) => {
                let shown = |value: Option<&Value>| {
                    let text = value.map_or_else(|| "absent".to_owned(), Value::to_string);
                    match text.char_indices().nth(60) {
                        Some((end, _)) => format!("{}...", &text[..end]),
                        None => text,
                    }
                };
                return Some(format!("{name} is {} there, {} here", shown(a), shown(b)));
            }
        }
    }
    None
}

/// A file's path, as the configuration names it, and its digest.
fn fingerprint(path: &Path, base: &Path) -> Result<Fingerprint> {
    let mut file = fs::File::open(path).map_err(Error::io(path, "read"))?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(Error::io(path, "read"))? {
            0 => break,
            count => digest.update(&buffer[..count]),
        }
    }
    let bytes = digest.finalize();
    Ok(Fingerprint {
        path: relative(path, base).display().to_string(),
        sha256: bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// Names files as they are named from where the configuration is: a shared folder may have another path on another machine.
fn relate(config: &mut Config, base: &Path) {
    if let Some(targets) = config.data.targets_file(Path::new("")) {
        config.data.set_targets_file(&relative(&targets, base));
    }
    if let Source::File { path, .. } = &mut config.data.source {
        *path = relative(path, base);
    }
    if let Some(weights) = &mut config.model.weights {
        *weights = relative(weights, base);
    }
}

fn relative(path: &Path, base: &Path) -> PathBuf {
    path.strip_prefix(base).unwrap_or(path).to_path_buf()
}

/// Numbers in a row, equal ones counted: `7*3,5`.
fn counted(numbers: impl Iterator<Item = u64>) -> String {
    let numbers: Vec<u64> = numbers.collect();
    let groups = numbers.chunk_by(|a, b| a == b).map(|group| match group {
        [one] => one.to_string(),
        [one, ..] => format!("{one}*{}", group.len()),
        [] => String::new(),
    });
    groups.collect::<Vec<_>>().join(",")
}

/// The numbers that [`counted`] wrote, `count` of them; `None` where it is something else.
fn expanded(text: &str, count: usize) -> Option<Vec<u64>> {
    let mut numbers = Vec::new();
    for group in text.split(',') {
        let (number, times) = group.split_once('*').unwrap_or((group, "1"));
        let (number, times): (u64, usize) = (number.parse().ok()?, times.parse().ok()?);
        if times > count - numbers.len() {
            return None;
        }
        numbers.resize(numbers.len() + times, number);
    }
    (numbers.len() == count).then_some(numbers)
}

/// Removes the files of a directory whose names begin so, as far as that can be done.
fn remove_drafts(directory: &Path, beginning: &str) {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for entry in entries {
        if entry.file_name().to_string_lossy().starts_with(beginning) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_numbers_come_back() {
        for numbers in [vec![7], vec![7, 7, 7, 5], vec![u64::MAX, 0, 0]] {
            let text = counted(numbers.iter().copied());
            assert_eq!(expanded(&text, numbers.len()), Some(numbers.clone()));
            assert_eq!(expanded(&text, numbers.len() + 1), None);
            assert_eq!(expanded(&text, numbers.len() - 1), None);
        }
        assert_eq!(counted([7, 7, 7, 5].into_iter()), "7*3,5");
        assert_eq!(expanded("1*99999999999", 4), None);
        assert_eq!(expanded("", 1), None);
    }
}
