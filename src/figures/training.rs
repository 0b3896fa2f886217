//! One training, seen from the embedding and from input space, step by step (post A, figures 6(a) and 6(b)).

use faer::Mat;
use rayon::prelude::*;

use super::{Embedding, boundary, embedding, embedding_bounds};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{Bounds, Grid, linear_separability};
use crate::model::Frozen;
use crate::plot::{Figure, Panel};

/// A network at some epoch of its training.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Epochs done; 0 is before training.
    pub epoch: usize,
    /// The network.
    pub network: Frozen,
    /// What the hook recorded of the layer before the last, on the training set (n x 2).
    pub embedding: Mat<f64>,
    /// The share of held-out samples that are classified rightly, where it is known.
    pub accuracy: Option<f64>,
}

/// Both views of one training.
#[derive(Debug, Clone)]
pub struct Training {
    train: Dataset,
    stages: Vec<Stage>,
    separable: Vec<bool>,
    grid: Grid,
    input: Bounds,
    space: Bounds,
}

impl Training {
    /// Decides for every stage whether its embedding is linearly separable, and fixes the windows of both views, so that
    /// nothing jumps from step to step.
    ///
    /// # Errors
    /// If there are no stages, the data has not two features and two classes, or the layer before the last not two
    /// units.
    pub fn new(train: Dataset, stages: Vec<Stage>) -> Result<Self> {
        let refuse =
            |problem: String, remedy: &str| Err(Error::invalid("training views", problem, remedy));
        let labels = match train.labels() {
            Some(labels) if train.class_count() == Some(2) => labels,
            _ => {
                return refuse(
                    "they need data of two classes".into(),
                    "draw `loss` or `weights` instead",
                );
            }
        };
        if train.dimensions() != 2 {
            return refuse(
                format!(
                    "the data has {} features, a plane has 2",
                    train.dimensions()
                ),
                "draw `loss` or `weights` instead",
            );
        }
        let Some(last) = stages.last() else {
            return refuse("no epoch was captured".into(), "train with [capture]");
        };
        if last.embedding.ncols() != 2 || last.network.layers.len() < 2 {
            return refuse(
                format!(
                    "the layer before the last has {} units, a plane has 2",
                    last.embedding.ncols()
                ),
                "give it 2 units, or draw `boundary` alone",
            );
        }
        let separable = stages
            .par_iter()
            .map(|stage| Ok(linear_separability(stage.embedding.as_ref(), labels)?.is_separable()))
            .collect::<Result<_>>()?;
        let input = Bounds::around(train.features.as_ref(), 0.12)?;
        let layers = &last.network.layers;
        let space = embedding_bounds(layers[layers.len() - 2].activation, last.embedding.as_ref())?;
        Ok(Self {
            grid: Grid::new(input, 21, 17, 61)?,
            input,
            space,
            separable,
            train,
            stages,
        })
    }

    /// The stages, in the order of their epochs.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// For every stage: is its embedding linearly separable?
    pub fn separable(&self) -> &[bool] {
        &self.separable
    }

    /// The embedding at a step.
    ///
    /// # Errors
    /// If the network does not end in a single line.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn embedding(&self, step: usize) -> Result<Panel> {
        let stage = &self.stages[step];
        let panel = embedding(&Embedding {
            network: &stage.network,
            activations: stage.embedding.as_ref(),
            dataset: &self.train,
            grid: &self.grid,
            bounds: self.space,
        })?;
        let verdict = if self.separable[step] {
            "separable by a straight line"
        } else {
            "not separable by a straight line"
        };
        Ok(panel
            .title("embedding")
            .note(format!("epoch {} · {verdict}", stage.epoch)))
    }

    /// The decision boundary at a step.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding).
    ///
    /// # Panics
    /// If there is no such step.
    pub fn boundary(&self, step: usize) -> Result<Panel> {
        let stage = &self.stages[step];
        let judgement = stage.accuracy.map_or_else(
            || String::from("untrained"),
            |accuracy| format!("{:.1} % on held-out points", 100.0 * accuracy),
        );
        Ok(boundary(&stage.network, &self.train, self.input)?
            .title("input space")
            .note(format!("epoch {} · {judgement}", stage.epoch)))
    }

    /// Both side by side, 800 x 400.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding).
    ///
    /// # Panics
    /// If there is no such step.
    pub fn side_by_side(&self, step: usize) -> Result<Figure> {
        let panels = [self.embedding(step)?, self.boundary(step)?];
        Ok(Figure::new("").size(800, 400).panels(2, panels))
    }
}
