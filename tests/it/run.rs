//! Run directories: training into one, reading it, resuming, and what is refused.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::device::Backend;
use foldspace::error::Error;
use foldspace::run::{Outcome, Run, Session};

/// A small job that ends in seconds: 60 moons, 8 hidden units.
fn config(optimizer: &str, epochs: usize) -> Config {
    let text = format!(
        "[data]
         name = 'moons'
         samples = 60
         [model]
         layers = [{{ units = 8, activation = 'tanh' }},
                   {{ units = 2, activation = 'tanh', name = 'embedding' }},
                   {{ units = 1, activation = 'sigmoid' }}]
         [train]
         epochs = {epochs}
         batch_size = 16
         checkpoint_every = 4
         loss = 'bce'
         optimizer = {optimizer}
         [capture]
         every = 5
         sites = ['layers.0.pre', 'embedding']
         gradients = true"
    );
    Config::parse(&text, "test.toml", &[]).unwrap()
}

const MOMENTUM: &str = "{ name = 'sgd', lr = 0.1, momentum = 0.9 }";
const ADAM: &str = "{ name = 'adam', lr = 0.01 }";

fn train(config: &Config, path: &Path, backend: Backend) {
    let mut session = Session::create(config, path, backend, false).unwrap();
    let outcome = session.train(&AtomicBool::new(false), |_| ()).unwrap();
    assert_eq!(outcome, Outcome::Finished);
}

