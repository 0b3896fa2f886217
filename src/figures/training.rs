//! One training, seen from the embedding and from input space, step by step (post A, figures 6(a) and 6(b)).

use std::collections::BTreeSet;

use faer::Mat;
use rayon::prelude::*;

use super::boundary::boundary_on;
use super::grid::grid_lines;
use super::input_plane::roomy;
use super::{Embedding, embedding, embedding_bounds};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{Bounds, Grid, Slice, linear_separability};
use crate::model::Frozen;
use crate::plot::{Figure, Panel};

/// A network at some epoch of its training.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Epochs done; 0 is before training.
    pub epoch: usize,
    /// The network.
    pub network: Frozen,
    /// What the hook recorded of the layer before the last, on the training set (n x units).
    pub embedding: Mat<f64>,
    /// The share of held-out samples that are classified correctly, where it is known.
    pub accuracy: Option<f64>,
}

/// Both views of one training. An embedding of more than two units is seen along its last stage's first two principal components,
/// and the caption says so.
#[derive(Debug, Clone)]
pub struct Training {
    train: Dataset,
    stages: Vec<Stage>,
    /// For every stage, how many pairs of classes a hyperplane of the embedding separates.
    parted: Vec<usize>,
    /// How many pairs of classes there are.
    pairs: usize,
    /// The plane of the embedding that is shown, and the shares of variance along its axes; `None` where it is the whole.
    view: Option<(Slice, [f64; 2])>,
    grid: Grid,
    input: Bounds,
    space: Bounds,
    words: Words,
}

/// What the notes call a step, and what the accuracy is of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    pub step: &'static str,
    pub judged: &'static str,
}

