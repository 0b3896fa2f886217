//! What a network's matrices are like, layer by layer: shapes, norms, ranks, spectra; and the network in low-rank factors.

use faer::{Mat, MatRef};
use serde::Serialize;

use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::linalg::{eigen, low_rank, norms, rank, svd};
use crate::model::{Activation, Frozen, Layer};

/// One layer, measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReport {
    /// Its name.
    pub name: String,
    /// What follows the affine map; absent where a file does not say.
    pub activation: Option<Activation>,
    /// Units and inputs: the shape of W.
    pub shape: [usize; 2],
    /// Weights and biases.
    pub parameters: usize,
    /// ‖W‖_F.
    pub frobenius_norm: f64,
    /// ‖W‖₂, the largest singular value.
    pub spectral_norm: f64,
    /// The numerical rank of W.
    pub rank: usize,
    /// All singular values, falling.
    pub singular_values: Vec<f64>,
    /// The largest over the smallest singular value; absent where the smallest is zero.
    pub condition: Option<f64>,
    /// det W, where W is square.
    pub determinant: Option<f64>,
    /// Real and imaginary parts of the eigenvalues, where W is square.
    pub eigenvalues: Option<Vec<[f64; 2]>>,
    /// Units whose output is the same for every sample; absent without data.
    pub dead_units: Option<usize>,
    /// The share of outputs, over units and samples, at the flat ends of an activation such as tanh, see
    /// [`Activation::is_saturated`]; absent without data, or where the activation has no such ends.
    pub saturated: Option<f64>,
}

/// The share of saturated outputs of every layer on some samples (n x inputs).
pub fn saturation(network: &Frozen, data: MatRef<'_, f64>) -> Vec<Option<f64>> {
    let mut signal = data.to_owned();
    let mut shares = Vec::with_capacity(network.layers.len());
    for layer in &network.layers {
        let affine = layer.affine(signal.as_ref());
        shares.push(saturated_share(layer.activation, affine.as_ref()));
        signal = layer.activate(affine);
    }
    shares
}

fn saturated_share(activation: Activation, affine: MatRef<'_, f64>) -> Option<f64> {
    let entries = affine.col_iter().flat_map(|column| column.iter());
    let (mut flat, mut count) = (0_usize, 0_usize);
    for &z in entries {
        flat += usize::from(activation.is_saturated(z)?);
        count += 1;
    }
    (count > 0).then(|| flat as f64 / count as f64)
}

/// How many units of every layer have the same output for all samples (n x inputs).
pub fn constant_units(network: &Frozen, data: MatRef<'_, f64>) -> Vec<usize> {
    let mut signal = data.to_owned();
    let mut counts = Vec::with_capacity(network.layers.len());
    for layer in &network.layers {
        signal = layer.forward(signal.as_ref());
        counts.push(constant_columns(signal.as_ref()));
    }
    counts
}

/// Measures every layer; `data` (n x inputs) tells which units are dead.
///
/// # Errors
/// If a weight is not finite, or the data does not fit the network.
pub fn inspect(network: &Frozen, data: Option<MatRef<'_, f64>>) -> Result<Vec<LayerReport>> {
    let mut signal = data.map(|data| data.to_owned());
    if let (Some(data), Some(first)) = (&signal, network.layers.first())
        && data.ncols() != first.inputs()
    {
        return Err(Error::matrix(
            "inspect",
            format!(
                "{} features for a network of {} inputs",
                data.ncols(),
                first.inputs()
            ),
        ));
    }
    network
        .layers
        .iter()
        .map(|layer| {
            let affine = signal.take().map(|signal| layer.affine(signal.as_ref()));
            let saturated = affine
                .as_ref()
                .and_then(|affine| saturated_share(layer.activation, affine.as_ref()));
            signal = affine.map(|affine| layer.activate(affine));
            let mut report = measure(layer, signal.as_ref())?;
            report.saturated = saturated;
            Ok(report)
        })
        .collect()
}

