//! Checkpoints: resumed to the bit, kept and removed, damaged, and read from older versions.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use foldspace::device::Backend;
use foldspace::error::Error;
use foldspace::model::store;
use foldspace::run::{Checkpoint, Outcome, Resume, Run, Session, Which};
use proptest::prelude::*;

use crate::run::{ADAM, MOMENTUM, assert_same, config, more, train, train_to_end, with};

/// Everything that has a state to lose, or that could go wrong without one.
const EXTRAS: [(&str, &[&str]); 4] = [
    ("mini-batches", &[]),
    ("full batch", &["train.batch_size=100"]),
    (
        "schedule, clipping and early stopping",
        &[
            "train.schedule={name='cosine'}",
            "train.warmup={epochs=3}",
            "train.clip={norm=0.5}",
            "train.early_stopping={patience=2,min_delta=0.02,restore_best=true}",
        ],
    ),
    (
        "dropout, batch norm and low rank",
        &[
            "train.schedule={name='step',step_size=4}",
            "train.early_stopping={patience=50,restore_best=true}",
            "model.layers.0.dropout=0.2",
            "model.layers.0.batch_norm=true",
            "model.layers.1.rank=1",
            "model.layers.1.dropout=0.1",
        ],
    ),
];

#[test]
fn resuming_gives_the_bits_of_a_run_that_never_stopped() {
    for backend in [Backend::Flex, Backend::Ndarray] {
        for optimizer in [MOMENTUM, ADAM] {
            for (what, overrides) in EXTRAS {
                let folder = tempfile::tempdir().unwrap();
                let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
                let config = with(optimizer, 11, overrides);
                let mut session = Session::create(&config, &whole, backend, false).unwrap();
                let ended = session.train(&AtomicBool::new(false), |_| ()).unwrap();
                drop(session);

                // Stopped in epoch 1, killed in epoch 7 and resumed each time.
                let mut session = Session::create(&config, &parts, backend, false).unwrap();
                let outcome = session.train(&AtomicBool::new(true), |_| ()).unwrap();
                assert_eq!(outcome, Outcome::Stopped { epoch: 1 });
                drop(session);
                let mut session = Session::resume(&parts, &Resume::default()).unwrap();
                let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                    let stop = AtomicBool::new(false);
                    session.train(&stop, |report| {
                        if report.metrics.epoch == 7 {
                            std::panic::resume_unwind(Box::new("killed"));
                        }
                    })
                }));
                drop(session);
                let mut session = Session::resume(&parts, &Resume::default()).unwrap();
                let resumed_at = session.trainer().epoch();
                assert!(killed.is_ok() || resumed_at == 4, "{what}");
                let outcome = session.train(&AtomicBool::new(false), |_| ()).unwrap();
                assert_eq!(outcome, ended, "{what} on {backend}");
                drop(session);
                assert_same(&whole, &parts);
            }
        }
    }
}

/// The same run on another backend from the middle on: within rounding, as whole runs on two backends are.
#[test]
fn a_run_can_go_on_on_another_backend() {
    for (what, overrides) in EXTRAS {
        let folder = tempfile::tempdir().unwrap();
        let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
        let config = with(MOMENTUM, 11, overrides);
        train_to_end(&mut Session::create(&config, &whole, Backend::Flex, false).unwrap());
        let mut session = Session::create(&config, &parts, Backend::Flex, false).unwrap();
        session.train(&AtomicBool::new(true), |_| ()).unwrap();
        drop(session);
        let wish = Resume {
            backend: Some(Backend::Ndarray),
            ..Resume::default()
        };
        let mut session = Session::resume(&parts, &wish).unwrap();
        assert_eq!(session.backend().0, Backend::Ndarray);
        train_to_end(&mut session);
        drop(session);
        let losses = |path: &Path| Run::open(path).unwrap().metrics().unwrap();
        let (whole, parts) = (losses(&whole), losses(&parts));
        assert_eq!(whole.len(), parts.len(), "{what}");
        for (left, right) in whole.iter().zip(parts) {
            let error = (left.train_loss - right.train_loss).abs();
            assert!(error < 1e-4 * left.train_loss, "{what}: {left:?} {right:?}");
        }
    }
}

