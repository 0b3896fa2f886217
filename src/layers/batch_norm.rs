//! Batch normalisation (item B12; Ioffe and Szegedy, 2015).
//!
//! For each feature over the n samples of a batch, with the biased variance:
//!
//! ```text
//! μ = 1/n Σ x_i        σ² = 1/n Σ (x_i - μ)²        y_i = γ (x_i - μ) / √(σ² + ε) + β
//! ```
//!
//! Once training is over, μ and σ² are the running averages, constants: the layer is then an affine map with a
//! diagonal matrix, and two affine maps in a row are one. [`BatchNorm::fold`] multiplies them together.

use faer::{Mat, MatRef};

use super::check_size;
use crate::error::{Error, Result};

const OPERATION: &str = "batch normalisation";

/// An affine map y = W x + b.
#[derive(Debug, Clone, PartialEq)]
pub struct Affine {
    /// W (out x in).
    pub weight: Mat<f64>,
    /// b, one number per output.
    pub bias: Vec<f64>,
}

impl Affine {
    /// W x + b for every row x of `points`: (n x in) to (n x out).
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn forward(&self, points: MatRef<'_, f64>) -> Result<Mat<f64>> {
        let (outputs, inputs) = self.weight.shape();
        check_size(
            "affine map",
            "the batch",
            points.shape(),
            (points.nrows(), inputs),
        )?;
        check_size("affine map", "the bias", (self.bias.len(), 1), (outputs, 1))?;
        let mut y = points * self.weight.transpose();
        super::add_to_rows(&mut y, &self.bias);
        Ok(y)
    }
}

/// Mean and biased variance of each feature of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// μ.
    pub mean: Vec<f64>,
    /// σ², divided by n.
    pub variance: Vec<f64>,
}

impl Statistics {
    /// Of each column of `batch` (n x features).
    ///
    /// # Errors
    /// If there are no samples.
    pub fn of(batch: MatRef<'_, f64>) -> Result<Self> {
        let samples = batch.nrows();
        if samples == 0 {
            return Err(Error::matrix(OPERATION, "a batch of 0 samples has no mean"));
        }
        let average = |terms: &mut dyn Iterator<Item = f64>| terms.sum::<f64>() / samples as f64;
        let (mut mean, mut variance) = (Vec::new(), Vec::new());
        for j in 0..batch.ncols() {
            let column = batch.col(j);
            let centre = average(&mut column.iter().copied());
            variance.push(average(
                &mut column.iter().map(|x| (x - centre) * (x - centre)),
            ));
            mean.push(centre);
        }
        Ok(Self { mean, variance })
    }
}

/// A batch normalisation layer.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// γ, the learnt deviations.
    pub gamma: Vec<f64>,
    /// β, the learnt means.
    pub beta: Vec<f64>,
    /// The running averages, which inference uses.
    pub running: Statistics,
    /// How far a batch moves the running averages, from 0 to 1.
    pub momentum: f64,
    /// ε.
    pub epsilon: f64,
}

impl BatchNorm {
    /// A fresh layer: γ = 1, β = 0, running mean 0 and variance 1, momentum 0.1, ε = 1e-5, as in PyTorch and Burn.
    pub fn new(features: usize) -> Self {
        Self {
            gamma: vec![1.0; features],
            beta: vec![0.0; features],
            running: Statistics {
                mean: vec![0.0; features],
                variance: vec![1.0; features],
            },
            momentum: 0.1,
            epsilon: 1e-5,
        }
    }

