//! What is played with: the same bits as training proper, back to any epoch, and again from the log.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::play::{Change, Lab, Log, Point};
use foldspace::run::{Resume, Run, Session};
use foldspace::train::{Trainer, TrainerState};
use proptest::prelude::*;

const MOONS: &str = "
    seed = 7
    [data]
    name = 'moons'
    samples = 60
    noise = 0.1
    [model]
    layers = [
        { units = 5, activation = 'tanh' },
        { units = 2, activation = 'tanh', name = 'embedding' },
        { units = 1, activation = 'sigmoid' },
    ]
    [train]
    epochs = 200
    batch_size = 16
    loss = 'bce'
    optimizer = { name = 'adam', lr = 0.02 }
    [capture]
    sites = ['embedding']";

fn config(overrides: &[&str]) -> Config {
    let overrides: Vec<String> = overrides.iter().map(|text| (*text).to_owned()).collect();
    Config::parse(MOONS, "moons.toml", &overrides).unwrap()
}

fn lab(folder: &Path) -> Lab {
    Lab::new(&config(&[]), Backend::Flex, folder).unwrap()
}

fn train(lab: &mut Lab, epochs: usize) {
    for _ in 0..epochs {
        assert!(lab.step().unwrap().is_some());
    }
}

fn set(text: &str) -> Change {
    Change::Set {
        assignments: vec![text.to_owned()],
    }
}

/// What training proper has after so many epochs, and the trainer.
fn proper(config: &Config, epochs: usize) -> Trainer {
    let split = config.data.load_split(config.seed, Path::new(".")).unwrap();
    let device = device::open(Backend::Flex).unwrap();
    let mut trainer = config.trainer(&split, &device).unwrap();
    for _ in 0..epochs {
        trainer.next_epoch().unwrap();
    }
    trainer
}

fn resumed(config: &Config, state: TrainerState) -> Trainer {
    let split = config.data.load_split(config.seed, Path::new(".")).unwrap();
    let device = device::open(Backend::Flex).unwrap();
    let (train, model) = (&config.train, &config.model);
    Trainer::resume(
        train,
        model,
        &split.train,
        Some(&split.test),
        state,
        &device,
    )
    .unwrap()
}

#[test]
fn it_trains_as_train_does_and_goes_on_with_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab(folder.path());
    train(&mut lab, 6);
    let reference = proper(&config(&[]).resolved(), 6);
    assert_eq!(lab.state(), reference.state());

    // Another learning rate: the same trainer with another configuration.
    lab.apply(set("train.optimizer.lr=0.001")).unwrap();
    train(&mut lab, 3);
    let slower = config(&["train.optimizer.lr=0.001"]).resolved();
    let mut reference = resumed(&slower, reference.state());
    for _ in 0..3 {
        reference.next_epoch().unwrap();
    }
    assert_eq!(lab.state(), reference.state());

    // A number changed by hand, and training from there.
    let edit = |input, value| Change::Edit {
        epoch: 9,
        layer: 0,
        unit: 3,
        input,
        value,
    };
    lab.apply(edit(Some(1), 0.75)).unwrap();
    lab.apply(edit(None, -0.1)).unwrap();
    let mut state = reference.state();
    state.parameters.layers[0].weight[(3, 1)] = 0.75;
    state.parameters.layers[0].bias.as_mut().unwrap()[3] = f64::from(-0.1_f32);
    assert_eq!(lab.state(), state);
    train(&mut lab, 2);
    let mut reference = resumed(&slower, state);
    reference.next_epoch().unwrap();
    reference.next_epoch().unwrap();
    assert_eq!(lab.state(), reference.state());
}

