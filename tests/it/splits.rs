//! Held-out parts with all classes in them, features and targets of any size, and what is said about either.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use faer::Mat;
use foldspace::config::Config;
use foldspace::data::split_indices;
use foldspace::data::stratified;
use foldspace::data::{DataConfig, Standardiser, Target, csv};
use foldspace::device::Backend;
use foldspace::figures::{InputAxes, Name};
use foldspace::run::{Run, Session};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    labels: Vec<usize>,
    fraction: f64,
    seed: u32,
    split: Option<Parts>,
}

#[derive(Deserialize)]
struct Parts {
    train: Vec<usize>,
    test: Vec<usize>,
}

#[test]
fn stratified_splits_are_scikit_learns() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("reference/stratified.json")).unwrap();
    let mut compared = 0;
    for case in cases {
        let ours = stratified(&case.labels, case.fraction, case.seed).unwrap();
        assert_eq!(
            ours.is_some(),
            case.split.is_some(),
            "{:?} {}",
            case.labels,
            case.fraction
        );
        if let (Some(ours), Some(theirs)) = (ours, case.split) {
            assert_eq!(ours.train, theirs.train);
            assert_eq!(ours.test, theirs.test);
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared}");
}

proptest! {
    /// Every sample once, the asked size, and no class strays further from its share than by one sample, or is left out of
    /// training.
    #[test]
    fn a_stratified_split_keeps_proportions(
        counts in prop::collection::vec(2_usize..60, 2..8), fraction in 0.02..0.9_f64, seed: u32,
    ) {
        let labels: Vec<usize> = counts.iter().enumerate().flat_map(|(class, &count)| vec![class; count]).collect();
        let held_out = (fraction * labels.len() as f64).ceil() as usize;
        prop_assume!(held_out < labels.len());
        let split = stratified(&labels, fraction, seed).unwrap();
        let can_be = held_out >= counts.len() && labels.len() - held_out >= counts.len();
        prop_assert_eq!(split.is_some(), can_be);
        if let Some(split) = split {
            prop_assert_eq!(split.test.len(), held_out);
            let mut all = [split.train.clone(), split.test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
            for (class, &count) in counts.iter().enumerate() {
                let here = split.train.iter().filter(|&&i| labels[i] == class).count();
                let share = count as f64 * split.train.len() as f64 / labels.len() as f64;
                prop_assert!(here >= 1);
                // A class that would have none takes one from the largest.
                let poor = counts.iter().filter(|&&n| n * split.train.len() < labels.len()).count();
                prop_assert!((here as f64 - share).abs() <= 1.0 + poor as f64, "{here} of {share}");
            }
        }
    }
}

fn config(text: &str) -> DataConfig {
    toml::from_str(text).unwrap()
}

fn notes(csv: &str, keys: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("t.csv"), csv).unwrap();
    let config = config(&format!("path = 't.csv'\n{keys}"));
    config.load_split(0, folder.path()).unwrap().notes
}

