//! Continuous motion through one layer of the plane: rotate, scale, rotate, translate, then the activation bends.
//!
//! The weight of a layer from 2 inputs to 2 units is W = U S Vᵀ (singular value decomposition) with U and V proper
//! rotations; where W turns the plane over, the reflection stands in S as a negative entry. Each stage moves every
//! point continuously from where the last one left it:
//!
//! | stage | from t = 0 to t = 1 |
//! | --- | --- |
//! | rotate in | R(tα) x with R(α) = Vᵀ |
//! | scale | ((1 - t) I + t S) x |
//! | rotate out | R(tβ) x with R(β) = U |
//! | translate | x + t b |
//! | activate | (1 - t) z + t φ(z) |
//!
//! Both rotations go the short way: the decomposition is only unique up to quarter turns of the axes, and of the
//! four choices the one with the least turning is taken. Items B8 and D6. For layers from or to more than two
//! dimensions see [`super::view`].

use faer::{Mat, MatRef};

use crate::error::{Error, Result};
use crate::model::Layer;

/// The stages of the motion, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Vᵀ: turns the directions that will be stretched onto the axes.
    RotateIn,
    /// S: stretches the axes, with a reflection if the determinant is negative.
    Scale,
    /// U: turns the stretched axes to where they belong.
    RotateOut,
    /// b.
    Translate,
    /// φ.
    Activate,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 5] = [
        Self::RotateIn,
        Self::Scale,
        Self::RotateOut,
        Self::Translate,
        Self::Activate,
    ];
}

/// The motion of the plane through one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerFlow {
    layer: Layer,
    /// α: the angle of Vᵀ, in radians, in (-π, π].
    pub angle_in: f64,
    /// The diagonal of S: singular values, one negative if det W < 0.
    pub scale: [f64; 2],
    /// β: the angle of U, in radians, in (-π, π].
    pub angle_out: f64,
}

impl LayerFlow {
    /// Decomposes a layer from the plane to the plane.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::geometry::{LayerFlow, Stage};
    /// use foldspace::model::{Activation, Layer};
    ///
    /// let mirror = Layer {
    ///     name: "mirror".into(),
    ///     weight: mat![[2.0, 0.0], [0.0, -1.0]],
    ///     bias: vec![0.0, 1.0],
    ///     activation: Activation::Relu,
    /// };
    /// let flow = LayerFlow::new(&mirror)?;
    /// assert_eq!(flow.scale, [2.0, -1.0]); // nothing to rotate, a reflection
    /// let points = mat![[1.0, 3.0], [-2.0, 0.5]];
    /// assert_eq!(flow.at(Stage::Activate, 1.0, points.as_ref()), mirror.forward(points.as_ref()));
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the layer does not have 2 inputs and 2 units, or its weight is not finite.
    pub fn new(layer: &Layer) -> Result<Self> {
        if layer.inputs() != 2 || layer.units() != 2 || layer.bias.len() != 2 {
            return Err(Error::matrix(
                "layer flow",
                format!(
                    "layer {} maps {} inputs to {} units; only a layer from the plane to the plane moves it",
                    layer.name,
                    layer.inputs(),
                    layer.units()
                ),
            ));
        }
        let w = &layer.weight;
        let (a, b, c, d) = (w[(0, 0)], w[(0, 1)], w[(1, 0)], w[(1, 1)]);
        if ![a, b, c, d].iter().all(|entry| entry.is_finite()) {
            return Err(Error::matrix(
                "layer flow",
                format!("the weight of layer {} is not finite", layer.name),
            ));
        }
        let (angle_in, scale, angle_out) = decompose(a, b, c, d);
        Ok(Self {
            layer: layer.clone(),
            angle_in,
            scale,
            angle_out,
        })
    }

