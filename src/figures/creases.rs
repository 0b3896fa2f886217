//! Graph paper with its creases: lines sampled exactly where a piecewise linear network bends them.

use faer::{Mat, MatRef};

use crate::geometry::Bounds;
use crate::model::Frozen;
use crate::plot::Point;

/// Samples per line before creases are added, where some activation bends smoothly.
const SMOOTH_SAMPLES: usize = 81;
/// Creases closer than this share of the line's length are drawn as one.
const CLOSEST: f64 = 5e-4;

/// Lines of the plane with the places on them that matter to a network.
///
/// Between neighbouring samples a network of layers that are linear in pieces is affine, so the image of a line is
/// drawn exactly by its samples' images.
pub(super) struct CreasedGrid {
    /// The samples of all lines, one after the other (n x 2).
    pub points: Mat<f64>,
    /// How many samples each line has; first the lines of constant x, then those of constant y.
    pub lengths: Vec<usize>,
    /// How many lines have constant x.
    pub lines_x: usize,
}

impl CreasedGrid {
    /// `lines` lines along each axis of `bounds`, rim included, creased by `network` (from 2 inputs).
    pub fn new(network: &Frozen, bounds: Bounds, lines: usize) -> Self {
        let along = |(from, to): (f64, f64), t: f64| from * (1.0 - t) + to * t;
        let share = |k: usize, n: usize| k as f64 / (n - 1).max(1) as f64;
        let bends = |layer: &&crate::model::Layer| layer.activation.kinks().is_none();
        let samples = if network.layers.iter().any(|layer| bends(&layer)) {
            SMOOTH_SAMPLES
        } else {
            2
        };
        let mut all: Vec<Point> = Vec::new();
        let mut lengths = Vec::new();
        for line in 0..2 * lines {
            let at = share(line % lines, lines);
            let place = |t: f64| {
                if line < lines {
                    [along(bounds.x, at), along(bounds.y, t)]
                } else {
                    [along(bounds.x, t), along(bounds.y, at)]
                }
            };
            let uniform = (0..samples).map(|k| share(k, samples)).collect();
            let places = crease(network, uniform, place);
            lengths.push(places.len());
            all.extend(places.into_iter().map(place));
        }
        Self {
            points: Mat::from_fn(all.len(), 2, |i, j| all[i][j]),
            lengths,
            lines_x: lines,
        }
    }

    /// Cuts what became of [`Self::points`] (n x 2) back into lines.
    pub fn lines(&self, image: MatRef<'_, f64>) -> Vec<Mat<f64>> {
        let mut start = 0;
        self.lengths
            .iter()
            .map(|&length| {
                let line = image.subrows(start, length).to_owned();
                start += length;
                line
            })
            .collect()
    }
}

/// Adds to the places `ts` of a line those where some unit passes a kink of its activation, layer by layer: once the creases of the layers
/// before are in, a unit is linear between neighbours, and the place is found exactly.
fn crease(network: &Frozen, mut ts: Vec<f64>, place: impl Fn(f64) -> Point) -> Vec<f64> {
    for (depth, layer) in network.layers.iter().enumerate() {
        let kinks = layer.activation.kinks().unwrap_or_default();
        if kinks.is_empty() {
            continue;
        }
        let points: Vec<Point> = ts.iter().map(|&t| place(t)).collect();
        let points = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
        let (head, _) = network.split_at(depth);
        let z = layer.affine(head.forward(points.as_ref()).as_ref());
        let mut new = Vec::new();
        for i in 1..ts.len() {
            for unit in 0..z.ncols() {
                for kink in &kinks {
                    let (a, b) = (z[(i - 1, unit)] - kink, z[(i, unit)] - kink);
                    if a * b < 0.0 {
                        new.push(ts[i - 1] + (ts[i] - ts[i - 1]) * a / (a - b));
                    }
                }
            }
        }
        ts.extend(new);
        ts.sort_by(f64::total_cmp);
        let last = ts[ts.len() - 1];
        ts.dedup_by(|next, kept| *next - *kept < CLOSEST);
        if let Some(end) = ts.last_mut() {
            *end = last; // the line's end stays
        }
    }
    ts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, Layer};
    use faer::mat;

    #[test]
    fn lines_are_sampled_at_their_creases() {
        // y = relu(x1 - 0.3), then relu(0.5 - y): creases at x1 = 0.3 and x1 = 0.8.
        let layer = |weight: Mat<f64>, bias: f64| Layer {
            name: String::new(),
            weight,
            bias: vec![bias],
            activation: Activation::Relu,
        };
        let network = Frozen {
            layers: vec![layer(mat![[1.0, 0.0]], -0.3), layer(mat![[-1.0]], 0.5)],
        };
        let unit = Bounds::new((0.0, 1.0), (0.0, 1.0)).unwrap();
        let grid = CreasedGrid::new(&network, unit, 3);
        assert_eq!(grid.lengths, [2, 2, 2, 4, 4, 4]);
        let horizontal = &grid.lines(grid.points.as_ref())[3];
        for (i, x) in [0.0, 0.3, 0.8, 1.0].into_iter().enumerate() {
            assert!((horizontal[(i, 0)] - x).abs() < 1e-15);
        }
    }
}
