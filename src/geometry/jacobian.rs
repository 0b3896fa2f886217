//! How a network stretches space around a point: its Jacobian, singular values and determinant.
//!
//! Chain rule through y = φ(W x + b): J = Φ' W, with Φ' = diag φ'(z) for elementwise activations and
//! Φ' = diag(p) - p pᵀ for softmax.

use faer::{Mat, MatRef};

use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// The Jacobian ∂y/∂x of `network` (outputs x inputs) at the point `x` (one entry per input). At a kink, the
/// one-sided derivative that automatic differentiation takes.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::jacobian;
/// use foldspace::model::{Activation, Frozen, Layer};
///
/// let fold = Layer {
///     name: "fold".into(),
///     weight: mat![[1.0, 2.0], [3.0, 4.0]],
///     bias: vec![0.0, 0.0],
///     activation: Activation::Relu,
/// };
/// let network = Frozen { layers: vec![fold] };
/// // z = (1, -1) at x = (-3, 2): the second unit is off.
/// assert_eq!(jacobian(&network, &[-3.0, 2.0])?, mat![[1.0, 2.0], [0.0, 0.0]]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the point does not fit the network, or a layer does not fit the one before it.
pub fn jacobian(network: &Frozen, x: &[f64]) -> Result<Mat<f64>> {
    let last = jacobians(network, x)?.pop();
    Ok(last.unwrap_or_else(|| Mat::identity(x.len(), x.len())))
}

/// The Jacobians from the input to every layer, after its activation, in their order.
fn jacobians(network: &Frozen, x: &[f64]) -> Result<Vec<Mat<f64>>> {
    let mut point = Mat::from_fn(1, x.len(), |_, j| x[j]);
    let mut jacobian = Mat::identity(x.len(), x.len());
    let mut all = Vec::with_capacity(network.layers.len());
    for layer in &network.layers {
        if layer.inputs() != point.ncols() {
            return Err(Error::matrix(
                "jacobian",
                format!(
                    "layer {} takes {} inputs and gets {}",
                    layer.name,
                    layer.inputs(),
                    point.ncols()
                ),
            ));
        }
        let z = layer.affine(point.as_ref());
        let slope = &layer.weight * jacobian;
        point = layer.activate(z.clone());
        jacobian = through_activation(layer, z.as_ref(), point.as_ref(), slope);
        all.push(jacobian.clone());
    }
    Ok(all)
}

/// Φ' times `slope`, where the layer has pre-activation `z` and output `y` (1 x units).
fn through_activation(
    layer: &Layer,
    z: MatRef<'_, f64>,
    y: MatRef<'_, f64>,
    slope: Mat<f64>,
) -> Mat<f64> {
    if layer.activation == Activation::Softmax {
        // (diag(p) - p pᵀ) M = diag(p) M - p (pᵀ M)
        let mean = y * &slope;
        return Mat::from_fn(slope.nrows(), slope.ncols(), |i, j| {
            y[(0, i)] * (slope[(i, j)] - mean[(0, j)])
        });
    }
    Mat::from_fn(slope.nrows(), slope.ncols(), |i, j| {
        layer.activation.derivative(z[(0, i)]).unwrap_or(1.0) * slope[(i, j)]
    })
}

/// The stretch at each row of `points` (n x inputs): the singular values of the Jacobian, largest first, one row per
/// point (n x min(inputs, outputs)).
///
/// Their product is the factor by which a small area (volume) grows, |det J| where J is square; 0 where the network
/// flattens space.
///
/// # Errors
/// As [`jacobian`], or if a Jacobian is not finite.
pub fn stretch(network: &Frozen, points: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let mut rows: Vec<Vec<f64>> = Vec::with_capacity(points.nrows());
    for i in 0..points.nrows() {
        let x: Vec<f64> = points.row(i).iter().copied().collect();
        let values = jacobian(network, &x)?.singular_values();
        rows.push(values.map_err(|_| {
            Error::matrix(
                "stretch",
                format!("the Jacobian at row {i} has no singular values; is it finite?"),
            )
        })?);
    }
    let columns = rows.first().map_or(0, Vec::len);
    Ok(Mat::from_fn(rows.len(), columns, |i, j| rows[i][j]))
}

/// The determinant of the Jacobian at each row of `points` (n x d), for a network from d to d dimensions: how much a
/// small area grows, negative where the network turns it over.
///
/// # Errors
/// As [`jacobian`], or if the network does not have as many outputs as inputs.
pub fn determinant_field(network: &Frozen, points: MatRef<'_, f64>) -> Result<Vec<f64>> {
    (0..points.nrows())
        .map(|i| {
            let x: Vec<f64> = points.row(i).iter().copied().collect();
            let jacobian = jacobian(network, &x)?;
            if jacobian.nrows() != jacobian.ncols() {
                return Err(Error::matrix(
                    "determinant of the Jacobian",
                    format!(
                        "it is {} x {}, not square",
                        jacobian.nrows(),
                        jacobian.ncols()
                    ),
                ));
            }
            Ok(jacobian.determinant())
        })
        .collect()
}
