//! The figures of a run by name: what `foldspace figure` and `foldspace animate` draw from a run directory.

use faer::Mat;

use super::{Series, Stage, Training, boundary, data, history, spectrum, weight_matrix};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::Frozen;
use crate::plot::diagram::Column;
use crate::plot::{Axis, Colour, Figure, Panel, Scale, Stroke};
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
    /// The layer before the last, with warped graph paper and the separating line.
    Embedding,
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
    pub const ALL: [Self; 8] = [
        Self::Data,
        Self::Loss,
        Self::Boundary,
        Self::Embedding,
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
            Self::Network => "network",
            Self::Weights => "weights",
            Self::Spectrum => "spectrum",
            Self::Gradients => "gradients",
        }
    }

    /// Draws the figure of a run after `epoch`, which must have been captured.
    ///
    /// # Errors
    /// If the run lacks what the figure needs: two features, two classes, a layer of two units, a captured epoch.
    pub fn draw(self, run: &Run, epoch: usize) -> Result<Figure> {
        match self {
            Self::Data => Ok(Figure::new("Training data").size(720, 540).panel(scatter(run)?)),
            Self::Loss => losses(run),
            Self::Boundary => Ok(Figure::new("Decision boundary")
                .caption(format!("After epoch {epoch}. Colour is the probability of class 1."))
                .size(720, 560)
                .panel(boundary_of(run, epoch)?)),
            Self::Embedding => Ok(Figure::new("Embedding")
                .caption(format!(
                    "The layer before the last after epoch {epoch}, the input's graph paper warped along, and the line that separates."
                ))
                .size(640, 660)
                .panel(training(run, &[epoch])?.embedding(0)?)),
            Self::Network => Ok(diagram(&run.frozen(epoch)?, epoch)),
            Self::Weights => Ok(weights(&run.frozen(epoch)?, epoch)),
            Self::Spectrum => Ok(Figure::new("Singular values")
                .caption(format!("Of every layer's weights after epoch {epoch}."))
                .size(680, 460)
                .panel(spectrum(&run.frozen(epoch)?)?)),
            Self::Gradients => gradients(run),
        }
    }
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

/// Both views of a run's training at the given captured epochs.
///
/// # Errors
/// As [`Training::new`], or if an epoch was not captured.
pub fn training(run: &Run, epochs: &[usize]) -> Result<Training> {
    let train = run.split()?.train;
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
                network,
                embedding,
                accuracy,
            })
        })
        .collect::<Result<_>>()?;
    Training::new(train, stages)
}

/// What the hook recorded of the layer before the last; computed again where it was not hooked.
fn hooked(run: &Run, network: &Frozen, epoch: usize, features: &Mat<f64>) -> Result<Mat<f64>> {
    let Some(before_last) = network.layers.len().checked_sub(2) else {
        return Ok(features.clone());
    };
    let name = &network.layers[before_last].name;
    if run.config.capture.sites.contains(name)
        && let Some(values) = run.activations(epoch)?.remove(name)
    {
        return Ok(values);
    }
    let (head, _) = network.split_at(before_last + 1);
    Ok(head.forward(features.as_ref()))
}

fn scatter(run: &Run) -> Result<Panel> {
    let train = run.split()?.train;
    let bounds = plane_of(&train)?;
    Ok(data(&train, bounds))
}

fn boundary_of(run: &Run, epoch: usize) -> Result<Panel> {
    let train = run.split()?.train;
    let bounds = plane_of(&train)?;
    boundary(&run.frozen(epoch)?, &train, bounds)
}

/// The window around data of the plane.
fn plane_of(train: &crate::data::Dataset) -> Result<Bounds> {
    if train.dimensions() != 2 {
        return Err(Error::invalid(
            "figure",
            format!(
                "the data has {} features, a plane has 2",
                train.dimensions()
            ),
            "draw `loss`, `weights` or `spectrum` instead",
        ));
    }
    Bounds::around(train.features.as_ref(), 0.12)
}

