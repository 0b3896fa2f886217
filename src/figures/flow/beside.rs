//! Two flows on one clock: the same layers with activations and without.

use std::sync::Arc;

use super::super::legs::{Act, Leg};
use super::{Flow, Scene};
use crate::anim::{Easing, Moment, Segment, Timeline};
use crate::error::Result;
use crate::geometry::Stage;
use crate::plot::Figure;

/// The picture's size in pixels of 1/96 inch.
const SIZE: (u32, u32) = (960, 470);

/// Two networks with layers of the same sizes, in step. Where one of them has nothing to do, it stands still until the
/// other is done.
#[derive(Debug)]
pub struct Beside {
    flows: [Arc<Flow>; 2],
    acts: Vec<Joint>,
}

/// What both do at a time; `None` is to wait.
#[derive(Debug)]
struct Joint {
    scenes: [Option<Scene>; 2],
    seconds: f64,
    pause: f64,
}

impl Beside {
    /// Puts the movements of `left` and `right` in step, layer by layer.
    pub fn new(left: Arc<Flow>, right: Arc<Flow>) -> Self {
        let flows = [left, right];
        let mut waiting = [0, 0];
        let mut acts = Vec::new();
        loop {
            let next = [0, 1].map(|side: usize| flows[side].scenes.get(waiting[side]).copied());
            let place = |side: usize| next[side].map(|(scene, ..)| flows[side].place(scene));
            let places = [place(0), place(1)];
            let Some(first) = places.into_iter().flatten().min() else {
                break;
            };
            let mut act = Joint {
                scenes: [None, None],
                seconds: 0.0,
                pause: 0.0,
            };
            for side in [0, 1] {
                if let (Some((scene, seconds, pause)), true) =
                    (next[side], places[side] == Some(first))
                {
                    act.scenes[side] = Some(scene);
                    act.seconds = act.seconds.max(seconds);
                    act.pause = act.pause.max(pause);
                    waiting[side] += 1;
                }
            }
            acts.push(act);
        }
        Self { flows, acts }
    }

    /// When which movement is shown, at `fps` frames per second.
    ///
    /// # Errors
    /// If `fps` is out of range.
    pub fn timeline(&self, fps: u32) -> Result<Timeline> {
        let mut segments = vec![Segment::pause(1.0)];
        for act in &self.acts {
            segments.push(Segment::motion("", act.seconds, Easing::Smooth));
            segments.push(Segment::pause(act.pause));
        }
        Timeline::new(fps, segments)
    }

    /// The picture of a moment of [`Self::timeline`].
    ///
    /// # Errors
    /// If a number of a network is not finite.
    ///
    /// # Panics
    /// If the moment is not one of this timeline.
    pub fn draw(&self, moment: &Moment) -> Result<Figure> {
        let act = (moment.segment - 1) / 2;
        let mut panels = Vec::new();
        for side in [0, 1] {
            let flow = &self.flows[side];
            panels.push(match self.acts[act].scenes[side] {
                Some(scene) => flow.during(scene, moment.eased)?,
                None => {
                    let done = self.acts[..act]
                        .iter()
                        .rev()
                        .find_map(|act| act.scenes[side]);
                    let still = match done {
                        Some(scene) => flow.during(scene, 1.0)?,
                        None => flow.on_the_way(0, 0.0)?,
                    };
                    still.title(self.why_still(act, side))
                }
            });
        }
        Ok(Figure::new("").size(SIZE.0, SIZE.1).panels(2, panels))
    }

    /// Why one side waits in an act (markup).
    fn why_still(&self, act: usize, side: usize) -> String {
        let other = 1 - side;
        match self.acts[act].scenes[other] {
            Some(Scene::Leg(leg)) => {
                let leg = &self.flows[other].way.legs[leg];
                if leg.act.is_activation() {
                    "without activation: nothing bends".into()
                } else {
                    "nothing moves here".into()
                }
            }
            _ => "no straight line to draw".into(),
        }
    }
}

impl Flow {
    /// Where a movement stands in the order of all that networks with these layers may have.
    fn place(&self, scene: Scene) -> (usize, usize) {
        let after = self.network.layers.len();
        match scene {
            Scene::Leg(leg) => order(
                &self.way.legs[leg],
                self.network.layers[self.way.legs[leg].layer].units(),
            ),
            Scene::Line => (after, 0),
            Scene::Back => (after, 1),
            Scene::Home => (after, 2),
        }
    }
}

/// The layer and the order of what happens in it; a turn comes first where its own layer reads the two directions, and just
/// before the activation where the next one does.
fn order(leg: &Leg, units: usize) -> (usize, usize) {
    let rank = match leg.act {
        Act::Turn if units == 2 => 0,
        Act::Stage(Stage::RotateIn) => 1,
        Act::Stage(Stage::Scale) | Act::Affine => 2,
        Act::Stage(Stage::RotateOut) => 3,
        Act::Stage(Stage::Translate) => 4,
        Act::Turn => 5,
        Act::Stage(Stage::Activate) | Act::Activate => 6,
    };
    (leg.layer, rank)
}