#[test]
fn a_killed_run_resumes_from_its_last_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    train(&config(ADAM, 11), &whole, Backend::Flex);
    train(&config(ADAM, 11), &killed, Backend::Flex);
    // As a process killed in epoch 7 leaves it: a checkpoint of epoch 4, and a line cut in the middle.
    let early = folder.path().join("early");
    let mut session = Session::create(&config(ADAM, 11), &early, Backend::Flex, false).unwrap();
    let stop = AtomicBool::new(false);
    let outcome = session.train(&stop, |report| {
        stop.store(report.metrics.epoch == 3, Ordering::Relaxed);
    });
    assert_eq!(outcome.unwrap(), Outcome::Stopped { epoch: 4 });
    fs::remove_dir_all(killed.join("checkpoint")).unwrap();
    fs::create_dir(killed.join("checkpoint")).unwrap();
    for file in ["epoch-000000", "epoch-000004", "best"] {
        let file = format!("checkpoint/{file}.safetensors");
        fs::copy(early.join(&file), killed.join(&file)).unwrap();
    }
    // What was being written when it was killed.
    fs::write(
        killed.join("weights/.epoch-000008.safetensors.1.partial"),
        "x",
    )
    .unwrap();
    let metrics = fs::read_to_string(killed.join("metrics.csv")).unwrap();
    let cut: String = metrics.split_inclusive('\n').take(7).collect();
    fs::write(killed.join("metrics.csv"), &cut[..cut.len() - 9]).unwrap();

    let mut session = Session::resume(&killed, &Resume::default()).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    drop(session);
    assert_same(&whole, &killed);
}

/// The loss of the first epoch is taken before the step that blows the weights up: they are not kept all the same.
#[test]
fn weights_that_are_not_finite_are_never_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let keys = [
        "train.optimizer.lr=1e300",
        "train.batch_size=100",
        "data.test_fraction=0.0",
        "capture.every=1",
    ];
    let config = with("{ name = 'sgd', lr = 0.1 }", 1, &keys);
    let mut session = Session::create(&config, &path, Backend::Flex, false).unwrap();
    let error = session.train(&AtomicBool::new(false), |_| ()).unwrap_err();
    assert!(matches!(error, Error::Diverged { epoch: 1, .. }), "{error}");
    assert_eq!(session.checkpointed(), 0);
    assert_eq!(checkpoints(&path), ["epoch-000000"]);
    assert_eq!(Run::open(&path).unwrap().epochs().unwrap(), [0]);
}

fn checkpoints(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path.join("checkpoint")).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .map(|name| name.trim_end_matches(".safetensors").to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn the_last_checkpoints_and_the_best_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let config = with(
        MOMENTUM,
        11,
        &["train.checkpoint_every=2", "train.keep_last=2"],
    );
    train_to_end(&mut Session::create(&config, &path, Backend::Flex, false).unwrap());
    assert_eq!(checkpoints(&path), ["best", "epoch-000010", "epoch-000011"]);
    let metrics = Run::open(&path).unwrap().metrics().unwrap();
    let tested = metrics
        .iter()
        .filter(|m| m.epoch % 2 == 0 || m.epoch == 11)
        .min_by(|left, right| left.test_loss.partial_cmp(&right.test_loss).unwrap())
        .unwrap();
    let best = Checkpoint::read(&path.join("checkpoint/best.safetensors")).unwrap();
    assert_eq!(best.best, Some((tested.epoch, tested.test_loss.unwrap())));
    assert_eq!(best.state.epoch, tested.epoch);
    // It describes itself: the whole configuration, versions included.
    assert_eq!(best.config, Run::open(&path).unwrap().config);
    assert!(best.config.provenance.is_some());
}

#[test]
fn early_stopping_restores_the_best_weights_and_keeps_the_state() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let stopping = "train.early_stopping={patience=2,min_delta=0.02,restore_best=true}";
    let config = with(MOMENTUM, 50, &[stopping, "capture.every=1"]);
    let mut session = Session::create(&config, &path, Backend::Flex, false).unwrap();
    let outcome = session.train(&AtomicBool::new(false), |_| ()).unwrap();
    let Outcome::StoppedEarly { epoch, best } = outcome else {
        panic!("{outcome:?}")
    };
    assert_eq!(epoch, best + 2);
    let run = Run::open(&path).unwrap();
    assert_eq!(run.frozen(epoch).unwrap(), run.frozen(best).unwrap());
    assert_eq!(
        run.activations(epoch).unwrap(),
        run.activations(best).unwrap()
    );
    // The trainer itself has not gone back.
    assert_ne!(session.trainer().frozen(), run.frozen(best).unwrap());
    drop(session);
    let mut again = Session::resume(&path, &Resume::default()).unwrap();
    assert_eq!(
        again.train(&AtomicBool::new(false), |_| ()).unwrap(),
        outcome
    );
}

