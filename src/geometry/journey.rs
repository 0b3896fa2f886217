//! The plane's way through a whole network, as one continuous motion on a flat picture (item D6).
//!
//! Layer by layer: one from the plane to the plane moves in the five stages of [`LayerFlow`]; any other in two steps,
//! its affine map and its activation, each from one [`View`] straight to the next. Every step begins where the last
//! one ended. The journey ends at the last layer with at least two units: what follows is the straight line.
//!
//! Inputs of more than two dimensions are seen on a [`Slice`] at first. What moves are the points themselves, through all of
//! every layer: only the picture of them is flat.

use faer::{Mat, MatRef};

use super::view::blend;
use super::{LayerFlow, Slice, Stage, View};
use crate::error::{Error, Result};
use crate::model::{Frozen, Layer};

/// One step of the motion.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The position of the layer in the network.
    pub layer: usize,
    /// What happens.
    pub motion: Motion,
    /// The share of the data's variance that the picture shows at the end of the step, in \[0, 1\].
    pub explained: f64,
}

/// What happens in a step.
#[derive(Debug, Clone, PartialEq)]
pub enum Motion {
    /// A stage of a layer from the plane to the plane.
    Plane(Stage),
    /// The affine map W x + b of a layer from or to more than two dimensions.
    Affine,
    /// The activation of such a layer.
    Activate,
}

/// The motion of a network, with the views that its data suggest.
#[derive(Debug, Clone, PartialEq)]
pub struct Journey {
    network: Frozen,
    /// How the inputs are seen, where there are more than two.
    entrance: Option<Slice>,
    /// Before and after each layer's activation.
    views: Vec<[View; 2]>,
    flows: Vec<Option<LayerFlow>>,
    /// The steps in order.
    pub steps: Vec<Step>,
}

impl Journey {
    /// Plans the motion of `network` (from 2 inputs) as its `data` (n x 2) see it: the views of wide layers are the
    /// principal planes of the data's images there. Layers of exactly two units are shown in their own coordinates.
    ///
    /// ```
    /// use faer::{Mat, mat};
    /// use foldspace::geometry::Journey;
    /// use foldspace::model::{Activation, Frozen, Layer};
    ///
    /// let turn = Layer {
    ///     name: "turn".into(),
    ///     weight: mat![[0.0, -1.0], [1.0, 0.0]],
    ///     bias: vec![0.0, 0.0],
    ///     activation: Activation::Tanh,
    /// };
    /// let network = Frozen { layers: vec![turn] };
    /// let data = mat![[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
    /// let journey = Journey::new(&network, data.as_ref())?;
    /// assert_eq!(journey.steps.len(), 5);
    /// assert_eq!(journey.at(0, 0.0, data.as_ref()), data);
    /// assert_eq!(journey.at(4, 1.0, data.as_ref()), network.forward(data.as_ref()));
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the data are not in the plane, there are fewer than two, a layer does not fit what comes before it, or a
    /// number is not finite.
    pub fn new(network: &Frozen, data: MatRef<'_, f64>) -> Result<Self> {
        if data.ncols() != 2 || data.nrows() < 2 {
            return Err(Error::matrix(
                "journey",
                format!(
                    "the data are {} x {}; it takes at least 2 points of the plane",
                    data.nrows(),
                    data.ncols()
                ),
            ));
        }
        Self::plan(network, None, data)
    }

    /// The motion of `network` from d inputs, whose `data` (n x d) are seen on `entrance` before the first layer.
    ///
    /// # Errors
    /// As [`new`](Self::new); and if the data do not have the dimensions of `entrance`.
    pub fn from_slice(network: &Frozen, entrance: &Slice, data: MatRef<'_, f64>) -> Result<Self> {
        if data.ncols() != entrance.origin.len() || data.nrows() < 2 {
            return Err(Error::matrix(
                "journey",
                format!(
                    "the data are {} x {}, the plane to see them on lies in {} dimensions; it takes at least 2 points",
                    data.nrows(),
                    data.ncols(),
                    entrance.origin.len()
                ),
            ));
        }
        Self::plan(network, Some(entrance.clone()), data)
    }