fn measure(layer: &Layer, output: Option<&Mat<f64>>) -> Result<LayerReport> {
    let weight = layer.weight.as_ref();
    let singular_values = svd::singular_values(weight)?;
    let ends = (
        singular_values.first().copied().unwrap_or(0.0),
        singular_values.last().copied().unwrap_or(0.0),
    );
    let eigenvalues = if weight.nrows() == weight.ncols() {
        let values = eigen(weight)?.values;
        Some(
            values
                .iter()
                .map(|value| [value.re, value.im])
                .collect::<Vec<_>>(),
        )
    } else {
        None
    };
    Ok(LayerReport {
        name: layer.name.clone(),
        activation: Some(layer.activation),
        shape: [layer.units(), layer.inputs()],
        parameters: layer.units() * layer.inputs() + layer.bias.len(),
        frobenius_norm: norms::frobenius(weight),
        spectral_norm: ends.0,
        rank: rank(weight)?,
        condition: (ends.1 > 0.0).then(|| ends.0 / ends.1),
        determinant: eigenvalues.as_ref().map(|_| weight.determinant()),
        eigenvalues,
        singular_values,
        dead_units: output.map(|output| constant_columns(output.as_ref())),
        saturated: None,
    })
}

/// How many units have the same output for every sample.
fn constant_columns(output: MatRef<'_, f64>) -> usize {
    (0..output.ncols())
        .filter(|&unit| {
            output
                .col(unit)
                .iter()
                .all(|&value| value == output[(0, unit)])
        })
        .count()
}

/// The network with each of the named layers replaced by two: NAME.narrow (r x inputs, no bias, no activation) and
/// NAME (units x r) with the bias and the activation. The product is the best approximation of rank `r` (Eckart and
/// Young).
///
/// # Errors
/// If a name is unknown, or `r` is 0 or above the smaller side of a layer.
pub fn factor(network: &Frozen, names: &[String], r: usize) -> Result<Frozen> {
    for name in names {
        if network.position(name).is_none() {
            let known: Vec<&str> = network
                .layers
                .iter()
                .map(|layer| layer.name.as_str())
                .collect();
            return Err(Error::invalid(
                name,
                "the network has no such layer",
                format!("choose among {}", known.join(", ")),
            ));
        }
    }
    let mut layers = Vec::new();
    for layer in &network.layers {
        if !names.contains(&layer.name) {
            layers.push(layer.clone());
            continue;
        }
        let factors = low_rank(layer.weight.as_ref(), r)?;
        layers.push(Layer {
            name: format!("{}.narrow", layer.name),
            weight: factors.right,
            bias: vec![0.0; r],
            activation: Activation::Identity,
        });
        layers.push(Layer {
            weight: factors.left,
            ..layer.clone()
        });
    }
    Ok(Frozen { layers })
}

/// The layers for which two factors of rank `r` hold fewer numbers than the matrix: r (m + n) < m n.
pub fn worth_factoring(network: &Frozen, r: usize) -> Vec<String> {
    network
        .layers
        .iter()
        .filter(|layer| r * (layer.units() + layer.inputs()) < layer.units() * layer.inputs())
        .map(|layer| layer.name.clone())
        .collect()
}

/// The share of samples that are classified correctly: by the side of 1/2 that a single output is on, or by the largest of
/// several; `None` for a regression, and where an output is not a number.
pub fn accuracy(network: &Frozen, data: &Dataset) -> Option<f64> {
    let Target::Classes { labels, .. } = &data.target else {
        return None;
    };
    let output = network.forward(data.features.as_ref());
    if (0..output.ncols()).any(|j| output.col(j).iter().any(|y| y.is_nan())) {
        return None;
    }
    let class = |i: usize| {
        if output.ncols() == 1 {
            return usize::from(output[(i, 0)] > 0.5);
        }
        (0..output.ncols())
            .max_by(|&a, &b| output[(i, a)].total_cmp(&output[(i, b)]))
            .unwrap_or_default()
    };
    let hits = labels
        .iter()
        .enumerate()
        .filter(|&(i, &label)| class(i) == label)
        .count();
    Some(hits as f64 / labels.len().max(1) as f64)
}