fn losses(run: &Run) -> Result<Figure> {
    let metrics = run.metrics()?;
    if metrics.is_empty() {
        return Err(Error::invalid(
            run.paths.root().display().to_string(),
            "no epoch is finished yet",
            "wait for the first or train again",
        ));
    }
    let series = |label: &str, of: fn(&crate::train::EpochMetrics) -> Option<f64>| {
        let values: Vec<f64> = metrics.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| Series::from_first(label, values))
    };
    let losses: Vec<Series> = [
        series("training", |m| Some(m.train_loss)),
        series("held out", |m| m.test_loss),
    ]
    .into_iter()
    .flatten()
    .collect();
    let accuracies: Vec<Series> = [
        series("training", |m| m.train_accuracy),
        series("held out", |m| m.test_accuracy),
    ]
    .into_iter()
    .flatten()
    .collect();
    let loss = history(&losses, run.config.train.loss.name()).title("loss");
    if accuracies.is_empty() {
        return Ok(Figure::new("Training").size(640, 440).panel(loss));
    }
    let accuracy = history(&accuracies, "accuracy").title("accuracy");
    Ok(Figure::new("Training")
        .size(1000, 420)
        .panels(2, [loss, accuracy]))
}

fn gradients(run: &Run) -> Result<Figure> {
    let (names, rows) = run.gradient_norms()?;
    let series: Vec<Series> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let norms = rows.iter().filter_map(|row| row.get(i).copied());
            Series::from_first(name.clone(), norms)
        })
        .collect();
    let mut panel = history(&series, "length of the gradient");
    // A gradient of exactly zero has no place on a logarithmic axis.
    if rows.iter().flatten().all(|&norm| norm > 0.0) {
        panel.y = Axis {
            scale: Scale::Log,
            ..panel.y
        };
    }
    Ok(Figure::new("Gradients over training")
        .caption("On the last batch of each epoch, before its update.")
        .size(760, 500)
        .panel(panel))
}

fn weights(network: &Frozen, epoch: usize) -> Figure {
    let panels: Vec<Panel> = network
        .layers
        .iter()
        .map(|layer| weight_matrix(layer.weight.as_ref()).title(layer.name.clone()))
        .collect();
    let columns = panels.len().min(3);
    let rows = panels.len().div_ceil(columns.max(1)).max(1);
    Figure::new("Weights")
        .caption(format!(
            "After epoch {epoch}: a row per unit, a column per input."
        ))
        .size(60 + 340 * columns as u32, 90 + 340 * rows as u32)
        .panels(columns, panels)
}

/// No more nodes than this are drawn per column.
const MOST_NODES: usize = 12;

fn diagram(network: &Frozen, epoch: usize) -> Figure {
    let inputs = network.layers.first().map_or(0, |layer| layer.inputs());
    let widths: Vec<usize> = std::iter::once(inputs)
        .chain(network.layers.iter().map(|layer| layer.units()))
        .collect();
    let columns: Vec<Column> = widths
        .iter()
        .enumerate()
        .map(|(i, &width)| {
            let name = i
                .checked_sub(1)
                .map_or("input", |layer| &network.layers[layer].name);
            let label = if width > MOST_NODES {
                format!("{name}: {MOST_NODES} of {width}")
            } else {
                name.to_owned()
            };
            Column {
                nodes: width.min(MOST_NODES),
                fill: Colour::accent(i).fade(0.35),
                label,
                names: Vec::new(),
                muted: false,
            }
        })
        .collect();
    let largest: Vec<f64> = network
        .layers
        .iter()
        .map(|layer| layer.weight.norm_max().max(f64::MIN_POSITIVE))
        .collect();
    let panel = Panel::diagram().network(&columns, |c, from, to| {
        let weight = network.layers[c].weight[(to, from)];
        let strength = (weight / largest[c]).abs();
        let colour = Colour::accent(if weight < 0.0 { 1 } else { 2 });
        Stroke::new(colour.fade(0.15 + 0.85 * strength), 0.6 + 2.6 * strength)
    });
    let height = 130 + 46 * columns.iter().map(|c| c.nodes).max().unwrap_or(1) as u32;
    Figure::new("Network")
        .caption(format!(
            "Weights after epoch {epoch}: blue is positive, orange negative, and width is size within the layer."
        ))
        .size(160 + 170 * columns.len() as u32, height.max(320))
        .panel(panel)
}
