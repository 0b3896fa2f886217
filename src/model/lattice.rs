//! A network at the points of a lattice, such as heat maps and graph paper are drawn from.
//!
//! What a unit of the first layer adds up is there a part a of the one coordinate and a part b of the other, and
//!
//! ```text
//! e^(-2 (a + b)) = e^(-2 a) e^(-2 b),    tanh z = (1 - e^(-2 z)) / (1 + e^(-2 z))
//! ```
//!
//! so that it takes an exponential per row and column, and per point a product and a division.

use std::ops::Range;

use faer::Mat;

use super::frozen::ROWS;
use super::{Activation, Frozen, Layer, fast};

/// Exponents at most this large are multiplied as powers: what rounding adds to tanh and the logistic function is below 1e-14.
const LARGEST: f64 = 40.0;

/// One coordinate of a lattice's points.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// Which of the two coordinates.
    pub coordinate: usize,
    /// Its values.
    pub places: &'a [f64],
}

impl Frozen {
    /// The network's output at every point of a lattice in the plane: (places of both axes x outputs), `inner` changing from row to
    /// row. As [`forward`](Self::forward) at these points, to 1e-14 in the first layer.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::model::{Activation, Axis, Frozen, Layer};
    ///
    /// let network = Frozen {
    ///     layers: vec![Layer {
    ///         name: "hidden".into(),
    ///         weight: mat![[1.0, 2.0]],
    ///         bias: vec![0.5],
    ///         activation: Activation::Tanh,
    ///     }],
    /// };
    /// let x = Axis { coordinate: 0, places: &[0.0, 1.0] };
    /// let y = Axis { coordinate: 1, places: &[0.0, 0.1, 0.2] };
    /// let values = network.forward_lattice(x, y);
    /// assert_eq!(values.nrows(), 6);
    /// assert!((values[(3, 0)] - f64::tanh(1.0 + 0.2 + 0.5)).abs() < 1e-14); // (1, 0.1)
    /// ```
    ///
    /// # Panics
    /// If the network does not start in the plane, or the axes are not its two coordinates.
    pub fn forward_lattice(&self, inner: Axis<'_>, outer: Axis<'_>) -> Mat<f64> {
        assert!(
            inner.coordinate + outer.coordinate == 1,
            "a lattice has the coordinates 0 and 1"
        );
        let (columns, rows) = (inner.places.len(), outer.places.len());
        let bends =
            |layer: &Layer| matches!(layer.activation, Activation::Tanh | Activation::Sigmoid);
        let Some((first, rest)) = self.layers.split_first().filter(|(first, _)| bends(first))
        else {
            let points = Mat::from_fn(columns * rows, 2, |i, coordinate| {
                if coordinate == inner.coordinate {
                    inner.places[i % columns]
                } else {
                    outer.places[i / columns]
                }
            });
            return self.forward(points.as_ref());
        };
        let parts = Parts::new(first, inner, outer);
        let outputs = rest.last().unwrap_or(first).units();
        let mut y = Mat::zeros(columns * rows, outputs);
        // Some whole rows at a time, or a part of one that is longer.
        let across = columns.clamp(1, ROWS);
        let step = ROWS / across;
        for row in (0..rows).step_by(step) {
            for column in (0..columns).step_by(across) {
                let some = [
                    row..rows.min(row + step),
                    column..columns.min(column + across),
                ];
                let image = parts.values(some);
                let image = rest
                    .iter()
                    .fold(image, |x, layer| layer.forward(x.as_ref()));
                y.subrows_mut(row * columns + column, image.nrows())
                    .copy_from(&image);
            }
        }
        y
    }
}

/// What each unit of a first layer has of the two coordinates.
struct Parts {
    activation: Activation,
    /// (places of the inner axis x units), and the same of the outer, with the bias: to be added up, or, where `are_powers` says so,
    /// e to the minus twice the number (tanh) or to the minus number (logistic function), to be multiplied.
    inner: Mat<f64>,
    outer: Mat<f64>,
    are_powers: Vec<bool>,
}