#[test]
fn back_to_any_epoch_and_over_to_another_branch() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab(folder.path());
    let mut states = vec![lab.state()];
    // More than are kept, so that some have to be trained again.
    for _ in 0..150 {
        train(&mut lab, 1);
        states.push(lab.state());
    }
    let mut branches = 1;
    for epoch in [149, 77, 77, 3, 0] {
        lab.apply(Change::Rewind { epoch }).unwrap();
        assert_eq!(lab.epoch(), epoch);
        assert!(lab.state() == states[epoch], "epoch {epoch}");
        train(&mut lab, 1);
        assert!(lab.state() == states[epoch + 1]);
        branches += 1;
    }
    // The first branch is still there, with its end.
    lab.apply(Change::Switch { branch: 1 }).unwrap();
    assert!(lab.state() == states[150]);
    assert!(
        lab.apply(Change::Switch {
            branch: branches + 9
        })
        .is_err()
    );
    // A setting belongs to its epochs: going back brings it back.
    lab.apply(set("train.optimizer.lr=0.5")).unwrap();
    train(&mut lab, 1);
    lab.apply(Change::Rewind { epoch: 100 }).unwrap();
    assert_eq!(lab.config().train.optimizer.lr, 0.02);
    assert!(lab.state() == states[100]);
    // What is ahead can't be gone back to.
    assert!(lab.apply(Change::Rewind { epoch: 101 }).is_err());
    lab.apply(Change::Restart {}).unwrap();
    assert!(lab.state() == states[0]);
}

fn point(x: f64, y: f64, class: &str) -> Point {
    Point {
        at: vec![x, y],
        class: Some(class.to_owned()),
        value: None,
    }
}

#[test]
fn a_log_of_everything_leads_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab(folder.path());
    let text = "a,b,kind\n".to_owned()
        + &(0..30)
            .map(|k| {
                format!(
                    "{},{},{}\n",
                    k,
                    (k * 7) % 11,
                    ["red", "green", "blue"][k % 3]
                )
            })
            .collect::<String>();
    let changes = [
        set("train.optimizer={ name = 'rmsprop', lr = 0.01 }"),
        Change::Points {
            replace: false,
            points: vec![point(0.1, 2.0, "0"), point(0.2, 2.5, "1")],
        },
        Change::Edit {
            epoch: 2,
            layer: 1,
            unit: 0,
            input: Some(4),
            value: 1.5,
        },
        set("model.layers.0.units=7"),
        Change::Data {
            set: "spiral".into(),
            samples: Some(80),
            noise: None,
        },
        Change::Rewind { epoch: 1 },
        Change::Csv {
            name: "colours.csv".into(),
            text,
            target: None,
        },
        Change::Points {
            replace: true,
            points: (0..9)
                .map(|k| point(f64::from(k), f64::from(k % 2), ["p", "q"][k as usize % 2]))
                .collect(),
        },
        Change::Data {
            set: "quadratic".into(),
            samples: Some(40),
            noise: Some(0.1),
        },
        Change::Switch { branch: 2 },
        Change::Config {
            text: MOONS.replace("epochs = 200", "epochs = 90"),
        },
        Change::Restart {},
    ];
    let mut epochs = 0;
    for change in changes {
        train(&mut lab, 3);
        epochs += 3;
        lab.apply(change.clone())
            .unwrap_or_else(|error| panic!("{change:?}: {error}"));
    }
    train(&mut lab, 2);
    epochs += 2;
    let log = Log::parse(&lab.log().to_json(), "play.json").unwrap();
    assert_eq!(
        log.steps.iter().map(|step| step.epochs).sum::<usize>() + log.epochs,
        epochs
    );
    let other = tempfile::tempdir().unwrap();
    let again = Lab::replay(&log, Backend::Flex, other.path()).unwrap();
    assert!(again.state() == lab.state());
    assert_eq!(again.epoch(), lab.epoch());
    assert_eq!(again.split().train, lab.split().train);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Any changes in any order, refused ones among them.
    #[test]
    fn any_log_leads_to_the_same_bits(moves in prop::collection::vec((0_usize..9, 0_usize..6, -2.0_f64..2.0), 1..14)) {
        let folder = tempfile::tempdir().unwrap();
        let mut lab = lab(folder.path());
        for (kind, k, x) in moves {
            let epoch = lab.epoch();
            let change = match kind {
                0 => set(&format!("train.optimizer.lr={}", x.abs())),
                1 => set(&format!("model.layers.0.units={}", k)), // 0 is refused
                2 => Change::Points { replace: k == 0, points: vec![point(x, x * x, "0"), point(x, -x, "1")] },
                3 => Change::Edit { epoch: epoch.saturating_sub(k), layer: k % 4, unit: k, input: None, value: x },
                4 => Change::Rewind { epoch: epoch.saturating_sub(k) },
                5 => Change::Switch { branch: k },
                6 => Change::Data { set: ["circles", "xor", "blobs", "quadratic", "spiral", "nothing"][k].into(), samples: Some(40), noise: None },
                _ => {
                    for _ in 0..k {
                        let _ = lab.step();
                    }
                    continue;
                }
            };
            let before = lab.state();
            if lab.apply(change).is_err() {
                prop_assert!(lab.state() == before);
            }
        }
        let other = tempfile::tempdir().unwrap();
        let again = Lab::replay(lab.log(), Backend::Flex, other.path()).unwrap();
        prop_assert!(again.state() == lab.state());
    }
}

