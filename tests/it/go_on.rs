//! Going on with a run for more epochs, and taking a directory for one.

use std::fs;
use std::sync::atomic::AtomicBool;

use foldspace::device::Backend;
use foldspace::run::{Paths, Run, Session};

use crate::program::succeeded;
use crate::run::{MOMENTUM, assert_same, config, more, train, train_to_end, with};

fn rates(run: &std::path::Path) -> Vec<f64> {
    let metrics = Run::open(run).unwrap().metrics().unwrap();
    metrics.iter().map(|epoch| epoch.learning_rate).collect()
}

#[test]
fn more_epochs_behind_a_cosine_hold_its_floor_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let cosine = [
        "train.schedule={ name = 'cosine', eta_min = 0.01 }",
        "train.warmup={ epochs = 2 }",
    ];
    train(&with(MOMENTUM, 6, &cosine), &path, Backend::Flex);
    let mut session = Session::resume(&path, &more(9)).unwrap();
    let [note] = session.notes() else {
        panic!("{:?}", session.notes());
    };
    assert!(
        note.contains("stays at 0.01 after epoch 6") && note.contains("train.schedule.t_max = 4"),
        "{note}"
    );
    train_to_end(&mut session);
    drop(session);
    let held = rates(&path);
    assert_eq!(held[6..], [0.01; 3]);
    assert!(held[5] > 0.01);
    assert!(
        fs::read_to_string(path.join("config.toml"))
            .unwrap()
            .contains("hold = true")
    );
    // Once more: it is known by now, and still said.
    let session = Session::resume(&path, &more(12)).unwrap();
    assert_eq!(session.notes().len(), 1);

    // The same in one go, as the configuration that the run now has says it.
    let whole = folder.path().join("whole");
    let cosine = [
        "train.schedule={ name = 'cosine', eta_min = 0.01, t_max = 4, hold = true }",
        cosine[1],
    ];
    train(&with(MOMENTUM, 9, &cosine), &whole, Backend::Flex);
    assert_eq!(rates(&whole), held);
}

#[test]
fn a_floor_of_nothing_is_said_to_learn_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    train(
        &with(MOMENTUM, 4, &["train.schedule=cosine"]),
        &path,
        Backend::Flex,
    );
    let session = Session::resume(&path, &more(6)).unwrap();
    assert!(
        session.notes()[0].contains("so that nothing more is learnt; for one cosine over 6 epochs")
    );
}

#[test]
fn a_cosine_that_was_to_climb_again_does_as_in_pytorch() {
    let folder = tempfile::tempdir().unwrap();
    let (cut, whole) = (folder.path().join("cut"), folder.path().join("whole"));
    // Beyond t_max from the start: both halves are wanted.
    let wave = ["train.schedule={ name = 'cosine', t_max = 3 }"];
    train(&with(MOMENTUM, 5, &wave), &cut, Backend::Flex);
    let mut session = Session::resume(&cut, &more(8)).unwrap();
    assert!(session.notes().is_empty());
    train_to_end(&mut session);
    train(&with(MOMENTUM, 8, &wave), &whole, Backend::Flex);
    assert_eq!(rates(&cut), rates(&whole));
    assert!(rates(&cut)[5] > rates(&cut)[3]);
    // Up to t_max there is nothing to hold either.
    let short = folder.path().join("short");
    train(
        &with(
            MOMENTUM,
            4,
            &["train.schedule={ name = 'cosine', t_max = 8 }"],
        ),
        &short,
        Backend::Flex,
    );
    assert!(
        Session::resume(&short, &more(8))
            .unwrap()
            .notes()
            .is_empty()
    );
}

#[test]
fn the_lock_is_taken_before_anything_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    train(&config(MOMENTUM, 4), &path, Backend::Flex);
    let kept = folder.path().join("kept");
    // While another process holds the directory, neither its files nor `overwrite` matter.
    let lock = Paths::new(&path).lock().unwrap();
    for overwrite in [false, true] {
        let refused = Session::create(&config(MOMENTUM, 4), &path, Backend::Flex, overwrite);
        let message = refused.err().unwrap().to_string();
        assert!(
            message.contains("another process is training this run"),
            "{message}"
        );
    }
    drop(lock);
    train(&config(MOMENTUM, 4), &kept, Backend::Flex);
    assert_same(&path, &kept);
}

#[test]
fn of_many_that_want_a_directory_one_gets_it_and_its_checkpoints_stay() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..5 {
        let path = folder.path().join(round.to_string());
        let create = || {
            let mut session = Session::create(&config(MOMENTUM, 2), &path, Backend::Flex, false)?;
            session.train(&AtomicBool::new(false), |_| ())
        };
        let results = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(create)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect::<Vec<_>>()
        });
        assert_eq!(
            results.iter().filter(|result| result.is_ok()).count(),
            1,
            "{results:?}"
        );
        let alone = folder.path().join("alone");
        if round == 0 {
            train(&config(MOMENTUM, 2), &alone, Backend::Flex);
        }
        assert_same(&path, &alone);
    }
}

#[test]
fn resume_says_that_older_pictures_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    train(&config(MOMENTUM, 4), &root.join("run"), Backend::Flex);
    let foldspace = |arguments: &[&str]| succeeded(root, arguments).1;
    let without = foldspace(&["resume", "run", "--epochs", "6"]);
    assert!(!without.contains("pictures"), "{without}");
    foldspace(&["figure", "run", "loss", "--format", "svg"]);
    let with = foldspace(&["resume", "run", "--epochs", "8"]);
    assert!(with.contains("the pictures in run/figures are of epoch 6 or before; draw them again with: foldspace figure run"));
    let done = foldspace(&["resume", "run"]);
    assert!(!done.contains("pictures"), "{done}");
}
