//! A network frozen at one epoch: plain `f64` matrices, for geometry and drawing.
//!
//! Training happens in Burn ([`mlp`](super::mlp)); pictures need the same function at many points, in `f64`, from
//! files, with no device. A test holds the two against each other.

use faer::{Mat, MatRef};

use super::activation::relu;
use super::{Activation, fast};

/// How many points go through a network at a time, so that what its layers make of them stays in the processor's cache.
pub(super) const ROWS: usize = 256;

/// One layer: y = φ(W x + b).
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// The name that taps and files use, such as `embedding`.
    pub name: String,
    /// W, (units x inputs): the textbook's and PyTorch's orientation, the transpose of Burn's.
    pub weight: Mat<f64>,
    /// b, one entry per unit; zeros where the layer has none.
    pub bias: Vec<f64>,
    /// φ.
    pub activation: Activation,
}

impl Layer {
    /// The number of inputs.
    pub fn inputs(&self) -> usize {
        self.weight.ncols()
    }

    /// The number of units, which is the number of outputs.
    pub fn units(&self) -> usize {
        self.weight.nrows()
    }

    /// W x + b for every row x of `points`: (n x inputs) to (n x units).
    pub fn affine(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        let mut z = points * self.weight.transpose();
        for (unit, bias) in self.bias.iter().enumerate() {
            for z in z.col_mut(unit).iter_mut() {
                *z += bias;
            }
        }
        z
    }

    /// φ of every row: (n x units) to (n x units).
    pub fn activate(&self, mut z: Mat<f64>) -> Mat<f64> {
        if self.activation == Activation::Identity {
            return z;
        }
        if self.activation == Activation::Softmax {
            let mut sample = vec![0.0; z.ncols()];
            for i in 0..z.nrows() {
                for (j, unit) in sample.iter_mut().enumerate() {
                    *unit = z[(i, j)];
                }
                self.activation.apply(&mut sample);
                for (j, unit) in sample.iter().enumerate() {
                    z[(i, j)] = *unit;
                }
            }
            return z;
        }
        for unit in 0..z.ncols() {
            let column = z.col_as_slice_mut(unit);
            match self.activation {
                Activation::Tanh => fast::tanh(column),
                Activation::Sigmoid => fast::sigmoid(column),
                // Not a match for every number.
                Activation::Relu => column.iter_mut().for_each(|z| *z = relu(*z)),
                activation => {
                    for value in column {
                        *value = activation.value(*value).unwrap_or(*value);
                    }
                }
            }
        }
        z
    }

    /// φ(W x + b) for every row x of `points`.
    pub fn forward(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        self.activate(self.affine(points))
    }
}

/// A feed-forward network as the list of its layers.
///
/// ```
/// use faer::mat;
/// use foldspace::model::{Activation, Frozen, Layer};
///
/// let lift = Layer {
///     name: "hidden".into(),
///     weight: mat![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], // (3 x 2): "places" the plane in space
///     bias: vec![0.0, 0.0, -1.0],
///     activation: Activation::Relu,
/// };
/// let network = Frozen { layers: vec![lift] };
/// assert_eq!(network.forward(mat![[1.0, 2.0]].as_ref()), mat![[1.0, 2.0, 2.0]]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Frozen {
    /// From the input to the output.
    pub layers: Vec<Layer>,
}

impl Frozen {
    /// The network's output for every row of `points`: (n x inputs) to (n x outputs).
    pub fn forward(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        let Some((first, rest)) = self.layers.split_first() else {
            return points.to_owned();
        };
        let n = points.nrows();
        let outputs = rest.last().unwrap_or(first).units();
        let mut y = Mat::zeros(n, outputs);
        for start in (0..n).step_by(ROWS) {
            let rows = ROWS.min(n - start);
            let image = first.forward(points.subrows(start, rows));
            let image = rest
                .iter()
                .fold(image, |x, layer| layer.forward(x.as_ref()));
            y.subrows_mut(start, rows).copy_from(&image);
        }
        y
    }

    /// The position of the layer that is called `name`.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.layers.iter().position(|layer| layer.name == name)
    }

    /// Cuts the network behind its first `layers` layers: what comes before, and what follows.
    ///
    /// # Panics
    /// If there are fewer layers than that.
    pub fn split_at(&self, layers: usize) -> (Self, Self) {
        let (head, tail) = self.layers.split_at(layers);
        let part = |layers: &[Layer]| Self {
            layers: layers.to_vec(),
        };
        (part(head), part(tail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_points_go_where_each_goes() {
        let layer = |units: usize, inputs: usize, activation| Layer {
            name: String::new(),
            weight: Mat::from_fn(units, inputs, |i, j| libm::sin((1 + 3 * i + 7 * j) as f64)),
            bias: (0..units).map(|unit| libm::cos(unit as f64)).collect(),
            activation,
        };
        let layers = vec![
            layer(5, 2, Activation::Tanh),
            layer(3, 5, Activation::Softmax),
        ];
        let network = Frozen { layers };
        for n in [0, 1, ROWS, ROWS + 1, 2 * ROWS + 7] {
            let points = Mat::from_fn(n, 2, |i, j| libm::sin((2 * i + j) as f64));
            let images = network.forward(points.as_ref());
            assert_eq!((images.nrows(), images.ncols()), (n, 3));
            for (i, point) in points.row_iter().enumerate() {
                let hidden: Vec<f64> = (0..5)
                    .map(|unit| {
                        let Layer { weight, bias, .. } = &network.layers[0];
                        let (x, y) = (point[0] * weight[(unit, 0)], point[1] * weight[(unit, 1)]);
                        libm::tanh(x + y + bias[unit])
                    })
                    .collect();
                let scores: Vec<f64> = (0..3)
                    .map(|unit| {
                        let Layer { weight, bias, .. } = &network.layers[1];
                        let terms = hidden.iter().enumerate();
                        libm::exp(
                            bias[unit] + terms.map(|(j, h)| weight[(unit, j)] * h).sum::<f64>(),
                        )
                    })
                    .collect();
                let sum: f64 = scores.iter().sum();
                for (unit, score) in scores.into_iter().enumerate() {
                    assert!((images[(i, unit)] - score / sum).abs() < 1e-14, "{n}: {i}");
                }
            }
        }
    }
}
