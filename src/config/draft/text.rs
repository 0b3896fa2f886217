//! The text of a draft: every key with what it means, those that are set and, in comments, the others.

use std::path::Path;

use super::{Entry, entry, quoted};
use crate::config::reference::{Absent, Section, sections};
use crate::data::{Dataset, Target};

/// The most characters of a line of comment.
const WIDTH: usize = 110;

/// The text of the whole configuration.
pub(super) fn compose(path: &Path, set: &Dataset, data: &[Entry]) -> String {
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
