//! A run in other programs' formats: NumPy, PyTorch, spreadsheets, TensorBoard.
//!
//! | what | formats |
//! | --- | --- |
//! | activations of chosen sites | `npz`, `csv`, `safetensors`, `projector` (TensorBoard's embedding projector) |
//! | weights | `safetensors` with PyTorch's names and orientation, `npz` |
//! | metrics | `csv`, `tensorboard` (event files) |
//!
//! A file per format. The same run gives the same bytes each time.

mod activations;
mod metrics;
mod npz;
mod projector;
pub mod record;
mod safetensors;
mod table;
mod tensorboard;

use std::path::{Path, PathBuf};

pub use activations::{Activations, Part};

use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::model::weights;
use crate::run::Run;

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Layers' outputs for the samples.
    Activations,
    /// The parameters.
    Weights,
    /// Losses, accuracies and norms by epoch.
    Metrics,
}

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// NumPy's arrays by name.
    Npz,
    /// A table.
    Csv,
    /// Tensors by name, as PyTorch's `safetensors.torch.load_file` reads them.
    Safetensors,
    /// TensorBoard's event files.
    Tensorboard,
    /// TensorBoard's embedding projector.
    Projector,
}

impl Content {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Activations, Self::Weights, Self::Metrics];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Activations => "activations",
            Self::Weights => "weights",
            Self::Metrics => "metrics",
        }
    }

    /// What there is to export it in.
    pub fn formats(self) -> &'static [Format] {
        match self {
            Self::Activations => &[
                Format::Npz,
                Format::Csv,
                Format::Safetensors,
                Format::Projector,
            ],
            Self::Weights => &[Format::Safetensors, Format::Npz],
            Self::Metrics => &[Format::Csv, Format::Tensorboard],
        }
    }
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Npz,
        Self::Csv,
        Self::Safetensors,
        Self::Tensorboard,
        Self::Projector,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Npz => "npz",
            Self::Csv => "csv",
            Self::Safetensors => "safetensors",
            Self::Tensorboard => "tensorboard",
            Self::Projector => "projector",
        }
    }

    /// What the format is used for by default.
    pub fn usual_content(self) -> Content {
        match self {
            Self::Tensorboard => Content::Metrics,
            _ => Content::Activations,
        }
    }
}

/// An export that is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// What.
    pub content: Content,
    /// In which format.
    pub format: Format,
    /// After which captured epoch; without effect on metrics.
    pub epoch: usize,
    /// Whose outputs, such as `embedding` or `layers.0.pre`; none: those that the run captured, or else the layer
    /// before the last.
    pub sites: Vec<String>,
    /// On which samples.
    pub part: Part,
    /// The file, or the directory of several; by default in the run's `export/`.
    pub out: Option<PathBuf>,
}

/// Exports, and says which files were written.
///
/// # Errors
/// [`Error::Invalid`] where the format does not hold this, the epoch was not captured or there is no such site, each
/// with those that there are; [`Error::Io`] where a file can't be read or written.
pub fn export(run: &Run, request: &Request) -> Result<Vec<PathBuf>> {
    let formats = request.content.formats();
    if !formats.contains(&request.format) {
        let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
        return Err(Error::invalid(
            format!("--format {}", request.format.name()),
            format!("it does not hold {}", request.content.name()),
            format!("export {} as {}", request.content.name(), names.join(", ")),
        ));
    }
    let out = request.out.clone().unwrap_or_else(|| place(run, request));
    match request.content {
        Content::Activations => {
            let activations = Activations::of(run, request.epoch, &request.sites, request.part)?;
            match request.format {
                Format::Npz => npz::activations(&out, &activations)?,
                Format::Safetensors => safetensors::activations(&out, &activations)?,
                Format::Projector => return projector::write(&out, &activations),
                _ => table::activations(&out, &activations)?,
            }
        }
        Content::Weights => {
            let parameters = weights::read_parameters(&run.paths.weights(request.epoch))?;
            match request.format {
                Format::Npz => npz::weights(&out, &parameters)?,
                _ => {
                    let names = target_names(&run.split()?.train);
                    weights::write_with(&out, &parameters, &[("target_names", &names)])?;
                }
            }
        }
        Content::Metrics => {
            let metrics = metrics::Metrics::of(run)?;
            match request.format {
                Format::Tensorboard => return Ok(vec![tensorboard::write(&out, &metrics)?]),
                _ => metrics.write(&out)?,
            }
        }
    }
    Ok(vec![out])
}

/// The names of the classes, or of a regression's targets, as a list in JSON.
fn target_names(data: &Dataset) -> String {
    let (Target::Classes { names, .. } | Target::Values { names, .. }) = &data.target;
    serde_json::json!(names).to_string()
}

/// Where an export goes that was given no place.
fn place(run: &Run, request: &Request) -> PathBuf {
    let folder: &Path = run.paths.root();
    let part = match (request.content, request.part) {
        (Content::Activations, Part::Test) => "-test",
        _ => "",
    };
    let name = match (request.content, request.format) {
        (Content::Metrics, Format::Tensorboard) => "tensorboard".to_owned(),
        (Content::Metrics, format) => format!("metrics.{}", format.name()),
        (_, Format::Projector) => format!("projector{part}-epoch-{:06}", request.epoch),
        (content, format) => {
            format!(
                "{}{part}-epoch-{:06}.{}",
                content.name(),
                request.epoch,
                format.name()
            )
        }
    };
    folder.join("export").join(name)
}
