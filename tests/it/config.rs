//! Configuration files: what they say, and what mistakes in them are answered with.

use std::fs;
use std::path::Path;

use foldspace::config::Config;
use foldspace::data::Source;
use foldspace::device::Backend;
use foldspace::run::Session;

const TEXT: &str = "\
seed = 7

[data]
name = 'moons'
noise = 0.2

[model]
layers = [
  { units = 3, activation = 'tanh', name = 'embedding' },
  { units = 1, activation = 'sigmoid' },
]

[train]
epochs = 2
loss = 'bce'
optimizer = { name = 'sgd', lr = 0.1 }
";

fn parse(text: &str, overrides: &[&str]) -> Result<Config, String> {
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    Config::parse(text, "a.toml", &overrides).map_err(|error| error.to_string())
}

#[test]
fn mistakes_are_answered_with_file_line_key_and_the_nearest() {
    let cases = [
        (
            "seed = 7",
            "seeed = 7",
            "a.toml:1, key seeed: there is no key seeed; did you mean seed?",
        ),
        (
            "epochs = 2",
            "epoch = 2",
            "a.toml:14, key train.epoch: there is no key epoch; did you mean epochs?",
        ),
        (
            "units = 3",
            "unit = 3",
            "a.toml:9, key model.layers[0].unit: ",
        ),
        (
            "units = 3",
            "units = -3",
            "a.toml:9, key model.layers[0].units: invalid value",
        ),
        (
            "units = 3",
            "units = 0",
            "a.toml:9, key model.layers[0].units: a layer of 0 units",
        ),
        (
            "'tanh'",
            "'tanhh'",
            "a.toml:9, key model.layers[0].activation: there is no choice tanhh; did you mean tanh?",
        ),
        (
            "loss = 'bce'",
            "loss = 'bec'",
            "a.toml:15, key train.loss: there is no choice bec; did you mean bce?",
        ),
        (
            "lr = 0.1",
            "lr = 'fast'",
            "a.toml:16, key train.optimizer.lr: invalid type",
        ),
        (
            "lr = 0.1",
            "lr = -0.1",
            "a.toml:16, key train.optimizer.lr: the learning rate is -0.1",
        ),
        (
            "lr = 0.1",
            "lr = 0.1, momntum = 0.9",
            "a.toml:16, key train.optimizer.momntum: ",
        ),
        (
            "lr = 0.1",
            "lr = 0.1, eps = 0.9",
            "a.toml:16, key train.optimizer.eps: eps has no effect",
        ),
        (
            "epochs = 2\n",
            "",
            "key train: epochs is missing; add epochs = ...",
        ),
        ("noise = 0.2", "nois = 0.2", "a.toml:5, key data.nois: "),
        (
            "name = 'moons'",
            "name = 'moon'",
            "a.toml:4, key data.name: there is no set called moon; did you mean moons?",
        ),
        ("seed = 7", "seed = [", "a.toml:"),
    ];
    for (right, wrong, expected) in cases {
        assert!(TEXT.contains(right));
        let error = parse(&TEXT.replacen(right, wrong, 1), &[]).unwrap_err();
        assert!(error.contains(expected), "{error}\nexpected {expected}");
        assert!(
            error.starts_with("a.toml") && error.lines().count() <= 2,
            "{error}"
        );
    }
}