#[test]
fn what_is_refused_changes_nothing_and_names_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("secret.csv"),
        "x1,x2,label\n1,2,a\n3,4,b\n",
    )
    .unwrap();
    let secret = folder.path().join("secret.csv").display().to_string();
    let mut lab = lab(folder.path());
    train(&mut lab, 2);
    let (state, log) = (lab.state(), lab.log().clone());
    let edit = |layer, unit, input, value| Change::Edit {
        epoch: 2,
        layer,
        unit,
        input,
        value,
    };
    let csv = |text: &str| Change::Csv {
        name: "t.csv".into(),
        text: text.into(),
        target: None,
    };
    let toml = |text: String| Change::Config { text };
    let cases: Vec<(Change, &str)> = vec![
        (set("train.optimizer.lr=-1"), "lr"),
        (set("train.optimizr.lr=1"), "optimiz"),
        (set("train.epochs=1"), "already done"),
        (set("train.epochs=999999"), "epochs"),
        (set("train.loss=cross_entropy"), "units"),
        (set("model.layers.0.units=60000"), "up to 4096 a layer"),
        (
            set("model.layers.0.units=400000"),
            "parameters; up to 1000000",
        ),
        (set("model.layers.0.units=99999999999"), ""),
        (set("data.samples=1000000000"), "samples"),
        (set("model.weights=/etc/passwd"), "can't name files"),
        (
            set(&format!("data={{ path = \"{secret}\" }}")),
            "can't name files",
        ),
        (
            toml(MOONS.replace(
                "name = 'moons'\n    samples = 60\n    noise = 0.1",
                &format!("path = '{secret}'"),
            )),
            "can't name files",
        ),
        (
            toml(MOONS.replace("[model]", &format!("[model]\nweights = '{secret}'"))),
            "can't name files",
        ),
        (toml("nonsense".into()), "configuration"),
        (
            Change::Data {
                set: "etc".into(),
                samples: None,
                noise: None,
            },
            "did you mean",
        ),
        (
            Change::Data {
                set: "moons".into(),
                samples: Some(usize::MAX),
                noise: None,
            },
            "",
        ),
        (
            Change::Data {
                set: "moons".into(),
                samples: Some(0),
                noise: None,
            },
            "samples",
        ),
        (
            Change::Points {
                replace: true,
                points: vec![],
            },
            "draw some",
        ),
        (
            Change::Points {
                replace: true,
                points: vec![point(1.0, 2.0, "a")],
            },
            "class",
        ),
        (
            Change::Points {
                replace: false,
                points: vec![point(f64::NAN, 2.0, "0")],
            },
            "finite",
        ),
        (
            Change::Points {
                replace: false,
                points: vec![point(1.0, 2.0, "")],
            },
            "class",
        ),
        (
            Change::Points {
                replace: false,
                points: vec![Point {
                    at: vec![1.0],
                    class: Some("0".into()),
                    value: None,
                }],
            },
            "2 finite features",
        ),
        (
            Change::Points {
                replace: false,
                points: vec![point(1.0, 2.0, "0"); 10_000],
            },
            "room for",
        ),
        (csv(""), ""),
        (csv("a,b\n1"), ""),
        (csv("a,b,label\n1,x y z,2\n"), ""),
        (edit(9, 0, None, 1.0), "layer"),
        (edit(0, 9, None, 1.0), "number"),
        (edit(0, 0, Some(2), 1.0), "number"),
        (edit(0, 0, None, f64::INFINITY), "number"),
        (Change::Rewind { epoch: 3 }, "goes from epoch 0 to 2"),
        (Change::Switch { branch: 5 }, "branch 5"),
    ];
    for (change, says) in cases {
        let name = format!("{change:?}").chars().take(120).collect::<String>();
        let error = match lab.apply(change) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("taken: {name}"),
        };
        assert!(error.contains(says), "{name}: {error}");
        assert!(!error.contains("panick"), "{name}: {error}");
        assert!(lab.state() == state, "{name}");
        assert_eq!(lab.log(), &log, "{name}");
    }
    train(&mut lab, 1);
}

