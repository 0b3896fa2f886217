//! Data sets against scikit-learn's and NumPy's (`reference/data.py`), files there and back, refusals.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use faer::Mat;
use foldspace::data::Centers;
use foldspace::data::Task;
use foldspace::data::csv::{self};
use foldspace::data::split_indices;
use foldspace::data::{
    Blobs, Circles, Classification, DataConfig, Dataset, Moons, Quadratic, Source, Spiral,
    Standardiser, Target, TwoBlobs, Xor, split,
};
use foldspace::random::RandomState;
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Reference {
    sizes: Vec<(usize, f64)>,
    seeds: Vec<u32>,
    moons: Vec<Vec<f64>>,
    circles: Vec<Vec<f64>>,
    blobs: Vec<Vec<f64>>,
    classifications: Vec<Classification>,
    classification: Vec<Vec<f64>>,
    few_seeds: Vec<u32>,
    wide: Classification,
    wide_classification: Vec<Vec<f64>>,
    given_blobs: Vec<Vec<f64>>,
    spiral: Vec<Vec<f64>>,
    xor: Vec<Vec<f64>>,
    two_blobs: Vec<Vec<f64>>,
    quadratic: Vec<Vec<f64>>,
    splits: Vec<ExpectedSplit>,
    standardised: ExpectedStandardiser,
}

#[derive(Deserialize)]
struct ExpectedSplit {
    samples: usize,
    fraction: f64,
    seed: u32,
    train: Vec<usize>,
    test: Vec<usize>,
}

#[derive(Deserialize)]
struct ExpectedStandardiser {
    features: Vec<Vec<f64>>,
    means: Vec<f64>,
    deviations: Vec<f64>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("reference/data.json")).unwrap()
}

/// First point, last point, features and targets summed with weights that grow with the position.
fn fingerprint(dataset: &Dataset) -> Vec<f64> {
    let count = dataset.samples();
    let target = |sample: usize| match &dataset.target {
        Target::Classes { labels, .. } => labels[sample] as f64,
        Target::Values { values, .. } => values[(sample, 0)],
    };
    let weighted = |value: &dyn Fn(usize) -> f64| -> f64 {
        (0..count)
            .map(|i| (i + 1) as f64 / count as f64 * value(i))
            .sum()
    };
    let features = &dataset.features;
    let mut numbers: Vec<f64> = features.row(0).iter().copied().collect();
    numbers.extend(features.row(count - 1).iter());
    for column in 0..dataset.dimensions() {
        numbers.push(weighted(&|row| features[(row, column)]));
    }
    numbers.push(weighted(&target));
    numbers
}

/// Points to 1e-12; a sum of `n` of them to n times that.
fn assert_same(dataset: &Dataset, expected: &[f64], seed: u32) {
    let ours = fingerprint(dataset);
    assert_eq!(ours.len(), expected.len());
    for (position, (our, their)) in ours.iter().zip(expected).enumerate() {
        let is_sum = position >= 2 * dataset.dimensions();
        let tolerance = if is_sum {
            1e-12 * dataset.samples() as f64
        } else {
            1e-12
        };
        assert!(
            (our - their).abs() <= tolerance,
            "{}, seed {seed}, number {position}: {our} is not {their}",
            dataset.name
        );
    }
}

#[test]
fn moons_circles_and_blobs_are_scikit_learns_for_a_hundred_seeds() {
    let reference = reference();
    assert_eq!(reference.seeds.len(), 100);
    for (index, &seed) in reference.seeds.iter().enumerate() {
        let (samples, noise) = reference.sizes[index % reference.sizes.len()];
        let random = || RandomState::new(seed);
        let moons = Moons { samples, noise }.generate(&mut random()).unwrap();
        assert_same(&moons, &reference.moons[index], seed);
        let circles = Circles {
            samples,
            noise,
            factor: 0.5,
        };
        let circles = circles.generate(&mut random()).unwrap();
        assert_same(&circles, &reference.circles[index], seed);
        let blobs = Blobs {
            samples: 100,
            ..Blobs::default()
        };
        let blobs = blobs.generate(&mut random()).unwrap();
        assert_same(&blobs, &reference.blobs[index], seed);
    }
}