impl Training {
    /// Decides for every stage whether its embedding is linearly separable, and fixes the windows of both views, so that
    /// nothing jumps from step to step. The networks start in the plane that `train` (n x 2) lies in.
    ///
    /// # Errors
    /// If there are no stages, the data does not have two features or classes, or the layer before the last has fewer than two
    /// units.
    pub fn new(train: Dataset, stages: Vec<Stage>) -> Result<Self> {
        let refuse =
            |problem: String, remedy: &str| Err(Error::invalid("training views", problem, remedy));
        let Some(labels) = train.labels() else {
            return refuse(
                "they need data of two or more classes".into(),
                "draw `loss`, `prediction` or `weights` instead",
            );
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
        let units = last.embedding.ncols();
        if units < 2 || last.network.layers.len() < 2 {
            return refuse(
                format!("the layer before the last has {units} units, a plane has 2"),
                "give it 2 or more units, or draw `boundary` alone",
            );
        }
        super::scatter::legible(&train)?;
        let pairs = class_pairs(labels);
        let parted = stages
            .par_iter()
            .map(|stage| {
                let separable = pairs
                    .iter()
                    .map(|&pair| are_parted(&stage.embedding, labels, pair));
                Ok(separable
                    .collect::<Result<Vec<bool>>>()?
                    .into_iter()
                    .filter(|&yes| yes)
                    .count())
            })
            .collect::<Result<_>>()?;
        let input = Bounds::around(train.features.as_ref(), 0.12)?;
        let (view, space) = if units == 2 {
            let layers = &last.network.layers;
            let activation = layers[layers.len() - 2].activation;
            (
                None,
                embedding_bounds(activation, robust(&last.embedding).as_ref())?,
            )
        } else {
            let (slice, shares) = Slice::principal(last.embedding.as_ref())?;
            let points = slice.project(last.embedding.as_ref());
            let space = Bounds::around(robust(&points).as_ref(), 0.1)?;
            (Some((slice, shares)), space)
        };
        Ok(Self {
            // A still needs every bend; frames of an animation are seen briefly.
            grid: Grid::new(input, 21, 17, if stages.len() == 1 { 481 } else { 61 })?,
            input,
            space,
            parted,
            pairs: pairs.len(),
            view,
            train,
            stages,
            words: Words {
                step: "epoch",
                judged: "held-out points",
            },
        })
    }

    /// The same views with other names for a step and for the points that the accuracy is of.
    pub(super) fn told(mut self, words: Words) -> Self {
        self.words = words;
        self
    }

    /// The stages, in the order of their epochs.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// For every stage, whether its embedding is linearly separable, each class from each other one.
    pub fn separable(&self) -> Vec<bool> {
        self.parted
            .iter()
            .map(|&parted| parted == self.pairs)
            .collect()
    }

    /// A caption's note on the embedding's picture; empty where it shows all of it.
    pub fn note(&self) -> String {
        let plane = self.view.as_ref().map(|(slice, shares)| {
            format!(
                "The plane of the first two principal components of the layer's {} units, with {:.1} % of their \
                 variance; samples are shown where they project onto it.",
                slice.origin.len(),
                100.0 * (shares[0] + shares[1]).min(1.0)
            )
        });
        let outside = self.outside().map(|(outside, samples)| {
            format!("The window leaves out {outside} of {samples} samples, which lie far from the others.")
        });
        let sentences: Vec<String> = plane.into_iter().chain(outside).collect();
        sentences.join(" ")
    }

    /// How many samples of how many the window of the embedding does not show at the last step, if any.
    fn outside(&self) -> Option<(usize, usize)> {
        let last = &self.stages.last()?.embedding;
        let points = match &self.view {
            None => last.clone(),
            Some((slice, _)) => slice.project(last.as_ref()),
        };
        let (x, y) = (self.space.x, self.space.y);
        let inside = |i: usize| {
            (x.0..=x.1).contains(&points[(i, 0)]) && (y.0..=y.1).contains(&points[(i, 1)])
        };
        let outside = (0..points.nrows()).filter(|&i| !inside(i)).count();
        (outside > 0).then(|| (outside, points.nrows()))
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
        let pictured = |network: &Frozen, activations: &Mat<f64>| {
            embedding(&Embedding {
                network,
                activations: activations.as_ref(),
                dataset: &self.train,
                grid: &self.grid,
                bounds: self.space,
            })
        };
        let panel = match &self.view {
            None => pictured(&stage.network, &stage.embedding)?,
            Some((slice, shares)) => {
                let points = slice.project(stage.embedding.as_ref());
                let [x, y] = [0, 1].map(|k| format!("PC {} ({:.1} %)", k + 1, 100.0 * shares[k]));
                pictured(&seen_through(&stage.network, slice)?, &points)?.labels(x, y)
            }
        };
        Ok(roomy(panel, self.space)
            .title(format!("{} {}: embedding", self.words.step, stage.epoch))
            .note(self.verdict(step)))
    }

    /// How far the classes are separated at a step, in words.
    pub(super) fn verdict(&self, step: usize) -> String {
        let line = match self.stages[step].embedding.ncols() {
            2 => "a straight line",
            3 => "a plane",
            _ => "a hyperplane",
        };
        match (self.parted[step], self.pairs) {
            (0, 1) => format!("not separable by {line}"),
            (1, 1) => format!("separable by {line}"),
            (parted, pairs) => format!("{parted} of {pairs} pairs linearly separable"),
        }
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
        let Words { step: unit, judged } = self.words;
        let judgement = stage.accuracy.map_or_else(
            || String::from("untrained"),
            |accuracy| format!("{:.1} % on {judged}", 100.0 * accuracy),
        );
        let paper = grid_lines(
            &self.grid,
            &self.grid.lines(self.grid.points.as_ref()),
            0.22,
        );
        let panel = boundary_on(&stage.network, &self.train, self.input, paper)?;
        Ok(roomy(panel, self.input)
            .title(format!("{unit} {}: input space", stage.epoch))
            .note(judgement))
    }

    /// Both side by side, 860 x 420, one legend for both.
    ///
    /// # Errors
    /// As [`embedding`](Self::embedding).
    ///
    /// # Panics
    /// If there is no such step.
    pub fn side_by_side(&self, step: usize) -> Result<Figure> {
        let (embedding, boundary) = (self.embedding(step)?, self.boundary(step)?);
        Ok(Figure::new("")
            .size(860, 420)
            .panels(2, [embedding, boundary]))
    }
}

/// The points (n x 2) without the few that would press all others together: those beyond three times the range that 98 % of
/// them take along an axis, a hundredth being left at either end.
fn robust(points: &Mat<f64>) -> Mat<f64> {
    const REACH: f64 = 1.0;
    let n = points.nrows();
    let range = |axis: usize| {
        let mut values: Vec<f64> = points.col(axis).iter().copied().collect();
        values.sort_by(f64::total_cmp);
        let left = n / 100;
        let (low, high) = (values[left], values[n - 1 - left]);
        let reach = REACH * (high - low);
        (low - reach, high + reach)
    };
    if n < 20 {
        return points.clone();
    }
    let (x, y) = (range(0), range(1));
    let kept: Vec<usize> = (0..n)
        .filter(|&i| {
            let near =
                |(low, high): (f64, f64), value: f64| low == high || (low..=high).contains(&value);
            near(x, points[(i, 0)]) && near(y, points[(i, 1)])
        })
        .collect();
    Mat::from_fn(kept.len(), 2, |i, axis| points[(kept[i], axis)])
}

/// The pairs of classes that both have samples.
pub(super) fn class_pairs(labels: &[usize]) -> Vec<[usize; 2]> {
    let classes: Vec<usize> = labels
        .iter()
        .copied()
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let mut pairs = Vec::new();
    for (k, &a) in classes.iter().enumerate() {
        pairs.extend(classes[k + 1..].iter().map(|&b| [a, b]));
    }
    pairs
}

/// Whether a hyperplane lies between the points of two classes.
pub(super) fn are_parted(points: &Mat<f64>, labels: &[usize], [a, b]: [usize; 2]) -> Result<bool> {
    let rows: Vec<usize> = (0..labels.len())
        .filter(|&row| labels[row] == a || labels[row] == b)
        .collect();
    let own: Vec<usize> = rows
        .iter()
        .map(|&row| usize::from(labels[row] == b))
        .collect();
    let points = Mat::from_fn(rows.len(), points.ncols(), |i, j| points[(rows[i], j)]);
    Ok(linear_separability(points.as_ref(), &own)?.is_separable())
}

/// The network as the picture of its embedding shows it: what comes before the last layer is projected onto the plane,
/// and the last layer decides there.
fn seen_through(network: &Frozen, slice: &Slice) -> Result<Frozen> {
    let (mut seen, tail) = network.split_at(network.layers.len() - 1);
    seen.layers.push(slice.projection("projection"));
    seen.layers.extend(slice.network(&tail)?.layers);
    Ok(seen)
}
