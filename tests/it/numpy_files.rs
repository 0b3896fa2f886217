//! NumPy's files as people's own scripts write them (`reference/npz.py` made them): any names, types and shapes.

use std::fs;
use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::data::Task;
use foldspace::data::npz::{NpzOptions, parse_with};
use foldspace::data::{DataConfig, Dataset, Missing, Reading, Target};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reference")
}

fn config(text: &str) -> DataConfig {
    toml::from_str(text).unwrap()
}

/// Reads through a configuration, as the program does.
fn through(text: &str) -> Result<Reading, String> {
    let reading = config(text).read(0, &folder());
    reading.map_err(|error| error.to_string())
}

fn taken(name: &str) -> (Dataset, String) {
    let reading = through(&format!("path = '{name}'")).unwrap();
    (reading.data, reading.notes.join("\n"))
}

/// X[i, j] = 10 i + j, with one entry of -1/4 where the type has fractions.
fn x(fractions: bool) -> Mat<f64> {
    Mat::from_fn(6, 3, |i, j| match (i, j) {
        (1, 2) if fractions => -0.25,
        _ => (10 * i + j) as f64,
    })
}

const LABELS: [usize; 6] = [0, 1, 2, 0, 1, 2];

fn class_names(set: &Dataset) -> Vec<&str> {
    match &set.target {
        Target::Classes { names, .. } => names.iter().map(String::as_str).collect(),
        Target::Values { .. } => panic!("a regression"),
    }
}

#[test]
fn half_precision_and_big_endian_arrays_are_read() {
    for name in ["half", "big_endian"] {
        let (set, notes) = taken(&format!("npz_{name}.npz"));
        assert_eq!((set.features, notes.as_str()), (x(true), ""), "{name}");
    }
    let (set, _) = taken("npz_big_endian_labels.npz");
    assert_eq!(set.features, x(false));
    assert_eq!(class_names(&set), ["ash", "beech", "äsche"]);
}

#[test]
fn arrays_are_found_under_the_names_people_use() {
    for (name, says) in [
        ("positional", "features are the array arr_0, targets arr_1"),
        (
            "positional_swapped",
            "features are the array arr_1, targets arr_0",
        ),
        (
            "train",
            "features are the array x_train, targets y_train, x_test, y_test left aside",
        ),
    ] {
        let (set, notes) = taken(&format!("npz_{name}.npz"));
        assert_eq!(set.features, x(true), "{name}");
        assert_eq!(set.labels(), Some(&LABELS[..]), "{name}");
        assert!(notes.contains(says), "{notes}");
    }
    // What the configuration names is taken and nothing else.
    let error = through("path = 'npz_train.npz'\nfeatures = 'x'").unwrap_err();
    assert!(error.contains("there is no array x;"), "{error}");
    let reading =
        through("path = 'npz_train.npz'\nfeatures = 'x_test'\ntarget = 'y_test'").unwrap();
    assert_eq!((reading.data.samples(), reading.notes.len()), (2, 0));
}

#[test]
fn images_are_made_flat_and_it_is_said() {
    let (set, notes) = taken("npz_images.npz");
    assert_eq!(set.features, Mat::from_fn(6, 4, |i, j| (4 * i + j) as f64));
    assert!(
        notes.contains("[6, 2, 2] is read as 6 samples of 4 features"),
        "{notes}"
    );
}

#[test]
fn one_hot_targets_are_classes() {
    let (set, notes) = taken("npz_one_hot.npz");
    assert_eq!(set.labels(), Some(&LABELS[..]));
    assert!(notes.contains("one-hot"), "{notes}");
    // A loss of numbers takes them as such, and says so.
    let bytes = fs::read(folder().join("npz_one_hot.npz")).unwrap();
    let read = |task| {
        let options = NpzOptions {
            task,
            ..NpzOptions::default()
        };
        parse_with(&bytes, Path::new("a.npz"), &options, Task::Regression).unwrap()
    };
    let reading = read(Task::Auto);
    assert!(matches!(&reading.data.target, Target::Values { values, .. } if values.ncols() == 3));
    assert!(
        reading.notes[0].contains("taken as numbers"),
        "{:?}",
        reading.notes
    );
    assert_eq!(read(Task::Classification).data.labels(), Some(&LABELS[..]));
    assert!(read(Task::Regression).notes.is_empty());
}