/// Every file of a run but its timing, by name.
fn files(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("timing.csv") {
                let name = path.strip_prefix(root).unwrap().display().to_string();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Asserts that two runs have the same files, timing aside, with the same bytes.
pub fn assert_same(left: &Path, right: &Path) {
    let (left, right) = (files(left), files(right));
    let names =
        |files: &[(String, Vec<u8>)]| files.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
    assert_eq!(names(&left), names(&right));
    for ((name, left), (_, right)) in left.iter().zip(&right) {
        assert!(left == right, "{name} differs");
    }
}

#[test]
fn a_run_can_be_read_back_without_a_device() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let mut session = Session::create(&config(MOMENTUM, 7), &path, Backend::Auto, false).unwrap();
    assert_eq!(session.backend().0, Backend::Flex);
    let mut reports = Vec::new();
    session
        .train(&AtomicBool::new(false), |report| {
            reports.push(report.metrics)
        })
        .unwrap();

    let run = Run::open(&path).unwrap();
    assert_eq!(run.metrics().unwrap(), reports);
    assert_eq!(run.epochs().unwrap(), [0, 5, 7]);
    assert_eq!(run.frozen(7).unwrap(), session.trainer().frozen());
    assert_ne!(run.frozen(0).unwrap(), run.frozen(5).unwrap());
    assert_eq!(run.split().unwrap().train, session.split().train);

    // The recorded activations are what the recorded weights make of the recorded data.
    let network = run.frozen(7).unwrap();
    let activations = run.activations(7).unwrap();
    let (head, _) = network.split_at(2);
    let embedding = head.forward(run.split().unwrap().train.features.as_ref());
    assert!((&activations["embedding"] - &embedding).norm_max() < 1e-5);
    assert_eq!(activations["layers.0.pre"].ncols(), 8);
    assert_eq!(activations["embedding.gradient"].ncols(), 2);

    // The norms in the table are those of the gradients in the file.
    let (names, norms) = run.gradient_norms().unwrap();
    for (name, norm) in names.iter().zip(norms.last().unwrap()) {
        let gradient = &run.gradients(7).unwrap()[name];
        assert!((gradient.norm_l2() - norm).abs() < 1e-6, "{name}");
    }
}

#[test]
fn resuming_gives_the_bits_of_a_run_that_never_stopped() {
    for backend in [Backend::Flex, Backend::Ndarray] {
        for optimizer in [MOMENTUM, ADAM] {
            let folder = tempfile::tempdir().unwrap();
            let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
            train(&config(optimizer, 11), &whole, backend);

            let mut session =
                Session::create(&config(optimizer, 11), &parts, backend, false).unwrap();
            let stop = AtomicBool::new(true);
            let outcome = session.train(&stop, |_| ()).unwrap();
            assert_eq!(outcome, Outcome::Stopped { epoch: 1 });
            drop(session);
            let mut session = Session::resume(&parts, None).unwrap();
            session.train(&AtomicBool::new(false), |_| ()).unwrap();
            drop(session);
            assert_same(&whole, &parts);
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
    train(&config(ADAM, 4), &early, Backend::Flex);
    let state = |path: &Path| path.join("checkpoint/state.safetensors");
    fs::copy(state(&early), state(&killed)).unwrap();
    let metrics = fs::read_to_string(killed.join("metrics.csv")).unwrap();
    let cut: String = metrics.split_inclusive('\n').take(7).collect();
    fs::write(killed.join("metrics.csv"), &cut[..cut.len() - 9]).unwrap();

    let mut session = Session::resume(&killed, None).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    drop(session);
    assert_same(&whole, &killed);
}

#[test]
fn more_epochs_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, longer) = (folder.path().join("whole"), folder.path().join("longer"));
    train(&config(MOMENTUM, 9), &whole, Backend::Flex);
    train(&config(MOMENTUM, 5), &longer, Backend::Flex);
    let mut session = Session::resume(&longer, Some(9)).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    drop(session);
    let read = |path: &Path| Run::open(path).unwrap().metrics().unwrap();
    assert_eq!(read(&whole), read(&longer));
    let error = Session::resume(&longer, Some(3)).err().unwrap();
    assert!(
        error.to_string().contains("9 epochs are already done"),
        "{error}"
    );
}

#[test]
fn a_damaged_checkpoint_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    train(&config(MOMENTUM, 2), &path, Backend::Flex);
    let file = path.join("checkpoint/state.safetensors");
    let whole = fs::read(&file).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&file, bytes).unwrap();
        let error = Session::resume(&path, None).err().unwrap();
        assert!(matches!(error, Error::Invalid { .. }), "{error}");
        assert!(error.to_string().contains("state.safetensors"), "{error}");
        error.to_string()
    };
    for length in [0, 7, 100, whole.len() / 2, whole.len() - 1] {
        refused(&whole[..length]);
    }
    // A flipped bit anywhere: in the length, the header, the notes, the numbers.
    for place in (0..whole.len())
        .step_by(whole.len() / 97)
        .chain([whole.len() - 1])
    {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        refused(&flipped);
    }
    let version = br#"\"version\":1"#;
    let place = whole
        .windows(version.len())
        .position(|part| part == version)
        .unwrap();
    let mut bytes = whole.clone();
    bytes[place + version.len() - 1] = b'2';
    assert!(refused(&bytes).contains("newer version"));
    fs::write(&file, &whole).unwrap();
    assert!(Session::resume(&path, None).is_ok());
}

#[test]
fn one_process_at_a_time_trains_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let session = Session::create(&config(MOMENTUM, 2), &path, Backend::Flex, false).unwrap();
    let error = Session::resume(&path, None).err().unwrap();
    assert!(error.to_string().contains("another process"), "{error}");
    drop(session);
    assert!(Session::resume(&path, None).is_ok());
}

#[test]
fn a_run_is_not_overwritten_unasked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    train(&config(MOMENTUM, 2), &path, Backend::Flex);
    let again = |overwrite| Session::create(&config(ADAM, 1), &path, Backend::Flex, overwrite);
    let error = again(false).err().unwrap();
    assert!(
        error.to_string().contains("there is a run here already"),
        "{error}"
    );
    again(true)
        .unwrap()
        .train(&AtomicBool::new(false), |_| ())
        .unwrap();
    assert_eq!(Run::open(&path).unwrap().metrics().unwrap().len(), 1);
    let error = Run::open(folder.path()).unwrap_err();
    assert!(
        error.to_string().contains("there is no run here"),
        "{error}"
    );
}

#[test]
fn the_recorded_burn_version_is_the_one_in_use() {
    let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock")).unwrap();
    let expected = format!(
        "name = \"burn\"\nversion = \"{}\"",
        foldspace::run::session::BURN_VERSION
    );
    assert!(lock.contains(&expected));
}
