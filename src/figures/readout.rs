//! The last layer of a two-class network: a straight line in the space before it.

use faer::{Mat, MatRef};

use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// The hyperplane w · h + b = 0 at which the last layer's decision changes: probability 1/2, both classes equally likely.
#[derive(Debug, Clone, PartialEq)]
pub struct Readout {
    /// w, one entry per unit of the layer before.
    pub normal: Vec<f64>,
    /// b.
    pub offset: f64,
}

impl Readout {
    /// Of one sigmoid unit, w and b themselves; of two softmax or identity units, the difference of the second and the first. One
    /// identity unit, trained on 0 and 1, predicts class 1 from an output of 1/2 on: there the height is 4 (w · h + b - 1/2),
    /// whose sigmoid is close to the output.
    ///
    /// # Errors
    /// If the network has another kind of output, so that there is no single hyperplane.
    pub fn of(network: &Frozen) -> Result<Self> {
        let refuse = |problem: String| Error::matrix("separating hyperplane", problem);
        let last = network
            .layers
            .last()
            .ok_or_else(|| refuse("the network has no layers".into()))?;
        let row = |unit: usize| (0..last.inputs()).map(move |j| last.weight[(unit, j)]);
        match (last.units(), last.activation) {
            (1, Activation::Sigmoid) => Ok(Self {
                normal: row(0).collect(),
                offset: last.bias[0],
            }),
            (1, Activation::Identity) => Ok(Self {
                normal: row(0).map(|w| 4.0 * w).collect(),
                offset: 4.0 * (last.bias[0] - 0.5),
            }),
            (2, Activation::Softmax | Activation::Identity) => Ok(Self {
                normal: row(1).zip(row(0)).map(|(b, a)| b - a).collect(),
                offset: last.bias[1] - last.bias[0],
            }),
            (units, activation) => Err(refuse(format!(
                "the last layer has {units} {} units; one sigmoid or two softmax units draw a line",
                activation.name()
            ))),
        }
    }

    /// The probability of class 1 for every row of `embedding` (n x d).
    pub fn probability(&self, embedding: MatRef<'_, f64>) -> Vec<f64> {
        self.height(embedding)
            .into_iter()
            .map(crate::model::activation::sigmoid)
            .collect()
    }

    /// w · h + b for every row h of `embedding` (n x d).
    pub fn height(&self, embedding: MatRef<'_, f64>) -> Vec<f64> {
        let layer = Layer {
            name: String::new(),
            weight: Mat::from_fn(1, self.normal.len(), |_, j| self.normal[j]),
            bias: vec![self.offset],
            activation: Activation::Identity,
        };
        layer.affine(embedding).col(0).iter().copied().collect()
    }

    /// Two points far out on the line, for drawing; the normal must have two entries.
    pub fn line(&self, reach: f64) -> [[f64; 2]; 2] {
        let [a, b] = [self.normal[0], self.normal[1]];
        let length = libm::hypot(a, b).max(f64::MIN_POSITIVE);
        let foot = [
            -self.offset * a / (length * length),
            -self.offset * b / (length * length),
        ];
        let along = [-b / length * reach, a / length * reach];
        [
            [foot[0] - along[0], foot[1] - along[1]],
            [foot[0] + along[0], foot[1] + along[1]],
        ]
    }

    /// The share of rows of `embedding` that lie on their label's side.
    pub fn accuracy(&self, embedding: MatRef<'_, f64>, labels: &[usize]) -> f64 {
        let hits = self
            .height(embedding)
            .iter()
            .zip(labels)
            .filter(|&(&height, &label)| (height > 0.0) == (label == 1))
            .count();
        hits as f64 / labels.len().max(1) as f64
    }
}
