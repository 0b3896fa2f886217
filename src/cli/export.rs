//! `foldspace export`: a run in other programs' formats.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Outcome, output};
use crate::export::{Content, Format, Part, Request, export};

/// Export activations, weights or metrics of a run for NumPy, PyTorch, spreadsheets or TensorBoard.
///
/// Activations go as npz, csv, safetensors or projector (TensorBoard's embedding projector), weights as safetensors
/// (PyTorch's names and orientation) or npz, metrics as csv or tensorboard (event files). Any layer can be exported after
/// any captured epoch, whether it was hooked or not.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace export artifacts/runs/moons --format npz --site embedding\n  \
    foldspace export artifacts/runs/moons --format tensorboard --out logs/moons\n  \
    foldspace export artifacts/runs/moons --what weights --format safetensors --epoch 20 --out moons.safetensors"
)]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// The format.
    #[arg(long, value_name = "FORMAT")]
    format: FormatName,
    /// activations, weights or metrics; by default what the format is made for.
    #[arg(long, value_name = "WHAT")]
    what: Option<ContentName>,
    /// After which captured epoch; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Whose outputs, such as embedding or layers.0.pre; several with commas. By default those that the run captured, or
    /// the layer before the last.
    #[arg(long = "site", value_name = "SITE", value_delimiter = ',')]
    sites: Vec<String>,
    /// On which samples: train or test.
    #[arg(long, value_name = "PART", default_value = "train")]
    on: PartName,
    /// The file, or for tensorboard and projector the directory; by default in the run's export/.
    #[arg(long, short, value_name = "PATH")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    Npz,
    Csv,
    Safetensors,
    Tensorboard,
    Projector,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ContentName {
    Activations,
    Weights,
    Metrics,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PartName {
    Train,
    Test,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let format = match arguments.format {
        FormatName::Npz => Format::Npz,
        FormatName::Csv => Format::Csv,
        FormatName::Safetensors => Format::Safetensors,
        FormatName::Tensorboard => Format::Tensorboard,
        FormatName::Projector => Format::Projector,
    };
    let content = match arguments.what {
        None => format.usual_content(),
        Some(ContentName::Activations) => Content::Activations,
        Some(ContentName::Weights) => Content::Weights,
        Some(ContentName::Metrics) => Content::Metrics,
    };
    let request = Request {
        content,
        format,
        epoch: super::captured_epoch(&run, arguments.epoch)?,
        sites: arguments.sites.clone(),
        part: match arguments.on {
            PartName::Train => Part::Train,
            PartName::Test => Part::Test,
        },
        out: arguments.out.clone(),
    };
    for path in export(&run, &request)? {
        if !quiet {
            output::wrote(&path)?;
        }
    }
    Ok(())
}
