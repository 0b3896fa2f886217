//! A network as a matrix function, and its gradients by hand (item C1).
//!
//! Orientation of the textbook: W is (out x in) and samples are rows, so a layer is H_l = φ(Z_l), Z_l = H_{l-1} W_lᵀ +
//! 1 b_lᵀ, with H_0 = X. For the mean squared error over n samples and o outputs:
//!
//! ```text
//! Δ_L     = 2/(n o) (Ŷ - Y) ⊙ φ'(Z_L)          ∂L/∂W_l = Δ_lᵀ H_{l-1}          ∂L/∂b_l = Δ_lᵀ 1
//! Δ_{l-1} = (Δ_l W_l) ⊙ φ'(Z_{l-1})
//! ```
//!
//! For one sample, Δ_lᵀ H_{l-1} is the outer product of a column and a row; for a batch, the sum of these. Post C
//! writes its batch with samples as rows and this gradient with H₁ᵀ on the right, which is the form for samples as
//! columns: the shapes tell the two apart.

use faer::{Mat, MatRef};

use super::{check_size, sum_of_rows};
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// The gradient of the loss with respect to one layer.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerGradient {
    /// ∂L/∂W (out x in).
    pub weight: Mat<f64>,
    /// ∂L/∂b.
    pub bias: Vec<f64>,
}

impl LayerGradient {
    /// The largest distance between corresponding numbers; infinite where the shapes differ.
    pub fn max_difference(&self, other: &Self) -> f64 {
        if self.weight.shape() != other.weight.shape() || self.bias.len() != other.bias.len() {
            return f64::INFINITY;
        }
        let biases = self.bias.iter().zip(&other.bias);
        let worst = biases.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        (&self.weight - &other.weight).norm_max().max(worst)
    }
}

/// Mean squared error over all entries of Ŷ - Y, as PyTorch's `MSELoss`.
///
/// # Errors
/// If the sizes do not fit or there are no samples.
pub fn mean_squared_error(network: &Frozen, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<f64> {
    check(network, x, y)?;
    let errors = network.forward(x) - y;
    Ok(errors.squared_norm_l2() / (y.nrows() * y.ncols()) as f64)
}

/// The gradient of the mean squared error with respect to every layer, from the first to the last, for `x` (n x in) and
/// `y` (n x out).
///
/// ```
/// use faer::mat;
/// use foldspace::layers::matrix_function::gradients;
/// use foldspace::model::{Activation, Frozen, Layer};
///
/// let weight = mat![[2.0, 0.0]];
/// let layer = Layer { name: "output".into(), weight, bias: vec![1.0], activation: Activation::Identity };
/// let network = Frozen { layers: vec![layer] };
/// // ŷ = 2 x₁ + 1 = 7, y = 4: dL/dŷ = 2 (7 - 4) = 6, dL/dW = 6 xᵀ
/// let by_hand = gradients(&network, mat![[3.0, 5.0]].as_ref(), mat![[4.0]].as_ref())?;
/// assert_eq!((&by_hand[0].weight, by_hand[0].bias[0]), (&mat![[18.0, 30.0]], 6.0));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the sizes do not fit, there are no samples, or a layer's activation is softmax, whose derivative is a matrix.
pub fn gradients(
    network: &Frozen,
    x: MatRef<'_, f64>,
    y: MatRef<'_, f64>,
) -> Result<Vec<LayerGradient>> {
    check(network, x, y)?;
    let mut inputs = vec![x.to_owned()];
    let mut before = Vec::new();
    for layer in &network.layers {
        let z = layer.affine(inputs[inputs.len() - 1].as_ref());
        inputs.push(layer.activate(z.clone()));
        before.push(z);
    }
    let output = &inputs[inputs.len() - 1];
    let scale = 2.0 / (y.nrows() * y.ncols()) as f64;
    let mut towards = faer::Scale(scale) * (output - y);
    let mut gradients = Vec::new();
    for ((layer, z), input) in network.layers.iter().zip(&before).zip(&inputs).rev() {
        let delta = times_slope(towards, layer, z)?;
        gradients.push(LayerGradient {
            weight: delta.transpose() * input,
            bias: sum_of_rows(delta.as_ref()),
        });
        towards = delta * &layer.weight;
    }
    gradients.reverse();
    Ok(gradients)
}

/// G ⊙ φ'(Z).
fn times_slope(mut g: Mat<f64>, layer: &Layer, z: &Mat<f64>) -> Result<Mat<f64>> {
    for j in 0..g.ncols() {
        for (g, z) in g.col_mut(j).iter_mut().zip(z.col(j).iter()) {
            *g *= layer.activation.derivative(*z).ok_or_else(no_softmax)?;
        }
    }
    Ok(g)
}

fn no_softmax() -> Error {
    Error::matrix(
        "gradient by hand",
        format!(
            "the derivative of {} is a matrix",
            Activation::Softmax.name()
        ),
    )
}

fn check(network: &Frozen, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<()> {
    let operation = "gradient by hand";
    let mut features = x.ncols();
    for layer in &network.layers {
        let (units, inputs) = layer.weight.shape();
        check_size(
            operation,
            "a layer's weight",
            (units, inputs),
            (units, features),
        )?;
        check_size(
            operation,
            "a layer's bias",
            (layer.bias.len(), 1),
            (units, 1),
        )?;
        features = units;
    }
    check_size(operation, "Y", y.shape(), (x.nrows(), features))?;
    if y.nrows() == 0 || y.ncols() == 0 {
        return Err(Error::matrix(operation, "without samples there is no loss"));
    }
    Ok(())
}
