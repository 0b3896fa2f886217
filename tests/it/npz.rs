//! NumPy's `.npz`: what `numpy.savez` wrote is read (`reference/npz.py` made the files), what is written reads back, and
//! nothing that a file may hold brings the reader down.

use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::data::Task;
use foldspace::data::npy::{self, Array, Entries};
use foldspace::data::npz::{self, Layout};
use foldspace::data::{DataConfig, Dataset, Moons, Source, Target};
use foldspace::random::RandomState;
use proptest::prelude::*;

const PLAIN: Layout<'static> = Layout {
    features: "X",
    target: "y",
    task: Task::Auto,
};

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/reference")
        .join(format!("npz_{name}.npz"))
}

fn read(name: &str) -> Result<Dataset, String> {
    npz::read(&reference(name), PLAIN).map_err(|error| error.to_string())
}

/// X[i, j] = 10 i + j, with one entry of -1/4 where the type has fractions.
fn expected(fractions: bool) -> Mat<f64> {
    Mat::from_fn(6, 3, |i, j| match (i, j) {
        (1, 2) if fractions => -0.25,
        _ => (10 * i + j) as f64,
    })
}

#[test]
fn every_type_of_number_is_read_as_numpy_wrote_it() {
    for (name, fractions) in [
        ("f4", true),
        ("f8", true),
        ("i4", false),
        ("i8", false),
        ("u1", false),
    ] {
        let set = read(name).unwrap();
        assert_eq!(set.features, expected(fractions), "{name}");
        assert_eq!(set.labels(), Some(&[0, 1, 2, 0, 1, 2][..]), "{name}");
        assert_eq!(set.feature_names, ["x1", "x2", "x3"]);
        assert_eq!(set.name, format!("npz_{name}"));
    }
}

#[test]
fn compressed_arrays_in_fortran_order_are_read() {
    assert_eq!(read("compressed").unwrap().features, expected(true));
}

#[test]
fn names_of_arrays_features_and_classes_are_kept() {
    let layout = Layout {
        features: "measurements",
        target: "species",
        task: Task::Auto,
    };
    let set = npz::read(&reference("names"), layout).unwrap();
    assert_eq!(set.feature_names, ["length", "width", "height"]);
    let Target::Classes { labels, names } = &set.target else {
        panic!("no classes");
    };
    assert_eq!(names, &["ash", "beech", "äsche"]);
    assert_eq!(labels, &[0, 1, 2, 0, 1, 2]);
    let Target::Classes { names, .. } = read("bytes").unwrap().target else {
        panic!("no classes");
    };
    assert_eq!(names, ["no", "yes"]);
}

#[test]
fn several_target_columns_are_a_regression() {
    let Target::Values { values, names } = read("targets").unwrap().target else {
        panic!("no regression");
    };
    assert_eq!(names, ["y1", "y2"]);
    assert_eq!(values, Mat::from_fn(6, 2, |i, j| (10 * i + j) as f64 / 4.0));
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let error = read("objects").unwrap_err();
    for word in ["array y", "pickled Python objects", "astype"] {
        assert!(error.contains(word), "{error}");
    }
    let missing = Layout {
        features: "x",
        ..PLAIN
    };
    let error = npz::read(&reference("f8"), missing)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("no array x") && error.contains("data.features = \"X\""),
        "{error}"
    );
    let error = npz::parse(b"PK, but no archive", Path::new("a.npz"), PLAIN).unwrap_err();
    assert!(
        error.to_string().contains("not a whole .npz archive"),
        "{error}"
    );
}

fn archive(x: Array, y: Array) -> Vec<u8> {
    npz::archive(&[("X", x), ("y", y)]).unwrap()
}

fn array(shape: &[usize], entries: Entries) -> Array {
    Array {
        shape: shape.to_vec(),
        entries,
    }
}

#[test]
fn shapes_and_numbers_that_make_no_data_set_are_refused() {
    let x = || array(&[2, 2], Entries::F64(vec![0.0, 1.0, 2.0, 3.0]));
    let y = || array(&[2], Entries::I64(vec![0, 1]));
    let text = |n: usize| Entries::Text((0..n).map(|k| k.to_string()).collect());
    let nan = array(&[2, 2], Entries::F32(vec![0.0, 1.0, f32::NAN, 3.0]));
    for (x, y, task, says) in [
        (
            nan,
            y(),
            Task::Auto,
            "array X: the entry in row 1, column 0 is NaN",
        ),
        (
            array(&[], Entries::F64(vec![0.0])),
            y(),
            Task::Auto,
            "its shape is []",
        ),
        (array(&[2, 2], text(4)), y(), Task::Auto, "not numbers"),
        (
            x(),
            array(&[3], Entries::I64(vec![0, 1, 2])),
            Task::Auto,
            "[3] for 2 samples",
        ),
        (
            x(),
            array(&[2], Entries::I64(vec![4, 4])),
            Task::Auto,
            "every sample is of class 4",
        ),
        (
            x(),
            array(&[2], Entries::I64(vec![0, i64::MAX])),
            Task::Auto,
            "not numbers",
        ),
        (
            x(),
            array(&[2, 2], Entries::F64(vec![0.5; 4])),
            Task::Classification,
            "2 columns",
        ),
        (x(), array(&[2], text(2)), Task::Regression, "not numbers"),
        (
            array(&[0, 2], Entries::F64(vec![])),
            array(&[0], Entries::I64(vec![])),
            Task::Auto,
            "it is empty, its shape is [0, 2]",
        ),
        (
            array(&[2, 0], Entries::F64(vec![])),
            y(),
            Task::Auto,
            "it is empty, its shape is [2, 0]",
        ),
    ] {
        let layout = Layout { task, ..PLAIN };
        let error = npz::parse(&archive(x, y), Path::new("a.npz"), layout).unwrap_err();
        assert!(error.to_string().contains(says), "{error}, not {says}");
    }
}

