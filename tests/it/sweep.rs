//! Many runs at once: each is the run that `train` gives, and the tables and pictures say what they were.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use approx::assert_relative_eq;
use foldspace::device::Backend;
use foldspace::figures;
use foldspace::geometry::linear_separability;
use foldspace::plot::{Face, Theme, text};
use foldspace::run::{Run, Session};
use foldspace::sweep::{Grid, Measure, Results, Setting, Statistics, Sweep, Trial, parse_seeds};
use foldspace::train::EpochMetrics;
use proptest::prelude::*;

use crate::program::{foldspace, succeed};

const CONFIG: &str = "seed = 3
[data]
name = 'moons'
samples = 60
[model]
layers = [
    { units = 8, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 12
batch_size = 16
loss = 'bce'
optimizer = { name = 'adam', lr = 0.1 }
";

fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), config).unwrap();
    folder
}

/// A table's rows, each by column name.
fn table(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn sweep_of(folder: &Path, settings: &[&str], seeds: &str) -> Sweep {
    let settings = settings.iter().map(|text| text.parse().unwrap()).collect();
    let seeds = Some(parse_seeds(seeds).unwrap());
    Sweep::new(&folder.join("small.toml"), settings, seeds, Backend::Flex).unwrap()
}

/// Whether the classes are separable before the last layer of the network that a run kept.
fn is_separable(run: &Run, epoch: usize) -> bool {
    let train = run.split().unwrap().train;
    let network = run.frozen(epoch).unwrap();
    let (head, _) = network.split_at(network.layers.len() - 1);
    let embedding = head.forward(train.features.as_ref());
    let verdict = linear_separability(embedding.as_ref(), train.labels().unwrap());
    verdict.unwrap().is_separable()
}

#[test]
fn a_run_that_stops_early_is_judged_by_the_weights_that_it_keeps() {
    let config = CONFIG.replace("epochs = 12", "epochs = 60");
    let folder = folder(&format!(
        "{config}early_stopping = {{ patience = 2, restore_best = true }}\n"
    ));
    let root = folder.path();
    let sweep = sweep_of(root, &["train.optimizer.lr=0.1,1"], "0..4");
    let trials = sweep.train(2, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(trials.iter().any(|trial| trial.last.unwrap().epoch < 60));
    for trial in &trials {
        let config = sweep.config(trial.combination, trial.seed);
        let out = root.join(format!("{}-{}", trial.combination, trial.seed));
        let mut session = Session::create(&config, out, Backend::Flex, false).unwrap();
        session.train(&AtomicBool::new(false), |_| {}).unwrap();
        let run = session.run();
        let last = run.metrics().unwrap().pop();
        assert_eq!(trial.last, last);
        let separable = is_separable(run, last.unwrap().epoch);
        assert_eq!(trial.separable, Some(separable));
    }
}

#[test]
fn every_run_is_the_run_that_train_gives_however_many_run_at_once() {
    let folder = folder(CONFIG);
    let root = folder.path();
    let sweep = [
        "sweep",
        "small.toml",
        "--set",
        "train.optimizer.lr=0.02,0.2",
        "--set",
        "model.layers.0.units=4,8",
        "--seeds",
        "1,0",
    ];
    for jobs in ["1", "2"] {
        let printed = succeed(
            root,
            &[&sweep[..], &["--jobs", jobs, "--out", jobs]].concat(),
        );
        assert!(printed.lines().last().unwrap().starts_with("best: lr 0"));
    }
    // The rows are in files named after the process.
    let names: Vec<_> = fs::read_dir(root.join("1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "shards")
        .collect();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names {
        let bytes = |jobs: &str| fs::read(root.join(jobs).join(&name)).unwrap();
        assert!(bytes("1") == bytes("2"), "{name:?} depends on --jobs");
    }

    let rows = table(&root.join("1/runs.csv"));
    let curves = table(&root.join("1/curves.csv"));
    assert_eq!(rows.len(), 8);
    let order: Vec<[&str; 3]> = rows
        .iter()
        .map(|row| ["train.optimizer.lr", "model.layers.0.units", "seed"].map(|key| &row[key][..]))
        .collect();
    assert_eq!(
        order[..3],
        [["0.02", "4", "1"], ["0.02", "4", "0"], ["0.02", "8", "1"]]
    );
    for (i, (row, [lr, units, seed])) in rows.iter().zip(order).enumerate() {
        let out = format!("run-{i}");
        let set = [
            format!("train.optimizer.lr={lr}"),
            format!("model.layers.0.units={units}"),
        ];
        succeed(
            root,
            &[
                "train",
                "small.toml",
                "--set",
                &set[0],
                "--set",
                &set[1],
                "--seed",
                seed,
                "--out",
                &out,
                "--quiet",
            ],
        );
        let run = Run::open(root.join(&out)).unwrap();
        let metrics = run.metrics().unwrap();
        let last = metrics.last().unwrap();
        let number = |cell: &str| cell.parse::<f64>().unwrap();
        for (name, value) in [
            ("train_loss", Some(last.train_loss)),
            ("train_accuracy", last.train_accuracy),
            ("test_loss", last.test_loss),
            ("test_accuracy", last.test_accuracy),
        ] {
            assert_eq!(
                number(&row[name]).to_bits(),
                value.unwrap().to_bits(),
                "{name}, run {i}"
            );
        }
        let accuracies = metrics.iter().map(|epoch| epoch.test_accuracy.unwrap());
        let best = accuracies.clone().fold(0.0, f64::max);
        let first = 1 + accuracies
            .clone()
            .position(|accuracy| accuracy == best)
            .unwrap();
        assert_eq!(number(&row["best_test_accuracy"]), best);
        assert_eq!(row["best_epoch"], first.to_string());
        assert_eq!(
            (&row["epochs"][..], &row["diverged_in_epoch"][..]),
            ("12", "")
        );

        let own: Vec<f64> = curves
            .iter()
            .filter(|line| {
                line["train.optimizer.lr"] == lr
                    && line["model.layers.0.units"] == units
                    && line["seed"] == seed
            })
            .map(|line| number(&line["train_loss"]))
            .collect();
        let trained: Vec<f64> = metrics.iter().map(|epoch| epoch.train_loss).collect();
        assert_eq!(own, trained);

        assert_eq!(row["separable"], is_separable(&run, 12).to_string());
    }

    let summary = table(&root.join("1/summary.csv"));
    assert_eq!(summary.len(), 4);
    for (row, pair) in summary.iter().zip(rows.chunks(2)) {
        let losses: Vec<f64> = pair
            .iter()
            .map(|run| run["test_loss"].parse().unwrap())
            .collect();
        let mean: f64 = row["test_loss_mean"].parse().unwrap();
        assert_relative_eq!(mean, (losses[0] + losses[1]) / 2.0, max_relative = 1e-15);
        assert_eq!(row["runs"], "2");
        let separable = pair.iter().filter(|run| run["separable"] == "true").count();
        assert_eq!(row["separable_share"], (separable as f64 / 2.0).to_string());
    }
}

#[test]
fn a_run_that_diverges_is_a_row_that_says_so() {
    let config = CONFIG
        .replace("name = 'moons'", "name = 'quadratic'")
        .replace("{ units = 1, activation = 'sigmoid' }", "{ units = 1 }")
        .replace("'tanh'", "'relu'")
        .replace("loss = 'bce'", "loss = 'mse'")
        .replace(
            "{ name = 'adam', lr = 0.1 }",
            "{ name = 'sgd', lr = 0.001 }",
        );
    let folder = folder(&config);
    let root = folder.path();
    let sweep = [
        "sweep",
        "small.toml",
        "--set",
        "train.optimizer.lr=1e4,0.001",
        "--seeds",
        "0..=1",
        "--json",
    ];
    let printed = succeed(root, &sweep);
    let report: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(report["best"], 1);
    assert_eq!(report["measure"], "test_loss");
    assert_eq!(report["combinations"][0]["diverged"], 2);
    assert_eq!(
        report["combinations"][0]["test_loss"],
        serde_json::Value::Null
    );
    assert_eq!(report["combinations"][1]["diverged"], 0);
    assert!(
        report["combinations"][1]["test_loss"]["median"]
            .as_f64()
            .unwrap()
            > 0.0
    );

    let rows = table(&root.join("artifacts/sweeps/small/runs.csv"));
    let (blown, fine) = (&rows[0], &rows[2]);
    assert_eq!(
        (&blown["train_loss"][..], &fine["diverged_in_epoch"][..]),
        ("", "")
    );
    // `train` says the same.
    let train = [
        "train",
        "small.toml",
        "--set",
        "train.optimizer.lr=1e4",
        "--seed",
        "0",
    ];
    let (code, _, stderr) = foldspace(root, &train);
    assert_eq!(code, Some(1), "{stderr}");
    let said = format!("training diverged in epoch {}:", blown["diverged_in_epoch"]);
    assert!(stderr.contains(&said), "{stderr}");
    for picture in ["curves.svg", "curves.png", "loss.svg", "loss.png"] {
        assert!(
            root.join("artifacts/sweeps/small").join(picture).exists(),
            "{picture}"
        );
    }
}

#[test]
fn overwriting_replaces_a_sweep_and_nothing_else() {
    let folder = folder(CONFIG);
    let root = folder.path();
    let sweep = [
        "sweep",
        "small.toml",
        "--out",
        "here",
        "--set",
        "train.epochs=1",
    ];
    let both = [
        "--set",
        "train.optimizer.lr=0.1,0.2",
        "--set",
        "model.layers.0.units=2,3",
    ];
    let printed = succeed(root, &[&sweep[..], &both].concat());
    assert!(printed.contains("units"), "{printed}");
    assert!(root.join("here/heat.svg").exists());
    fs::write(root.join("here/notes.txt"), "mine").unwrap();
    succeed(root, &[&sweep[..], &["--overwrite"]].concat());
    assert!(!root.join("here/heat.svg").exists());
    assert!(root.join("here/notes.txt").exists());
    // Without --seeds the configuration's own seed is the only one.
    let rows = table(&root.join("here/runs.csv"));
    assert_eq!((rows.len(), &rows[0]["seed"][..]), (1, "3"));
    let record = fs::read_to_string(root.join("here/sweep.toml")).unwrap();
    assert!(record.contains("set = [\"train.epochs=1\"]"), "{record}");
}

#[test]
fn a_sweep_that_is_stopped_returns_what_has_finished() {
    let folder = folder(CONFIG);
    let sweep = sweep_of(folder.path(), &["train.optimizer.lr=0.01,0.1"], "0..3");
    let stop = AtomicBool::new(false);
    let finished = AtomicBool::new(false);
    let trials = sweep
        .train(1, &stop, &|_| {
            // After the second run: every combination's first seed is done by then.
            stop.store(finished.swap(true, Ordering::SeqCst), Ordering::SeqCst);
        })
        .unwrap();
    let runs: Vec<(usize, u64)> = trials.iter().map(|t| (t.combination, t.seed)).collect();
    assert_eq!(runs, [(0, 0), (1, 0)]);
}

#[test]
fn long_curves_are_thinned_and_keep_their_ends() {
    let folder = folder(
        &CONFIG
            .replace("samples = 60", "samples = 10")
            .replace("batch_size = 16\n", ""),
    );
    let sweep = sweep_of(folder.path(), &["train.epochs=199,450"], "0");
    let trials = sweep.train(2, &AtomicBool::new(false), &|_| {}).unwrap();
    let epochs = |trial: &Trial| -> Vec<usize> { trial.curve.iter().map(|m| m.epoch).collect() };
    assert_eq!(epochs(&trials[0]), (1..=199).collect::<Vec<_>>());
    let thinned: Vec<usize> = std::iter::once(1).chain((3..=450).step_by(3)).collect();
    assert_eq!(epochs(&trials[1]), thinned);
    assert_eq!(trials[1].last, trials[1].curve.last().copied());
}

#[test]
fn settings_split_at_commas_outside_brackets_and_quotes() {
    for (text, values) in [
        ("k=1", &["1"][..]),
        ("k=0.1, 1e-3 ,7", &["0.1", "1e-3", "7"]),
        ("k=[1,2],[3]", &["[1,2]", "[3]"]),
        ("k={a=[1,2],b='x,y'},{}", &["{a=[1,2],b='x,y'}", "{}"]),
        (r#"k="a,\",b",'c\',d"#, &[r#""a,\",b""#, r"'c\'", "d"]),
        ("k='',x=y", &["''", "x=y"]),
    ] {
        let setting: Setting = text.parse().unwrap();
        assert_eq!(
            (&setting.key[..], &setting.values[..]),
            (
                "k",
                &values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>()[..]
            )
        );
    }
    for (text, problem) in [
        ("k", "no ="),
        ("=1", "no key"),
        ("k=1,", "empty"),
        ("k=", "empty"),
        ("k=[1,2", "not closed"),
        ("k=1]", "not closed"),
        ("k='a,b", "not closed"),
        ("k=2,1,2", "the value 2 stands in it twice"),
        ("seed=1,2", "--seeds"),
    ] {
        let error = text.parse::<Setting>().unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("--set {text}: ")) && error.contains(problem),
            "{error}"
        );
    }
}

#[test]
fn seeds_are_numbers_and_ranges() {
    for (text, seeds) in [
        ("7", vec![7]),
        ("0..3", vec![0, 1, 2]),
        ("0..=3", vec![0, 1, 2, 3]),
        ("5, 1 ,2..=2", vec![5, 1, 2]),
        ("0..100000", (0..100_000).collect()),
    ] {
        assert_eq!(parse_seeds(text).unwrap(), seeds, "{text}");
    }
    for (text, problem) in [
        ("", "neither"),
        ("a", "neither"),
        ("1..", "neither"),
        ("-1..3", "neither"),
        ("1...3", "neither"),
        ("18446744073709551615", "neither"),
        ("3..3", "empty"),
        ("9..=3", "empty"),
        ("0..10000001", "more than 10000000"),
        ("0..9999999999999", "more than 10000000"),
        ("0..4,3", "seed 3 stands in it twice"),
    ] {
        let error = parse_seeds(text).unwrap_err().to_string();
        assert!(error.contains(problem), "{text}: {error}");
    }
}

proptest! {
    #[test]
    fn combinations_are_the_product_in_order(sizes in prop::collection::vec(1_usize..5, 0..4)) {
        let settings: Vec<Setting> = sizes
            .iter()
            .enumerate()
            .map(|(k, &size)| Setting { key: format!("k{k}"), values: (0..size).map(|v| v.to_string()).collect() })
            .collect();
        let grid = Grid::new(settings, vec![1, 2]).unwrap();
        // Counting with the last digit fastest.
        let mut expected: Vec<Vec<String>> = vec![Vec::new()];
        for (k, &size) in sizes.iter().enumerate() {
            let longer = |rest: &Vec<String>| -> Vec<Vec<String>> {
                (0..size).map(|v| [&rest[..], &[format!("k{k}={v}")]].concat()).collect()
            };
            expected = expected.iter().flat_map(longer).collect();
        }
        prop_assert_eq!(grid.combinations(), expected.len());
        prop_assert_eq!(grid.runs(), 2 * expected.len());
        for (combination, overrides) in expected.iter().enumerate() {
            prop_assert_eq!(&grid.overrides(combination), overrides);
        }
    }
}

#[test]
fn names_are_as_short_as_they_can_be() {
    let names = |keys: &[&str]| {
        let setting = |key: &&str| format!("{key}=1,2").parse().unwrap();
        Grid::new(keys.iter().map(setting).collect(), vec![0])
            .unwrap()
            .names()
    };
    assert_eq!(
        names(&["train.optimizer.lr", "train.epochs"]),
        ["lr", "epochs"]
    );
    assert_eq!(
        names(&["model.layers.0.units", "model.layers.1.units"]),
        ["0.units", "1.units"]
    );
    assert_eq!(names(&["a.units", "units"]), ["a.units", "units"]);
}

#[test]
fn statistics_are_numpys() {
    let reference: serde_json::Value =
        serde_json::from_str(include_str!("reference/sweep.json")).unwrap();
    for case in reference["cases"].as_array().unwrap() {
        let numbers = case["numbers"].as_array().unwrap().iter();
        let of = Statistics::of(numbers.map(|number| number.as_f64().unwrap())).unwrap();
        let expected = |name: &str| case[name].as_f64();
        for (name, value) in [
            ("mean", of.mean),
            ("min", of.min),
            ("median", of.median),
            ("max", of.max),
        ] {
            assert_relative_eq!(value, expected(name).unwrap(), max_relative = 1e-14);
        }
        match (of.sd, expected("sd")) {
            (Some(sd), Some(expected)) => {
                assert_relative_eq!(sd, expected, max_relative = 1e-9, epsilon = 1e-15);
            }
            (sd, expected) => assert_eq!(sd, expected),
        }
    }
    assert_eq!(Statistics::of([]), None);
}

fn metrics(epoch: usize, accuracy: f64) -> EpochMetrics {
    EpochMetrics {
        epoch,
        train_loss: 1.0 - accuracy,
        train_accuracy: Some(accuracy),
        test_loss: Some(1.1 - accuracy),
        test_accuracy: Some(accuracy),
        learning_rate: 0.1,
        grad_norm: 1.0,
    }
}

/// A run of two epochs; `None` for one that diverges in the second.
fn trial(combination: usize, seed: u64, accuracy: Option<f64>) -> Trial {
    let mut curve = vec![metrics(1, 0.5)];
    curve.extend(accuracy.map(|accuracy| metrics(2, accuracy)));
    Trial {
        combination,
        seed,
        fold: 0,
        last: curve.last().copied(),
        best: None,
        separable: accuracy.map(|accuracy| accuracy > 0.9),
        diverged: accuracy.is_none().then_some(2),
        curve,
    }
}

fn results(settings: &[&str], accuracies: &[&[Option<f64>]]) -> Results {
    let settings = settings.iter().map(|text| text.parse().unwrap()).collect();
    let seeds = (0..accuracies[0].len() as u64).collect();
    let trials = accuracies
        .iter()
        .enumerate()
        .flat_map(|(combination, row)| {
            let seeds = row.iter().enumerate();
            seeds.map(move |(seed, &accuracy)| trial(combination, seed as u64, accuracy))
        });
    Results::new(
        "test",
        Grid::new(settings, seeds).unwrap(),
        trials.collect(),
    )
}

#[test]
fn diverging_counts_as_worse_than_any_accuracy() {
    let results = results(
        &["lr=1,2,3,4"],
        &[
            // The one that came through is perfect, but most did not.
            &[None, Some(1.0), None],
            &[Some(0.8), Some(0.9), Some(0.7)],
            &[Some(0.9), Some(0.95), None],
            &[None, None, None],
        ],
    );
    assert_eq!(results.measure, Measure::TestAccuracy);
    assert_eq!(results.ranking(), [2, 1, 0, 3]);
    assert_eq!(results.best().unwrap().combination, 2);
    let summaries: Vec<_> = results.summaries().collect();
    let [first, _, third, last] = &summaries[..] else {
        panic!("{} summaries", summaries.len())
    };
    assert_eq!(
        (first.diverged, first.test_accuracy.unwrap().median),
        (2, 1.0)
    );
    assert_eq!(
        (first.test_accuracy.unwrap().sd, last.test_accuracy),
        (None, None)
    );
    assert_eq!((third.separable, last.separable), (Some(1.0 / 3.0), None));
}

#[test]
fn pictures_show_the_best_24_and_say_so() {
    let values: Vec<String> = (0..30)
        .map(|k| format!("'the {k}th of many choices'"))
        .collect();
    let many = format!("model.choice={}", values.join(","));
    let accuracies: Vec<[Option<f64>; 2]> = (0..30)
        .map(|k| [0.0, 0.005].map(|more| Some(0.6 + 0.01 * f64::from(k) + more)))
        .collect();
    let rows: Vec<&[Option<f64>]> = accuracies.iter().map(|row| &row[..]).collect();
    let results = results(&[&many], &rows);
    let figures = figures::sweep(&results);
    assert_eq!(
        figures.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
        ["curves", "accuracy", "settings"]
    );
    // All combinations are in the boxes of the third.
    for (name, figure) in &figures[..2] {
        assert!(
            figure.caption.contains("24 best of 30 combinations"),
            "{}",
            figure.caption
        );
        assert!(
            figure.to_svg(&Theme::LIGHT).unwrap().starts_with("<svg"),
            "{name}"
        );
    }
    let curves = &figures[0].1;
    assert_eq!(curves.panels.len(), 24);
    // The six worst are the first ones; titles fit above their panels.
    let cell = f64::from(curves.width) / curves.columns as f64;
    for (k, panel) in curves.panels.iter().enumerate() {
        let start = format!("the {}th", k + 6);
        assert!(panel.title.starts_with(&start), "{}", panel.title);
        assert!(text::width(&panel.title, 13.5, Face::SemiBold) < cell - 40.0);
    }
    let strips = figures[1].1.panels[0].y.names.as_ref().unwrap();
    assert_eq!(strips.len(), 24);
}

#[test]
fn two_settings_make_a_heat_map_and_an_empty_cell_is_marked() {
    let settings = ["train.optimizer.lr=0.1,10", "model.units=2,4,8"];
    let row = |accuracy| [Some(accuracy); 2];
    let rows = [row(0.5), row(0.7), row(0.9), [None; 2], row(0.6), row(0.8)];
    let rows: Vec<&[Option<f64>]> = rows.iter().map(|row| &row[..]).collect();
    let figures = figures::sweep(&results(&settings, &rows));
    let (name, heat) = &figures[2];
    assert_eq!(*name, "heat");
    let panel = &heat.panels[0];
    let words: Vec<&str> = panel
        .marks
        .iter()
        .filter_map(|mark| match mark {
            foldspace::plot::Mark::Text { text, .. } => Some(&text[..]),
            _ => None,
        })
        .collect();
    assert_eq!(words, ["50.0", "70.0", "90.0", "–", "60.0", "80.0"]);
    assert_eq!((&panel.x.label[..], &panel.y.label[..]), ("units", "lr"));
    assert!(heat.caption.contains("every run diverged"));
    // The median line of the panel whose runs all diverge ends with them.
    let curves = &figures[0].1;
    assert_eq!((curves.columns, curves.panels.len()), (3, 6));
    assert!(curves.caption.contains("diverged"));
}

#[test]
fn no_dot_hides_another_one() {
    // Twenty equal accuracies, and twenty that nearly are.
    let near: Vec<Option<f64>> = (0..20).map(|k| Some(0.95 + 1e-4 * f64::from(k))).collect();
    let results = results(&["lr=1,2"], &[&[Some(0.9); 20], &near]);
    let figures = figures::sweep(&results);
    let panel = &figures[1].1.panels[0];
    let dots: Vec<[f64; 2]> = panel
        .marks
        .iter()
        .filter_map(|mark| match mark {
            foldspace::plot::Mark::Points { points, .. } => Some(points.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    assert_eq!(dots.len(), 40);
    for (i, [x, y]) in dots.iter().enumerate() {
        // The first combination's strip is the upper one, and dots stay on theirs.
        let middle = if *x < 92.0 { 1.0 } else { 0.0 };
        assert!((y - middle).abs() < 0.36, "{x}, {y}");
        assert!(!dots[..i].contains(&[*x, *y]), "two dots at {x}, {y}");
    }
}
