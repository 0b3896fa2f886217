//! A lattice of lines over the plane, and its image under a network: the "warped graph paper".
//!
//! A line is sampled finely, since its image under an activation is a curve. Items A6, A11, A13 and D6.

use faer::{Mat, MatRef};

use super::Bounds;
use crate::error::{Error, Result};
use crate::model::{Axis, Frozen};

/// The sampled lines of a rectangular lattice.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// All samples, one per row (lines * samples x 2): first the lines of constant x from left to right, each upwards,
    /// then those of constant y from the bottom up, each to the right.
    pub points: Mat<f64>,
    /// How many of the lines have constant x.
    pub lines_x: usize,
    /// How many of the lines have constant y.
    pub lines_y: usize,
    /// The number of samples per line.
    pub samples: usize,
}

impl Grid {
    /// `lines_x` lines of constant x and `lines_y` of constant y, evenly spaced from rim to rim, each with
    /// `samples` points from end to end.
    ///
    /// ```
    /// use foldspace::geometry::{Bounds, Grid};
    /// let grid = Grid::new(Bounds::new((-1.0, 1.0), (-1.0, 1.0))?, 3, 3, 5)?;
    /// let doubled = grid.image(|points| points * faer::Scale(2.0));
    /// assert_eq!(doubled.len(), 6); // lines
    /// assert_eq!(doubled[2][(4, 1)], 2.0); // the rightmost vertical line ends in the upper right corner
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is a single line in a direction, or fewer than 2 samples, or more than 10 million samples in all.
    pub fn new(bounds: Bounds, lines_x: usize, lines_y: usize, samples: usize) -> Result<Self> {
        let total = lines_x.saturating_add(lines_y).saturating_mul(samples);
        if lines_x == 1 || lines_y == 1 || samples < 2 || total > 10_000_000 {
            return Err(Error::invalid(
                "grid",
                format!("{lines_x} and {lines_y} lines of {samples} samples"),
                "ask for none or at least 2 lines in a direction, at least 2 samples, and at most 10 million in all",
            ));
        }
        let place = |(from, to): (f64, f64), k: usize, n: usize| {
            let t = k as f64 / (n - 1) as f64;
            from * (1.0 - t) + to * t
        };
        let points = Mat::from_fn(total, 2, |row, axis| {
            let (line, sample) = (row / samples, row % samples);
            if line < lines_x {
                match axis {
                    0 => place(bounds.x, line, lines_x),
                    _ => place(bounds.y, sample, samples),
                }
            } else {
                match axis {
                    0 => place(bounds.x, sample, samples),
                    _ => place(bounds.y, line - lines_x, lines_y),
                }
            }
        });
        Ok(Self {
            points,
            lines_x,
            lines_y,
            samples,
        })
    }

    /// Cuts what became of [`Self::points`] (one row each, any number of columns) back into lines.
    ///
    /// # Panics
    /// If there are fewer rows than samples.
    pub fn lines(&self, image: MatRef<'_, f64>) -> Vec<Mat<f64>> {
        (0..self.lines_x + self.lines_y)
            .map(|line| image.subrows(line * self.samples, self.samples).to_owned())
            .collect()
    }

    /// The image of every line under a map of points, such as `|points| network.forward(points)`:
    /// one (samples x d) matrix per line.
    ///
    /// # Panics
    /// If the map returns fewer rows than it is given.
    pub fn image(&self, map: impl Fn(MatRef<'_, f64>) -> Mat<f64>) -> Vec<Mat<f64>> {
        self.lines(map(self.points.as_ref()).as_ref())
    }

    /// The image of every line under a network, as [`Self::image`] to 1e-14 in the first layer: either family of lines is a lattice
    /// of points.
    ///
    /// # Panics
    /// If the network does not start in the plane.
    pub fn image_under(&self, network: &Frozen) -> Vec<Mat<f64>> {
        // Along a line of constant x (0), y (1) changes, and conversely.
        [(0, 0, self.lines_x), (1, self.lines_x, self.lines_y)]
            .into_iter()
            .flat_map(|(constant, first, lines)| {
                let from = first * self.samples;
                let along =
                    (0..self.samples.min(lines * self.samples)).map(|k| (from + k, 1 - constant));
                let across = (0..lines).map(|line| (from + line * self.samples, constant));
                let places: Vec<f64> = along.map(|place| self.points[place]).collect();
                let fixed: Vec<f64> = across.map(|place| self.points[place]).collect();
                let image = network.forward_lattice(
                    Axis {
                        coordinate: 1 - constant,
                        places: &places,
                    },
                    Axis {
                        coordinate: constant,
                        places: &fixed,
                    },
                );
                let line = |line| image.subrows(line * self.samples, self.samples).to_owned();
                (0..lines).map(line).collect::<Vec<_>>()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, Layer};

    #[test]
    fn a_network_takes_lines_where_it_takes_their_points() {
        let layer = |units: usize, activation| Layer {
            name: String::new(),
            weight: Mat::from_fn(units, 2, |i, j| libm::sin((1 + 3 * i + 7 * j) as f64)),
            bias: (0..units).map(|unit| libm::cos(unit as f64)).collect(),
            activation,
        };
        let bounds = Bounds::new((-1.0, 2.0), (0.0, 5.0)).unwrap();
        for activation in [Activation::Tanh, Activation::Sigmoid, Activation::Relu] {
            let network = Frozen {
                layers: vec![layer(2, activation), layer(3, Activation::Identity)],
            };
            for (lines_x, lines_y) in [(3, 4), (0, 2), (2, 0), (0, 0)] {
                let grid = Grid::new(bounds, lines_x, lines_y, 9).unwrap();
                let under = grid.image_under(&network);
                let lines = grid.image(|points| network.forward(points));
                assert_eq!(under.len(), lines.len());
                for (under, line) in under.iter().zip(&lines) {
                    assert!((under - line).norm_max() < 1e-13);
                }
            }
        }
    }
}