#[test]
fn a_damaged_checkpoint_is_refused_by_name_and_an_earlier_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (path, whole) = (folder.path().join("moons"), folder.path().join("whole"));
    train(&config(MOMENTUM, 11), &path, Backend::Flex);
    train(&config(MOMENTUM, 11), &whole, Backend::Flex);
    let file = path.join("checkpoint/epoch-000011.safetensors");
    let bytes = fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let error = Session::resume(&path, &Resume::default()).err().unwrap();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains("epoch-000011.safetensors"), "{error}");
        assert!(error.ends_with("--from 8"), "{error}");
        error
    };
    for length in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        refused(&bytes[..length]);
    }
    for place in (0..bytes.len()).step_by(bytes.len() / 23) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1;
        refused(&flipped);
    }
    let version = br#"\"version\":1"#;
    let place = bytes
        .windows(version.len())
        .position(|part| part == version)
        .unwrap();
    let mut newer = bytes.clone();
    newer[place + version.len() - 1] = b'2';
    assert!(refused(&newer).contains("newer version"));

    for from in [Which::Epoch(8), Which::Best] {
        let wish = Resume {
            from: Some(from),
            ..Resume::default()
        };
        train_to_end(&mut Session::resume(&path, &wish).unwrap());
        assert_same(&path, &whole);
    }
    let wish = Resume {
        from: Some(Which::Epoch(5)),
        ..Resume::default()
    };
    let error = Session::resume(&path, &wish).err().unwrap().to_string();
    assert!(error.contains("there are 4, 8, 11 and best"), "{error}");
}

/// What goes on from an earlier checkpoint leaves nothing of the end that it abandons.
#[test]
fn going_back_forgets_what_came_after() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let config = with(
        MOMENTUM,
        11,
        &[
            "capture.every=1",
            "train.checkpoint_every=2",
            "train.keep_last=9",
        ],
    );
    train(&config, &path, Backend::Flex);
    let from = |which| Resume {
        from: Some(which),
        ..Resume::default()
    };
    drop(Session::resume(&path, &from(Which::Epoch(2))).unwrap());
    assert_eq!(Run::open(&path).unwrap().epochs().unwrap(), [0, 1, 2]);
    for folder in ["activations", "gradients", "checkpoint"] {
        let later = fs::read_dir(path.join(folder)).unwrap().filter(|entry| {
            let name = entry.as_ref().unwrap().file_name();
            let name = name.to_str().unwrap();
            // Names of one length sort by their number; the best one has gone too.
            name > "epoch-000002.safetensors" || name.starts_with("best")
        });
        assert_eq!(later.count(), 0, "{folder}");
    }
    // The best one, of a later epoch, has gone too.
    let error = Session::resume(&path, &from(Which::Best)).err().unwrap();
    assert!(error.to_string().contains("no best checkpoint"), "{error}");
    let error = Session::resume(&path, &from(Which::Epoch(8)))
        .err()
        .unwrap();
    assert!(error.to_string().ends_with("there are 0, 2"), "{error}");
}

#[test]
fn a_checkpoint_of_another_network_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    train(&config(MOMENTUM, 2), &path, Backend::Flex);
    let text = fs::read_to_string(path.join("config.toml")).unwrap();
    fs::write(
        path.join("config.toml"),
        text.replace("units = 8", "units = 9"),
    )
    .unwrap();
    let error = Session::resume(&path, &Resume::default()).err().unwrap();
    assert!(error.to_string().contains("a different [model]"), "{error}");
}

/// A checkpoint with something of everything.
fn full_checkpoint() -> Checkpoint {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let config = with(ADAM, 4, EXTRAS[3].1);
    train_to_end(&mut Session::create(&config, &path, Backend::Flex, false).unwrap());
    Checkpoint::read(&path.join("checkpoint/epoch-000004.safetensors")).unwrap()
}

