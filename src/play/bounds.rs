//! What is too large to be played with, or does not fit together.

use std::path::Path;

use super::past::Setting;
use super::{MOST_EPOCHS, MOST_PARAMETERS, MOST_SAMPLES, MOST_UNITS, MOST_WEIGHTS};
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
    check_network(&config, split.train.dimensions())?;
    Ok(Setting { config, split })
}

/// The numbers of a network once batch norm and low-rank factors are multiplied out; `None` for more than a `usize` holds.
pub(super) fn folded(config: &Config, inputs: usize) -> Option<usize> {
    let mut inputs = inputs;
    config.model.layers.iter().try_fold(0_usize, |sum, layer| {
        let size = inputs.checked_add(1)?.checked_mul(layer.units)?;
        inputs = layer.units;
        sum.checked_add(size)
    })
}

fn check_network(config: &Config, inputs: usize) -> Result<()> {
    let refuse = |problem: String| {
        Err(Error::invalid(
            "model.layers",
            problem,
            "take fewer units, or use `foldspace train` and `foldspace animate`",
        ))
    };
    let trained = config.model.parameters(inputs);
    let size = trained.and_then(|trained| Some(folded(config, inputs)?.max(trained)));
    let Some(size) = size.filter(|&size| size <= MOST_PARAMETERS) else {
        return refuse(format!(
            "a network of {} parameters; up to {MOST_PARAMETERS} are played with",
            size.map_or("very many".to_owned(), |size| size.to_string())
        ));
    };
    let widest = config.model.layers.iter().map(|layer| layer.units).max();
    if let Some(widest) = widest.filter(|&widest| size > MOST_WEIGHTS && widest > MOST_UNITS) {
        return refuse(format!(
            "a layer of {widest} units in a network of {size} parameters; where there are more than {MOST_WEIGHTS}, up to \
             {MOST_UNITS} a layer are played with"
        ));
    }
    Ok(())
}
