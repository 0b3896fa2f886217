//! The way through a network in legs that a lecturer can name: rotate, stretch, rotate, shift, bend.
//!
//! A [`Journey`] moves layers from the plane to the plane in those stages, any other affine map in one go. Two kinds of
//! wide layers can be taken apart as well, with W = U S Vᵀ:
//!
//! - From the plane to k units the image is still a plane. Seen face on, its map is a 2 x 2 matrix, which moves in stages.
//! - From k units to the plane, Vᵀ looks at two directions of the k. The picture turns to show these; what remains is a
//!   2 x 2 matrix again.
//!
//! The turn comes before the activation that leads to the k units, not after it: what bends then is seen along the very
//! directions that the next layer reads, from a camera that stands still.

use faer::{Mat, MatRef};

use crate::error::Result;
use crate::geometry::journey::{Motion, Track};
use crate::geometry::{Journey, LayerFlow, Slice, Stage, View};
use crate::linalg::svd;
use crate::model::{Activation, Frozen, Layer};

/// What happens on a leg.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Act {
    /// The picture turns towards the two directions that a layer reads.
    Turn,
    /// A stage of a map from a plane to a plane.
    Stage(Stage),
    /// A whole affine map between wide layers.
    Affine,
    /// The activation of a wide layer.
    Activate,
}

impl Act {
    /// Whether an activation bends space here, or the motion is affine.
    pub(super) fn is_activation(self) -> bool {
        matches!(self, Self::Activate | Self::Stage(Stage::Activate))
    }
}

/// One leg of the way.
#[derive(Debug)]
pub(super) struct Leg {
    /// The position of the layer.
    pub layer: usize,
    /// What happens.
    pub act: Act,
    /// The share of the data's variance that the picture shows at its end.
    pub explained: f64,
    /// Whether a scaling turns the plane over.
    pub mirrors: bool,
    route: Route,
}

/// How positions are found; the number is the journey's step.
#[derive(Debug)]
enum Route {
    Step(usize),
    /// Stages of a map from what the picture showed before the step.
    Picture(usize, LayerFlow, Stage),
    /// From what the picture showed to what the layer reads.
    Turn(usize, Mat<f64>),
    /// From what the picture shows of the layer's affine image to the directions (units x 2) that the next layer reads.
    Face(usize, Mat<f64>),
    /// The layer's activation, seen along these directions (units x 2).
    Bend(Mat<f64>),
    /// Stages of a map from what the layer reads: (units x 2) directions.
    Read(Mat<f64>, LayerFlow, Stage),
}

/// All legs of a network, as its data see them.
#[derive(Debug)]
pub(super) struct Legs {
    journey: Journey,
    network: Frozen,
    /// By layer: the two directions of its inputs (inputs x 2) that it reads, where there are more and the picture has
    /// turned to them before the activation in front of it.
    reads: Vec<Option<Mat<f64>>>,
    /// In order; none for a network without layers.
    pub legs: Vec<Leg>,
}

impl Legs {
    /// Plans the way of `network` for `data` (n x inputs), seen on `entrance` where the inputs are more than two.
    pub(super) fn new(
        network: &Frozen,
        entrance: Option<&Slice>,
        data: MatRef<'_, f64>,
    ) -> Result<Self> {
        let mut way = Self {
            journey: match entrance {
                Some(slice) => Journey::from_slice(network, slice, data)?,
                None => Journey::new(network, data)?,
            },
            network: network.clone(),
            reads: vec![None; network.layers.len() + 1],
            legs: Vec::new(),
        };
        for number in 0..way.journey.steps.len() {
            let legs = way.plan(number, data)?;
            // What moves nothing (a bias of zero, no activation) would only be a pause.
            let moving = |leg: &Leg| {
                let track = way.track(leg, data);
                let [from, halfway, to] = [0.0, 0.5, 1.0].map(|t| track.at(t));
                let far = 1e-3 * to.norm_max();
                (&to - &from).norm_max() > far || (&halfway - &from).norm_max() > far
            };
            let legs: Vec<Leg> = legs.into_iter().filter(moving).collect();
            way.legs.extend(legs);
        }
        Ok(way)
    }

