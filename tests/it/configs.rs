//! Every file in `configs/` is a valid experiment whose data, network and loss fit together.

use std::path::Path;

use foldspace::config::Config;

#[test]
fn every_configuration_is_valid_and_fits_its_data() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs");
    let mut seen = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "toml") {
            continue; // the data of an experiment
        }
        let config = Config::from_file(&path, &[]).unwrap_or_else(|error| panic!("{error}"));
        let split = config.data.load_split(config.seed, &folder).unwrap();
        foldspace::train::check(&config.train, &config.model, &split.train)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        seen += 1;
    }
    assert!(seen >= 8, "only {seen} configurations were found");
}

#[test]
fn a_resolved_configuration_says_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/moons.toml");
    let config = Config::from_file(&path, &[]).unwrap();
    let text = config.resolved().to_toml();
    for default in [
        "momentum = 0.0",
        "weight_decay = 0.0",
        "nesterov = false",
        "standardise = false",
    ] {
        assert!(text.contains(default), "{default} is not in\n{text}");
    }
    let again = Config::parse(&text, "config.toml", &[]).unwrap();
    assert_eq!(again.resolved().to_toml(), text);
}
