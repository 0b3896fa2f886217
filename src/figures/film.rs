//! A training filmed from outside: the networks of a training loop outside this library, with the data to look at them with.

use rayon::prelude::*;

use super::decision::Decision;
use super::input_plane::roomy;
use super::training::Words;
use super::{InputAxes, InputPlane, OneFeature, Stage, Training, boundary, one_feature};
use crate::anim::Timeline;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::Frozen;
use crate::plot::Figure;

/// How long the last picture stays, in seconds.
const HOLD: f64 = 2.0;

/// What a film counts and what its accuracy is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judged {
    /// Epochs.
    Epochs,
    /// Steps of the optimiser.
    Steps,
}

/// What a film shows of each network.
#[derive(Debug)]
enum Views {
    /// The layer before the last beside input space.
    Both(Box<Training>),
    /// Input space alone, where the layer before the last is not a plane.
    Boundary(Box<Dataset>, Vec<(usize, Frozen, f64)>),
    /// The score over the only feature.
    Line(Vec<Figure>),
}

/// A training to be watched. The accuracy in its notes is that of the samples shown.
#[derive(Debug)]
pub struct Film {
    views: Views,
    steps: usize,
    unit: &'static str,
}

impl Film {
    /// Of `networks` with how far training was at each, seen with `data` (n x d) on the plane that `axes` choose.
    ///
    /// # Errors
    /// If there is no network, the data have no classes, or a network does not fit them or is not a classifier.
    pub fn new(
        networks: Vec<(usize, Frozen)>,
        data: &Dataset,
        axes: &InputAxes,
        judged: Judged,
    ) -> Result<Self> {
        let Some(labels) = data.labels() else {
            return Err(Error::invalid(
                "film",
                "the targets are numbers, and a film shows how classes come apart",
                "draw `prediction` or `residuals` of the trained network",
            ));
        };
        let Some((_, last)) = networks.last() else {
            return Err(Error::invalid(
                "film",
                "there is no picture in it yet",
                "train while it records",
            ));
        };
        let unit = match judged {
            Judged::Epochs => "epoch",
            Judged::Steps => "step",
        };
        let steps = networks.len();
        let units = match last.layers.len() {
            0 | 1 => 0,
            layers => last.layers[layers - 2].units(),
        };
        let accuracy = |network: &Frozen| -> Result<f64> {
            let inputs = network.layers.first().map_or(0, |first| first.inputs());
            if inputs != data.dimensions() {
                return Err(Error::invalid(
                    "film",
                    format!(
                        "the network takes {inputs} numbers, the data have {} features",
                        data.dimensions()
                    ),
                    "give the features that it is trained on",
                ));
            }
            let (head, _) = network.split_at(network.layers.len() - 1);
            let embedding = head.forward(data.features.as_ref());
            Ok(Decision::of(network)?.accuracy(embedding.as_ref(), labels))
        };
        if data.dimensions() == 1 {
            let line = OneFeature::new(data, None)?;
            let picture = |(step, network): &(usize, Frozen)| {
                let note = note(unit, *step, accuracy(network)?);
                let panels = one_feature::with_note(line.score(network)?, &note);
                Ok(Figure::new("").size(720, 460).panels(1, panels))
            };
            let figures = networks.par_iter().map(picture).collect::<Result<_>>()?;
            return Ok(Self {
                views: Views::Line(figures),
                steps,
                unit,
            });
        }
        let plane = InputPlane::new(data, None, axes)?;
        let views = if units >= 2 {
            let stage = |(step, network): &(usize, Frozen)| {
                let (head, _) = network.split_at(network.layers.len() - 1);
                Ok(Stage {
                    epoch: *step,
                    accuracy: Some(accuracy(network)?),
                    embedding: head.forward(data.features.as_ref()),
                    network: plane.network(network)?,
                })
            };
            let stages = networks.par_iter().map(stage).collect::<Result<_>>()?;
            let words = Words {
                step: unit,
                judged: "these samples",
            };
            let training = Training::new(plane.data().clone(), stages)?;
            Views::Both(Box::new(training.told(words)))
        } else {
            let stage = |(step, network): &(usize, Frozen)| {
                Ok((*step, plane.network(network)?, accuracy(network)?))
            };
            let stages = networks.par_iter().map(stage).collect::<Result<_>>()?;
            Views::Boundary(Box::new(plane.data().clone()), stages)
        };
        Ok(Self { views, steps, unit })
    }

    /// A picture per network at `fps` pictures per second, the last one held.
    ///
    /// # Errors
    /// If `fps` is out of range.
    pub fn timeline(&self, fps: u32) -> Result<Timeline> {
        Timeline::steps(self.steps, fps, HOLD)
    }

    /// The picture of a step, counted from 0.
    ///
    /// # Errors
    /// If a number of the network is not finite.
    ///
    /// # Panics
    /// If there is no such step.
    pub fn draw(&self, step: usize) -> Result<Figure> {
        match &self.views {
            Views::Both(training) => training.side_by_side(step),
            Views::Line(figures) => Ok(figures[step].clone()),
            Views::Boundary(data, stages) => {
                let (count, network, accuracy) = &stages[step];
                let bounds = crate::geometry::Bounds::around(data.features.as_ref(), 0.12)?;
                let panel = roomy(boundary(network, data, bounds)?, bounds);
                Ok(Figure::new("")
                    .size(640, 500)
                    .panel(panel.note(note(self.unit, *count, *accuracy))))
            }
        }
    }
}

fn note(unit: &str, step: usize, accuracy: f64) -> String {
    format!("{unit} {step} · {:.1} % on these samples", 100.0 * accuracy)
}
