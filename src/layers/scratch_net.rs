//! The network from scratch (item B11): one hidden ReLU layer, mean squared error, gradients by hand.
//!
//! Orientation of post B's code, not of its prose: samples are rows and weights are (in x out), so that
//!
//! ```text
//! H = max(0, X W₁ + 1 b₁ᵀ)        Ŷ = H W₂ + 1 b₂ᵀ        L = 1/N Σ (Ŷ - Y)²
//!
//! G  = 2/N (Ŷ - Y)                ∂L/∂W₂ = Hᵀ G           ∂L/∂b₂ = Gᵀ 1
//! G₁ = (G W₂ᵀ) where H > 0        ∂L/∂W₁ = Xᵀ G₁          ∂L/∂b₁ = G₁ᵀ 1
//! ```
//!
//! N counts samples. With several outputs their squares add up, which is what these gradients belong to; the code's
//! `np.mean` would divide by the number of outputs as well, and agrees for the one output that the post has.

use faer::{Mat, MatRef};

use super::{add_to_rows, check_size, sum_of_rows};
use crate::error::{Error, Result};
use crate::random::RandomState;

/// The parameters, or a gradient with respect to them.
#[derive(Debug, Clone, PartialEq)]
pub struct ScratchNet {
    /// W₁ (in x hidden).
    pub w1: Mat<f64>,
    /// b₁, one number per hidden unit.
    pub b1: Vec<f64>,
    /// W₂ (hidden x out).
    pub w2: Mat<f64>,
    /// b₂, one number per output.
    pub b2: Vec<f64>,
}

/// What a forward pass leaves for the way back.
#[derive(Debug, Clone, PartialEq)]
pub struct Pass {
    /// H (n x hidden).
    pub hidden: Mat<f64>,
    /// Ŷ (n x out).
    pub output: Mat<f64>,
}

/// What the post's script draws from NumPy's generator, in its order: X, Y, W₁, W₂.
///
/// ```
/// let (x, y, net) = foldspace::layers::scratch_net::from_seed(0, 5, [2, 3, 1]);
/// let losses = net.clone().train(x.as_ref(), y.as_ref(), 0.01, 200)?;
/// assert_eq!(format!("{:.4}", losses[199]), "0.0404"); // "Epoch 200, Loss = 0.0404"
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn from_seed(
    seed: u32,
    samples: usize,
    [inputs, hidden, outputs]: [usize; 3],
) -> (Mat<f64>, Mat<f64>, ScratchNet) {
    let mut random = RandomState::new(seed);
    let mut randn = |rows: usize, columns: usize| {
        let values = random.randn(rows * columns);
        Mat::from_fn(rows, columns, |i, j| values[i * columns + j])
    };
    let (x, y) = (randn(samples, inputs), randn(samples, outputs));
    let (w1, w2) = (randn(inputs, hidden), randn(hidden, outputs));
    let net = ScratchNet {
        w1,
        b1: vec![0.0; hidden],
        w2,
        b2: vec![0.0; outputs],
    };
    (x, y, net)
}

impl ScratchNet {
    /// The network's output for every row of `x` (n x in), and the hidden layer on the way.
    ///
    /// # Errors
    /// If the sizes do not fit.
    pub fn forward(&self, x: MatRef<'_, f64>) -> Result<Pass> {
        let (inputs, hidden) = self.w1.shape();
        let outputs = self.w2.ncols();
        check_size("network", "X", x.shape(), (x.nrows(), inputs))?;
        check_size("network", "b₁", (self.b1.len(), 1), (hidden, 1))?;
        check_size("network", "W₂", self.w2.shape(), (hidden, outputs))?;
        check_size("network", "b₂", (self.b2.len(), 1), (outputs, 1))?;
        let mut hidden = x * &self.w1;
        add_to_rows(&mut hidden, &self.b1);
        for j in 0..hidden.ncols() {
            for h in hidden.col_mut(j).iter_mut() {
                *h = h.max(0.0);
            }
        }
        let mut output = &hidden * &self.w2;
        add_to_rows(&mut output, &self.b2);
        Ok(Pass { hidden, output })
    }

