//! The figures of a run by name: what `foldspace figure` and `foldspace animate` draw from a run directory.

use faer::Mat;

use super::name::Name;
use super::{
    InputAxes, InputPlane, OneFeature, Probes, RunRegions, Stage, Subject, Tint, Training, Turns,
    betti_figure, betti_of_run, learning, one_feature, topology_figure,
};
use crate::capture::CapturedSet;
use crate::error::Result;
use crate::model::Frozen;
use crate::plot::Figure;
use crate::run::Run;

impl Name {
    /// Whether the figure is of a kind that a run's task and network have at all: a regression has no classes to separate, and a
    /// smooth network has no cells.
    pub fn fits(self, run: &Run) -> bool {
        let config = &run.config;
        let classes = || {
            run.split()
                .is_ok_and(|split| split.train.labels().is_some())
        };
        let layers = &config.model.layers;
        let straight = || {
            let hidden = &layers[..layers.len().saturating_sub(1)];
            hidden
                .iter()
                .all(|layer| layer.activation.is_piecewise_linear())
        };
        let two = || {
            run.split()
                .is_ok_and(|split| split.train.class_count() == Some(2))
        };
        match self {
            Self::Boundary | Self::Embedding | Self::Confusion | Self::Probes | Self::Betti => {
                classes()
            }
            Self::Prediction | Self::Residuals => !classes(),
            Self::Regions => straight(),
            // Of a smooth network the border between two classes can be certified, that between more can't.
            Self::Topology => (straight() && classes()) || two(),
            Self::Pullback => classes(),
            Self::Folds => layers.iter().any(|layer| layer.units == 2),
            Self::Filters => run
                .split()
                .is_ok_and(|split| super::filters::look_like_pixels(&split.train.feature_names)),
            _ => true,
        }
    }

    /// Draws the figure of a run after `epoch`, which must have been captured; `axes` choose the plane of input space.
    ///
    /// # Errors
    /// If the run lacks what the figure needs: two features, classes or numbers to predict, a layer of two units, a
    /// captured epoch.
    pub fn draw(self, run: &Run, epoch: usize, axes: &InputAxes) -> Result<Figure> {
        if matches!(self, Self::Data | Self::Boundary)
            && let Some(line) = line_of(run)?
        {
            return match self {
                Self::Data => Ok(line.samples()),
                _ => {
                    one_feature::figure(&line, &run.frozen(epoch)?, &format!("After epoch {epoch}"))
                }
            };
        }
        match self {
            Self::Loss => learning::losses(run),
            Self::Gradients => learning::gradients(run),
            Self::Regions => RunRegions::new(run, axes)?.figure(epoch, Tint::Pattern),
            Self::Topology => topology_figure(&RunRegions::new(run, axes)?, epoch),
            Self::Probes => Probes::of_run(run).map(|probes| probes.figure()),
            Self::Turns => Turns::of_run(run).map(|turns| turns.figure()),
            Self::Betti => {
                let (network, data) = betti_of_run(run, epoch)?;
                betti_figure(&network, &data, &format!("After epoch {epoch}"))
            }
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

/// The score over a run's only feature at the given captured epochs, a figure for each; `None` where there are several.
///
/// # Errors
/// As [`OneFeature::score`], or if an epoch was not captured.
pub fn scores(run: &Run, epochs: &[usize]) -> Result<Option<Vec<Figure>>> {
    let Some(line) = line_of(run)? else {
        return Ok(None);
    };
    let metrics = run.metrics()?;
    let score = |&epoch: &usize| {
        let of_epoch = metrics.iter().find(|line| line.epoch == epoch);
        let accuracy = of_epoch.and_then(|line| line.test_accuracy);
        let judgement = accuracy.map_or_else(String::new, |accuracy| {
            format!(" · {:.1} % on held-out points", 100.0 * accuracy)
        });
        let panels = line.score(&run.frozen(epoch)?)?;
        let panels = one_feature::with_note(panels, &format!("epoch {epoch}{judgement}"));
        let columns = panels.len().min(2);
        let rows = panels.len().div_ceil(columns.max(1)) as u32;
        Ok(Figure::new("")
            .size(if columns < 2 { 720 } else { 1040 }, 40 + 420 * rows)
            .panels(columns, panels))
    };
    epochs.iter().map(score).collect::<Result<_>>().map(Some)
}

/// A run's training data, where they have one feature.
fn line_of(run: &Run) -> Result<Option<OneFeature>> {
    let split = run.split()?;
    if split.train.dimensions() != 1 {
        return Ok(None);
    }
    OneFeature::new(&split.train, split.standardiser.as_ref()).map(Some)
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
