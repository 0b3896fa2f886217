//! A first configuration for a file of data: what `foldspace init` writes.
//!
//! What is a class, a number, a name or a row number is read from the columns; whatever was decided stands as a comment beside
//! the key that decides otherwise.

mod text;

use std::fs;
use std::path::Path;

use text::compose;

use super::Config;
use crate::data::csv::{ColumnSurvey, CsvOptions, survey};
use crate::data::file_options::is_numpy;
use crate::data::{DataConfig, Dataset, Standardiser, Target};
use crate::error::{Error, Result};
use crate::suggest::closest;

/// What target columns are called, in the order in which they are looked for.
const TARGETS: [&str; 16] = [
    "label",
    "target",
    "class",
    "y",
    "labels",
    "species",
    "outcome",
    "category",
    "diagnosis",
    "quality",
    "type",
    "variety",
    "survived",
    "price",
    "output",
    "response",
];

/// With more distinct whole numbers than this, a target is taken for a number rather than a class.
const MOST_CLASSES: usize = 20;

/// A column with more distinct words than this is not a feature.
const MOST_WORDS: usize = 12;

/// A configuration's text, and what was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The TOML.
    pub text: String,
    /// What a reader should look at, a sentence each.
    pub notes: Vec<String>,
}

/// A key that the draft sets.
struct Entry {
    key: &'static str,
    value: String,
    /// Why.
    because: String,
}

fn entry(key: &'static str, value: impl Into<String>, because: impl Into<String>) -> Entry {
    Entry {
        key,
        value: value.into(),
        because: because.into(),
    }
}

/// Drafts a configuration for a file of data. `shown` is how the configuration is to name the file, and `target` the column or
/// array to predict, if the user names it.
///
/// # Errors
/// Where the file can't be read, is neither a table nor arrays, or has nothing to predict.
pub fn draft(path: &Path, shown: &str, target: Option<&str>) -> Result<Draft> {
    let mut notes = Vec::new();
    let mut data = vec![entry("path", quoted(shown), "")];
    if is_numpy(path) {
        if let Some(target) = target {
            data.push(entry("target", quoted(target), ""));
        }
    } else {
        let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
        let text = !bytes.iter().take(1 << 12).any(|&byte| byte == 0)
            || bytes.starts_with(&[0xff, 0xfe])
            || bytes.starts_with(&[0xfe, 0xff]);
        if text && !bytes.starts_with(b"PK\x03\x04") {
            let columns = survey(&bytes, path, &CsvOptions::default())?;
            choose_columns(path, &columns, target, &mut data, &mut notes)?;
        } else if let Some(target) = target {
            data.push(entry("target", quoted(target), ""));
        }
    }
    let set = read(path, &data)?;
    let regression = matches!(set.target, Target::Values { .. });
    scale(&set, &mut data);
    if !data.iter().any(|entry| entry.key == "task") && !is_numpy(path) {
        let task = if regression {
            "regression"
        } else {
            "classification"
        };
        data.push(entry("task", quoted(task), ""));
    }
    let text = compose(path, &set, &data);
    Ok(Draft { text, notes })
}

