//! The reference of the configuration: every key with its type, default and meaning.
//!
//! Defaults are read from the tables that the program itself uses, written out in full; `config/keys.rs` has the words. Both
//! `docs/configuration.md` and what `foldspace init` writes come from here.

use toml::{Table, Value};

use super::Config;
use super::keys::{self};
pub use super::keys::{Absent, Key};
use crate::data::DataConfig;
use crate::model::{Activation, LayerConfig};
use crate::train::{OptimizerConfig, Schedule};

/// A table of the configuration.
#[derive(Debug, Clone)]
pub struct Section {
    /// What a heading calls it.
    pub title: &'static str,
    /// The dotted key under which it stands; empty outside all tables.
    pub place: &'static str,
    /// Its keys, in the order in which they are explained.
    pub keys: &'static [Key],
    /// The table with every default written out, once for each choice that changes them: the choice's name (empty where there
    /// is only one) and the table.
    pub tables: Vec<(&'static str, Table)>,
}

impl Section {
    /// The default of a key as TOML writes it; where choices differ, `0.0 (adamw: 0.01)`. `None` where it has none.
    pub fn default_of(&self, key: &Key) -> Option<String> {
        if key.absent != Absent::Default {
            return None;
        }
        let found: Vec<(&str, String)> = self
            .tables
            .iter()
            .filter_map(|(choice, table)| Some((*choice, written(table.get(key.name)?))))
            .collect();
        let (_, first) = found.first()?;
        // With another choice the key has no effect.
        let only = (found.len() < self.tables.len()).then(|| {
            let choices: Vec<&str> = found.iter().map(|(choice, _)| *choice).collect();
            format!(" ({})", choices.join(", "))
        });
        let others: Vec<String> = found
            .iter()
            .filter(|(_, value)| value != first)
            .map(|(choice, value)| format!("{choice}: {value}"))
            .collect();
        Some(match (others.is_empty(), only) {
            (true, only) => first.clone() + &only.unwrap_or_default(),
            (false, _) => format!("{first} ({})", others.join(", ")),
        })
    }
}

/// A value as a configuration has it, a table in one line.
fn written(value: &Value) -> String {
    match value {
        Value::Table(table) => {
            let entries: Vec<String> = table
                .iter()
                .map(|(key, value)| format!("{key} = {}", written(value)))
                .collect();
            format!("{{ {} }}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// A configuration in which nothing can be left out.
const LEAST: &str = "
    [data]
    name = 'moons'
    [model]
    layers = [{ units = 1, activation = 'sigmoid' }]
    [train]
    epochs = 1
    loss = 'bce'
    optimizer = { name = 'sgd', lr = 0.1 }
    warmup = { epochs = 1 }
    early_stopping = { patience = 1 }
";

/// A table written out by its own type.
fn table_of(value: &impl serde::Serialize) -> Table {
    Table::try_from(value).unwrap_or_default()
}

/// A `[data]` table written out.
fn data_of(text: &str) -> Table {
    let config: Result<DataConfig, _> = toml::from_str(text);
    config.as_ref().map(table_of).unwrap_or_default()
}

/// All tables, in the order of the reference.
pub fn sections() -> Vec<Section> {
    let least = Config::parse(LEAST, "defaults", &[]).map(|config| config.resolved());
    let whole = least.as_ref().map(table_of).unwrap_or_default();
    let part = |path: &[&str]| {
        let mut table = whole.clone();
        for key in path {
            table = match table.remove(*key) {
                Some(Value::Table(inner)) => inner,
                _ => Table::new(),
            };
        }
        table
    };
    let one = |table: Table| vec![("", table)];
    let section = |title, place, keys, tables| Section {
        title,
        place,
        keys,
        tables,
    };
    let set = |title, keys, name: &str| {
        section(
            title,
            "data",
            keys,
            one(data_of(&format!("name = '{name}'"))),
        )
    };
    let optimizers = ["sgd", "adam", "adamw", "rmsprop"].map(|name| {
        let config: Result<OptimizerConfig, _> =
            toml::from_str(&format!("name = '{name}'\nlr = 0.1"));
        let table = config.map(|config| table_of(&config.resolved()));
        (name, table.unwrap_or_default())
    });
    let schedules = [
        ("step", "name = 'step'\nstep_size = 1"),
        ("exponential", "name = 'exponential'\ngamma = 0.9"),
        ("cosine", "name = 'cosine'"),
    ]
    .map(|(name, text)| {
        let config: Result<Schedule, _> = toml::from_str(text);
        (name, config.as_ref().map(table_of).unwrap_or_default())
    });
    vec![
        section("Outside all tables", "", keys::TOP, one(whole.clone())),
        section(
            "`[data]`, whatever the set",
            "data",
            keys::DATA,
            one(part(&["data"])),
        ),
        section(
            "`[data]` with `path` to a table (CSV)",
            "data",
            keys::CSV,
            one(data_of("path = 'a.csv'")),
        ),
        section(
            "`[data]` with `path` to NumPy's arrays",
            "data",
            keys::NPZ,
            one(data_of("path = 'a.npz'")),
        ),
        set("`[data]` with `name = \"moons\"`", keys::MOONS, "moons"),
        set(
            "`[data]` with `name = \"circles\"`",
            keys::CIRCLES,
            "circles",
        ),
        set("`[data]` with `name = \"blobs\"`", keys::BLOBS, "blobs"),
        set(
            "`[data]` with `name = \"two_blobs\"`",
            keys::TWO_BLOBS,
            "two_blobs",
        ),
        set(
            "`[data]` with `name = \"classification\"`",
            keys::CLASSIFICATION,
            "classification",
        ),
        set("`[data]` with `name = \"spiral\"`", keys::SPIRAL, "spiral"),
        set("`[data]` with `name = \"xor\"`", keys::XOR, "xor"),
        set(
            "`[data]` with `name = \"quadratic\"`",
            keys::QUADRATIC,
            "quadratic",
        ),
        section("`[model]`", "model", keys::MODEL, one(part(&["model"]))),
        section(
            "Each of `[model] layers`",
            "model.layers",
            keys::LAYER,
            one(table_of(&LayerConfig::new(1, Activation::Identity))),
        ),
        section("`[train]`", "train", keys::TRAIN, one(part(&["train"]))),
        section(
            "`[train.optimizer]`",
            "train.optimizer",
            keys::OPTIMIZER,
            optimizers.to_vec(),
        ),
        section(
            "`[train.schedule]`",
            "train.schedule",
            keys::SCHEDULE,
            schedules.to_vec(),
        ),
        section(
            "`[train.warmup]`",
            "train.warmup",
            keys::WARMUP,
            one(part(&["train", "warmup"])),
        ),
        section(
            "`[train.clip]`",
            "train.clip",
            keys::CLIP,
            one(Table::new()),
        ),
        section(
            "`[train.early_stopping]`",
            "train.early_stopping",
            keys::EARLY_STOPPING,
            one(part(&["train", "early_stopping"])),
        ),
        section(
            "`[capture]`",
            "capture",
            keys::CAPTURE,
            one(part(&["capture"])),
        ),
        section(
            "`[warnings]`",
            "warnings",
            keys::WARNINGS,
            // Written into a configuration only where it is not the default.
            one(Table::try_from(super::Warnings::default()).unwrap_or_default()),
        ),
    ]
}

/// The whole reference as Markdown: `docs/configuration.md`.
///
/// ```
/// let text = foldspace::config::reference::markdown();
/// assert!(text.contains("| `checkpoint_every` | whole number | `10` |"));
/// ```
pub fn markdown() -> String {
    let mut text = String::from(
        "# Configuration\n\n\
         Every key of a configuration file, made by `foldspace init --reference` from the program's own tables; a test keeps this\n\
         page equal to it. `foldspace init data.csv` writes a configuration that fits a file. `--set train.optimizer.lr=0.05` sets any\n\
         key for one run, and the `config.toml` that a run keeps has all of them written out. An unknown key is refused with the nearest\n\
         there is.\n",
    );
    for section in sections() {
        text += &format!("\n## {}\n\n", section.title);
        text += "| key | type | default | meaning |\n| --- | --- | --- | --- |\n";
        for key in section.keys {
            let default = match (key.absent, section.default_of(key)) {
                (Absent::Required, _) => "must be given".to_owned(),
                (Absent::Means(what), _) => format!("absent: {what}"),
                (Absent::Default, value) => match value.unwrap_or_default().split_once(" (") {
                    Some((value, rest)) => format!("`{value}` ({rest}"),
                    None => format!("`{}`", section.default_of(key).unwrap_or_default()),
                },
            };
            text += &format!(
                "| `{}` | {} | {default} | {} |\n",
                key.name,
                cell(key.kind),
                cell(key.meaning)
            );
        }
    }
    text += "\n## Activations\n\n";
    text += &format!(
        "`activation = \"tanh\"`, or with parameters `activation = {{ leaky_relu = {{ slope = 0.3 }} }}`. There are {}.\n\
         `leaky_relu` takes `slope` (0.01), `elu` takes `alpha` (1), `scaled_tanh` takes `a` and `b` for a tanh(b z), `clip` takes `low`\n\
         and `high`.\n",
        listed(&Activation::NAMES)
    );
    text += "\n## What `metrics.csv` holds\n\n| column | meaning |\n| --- | --- |\n";
    for (name, meaning) in keys::METRICS {
        text += &format!("| `{name}` | {} |\n", cell(meaning));
    }
    text
}

/// Text that does not end a cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(" ")
}
