//! Cross-validation: scikit-learn's folds (`reference/folds.py`), and sweeps over them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use foldspace::data::Fold;
use proptest::prelude::*;
use serde::Deserialize;

use crate::program::foldspace;

#[derive(Deserialize)]
struct Case {
    samples: usize,
    folds: usize,
    seed: u32,
    labels: Option<Vec<usize>>,
    test: Vec<Vec<usize>>,
}

#[test]
fn folds_are_scikit_learns() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("reference/folds.json")).unwrap();
    for case in cases {
        for (k, expected) in case.test.iter().enumerate() {
            let fold = Fold {
                number: k + 1,
                of: case.folds,
            };
            let ours = fold
                .indices(case.samples, case.labels.as_deref(), case.seed)
                .unwrap();
            assert_eq!(
                &ours.test,
                expected,
                "fold {} of {} samples",
                k + 1,
                case.samples
            );
        }
    }
}

proptest! {
    /// Every sample is held out once, and a fold's share of a class differs by at most one sample from another's.
    #[test]
    fn every_sample_is_held_out_once(labels in prop::collection::vec(0_usize..3, 12..60), folds in 2_usize..4, seed: u32) {
        let counts = |class: usize| labels.iter().filter(|&&label| label == class).count();
        prop_assume!((0..3).any(|class| counts(class) >= folds));
        let mut seen = BTreeSet::new();
        let mut sizes = [[0; 4]; 3];
        for number in 1..=folds {
            let split = Fold { number, of: folds }.indices(labels.len(), Some(&labels), seed).unwrap();
            prop_assert_eq!(split.test.len() + split.train.len(), labels.len());
            for &sample in &split.test {
                prop_assert!(seen.insert(sample));
                sizes[labels[sample]][number - 1] += 1;
            }
        }
        prop_assert_eq!(seen.len(), labels.len());
        for of_class in sizes {
            let used = &of_class[..folds];
            prop_assert!(used.iter().max().unwrap() - used.iter().min().unwrap() <= 1);
        }
    }
}

#[test]
fn folds_that_can_not_be_are_refused() {
    let refused = |number, of, samples, labels: Option<&[usize]>| {
        Fold { number, of }
            .indices(samples, labels, 0)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(1, 1, 10, None).contains("data.folds: 1 folds leave nothing"));
    assert!(refused(4, 3, 10, None).contains("data.fold: there is no fold 4 of 3; use 1 to 3"));
    assert!(refused(1, 11, 10, None).contains("11 folds of 10 samples"));
    assert!(refused(1, 3, 4, Some(&[0, 1, 0, 1])).contains("no class has that many samples"));
}

/// The numbers of a fold in a sweep are those of `train` with that fold.
#[test]
fn a_sweep_over_folds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| foldspace(folder.path(), arguments);
    let config = root.join("configs/iris.toml").display().to_string();
    let sweep = [
        "sweep",
        &config,
        "--set",
        "train.epochs=3,6",
        "--folds",
        "5",
        "--out",
        "s",
    ];
    let (code, said, error) = run(&sweep);
    assert_eq!(code, Some(0), "{error}");
    assert!(said.contains("best: "), "{said}");
    let table = fs::read_to_string(folder.path().join("s/runs.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].contains("seed,fold,epochs"), "{}", lines[0]);
    let summary = fs::read_to_string(folder.path().join("s/summary.csv")).unwrap();
    assert!(
        summary
            .lines()
            .skip(1)
            .all(|line| line.split(',').nth(1) == Some("5")),
        "{summary}"
    );
    let strips = fs::read_to_string(folder.path().join("s/sweep.toml")).unwrap();
    assert!(strips.contains("folds = 5"), "{strips}");

    let train = [
        "train",
        &config,
        "--epochs",
        "6",
        "--set",
        "data.folds=5",
        "--set",
        "data.fold=2",
        "--out",
        "r",
        "-q",
    ];
    let (code, _, error) = run(&train);
    assert_eq!(code, Some(0), "{error}");
    let metrics = fs::read_to_string(folder.path().join("r/metrics.csv")).unwrap();
    let last: Vec<&str> = metrics.lines().last().unwrap().split(',').collect();
    let row: Vec<&str> = lines[7].split(',').collect();
    // train.epochs, seed, fold, epochs, train_loss, train_accuracy, test_loss
    assert_eq!((row[0], row[2]), ("6", "2"), "{row:?}");
    assert_eq!(row[4..7], last[1..4], "{row:?} {last:?}");
    // A regression has folds too, and what does not go together is refused.
    let (code, _, error) = run(&["sweep", &config, "--folds", "1", "--out", "t"]);
    assert!(
        code == Some(1) && error.contains("--folds: 1 folds leave nothing to train on"),
        "{error}"
    );
    let (code, _, error) = run(&["train", &config, "--set", "data.folds=5", "--out", "u"]);
    assert!(
        code == Some(1) && error.contains("none is named; set data.fold = 1"),
        "{error}"
    );
}
