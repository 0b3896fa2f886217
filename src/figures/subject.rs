//! What figures are drawn of: a network and data, wherever they come from, a run or a file that another program wrote.

use faer::Mat;

use super::decision::Decision;
use super::input_plane::roomy;
use super::run_regions::cells_of;
use super::scatter::class_names;
use super::{
    Flow, InputAxes, InputPlane, Name, OneFeature, Stage, Tint, Training, boundary,
    boundary_curves, confusion, data, filters, folds_figure, layer, network, one_feature,
    prediction, pullback_figure, spectrum, weights,
};
use crate::data::split::{Split, SplitIndices};
use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::Frozen;
use crate::plot::{Figure, Point};

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
    /// What the axes of the plane show, where it is not the samples with a margin.
    window: [Option<(f64, f64)>; 2],
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
            window: [None; 2],
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

    /// Shows another part of the plane than the samples with a margin: along x, along y, from and to.
    #[must_use]
    pub fn window(mut self, x: Option<(f64, f64)>, y: Option<(f64, f64)>) -> Self {
        self.window = [x, y];
        self
    }

    /// The curves that `boundary` draws, in the coordinates of its axes: where the network is undecided. A closed curve
    /// repeats its first point.
    ///
    /// # Errors
    /// As [`draw`](Self::draw) of `boundary`, and if there is a single feature.
    pub fn curves(&self) -> Result<Vec<Vec<Point>>> {
        self.gives_numbers()?;
        let plane = self.plane()?;
        let bounds = self.bounds(&plane)?;
        boundary_curves(&plane.network(&self.network)?, bounds).map_err(undecided)
    }

    /// The images under `head`, the network up to some layer, of the data and the graph paper they lie on. With all layers but
    /// the last it is the embedding, with the line that the last one draws.
    ///
    /// # Errors
    /// If it ends in a single unit or does not take the data, they have no two features, or numbers overflow in the network.
    pub fn layer(&self, head: &Frozen) -> Result<Figure> {
        self.gives_numbers()?;
        let data = &self.split.train;
        let (before_last, last) = self.network.split_at(self.network.layers.len() - 1);
        let decides = Decision::of(&last).is_ok() && data.labels().is_some();
        if *head == before_last && decides && self.embedding.ncols() >= 2 {
            return self.draw(Name::Embedding);
        }
        let plane = self.plane()?;
        layer::layer(head, &plane, self.bounds(&plane)?, data, &self.source)
    }

    /// The share of the training data that the network gives its class; `None` for a regression, where the network's last
    /// layer is not a classifier, and where numbers overflow.
    pub fn accuracy(&self) -> Option<f64> {
        self.gives_numbers().ok()?;
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
    /// history of a run; or if it shows what the network makes of the data, and numbers overflow on the way.
    pub fn draw(&self, name: Name) -> Result<Figure> {
        let source = &self.source;
        match name {
            Name::Boundary
            | Name::Embedding
            | Name::Confusion
            | Name::Prediction
            | Name::Residuals
            | Name::Regions
            | Name::Folds
            | Name::Pullback => self.gives_numbers()?,
            _ => {}
        }
        if matches!(name, Name::Data | Name::Boundary) && self.split.train.dimensions() == 1 {
            let line = self.line()?;
            return match name {
                Name::Data => Ok(line.samples()),
                _ => one_feature::figure(&line, &self.network, source).map_err(undecided),
            };
        }
        match name {
            Name::Data => {
                let plane = self.plane()?;
                let bounds = self.bounds(&plane)?;
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
            Name::Filters => filters::figure(&self.network, source),
            Name::Weights if self.epoch.is_some() => Ok(weights::weights(&self.network, source)),
            Name::Network | Name::Weights | Name::Spectrum => {
                of_network(&self.network, name, source)
            }
            Name::Regions => {
                let plane = self.plane()?;
                let bounds = self.bounds(&plane)?;
                cells_of(&self.network, &plane, bounds, Tint::Pattern, source)
            }
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
    /// As [`Flow::new`], and if numbers overflow in the network.
    pub fn flow(&self) -> Result<Flow> {
        self.gives_numbers()?;
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

    /// Refuses a network in which numbers overflow: what is no number is on neither side of a line, but would be tinted and
    /// counted all the same.
    fn gives_numbers(&self) -> Result<()> {
        let (_, last) = self.network.split_at(self.network.layers.len() - 1);
        let output = last.forward(self.embedding.as_ref());
        let is_lost = |&row: &usize| {
            let mut numbers = [&self.embedding, &output]
                .into_iter()
                .flat_map(|matrix| matrix.row(row).iter());
            numbers.any(|number| !number.is_finite())
        };
        match (0..output.nrows()).find(is_lost) {
            None => Ok(()),
            Some(row) => Err(Error::invalid(
                format!("sample {row}"),
                "it is not a finite number any more at the end of the network, whose weights are so large that numbers overflow",
                "draw `weights`, `spectrum` or `network`, or scale the network",
            )),
        }
    }

    fn plane(&self) -> Result<InputPlane> {
        let split = &self.split;
        InputPlane::new(&split.train, split.standardiser.as_ref(), &self.axes)
    }

    fn bounds(&self, plane: &InputPlane) -> Result<Bounds> {
        windowed(plane.bounds()?, self.window)
    }

    /// The only feature.
    fn line(&self) -> Result<OneFeature> {
        let split = &self.split;
        let line = OneFeature::new(&split.train, split.standardiser.as_ref())?;
        match self.window[0] {
            Some(range) => line.between(range),
            None => Ok(line),
        }
    }

    fn boundary(&self) -> Result<Figure> {
        let plane = self.plane()?;
        let names = classes(plane.data())?;
        let tint = match &names[..] {
            [_, second] => format!("Colour is the probability of {second}."),
            _ => "Colour is the likeliest class, paler where the next one is close.".to_owned(),
        };
        let bounds = self.bounds(&plane)?;
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

/// Whether the network's last layer is a classifier: one sigmoid or identity unit, or softmax or identity units.
pub fn decides(network: &Frozen) -> bool {
    Decision::of(network).is_ok()
}

/// The figures that need a network alone: `network`, `weights`, `spectrum`. `source` names the network.
///
/// # Errors
/// If it is another figure.
pub fn of_network(network: &Frozen, name: Name, source: &str) -> Result<Figure> {
    match name {
        Name::Network => Ok(network::diagram(network, source)),
        Name::Weights => {
            let folded = format!("{source}, scalers and batch norm folded in");
            Ok(weights::weights(network, &folded))
        }
        Name::Spectrum => Ok(Figure::new("Singular values")
            .caption(format!("{source}: of every layer's weights."))
            .size(680, 460)
            .panel(spectrum(network)?)),
        _ => Err(Error::invalid(
            name.name(),
            "it shows a network with data",
            "give the data too, or draw `network`, `weights` or `spectrum`",
        )),
    }
}

/// `bounds`, or what was asked for in their place.
pub(super) fn windowed(bounds: Bounds, [x, y]: [Option<(f64, f64)>; 2]) -> Result<Bounds> {
    Bounds::new(x.unwrap_or(bounds.x), y.unwrap_or(bounds.y))
}

/// What to do where a network's last layer is not a classifier, or nothing moves.
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