#[test]
fn what_diverges_stops_where_it_was_still_good() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::parse(
        "[data]
        name = 'quadratic'
        [model]
        layers = [{ units = 8, activation = 'relu' }, { units = 1 }]
        [train]
        epochs = 400
        loss = 'mse'
        optimizer = { name = 'sgd', lr = 0.01 }",
        "it",
        &[],
    )
    .unwrap();
    let mut lab = Lab::new(&config, Backend::Flex, folder.path()).unwrap();
    train(&mut lab, 5);
    lab.apply(set("train.optimizer.lr=1e12")).unwrap();
    let error = loop {
        match lab.step() {
            Ok(report) => assert!(report.is_some(), "it never diverged"),
            Err(error) => break error.to_string(),
        }
    };
    assert!(error.contains("diverged"), "{error}");
    assert!(lab.state().parameters.is_finite());
    assert_eq!(lab.state().epoch, lab.epoch());
    lab.apply(Change::Rewind { epoch: 5 }).unwrap();
    lab.apply(set("train.optimizer.lr=0.01")).unwrap();
    train(&mut lab, 3);
}

#[test]
fn a_saved_run_goes_on_to_the_bits_that_play_goes_on_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut lab = lab(folder.path());
    train(&mut lab, 4);
    lab.apply(Change::Points {
        replace: false,
        points: vec![point(0.5, 2.0, "0"), point(0.6, -2.0, "1")],
    })
    .unwrap();
    train(&mut lab, 70);
    lab.apply(set("train.optimizer.lr=0.005")).unwrap();
    train(&mut lab, 3);
    let runs = folder.path().join("runs");
    let path = lab.save(&runs).unwrap();
    assert_eq!(path, runs.join("play-1"));
    assert_eq!(lab.save(&runs).unwrap(), runs.join("play-2"));

    let run = Run::open(&path).unwrap();
    let metrics = run.metrics().unwrap();
    let epochs: Vec<usize> = metrics.iter().map(|line| line.epoch).collect();
    assert_eq!(epochs, (1..=77).collect::<Vec<_>>());
    assert_eq!(run.gradient_norms().unwrap().1.len(), 77);
    let captured = run.epochs().unwrap();
    assert_eq!((captured[0], *captured.last().unwrap()), (0, 77));
    assert_eq!(run.frozen(77).unwrap(), lab.trainer().frozen());
    assert_eq!(
        run.split().unwrap().train.features,
        lab.split().train.features
    );
    let log = std::fs::read_to_string(path.join("play.json")).unwrap();
    assert_eq!(&Log::parse(&log, "play.json").unwrap(), lab.log());

    // The tables that the page brought are gone with the program.
    let resume = Resume {
        epochs: Some(80),
        ..Resume::default()
    };
    std::fs::remove_dir_all(folder.path().join("1")).unwrap();
    let mut session = Session::resume(&path, &resume).unwrap();
    session.train(&AtomicBool::new(false), |_| {}).unwrap();
    let went_on = session.trainer().state();
    drop(session);
    assert_eq!(Run::open(&path).unwrap().metrics().unwrap().len(), 80);
    // What played on, in memory.
    train(&mut lab, 3);
    assert!(went_on == lab.state());
}
