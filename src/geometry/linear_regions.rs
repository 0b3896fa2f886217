//! The pieces of a piecewise-linear network: where the same units are on, the network is one affine map.
//!
//! Source: G. Montúfar, R. Pascanu, K. Cho and Y. Bengio, *On the Number of Linear Regions of Deep Neural Networks*
//! (2014).

use std::collections::BTreeMap;

use faer::MatRef;

use crate::error::{Error, Result};
use crate::model::{Activation, Frozen};

/// The activation pattern of each of a set of points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinearRegions {
    /// For each point, the number of its region, counted from 0 in order of first appearance.
    pub region: Vec<usize>,
    /// For each region, which units are on (z > 0): those of the first piecewise-linear layer, then the next.
    pub patterns: Vec<Vec<bool>>,
}

/// Groups the rows of `points` (n x inputs) by activation pattern: on a grid, a map of the linear regions. A count
/// of regions on a grid is a lower bound, since a region may fall between the points.
///
/// Layers with ReLU or leaky ReLU have patterns; identity layers have none.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::linear_regions;
/// use foldspace::model::{Activation, Frozen, Layer};
///
/// let fold = Layer {
///     name: "fold".into(),
///     weight: mat![[1.0, 0.0], [0.0, 1.0]],
///     bias: vec![0.0, 0.0],
///     activation: Activation::Relu,
/// };
/// let corners = mat![[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [2.0, 3.0]];
/// let regions = linear_regions(&Frozen { layers: vec![fold] }, corners.as_ref())?;
/// assert_eq!(regions.region, [0, 1, 2, 0]);
/// assert_eq!(regions.patterns[1], [false, true]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If a layer has another activation, or does not fit what comes before it.
pub fn linear_regions(network: &Frozen, points: MatRef<'_, f64>) -> Result<LinearRegions> {
    let mut patterns: Vec<Vec<bool>> = vec![Vec::new(); points.nrows()];
    let mut x = points.to_owned();
    for layer in &network.layers {
        if layer.inputs() != x.ncols() {
            return Err(Error::matrix(
                "linear regions",
                format!(
                    "layer {} takes {} inputs and gets {}",
                    layer.name,
                    layer.inputs(),
                    x.ncols()
                ),
            ));
        }
        let z = layer.affine(x.as_ref());
        match layer.activation {
            Activation::Identity => {}
            Activation::Relu | Activation::LeakyRelu { .. } => {
                for (pattern, z) in patterns.iter_mut().zip(z.row_iter()) {
                    pattern.extend(z.iter().map(|&z| z > 0.0));
                }
            }
            other => {
                return Err(Error::matrix(
                    "linear regions",
                    format!(
                        "{} of layer {} does not part its inputs into on and off",
                        other.name(),
                        layer.name
                    ),
                ));
            }
        }
        x = layer.activate(z);
    }
    let mut number: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut order = Vec::new();
    let region = patterns
        .into_iter()
        .map(|pattern| {
            *number.entry(pattern).or_insert_with_key(|pattern| {
                order.push(pattern.clone());
                order.len() - 1
            })
        })
        .collect();
    Ok(LinearRegions {
        region,
        patterns: order,
    })
}
