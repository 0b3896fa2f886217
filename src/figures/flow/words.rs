//! The texts of the flow: which step is shown, and how much of the data's variance the picture shows.

use super::super::decision::Decision;
use super::super::legs::{Act, Leg};
use super::{Flow, Scene};
use crate::geometry::Stage;
use crate::model::Activation;

impl Flow {
    pub(super) fn several(&self) -> bool {
        matches!(self.decision, Some(Decision::Several(_)))
    }

    pub(super) fn layer_name(&self, layer: usize) -> String {
        let l = &self.network.layers[layer];
        format!("layer {}, {} → {}", layer + 1, l.inputs(), l.units())
    }

    /// What is happening (markup).
    pub(super) fn caption(&self, scene: Scene) -> String {
        let leg = match scene {
            Scene::Leg(leg) => &self.way.legs[leg],
            Scene::Line => {
                let right = 100.0 * self.accuracy().unwrap_or(f64::NAN);
                return if self.several() {
                    format!("the last layer draws straight lines: {right:.1} % are in their region")
                } else {
                    format!("the last layer draws a straight line: {right:.1} % are on their side")
                };
            }
            Scene::Back | Scene::Home if self.several() => {
                return "and back: the straight lines become the decision boundary".into();
            }
            Scene::Back | Scene::Home => {
                return "and back: the straight line becomes the decision boundary".into();
            }
        };
        let what = match leg.act {
            Act::Turn => {
                let (reader, count) = self.reading(leg);
                return format!("turn to the 2 of {count} directions that layer {reader} reads");
            }
            Act::Affine => "the affine map, $Wx + b$".into(),
            Act::Stage(Stage::RotateIn) => "rotate, $V^T$".into(),
            Act::Stage(Stage::Scale) if leg.mirrors => "stretch and mirror, $S$".into(),
            Act::Stage(Stage::Scale) => "stretch, $S$".into(),
            Act::Stage(Stage::RotateOut) => "rotate, $U$".into(),
            Act::Stage(Stage::Translate) => "shift, $b$".into(),
            Act::Stage(Stage::Activate) | Act::Activate => {
                match self.network.layers[leg.layer].activation {
                    Activation::Relu => "fold, ReLU".into(),
                    activation => format!("bend, {}", activation.name()),
                }
            }
        };
        format!("{}: {what}", self.layer_name(leg.layer))
    }

    /// The number of the layer that reads the two directions that a turn leads to, from 1, and how many it could.
    fn reading(&self, leg: &Leg) -> (usize, usize) {
        let layer = &self.network.layers[leg.layer];
        if layer.units() == 2 {
            (leg.layer + 1, layer.inputs())
        } else {
            (leg.layer + 2, layer.units())
        }
    }

    /// What the picture shows at the end of a leg.
    pub(super) fn seen(&self, leg: &Leg) -> String {
        let layer = &self.network.layers[leg.layer];
        let percent = 100.0 * leg.explained;
        let share = if percent > 99.95 {
            "all of it seen".to_owned()
        } else if percent < 10.0 {
            format!("{percent:.1} % of the variance seen")
        } else {
            format!("{percent:.0} % of the variance seen")
        };
        let flat = layer.inputs() == 2;
        match leg.act {
            Act::Turn => format!("2 of {} directions, {share}", self.reading(leg).1),
            Act::Stage(Stage::RotateOut | Stage::Translate) if flat && layer.units() > 2 => {
                format!("a plane in {} dimensions, {share}", layer.units())
            }
            Act::Affine | Act::Activate if layer.units() > 2 => {
                format!("{} dimensions: {share}", layer.units())
            }
            _ => self.remark.clone(),
        }
    }
}
