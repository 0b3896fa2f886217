//! Precision, recall, R² and losses, held against scikit-learn (`reference/evaluation.py`) and against what training logged.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::device::Backend;
use foldspace::evaluate::{Confusion, NumberScores, Scores, mean_loss};
use foldspace::run::{Run, Session};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    classes: Vec<Classes>,
    numbers: Vec<Numbers>,
}

#[derive(Deserialize)]
struct Classes {
    names: usize,
    right: Vec<usize>,
    said: Vec<usize>,
    confusion: Vec<Vec<usize>>,
    accuracy: f64,
    macro_f1: f64,
    precision: Vec<f64>,
    recall: Vec<f64>,
    f1: Vec<f64>,
    support: Vec<usize>,
}

#[derive(Deserialize)]
struct Numbers {
    right: Vec<f64>,
    said: Vec<f64>,
    r2: f64,
    rmse: f64,
    mae: f64,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("reference/evaluation.json")).unwrap()
}

fn close(ours: f64, theirs: f64) -> bool {
    (ours - theirs).abs() <= 1e-12 * theirs.abs().max(1e-300)
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|k| k.to_string()).collect()
}

#[test]
fn classes_are_counted_as_scikit_learn_counts_them() {
    for case in cases().classes {
        let ours = Confusion::new(&case.right, &case.said, names(case.names));
        assert_eq!(ours.counts, case.confusion);
        assert!(close(ours.accuracy(), case.accuracy));
        assert!(
            close(ours.macro_f1(), case.macro_f1),
            "{} {}",
            ours.macro_f1(),
            case.macro_f1
        );
        for (k, class) in ours.classes().iter().enumerate() {
            let [precision, recall, f1] = [case.precision[k], case.recall[k], case.f1[k]];
            assert!(
                close(class.precision, precision) && close(class.recall, recall),
                "{class:?}"
            );
            assert!(
                close(class.f1, f1) && class.support == case.support[k],
                "{class:?} {f1}"
            );
        }
    }
}

#[test]
fn numbers_are_measured_as_scikit_learn_measures_them() {
    for case in cases().numbers {
        let ours = NumberScores::new("y".into(), &case.right, &case.said);
        assert!(close(ours.r2.unwrap(), case.r2), "{ours:?} {}", case.r2);
        assert!(
            close(ours.rmse, case.rmse) && close(ours.mae, case.mae),
            "{ours:?}"
        );
    }
    // Where all targets are the same, there is nothing to explain.
    assert_eq!(
        NumberScores::new("y".into(), &[2.0, 2.0], &[1.0, 2.0]).r2,
        None
    );
}

proptest! {
    /// Rows are the samples of a class, columns what was said; a perfect network has a diagonal.
    #[test]
    fn counts_are_those_of_the_samples(pairs in prop::collection::vec((0_usize..4, 0_usize..4), 1..60)) {
        let (right, said): (Vec<usize>, Vec<usize>) = pairs.iter().copied().unzip();
        let confusion = Confusion::new(&right, &said, names(4));
        prop_assert_eq!(confusion.samples(), pairs.len());
        for (k, class) in confusion.classes().iter().enumerate() {
            prop_assert_eq!(class.support, right.iter().filter(|&&label| label == k).count());
            prop_assert!((0.0..=1.0).contains(&class.f1));
        }
        let perfect = Confusion::new(&right, &right, names(4));
        prop_assert_eq!((perfect.accuracy(), perfect.macro_f1()), (1.0, 1.0));
    }
}

/// The held-out loss and accuracies that training logs, from the network's file alone, for every loss.
#[test]
fn losses_are_those_that_training_logs() {
    let folder = tempfile::tempdir().unwrap();
    let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/moons.toml");
    let softmax = "model.layers=[{units=6,activation='tanh'},{units=2,activation='softmax'}]";
    let identity = "model.layers=[{units=6,activation='tanh'},{units=2}]";
    let number = "model.layers=[{units=6,activation='tanh'},{units=1}]";
    let wine = format!(
        "data={{path='{}/tests/it/tables/wine.csv',target='cultivar',standardise=true}}",
        env!("CARGO_MANIFEST_DIR")
    );
    let diabetes = format!(
        "data={{path='{}/tests/it/tables/diabetes.csv',target='progression',standardise=true,standardise_targets=true}}",
        env!("CARGO_MANIFEST_DIR")
    );
    let three = "model.layers=[{units=6,activation='tanh'},{units=3,activation='softmax'}]";
    for (at, overrides) in [
        vec![],
        vec![softmax, "train.loss=cross_entropy"],
        vec![identity, "train.loss=cross_entropy"],
        vec![number, "train.loss=mse"],
        vec![number, "train.loss=huber"],
        vec![&wine, three, "train.loss=cross_entropy"],
        vec![&diabetes, number, "train.loss=mse"],
        vec![&diabetes, number, "train.loss=huber"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut all: Vec<String> = ["train.epochs=3", "capture.sites=[]", "train.batch_size=16"]
            .map(String::from)
            .into();
        all.extend(overrides.iter().map(|text| text.to_string()));
        let config = Config::from_file(&base, &all).unwrap();
        let path = folder.path().join(at.to_string());
        let mut session = Session::create(&config, &path, Backend::Flex, false).unwrap();
        session.train(&AtomicBool::new(false), |_| ()).unwrap();
        let run = Run::open(&path).unwrap();
        let (split, network) = (run.split().unwrap(), run.frozen(3).unwrap());
        let logged = run.metrics().unwrap()[2];
        let ours = mean_loss(&network, run.config.train.loss, &split.test).unwrap();
        let theirs = logged.test_loss.unwrap();
        assert!(
            (ours - theirs).abs() <= 2e-5 * theirs.abs(),
            "{overrides:?}: {ours} {theirs}"
        );
        for (data, logged) in [
            (&split.train, logged.train_accuracy),
            (&split.test, logged.test_accuracy),
        ] {
            match Scores::of(&network, data).unwrap() {
                Scores::Classes(confusion) => assert_eq!(Some(confusion.accuracy()), logged),
                Scores::Numbers(numbers) => {
                    assert_eq!(logged, None);
                    // R² of one target and its mse say the same.
                    assert_eq!(numbers[0].samples, data.samples());
                }
            }
        }
    }
}