#[test]
fn classifications_are_scikit_learns_for_a_hundred_seeds() {
    let reference = reference();
    let kinds = reference.classifications.iter().cycle();
    let hundred = reference.seeds.iter().zip(&reference.classification);
    assert_eq!(hundred.len(), 100);
    for ((&seed, expected), kind) in hundred.zip(kinds) {
        let set = kind.generate(&mut RandomState::new(seed)).unwrap();
        assert_same(&set, expected, seed);
    }
    // More than 30 informative features: scikit-learn numbers the corners differently.
    let few = reference.few_seeds.iter();
    for (&seed, expected) in few.zip(&reference.wide_classification) {
        let set = reference.wide.generate(&mut RandomState::new(seed));
        assert_same(&set.unwrap(), expected, seed);
    }
}

#[test]
fn the_other_sets_follow_their_definitions_in_numpy() {
    let reference = reference();
    for (index, &seed) in reference.few_seeds.iter().enumerate() {
        let random = || RandomState::new(seed);
        let centers = Centers::Given(vec![vec![0.0, 0.0, 1.0], vec![4.0, -1.0, 2.0]]);
        let blobs = Blobs {
            samples: 31,
            centers,
            deviation: 0.3,
        };
        assert_same(
            &blobs.generate(&mut random()).unwrap(),
            &reference.given_blobs[index],
            seed,
        );
        let spiral = Spiral {
            samples: 301,
            noise: 0.1,
            turns: 1.5,
            classes: 3,
        };
        assert_same(
            &spiral.generate(&mut random()).unwrap(),
            &reference.spiral[index],
            seed,
        );
        let xor = Xor {
            samples: 300,
            noise: 0.1,
        };
        assert_same(
            &xor.generate(&mut random()).unwrap(),
            &reference.xor[index],
            seed,
        );
        let blobs = TwoBlobs::default().generate(&mut random()).unwrap();
        assert_same(&blobs, &reference.two_blobs[index], seed);
        let quadratic = Quadratic::default().generate(&mut random()).unwrap();
        assert_same(&quadratic, &reference.quadratic[index], seed);
    }
}

#[test]
fn splits_are_scikit_learns() {
    for expected in reference().splits {
        let indices = split_indices(expected.samples, expected.fraction, expected.seed).unwrap();
        assert_eq!(indices.train, expected.train);
        assert_eq!(indices.test, expected.test);
    }
}

#[test]
fn the_standardiser_is_scikit_learns_and_inverts_itself() {
    let expected = reference().standardised;
    let rows = &expected.features;
    let features = Mat::from_fn(rows.len(), rows[0].len(), |row, column| rows[row][column]);
    let standardiser = Standardiser::fit(&features);
    for (our, their) in standardiser.means.iter().zip(&expected.means) {
        approx::assert_relative_eq!(our, their, max_relative = 1e-12);
    }
    for (our, their) in standardiser.deviations.iter().zip(&expected.deviations) {
        approx::assert_relative_eq!(our, their, max_relative = 1e-10);
    }
    assert_eq!(
        standardiser.deviations[2], 1.0,
        "a constant column is left alone"
    );
    let there = standardiser.transform(&features);
    let back = standardiser.inverse(&there);
    assert!((&back - &features).norm_max() < 1e-12);
    assert!(
        Standardiser::fit(&there)
            .means
            .iter()
            .all(|mean| mean.abs() < 1e-10)
    );
}

#[test]
fn a_subset_keeps_order_names_and_classes() {
    let moons = Moons::default().generate(&mut RandomState::new(1)).unwrap();
    let part = moons.subset(&[7, 3, 7]);
    assert_eq!(part.samples(), 3);
    assert_eq!(part.features.row(0), moons.features.row(7));
    assert_eq!(part.features.row(1), moons.features.row(3));
    assert_eq!(part.class_count(), Some(2));
    assert_eq!(part.feature_names, ["x1", "x2"]);
    let quadratic = Quadratic::default()
        .generate(&mut RandomState::new(1))
        .unwrap();
    assert_eq!((quadratic.labels(), quadratic.class_count()), (None, None));
    let (Target::Values { values, .. }, Target::Values { values: part, .. }) =
        (&quadratic.target, &quadratic.subset(&[5]).target)
    else {
        panic!("a quadratic has values");
    };
    assert_eq!(part[(0, 0)], values[(5, 0)]);
}

