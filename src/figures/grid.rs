//! Graph paper and what becomes of it.

use faer::{Mat, MatRef};

use super::plane_points;
use crate::geometry::Grid;
use crate::plot::{Colour, Mark, Stroke};

/// The lines of constant x and those of constant y, each family in its own quiet colour.
pub fn grid_lines(grid: &Grid, lines: &[Mat<f64>], opacity: f64) -> Vec<Mark> {
    lines
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let family = usize::from(i >= grid.lines_x);
            let colour = Colour::accent(if family == 0 { 0 } else { 2 });
            Mark::Line {
                points: plane_points(line.as_ref()),
                stroke: Stroke::new(colour.fade(opacity), 1.0),
            }
        })
        .collect()
}

/// The image of graph paper under a map, as lines.
pub fn warped(grid: &Grid, opacity: f64, map: impl Fn(MatRef<'_, f64>) -> Mat<f64>) -> Vec<Mark> {
    grid_lines(grid, &grid.image(map), opacity)
}
