//! The warning that a network is too narrow: for `train`, `resume` and `inspect`.

use super::Outcome;
use crate::data::split::Split;
use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::file;
use crate::geometry::width::Width;
use crate::geometry::{WidthWarning, surrounding, width_warning};
use crate::run::Run;

/// The record in a run directory.
const RECORD: &str = "width_warning.json";

/// The warning for a run; `None` where there is none, or it is switched off.
pub(super) fn warning(run: &Run, split: &Split) -> Result<Option<WidthWarning>> {
    let config = &run.config;
    let Some(labels) = split.train.labels().filter(|_| config.warnings.width) else {
        return Ok(None);
    };
    let names = config.model.names();
    let layers = config.model.layers.iter().zip(&names);
    let layers: Vec<Width<'_>> = layers
        .map(|(layer, name)| Width {
            name,
            units: layer.units,
            activation: layer.activation,
        })
        .collect();
    let Some(mut warning) = width_warning(split.train.dimensions(), &layers) else {
        return Ok(None);
    };
    warning.enclosure = surrounding(split.train.features.as_ref(), labels)?;
    Ok(Some(warning))
}

/// The classes' names.
pub(super) fn names(data: &Dataset) -> &[String] {
    match &data.target {
        Target::Classes { names, .. } => names,
        Target::Values { .. } => &[],
    }
}

/// Prints it once, and records it beside the run's configuration.
pub(super) fn give(run: &Run, split: &Split, quiet: bool) -> Outcome {
    let path = run.paths.root().join(RECORD);
    match warning(run, split)? {
        Some(warning) => {
            if !quiet {
                super::output::note(warning.sentence(names(&split.train)));
            }
            let json = serde_json::to_vec_pretty(&warning)
                .map_err(|error| Error::invalid(RECORD, error.to_string(), "report this"))?;
            file::write(&path, &json)?;
        }
        // Left by a run that was here before.
        None if path.exists() => {
            std::fs::remove_file(&path).map_err(Error::io(&path, "remove"))?;
        }
        None => {}
    }
    Ok(())
}