fn read_text(text: &str, task: Task) -> Result<Dataset, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("points.csv");
    fs::write(&path, text).unwrap();
    csv::read(&path, None, task).map_err(|error| {
        let prefix = format!(
            "{}{}",
            directory.path().display(),
            std::path::MAIN_SEPARATOR
        );
        error.to_string().replace(&prefix, "")
    })
}

#[test]
fn csv_classes_are_sorted_numbers_or_sorted_names() {
    let dataset = read_text("a, label ,b\n1,10,2\n\n3,-1,4\n5,2,6e-1\n", Task::Auto).unwrap();
    assert_eq!(dataset.name, "points");
    assert_eq!(dataset.feature_names, ["a", "b"]);
    assert_eq!(dataset.features[(2, 1)], 0.6);
    let classes = |labels: &[usize], names: &[&str]| Target::Classes {
        labels: labels.to_vec(),
        names: names.iter().map(|name| name.to_string()).collect(),
    };
    assert_eq!(dataset.target, classes(&[2, 0, 1], &["-1", "2", "10"]));
    let dataset = read_text("a,label\n1,red\n2,blue\n3,red\n", Task::Auto).unwrap();
    assert_eq!(dataset.target, classes(&[1, 0, 1], &["blue", "red"]));
    let dataset = read_text("a,label\n1,1.5\n2,0.5\n", Task::Classification).unwrap();
    assert_eq!(dataset.target, classes(&[1, 0], &["0.5", "1.5"]));
}

#[test]
fn csv_fractions_or_the_task_make_a_regression() {
    for (text, task) in [
        ("a,label\n1,0.5\n2,3\n", Task::Auto),
        ("a,label\n1,2\n2,3\n", Task::Regression),
    ] {
        let dataset = read_text(text, task).unwrap();
        assert!(matches!(&dataset.target, Target::Values { values, .. } if values[(1, 0)] == 3.0));
    }
}

#[test]
fn csv_refusals_name_line_column_and_remedy() {
    let refusals = [
        (
            "a,label\n1,0\n2\n",
            "points.csv:3: 1 cells, but the header names 2 columns; ",
        ),
        ("a,label\n1,0\n2,1,9\n", "points.csv:3: 3 cells"),
        (
            "a,label\n1,0\nNaN,1\n",
            "points.csv:3, column a: `NaN` is not a finite number; ",
        ),
        (
            "a,label\n1,0\n-inf,1\n",
            "points.csv:3, column a: `-inf` is not a finite number",
        ),
        (
            "a,label\n1,0\n1e999,1\n",
            "points.csv:3, column a: `1e999` is not a finite number",
        ),
        (
            "a,label\n1,0\n3,inf\n",
            "points.csv:3, column label: `inf` is not a finite number",
        ),
        (
            "a,label\n,0\n3,1\n",
            "points.csv:2, column a: the cell is empty; ",
        ),
        (
            "a,label\n1,0\n3,\n",
            "points.csv:3, column label: the cell is empty",
        ),
        (
            "a,label\n1,0\nx,1\n",
            "points.csv:3, column a: `x` is not a number; ",
        ),
        (
            "a,lable,b\n1,0,1\n",
            "points.csv:1: there is no target column label; name one of the columns, for example lable",
        ),
        (
            "a,label\n1,0\n2,0\n",
            "points.csv, column label: every sample is of class 0; ",
        ),
        (
            "a,label\n",
            "points.csv: there are no samples below the header; ",
        ),
        ("", "points.csv:1: the file is empty; "),
        (
            "label\n1\n0\n",
            "points.csv:1: there is no feature beside the target label; ",
        ),
        (
            "a,a,label\n1,1,0\n",
            "points.csv:1: column a is named twice; ",
        ),
        ("a,,label\n1,1,0\n", "points.csv:1: column 2 has no name; "),
    ];
    for (text, expected) in refusals {
        let message = read_text(text, Task::Auto).unwrap_err();
        assert!(message.starts_with(expected), "{text:?}: {message}");
    }
    let message = read_text("a,label\n1,0.5\n2,red\n", Task::Regression).unwrap_err();
    assert!(
        message.starts_with("points.csv:3, column label: `red` is not a number"),
        "{message}"
    );
    let message = csv::read(Path::new("nowhere.csv"), None, Task::Auto)
        .unwrap_err()
        .to_string();
    assert!(message.starts_with("nowhere.csv: cannot read"), "{message}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("latin.csv");
    fs::write(&path, b"a,label\n1,ros\xe9\n").unwrap();
    // Latin-1 is read; that there is a single class is what is wrong.
    let message = csv::read(&path, None, Task::Auto).unwrap_err().to_string();
    assert!(
        message.ends_with("latin.csv, column label: every sample is of class rosé; give samples of at least 2 classes, or choose another target column"),
        "{message}"
    );
}

#[test]
fn a_written_csv_replaces_the_old_one_and_leaves_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("moons.csv");
    fs::write(&path, "old").unwrap();
    let moons = Moons {
        samples: 10,
        noise: 0.1,
    }
    .generate(&mut RandomState::new(7))
    .unwrap();
    csv::write(&path, &moons).unwrap();
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("x1,x2,label\n")
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    assert_eq!(csv::read(&path, None, Task::Auto).unwrap(), moons);
    // A file where a directory should be.
    let message = csv::write(&path.join("such.csv"), &moons).unwrap_err();
    assert!(
        message.to_string().contains("cannot create the directory"),
        "{message}"
    );
    // A directory in the way: the rename fails, and the file written aside is removed again.
    fs::create_dir(directory.path().join("taken")).unwrap();
    csv::write(&directory.path().join("taken"), &moons).unwrap_err();
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 2);
}