/// Which column is the target, and which are not features.
fn choose_columns(
    path: &Path,
    columns: &[ColumnSurvey],
    target: Option<&str>,
    data: &mut Vec<Entry>,
    notes: &mut Vec<String>,
) -> Result<()> {
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let guessed = || {
        TARGETS.iter().find_map(|known| {
            let same = |name: &&str| name.trim().eq_ignore_ascii_case(known);
            names.iter().position(same)
        })
    };
    let at = match target {
        Some(wanted) => names
            .iter()
            .position(|name| *name == wanted)
            .ok_or_else(|| {
                let nearest = closest(wanted, names.iter().copied()).unwrap_or_default();
                Error::invalid(
                    "--target",
                    format!("there is no column {wanted} in {}", path.display()),
                    format!("did you mean {nearest}? There are {}", few(&names)),
                )
            })?,
        None => match guessed() {
            Some(at) => at,
            None => {
                let last = names.len().saturating_sub(1);
                notes.push(format!(
                    "the last column, {}, is taken for the target; --target NAME takes another of {}",
                    names[last],
                    few(&names)
                ));
                last
            }
        },
    };
    let goal = &columns[at];
    data.push(entry(
        "target",
        quoted(&goal.name),
        "the column to be predicted",
    ));
    let present = goal.numbers + goal.words;
    if goal.words == 0 {
        let few = goal.whole && goal.distinct <= MOST_CLASSES && 3 * goal.distinct <= present;
        let (task, because) = match (few, goal.whole) {
            (true, _) => (
                "classification",
                format!("{} has {} distinct whole numbers", goal.name, goal.distinct),
            ),
            (false, true) => (
                "regression",
                format!("{} has many distinct whole numbers", goal.name),
            ),
            (false, false) => ("regression", format!("{} has fractions", goal.name)),
        };
        notes.push(format!("task = \"{task}\": {because}"));
        data.push(entry("task", quoted(task), because));
    } else {
        data.push(entry(
            "task",
            quoted("classification"),
            format!("{} holds words", goal.name),
        ));
    }

    let (mut drop, mut encode, mut missing) = (Vec::new(), Vec::new(), goal.missing);
    let mut why = Vec::new();
    for (i, column) in columns.iter().enumerate() {
        let rows = column.numbers + column.words + column.missing;
        if i == at || column.name.is_empty() && column.missing == rows {
            continue;
        }
        let reason = if column.missing == rows {
            Some("it is empty".to_owned())
        } else if let Some(numbers_rows) = column.numbers_rows {
            Some(numbers_rows.trim_start_matches("which ").to_owned())
        } else if column.words > 0 && column.distinct <= 1 {
            Some("it is the same in every row".to_owned())
        } else if column.words > 0
            && (column.words <= column.numbers || column.distinct > MOST_WORDS)
        {
            Some(format!(
                "it holds text with {} distinct values",
                column.distinct
            ))
        } else {
            None
        };
        match reason {
            // A column that only numbers the rows may have no name, and is left out without being asked.
            Some(reason) if !column.name.is_empty() => {
                why.push(format!("{}: {reason}", column.name));
                drop.push(column.name.clone());
            }
            Some(_) => {}
            None if column.words > 0 => {
                encode.push(column.name.clone());
                missing += column.missing;
            }
            None => missing += column.missing,
        }
    }
    if !drop.is_empty() {
        notes.push(format!("left out: {}", why.join("; ")));
        data.push(entry("drop", list(&drop), why.join("; ")));
    }
    if !encode.is_empty() {
        notes.push(format!(
            "every value of {} becomes a feature of zeros and ones",
            encode.join(", ")
        ));
        data.push(entry(
            "encode",
            list(&encode),
            "text with few distinct values",
        ));
    }
    if missing > 0 {
        notes.push(format!("{missing} values are missing: missing = \"mean\" fills features in, \"drop\" leaves samples out"));
        data.push(entry(
            "missing",
            quoted("mean"),
            format!("{missing} values are missing"),
        ));
    }
    Ok(())
}

/// The data as these keys read it.
fn read(path: &Path, data: &[Entry]) -> Result<Dataset> {
    let mut text = String::new();
    for entry in data {
        let value = match entry.key {
            "path" => {
                let whole = std::path::absolute(path).map_err(Error::io(path, "find"))?;
                quoted(&whole.to_string_lossy())
            }
            _ => entry.value.clone(),
        };
        text += &format!("{} = {value}\n", entry.key);
    }
    let config: DataConfig = toml::from_str(&text).map_err(|error| {
        Error::invalid(
            path.display().to_string(),
            error.message().to_owned(),
            "write the configuration by hand, see docs/configuration.md",
        )
    })?;
    config.load(42, Path::new(""))
}

/// Whether features and targets are to be standardised.
fn scale(set: &Dataset, data: &mut Vec<Entry>) {
    let is_unit = |matrix: &faer::Mat<f64>| {
        let fitted = Standardiser::fit(matrix);
        let mut columns = fitted.means.iter().zip(&fitted.deviations);
        columns.all(|(mean, deviation)| mean.abs() <= 0.5 && (0.5..=2.0).contains(deviation))
    };
    if is_unit(&set.features) {
        data.push(entry(
            "standardise",
            "false",
            "the features have the size of 1 already",
        ));
    } else {
        data.push(entry("standardise", "true", "the features differ in size"));
    }
    if let Target::Values { values, .. } = &set.target
        && !is_unit(values)
    {
        data.push(entry(
            "standardise_targets",
            "true",
            "the targets are not of the size of 1",
        ));
    }
}

/// The first of many names.
fn few(names: &[&str]) -> String {
    match names.len().checked_sub(12) {
        Some(more @ 1..) => format!("{} and {more} more", names[..12].join(", ")),
        _ => names.join(", "),
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(names: &[String]) -> String {
    let names = names.iter().cloned().map(toml::Value::String).collect();
    toml::Value::Array(names).to_string()
}

/// Makes sure that a draft trains, as far as that can be known before.
///
/// # Errors
/// As [`Config::parse`] and [`check`](crate::train::check).
pub fn check(draft: &Draft, name: &str, base: &Path) -> Result<()> {
    let config = Config::parse(&draft.text, name, &[])?;
    let split = config.data.load_split(config.seed, base)?;
    crate::train::check(&config.train, &config.model, &split.train)
}
