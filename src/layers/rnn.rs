//! The recurrent network and what powers of its matrix do to signals and gradients (item B14).
//!
//! ```text
//! z_t = W h_{t-1} + U x_t + b,    h_t = φ(z_t),    t = 1 … T
//! ∂L/∂h_{t-1} = Wᵀ diag(φ'(z_t)) ∂L/∂h_t
//! ```
//!
//! So a signal passes W once per step, and a gradient Wᵀ once per step back. Where φ' = 1, T steps are Wᵀ to the T-th
//! power: an orthogonal W keeps every length for ever, a W with all singular values below 1 makes gradients vanish,
//! one with all above 1 makes them explode. A φ with slopes below 1, such as tanh, can only shrink them further.

use faer::{Mat, MatRef};

use super::check_size;
use crate::error::{Error, Result};
use crate::model::Activation;

const OPERATION: &str = "recurrent network";

/// A recurrent layer with one matrix for its memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Rnn {
    /// W (hidden x hidden): from one state to the next.
    pub w: Mat<f64>,
    /// U (hidden x in): from the input to the state.
    pub u: Mat<f64>,
    /// b, one number per hidden unit.
    pub b: Vec<f64>,
    /// φ; any but softmax.
    pub activation: Activation,
}

/// The gradient of a loss with respect to everything in an [`Rnn`].
#[derive(Debug, Clone, PartialEq)]
pub struct RnnGradients {
    /// ∂L/∂W (hidden x hidden).
    pub w: Mat<f64>,
    /// ∂L/∂U (hidden x in).
    pub u: Mat<f64>,
    /// ∂L/∂b.
    pub b: Vec<f64>,
    /// Row t is ∂L/∂h_t through all later steps, from t = 0 to T: (T + 1 x hidden).
    pub states: Mat<f64>,
}

impl Rnn {
    /// The states h_0 to h_T, one per row (T + 1 x hidden), for `inputs` (T x in), one time step per row.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::layers::rnn::Rnn;
    /// use foldspace::model::Activation;
    ///
    /// let halve_and_add = Rnn { w: mat![[0.5]], u: mat![[1.0]], b: vec![0.0], activation: Activation::Relu };
    /// let states = halve_and_add.forward(&[8.0], mat![[0.0], [1.0]].as_ref())?;
    /// assert_eq!(states, mat![[8.0], [4.0], [3.0]]);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the sizes do not fit, or φ is softmax, which does not act unit by unit.
    pub fn forward(&self, initial: &[f64], inputs: MatRef<'_, f64>) -> Result<Mat<f64>> {
        self.check(initial, inputs)?;
        let mut states = Mat::zeros(inputs.nrows() + 1, initial.len());
        for (unit, h) in initial.iter().enumerate() {
            states[(0, unit)] = *h;
        }
        for t in 1..states.nrows() {
            let z = self.before_activation(states.as_ref(), inputs, t);
            for (unit, z) in z.into_iter().enumerate() {
                states[(t, unit)] = self.activation.value(z).ok_or_else(no_softmax)?;
            }
        }
        Ok(states)
    }

    /// Back-propagation through time, by hand, for a loss with ∂L/∂h_T = `last`.
    ///
    /// With a_t = φ'(z_t) ⊙ ∂L/∂h_t: ∂L/∂W = Σ a_t h_{t-1}ᵀ, ∂L/∂U = Σ a_t x_tᵀ, ∂L/∂b = Σ a_t.
    ///
    /// # Errors
    /// As [`forward`](Self::forward).
    pub fn gradients(
        &self,
        initial: &[f64],
        inputs: MatRef<'_, f64>,
        last: &[f64],
    ) -> Result<RnnGradients> {
        let hidden = initial.len();
        check_size(OPERATION, "∂L/∂h", (last.len(), 1), (hidden, 1))?;
        let states = self.forward(initial, inputs)?;
        let steps = inputs.nrows();
        let mut gradients = RnnGradients {
            w: Mat::zeros(hidden, hidden),
            u: Mat::zeros(hidden, inputs.ncols()),
            b: vec![0.0; hidden],
            states: Mat::zeros(steps + 1, hidden),
        };
        for (unit, gradient) in last.iter().enumerate() {
            gradients.states[(steps, unit)] = *gradient;
        }
        for t in (1..=steps).rev() {
            let z = self.before_activation(states.as_ref(), inputs, t);
            let mut a = Mat::zeros(1, hidden);
            for (unit, z) in z.into_iter().enumerate() {
                let slope = self.activation.derivative(z).ok_or_else(no_softmax)?;
                a[(0, unit)] = slope * gradients.states[(t, unit)];
                gradients.b[unit] += a[(0, unit)];
            }
            gradients.w += a.transpose() * states.subrows(t - 1, 1);
            gradients.u += a.transpose() * inputs.subrows(t - 1, 1);
            let earlier = a * &self.w;
            for unit in 0..hidden {
                gradients.states[(t - 1, unit)] = earlier[(0, unit)];
            }
        }
        Ok(gradients)
    }

    /// z_t = W h_{t-1} + U x_t + b.
    fn before_activation(
        &self,
        states: MatRef<'_, f64>,
        inputs: MatRef<'_, f64>,
        t: usize,
    ) -> Vec<f64> {
        let z = &self.w * states.subrows(t - 1, 1).transpose()
            + &self.u * inputs.subrows(t - 1, 1).transpose();
        z.col(0).iter().zip(&self.b).map(|(z, b)| z + b).collect()
    }

    pub(super) fn check(&self, initial: &[f64], inputs: MatRef<'_, f64>) -> Result<()> {
        let hidden = initial.len();
        check_size(OPERATION, "W", self.w.shape(), (hidden, hidden))?;
        check_size(OPERATION, "U", self.u.shape(), (hidden, inputs.ncols()))?;
        check_size(OPERATION, "b", (self.b.len(), 1), (hidden, 1))
    }
}

fn no_softmax() -> Error {
    Error::matrix(
        OPERATION,
        "softmax mixes units, and has no slope of one unit",
    )
}

/// v, W v, W² v … Wᵀ v, one per row: (`steps` + 1 x n). The gradient of a linear network of `steps` equal layers goes
/// the same way with Wᵀ for W.
///
/// ```
/// use faer::mat;
/// let quarter_turn = mat![[0.0, -1.0], [1.0, 0.0]];
/// let rows = foldspace::layers::rnn::powers(quarter_turn.as_ref(), &[2.0, 0.0], 2)?;
/// assert_eq!(rows, mat![[2.0, 0.0], [0.0, 2.0], [-2.0, 0.0]]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If W is not (n x n) for v of n entries.
pub fn powers(w: MatRef<'_, f64>, v: &[f64], steps: usize) -> Result<Mat<f64>> {
    let n = v.len();
    check_size("repeated multiplication", "W", w.shape(), (n, n))?;
    let mut rows = Mat::zeros(steps + 1, n);
    for (j, v) in v.iter().enumerate() {
        rows[(0, j)] = *v;
    }
    for t in 1..=steps {
        let next = w * rows.subrows(t - 1, 1).transpose();
        for j in 0..n {
            rows[(t, j)] = next[(j, 0)];
        }
    }
    Ok(rows)
}

/// The length of every row of `vectors`: ‖h_t‖ for each time step.
pub fn lengths(vectors: MatRef<'_, f64>) -> Vec<f64> {
    (0..vectors.nrows())
        .map(|t| vectors.row(t).iter().map(|x| x * x).sum::<f64>().sqrt())
        .collect()
}
