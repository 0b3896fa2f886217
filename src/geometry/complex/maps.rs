//! The affine map of each cell, computed on demand.

use faer::Mat;

use super::Complex;
use super::chain::Link;

/// x to A x + b: what the network is on a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct AffineMap {
    /// A, (outputs x 2).
    pub matrix: Mat<f64>,
    /// b, an entry per output.
    pub offset: Vec<f64>,
}

impl AffineMap {
    /// A x + b.
    pub fn at(&self, [x, y]: [f64; 2]) -> Vec<f64> {
        let row = |(i, b): (usize, &f64)| self.matrix[(i, 0)] * x + self.matrix[(i, 1)] * y + b;
        self.offset.iter().enumerate().map(row).collect()
    }

    /// The largest factor by which the map stretches a direction: the larger singular value of A.
    pub fn slope(&self) -> f64 {
        // AᵀA is symmetric and (2 x 2): its larger eigenvalue.
        let gram = self.matrix.transpose() * &self.matrix;
        let (a, b, d) = (gram[(0, 0)], gram[(0, 1)], gram[(1, 1)]);
        let half = (a - d) / 2.0;
        ((a + d) / 2.0 + libm::hypot(half, b)).max(0.0).sqrt()
    }

    /// det A, where the map goes to the plane: by how much areas grow, negative where the plane is turned over.
    pub fn determinant(&self) -> Option<f64> {
        let a = &self.matrix;
        (a.nrows() == 2).then(|| a[(0, 0)] * a[(1, 1)] - a[(0, 1)] * a[(1, 0)])
    }
}

impl Complex {
    /// What the network is on a cell: its output, before a sigmoid or softmax at the end.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn map(&self, face: usize) -> AffineMap {
        self.map_to(face, self.chain.len())
    }

    /// What the network's first `layers` layers are on a cell.
    ///
    /// # Panics
    /// If there is no such cell, or there are fewer layers.
    pub fn map_to(&self, face: usize, layers: usize) -> AffineMap {
        let cells = self.ancestors(face);
        let mut rows = vec![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]];
        for (k, link) in self.chain[..layers].iter().enumerate() {
            let level = self.refined.levels.get(k);
            let mut next = Vec::with_capacity(link.units);
            for unit in 0..link.units {
                let [slope, offset] = match level {
                    Some(level) => link.piece(level, cells[k + 1], unit),
                    None => [1.0, 0.0],
                };
                next.push(bent(link, unit, &rows, slope, offset));
            }
            rows = next;
        }
        AffineMap {
            matrix: Mat::from_fn(rows.len(), 2, |i, j| rows[i][j]),
            offset: rows.iter().map(|row| row[2]).collect(),
        }
    }

    /// The cells that a face is part of: after no layer, after the first, and so on to itself.
    pub(super) fn ancestors(&self, face: usize) -> Vec<usize> {
        let mut cells = vec![face];
        for level in self.refined.levels.iter().rev() {
            let last = cells[cells.len() - 1];
            cells.push(level.parent[last] as usize);
        }
        cells.reverse();
        cells
    }
}

/// The map of a unit on a piece of its activation.
fn bent(link: &Link, unit: usize, inputs: &[[f64; 3]], slope: f64, offset: f64) -> [f64; 3] {
    let divisor = f64::from(link.bend.divisor);
    if slope == 0.0 {
        return [0.0, 0.0, offset / divisor];
    }
    let mut row = combine(link, unit, inputs);
    if slope != 1.0 || offset != 0.0 || divisor != 1.0 {
        row.iter_mut().for_each(|v| *v *= slope);
        row[2] += offset;
        row.iter_mut().for_each(|v| *v /= divisor);
    }
    row
}

fn combine(link: &Link, unit: usize, inputs: &[[f64; 3]]) -> [f64; 3] {
    let mut row = [0.0, 0.0, link.bias[unit]];
    for (w, input) in link.row(unit).iter().zip(inputs) {
        for (sum, v) in row.iter_mut().zip(input) {
            *sum += w * v;
        }
    }
    row
}
