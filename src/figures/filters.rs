//! What the units of the first layer look for in square images: their weights, laid out as the pixels are.

use crate::error::{Error, Result};
use crate::model::Frozen;
use crate::plot::{Colormap, Field, Figure, Frame, Panel};

/// Below this side, features are more likely a table than an image.
const LEAST_SIDE: usize = 4;

/// The most units that are drawn.
const MOST_UNITS: usize = 100;

/// Whether features are the pixels of a square image: as many as a square has, named alike and numbered.
pub(super) fn look_like_pixels(names: &[String]) -> bool {
    let stem = |name: &String| {
        let bare = name
            .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '_' | '-' | 'x' | '.'));
        bare.to_ascii_lowercase()
    };
    let Some(first) = names.first().map(stem) else {
        return false;
    };
    let pixels = ["pixel", "px", "p", "pix", "image", "img"];
    side(names.len()).is_some()
        && pixels.contains(&first.as_str())
        && names.iter().all(|name| stem(name) == first)
}

/// The side of a square of this many pixels.
fn side(pixels: usize) -> Option<usize> {
    let side = pixels.isqrt();
    (side * side == pixels && side >= LEAST_SIDE).then_some(side)
}

/// The weights of every unit of the first layer as an image, all in one colour scale.
///
/// # Errors
/// If the number of inputs is not that of a square image.
pub(super) fn figure(network: &Frozen, source: &str) -> Result<Figure> {
    let first = network.layers.first();
    let (Some(layer), Some(side)) = (first, first.and_then(|layer| side(layer.inputs()))) else {
        return Err(Error::invalid(
            "filters",
            format!(
                "{} inputs are not a square image of at least {LEAST_SIDE} x {LEAST_SIDE} pixels",
                first.map_or(0, |layer| layer.inputs())
            ),
            "draw `weights` instead",
        ));
    };
    let units = layer.units().min(MOST_UNITS);
    let columns = (1..=units)
        .find(|columns| columns * columns >= units)
        .unwrap_or(1);
    let rows = units.div_ceil(columns);
    let tile = side as f64 + 1.0;
    let weights =
        || (0..units).flat_map(|unit| (0..layer.inputs()).map(move |j| layer.weight[(unit, j)]));
    let most = weights().fold(1e-12_f64, |most, w| most.max(w.abs()));
    let (width, height) = (tile * columns as f64, tile * rows as f64);
    let mut panel = Panel::plane("", "")
        .frame(Frame::Box)
        .range([-1.0, width], [-1.0, height])
        .colour_bar(Colormap::Diverging, [-most, most], "weight");
    for unit in 0..units {
        let low = [
            tile * (unit % columns) as f64,
            tile * (rows - 1 - unit / columns) as f64,
        ];
        let field = Field {
            columns: side,
            rows: side,
            // Images begin at the top, fields at the bottom.
            values: (0..side)
                .rev()
                .flat_map(|row| {
                    (0..side).map(move |column| layer.weight[(unit, row * side + column)])
                })
                .collect(),
            range: [-most, most],
            colormap: Colormap::Diverging,
            smooth: false,
        };
        panel = panel.field(field, low, [low[0] + side as f64, low[1] + side as f64]);
    }
    panel.x.names = Some(Vec::new());
    panel.y.names = Some(Vec::new());
    let shown = match layer.units() {
        all if all > units => format!("the first {units} of {all} units"),
        all => format!("{all} units"),
    };
    Ok(Figure::new("What the first layer looks for")
        .caption(format!(
            "{source}: the weights of {shown}, a {side} × {side} image each, row by row from the upper left; the inputs are read as \
             pixels in this order."
        ))
        .size(720, 720)
        .panel(panel))
}
