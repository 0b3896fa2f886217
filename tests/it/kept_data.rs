//! What a run keeps of the user's file, which may be edited, moved or damaged afterwards.

use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::data::Split;
use foldspace::device::Backend;
use foldspace::figures::{InputAxes, Name};
use foldspace::plot::Theme;
use foldspace::run::{Resume, Run, Session};

use crate::program::{succeed, succeeded};
use crate::run::assert_same;

const CONFIG: &str = "seed = 3
[data]
path = 'FILE'
[model]
layers = [{ units = 4, activation = 'tanh' }, { units = 2, activation = 'tanh', name = 'embedding' },
          { units = 1, activation = 'sigmoid' }]
[train]
epochs = 3
loss = 'bce'
optimizer = { name = 'sgd', lr = 0.1 }
";

fn data(root: &Path, name: &str) {
    let arguments = [
        "data",
        "moons",
        "--samples",
        "40",
        "--noise",
        "0.1",
        "-o",
        name,
    ];
    succeed(root, &arguments);
}

fn train(root: &Path, file: &str, run: &str) -> Split {
    let path = root.join("net.toml");
    fs::write(&path, CONFIG.replace("FILE", file)).unwrap();
    let config = Config::from_file(&path, &[]).unwrap();
    let mut session = Session::create(&config, root.join(run), Backend::Flex, true).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    session.split().clone()
}

fn picture(run: &Path) -> String {
    let run = Run::open(run).unwrap();
    let figure = Name::Boundary.draw(&run, 3, &InputAxes::Automatic).unwrap();
    figure.to_svg(&Theme::LIGHT).unwrap()
}

/// Moves every point of a CSV file, and swaps the classes.
fn edit(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let rows = text.lines().map(|line| match line.strip_suffix(",1") {
        Some(rest) => format!("9{rest},0\n"),
        None if line.ends_with(",0") => format!("{},1\n", &line[..line.len() - 2]),
        None => format!("{line}\n"),
    });
    fs::write(path, rows.collect::<String>()).unwrap();
}

#[test]
fn a_run_keeps_showing_its_own_samples() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for name in ["points.csv", "points.npz"] {
        data(root, name);
        let split = train(root, name, "run");
        let run = root.join("run");
        let before = picture(&run);
        assert!(run.join("data").join(name).exists() && run.join("data.json").exists());
        assert_eq!(Run::open(&run).unwrap().remark_on_data(), None);

        // Edited, or in a `.npz` replaced by something else.
        match name {
            "points.csv" => edit(&root.join(name)),
            _ => fs::write(root.join(name), "no archive").unwrap(),
        }
        let opened = Run::open(&run).unwrap();
        assert_eq!(opened.split().unwrap(), split, "{name}");
        assert!(picture(&run) == before, "{name}");
        let remark = opened.remark_on_data().unwrap();
        assert!(
            remark.contains(name) && remark.contains("has changed since"),
            "{remark}"
        );

        // Gone, and the run moved.
        fs::remove_file(root.join(name)).unwrap();
        fs::rename(&run, root.join("elsewhere")).unwrap();
        let opened = Run::open(root.join("elsewhere")).unwrap();
        assert_eq!(opened.split().unwrap(), split, "{name}");
        assert_eq!(opened.remark_on_data(), None);
        let wish = Resume {
            epochs: Some(5),
            ..Resume::default()
        };
        let mut session = Session::resume(root.join("elsewhere"), &wish).unwrap();
        session.train(&AtomicBool::new(false), |_| ()).unwrap();
        assert_eq!(session.split(), &split);

        // It must not be taken for what it is not.
        let copy = root.join("elsewhere/data").join(name);
        let mut bytes = fs::read(&copy).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(&copy, bytes).unwrap();
        let message = opened.split().unwrap_err().to_string();
        assert!(
            message.contains(name) && message.contains("was altered or damaged"),
            "{message}"
        );
        fs::remove_dir_all(root.join("elsewhere")).unwrap();
    }
}

