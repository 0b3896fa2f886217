//! The lattice of points on which `[capture] of = "grid"` records.

use faer::Mat;

/// Points along each side.
const SIDE: usize = 64;

/// How far the lattice reaches beyond the data on each side, in widths of the data.
const MARGIN: f64 = 0.12;

/// 64 x 64 points, row by row from the lower left, over the rectangle around `features` (n x 2) and a margin of 12 %:
/// (4096 x 2).
///
/// ```
/// use faer::mat;
/// let points = foldspace::capture::lattice(&mat![[0.0, 10.0], [1.0, 30.0]]);
/// assert_eq!((points.nrows(), points.ncols()), (4096, 2));
/// assert!((points[(0, 0)] + 0.12).abs() < 1e-12 && (points[(4095, 1)] - 32.4).abs() < 1e-12);
/// ```
///
/// # Panics
/// If there are not two features.
pub fn lattice(features: &Mat<f64>) -> Mat<f64> {
    let side = |column: usize| {
        let values = features.col(column);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let width = if high > low { high - low } else { 1.0 };
        (low - MARGIN * width, high + MARGIN * width)
    };
    let sides = [side(0), side(1)];
    Mat::from_fn(SIDE * SIDE, 2, |i, axis| {
        let k = if axis == 0 { i % SIDE } else { i / SIDE };
        let t = k as f64 / (SIDE - 1) as f64;
        sides[axis].0 * (1.0 - t) + sides[axis].1 * t
    })
}