fn table(rows: impl Iterator<Item = (f64, &'static str)>) -> String {
    let rows: String = rows
        .map(|(x, class)| format!("{x},1.5,{class}\n"))
        .collect();
    format!("x,y,label\n{rows}")
}

#[test]
fn files_are_stratified_and_synthetic_sets_are_split_as_the_posts_split_them() {
    assert!(config("path = 'a.csv'").stratify && config("path = 'a.npz'").stratify);
    for name in foldspace::data::SETS {
        assert!(!config(&format!("name = '{name}'")).stratify);
    }
    let moons = config("name = 'moons'\nsamples = 50")
        .load_split(7, Path::new("."))
        .unwrap();
    assert_eq!(moons.indices, split_indices(50, 0.2, 7).unwrap());
    let wish = config("name = 'moons'\nsamples = 50\nstratify = true");
    let split = wish.load_split(7, Path::new(".")).unwrap();
    let ones = split
        .test
        .labels()
        .unwrap()
        .iter()
        .filter(|&&label| label == 1)
        .count();
    assert_eq!(ones, 5);

    let folder = tempfile::tempdir().unwrap();
    let rows = (0..50).map(|i| {
        (
            f64::from(i) / 50.0,
            if i % 5 == 0 { "rare" } else { "usual" },
        )
    });
    std::fs::write(folder.path().join("t.csv"), table(rows)).unwrap();
    for seed in 0..20 {
        let split = config("path = 't.csv'")
            .load_split(seed, folder.path())
            .unwrap();
        let rare = split
            .test
            .labels()
            .unwrap()
            .iter()
            .filter(|&&label| label == 0)
            .count();
        assert_eq!((rare, split.test.samples()), (2, 10), "seed {seed}");
    }
}

#[test]
fn classes_that_can_not_be_learnt_are_named() {
    let rows = |lone: usize| {
        (0..20).map(move |i| {
            (
                i as f64 / 20.0,
                if i == lone { "lone" } else { ["a", "b"][i % 2] },
            )
        })
    };
    let said = notes(&table(rows(3)), "");
    assert!(said[0].contains("lone has a single sample"), "{said:?}");
    // Find a seed by which the lone sample is held out.
    let held_out = split_indices(20, 0.2, 0).unwrap().test[0];
    let said = notes(&table(rows(held_out)), "");
    assert!(
        said.iter()
            .any(|note| note.starts_with("no sample of lone is in the training part")),
        "{said:?}"
    );
    assert!(
        notes(
            &table((0..20).map(|i| (f64::from(i), ["a", "b"][i as usize % 2]))),
            ""
        )
        .is_empty()
    );
}

#[test]
fn features_far_from_one_are_named_once() {
    let rows = |scale: f64| {
        (0..40).map(move |i| {
            (
                scale * (f64::from(i) - 20.0) / 10.0,
                ["a", "b"][i as usize % 2],
            )
        })
    };
    for (scale, about) in [
        (1e9, "1.2e9"),
        (1e300, "1.2e300"),
        (1e-9, "1.2e-9"),
        (100.0, "1"),
    ] {
        let said = notes(&table(rows(scale)), "");
        let [only] = &said[..] else {
            panic!("{said:?}")
        };
        assert!(
            only.starts_with(&format!("x (about {about}"))
                && only.contains("data.standardise = true"),
            "{only}"
        );
        assert!(notes(&table(rows(scale)), "standardise = true").is_empty());
    }
    assert!(notes(&table(rows(1.0)), "").is_empty());
}

fn session(text: &str, folder: &Path) -> Run {
    let config = folder.join("c.toml");
    std::fs::write(&config, text).unwrap();
    let config = Config::from_file(&config, &[]).unwrap();
    let mut session = Session::create(&config, folder.join("run"), Backend::Flex, true).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    Run::open(folder.join("run")).unwrap()
}

/// y = 300000 + 2000 x1 - 700 x2, which a linear network learns from standardised numbers, and answers in its own unit.
#[test]
fn targets_are_standardised_for_training_and_come_back_in_their_units() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..60)
        .map(|i| {
            let (a, b) = (f64::from(i % 7), f64::from(i % 5));
            format!("{a},{b},{}\n", 300_000.0 + 2000.0 * a - 700.0 * b)
        })
        .collect();
    std::fs::write(folder.path().join("t.csv"), format!("a,b,price\n{rows}")).unwrap();
    let text = "[data]\npath = 't.csv'\ntarget = 'price'\nstandardise = true\nstandardise_targets = true\n\
        [model]\nlayers = [{ units = 1 }]\n[train]\nepochs = 400\nloss = 'mse'\noptimizer = { name = 'sgd', lr = 0.1 }";
    let run = session(text, folder.path());
    let split = run.split().unwrap();
    assert!(split.notes.is_empty(), "{:?}", split.notes);
    let Target::Values { values, .. } = &split.test.target else {
        panic!("classes")
    };
    assert!(values[(0, 0)] > 290_000.0);
    let answers = split.test.in_units(
        run.frozen(400)
            .unwrap()
            .forward(split.test.features.as_ref()),
    );
    for (answer, value) in answers.col(0).iter().zip(values.col(0).iter()) {
        assert!((answer - value).abs() < 1.0, "{answer} {value}");
    }
    let figure = Name::Prediction
        .draw(&run, 400, &InputAxes::Automatic)
        .unwrap();
    assert!(figure.caption.contains("$R^2$ 1.000"), "{}", figure.caption);

    // After one epoch the loss that is written is that of the answers in their unit.
    let run = session(&text.replace("epochs = 400", "epochs = 1"), folder.path());
    let metrics = run.metrics().unwrap();
    let network = run.frozen(1).unwrap();
    let error = |answers: Mat<f64>| (answers - values).squared_norm_l2() / values.nrows() as f64;
    let expected = error(
        split
            .test
            .in_units(network.forward(split.test.features.as_ref())),
    );
    let measured = metrics[0].test_loss.unwrap();
    assert!(
        expected > 1e6 && (measured / expected - 1.0).abs() < 1e-4,
        "{measured} {expected}"
    );
    // The same of the initial network, on the training part, as all of it is one batch.
    let answers = split.train.in_units(
        run.frozen(0)
            .unwrap()
            .forward(split.train.features.as_ref()),
    );
    let Target::Values { values, .. } = &split.train.target else {
        panic!("classes")
    };
    let expected = (answers - values).squared_norm_l2() / values.nrows() as f64;
    assert!(
        (metrics[0].train_loss / expected - 1.0).abs() < 1e-4,
        "{} {expected}",
        metrics[0].train_loss
    );

    // What can't reach such targets is refused, and without the key there is a warning.
    let tanh = text.replace("{ units = 1 }", "{ units = 1, activation = 'tanh' }");
    std::fs::write(folder.path().join("d.toml"), tanh).unwrap();
    let config = Config::from_file(&folder.path().join("d.toml"), &[]).unwrap();
    let refused = Session::create(&config, folder.path().join("no"), Backend::Flex, false);
    let error = refused.err().unwrap().to_string();
    assert!(
        error.contains("model.layers[0].activation") && error.contains("identity"),
        "{error}"
    );
    let raw = text.replace("standardise_targets = true", "");
    let split = session(
        &raw.replace("sgd", "adam")
            .replace("epochs = 400", "epochs = 1"),
        folder.path(),
    )
    .split()
    .unwrap();
    assert!(
        split.notes[0].contains("price (about 3.0e5)")
            && split.notes[0].contains("data.standardise_targets"),
        "{:?}",
        split.notes
    );
}