#[test]
fn a_file_too_large_for_a_copy_is_read_where_it_was_as_long_as_it_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    data(root, "points.csv");
    let split = train(root, "points.csv", "run");
    // As a run of a larger file has it.
    let fingerprint = root.join("run/data.json");
    let text = fs::read_to_string(&fingerprint).unwrap();
    assert!(text.contains("\"kept\": true"), "{text}");
    fs::write(
        &fingerprint,
        text.replace("\"kept\": true", "\"kept\": false"),
    )
    .unwrap();
    fs::remove_dir_all(root.join("run/data")).unwrap();
    let run = Run::open(root.join("run")).unwrap();
    assert_eq!(run.split().unwrap(), split);
    edit(&root.join("points.csv"));
    let message = run.split().unwrap_err().to_string();
    assert!(
        message.contains("points.csv") && message.contains("put it back"),
        "{message}"
    );
    fs::remove_file(root.join("points.csv")).unwrap();
    assert!(run.split().unwrap_err().to_string().contains("points.csv"));

    for (damage, expected) in [
        (
            text.replace("\"version\": 1", "\"version\": 2"),
            "a newer version of foldspace",
        ),
        (text.replace("points.csv", "../points.csv"), "no plain name"),
        ("{".to_owned(), "not a fingerprint"),
    ] {
        fs::write(&fingerprint, damage).unwrap();
        let message = run.split().unwrap_err().to_string();
        assert!(
            message.contains("data.json") && message.contains(expected),
            "{message}"
        );
    }
    // A run of before there were fingerprints.
    fs::remove_file(&fingerprint).unwrap();
    data(root, "points.csv");
    assert_eq!(run.split().unwrap(), split);
}

#[test]
fn runs_of_the_same_file_have_the_same_bytes_and_no_data_of_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    data(root, "points.csv");
    data(root, "other.csv");
    train(root, "other.csv", "left");
    train(root, "points.csv", "left");
    train(root, "points.csv", "right");
    assert_same(&root.join("left"), &root.join("right"));
    assert!(!root.join("left/data/other.csv").exists());
    // A run trained anew from its own copy, which is replaced on the way.
    fs::remove_file(root.join("points.csv")).unwrap();
    train(root, "left/data/points.csv", "left");
    let copies =
        ["left", "right"].map(|run| fs::read(root.join(run).join("data/points.csv")).unwrap());
    assert!(copies[0] == copies[1]);
}

#[test]
fn commands_say_that_the_file_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    data(root, "points.csv");
    train(root, "points.csv", "run");
    edit(&root.join("points.csv"));
    let say = |arguments: &[&str]| succeeded(root, arguments).1;
    let commands: [&[&str]; 5] = [
        &["figure", "run", "data", "--format", "svg"],
        &["inspect", "run"],
        &["export", "run", "--format", "csv"],
        &["compress", "run", "--rank", "1"],
        &["resume", "run"],
    ];
    for command in commands {
        let said = say(command);
        let times = said
            .matches("points.csv has changed since this run was trained")
            .count();
        assert_eq!(times, 1, "{command:?}: {said}");
        assert_eq!(say(&[command, &["--quiet"]].concat()), "", "{command:?}");
    }
}

/// An array of doubles as `numpy.save` writes it.
fn npy(path: &Path, shape: &str, numbers: impl Iterator<Item = f64>) {
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    let padded = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(u16::try_from(padded.len()).unwrap().to_le_bytes());
    bytes.extend(padded.bytes());
    bytes.extend(numbers.flat_map(f64::to_le_bytes));
    fs::write(path, bytes).unwrap();
}

/// Features and targets in two files: each is kept, and neither may change behind the run's back.
#[test]
fn targets_in_a_file_of_their_own_are_kept_too() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let features = |k: usize| ((k * 37) % 101) as f64 / 50.0 - 1.0;
    npy(&root.join("X.npy"), "(30, 2)", (0..60).map(features));
    npy(
        &root.join("y.npy"),
        "(30,)",
        (0..30).map(|i| f64::from(i % 2)),
    );
    let split = train(root, "X.npy", "run");
    let run = root.join("run");
    assert_eq!(Run::open(&run).unwrap().split().unwrap(), split);
    let before = picture(&run);

    npy(
        &root.join("y.npy"),
        "(30,)",
        (0..30).map(|i| f64::from(i < 15)),
    );
    let edited = Run::open(&run).unwrap();
    assert_eq!(edited.split().unwrap(), split);
    assert!(edited.remark_on_data().unwrap().contains("y.npy"));
    assert_eq!(picture(&run), before);

    fs::remove_file(root.join("y.npy")).unwrap();
    fs::remove_file(root.join("X.npy")).unwrap();
    assert_eq!(Run::open(&run).unwrap().split().unwrap(), split);
    assert_eq!(picture(&run), before);

    fs::write(run.join("data/targets/y.npy"), "no array").unwrap();
    let refused = Run::open(&run).unwrap().split().unwrap_err().to_string();
    assert!(
        refused.contains("y.npy") && refused.contains("damaged"),
        "{refused}"
    );
}