    fn plan(&mut self, number: usize, data: MatRef<'_, f64>) -> Result<Vec<Leg>> {
        let step = self.journey.steps[number].clone();
        let layer = self.network.layers[step.layer].clone();
        let layer = &layer;
        let leg = |act: Act, explained: f64, mirrors: bool, route: Route| Leg {
            layer: step.layer,
            act,
            explained,
            mirrors,
            route,
        };
        let whole = |act: Act| vec![leg(act, step.explained, false, Route::Step(number))];
        match step.motion {
            Motion::Plane(stage) => {
                let mirrors = LayerFlow::new(layer)?.scale.iter().any(|&s| s < 0.0);
                Ok(vec![leg(
                    Act::Stage(stage),
                    1.0,
                    mirrors,
                    Route::Step(number),
                )])
            }
            Motion::Activate => Ok(self
                .faced(number, data)?
                .unwrap_or_else(|| whole(Act::Activate))),
            Motion::Affine if layer.inputs() == 2 => {
                let (from, to) = (
                    self.journey.at(number, 0.0, data),
                    self.journey.at(number, 1.0, data),
                );
                let Some(map) = plane_map(from.as_ref(), to.as_ref()) else {
                    return Ok(whole(Act::Affine));
                };
                let flow = LayerFlow::new(&map)?;
                let mirrors = flow.scale.iter().any(|&s| s < 0.0);
                Ok(affine_stages()
                    .map(|stage| {
                        let route = Route::Picture(number, flow.clone(), stage);
                        leg(Act::Stage(stage), step.explained, mirrors, route)
                    })
                    .collect())
            }
            Motion::Affine if layer.units() == 2 => {
                let h = self.before(step.layer, data);
                let (turn, read) = match self.reads[step.layer].take() {
                    Some(read) => (None, read),
                    None => {
                        let picture = self.journey.at(number, 0.0, data);
                        let read = read_by(layer, picture.as_ref(), h.as_ref())?;
                        let route = Route::Turn(number, read.clone());
                        let turn = leg(Act::Turn, shown(h.as_ref(), &read), false, route);
                        (Some(turn), read)
                    }
                };
                let flow = LayerFlow::new(&Layer {
                    weight: &layer.weight * &read,
                    activation: Activation::Identity,
                    ..layer.clone()
                })?;
                let mirrors = flow.scale.iter().any(|&s| s < 0.0);
                let stages = affine_stages().map(|stage| {
                    let route = Route::Read(read.clone(), flow.clone(), stage);
                    leg(Act::Stage(stage), 1.0, mirrors, route)
                });
                Ok(turn.into_iter().chain(stages).collect())
            }
            Motion::Affine => Ok(whole(Act::Affine)),
        }
    }

    /// The turn to what the next layer reads, and the activation seen from there; `None` where the next layer does not
    /// lead from many units to the plane.
    fn faced(&mut self, number: usize, data: MatRef<'_, f64>) -> Result<Option<Vec<Leg>>> {
        let layer = self.journey.steps[number].layer;
        let next = self.network.layers.get(layer + 1);
        let Some(next) = next.filter(|next| next.inputs() > 2 && next.units() == 2) else {
            return Ok(None);
        };
        let flat = self.network.layers[layer].affine(self.before(layer, data).as_ref());
        let bent = self.before(layer + 1, data);
        let picture = self.journey.at(number, 0.0, data);
        let read = read_by(next, picture.as_ref(), flat.as_ref())?;
        let leg = |act: Act, explained: f64, route: Route| Leg {
            layer,
            act,
            explained,
            mirrors: false,
            route,
        };
        let legs = vec![
            leg(
                Act::Turn,
                shown(flat.as_ref(), &read),
                Route::Face(number, read.clone()),
            ),
            leg(
                Act::Activate,
                shown(bent.as_ref(), &read),
                Route::Bend(read.clone()),
            ),
        ];
        self.reads[layer + 1] = Some(read);
        Ok(Some(legs))
    }

    /// What a layer gets for `points` of input space.
    fn before(&self, layer: usize, points: MatRef<'_, f64>) -> Mat<f64> {
        let (head, _) = self.network.split_at(layer);
        head.forward(points)
    }

    /// Where the rows of `points` (n x inputs, in input space) are at time `t` of a leg.
    pub(super) fn at(&self, leg: &Leg, t: f64, points: MatRef<'_, f64>) -> Mat<f64> {
        self.track(leg, points).at(t)
    }

    /// The way of the rows of `points` through a leg.
    pub(super) fn track(&self, leg: &Leg, points: MatRef<'_, f64>) -> Track {
        let picture = |step: usize| self.journey.at(step, 0.0, points);
        let before = || self.before(leg.layer, points);
        let layer = &self.network.layers[leg.layer];
        match &leg.route {
            Route::Step(step) => self.journey.track(*step, points),
            Route::Picture(step, flow, stage) => Track::Stage(*stage, flow.clone(), picture(*step)),
            Route::Turn(step, read) => Track::Straight(picture(*step), before() * read),
            Route::Face(step, read) => {
                let flat = layer.affine(before().as_ref());
                Track::Straight(picture(*step), flat * read)
            }
            Route::Bend(read) => {
                let flat = layer.affine(before().as_ref());
                let start = &flat * read;
                Track::Straight(start, layer.activate(flat) * read)
            }
            Route::Read(read, flow, stage) => Track::Stage(*stage, flow.clone(), before() * read),
        }
    }
}

