//! What figures are drawn of: a network and data, wherever they come from, a run or a file that another program wrote.

use faer::Mat;

use super::decision::Decision;
use super::input_plane::roomy;
use super::run_regions::cells_of;
use super::scatter::class_names;
use super::{
    Flow, InputAxes, InputPlane, Name, Stage, Tint, Training, boundary, confusion, data, filters,
    folds_figure, network, prediction, pullback_figure, spectrum, weights,
};
use crate::data::split::{Split, SplitIndices};
use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::model::Frozen;
use crate::plot::Figure;

/// A trained network and the data to look at it with.
#[derive(Debug, Clone)]
pub struct Subject {
    network: Frozen,
    split: Split,
    axes: InputAxes,
    /// How captions begin: `After epoch 20`.
    source: String,
    /// The layer before the last on the training data (n x units).
    pub(super) embedding: Mat<f64>,
    /// The epoch, of a run.
    pub(super) epoch: Option<usize>,
}

impl Subject {
    /// `split` is the data as the network sees them; `axes` choose the plane of input space, and captions begin with
    /// `source`.
    ///
    /// # Errors
    /// If the network takes more or fewer numbers than the data have features.
    pub fn new(network: Frozen, split: Split, axes: InputAxes, source: String) -> Result<Self> {
        let inputs = network.layers.first().map(|first| first.inputs());
        let features = split.train.dimensions();
        if inputs != Some(features) {
            return Err(Error::invalid(
                split.train.name.as_str(),
                format!(
                    "the data have {features} features ({}), the network takes {}",
                    named(&split.train.feature_names),
                    inputs.unwrap_or_default()
                ),
                "give the columns that the network was trained on, in their order, and no others",
            ));
        }
        let (head, _) = network.split_at(network.layers.len() - 1);
        Ok(Self {
            embedding: head.forward(split.train.features.as_ref()),
            network,
            split,
            axes,
            source,
            epoch: None,
        })
    }