#[test]
fn overrides_reach_every_key() {
    let config = parse(
        TEXT,
        &[
            "seed=9",
            "train.optimizer.lr=0.05",
            "train.optimizer.name=adam",
            "model.layers.0.units=8",
            "capture.every=3",
            "data.noise = 0.3",
        ],
    )
    .unwrap();
    assert_eq!((config.seed, config.train.optimizer.lr), (9, 0.05));
    assert_eq!(config.model.layers[0].units, 8);
    assert_eq!(config.capture.every, 3);
    let Source::Moons(moons) = config.data.source else {
        panic!("not moons")
    };
    assert_eq!(moons.noise, 0.3);
    // What the file lacks, an override may give.
    let without = TEXT.replace("epochs = 2\n", "");
    assert_eq!(
        parse(&without, &["train.epochs=5"]).unwrap().train.epochs,
        5
    );

    for (wrong, expected) in [
        ("train.epohcs=3", "did you mean epochs?"),
        ("train.epochs", "there is no = in it"),
        ("=3", "there is no key"),
        ("seed.x.y=3", "is not inside a table"),
        ("model.layers.7.units=3", "there is no item 7"),
        ("train.epochs=many", "--set train.epochs=many: invalid type"),
    ] {
        let error = parse(TEXT, &[wrong]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_error_names_the_override_or_the_line_that_made_it() {
    // The last override of a key counts; one that sets a whole table stands for its keys.
    for (overrides, place) in [
        (&["train.epochs=0"][..], "--set train.epochs=0: "),
        (
            &["train.epochs=3", "train.epochs=0"],
            "--set train.epochs=0: ",
        ),
        (
            &["seed=3", "model.layers.0.units=0"],
            "--set model.layers.0.units=0, key model.layers[0].units: ",
        ),
        (
            &["train.optimizer={name='sgd', lr=-1}", "seed=3"],
            "--set train.optimizer={name='sgd', lr=-1}, key train.optimizer.lr: ",
        ),
    ] {
        let error = parse(TEXT, overrides).unwrap_err();
        assert!(error.starts_with(place), "{error}");
    }
    // What the file has wrong is the file's, whatever is set beside it.
    let line = 1 + TEXT[..TEXT.find("epochs = 2").unwrap()]
        .matches('\n')
        .count();
    for wrong in ["epochs = 0", "epochs = 'many'", "epohcs = 2"] {
        let text = TEXT.replace("epochs = 2", wrong);
        let error = parse(&text, &["seed=3"]).unwrap_err();
        assert!(
            error.starts_with(&format!("a.toml:{line}, key train.epo")),
            "{error}"
        );
    }
    // So is what it lacks, though an override that adds one key lets the next be missed.
    let text = TEXT
        .replace("epochs = 2\n", "")
        .replace("loss = 'bce'\n", "");
    let error = parse(&text, &["train.epochs=2"]).unwrap_err();
    assert!(
        error.starts_with("a.toml") && error.contains("loss is missing"),
        "{error}"
    );
    // And an override may mend it.
    let text = TEXT.replace("epochs = 2", "epochs = 'many'");
    assert_eq!(parse(&text, &["train.epochs=5"]).unwrap().train.epochs, 5);
}

#[test]
fn a_run_keeps_every_default_and_can_be_trained_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let config = parse(TEXT, &[]).unwrap();
    drop(Session::create(&config, &path, Backend::Auto, false).unwrap());
    let text = fs::read_to_string(path.join("config.toml")).unwrap();
    for default in [
        "seed = 7",
        "test_fraction = 0.2",
        "samples = 1000",
        "init = \"pytorch\"",
        "bias = true",
        "[train.schedule]\nname = \"constant\"",
        "keep_last = 3",
        "batch_norm = false",
        "dropout = 0.0",
        "checkpoint_every = 10",
        "momentum = 0.0",
        "weight_decay = 0.0",
        "every = 1",
        "backend = \"flex\"",
        "burn = \"",
    ] {
        assert!(text.contains(default), "{default} is not in\n{text}");
    }
    let again = Config::from_file(&path.join("config.toml"), &[]).unwrap();
    assert_eq!(again.resolved(), again);
    assert_eq!(again.model, config.model);
    assert!(Session::create(&again, folder.path().join("again"), Backend::Flex, false).is_ok());
}

#[test]
fn every_configuration_in_the_repository_is_valid() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/configs"));
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue; // data
        }
        let config = Config::from_file(&path, &[]).unwrap();
        let split = config.data.load_split(config.seed, folder).unwrap();
        foldspace::train::check(&config.train, &config.model, &split.train).unwrap();
        config.capture.validate(&config.model).unwrap();
        count += 1;
    }
    assert!(count > 0);
}
