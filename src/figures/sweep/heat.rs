//! Two settings against each other: a matrix of medians.

use super::{fitted, seeds};
use crate::plot::{
    Anchor, Colormap, Colour, Face, Figure, Frame, Mark, MatrixStyle, Panel, Role, text,
};
use crate::sweep::{Measure, Results, grid, measure};

/// The font size of the numbers, pixels.
const NUMBER: f64 = 12.5;
/// The font size of the values along the axes, pixels.
const TICK: f64 = 11.0;

/// Cells of a setting with more values could not be told apart.
const MOST_VALUES: usize = 160;

/// The median of each combination as a cell: a row per value of the first setting, a column per value of the second. `None`
/// unless exactly two settings differ, of not too many values.
pub(super) fn heat(results: &Results) -> Option<Figure> {
    let [first, second] = results.grid.swept()[..] else {
        return None;
    };
    let of = results.measure;
    let (rows, columns) = (first.values.len(), second.values.len());
    let unit = if of.is_accuracy() { 100.0 } else { 1.0 };
    if rows.max(columns) > MOST_VALUES {
        return None;
    }
    let medians: Vec<Option<f64>> = results
        .summaries()
        .map(|summary| summary.of(of).map(|of| unit * of.median))
        .collect();
    let median = |combination: usize| medians[combination];
    let known: Vec<f64> = (0..rows * columns).filter_map(median).collect();
    let low = known.iter().copied().fold(f64::INFINITY, f64::min);
    let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if known.is_empty() {
        return None;
    }
    let range = if high > low {
        [low, high]
    } else {
        [low - 1.0, high]
    };
    let cells: Vec<Vec<f64>> = (0..rows)
        .map(|row| {
            (0..columns)
                .map(|column| median(row * columns + column).unwrap_or(low))
                .collect()
        })
        .collect();
    let side = (760.0 / rows.max(columns) as f64)
        .clamp(if rows.max(columns) > 80 { 6.0 } else { 12.0 }, 84.0);
    let widest = known
        .iter()
        .map(|&value| text::width(&cell(value, of), NUMBER, Face::Regular))
        .fold(0.0, f64::max);
    // Colours alone where the numbers would not fit.
    let numbered = widest + 8.0 <= side;
    let (across, up) = (columns as f64, rows as f64);
    let style = MatrixStyle {
        colormap: Colormap::Sequential,
        range,
        decimals: None,
    };
    let name = if of.is_accuracy() {
        format!("median {} (%)", of.name())
    } else {
        format!("median {}", of.name())
    };
    let names = results.grid.names();
    let mut panel = Panel::new()
        .frame(Frame::Box)
        .labels(text::literal(&names[1]), text::literal(&names[0]))
        .matrix(&cells, [0.0, up], 1.0, style)
        .range([0.0, across], [0.0, up])
        .colour_bar(Colormap::Sequential, range, name.clone());
    panel.square = true;
    for row in 0..rows {
        for column in 0..columns {
            let middle = [column as f64 + 0.5, up - row as f64 - 0.5];
            match median(row * columns + column) {
                Some(value) if numbered => {
                    let t = (value - range[0]) / (range[1] - range[0]);
                    let on = Colour::new(Role::On(Colormap::Sequential, t));
                    panel = panel.mark(words(middle, cell(value, of), on));
                }
                Some(_) => {}
                // Blank paper: there is no number where every run diverged.
                None => {
                    let [x, y] = middle.map(|centre| [centre - 0.5, centre + 0.5]);
                    let corners = [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]]];
                    panel = panel.polygon(corners, Colour::BACKGROUND);
                    panel = panel.mark(words(middle, "–".to_owned(), Colour::MUTED));
                }
            }
        }
    }
    panel.x.names = Some(places(&second.values, side - 6.0, |k| k as f64 + 0.5));
    // Names stand a line apart, of rows that are lower.
    let every = (15.0 / side).ceil().max(1.0) as usize;
    let named = places(&first.values, 160.0, |k| up - k as f64 - 0.5);
    panel.y.names = Some(named.into_iter().step_by(every).collect());
    let blank = if known.len() < rows * columns {
        " A dash: every run diverged."
    } else {
        ""
    };
    let gutter = panel.y.names.iter().flatten();
    let gutter = gutter
        .map(|(_, name)| text::width(name, TICK, Face::Regular))
        .fold(0.0, f64::max);
    let width = (across * side + gutter + 170.0).max(420.0);
    let height = up * side + 160.0;
    let title = format!(
        "{}{}: {}",
        name[..1].to_uppercase(),
        &name[1..],
        crate::plot::text::literal(&results.name)
    );
    let caption = format!("After the last epoch, over {}.{blank}", seeds(results));
    Some(
        Figure::new(title)
            .caption(caption)
            .size(width as u32, height as u32)
            .panel(panel),
    )
}

/// A median in its cell.
fn cell(value: f64, of: Measure) -> String {
    if of.is_accuracy() {
        format!("{value:.1}")
    } else {
        measure::loss(value)
    }
}

fn words(at: [f64; 2], text: String, colour: Colour) -> Mark {
    Mark::Text {
        at,
        offset: [0.0, 0.0],
        text,
        anchor: Anchor::Centre,
        size: NUMBER,
        colour,
        halo: false,
        bold: false,
    }
}

/// The values along an axis, no longer than `room` pixels each; of many, every second, third ... one.
fn places(values: &[String], room: f64, place: impl Fn(usize) -> f64) -> Vec<(f64, String)> {
    let stride = (24.0 / room.max(1.0)).ceil().max(1.0);
    let named = values.iter().enumerate().step_by(stride as usize);
    named
        .map(|(k, value)| {
            let value = fitted(&grid::bare(value), TICK, Face::Regular, room * stride);
            (place(k), value)
        })
        .collect()
}