/// A run directory of an earlier version, whose configuration has no `stratify`, shows the samples it was trained on.
#[test]
fn runs_of_earlier_versions_keep_their_samples() {
    let folder = tempfile::tempdir().unwrap();
    let set = config("name = 'moons'\nsamples = 60")
        .load(3, Path::new("."))
        .unwrap();
    csv::write(&folder.path().join("t.csv"), &set).unwrap();
    let text = "[data]\npath = 't.csv'\n[model]\nlayers = [{ units = 1, activation = 'sigmoid' }]\n\
        [train]\nepochs = 1\nloss = 'bce'\noptimizer = { name = 'sgd', lr = 0.1 }";
    let run = session(text, folder.path());
    let now = run.split().unwrap();
    assert_ne!(now.indices, split_indices(60, 0.2, 42).unwrap());
    let written = run.paths.config();
    let config = std::fs::read_to_string(&written).unwrap();
    assert!(config.contains("stratify = true\n"), "{config}");
    std::fs::write(&written, config.replace("stratify = true\n", "")).unwrap();
    let before = Run::open(folder.path().join("run"))
        .unwrap()
        .split()
        .unwrap();
    assert_eq!(before.indices, split_indices(60, 0.2, 42).unwrap());
}

/// Numbers whose squares are beyond the largest or below the smallest one are standardised as the same numbers near 1.
#[test]
fn features_of_any_size_are_standardised() {
    let at = |scale: f64| Mat::from_fn(30, 1, |i, _| scale * ((i * i % 17) as f64 - 5.5));
    let expected = Standardiser::fit(&at(1.0)).transform(&at(1.0));
    for scale in [1e300, 1e200, 1e-9, 1e-170, 1e-300] {
        let features = at(scale);
        let there = Standardiser::fit(&features).transform(&features);
        assert!(
            (&there - &expected).norm_max() < 1e-12,
            "{scale}: {there:?}"
        );
    }
    let constant = Mat::from_fn(30, 1, |_, _| 1e300);
    assert_eq!(
        Standardiser::fit(&constant).transform(&constant),
        Mat::<f64>::zeros(30, 1)
    );
}