#[test]
fn a_dataset_that_does_not_hold_together_is_refused() {
    let build = |features: Mat<f64>, labels: Vec<usize>| {
        let names = vec!["no".to_string(), "yes".to_string()];
        Dataset::new(
            "mine",
            features,
            vec!["a".into()],
            Target::Classes { labels, names },
        )
        .unwrap_err()
        .to_string()
    };
    let column = |count: usize| Mat::from_fn(count, 1, |row, _| row as f64);
    assert!(build(Mat::zeros(0, 1), vec![]).contains("there are no samples"));
    assert!(build(Mat::zeros(2, 0), vec![0, 1]).contains("there are no features"));
    assert!(build(Mat::zeros(2, 3), vec![0, 1]).contains("3 features have 1 names"));
    assert!(build(column(3), vec![0, 1]).contains("3 samples have 2 targets"));
    assert!(build(column(2), vec![0, 2]).contains("label 2 does not belong to any of 2 classes"));
    assert!(build(column(2), vec![1, 1]).contains("every sample is of class yes"));
    let infinite = Mat::from_fn(2, 1, |row, _| 1.0 / row as f64);
    assert!(build(infinite, vec![0, 1]).contains("feature a of sample 0 is not finite"));
}

fn config(text: &str) -> Result<DataConfig, String> {
    toml::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn a_resolved_config_shows_every_default_and_reads_back_as_itself() {
    for name in foldspace::data::SETS {
        let parsed = config(&format!("name = '{name}'")).unwrap();
        let resolved = toml::to_string(&parsed).unwrap();
        assert!(resolved.contains("samples = "), "{resolved}");
        assert!(resolved.contains("test_fraction = 0.2"), "{resolved}");
        assert!(resolved.contains("standardise = false"), "{resolved}");
        assert_eq!(config(&resolved).unwrap(), parsed);
        let dataset = parsed.load(42, Path::new(".")).unwrap();
        assert_eq!(dataset.name, name);
        assert_eq!(dataset, parsed.load(42, Path::new(".")).unwrap());
        assert_ne!(dataset, parsed.load(43, Path::new(".")).unwrap());
    }
    let parsed = config("path = 'points.csv'").unwrap();
    let resolved = toml::to_string(&parsed).unwrap();
    assert!(
        resolved.contains("target = \"label\"\ntask = \"auto\""),
        "{resolved}"
    );
    assert_eq!(config(&resolved).unwrap(), parsed);
    let blobs = config("name = 'blobs'\ncenters = [[0, 0], [1, 2.5]]\nseed = 3").unwrap();
    assert_eq!(blobs.seed, Some(3));
    let centers = Centers::Given(vec![vec![0.0, 0.0], vec![1.0, 2.5]]);
    assert!(matches!(&blobs.source, Source::Blobs(blobs) if blobs.centers == centers));
    assert_eq!(config(&toml::to_string(&blobs).unwrap()).unwrap(), blobs);
}

#[test]
fn config_refusals_say_what_is_wrong_and_what_would_be_right() {
    let parse_refusals = [
        (
            "name = 'mons'",
            "there is no set called mons; did you mean moons? There are moons, circles",
        ),
        (
            "name = 'moons'\nturns = 2.0",
            "data.turns: moons has no such parameter; ",
        ),
        (
            "name = 'moons'\nnoize = 0.2",
            "the nearest one is noise; moons has noise, samples",
        ),
        (
            "name = 'moons'\ntestfraction = 0.2",
            "the nearest one is test_fraction",
        ),
        (
            "path = 'a.csv'\nsamples = 3",
            "data.samples: a CSV file has no such parameter",
        ),
        (
            "name = 'moons'\npath = 'a.csv'",
            "both a name and a path are given",
        ),
        ("seed = 3", "neither a name nor a path is given"),
        (
            "name = 'moons'\nseed = 4294967296",
            "data.seed: NumPy has no seed 4294967296",
        ),
        ("name = 'moons'\nsamples = -5", "integer `-5`"),
        ("name = 'moons'\nnoise = 'loud'", "noise"),
        (
            "name = 'classification'\nscale = 'big'",
            "a number, a list of one number per feature, or \"drawn\"",
        ),
    ];
    for (text, expected) in parse_refusals {
        let message = config(text).unwrap_err();
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    let load_refusals = [
        (
            "name = 'moons'\nnoise = -0.1",
            "data.noise: -0.1 is not possible; give a finite number of at least 0",
        ),
        (
            "name = 'xor'\nnoise = nan",
            "data.noise: NaN is not possible",
        ),
        (
            "name = 'spiral'\nnoise = inf",
            "data.noise: inf is not possible",
        ),
        (
            "name = 'spiral'\nturns = 1e9",
            "data.turns: 1000000000 is not possible; give a number from 0 to 100",
        ),
        (
            "name = 'spiral'\nclasses = 1",
            "data.classes: 1 classes cannot be told apart",
        ),
        (
            "name = 'circles'\nfactor = 1.5",
            "data.factor: 1.5 is not possible; give a number from 0 to 1",
        ),
        (
            "name = 'moons'\nsamples = 1",
            "data.samples: 1 samples are too few; ask for at least 2",
        ),
        (
            "name = 'moons'\nsamples = 10000000000",
            "10000000000 samples of 2 features would take 160.0 GB of memory",
        ),
        (
            "name = 'two_blobs'\nsamples = 7",
            "7 samples do not make two equal clouds; ask for 6 or 8",
        ),
        (
            "name = 'blobs'\ncenters = 1",
            "data.centers: 1 centres make fewer than 2 classes",
        ),
        (
            "name = 'blobs'\ncenters = [[0.0, 1.0], [2.0]]",
            "centre 1 has 1 coordinates and centre 0 has 2",
        ),
        (
            "name = 'classification'\nfeatures = 3",
            "2 informative, 2 redundant and 0 repeated features are more than 3; ask for at least 4",
        ),
        (
            "name = 'classification'\nclasses = 3",
            "6 clusters are more than 2^2 corners",
        ),
        (
            "name = 'classification'\nsamples = 3",
            "3 samples are too few; ask for at least 4",
        ),
        (
            "name = 'classification'\nweights = [0.5, 0.7]",
            "data.weights: their sum is 1.2",
        ),
        (
            "name = 'classification'\nweights = [0.1, 0.1, 0.8]",
            "data.weights: 3 weights for 2 classes",
        ),
        (
            "name = 'classification'\nshift = [1.0]",
            "data.shift: 1 numbers for 20 features",
        ),
        (
            "name = 'classification'\nfeatures = 1000000000",
            "1000 samples of 1000000000 features would take 8000.0 GB of memory",
        ),
        (
            "name = 'moons'\ntest_fraction = 1.0",
            "data.test_fraction: 1 of the samples cannot be held out",
        ),
        (
            "name = 'moons'\ntest_fraction = nan",
            "data.test_fraction: NaN",
        ),
        (
            "name = 'moons'\nsamples = 2\ntest_fraction = 0.9",
            "holding out 2 of 2 samples leaves none",
        ),
        (
            "name = 'two_blobs'\nsamples = 2\ntest_fraction = 0.5",
            "every sample is of class",
        ),
    ];
    for (text, expected) in load_refusals {
        let config = config(text).unwrap();
        let message = config
            .load_split(42, Path::new("."))
            .unwrap_err()
            .to_string();
        assert!(message.contains(expected), "{text:?}: {message}");
    }
    let moons = config("name = 'moons'").unwrap();
    let message = moons.load(1 << 32, Path::new(".")).unwrap_err().to_string();
    assert!(
        message.contains("NumPy has no seed 4294967296"),
        "{message}"
    );
}

#[test]
fn a_config_splits_and_standardises_by_the_training_part_alone() {
    let moons = config("name = 'moons'\nstandardise = true\nseed = 5").unwrap();
    let parts = moons.load_split(42, Path::new(".")).unwrap();
    assert_eq!((parts.train.samples(), parts.test.samples()), (800, 200));
    let whole = moons.load(42, Path::new(".")).unwrap();
    assert_eq!(
        whole,
        Moons::default().generate(&mut RandomState::new(5)).unwrap()
    );
    let (train, test) = split(&whole, 0.2, 5).unwrap();
    let standardiser = Standardiser::fit(&train.features);
    assert_eq!(
        parts.train.features,
        standardiser.transform(&train.features)
    );
    assert_eq!(parts.test.features, standardiser.transform(&test.features));
    assert_eq!(parts.standardiser, Some(standardiser));
    assert_eq!(whole.subset(&parts.indices.test).target, parts.test.target);

    let whole_moons = config("name = 'moons'\ntest_fraction = 0").unwrap();
    let parts = whole_moons.load_split(42, Path::new(".")).unwrap();
    assert_eq!(parts.train, whole_moons.load(42, Path::new(".")).unwrap());
    assert_eq!(parts.test.samples(), 0);
}

#[test]
fn a_config_reads_a_file_beside_itself() {
    let directory = tempfile::tempdir().unwrap();
    let quadratic = Quadratic::default()
        .generate(&mut RandomState::new(42))
        .unwrap();
    csv::write(&directory.path().join("quadratic.csv"), &quadratic).unwrap();
    let file = config("path = 'quadratic.csv'\ntarget = 'y'").unwrap();
    assert_eq!(file.load(0, directory.path()).unwrap(), quadratic);
}

proptest! {
    #[test]
    fn any_classification_survives_csv_bit_for_bit(
        rows in prop::collection::vec((prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL, any::<i32>(), 0_usize..3), 3..20),
    ) {
        let features = Mat::from_fn(rows.len(), 2, |row, column| {
            if column == 0 { rows[row].0 } else { f64::from(rows[row].1) / 7.0 }
        });
        let mut labels: Vec<usize> = rows.iter().map(|row| row.2).collect();
        labels[..3].copy_from_slice(&[2, 0, 1]);
        let names = ["a, quoted", "b \"b\"", "c"].map(String::from).to_vec();
        let target = Target::Classes { labels, names };
        let dataset = Dataset::new("set", features, vec!["u".into(), "v, w".into()], target).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("set.csv");
        csv::write(&path, &dataset).unwrap();
        prop_assert_eq!(csv::read(&path, None, Task::Auto).unwrap(), dataset);
    }

    #[test]
    fn a_split_is_disjoint_exhaustive_and_of_the_asked_size(
        samples in 2_usize..300, fraction in 0.0..0.5_f64, seed in any::<u32>(),
    ) {
        let parts = split_indices(samples, fraction, seed).unwrap();
        prop_assert_eq!(parts.test.len(), (fraction * samples as f64).ceil() as usize);
        let all: HashSet<usize> = parts.train.iter().chain(&parts.test).copied().collect();
        prop_assert_eq!(all.len(), samples);
        prop_assert_eq!(parts.train.len() + parts.test.len(), samples);
        prop_assert!(all.iter().all(|&sample| sample < samples));
        prop_assert_eq!(split_indices(samples, fraction, seed).unwrap(), parts);
    }
}
