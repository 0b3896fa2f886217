//! What is too large to be played with, or does not fit together.

use std::path::Path;

use super::past::Setting;
use super::{MOST_EPOCHS, MOST_PARAMETERS, MOST_SAMPLES};
use crate::config::Config;
use crate::data::Source;
use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::train;

/// A configuration with its data, checked.
pub(super) fn prepared(config: Config, folder: &Path) -> Result<Setting> {
    config.validate()?;
    check_size(&config)?;
    let split = loaded(&config, folder)?;
    checked(config, split)
}

/// What is too large is refused before it is made.
pub(super) fn check_size(config: &Config) -> Result<()> {
    let samples = match &config.data.source {
        Source::Moons(set) => set.samples,
        Source::Circles(set) => set.samples,
        Source::Blobs(set) => set.samples,
        Source::TwoBlobs(set) => set.samples,
        Source::Classification(set) => set.samples,
        Source::Spiral(set) => set.samples,
        Source::Xor(set) => set.samples,
        Source::Quadratic(set) => set.samples,
        Source::File { .. } => 0,
    };
    check_samples(samples)?;
    if config.train.epochs > MOST_EPOCHS {
        return Err(Error::invalid(
            "train.epochs",
            format!(
                "{} epochs; {MOST_EPOCHS} are played at most",
                config.train.epochs
            ),
            "ask for fewer; a saved run goes on with `foldspace resume`",
        ));
    }
    Ok(())
}

fn check_samples(samples: usize) -> Result<()> {
    if samples <= MOST_SAMPLES {
        return Ok(());
    }
    Err(Error::invalid(
        "data",
        format!("{samples} samples; {MOST_SAMPLES} are played with at most"),
        "take fewer, or use `foldspace train` and `foldspace explore`",
    ))
}

pub(super) fn loaded(config: &Config, folder: &Path) -> Result<Split> {
    let split = config.data.load_split(config.seed, folder)?;
    check_samples(split.train.samples() + split.test.samples())?;
    Ok(split)
}

pub(super) fn checked(config: Config, split: Split) -> Result<Setting> {
    train::check(&config.train, &config.model, &split.train)?;
    config.capture.check(&split)?;
    let parameters = config.model.parameters(split.train.dimensions());
    match parameters {
        Some(size) if size <= MOST_PARAMETERS => Ok(Setting { config, split }),
        size => Err(Error::invalid(
            "model.layers",
            format!(
                "a network of {} parameters; the page computes with up to {MOST_PARAMETERS}",
                size.map_or("very many".to_owned(), |size| size.to_string())
            ),
            "take fewer units, or use `foldspace train` and `foldspace animate`",
        )),
    }
}
