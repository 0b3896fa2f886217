//! Run directories: training into one, reading it, resuming, and what is refused.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::device::Backend;
use foldspace::run::{Outcome, Resume, Run, Session};

/// A small job that ends in seconds: 60 moons, 8 hidden units.
pub fn config(optimizer: &str, epochs: usize) -> Config {
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

pub const MOMENTUM: &str = "{ name = 'sgd', lr = 0.1, momentum = 0.9 }";
pub const ADAM: &str = "{ name = 'adam', lr = 0.01 }";

pub fn train(config: &Config, path: &Path, backend: Backend) {
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

/// The small job with more keys set.
pub fn with(optimizer: &str, epochs: usize, overrides: &[&str]) -> Config {
    let overrides: Vec<String> = overrides.iter().map(|&key| key.to_owned()).collect();
    let text = config(optimizer, epochs).to_toml();
    Config::parse(&text, "test.toml", &overrides).unwrap()
}

pub fn train_to_end(session: &mut Session) {
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
}

/// A disk that was full in the first epoch leaves tables without a whole header, or empty.
#[test]
fn tables_that_were_cut_in_their_header_are_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, cut) = (folder.path().join("whole"), folder.path().join("cut"));
    train(&config(ADAM, 3), &whole, Backend::Flex);
    drop(Session::create(&config(ADAM, 3), &cut, Backend::Flex, false).unwrap());
    fs::write(cut.join("metrics.csv"), "epoch,train_lo").unwrap();
    fs::write(cut.join("gradients.csv"), "").unwrap();
    train_to_end(&mut Session::resume(&cut, &Resume::default()).unwrap());
    assert_same(&whole, &cut);
}

pub fn more(epochs: usize) -> Resume {
    Resume {
        epochs: Some(epochs),
        ..Resume::default()
    }
}

#[test]
fn more_epochs_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, longer) = (folder.path().join("whole"), folder.path().join("longer"));
    train(&config(MOMENTUM, 9), &whole, Backend::Flex);
    train(&config(MOMENTUM, 5), &longer, Backend::Flex);
    let mut session = Session::resume(&longer, &more(9)).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    drop(session);
    let read = |path: &Path| Run::open(path).unwrap().metrics().unwrap();
    assert_eq!(read(&whole), read(&longer));
    let error = Session::resume(&longer, &more(3)).err().unwrap();
    assert!(
        error.to_string().contains("9 epochs are already done"),
        "{error}"
    );
}

#[test]
fn one_process_at_a_time_trains_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("moons");
    let session = Session::create(&config(MOMENTUM, 2), &path, Backend::Flex, false).unwrap();
    let error = Session::resume(&path, &Resume::default()).err().unwrap();
    assert!(error.to_string().contains("another process"), "{error}");
    drop(session);
    assert!(Session::resume(&path, &Resume::default()).is_ok());
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
        foldspace::run::BURN_VERSION
    );
    assert!(lock.contains(&expected));
}

#[test]
fn packed_captures_lose_nothing_and_resume_to_the_bit() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    let (plain, packed, parts) = (place("plain"), place("packed"), place("parts"));
    let often = ["capture.every=1"];
    let packing = ["capture.every=1", "capture.compress=true"];
    train(&with(ADAM, 21, &often), &plain, Backend::Flex);
    train(&with(ADAM, 21, &packing), &packed, Backend::Flex);

    // Files of either form hold the same bits, and the packed ones are smaller.
    let (plain, packed) = (Run::open(plain).unwrap(), Run::open(packed).unwrap());
    let bits = |matrices: std::collections::BTreeMap<String, faer::Mat<f64>>| {
        let bits = |matrix: faer::Mat<f64>| -> Vec<u64> {
            let columns = matrix.col_iter().flat_map(|column| column.iter().copied());
            columns.map(f64::to_bits).collect()
        };
        let named = matrices
            .into_iter()
            .map(|(name, m)| (name, m.shape(), bits(m)));
        named.collect::<Vec<_>>()
    };
    for epoch in plain.epochs().unwrap() {
        let both = [&plain, &packed].map(|run| bits(run.activations(epoch).unwrap()));
        assert_eq!(both[0], both[1], "epoch {epoch}");
        if epoch > 0 {
            let both = [&plain, &packed].map(|run| bits(run.gradients(epoch).unwrap()));
            assert_eq!(both[0], both[1], "epoch {epoch}");
        }
    }
    let size = |run: &Run| -> usize {
        let files = files(run.paths.root()).into_iter();
        let captures = files.filter(|(name, _)| name.starts_with("activations"));
        captures.map(|(_, bytes)| bytes.len()).sum()
    };
    // Most of these small files is headers and the first epochs, which change much.
    assert!(
        10 * size(&packed) < 9 * size(&plain),
        "{} of {}",
        size(&packed),
        size(&plain)
    );

    // Stopped after an epoch that others are told from, and resumed.
    let stop = AtomicBool::new(false);
    let mut session =
        Session::create(&with(ADAM, 21, &packing), &parts, Backend::Flex, false).unwrap();
    let outcome = session.train(&stop, |report| {
        stop.store(
            report.metrics.epoch == 9,
            std::sync::atomic::Ordering::Relaxed,
        );
    });
    assert_eq!(outcome.unwrap(), Outcome::Stopped { epoch: 10 });
    drop(session);
    train_to_end(&mut Session::resume(&parts, &Resume::default()).unwrap());
    assert_same(packed.paths.root(), &parts);

    // A file that was cut off is refused by name, so is one that others are told from; the rest can still be read.
    let parts = Run::open(parts).unwrap();
    let file = |epoch: usize| parts.paths.activations(epoch).with_extension("packed");
    for (epoch, lost, kept) in [
        (11, vec![11], vec![10, 12]),
        (8, vec![8, 9], vec![7, 16, 17]),
    ] {
        let whole = fs::read(file(epoch)).unwrap();
        fs::write(file(epoch), &whole[..whole.len() / 2]).unwrap();
        let name = format!("epoch-{epoch:06}.packed");
        for at in lost {
            let error = parts.activations(at).unwrap_err().to_string();
            assert!(error.contains(&name), "{error}");
        }
        for at in kept {
            parts.activations(at).unwrap();
        }
        fs::write(file(epoch), whole).unwrap();
    }

    // Going on from an earlier checkpoint forgets later files of either form.
    parts
        .paths
        .after(8)
        .unwrap()
        .iter()
        .for_each(|path| fs::remove_file(path).unwrap());
    assert_eq!(parts.epochs().unwrap(), (0..=8).collect::<Vec<_>>());
    assert!(!file(9).exists() && file(8).exists());
}