    /// Normalises `batch` (n x features) by its own statistics and moves the running averages towards them.
    ///
    /// The running variance takes the biased σ², as in Burn 0.22; PyTorch's takes the unbiased one.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::layers::BatchNorm;
    ///
    /// let mut layer = BatchNorm { epsilon: 0.0, ..BatchNorm::new(1) };
    /// let y = layer.train(mat![[1.0], [3.0]].as_ref())?; // μ = 2, σ² = 1
    /// assert_eq!(y, mat![[-1.0], [1.0]]);
    /// assert!((layer.running.mean[0] - 0.2).abs() < 1e-12);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the batch is empty or has a different number of features.
    pub fn train(&mut self, batch: MatRef<'_, f64>) -> Result<Mat<f64>> {
        let statistics = Statistics::of(batch)?;
        let y = self.normalise(batch, &statistics)?;
        let momentum = self.momentum;
        let towards = |running: &mut Vec<f64>, now: &[f64]| {
            for (running, now) in running.iter_mut().zip(now) {
                *running = (1.0 - momentum) * *running + momentum * now;
            }
        };
        towards(&mut self.running.mean, &statistics.mean);
        towards(&mut self.running.variance, &statistics.variance);
        Ok(y)
    }

    /// Normalises `batch` (n x features) by the running averages.
    ///
    /// # Errors
    /// If the batch has a different number of features.
    pub fn infer(&self, batch: MatRef<'_, f64>) -> Result<Mat<f64>> {
        self.normalise(batch, &self.running)
    }

    /// γ (x - μ) / √(σ² + ε) + β.
    fn normalise(&self, batch: MatRef<'_, f64>, statistics: &Statistics) -> Result<Mat<f64>> {
        let features = self.features()?;
        check_size(
            OPERATION,
            "the batch",
            batch.shape(),
            (batch.nrows(), features),
        )?;
        let Statistics { mean, variance } = statistics;
        Ok(Mat::from_fn(batch.nrows(), features, |i, j| {
            let normalised = (batch[(i, j)] - mean[j]) / (variance[j] + self.epsilon).sqrt();
            self.gamma[j] * normalised + self.beta[j]
        }))
    }

    /// The layer at inference as an affine map: W = diag(γ / √(σ² + ε)), b = β - W μ.
    ///
    /// # Errors
    /// If the layer's vectors differ in length.
    pub fn as_affine(&self) -> Result<Affine> {
        let features = self.features()?;
        let scale: Vec<f64> = (self.gamma.iter().zip(&self.running.variance))
            .map(|(gamma, variance)| gamma / (variance + self.epsilon).sqrt())
            .collect();
        let weight = Mat::from_fn(
            features,
            features,
            |i, j| if i == j { scale[i] } else { 0.0 },
        );
        let bias = (0..features)
            .map(|i| self.beta[i] - scale[i] * self.running.mean[i])
            .collect();
        Ok(Affine { weight, bias })
    }

    /// The affine map that does at inference what `before` and then this layer do: with W, b of
    /// [`as_affine`](Self::as_affine), W' = W W_before and b' = W b_before + b.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::layers::{Affine, BatchNorm};
    ///
    /// let before = Affine { weight: mat![[1.0, 2.0]], bias: vec![3.0] };
    /// let mut layer = BatchNorm { gamma: vec![4.0], epsilon: 0.0, ..BatchNorm::new(1) };
    /// layer.running.variance = vec![4.0];
    /// let folded = layer.fold(&before)?;
    /// assert_eq!((folded.weight, folded.bias), (mat![[2.0, 4.0]], vec![6.0]));
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn fold(&self, before: &Affine) -> Result<Affine> {
        let features = self.features()?;
        let (outputs, inputs) = before.weight.shape();
        check_size(
            OPERATION,
            "the weight before it",
            (outputs, inputs),
            (features, inputs),
        )?;
        check_size(
            OPERATION,
            "the bias before it",
            (before.bias.len(), 1),
            (features, 1),
        )?;
        let own = self.as_affine()?;
        let bias = (0..features)
            .map(|i| own.weight[(i, i)] * before.bias[i] + own.bias[i])
            .collect();
        Ok(Affine {
            weight: own.weight * &before.weight,
            bias,
        })
    }

    /// The number of features, once all four vectors agree on it.
    fn features(&self) -> Result<usize> {
        let features = self.gamma.len();
        for (what, vector) in [
            ("β", &self.beta),
            ("the running mean", &self.running.mean),
            ("the running variance", &self.running.variance),
        ] {
            check_size(OPERATION, what, (vector.len(), 1), (features, 1))?;
        }
        Ok(features)
    }
}