    /// Where the rows of `points` (n x 2, positions before the layer) are at time `t` in \[0, 1\] of `stage`.
    ///
    /// The end of a stage is the beginning of the next (to rounding); the end of the last is the layer's output.
    pub fn at(&self, stage: Stage, t: f64, points: MatRef<'_, f64>) -> Mat<f64> {
        if stage == Stage::Activate {
            // From the layer itself, so that the motion ends exactly where the network does.
            let z = self.layer.affine(points);
            let image = self.layer.activate(z.clone());
            if t >= 1.0 {
                return image;
            }
            return Mat::from_fn(z.nrows(), 2, |i, j| {
                (1.0 - t) * z[(i, j)] + t * image[(i, j)]
            });
        }
        let progress = |of: Stage| match stage.cmp(&of) {
            std::cmp::Ordering::Less => 0.0,
            std::cmp::Ordering::Equal => t,
            std::cmp::Ordering::Greater => 1.0,
        };
        let scaling = progress(Stage::Scale);
        let moved = self
            .layer
            .bias
            .iter()
            .map(|b| progress(Stage::Translate) * b);
        let moved: Vec<f64> = moved.collect();
        let stretch = self.scale.map(|s| (1.0 - scaling) + scaling * s);
        let first = rotation(progress(Stage::RotateIn) * self.angle_in);
        let last = rotation(progress(Stage::RotateOut) * self.angle_out);
        let mut image = Mat::zeros(points.nrows(), 2);
        for i in 0..points.nrows() {
            let [x, y] = apply(first, [points[(i, 0)], points[(i, 1)]]);
            let [x, y] = apply(last, [stretch[0] * x, stretch[1] * y]);
            image[(i, 0)] = x + moved[0];
            image[(i, 1)] = y + moved[1];
        }
        image
    }
}

/// \[\[a, b\], \[c, d\]\] = R(out) diag(scale) R(in), with the least turning.
///
/// Closed form: with h = R(θ) parts (a + d, c - b) and (a - d, c + b) of lengths 2p and 2q, the signed singular
/// values are p + q and p - q, and the angles half the sum and difference of the parts' angles.
fn decompose(a: f64, b: f64, c: f64, d: f64) -> (f64, [f64; 2], f64) {
    let (p, q) = (
        0.5 * libm::hypot(a + d, c - b),
        0.5 * libm::hypot(a - d, c + b),
    );
    let sum = libm::atan2(c - b, a + d);
    let difference = libm::atan2(c + b, a - d);
    // A multiple of a rotation (q = 0) or of a reflection (p = 0) fits any angle: keep the turning small.
    let sum = if p == 0.0 { difference } else { sum };
    let difference = if q == 0.0 { sum } else { difference };
    let (out, inward) = (0.5 * (sum + difference), 0.5 * (sum - difference));
    let quarter = std::f64::consts::FRAC_PI_2;
    let mut best = (f64::INFINITY, (0.0, [0.0; 2], 0.0));
    for turns in [0, 1, 2, 3] {
        let (o, i) = (
            short_way(out + f64::from(turns) * quarter),
            short_way(inward - f64::from(turns) * quarter),
        );
        let scale = if turns % 2 == 0 {
            [p + q, p - q]
        } else {
            [p - q, p + q]
        };
        let turning = o.abs() + i.abs();
        if turning < best.0 - 1e-12 {
            best = (turning, (i, scale, o));
        }
    }
    best.1
}

/// The same angle in (-π, π].
fn short_way(angle: f64) -> f64 {
    let turn = std::f64::consts::TAU;
    let rest = angle - turn * (angle / turn).round();
    if rest <= -std::f64::consts::PI {
        rest + turn
    } else {
        rest
    }
}

fn rotation(angle: f64) -> [f64; 2] {
    [libm::cos(angle), libm::sin(angle)]
}

fn apply([cos, sin]: [f64; 2], [x, y]: [f64; 2]) -> [f64; 2] {
    [cos * x - sin * y, sin * x + cos * y]
}
