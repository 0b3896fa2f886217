//! The corners of a rectangle's cells, at which a function of the plane is evaluated.

use faer::Mat;

use super::Bounds;
use crate::error::{Error, Result};

/// The corners of the cells: (nx + 1) x (ny + 1) points.
#[derive(Debug)]
pub(super) struct Lattice {
    bounds: Bounds,
    /// Along x and y.
    pub(super) cells: [usize; 2],
}

impl Lattice {
    pub(super) fn new(bounds: Bounds, cells: [usize; 2]) -> Result<Self> {
        if cells.iter().any(|&n| n == 0 || n > 10_000) {
            return Err(Error::invalid(
                "resolution",
                format!("{} x {} cells", cells[0], cells[1]),
                "ask for 1 to 10000 cells along each axis",
            ));
        }
        Ok(Self { bounds, cells })
    }

    /// The point at (possibly fractional) cell coordinates.
    pub(super) fn point(&self, i: f64, j: f64) -> [f64; 2] {
        let along = |(from, to): (f64, f64), k: f64, n: usize| {
            let t = k / n as f64;
            from * (1.0 - t) + to * t
        };
        [
            along(self.bounds.x, i, self.cells[0]),
            along(self.bounds.y, j, self.cells[1]),
        ]
    }

    /// The corners' places along x and y.
    pub(super) fn axes(&self) -> [Vec<f64>; 2] {
        [0, 1].map(|axis| {
            (0..=self.cells[axis])
                .map(|k| self.point(k as f64, k as f64)[axis])
                .collect()
        })
    }

    /// All corners, row by row from the lower left.
    pub(super) fn corners(&self) -> Vec<[f64; 2]> {
        let [x, y] = self.axes();
        y.iter()
            .flat_map(|&y| x.iter().map(move |&x| [x, y]))
            .collect()
    }

    pub(super) fn corner_index(&self, i: usize, j: usize) -> usize {
        j * (self.cells[0] + 1) + i
    }
}

/// The corners of the cells that [`Sampling`](super::Sampling) looks at, row by row from the lower left.
pub(super) fn corners(bounds: Bounds, resolution: [usize; 2]) -> Result<Mat<f64>> {
    let points = Lattice::new(bounds, resolution)?.corners();
    Ok(Mat::from_fn(points.len(), 2, |row, axis| points[row][axis]))
}
