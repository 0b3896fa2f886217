//! The figures of a run by name: what `foldspace figure` and `foldspace animate` draw from a run directory.

use faer::Mat;

use super::{InputAxes, InputPlane, Stage, Subject, Training, learning};
use crate::capture::CapturedSet;
use crate::error::{Error, Result};
use crate::model::Frozen;
use crate::plot::Figure;
use crate::run::Run;

/// A figure that a run can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// The training data.
    Data,
    /// Loss and accuracy over the epochs.
    Loss,
    /// The decision boundary in input space.
    Boundary,
    /// The layer before the last, with warped graph paper and the separating lines.
    Embedding,
    /// A regression's predictions against its targets.
    Prediction,
    /// A regression's errors.
    Residuals,
    /// Circles and edges, coloured by weight.
    Network,
    /// The weight matrices.
    Weights,
    /// The singular values of every layer.
    Spectrum,
    /// The length of every parameter's gradient over the epochs.
    Gradients,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Data,
        Self::Loss,
        Self::Boundary,
        Self::Embedding,
        Self::Prediction,
        Self::Residuals,
        Self::Network,
        Self::Weights,
        Self::Spectrum,
        Self::Gradients,
    ];

    /// The name on the command line, and the file's.
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Loss => "loss",
            Self::Boundary => "boundary",
            Self::Embedding => "embedding",
            Self::Prediction => "prediction",
            Self::Residuals => "residuals",
            Self::Network => "network",
            Self::Weights => "weights",
            Self::Spectrum => "spectrum",
            Self::Gradients => "gradients",
        }
    }

    /// Draws the figure of a run after `epoch`, which must have been captured; `axes` choose the plane of input space.
    ///
    /// # Errors
    /// If the run lacks what the figure needs: two features, classes or numbers to predict, a layer of two units, a
    /// captured epoch.
    pub fn draw(self, run: &Run, epoch: usize, axes: &InputAxes) -> Result<Figure> {
        match self {
            Self::Loss => learning::losses(run),
            Self::Gradients => learning::gradients(run),
            _ => subject(run, epoch, axes)?.draw(self),
        }
    }
}

/// What the figures of a run after `epoch` are drawn of; `axes` choose the plane of input space.
///
/// # Errors
/// If the epoch was not captured.
pub fn subject(run: &Run, epoch: usize, axes: &InputAxes) -> Result<Subject> {
    let (network, split) = (run.frozen(epoch)?, run.split()?);
    let embedding = hooked(run, &network, epoch, &split.train.features)?;
    let mut subject = Subject::new(network, split, axes.clone(), format!("After epoch {epoch}"))?;
    subject.embedding = embedding;
    subject.epoch = Some(epoch);
    Ok(subject)
}

impl std::str::FromStr for Name {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|name| name.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name);
                let remedy = match crate::suggest::nearest(text, names) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("choose among {}", names.join(", ")),
                };
                Error::invalid(text, "there is no such figure", remedy)
            })
    }
}

/// Both views of a run's training at the given captured epochs; `axes` choose the plane of input space.
///
/// # Errors
/// As [`Training::new`], or if an epoch was not captured.
pub fn training(run: &Run, epochs: &[usize], axes: &InputAxes) -> Result<Training> {
    let train = run.split()?.train;
    let plane = plane_of(run, axes)?;
    let metrics = run.metrics()?;
    let stages = epochs
        .iter()
        .map(|&epoch| {
            let network = run.frozen(epoch)?;
            let embedding = hooked(run, &network, epoch, &train.features)?;
            let accuracy = metrics
                .iter()
                .find(|line| line.epoch == epoch)
                .and_then(|line| line.test_accuracy);
            Ok(Stage {
                epoch,
                network: plane.network(&network)?,
                embedding,
                accuracy,
            })
        })
        .collect::<Result<_>>()?;
    Training::new(plane.data().clone(), stages)
}

/// What the hook recorded of the layer before the last; computed again where it was not hooked.
fn hooked(run: &Run, network: &Frozen, epoch: usize, features: &Mat<f64>) -> Result<Mat<f64>> {
    let Some(before_last) = network.layers.len().checked_sub(2) else {
        return Ok(features.clone());
    };
    let name = &network.layers[before_last].name;
    let capture = &run.config.capture;
    if capture.of == CapturedSet::Train
        && capture.sites.contains(name)
        && let Some(values) = run.activations(epoch)?.remove(name)
    {
        return Ok(values);
    }
    let (head, _) = network.split_at(before_last + 1);
    Ok(head.forward(features.as_ref()))
}

/// The plane of input space to look at.
fn plane_of(run: &Run, axes: &InputAxes) -> Result<InputPlane> {
    let split = run.split()?;
    InputPlane::new(&split.train, split.standardiser.as_ref(), axes)
}
