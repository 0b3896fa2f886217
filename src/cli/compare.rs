//! `foldspace compare`: what differs between runs, and which is better.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::evaluate::{Judged, judge, short};
use super::sweep_report::aligned;
use super::{Outcome, output};
use crate::error::{Error, Result};
use crate::evaluate::Scores;
use crate::run::Run;

/// Put runs beside each other: the keys of their configurations that differ, and how good each is.
///
/// Losses are those of the last captured network over all samples of a part. Where runs hold out different samples, a note says
/// so, since their numbers are then of different samples.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  foldspace compare artifacts/runs/moons artifacts/runs/slow")]
pub(super) struct Arguments {
    /// Two or more run directories.
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One run, judged.
struct Side {
    name: String,
    epoch: usize,
    /// Every key of its configuration and its value.
    settings: Vec<(String, String)>,
    parameters: usize,
    parts: Vec<Judged>,
    /// The samples that are held out, to tell whether two runs hold out the same.
    held_out: Option<crate::data::Dataset>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let sides = arguments
        .runs
        .iter()
        .map(|path| side(path, quiet))
        .collect::<Result<Vec<Side>, Error>>()?;
    let keys: BTreeSet<&String> = sides
        .iter()
        .flat_map(|side| side.settings.iter().map(|(key, _)| key))
        .collect();
    let value = |side: &Side, key: &str| {
        let found = side.settings.iter().find(|(other, _)| other == key);
        found.map_or_else(|| "-".to_owned(), |(_, value)| value.clone())
    };
    let differ = |key: &&&String| {
        sides
            .iter()
            .any(|side| value(side, key) != value(&sides[0], key))
    };
    let differing: Vec<&&String> = keys.iter().filter(differ).collect();
    if arguments.json {
        let runs: Vec<_> = sides
            .iter()
            .map(|side| {
                let differing: serde_json::Map<_, _> = differing
                    .iter()
                    .map(|key| (key.to_string(), json!(value(side, key))))
                    .collect();
                json!({ "run": side.name, "epoch": side.epoch, "parameters": side.parameters,
                    "differing": differing, "parts": side.parts })
            })
            .collect();
        return output::say(format_args!("{:#}", json!({ "runs": runs })));
    }
    let mut rows = vec![vec![String::new()]];
    rows[0].extend(sides.iter().map(|side| side.name.clone()));
    let mut add = |name: &str, of: &dyn Fn(&Side) -> String| {
        let mut row = vec![name.to_owned()];
        row.extend(sides.iter().map(of));
        rows.push(row);
    };
    for key in &differing {
        add(key, &|side| value(side, key));
    }
    add("parameters", &|side| side.parameters.to_string());
    add("epoch", &|side| side.epoch.to_string());
    for part in ["training", "held out"] {
        let found = |side: &Side| side.parts.iter().position(|judged| judged.part == part);
        if !sides.iter().any(|side| found(side).is_some()) {
            continue;
        }
        let of = |side: &Side, score: &dyn Fn(&Judged) -> Option<String>| {
            let judged = found(side).map(|at| &side.parts[at]);
            judged.and_then(score).unwrap_or_else(|| "-".to_owned())
        };
        add(&format!("{part}: loss"), &|side| {
            of(side, &|judged| judged.loss.map(short))
        });
        for (name, score) in SCORES {
            if sides.iter().any(|side| of(side, score) != "-") {
                add(&format!("{part}: {name}"), &|side| of(side, score));
            }
        }
    }
    output::raw(aligned(&rows).as_bytes())?;
    let same = sides
        .windows(2)
        .all(|pair| pair[0].held_out == pair[1].held_out);
    if !same && !quiet {
        output::note(
            "note: the runs do not hold out the same samples, so their numbers on those are not directly comparable",
        );
    }
    Ok(())
}

/// A score by name, as it is printed.
type Score = (&'static str, &'static dyn Fn(&Judged) -> Option<String>);

const SCORES: [Score; 4] = [
    ("accuracy", &|judged| match &judged.scores {
        Scores::Classes(confusion) => Some(format!("{:.1} %", 100.0 * confusion.accuracy())),
        Scores::Numbers(_) => None,
    }),
    ("macro F1", &|judged| match &judged.scores {
        Scores::Classes(confusion) => Some(format!("{:.3}", confusion.macro_f1())),
        Scores::Numbers(_) => None,
    }),
    ("R2", &|judged| match &judged.scores {
        Scores::Numbers(numbers) => Some(each(numbers.iter().map(|scores| {
            scores
                .r2
                .map_or_else(|| "-".to_owned(), |r2| format!("{r2:.4}"))
        }))),
        Scores::Classes(_) => None,
    }),
    ("RMSE", &|judged| match &judged.scores {
        Scores::Numbers(numbers) => Some(each(numbers.iter().map(|scores| short(scores.rmse)))),
        Scores::Classes(_) => None,
    }),
];

fn each(texts: impl Iterator<Item = String>) -> String {
    texts.collect::<Vec<_>>().join(" / ")
}

fn side(path: &std::path::Path, quiet: bool) -> Result<Side> {
    let run = super::opened(path, quiet)?;
    let epoch = super::captured_epoch(&run, None)?;
    let (network, split) = (run.frozen(epoch)?, run.split()?);
    let mut parts = vec![judge(&run, &network, "training", &split.train)?];
    let held_out = split.test.samples() > 0;
    if held_out {
        parts.push(judge(&run, &network, "held out", &split.test)?);
    }
    Ok(Side {
        name: path.display().to_string(),
        epoch,
        settings: settings(&run),
        parameters: run
            .config
            .model
            .parameters(split.train.dimensions())
            .unwrap_or(usize::MAX),
        parts,
        held_out: held_out.then_some(split.test),
    })
}

/// Every key of a run's configuration with its value, except the versions it was made with.
fn settings(run: &Run) -> Vec<(String, String)> {
    let table: toml::Table = run.config.to_toml().parse().unwrap_or_default();
    let mut found = Vec::new();
    flatten("", &toml::Value::Table(table), &mut found);
    found.retain(|(key, _)| !key.starts_with("provenance."));
    found
}

fn flatten(place: &str, value: &toml::Value, found: &mut Vec<(String, String)>) {
    let below = |key: &str| match place {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    };
    match value {
        toml::Value::Table(table) => table
            .iter()
            .for_each(|(key, value)| flatten(&below(key), value, found)),
        toml::Value::Array(items) if items.iter().any(toml::Value::is_table) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| flatten(&below(&i.to_string()), value, found)),
        toml::Value::String(text) => found.push((place.to_owned(), text.clone())),
        value => found.push((place.to_owned(), value.to_string())),
    }
}