#[test]
fn labels_that_count_from_one_get_their_names() {
    let (set, notes) = taken("npz_from_one.npz");
    assert_eq!(set.labels(), Some(&LABELS[..]));
    assert_eq!(class_names(&set), ["ash", "beech", "oak"]);
    assert!(notes.contains("count from 1, so 1 is ash"), "{notes}");
    let (set, notes) = taken("npz_signed.npz");
    assert_eq!(set.labels(), Some(&[0, 1, 0, 1, 0, 1][..]));
    assert_eq!(class_names(&set), ["no", "yes"]);
    assert!(notes.contains("-1, 1 are named no, yes"), "{notes}");
}

#[test]
fn pickled_names_are_left_aside() {
    let (set, notes) = taken("npz_object_names.npz");
    assert_eq!(
        (set.features, set.feature_names),
        (x(true), vec!["x1".into(), "x2".into(), "x3".into()])
    );
    for name in ["feature_names", "target_names"] {
        assert!(
            notes.contains(&format!(
                "array {name} holds pickled Python objects, which are never unpickled"
            )),
            "{notes}"
        );
    }
    let error = through("path = 'npz_objects.npz'").unwrap_err();
    assert!(
        error.contains("array y") && error.contains("pickled"),
        "{error}"
    );
}

#[test]
fn missing_numbers_are_named_left_out_or_filled() {
    let error = through("path = 'npz_holes.npz'").unwrap_err();
    assert!(
        error.contains("row 0, column 1 is NaN, and 1 more are") && error.contains("data.missing"),
        "{error}"
    );
    let reading = through("path = 'npz_holes.npz'\nmissing = 'drop'").unwrap();
    let kept = [1, 2, 4, 5];
    assert_eq!(
        reading.data.features,
        Mat::from_fn(4, 3, |i, j| x(true)[(kept[i], j)])
    );
    // No sample of class 0 is left.
    assert_eq!(reading.data.labels(), Some(&[0, 1, 0, 1][..]));
    assert_eq!(class_names(&reading.data), ["1", "2"]);
    let reading = through("path = 'npz_holes.npz'\nmissing = 'mean'").unwrap();
    assert_eq!(
        reading.data.features[(0, 1)],
        (11 + 21 + 31 + 41 + 51) as f64 / 5.0
    );
    assert!(
        (reading.data.features[(3, 2)] - (2.0 - 0.25 + 22.0 + 42.0 + 52.0) / 5.0).abs() < 1e-12
    );
    assert_eq!(reading.data.samples(), 6);
    assert_eq!(config("path = 'a.npz'\nmissing = 'mean'"), {
        let mut config = config("path = 'a.npz'");
        let foldspace::data::Source::File { options, .. } = &mut config.source else {
            unreachable!()
        };
        *options = foldspace::data::FileOptions::Npz(NpzOptions {
            missing: Missing::Mean,
            ..NpzOptions::default()
        });
        config
    });
}

#[test]
fn a_single_array_has_its_targets_beside_it_or_in_its_last_column() {
    let (set, notes) = taken("npy_X_train.npy");
    assert_eq!(
        (set.features, notes.as_str()),
        (
            x(true),
            "features are npy_X_train.npy, targets npy_y_train.npy"
        )
    );
    assert_eq!(set.feature_names, ["x1", "x2", "x3"]);
    let (set, notes) = taken("npy_table.npy");
    assert_eq!(set.features, x(true));
    assert_eq!(set.labels(), Some(&LABELS[..]));
    assert!(notes.contains("its column x4 is the target"), "{notes}");
    let reading = through("path = 'npy_table.npy'\ntarget = 'npy_y_train.npy'").unwrap();
    assert_eq!(reading.data.dimensions(), 4);
    let reading = through("path = 'npy_table.npy'\ntarget = 'x1'\ntask = 'regression'").unwrap();
    assert_eq!(reading.data.feature_names, ["x2", "x3", "x4"]);
    let error = through("path = 'npy_table.npy'\ntarget = 'z.npy'").unwrap_err();
    assert!(
        error.contains("neither a file z.npy beside it nor a column"),
        "{error}"
    );
    let error = through("path = 'npy_y_train.npy'").unwrap_err();
    assert!(error.contains("holds the features alone"), "{error}");
}