    /// A network beside whole data, none of it held out: what `foldspace draw` looks at.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(network: Frozen, data: Dataset, axes: InputAxes, source: String) -> Result<Self> {
        let split = Split {
            test: data.subset(&[]),
            indices: SplitIndices {
                train: (0..data.samples()).collect(),
                test: Vec::new(),
            },
            standardiser: None,
            notes: Vec::new(),
            train: data,
        };
        Self::new(network, split, axes, source)
    }

    /// The share of the training data that the network gives its class; `None` for a regression, or where the network's
    /// end decides nothing.
    pub fn accuracy(&self) -> Option<f64> {
        let (decision, labels) = (
            Decision::of(&self.network).ok()?,
            self.split.train.labels()?,
        );
        Some(decision.accuracy(self.embedding.as_ref(), labels))
    }

    /// Draws a figure.
    ///
    /// # Errors
    /// If there is not what the figure needs: two features, classes or numbers to predict, a layer of two units, the
    /// history of a run.
    pub fn draw(&self, name: Name) -> Result<Figure> {
        let source = &self.source;
        match name {
            Name::Data => {
                let plane = self.plane()?;
                let bounds = plane.bounds()?;
                let title = if self.epoch.is_some() {
                    "Training data"
                } else {
                    "Data"
                };
                Ok(Figure::new(title)
                    .caption(plane.note())
                    .size(720, 540)
                    .panel(roomy(data(plane.data(), bounds), bounds)))
            }
            Name::Boundary => self.boundary().map_err(undecided),
            Name::Embedding => self.embedding().map_err(undecided),
            Name::Confusion => confusion::of_split(&self.network, &self.split, source),
            Name::Prediction => prediction::against_targets(&self.network, &self.split, source),
            Name::Residuals => prediction::residuals(&self.network, &self.split, source),
            Name::Network => Ok(network::diagram(&self.network, source)),
            Name::Filters => filters::figure(&self.network, source),
            Name::Weights if self.epoch.is_none() => {
                let folded = format!("{source}, scalers and batch norm folded in");
                Ok(weights::weights(&self.network, &folded))
            }
            Name::Weights => Ok(weights::weights(&self.network, source)),
            Name::Spectrum => Ok(Figure::new("Singular values")
                .caption(format!("{source}: of every layer's weights."))
                .size(680, 460)
                .panel(spectrum(&self.network)?)),
            Name::Regions => cells_of(&self.network, &self.plane()?, Tint::Pattern, source),
            Name::Folds => folds_figure(&self.network, &self.plane()?, None, source),
            Name::Pullback => {
                pullback_figure(&self.network, &self.plane()?, false, source).map_err(undecided)
            }
            Name::Topology => Err(Error::invalid(
                name.name(),
                "the parts of decision regions are counted over a run",
                "draw `regions` or `boundary`",
            )),
            Name::Betti => super::betti_figure(&self.network, &self.split.train, source),
            Name::Loss | Name::Gradients | Name::Probes | Name::Turns => Err(Error::invalid(
                name.name(),
                "it shows a training, and there is only the trained network",
                "draw `boundary`, `embedding` or `weights`",
            )),
        }
    }

    /// The network's motion.
    ///
    /// # Errors
    /// As [`Flow::new`].
    pub fn flow(&self) -> Result<Flow> {
        // Motion begins where the network sees the data, standardised or not.
        let train = &self.split.train;
        let plane = InputPlane::new(train, None, &self.axes)?;
        let flow = match plane.slice() {
            // The samples themselves move; the plane is only how their inputs are seen.
            Some(slice) => Flow::from_slice(&self.network, train, slice),
            None => Flow::new(&self.network, train),
        };
        let flow = flow.map_err(undecided)?;
        Ok(flow.remark(plane.remark()))
    }

    fn plane(&self) -> Result<InputPlane> {
        let split = &self.split;
        InputPlane::new(&split.train, split.standardiser.as_ref(), &self.axes)
    }

    fn boundary(&self) -> Result<Figure> {
        let plane = self.plane()?;
        let names = classes(plane.data())?;
        let tint = match &names[..] {
            [_, second] => format!("Colour is the probability of {second}."),
            _ => "Colour is the likeliest class, paler where the next one is close.".to_owned(),
        };
        let bounds = plane.bounds()?;
        let panel = boundary(&plane.network(&self.network)?, plane.data(), bounds)?;
        let note = plane.note();
        Ok(Figure::new("Decision boundary")
            .caption(format!("{}. {tint} {note}", self.source))
            .size(720, if note.is_empty() { 560 } else { 600 })
            .panel(roomy(panel, bounds)))
    }

    fn embedding(&self) -> Result<Figure> {
        let plane = self.plane()?;
        let stage = Stage {
            epoch: self.epoch.unwrap_or_default(),
            network: plane.network(&self.network)?,
            embedding: self.embedding.clone(),
            accuracy: None,
        };
        let views = Training::new(plane.data().clone(), vec![stage])?;
        let lines = if classes(plane.data())?.len() > 2 {
            "lines that part the classes"
        } else {
            "line that separates"
        };
        let paper = if plane.note().is_empty() {
            "the input's graph paper warped along"
        } else {
            "graph paper of a plane of the inputs warped along"
        };
        let mut panel = views.embedding(0)?;
        if self.epoch.is_none() {
            panel = panel.note(views.verdict(0));
        }
        Ok(Figure::new("Embedding")
            .caption(format!(
                "{}: the layer before the last, {paper}, and the {lines}. {}",
                self.source,
                views.note()
            ))
            .size(640, if views.note().is_empty() { 660 } else { 700 })
            .panel(panel))
    }
}

/// The way out where a network's end decides nothing, or nothing moves.
fn undecided(error: Error) -> Error {
    match error {
        Error::Matrix { operation, problem } => Error::invalid(
            operation,
            problem,
            "draw `weights`, `spectrum` or `network` instead",
        ),
        other => other,
    }
}

/// The first of many names.
fn named(names: &[String]) -> String {
    match names.get(..6) {
        Some(first) if names.len() > 6 => format!("{} ...", first.join(", ")),
        _ => names.join(", "),
    }
}

/// The names of the classes as the legend has them.
fn classes(data: &Dataset) -> Result<Vec<String>> {
    match &data.target {
        Target::Classes { .. } => Ok(class_names(data)),
        Target::Values { .. } => Err(Error::invalid(
            "figure",
            "a regression has no classes to part",
            "draw `prediction`, `residuals` or `data` instead",
        )),
    }
}
