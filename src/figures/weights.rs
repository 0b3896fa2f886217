//! Weights as pictures: matrices and their singular values.

use faer::MatRef;

use crate::error::Result;
use crate::linalg::svd::singular_values;
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Colormap, Colour, Field, Figure, Frame, Panel};

/// A weight matrix as coloured cells, (units x inputs), the first unit at the top.
pub fn weight_matrix(weight: MatRef<'_, f64>) -> Panel {
    let (rows, columns) = (weight.nrows(), weight.ncols());
    let values: Vec<f64> = (0..rows)
        .rev()
        .flat_map(|i| (0..columns).map(move |j| weight[(i, j)]))
        .collect();
    let most = values.iter().fold(1e-12_f64, |most, w| most.max(w.abs()));
    let field = Field {
        columns,
        rows,
        values,
        range: [-most, most],
        colormap: Colormap::Diverging,
        smooth: false,
    };
    let mut panel = Panel::new()
        .frame(Frame::Box)
        .labels("input", "unit")
        .range([0.0, columns as f64], [0.0, rows as f64])
        .field(field, [0.0, 0.0], [columns as f64, rows as f64])
        .colour_bar(Colormap::Diverging, [-most, most], "weight");
    panel.x.names = Some(middle_names(columns, |j| j));
    panel.y.names = Some(middle_names(rows, |i| rows - 1 - i));
    panel
}

/// Numbers from 1 at the cells' middles, at most about ten of them; `place` says which cell the k-th stands at.
fn middle_names(count: usize, place: impl Fn(usize) -> usize) -> Vec<(f64, String)> {
    let stride = count.div_ceil(10).max(1);
    (0..count)
        .step_by(stride)
        .map(|k| (place(k) as f64 + 0.5, (k + 1).to_string()))
        .collect()
}

/// The singular values of every layer: how many directions it really uses.
///
/// # Errors
/// If a weight is not finite.
pub fn spectrum(network: &Frozen) -> Result<Panel> {
    let mut panel = Panel::new().labels("index", "singular value");
    for (i, layer) in network.layers.iter().enumerate() {
        let points: Vec<[f64; 2]> = singular_values(layer.weight.as_ref())?
            .into_iter()
            .enumerate()
            .map(|(k, sigma)| [(k + 1) as f64, sigma])
            .collect();
        let stroke = super::history::stroke(i, 1.8);
        panel = panel
            .curve(literal(&layer.name), points.clone(), stroke)
            .points(points, Colour::accent(i), 3.4);
    }
    panel.y.range = None;
    // Singular values are counted: no ticks between them.
    let most = network
        .layers
        .iter()
        .map(|layer| layer.units().min(layer.inputs()))
        .max();
    let most = most.unwrap_or(1);
    let stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
        .into_iter()
        .find(|stride| most <= 12 * stride);
    let stride = stride.unwrap_or(most.div_ceil(10));
    let ticks = (1..=most).filter(|k| *k == 1 || k % stride == 0);
    panel.x.names = Some(ticks.map(|k| (k as f64, k.to_string())).collect());
    panel.x.range = Some([0.5, most as f64 + 0.5]);
    Ok(panel)
}

/// Every layer's matrix; `source` names the network.
pub(super) fn weights(network: &Frozen, source: &str) -> Figure {
    let panels: Vec<Panel> = network
        .layers
        .iter()
        .map(|layer| weight_matrix(layer.weight.as_ref()).title(literal(&layer.name)))
        .collect();
    let columns = panels.len().min(3);
    let rows = panels.len().div_ceil(columns.max(1)).max(1);
    Figure::new("Weights")
        .caption(format!("{source}: a row per unit, a column per input."))
        .size(60 + 340 * columns as u32, 90 + 340 * rows as u32)
        .panels(columns, panels)
}