/// What a file is its first bytes say.
#[test]
fn a_wrong_ending_does_not_matter() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    let put = |name: &str, bytes: &[u8]| fs::write(root.join(name), bytes).unwrap();
    let read = |text: &str| {
        config(text)
            .read(0, root)
            .map_err(|error| error.to_string())
    };
    put(
        "archive.csv",
        &fs::read(folder().join("npz_f8.npz")).unwrap(),
    );
    put(
        "named.dat",
        &fs::read(folder().join("npz_names.npz")).unwrap(),
    );
    put(
        "table.txt",
        &fs::read(folder().join("npy_table.npy")).unwrap(),
    );
    put("text.npz", b"a,b,label\n1,2,0\n3,4,1\n");
    assert_eq!(read("path = 'archive.csv'").unwrap().data.features, x(true));
    let named = read("path = 'named.dat'\nfeatures = 'measurements'\ntarget = 'species'").unwrap();
    assert_eq!(named.data.feature_names, ["length", "width", "height"]);
    assert_eq!(read("path = 'table.txt'").unwrap().data.features, x(true));
    assert_eq!(
        read("path = 'text.npz'").unwrap().data.feature_names,
        ["a", "b"]
    );
    let error = read("path = 'archive.csv'\nfeatures = ['a', 'b']").unwrap_err();
    assert!(
        error.contains("data.features: the file holds NumPy's arrays"),
        "{error}"
    );
    let mut workbook = b"PK\x03\x04\x14\0\0\0\x08\0".to_vec();
    workbook.extend(b"....................[Content_Types].xml");
    for (bytes, says) in [
        (&workbook[..], "an Excel workbook"),
        (b"\x1f\x8b\x08\0\0\0", "gzip"),
        (b"PAR1\x15\x04", "Parquet"),
        (b"\x89HDF\r\n\x1a\n", "HDF5"),
        (b"\x80\x04\x95\x10", "never unpickled"),
        (b"MATLAB 5.0 MAT-file", "MATLAB"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "Excel"),
    ] {
        for name in ["other.csv", "other.npz"] {
            put(name, bytes);
            let error = read(&format!("path = '{name}'")).unwrap_err();
            assert!(error.contains(says), "{error}");
        }
    }
}

/// A copy of the features alone still goes with its targets.
#[test]
fn the_partner_of_an_array_is_kept_by_its_whole_path() {
    let scratch = tempfile::tempdir().unwrap();
    let root = scratch.path();
    for (from, to) in [("npy_X_train.npy", "X.npy"), ("npy_y_train.npy", "y.npy")] {
        fs::copy(folder().join(from), root.join(to)).unwrap();
    }
    let text = "[data]\npath = 'X.npy'\n[model]\nlayers = [{ units = 3 }]\n[train]\nepochs = 1\n\
        loss = 'cross_entropy'\noptimizer = { name = 'sgd', lr = 0.1 }";
    fs::write(root.join("c.toml"), text).unwrap();
    let config = foldspace::config::Config::from_file(&root.join("c.toml"), &[]).unwrap();
    fs::create_dir(root.join("copy")).unwrap();
    fs::rename(root.join("X.npy"), root.join("copy/X.npy")).unwrap();
    let mut data = config.data;
    let foldspace::data::Source::File { path, .. } = &mut data.source else {
        panic!("no file");
    };
    *path = root.join("copy/X.npy");
    let set = data.load(0, root).unwrap();
    assert_eq!((set.features.ncols(), set.labels()), (3, Some(&LABELS[..])));
    fs::remove_file(root.join("y.npy")).unwrap();
    assert!(data.load(0, root).is_err());
}
