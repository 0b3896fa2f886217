//! Graph paper and its images.

use faer::{Mat, MatRef};

use super::plane_points;
use crate::geometry::Grid;
use crate::model::Frozen;
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

/// The image of graph paper under a map, as lines that are sampled again where they bend.
pub fn warped(grid: &Grid, opacity: f64, map: impl Fn(MatRef<'_, f64>) -> Mat<f64>) -> Vec<Mark> {
    smooth(grid, opacity, grid.image(&map), map)
}

/// The same under a network.
pub fn warped_by(grid: &Grid, opacity: f64, network: &Frozen) -> Vec<Mark> {
    let map = |points: MatRef<'_, f64>| network.forward(points);
    smooth(grid, opacity, grid.image_under(network), map)
}

/// The images of the lines, sampled again where they bend.
fn smooth(
    grid: &Grid,
    opacity: f64,
    images: Vec<Mat<f64>>,
    map: impl Fn(MatRef<'_, f64>) -> Mat<f64>,
) -> Vec<Mark> {
    let lines = grid.lines(grid.points.as_ref());
    let span = images
        .iter()
        .map(|image| image.norm_max())
        .fold(0.0, f64::max);
    let smooth: Vec<Mat<f64>> = lines
        .into_iter()
        .zip(images)
        .map(|(line, image)| refined(line, image, 2e-3 * span, &map))
        .collect();
    grid_lines(grid, &smooth, opacity)
}

/// How often the samples beside a bend are doubled.
const ROUNDS: usize = 5;
/// The cosine of the sharpest turn between two pieces that are left as they are: 8 degrees.
const STRAIGHT: f64 = 0.990_268;

/// The image (n x 2) of a line's samples (n x 2), with more of them where it turns sharply in pieces longer than `shortest`.
fn refined(
    mut line: Mat<f64>,
    mut image: Mat<f64>,
    shortest: f64,
    map: &impl Fn(MatRef<'_, f64>) -> Mat<f64>,
) -> Mat<f64> {
    for _ in 0..ROUNDS {
        let n = image.nrows();
        let piece = |i: usize| [0, 1].map(|j| image[(i + 1, j)] - image[(i, j)]);
        let long = |[x, y]: [f64; 2]| libm::hypot(x, y) > shortest;
        let mut split = vec![false; n.saturating_sub(1)];
        for i in 1..n.saturating_sub(1) {
            let ([a, b], [c, d]) = (piece(i - 1), piece(i));
            let turn = (a * c + b * d) / (libm::hypot(a, b) * libm::hypot(c, d));
            if turn < STRAIGHT {
                split[i - 1] |= long([a, b]);
                split[i] |= long([c, d]);
            }
        }
        let places: Vec<usize> = (0..split.len()).filter(|&i| split[i]).collect();
        if places.is_empty() {
            break;
        }
        let between = Mat::from_fn(places.len(), 2, |k, j| {
            0.5 * (line[(places[k], j)] + line[(places[k] + 1, j)])
        });
        let between_image = map(between.as_ref());
        line = interleaved(&line, &between, &places);
        image = interleaved(&image, &between_image, &places);
    }
    image
}

/// The rows of `old` with row k of `new` put after row `places[k]`.
fn interleaved(old: &Mat<f64>, new: &Mat<f64>, places: &[usize]) -> Mat<f64> {
    let mut rows: Vec<[f64; 2]> = Vec::with_capacity(old.nrows() + new.nrows());
    let mut next = 0;
    for i in 0..old.nrows() {
        rows.push([old[(i, 0)], old[(i, 1)]]);
        if places.get(next) == Some(&i) {
            rows.push([new[(next, 0)], new[(next, 1)]]);
            next += 1;
        }
    }
    Mat::from_fn(rows.len(), 2, |i, j| rows[i][j])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Bounds;

    #[test]
    fn a_bend_is_sampled_where_it_is() {
        // (x, y) -> (x, tanh(60 x)): a step at 0 that 5 samples cut off.
        let step = |points: MatRef<'_, f64>| {
            Mat::from_fn(points.nrows(), 2, |i, j| {
                if j == 0 {
                    points[(i, 0)]
                } else {
                    libm::tanh(60.0 * points[(i, 0)])
                }
            })
        };
        let bounds = Bounds::new((-1.0, 1.3), (0.0, 1.0)).unwrap();
        let grid = Grid::new(bounds, 2, 2, 5).unwrap();
        let Some(Mark::Line { points, .. }) = warped(&grid, 1.0, step).pop() else {
            panic!("lines");
        };
        assert!(points.len() > 15, "{}", points.len());
        assert!(points.windows(2).all(|pair| pair[0][0] < pair[1][0]));
        assert!(points.iter().all(|p| p[1] == libm::tanh(60.0 * p[0])));
        // No point of the curve is farther from the drawn line than a hundredth of its height.
        let from_line = |[x, y]: [f64; 2]| {
            let segments = points.windows(2).map(|pair| {
                let [[x0, y0], [x1, y1]] = [pair[0], pair[1]];
                let (dx, dy) = (x1 - x0, y1 - y0);
                let share = ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy);
                let share = share.clamp(0.0, 1.0);
                libm::hypot(x0 + share * dx - x, y0 + share * dy - y)
            });
            segments.fold(f64::INFINITY, f64::min)
        };
        let worst = (0..=10_000).map(|k| {
            let x = -1.0 + 2.3e-4 * f64::from(k);
            from_line([x, libm::tanh(60.0 * x)])
        });
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 0.02, "{worst}");
    }
}
