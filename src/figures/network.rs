//! A network as circles and edges, coloured by weight.

use crate::model::Frozen;
use crate::plot::diagram::Column;
use crate::plot::text::literal;
use crate::plot::{Colormap, Colour, Figure, Panel, Role, Stroke};

/// No more nodes than this are drawn per column.
const MOST_NODES: usize = 12;

/// The network, which `source` names; wide layers are drawn in part, with a note.
pub(super) fn diagram(network: &Frozen, source: &str) -> Figure {
    let inputs = network.layers.first().map_or(0, |layer| layer.inputs());
    let widths: Vec<usize> = std::iter::once(inputs)
        .chain(network.layers.iter().map(|layer| layer.units()))
        .collect();
    let columns: Vec<Column> = widths
        .iter()
        .enumerate()
        .map(|(i, &width)| {
            let name = i.checked_sub(1).map_or_else(
                || "input".to_owned(),
                |layer| literal(&network.layers[layer].name),
            );
            let label = if width > MOST_NODES {
                format!("{name}: {MOST_NODES} of {width}")
            } else {
                name
            };
            Column {
                nodes: width.min(MOST_NODES),
                fill: Colour::accent(i).fade(0.35),
                label,
                names: Vec::new(),
                muted: false,
            }
        })
        .collect();
    let largest: Vec<f64> = network
        .layers
        .iter()
        .map(|layer| layer.weight.norm_max().max(f64::MIN_POSITIVE))
        .collect();
    let panel = Panel::diagram().network(&columns, |c, from, to| {
        let weight = network.layers[c].weight[(to, from)];
        let strength = (weight / largest[c]).abs();
        let colour = Colour::new(Role::Scale(
            Colormap::Diverging,
            if weight < 0.0 { 0.0 } else { 1.0 },
        ));
        Stroke::new(colour.fade(0.15 + 0.85 * strength), 0.6 + 2.6 * strength)
    });
    let height = 130 + 46 * columns.iter().map(|c| c.nodes).max().unwrap_or(1) as u32;
    Figure::new("Network")
        .caption(format!(
            "{source}: blue-green weights are positive, brown ones negative, and width is size within the layer."
        ))
        .size(160 + 170 * columns.len() as u32, height.max(320))
        .panel(panel)
}
