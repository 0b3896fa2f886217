//! A network frozen at one epoch: plain `f64` matrices, for geometry and drawing.
//!
//! Training happens in Burn ([`mlp`](super::mlp)); pictures need the same function at many points, in `f64`, from
//! files, with no device. A test holds the two against each other.

use faer::{Mat, MatRef};

use super::activation::relu;
use super::{Activation, fast};

/// How many points go through a network at a time, so that what its layers make of them stays in the processor's cache.
const ROWS: usize = 256;

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
        let through = |points: MatRef<'_, f64>| {
            rest.iter()
                .fold(first.forward(points), |x, layer| layer.forward(x.as_ref()))
        };
        let n = points.nrows();
        if n <= ROWS {
            return through(points);
        }
        let outputs = rest.last().unwrap_or(first).units();
        let mut y = Mat::zeros(n, outputs);
        for start in (0..n).step_by(ROWS) {
            let rows = ROWS.min(n - start);
            let part = through(points.subrows(start, rows));
            y.subrows_mut(start, rows).copy_from(&part);
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