/// The two orthonormal directions (k x 2) that `layer` (2 x k) reads, turned within their plane so that `points` (n x k)
/// are seen as close to `picture` (n x 2) as can be.
fn read_by(layer: &Layer, picture: MatRef<'_, f64>, points: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let view = View {
        mean: vec![0.0; layer.inputs()],
        explained: 1.0,
        axes: svd(layer.weight.as_ref())?.v,
    };
    Ok(view.aligned_to(picture, points)?.axes)
}

/// The share of the variance of `points` (n x k) along `axes` (k x 2), in [0, 1]; 1 where nothing varies.
fn shown(points: MatRef<'_, f64>, axes: &Mat<f64>) -> f64 {
    let total = variance(points);
    if total > 0.0 {
        (variance((points * axes).as_ref()) / total).min(1.0)
    } else {
        1.0
    }
}

fn affine_stages() -> impl Iterator<Item = Stage> {
    Stage::ALL
        .into_iter()
        .filter(|&stage| stage != Stage::Activate)
}

/// The affine map that takes the rows of `from` to those of `to` (both n x 2), as a layer without activation; `None` if none
/// does, or the points do not determine it.
fn plane_map(from: MatRef<'_, f64>, to: MatRef<'_, f64>) -> Option<Layer> {
    let (from_mean, to_mean) = (mean(from), mean(to));
    let centred = |points: MatRef<'_, f64>, mean: &[f64]| {
        Mat::from_fn(points.nrows(), 2, |i, j| points[(i, j)] - mean[j])
    };
    let (x, y) = (centred(from, &from_mean), centred(to, &to_mean));
    let (square, cross) = (x.transpose() * &x, y.transpose() * &x);
    let determinant = square[(0, 0)] * square[(1, 1)] - square[(0, 1)] * square[(1, 0)];
    if determinant <= 1e-12 * square.norm_max() * square.norm_max() {
        return None;
    }
    let inverse = faer::mat![
        [square[(1, 1)] / determinant, -square[(0, 1)] / determinant],
        [-square[(1, 0)] / determinant, square[(0, 0)] / determinant],
    ];
    let weight = cross * inverse;
    let bias = (0..2)
        .map(|i| to_mean[i] - weight[(i, 0)] * from_mean[0] - weight[(i, 1)] * from_mean[1])
        .collect();
    let map = Layer {
        name: String::new(),
        weight,
        bias,
        activation: Activation::Identity,
    };
    let error = (&map.affine(from) - to).norm_max();
    (error <= 1e-9 * y.norm_max().max(f64::MIN_POSITIVE)).then_some(map)
}

fn mean(points: MatRef<'_, f64>) -> Vec<f64> {
    let n = points.nrows().max(1) as f64;
    (0..points.ncols())
        .map(|j| points.col(j).iter().sum::<f64>() / n)
        .collect()
}

/// The sum of the columns' variances, times n.
fn variance(points: MatRef<'_, f64>) -> f64 {
    mean(points)
        .iter()
        .enumerate()
        .map(|(j, mean)| {
            let squares = points.col(j).iter().map(|x| (x - mean) * (x - mean));
            squares.sum::<f64>()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(inputs: usize, units: usize, activation: Activation, seed: usize) -> Layer {
        let number = |k: usize| ((k * 7919 + seed * 104_729) % 1009) as f64 / 504.5 - 1.0;
        Layer {
            name: String::new(),
            weight: Mat::from_fn(units, inputs, |i, j| number(i * inputs + j + 1)),
            bias: (0..units).map(|i| 0.3 * number(1000 + i)).collect(),
            activation,
        }
    }

    #[test]
    fn legs_join_and_lead_to_the_output() {
        let network = Frozen {
            layers: vec![
                layer(2, 31, Activation::Relu, 1),
                layer(31, 2, Activation::Tanh, 2),
                layer(2, 2, Activation::Relu, 3),
            ],
        };
        let data = Mat::from_fn(60, 2, |i, j| {
            ((i * 37 + j * 11 + i * i) % 101) as f64 / 50.0 - 1.0
        });
        let way = Legs::new(&network, None, data.as_ref()).unwrap();
        let acts: Vec<Act> = way.legs.iter().map(|leg| leg.act).collect();
        assert_eq!(acts.iter().filter(|&&act| act == Act::Turn).count(), 1);
        assert_eq!(acts.iter().filter(|&&act| act == Act::Activate).count(), 2);
        assert!(acts.contains(&Act::Stage(Stage::Scale)) && !acts.contains(&Act::Affine));
        let mut before = data.clone();
        for leg in &way.legs {
            let start = way.at(leg, 0.0, data.as_ref());
            assert!(
                (&start - &before).norm_max() < 1e-2 * before.norm_max(),
                "{:?}",
                leg.act
            );
            before = way.at(leg, 1.0, data.as_ref());
        }
        assert_eq!(before, network.forward(data.as_ref()));
    }
}
