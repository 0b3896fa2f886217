//! The reference of the configuration: complete, true and the page in `docs/`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use foldspace::config::Config;
use foldspace::config::reference::{Absent, markdown, sections};

const TEXT: &str = "seed = 42
[data]
name = 'moons'
[model]
layers = [{ units = 1, activation = 'sigmoid' }]
[train]
epochs = 1
loss = 'bce'
optimizer = { name = 'adam', lr = 0.1 }
warmup = { epochs = 1 }
early_stopping = { patience = 1 }
schedule = { name = 'cosine' }
clip = { norm = 1.0 }
[capture]
every = 1
";

/// The keys that serde says a table has, from what it says of an unknown one.
fn known_to_serde(overrides: &[&str], table: &str) -> BTreeSet<String> {
    let place = if table.is_empty() {
        String::new()
    } else {
        format!("{table}.")
    };
    let mut set: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    set.push(format!("{place}qqqqqqqqqqqqqqqqqqqqqqqq=1"));
    let error = Config::parse(TEXT, "a.toml", &set).unwrap_err().to_string();
    let list = error
        .rsplit_once("there are ")
        .or_else(|| error.rsplit_once(" has "))
        .unwrap_or_else(|| panic!("{error}"))
        .1;
    list.split(", ").map(|key| key.trim().to_owned()).collect()
}

#[test]
fn every_key_is_explained_and_no_other() {
    let no_clip: &[&str] = &[];
    for section in sections() {
        let explained: BTreeSet<String> =
            section.keys.iter().map(|key| key.name.to_owned()).collect();
        assert_eq!(explained.len(), section.keys.len(), "{}", section.title);
        // Keys of a set, of a file and of a schedule depend on what is chosen.
        let set = section.title.split('"').nth(1);
        let expected: BTreeSet<String> = match (section.place, section.title) {
            ("data", title) if title.contains("whatever") => {
                // Flattened: the keys that every source shares, which a default of each writes out.
                let shared = [
                    "name",
                    "path",
                    "seed",
                    "test_fraction",
                    "folds",
                    "fold",
                    "stratify",
                    "standardise",
                    "standardise_targets",
                ];
                shared.map(String::from).into()
            }
            ("data", title) if title.contains("(CSV)") => {
                known_to_serde(&["data={path='a.csv'}"], "data")
            }
            ("data", title) if title.contains("NumPy") => {
                known_to_serde(&["data={path='a.npz'}"], "data")
            }
            ("data", _) => known_to_serde(&[&format!("data={{name='{}'}}", set.unwrap())], "data"),
            ("train.schedule", _) => {
                let mut keys: BTreeSet<String> = ["name".to_owned()].into();
                for schedule in [
                    "{name='step',step_size=1}",
                    "{name='exponential',gamma=0.5}",
                    "{name='cosine'}",
                ] {
                    keys.extend(known_to_serde(
                        &[&format!("train.schedule={schedule}")],
                        "train.schedule",
                    ));
                }
                keys
            }
            ("model.layers", _) => known_to_serde(no_clip, "model.layers.0"),
            (place, _) => known_to_serde(no_clip, place),
        };
        assert_eq!(explained, expected, "{}", section.title);
    }
}

#[test]
fn defaults_are_the_tables_own() {
    for section in sections() {
        for key in section.keys {
            let written = section
                .tables
                .iter()
                .any(|(_, table)| table.contains_key(key.name));
            match key.absent {
                Absent::Default => assert!(
                    section
                        .default_of(key)
                        .is_some_and(|value| !value.is_empty()),
                    "{}: {} has no default",
                    section.title,
                    key.name
                ),
                // What has a default must not be hidden behind words; stratify and gamma have one that depends on others.
                Absent::Means(_) => assert!(
                    !written
                        || [
                            "name",
                            "path",
                            "stratify",
                            "gamma",
                            "t_max",
                            "capture",
                            "warmup",
                            "early_stopping"
                        ]
                        .contains(&key.name),
                    "{}: {} has a default",
                    section.title,
                    key.name
                ),
                Absent::Required => {}
            }
        }
    }
    // Numbers that are known from elsewhere: PyTorch's.
    let optimizer = sections()
        .into_iter()
        .find(|section| section.place == "train.optimizer")
        .unwrap();
    let default = |name: &str| {
        let key = optimizer.keys.iter().find(|key| key.name == name).unwrap();
        optimizer.default_of(key).unwrap()
    };
    assert_eq!(default("weight_decay"), "0.0 (adamw: 0.01)");
    assert_eq!(default("betas"), "[0.9, 0.999] (adam, adamw)");
}

/// What is required is what serde misses.
#[test]
fn required_keys_are_required() {
    for (key, removed) in [
        ("epochs", "epochs = 1\n"),
        ("loss", "loss = 'bce'\n"),
        ("optimizer", "optimizer = { name = 'adam', lr = 0.1 }\n"),
        (
            "layers",
            "layers = [{ units = 1, activation = 'sigmoid' }]\n",
        ),
    ] {
        let error = Config::parse(&TEXT.replace(removed, ""), "a.toml", &[]).unwrap_err();
        assert!(
            error.to_string().contains(&format!("{key} is missing")),
            "{error}"
        );
        let explained = sections()
            .into_iter()
            .flat_map(|section| section.keys.iter())
            .any(|it| it.name == key && it.absent == Absent::Required);
        assert!(explained, "{key}");
    }
}

#[test]
fn the_page_is_what_the_program_prints() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(path).unwrap();
    assert!(
        page == markdown(),
        "docs/configuration.md is old: cargo run -- init --reference > docs/configuration.md"
    );
    for needed in [
        "standardise",
        "task",
        "momentum",
        "weight_decay",
        "checkpoint_every",
        "hard_swish",
        "train_loss",
    ] {
        assert!(page.contains(&format!("`{needed}`")), "{needed}");
    }
}

/// The columns of metrics.csv are explained, in their order.
#[test]
fn the_columns_of_the_metrics_are_explained() {
    let metrics = foldspace::train::EpochMetrics {
        epoch: 1,
        train_loss: 0.0,
        train_accuracy: None,
        test_loss: None,
        test_accuracy: None,
        learning_rate: 0.1,
        grad_norm: 0.0,
    };
    let json = serde_json::to_value(metrics).unwrap();
    let page = markdown();
    for column in json.as_object().unwrap().keys() {
        assert!(page.contains(&format!("| `{column}` |")), "{column}");
    }
}
