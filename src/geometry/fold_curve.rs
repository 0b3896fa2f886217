//! Where a smooth network folds the plane: the curves on which the determinant of its Jacobian is zero.
//!
//! Between two layers of two units the determinant is a product, det J = Π det J_k over the parts of the network from
//! plane to plane, and a part of one layer has det W φ'(z_1) φ'(z_2). Its sign is taken part by part, so that slopes which
//! are tiny but positive, as of tanh far out, make no fold. Away from the curves the sign is + or -; the curves are traced by
//! [`Sampling`], so their vertices lie on them to rounding, and what is smaller than a cell of the lattice can be missed.

use std::cell::Cell;

use faer::MatRef;

use super::slope::slope;
use super::{Bounds, Polyline, boundary::Sampling};
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// The folds of a network's first layers within a window.
#[derive(Debug, Clone, PartialEq)]
pub struct FoldCurve {
    /// Curves in the input plane on which det J = 0, the part that is not turned over on their left.
    pub curves: Vec<Polyline>,
    /// At the corners of the lattice, row by row from below: 1 where the plane is not turned over, -1 where it is, 0 where
    /// the sign is lost to rounding.
    pub signs: Vec<i8>,
    /// Cells along each side of the lattice.
    pub cells: usize,
}

impl FoldCurve {
    /// The shares of the lattice's corners that are kept, turned over, and undecided.
    pub fn shares(&self) -> [f64; 3] {
        [1, -1, 0].map(|sign| {
            let count = self.signs.iter().filter(|&&other| other == sign).count();
            count as f64 / self.signs.len().max(1) as f64
        })
    }
}

/// The fold curves of the first `layers` layers of `network`, a map from the plane to the plane, within `window`, on a
/// lattice of `cells` cells along each side.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::{Bounds, fold_curve};
/// use foldspace::model::{Activation, Frozen, Layer};
/// // SiLU falls left of its lowest point, so space is turned over there.
/// let layer = |activation| Layer { name: "hidden".into(), weight: mat![[1.0, 0.0], [0.0, 1.0]], bias: vec![0.0, 9.0], activation };
/// let window = Bounds::new((-3.0, 3.0), (-3.0, 3.0))?;
/// let found = fold_curve(&Frozen { layers: vec![layer(Activation::Silu)] }, 1, window, 21)?;
/// assert_eq!(found.curves.len(), 1);
/// assert!(found.curves[0].points.iter().all(|p| (p[0] + 1.2784645427610738).abs() < 1e-12));
/// // tanh only rises.
/// let found = fold_curve(&Frozen { layers: vec![layer(Activation::Tanh)] }, 1, window, 21)?;
/// assert!(found.curves.is_empty());
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the layers do not lead from two inputs to two units, one of them ends in a softmax, or as
/// [`level_set`](super::level_set).
pub fn fold_curve(
    network: &Frozen,
    layers: usize,
    window: Bounds,
    cells: usize,
) -> Result<FoldCurve> {
    let parts = parts(network, layers)?;
    let strict = Cell::new(true);
    let height = |points: MatRef<'_, f64>| {
        (0..points.nrows())
            .map(|i| {
                let (value, certain) = turn(&parts, [points[(i, 0)], points[(i, 1)]]);
                if certain || !strict.get() {
                    value
                } else {
                    f64::NAN
                }
            })
            .collect()
    };
    let sampling = Sampling::new(height, window, [cells; 2])?;
    strict.set(false);
    let signs = sampling.values().iter().map(|&value| {
        if value > 0.0 {
            1
        } else if value < 0.0 {
            -1
        } else {
            0
        }
    });
    Ok(FoldCurve {
        signs: signs.collect(),
        curves: sampling.level_set(0.0)?,
        cells,
    })
}

/// The layers in groups, each from two inputs to two units.
pub(super) fn parts(network: &Frozen, layers: usize) -> Result<Vec<&[Layer]>> {
    let head = network
        .layers
        .get(..layers)
        .filter(|head| head.last().is_some_and(|last| last.units() == 2));
    let Some(head) = head else {
        return Err(super::folds::not_a_plane(network, layers));
    };
    let mut width = 2;
    for (position, layer) in head.iter().enumerate() {
        if layer.inputs() != width {
            return Err(super::complex::misfit(layer, width, position));
        }
        width = layer.units();
        if layer.activation == Activation::Softmax {
            return Err(Error::invalid(
                format!("layer {}", layer.name),
                "a softmax over two units crushes the plane to a line",
                "ask for the layer before it",
            ));
        }
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for (k, layer) in head.iter().enumerate() {
        if layer.units() == 2 {
            parts.push(&head[from..=k]);
            from = k + 1;
        }
    }
    Ok(parts)
}

/// A number with the sign of det J at `x`, zero where it is, and continuous; and whether rounding cannot have changed the
/// sign.
fn turn(parts: &[&[Layer]], x: [f64; 2]) -> (f64, bool) {
    let mut point = x.to_vec();
    let (mut sign, mut logarithm, mut count, mut certain) = (1.0, 0.0, 0.0, true);
    let mut multiply = |factor: f64| {
        sign *= factor.signum() * f64::from(factor != 0.0);
        logarithm += libm::log(factor.abs().max(f64::MIN_POSITIVE));
        count += 1.0;
    };
    for part in parts {
        // Rows of the Jacobian, and what their entries would be were all signs plus: a measure of their rounding.
        let mut rows = vec![[1.0, 0.0, 1.0, 0.0], [0.0, 1.0, 0.0, 1.0]];
        let mut terms = 8.0;
        for (k, layer) in part.iter().enumerate() {
            let weight = &layer.weight;
            let mut next = vec![[0.0; 4]; layer.units()];
            let mut z = layer.bias.clone();
            terms += layer.inputs() as f64 + 8.0;
            for unit in 0..layer.units() {
                for (j, row) in rows.iter().enumerate() {
                    let w = weight[(unit, j)];
                    z[unit] += w * point[j];
                    for (axis, entry) in next[unit].iter_mut().enumerate() {
                        *entry += if axis < 2 { w } else { w.abs() } * row[axis];
                    }
                }
            }
            let slopes = z.iter().map(|&z| slope(layer.activation, z).unwrap_or(1.0));
            let slopes: Vec<f64> = slopes.collect();
            point = z;
            layer.activation.apply(&mut point);
            if k + 1 == part.len() {
                let [p, q] = [next[0], next[1]].map(|row| {
                    let size = row[2].abs() + row[3].abs();
                    row.map(|v| v / size.max(f64::MIN_POSITIVE))
                });
                let determinant = p[0] * q[1] - p[1] * q[0];
                let doubt = terms * f64::EPSILON * (p[2] * q[3] + p[3] * q[2]);
                certain &= determinant.abs() > doubt;
                multiply(determinant);
                slopes.iter().for_each(|&slope| multiply(slope));
            } else {
                for (row, slope) in next.iter_mut().zip(&slopes) {
                    let size = slope.abs();
                    *row = [slope * row[0], slope * row[1], size * row[2], size * row[3]];
                }
                let largest = next.iter().flatten().fold(0.0, |m: f64, v| m.max(v.abs()));
                if largest > 0.0 {
                    next.iter_mut().flatten().for_each(|v| *v /= largest);
                }
            }
            rows = next;
        }
    }
    (sign * libm::exp(logarithm / f64::max(count, 1.0)), certain)
}
