//! A first configuration for a file of data: what `foldspace init` writes.
//!
//! What is a class, a number, a name or a row number is read from the columns; whatever was decided stands as a comment beside
//! the key that decides otherwise.

use std::fs;
use std::path::Path;

use super::Config;
use super::reference::{Absent, Section, sections};
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

/// The most characters of a line of comment.
const WIDTH: usize = 110;

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

/// The text of the whole configuration.
fn compose(path: &Path, set: &Dataset, data: &[Entry]) -> String {
    let samples = set.samples();
    let (loss, outputs, end, task) = match &set.target {
        Target::Classes { names, .. } if names.len() == 2 => {
            ("bce", 1, "sigmoid", "2 classes".to_owned())
        }
        Target::Classes { names, .. } => (
            "cross_entropy",
            names.len(),
            "softmax",
            format!("{} classes", names.len()),
        ),
        Target::Values { names, .. } => ("mse", names.len(), "identity", "a regression".to_owned()),
    };
    let regression = loss == "mse";
    // Numbers are overfitted sooner than classes: fewer steps and smaller weights where there are few samples.
    let few = samples < 1000;
    let batch = if samples >= 100 { Some(32) } else { None };
    let steps = batch.map_or(1, |batch| (samples * 4 / 5).div_ceil(batch).max(1));
    let wanted = if regression && few { 1200 } else { 2500 };
    let epochs = (wanted / steps).clamp(20, 200);
    let optimizer = match regression && few {
        true => "{ name = \"adam\", lr = 0.005, weight_decay = 0.01 }",
        false => "{ name = \"adam\", lr = 0.005 }",
    };

    let mut text = format!(
        "# {}: {samples} samples, {} features, {task}. Made by `foldspace init`; every key is explained in\n\
         # docs/configuration.md. Lines that begin with # show what else there is, at its default.\n\
         #\n#   foldspace train THIS_FILE\n\n",
        path.file_name().unwrap_or_default().to_string_lossy(),
        set.dimensions(),
    );
    let all = sections();
    let csv = data.iter().any(|entry| entry.key == "task");
    let of = |place: &str, what: &str| {
        all.iter()
            .filter(move |section| section.place == place && section.title.contains(what))
            .cloned()
            .collect::<Vec<Section>>()
    };
    text += &table(
        "",
        &of("", ""),
        &[entry("seed", "42", "")],
        &["data", "model", "train", "capture", "provenance"],
    );

    let mut tables = of("data", "whatever");
    tables.extend(of("data", if csv { "(CSV)" } else { "NumPy" }));
    text += &table("\n[data]\n", &tables, data, &["name"]);

    text += "\n[model]\n";
    text += &comment("The layers: units, and what bends space after each. The last one answers.");
    text += "layers = [\n";
    text += match (regression, few) {
        (true, true) => {
            "    { units = 16, activation = \"tanh\" },\n    { units = 8, activation = \"tanh\" },\n"
        }
        (true, false) => {
            "    { units = 32, activation = \"tanh\" },\n    { units = 16, activation = \"tanh\" },\n"
        }
        (false, _) => "    { units = 32, activation = \"tanh\" },\n",
    };
    if !regression {
        // Two units, so that the space in which the classes are separated can be drawn as it is; many classes need all of the
        // plane.
        let bend = if outputs > 4 { "identity" } else { "tanh" };
        text += &format!(
            "    {{ units = 2, activation = {}, name = \"embedding\" }},   # 2 units: a plane that can be drawn\n",
            quoted(bend)
        );
    }
    text += &format!(
        "    {{ units = {outputs}, activation = {} }},\n]\n",
        quoted(end)
    );
    text += &table("", &of("model", ""), &[], &["layers"]);

    let mut train = vec![
        entry("epochs", epochs.to_string(), ""),
        entry("loss", quoted(loss), task),
        entry("optimizer", optimizer, ""),
    ];
    if let Some(batch) = batch {
        train.push(entry("batch_size", batch.to_string(), ""));
    }
    text += &table("\n[train]\n", &of("train", ""), &train, &[]);
    text += &table("\n[capture]\n", &of("capture", ""), &[], &[]);
    text
}

/// A table: every key of its sections, those that are set as they are and the others in comments.
fn table(head: &str, sections: &[Section], set: &[Entry], without: &[&str]) -> String {
    let mut text = head.to_owned();
    for section in sections {
        for key in section
            .keys
            .iter()
            .filter(|key| !without.contains(&key.name))
        {
            let chosen = set.iter().find(|entry| entry.key == key.name);
            let meaning = match chosen {
                Some(entry) if !entry.because.is_empty() => {
                    format!("{} ({})", key.meaning, entry.because)
                }
                _ => key.meaning.to_owned(),
            };
            text += &comment(&meaning.replace('`', ""));
            text += &match (chosen, section.default_of(key), key.absent) {
                (Some(entry), _, _) => format!("{} = {}\n", key.name, entry.value),
                (None, Some(default), _) => format!("# {} = {default}\n", key.name),
                (None, None, Absent::Means(what)) => format!(
                    "# {}: {} (without: {what})\n",
                    key.name,
                    key.kind.replace('`', "")
                ),
                (None, None, _) => format!("# {}\n", key.name),
            };
        }
    }
    text
}

/// A sentence in lines that begin with #.
fn comment(sentence: &str) -> String {
    let mut lines = vec![String::from("#")];
    for word in sentence.split_whitespace() {
        let last = lines.last().map_or(0, |line| line.chars().count());
        if last + 1 + word.chars().count() > WIDTH {
            lines.push(String::from("#"));
        }
        if let Some(line) = lines.last_mut() {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.join("\n") + "\n"
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