    /// The loss on `x` (n x in) with targets `y` (n x out).
    ///
    /// # Errors
    /// If the sizes do not fit or there are no samples.
    pub fn loss(&self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<f64> {
        let errors = self.errors(&self.forward(x)?, y)?;
        Ok(mean_square(&errors))
    }

    /// The loss and its gradient with respect to every parameter, by the formulas above.
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    pub fn gradients(&self, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<(f64, Self)> {
        let pass = self.forward(x)?;
        let errors = self.errors(&pass, y)?;
        let g = faer::Scale(2.0 / x.nrows() as f64) * &errors;
        let mut g1 = &g * self.w2.transpose();
        for j in 0..g1.ncols() {
            for (g, h) in g1.col_mut(j).iter_mut().zip(pass.hidden.col(j).iter()) {
                if *h <= 0.0 {
                    *g = 0.0;
                }
            }
        }
        let gradients = Self {
            w1: x.transpose() * &g1,
            b1: sum_of_rows(g1.as_ref()),
            w2: pass.hidden.transpose() * &g,
            b2: sum_of_rows(g.as_ref()),
        };
        Ok((mean_square(&errors), gradients))
    }

    /// One step of gradient descent: every parameter minus `learning_rate` times its gradient.
    pub fn update(&mut self, gradients: &Self, learning_rate: f64) {
        let steps = gradients.values();
        for (value, step) in self.values_mut().into_iter().zip(steps) {
            *value -= learning_rate * step;
        }
    }

    /// Full-batch gradient descent; returns each epoch's loss before its update.
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    pub fn train(
        &mut self,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
        learning_rate: f64,
        epochs: usize,
    ) -> Result<Vec<f64>> {
        let mut losses = Vec::with_capacity(epochs);
        for _ in 0..epochs {
            let (loss, gradients) = self.gradients(x, y)?;
            self.update(&gradients, learning_rate);
            losses.push(loss);
        }
        Ok(losses)
    }

    /// The gradient by central differences, (L(θ + h) - L(θ - h)) / 2h for each parameter θ in turn.
    ///
    /// # Errors
    /// As [`loss`](Self::loss).
    pub fn difference_quotients(
        &self,
        x: MatRef<'_, f64>,
        y: MatRef<'_, f64>,
        h: f64,
    ) -> Result<Self> {
        let mut quotients = self.clone();
        let loss_with = |parameter: usize, change: f64| {
            let mut changed = self.clone();
            if let Some(value) = changed.values_mut().into_iter().nth(parameter) {
                *value += change;
            }
            changed.loss(x, y)
        };
        for (parameter, quotient) in quotients.values_mut().into_iter().enumerate() {
            *quotient = (loss_with(parameter, h)? - loss_with(parameter, -h)?) / (2.0 * h);
        }
        Ok(quotients)
    }

    /// The largest distance between corresponding numbers; infinite where the shapes differ.
    pub fn max_difference(&self, other: &Self) -> f64 {
        if self.w1.shape() != other.w1.shape() || self.w2.shape() != other.w2.shape() {
            return f64::INFINITY;
        }
        let pairs = self.values().into_iter().zip(other.values());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    /// W₁, b₁, W₂, b₂ as one list, matrices by columns.
    fn values(&self) -> Vec<f64> {
        fn columns(m: &Mat<f64>) -> impl Iterator<Item = f64> {
            (0..m.ncols()).flat_map(move |j| m.col(j).iter().copied())
        }
        columns(&self.w1)
            .chain(self.b1.iter().copied())
            .chain(columns(&self.w2))
            .chain(self.b2.iter().copied())
            .collect()
    }

    /// The same, to be changed.
    fn values_mut(&mut self) -> Vec<&mut f64> {
        let w1 = self.w1.col_iter_mut().flat_map(|column| column.iter_mut());
        let w2 = self.w2.col_iter_mut().flat_map(|column| column.iter_mut());
        w1.chain(&mut self.b1)
            .chain(w2)
            .chain(&mut self.b2)
            .collect()
    }

    /// Ŷ - Y.
    fn errors(&self, pass: &Pass, y: MatRef<'_, f64>) -> Result<Mat<f64>> {
        check_size("network", "Y", y.shape(), pass.output.shape())?;
        if y.nrows() == 0 {
            return Err(Error::matrix("network", "0 samples have no mean loss"));
        }
        Ok(&pass.output - y)
    }
}

/// Σ e² / n for errors (n x out).
fn mean_square(errors: &Mat<f64>) -> f64 {
    errors.squared_norm_l2() / errors.nrows() as f64
}