/// Whatever byte is changed and wherever the file ends: it is refused, or (a blank in the header's padding) says the same.
#[test]
fn no_damage_goes_unnoticed() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = full_checkpoint();
    let bytes = checkpoint.to_bytes();
    let path = folder.path().join("c.safetensors");
    let read = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        Checkpoint::read(&path)
    };
    assert_eq!(read(&bytes).unwrap(), checkpoint);
    let config = ProptestConfig {
        cases: 1500,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    proptest!(config, |(place in 0..bytes.len(), mask in 1..=255_u8, cut in 0..bytes.len())| {
        let mut altered = bytes.clone();
        altered[place] ^= mask;
        match read(&altered) {
            Ok(found) => prop_assert_eq!(&found, &checkpoint),
            Err(error) => prop_assert!(error.to_string().contains("c.safetensors")),
        }
        let error = read(&bytes[..cut]).unwrap_err();
        prop_assert!(error.to_string().contains("c.safetensors"));
    });
}

/// What 0.1.0 wrote is read for ever after.
#[test]
fn checkpoints_and_weights_of_version_1_are_read() {
    let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures"));
    let checkpoint = Checkpoint::read(&fixtures.join("checkpoint-v1.safetensors")).unwrap();
    assert_eq!(
        (
            checkpoint.state.epoch,
            checkpoint.state.parameters.layers.len()
        ),
        (4, 3)
    );
    assert_eq!(
        checkpoint.config.provenance.as_ref().unwrap().foldspace,
        "0.1.0"
    );
    assert_eq!(checkpoint.config.train.optimizer.lr, 0.01);
    let layer = &checkpoint.state.parameters.layers[0];
    assert!(layer.norm.is_some() && layer.dropout == 0.2);
    let weights = fixtures.join("weights-v1.safetensors");
    let weights = foldspace::model::weights::read_parameters(&weights).unwrap();
    assert_eq!(weights, checkpoint.state.parameters);
    // Not only the form but the numbers: the sum of all weights.
    let contents = store::read_any(&fixtures.join("weights-v1.safetensors")).unwrap();
    let values = contents.arrays.values().flat_map(|array| &array.values);
    let sum: f64 = values.map(|&value| f64::from(value)).sum();
    assert!((sum - FIXTURE_SUM).abs() < 1e-9, "{sum}");

    // A run goes on from it.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old");
    fs::create_dir_all(path.join("checkpoint")).unwrap();
    fs::write(path.join("config.toml"), checkpoint.config.to_toml()).unwrap();
    fs::copy(
        fixtures.join("checkpoint-v1.safetensors"),
        path.join("checkpoint/epoch-000004.safetensors"),
    )
    .unwrap();
    let mut session = Session::resume(&path, &more(6)).unwrap();
    let mut losses = Vec::new();
    session
        .train(&AtomicBool::new(false), |report| {
            losses.push(report.metrics.train_loss)
        })
        .unwrap();
    assert_eq!(losses.len(), 2);
    for (loss, expected) in losses.iter().zip(FIXTURE_LOSSES) {
        assert!((loss - expected).abs() < 1e-5, "{losses:?}");
    }
}

/// Of the fixture: the sum of its weights, and the losses of epochs 5 and 6.
const FIXTURE_SUM: f64 = 18.351_520_912_721_753;
const FIXTURE_LOSSES: [f64; 2] = [0.616_523_782_412_211_2, 0.621_235_668_659_210_2];

/// Writes the fixtures anew, which only a new version of the format asks for: then under a new name.
/// `cargo test --test it write_fixtures -- --ignored`
#[test]
#[ignore = "the fixtures are there"]
fn write_fixtures() {
    let fixtures = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/fixtures"));
    fs::create_dir_all(fixtures).unwrap();
    let checkpoint = full_checkpoint();
    fs::write(
        fixtures.join("checkpoint-v1.safetensors"),
        checkpoint.to_bytes(),
    )
    .unwrap();
    let weights = fixtures.join("weights-v1.safetensors");
    foldspace::model::weights::write(&weights, &checkpoint.state.parameters).unwrap();
}
