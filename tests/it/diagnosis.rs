//! The diagnosis at the end of `train`: what goes wrong is said, and what goes right is not.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::device::Backend;
use foldspace::diagnosis::{Evidence, Trouble, diagnose};
use foldspace::run::{Run, Session};

use crate::program::succeeded;

/// What is found after training a configuration of ours, or a table of `tests/it/tables`, with these changes.
fn found(name: &str, overrides: &[&str]) -> Vec<Trouble> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let path = match name {
        "wine" | "diabetes" => {
            let table = root.join(format!("tests/it/tables/{name}.csv"));
            let draft =
                foldspace::config::draft::draft(&table, &table.to_string_lossy(), None).unwrap();
            let path = folder.path().join("a.toml");
            std::fs::write(&path, draft.text).unwrap();
            path
        }
        _ => root.join(format!("configs/{name}.toml")),
    };
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    let config = Config::from_file(&path, &overrides).unwrap();
    let path = folder.path().join("run");
    let mut session = Session::create(&config, &path, Backend::Flex, false).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    let run = Run::open(&path).unwrap();
    let last = *run.epochs().unwrap().last().unwrap();
    let findings = diagnose(&Evidence {
        initial: &run.frozen(0).unwrap(),
        last: &run.frozen(last).unwrap(),
        split: &run.split().unwrap(),
        metrics: &run.metrics().unwrap(),
        train: &run.config.train,
        restored: run
            .config
            .train
            .early_stopping
            .is_some_and(|stopping| stopping.restore_best),
    });
    assert!(findings.len() <= 3);
    for finding in &findings {
        assert!(!finding.problem.contains('\n') && !finding.remedy.contains('\n'));
        assert!(
            finding.problem.contains(|c: char| c.is_ascii_digit()),
            "{finding:?}"
        );
    }
    findings.iter().map(|finding| finding.trouble).collect()
}

/// From PyTorch's default weights both ReLU units of the layer before the last die.
const DEAD: [&str; 2] = ["seed=5", "model.init=pytorch"];

#[test]
fn what_goes_right_passes_without_a_remark() {
    for (name, overrides) in [
        ("moons", &[][..]),
        ("moons", &["seed=1", "train.epochs=60"]),
        ("blobs", &[]),
        ("spiral", &[]),
        ("spiral", &["seed=2"]),
        ("spiral", &["seed=5"]),
        ("spiral", &["seed=3"]),
        ("spiral", &["seed=3", "model.init=pytorch"]),
        ("quadratic", &[]),
        ("quadratic-tanh", &[]),
        ("iris", &[]),
        ("iris", &["seed=2", "data.standardise=false"]),
        ("wine", &[]),
    ] {
        assert_eq!(found(name, overrides), [], "{name} {overrides:?}");
    }
}

#[test]
fn a_loss_that_explodes_and_stays_finite() {
    for overrides in [
        &["train.optimizer.lr=1e9", "train.epochs=20"][..],
        &[
            "train.optimizer.lr=1e9",
            "train.epochs=5",
            "train.batch_size=1000",
        ],
        &["train.optimizer.lr=1e4", "train.epochs=5"],
    ] {
        assert_eq!(
            found("moons", overrides)[0],
            Trouble::Explosion,
            "{overrides:?}"
        );
    }
}

#[test]
fn features_of_different_sizes() {
    let found_of = found("wine", &["data.standardise=false", "train.epochs=30"]);
    assert_eq!(
        found_of[..2],
        [Trouble::UnscaledFeatures, Trouble::Saturation]
    );
    assert!(!found("wine", &["train.epochs=30"]).contains(&Trouble::UnscaledFeatures));
}

#[test]
fn units_that_are_saturated_from_the_start() {
    // A tanh a tanh(b z) as steep as a step.
    let steep = "model.layers.0.activation={scaled_tanh={a=1,b=1000}}";
    assert!(found("moons", &[steep, "train.epochs=3"]).contains(&Trouble::Saturation));
    assert!(!found("moons", &["train.epochs=3"]).contains(&Trouble::Saturation));
}

#[test]
fn the_same_answer_for_every_sample() {
    let flat = &[
        "data.standardise=false",
        "data.standardise_targets=false",
        "train.epochs=30",
    ];
    assert!(found("diabetes", flat).contains(&Trouble::ConstantOutput));
    assert!(!found("diabetes", &["train.epochs=30"]).contains(&Trouble::ConstantOutput));
    // A class that is always said: every unit of this network has died.
    assert!(found("spiral", &DEAD).contains(&Trouble::ConstantOutput));
}

#[test]
fn units_that_are_dead() {
    assert!(found("spiral", &DEAD).contains(&Trouble::DeadUnits));
    // One of the two, while the other parts the arms.
    assert_eq!(found("spiral", &["seed=1"]), [Trouble::DeadUnits]);
    let relu = "model.layers.0.activation=relu";
    for seed in ["seed=1", "seed=2", "seed=3"] {
        assert_eq!(
            found("moons", &[relu, seed, "train.epochs=60"]),
            [],
            "{seed}"
        );
    }
}

#[test]
fn a_table_learnt_by_heart() {
    let by_heart = &[
        "train.optimizer.weight_decay=0.0",
        "model.layers.0.units=64",
        "train.epochs=200",
    ];
    assert_eq!(found("diabetes", by_heart), [Trouble::Overfitting]);
    assert_eq!(found("diabetes", &[]), []);
    // The weights of the best epoch are no overfitted ones.
    let stopped = &[
        by_heart[0],
        by_heart[1],
        by_heart[2],
        "train.early_stopping={patience=5,restore_best=true}",
    ];
    assert_eq!(found("diabetes", stopped), []);
}

/// The lines that a user sees, and the shares that `inspect` has.
#[test]
fn it_is_printed_and_inspect_has_the_shares() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| succeeded(env!("CARGO_MANIFEST_DIR").as_ref(), arguments);
    let out = folder.path().join("run").display().to_string();
    let exploded = [
        "train",
        "configs/moons.toml",
        "--epochs",
        "3",
        "--out",
        &out,
        "--overwrite",
        "--set",
        "train.optimizer.lr=1e9",
    ];
    let (_, said) = run(&exploded);
    let lines: Vec<&str> = said
        .lines()
        .filter(|line| line.starts_with("diagnosis: "))
        .collect();
    assert!((1..=3).contains(&lines.len()), "{said}");
    assert!(lines[0].contains("lower the learning rate"), "{said}");
    let (report, _) = run(&["inspect", &out, "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert!(
        report["layers"][0]["saturated"].as_f64().unwrap() > 0.5,
        "{report}"
    );
    let (report, _) = run(&["inspect", &out]);
    assert!(
        report.contains("% of the outputs are saturated"),
        "{report}"
    );
    let (_, said) = run(&[
        "train",
        "configs/moons.toml",
        "--epochs",
        "60",
        "--out",
        &out,
        "--overwrite",
    ]);
    assert!(!said.contains("diagnosis"), "{said}");
}