impl Parts {
    fn new(layer: &Layer, inner: Axis<'_>, outer: Axis<'_>) -> Self {
        let part = |axis: Axis<'_>, bias: bool| {
            Mat::from_fn(axis.places.len(), layer.units(), |i, unit| {
                let start = if bias { layer.bias[unit] } else { 0.0 };
                axis.places[i] * layer.weight[(unit, axis.coordinate)] + start
            })
        };
        let mut parts = Self {
            activation: layer.activation,
            inner: part(inner, false),
            outer: part(outer, true),
            are_powers: Vec::with_capacity(layer.units()),
        };
        let factor = match layer.activation {
            Activation::Tanh => 2.0,
            _ => 1.0,
        };
        for unit in 0..layer.units() {
            let both = [&mut parts.inner, &mut parts.outer].map(|part| part.col_as_slice_mut(unit));
            let are_small = both
                .iter()
                .all(|part| part.iter().all(|z| factor * z.abs() <= LARGEST));
            parts.are_powers.push(are_small);
            if are_small {
                for part in both {
                    part.iter_mut().for_each(|z| *z *= factor);
                    fast::exp_of_minuses(part);
                }
            }
        }
        parts
    }

    /// The layer's output where some rows and columns of the lattice meet.
    fn values(&self, [rows, columns]: [Range<usize>; 2]) -> Mat<f64> {
        let mut values = Mat::zeros(rows.len() * columns.len(), self.inner.ncols());
        for (unit, &are_powers) in self.are_powers.iter().enumerate() {
            let inner = &self.inner.col_as_slice(unit)[columns.clone()];
            let outer = &self.outer.col_as_slice(unit)[rows.clone()];
            let values = values.col_as_slice_mut(unit);
            for (values, outer) in values.chunks_exact_mut(inner.len()).zip(outer) {
                for (value, inner) in values.iter_mut().zip(inner) {
                    *value = if are_powers {
                        inner * outer
                    } else {
                        inner + outer
                    };
                }
            }
            match (self.activation, are_powers) {
                (Activation::Tanh, true) => fast::tanh_of_exp(values),
                (Activation::Tanh, false) => fast::tanh(values),
                (_, true) => fast::sigmoid_of_exp(values),
                (_, false) => fast::sigmoid(values),
            }
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn network(activation: Activation, weights: &[f64], scale: f64) -> Frozen {
        let layer = |units: usize, inputs: usize, scale: f64, activation| Layer {
            name: String::new(),
            weight: Mat::from_fn(units, inputs, |i, j| {
                scale * weights[(7 * i + 3 * j) % weights.len()]
            }),
            bias: (0..units)
                .map(|unit| scale * weights[(5 * unit + 1) % weights.len()])
                .collect(),
            activation,
        };
        Frozen {
            layers: vec![
                layer(6, 2, scale, activation),
                layer(2, 6, 1.0, Activation::Tanh),
            ],
        }
    }

    proptest! {
        #[test]
        fn a_lattice_is_its_points(
            activation in prop_oneof![
                Just(Activation::Tanh), Just(Activation::Sigmoid), Just(Activation::Relu), Just(Activation::Softmax)
            ],
            weights in prop::collection::vec(-1.0..1.0_f64, 13),
            scale in prop_oneof![Just(0.0), Just(1.0), Just(9.0), Just(60.0), Just(1e5), Just(1e300)],
            columns in prop_oneof![0usize..300, 500usize..520],
            rows in 0usize..5,
            swapped in any::<bool>(),
        ) {
            let network = network(activation, &weights, scale);
            let places = |n: usize| (0..n).map(|i| -1.5 + 3.1 * i as f64 / n as f64).collect::<Vec<f64>>();
            let (inner, outer) = (places(columns), places(rows));
            let coordinate = usize::from(swapped);
            let values = network.forward_lattice(
                Axis { coordinate, places: &inner },
                Axis { coordinate: 1 - coordinate, places: &outer },
            );
            let points = Mat::from_fn(columns * rows, 2, |i, j| {
                if j == coordinate { inner[i % columns] } else { outer[i / columns] }
            });
            let expected = network.forward(points.as_ref());
            prop_assert_eq!((values.nrows(), values.ncols()), (expected.nrows(), expected.ncols()));
            // Six units, each off by at most 1e-14; sums of larger terms are off by their own rounding before any tanh, and those of
            // the largest far from where it bends.
            let most = 6e-14 + if (10.0..1e6).contains(&scale) { 1e-16 * scale } else { 0.0 };
            for (value, expected) in (0..values.nrows()).flat_map(|i| [0, 1].map(|j| (values[(i, j)], expected[(i, j)]))) {
                prop_assert!((value - expected).abs() <= most, "{value} {expected}");
            }
        }
    }
}