    fn plan(network: &Frozen, entrance: Option<Slice>, data: MatRef<'_, f64>) -> Result<Self> {
        let layers: Vec<Layer> = network
            .layers
            .iter()
            .take_while(|layer| layer.units() >= 2)
            .cloned()
            .collect();
        let mut journey = Self {
            entrance,
            network: Frozen { layers },
            views: Vec::new(),
            flows: Vec::new(),
            steps: Vec::new(),
        };
        let (mut h, mut picture) = (data.to_owned(), journey.seen(data));
        for (l, layer) in journey.network.layers.iter().enumerate() {
            if layer.inputs() != h.ncols() || layer.bias.len() != layer.units() {
                return Err(Error::matrix(
                    "journey",
                    format!(
                        "layer {} takes {} inputs and gets {}",
                        layer.name,
                        layer.inputs(),
                        h.ncols()
                    ),
                ));
            }
            let z = layer.affine(h.as_ref());
            let before = view_after(picture.as_ref(), z.as_ref())?;
            picture = before.project(z.as_ref());
            h = layer.activate(z);
            let after = view_after(picture.as_ref(), h.as_ref())?;
            picture = after.project(h.as_ref());

            let flat = layer.inputs() == 2 && layer.units() == 2;
            let motions = if flat {
                Stage::ALL.map(Motion::Plane).to_vec()
            } else {
                vec![Motion::Affine, Motion::Activate]
            };
            for motion in motions {
                let ends = if motion == Motion::Affine {
                    &before
                } else {
                    &after
                };
                journey.steps.push(Step {
                    layer: l,
                    motion,
                    explained: ends.explained,
                });
            }
            journey.flows.push(if flat {
                Some(LayerFlow::new(layer)?)
            } else {
                None
            });
            journey.views.push([before, after]);
        }
        Ok(journey)
    }

    /// The picture of input space.
    fn seen(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        match &self.entrance {
            Some(slice) => slice.project(points),
            None => points.to_owned(),
        }
    }

    /// Where the rows of `points` (n x inputs, in input space: data, or a [`super::Grid`]'s samples) are on the picture at
    /// time `t` in \[0, 1\] of step `step`: (n x 2).
    ///
    /// # Panics
    /// If there is no such step, or the points do not have as many columns as there are inputs.
    pub fn at(&self, step: usize, t: f64, points: MatRef<'_, f64>) -> Mat<f64> {
        self.track(step, points).at(t)
    }

    /// The way of the rows of `points` through step `step`.
    pub(crate) fn track(&self, step: usize, points: MatRef<'_, f64>) -> Track {
        let step = &self.steps[step];
        let (head, rest) = self.network.layers.split_at(step.layer);
        let layer = &rest[0];
        let h = head
            .iter()
            .fold(points.to_owned(), |h, layer| layer.forward(h.as_ref()));
        if let (Motion::Plane(stage), Some(flow)) = (&step.motion, &self.flows[step.layer]) {
            return Track::Stage(*stage, flow.clone(), h);
        }
        let [before, after] = &self.views[step.layer];
        let z = layer.affine(h.as_ref());
        let middle = before.project(z.as_ref());
        if step.motion == Motion::Affine {
            let start = match step.layer.checked_sub(1) {
                Some(last) => self.views[last][1].project(h.as_ref()),
                None => self.seen(h.as_ref()),
            };
            return Track::Straight(start, middle);
        }
        let end = after.project(layer.activate(z).as_ref());
        Track::Straight(middle, end)
    }
}

/// The way of points through a step, all but the time worked out: what a film asks for anew in every picture.
#[derive(Debug)]
pub(crate) enum Track {
    /// Straight from one picture (n x 2) to another.
    Straight(Mat<f64>, Mat<f64>),
    /// Through a stage of a map from the plane to the plane, from a picture (n x 2).
    Stage(Stage, LayerFlow, Mat<f64>),
}

impl Track {
    /// Where the points are at time `t` in \[0, 1\]: (n x 2).
    pub(crate) fn at(&self, t: f64) -> Mat<f64> {
        match self {
            Self::Straight(from, to) => blend(from.as_ref(), to.as_ref(), t),
            Self::Stage(stage, flow, start) => flow.at(*stage, t, start.as_ref()),
        }
    }
}

/// The view of `points` (n x k) that continues `picture` (n x 2): turned towards it, unless the points are in the
/// plane, where their own coordinates count.
fn view_after(picture: MatRef<'_, f64>, points: MatRef<'_, f64>) -> Result<View> {
    let view = View::of(points)?;
    if points.ncols() == 2 {
        return Ok(view);
    }
    view.aligned_to(picture, points)
}
