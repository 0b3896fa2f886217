//! Graph paper for a network: lines sampled where its complex has edges.

use faer::{Mat, MatRef};

use crate::error::Result;
use crate::geometry::complex::{Complex, piecewise_linear};
use crate::geometry::{Bounds, Grid};
use crate::model::Frozen;
use crate::plot::Point;

/// Samples per line before creases are added, where some activation bends smoothly.
const SMOOTH_SAMPLES: usize = 81;

/// Lines of the plane with the places on them that matter to a network.
///
/// Between neighbouring samples the layers before the first smooth one are affine, so that the image of a line under a
/// piecewise linear network is drawn exactly by its samples' images.
#[derive(Debug)]
pub(super) struct Paper {
    /// The samples of all lines, one after the other (n x 2).
    pub points: Mat<f64>,
    /// How many samples each line has; first the lines of constant x, then those of constant y.
    pub lengths: Vec<usize>,
    /// How many lines have constant x.
    pub lines_x: usize,
}

impl Paper {
    /// `lines` lines along each axis of `bounds`, rim included, creased by `network` (from 2 inputs).
    ///
    /// # Errors
    /// If the network does not fit the plane, or is not finite.
    pub(super) fn new(network: &Frozen, bounds: Bounds, lines: usize) -> Result<Self> {
        let creased = piecewise_linear(network);
        let samples = if creased.layers.len() == network.layers.len() {
            2
        } else {
            SMOOTH_SAMPLES
        };
        let complex = Complex::new(&creased, bounds)?;
        let grid = Grid::new(bounds, lines, lines, samples)?;
        let mut all: Vec<Point> = Vec::new();
        let mut lengths = Vec::new();
        for line in grid.lines(grid.points.as_ref()) {
            let end = |i: usize| [line[(i, 0)], line[(i, 1)]];
            let (from, to) = (end(0), end(line.nrows() - 1));
            let mut shares = complex.crossings(from, to);
            shares.extend((0..samples).map(|k| k as f64 / (samples - 1) as f64));
            shares.sort_by(f64::total_cmp);
            shares.dedup();
            lengths.push(shares.len());
            all.extend(
                shares
                    .into_iter()
                    .map(|t| [0, 1].map(|i| from[i] * (1.0 - t) + to[i] * t)),
            );
        }
        Ok(Self {
            points: Mat::from_fn(all.len(), 2, |i, j| all[i][j]),
            lengths,
            lines_x: lines,
        })
    }

    /// Cuts the images of [`Self::points`] (n x 2) back into lines.
    pub(super) fn lines(&self, image: MatRef<'_, f64>) -> Vec<Mat<f64>> {
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
        let grid = Paper::new(&network, unit, 3).unwrap();
        assert_eq!(grid.lengths, [2, 2, 2, 4, 4, 4]);
        let horizontal = &grid.lines(grid.points.as_ref())[3];
        for (i, x) in [0.0, 0.3, 0.8, 1.0].into_iter().enumerate() {
            assert!((horizontal[(i, 0)] - x).abs() < 1e-15);
        }
    }

    #[test]
    fn creases_close_together_stay_apart() {
        // Two creases a millionth of the line apart, none on a sample; a tanh at the end bends all of it.
        let network = Frozen {
            layers: vec![
                Layer {
                    name: String::new(),
                    weight: mat![[1.0, 0.0], [1.0, 0.0]],
                    bias: vec![-0.301, -0.301_001],
                    activation: Activation::Relu,
                },
                Layer {
                    name: String::new(),
                    weight: mat![[1.0, 1.0]],
                    bias: vec![0.0],
                    activation: Activation::Tanh,
                },
            ],
        };
        let unit = Bounds::new((0.0, 1.0), (0.0, 1.0)).unwrap();
        let grid = Paper::new(&network, unit, 2).unwrap();
        assert_eq!(grid.lengths, [81, 81, 83, 83]);
    }
}