#[test]
fn names_that_do_not_fit_are_refused() {
    let with = |name: &str, names: &[&str]| {
        let names = Entries::Text(names.iter().map(|&name| name.to_owned()).collect());
        let bytes = npz::archive(&[
            ("X", array(&[2, 1], Entries::F64(vec![0.0, 1.0]))),
            ("y", array(&[2], Entries::I64(vec![0, 1]))),
            (name, array(&[names.len()], names)),
        ]);
        npz::parse(&bytes.unwrap(), Path::new("a.npz"), PLAIN).map_err(|error| error.to_string())
    };
    assert!(
        with("feature_names", &["a", "b"])
            .unwrap_err()
            .contains("2 entries for 1 features")
    );
    assert!(
        with("target_names", &["only"])
            .unwrap_err()
            .contains("target_names")
    );
    let named = with("target_names", &["no", "yes", "maybe"]).unwrap();
    assert_eq!(named.class_count(), Some(3)); // a class without samples keeps its place
}

#[test]
fn a_data_set_reads_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let moons = Moons {
        samples: 50,
        noise: 0.1,
    };
    let moons = moons.generate(&mut RandomState::new(7)).unwrap();
    let path = folder.path().join("moons.npz");
    npz::write(&path, &moons).unwrap();
    assert_eq!(npz::read(&path, PLAIN).unwrap(), moons);
    // The same through a configuration, and with its defaults written out.
    let config: DataConfig = toml::from_str("path = 'moons.npz'").unwrap();
    assert_eq!(config.load(1, folder.path()).unwrap(), moons);
    let text = toml::to_string(&config).unwrap();
    assert!(
        text.contains("features = \"X\"") && text.contains("target = \"y\""),
        "{text}"
    );
    assert_eq!(toml::from_str::<DataConfig>(&text).unwrap(), config);
    assert!(matches!(config.source, Source::File { .. }));
    // The same bytes each time.
    let again = folder.path().join("again.npz");
    npz::write(&again, &moons).unwrap();
    assert_eq!(std::fs::read(path).unwrap(), std::fs::read(again).unwrap());
}

#[test]
fn no_byte_of_an_archive_brings_the_reader_down() {
    let whole = std::fs::read(reference("compressed")).unwrap();
    let good = read("compressed").unwrap();
    for length in 0..whole.len() {
        let cut = npz::parse(&whole[..length], Path::new("a.npz"), PLAIN);
        assert!(cut.is_err(), "{length}");
    }
    for at in 0..whole.len() {
        for bit in 0..8 {
            let mut altered = whole.clone();
            altered[at] ^= 1 << bit;
            if let Ok(set) = npz::parse(&altered, Path::new("npz_compressed.npz"), PLAIN) {
                // The sums of the archive cover the arrays: what is still read is what was written.
                assert_eq!(set, good, "byte {at}, bit {bit}");
            }
        }
    }
}

fn entries() -> impl Strategy<Value = Entries> {
    let text = prop::collection::vec("[^\\x00]{0,4}", 6);
    prop_oneof![
        prop::collection::vec(
            any::<f32>().prop_filter("equal to itself", |x| !x.is_nan()),
            6
        )
        .prop_map(Entries::F32),
        prop::collection::vec(
            any::<f64>().prop_filter("equal to itself", |x| !x.is_nan()),
            6
        )
        .prop_map(Entries::F64),
        prop::collection::vec(any::<i64>(), 6).prop_map(Entries::I64),
        text.prop_map(Entries::Text),
    ]
}

proptest! {
    #[test]
    fn arrays_read_back(entries in entries(), shape in prop::sample::select(vec![vec![6], vec![2, 3], vec![1, 6, 1]])) {
        let array = Array { shape, entries };
        let bytes = npy::serialise(&array);
        // Numbers begin at a multiple of 64 bytes, as numpy.save aligns them.
        let data = usize::from(u16::from_le_bytes([bytes[8], bytes[9]])) + 10;
        prop_assert_eq!(data % 64, 0);
        prop_assert_eq!(npy::parse(&bytes), Ok(array));
    }

    #[test]
    fn headers_of_any_kind_are_answered(header in "[\\{\\}'a-z_:<0-9(), TFUSO|>=-]{0,80}", data in prop::collection::vec(any::<u8>(), 0..64)) {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(data);
        let _ = npy::parse(&bytes);
    }

    #[test]
    fn shapes_beyond_the_data_are_refused_before_memory_is_taken(length in 9_usize.., size in prop::sample::select(vec![4, 8])) {
        let header = format!("{{'descr': '<f{size}', 'fortran_order': True, 'shape': ({length}, 3), }}\n");
        let mut bytes = b"\x93NUMPY\x02\x00".to_vec();
        bytes.extend((header.len() as u32).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend([0; 64]);
        prop_assert!(npy::parse(&bytes).unwrap_err().to_string().contains("does not fit 64 bytes"));
    }
}
