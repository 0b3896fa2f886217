//! The named linear maps of the plane as 2 x 2 matrices (items A4, D8): x ↦ W x, columns are the images of the basis
//! vectors. All keep the origin; only a bias moves it.

use faer::{Mat, mat};

/// Rotation about the origin by `angle` radians, anticlockwise: \[\[cos, -sin\], \[sin, cos\]\].
///
/// ```
/// use faer::mat;
/// use foldspace::linalg::transform2d::{reflection, rotation, scaling, shear_x};
/// use std::f64::consts::{FRAC_PI_2, FRAC_PI_4};
/// assert!((rotation(FRAC_PI_2) - mat![[0.0, -1.0], [1.0, 0.0]]).norm_max() < 1e-12);
/// assert!((reflection(FRAC_PI_4) - mat![[0.0, 1.0], [1.0, 0.0]]).norm_max() < 1e-12); // swaps x and y
/// assert_eq!(shear_x(2.0) * scaling(1.0, 3.0), mat![[1.0, 6.0], [0.0, 3.0]]);
/// ```
pub fn rotation(angle: f64) -> Mat<f64> {
    let (sin, cos) = (libm::sin(angle), libm::cos(angle));
    mat![[cos, -sin], [sin, cos]]
}

/// Reflection in the line through the origin that rises at `angle` radians:
/// \[\[cos 2α, sin 2α\], \[sin 2α, -cos 2α\]\].
pub fn reflection(angle: f64) -> Mat<f64> {
    let (sin, cos) = (libm::sin(2.0 * angle), libm::cos(2.0 * angle));
    mat![[cos, sin], [sin, -cos]]
}

/// Shear along x: \[\[1, k\], \[0, 1\]\] moves a point sideways by k times its height.
pub fn shear_x(k: f64) -> Mat<f64> {
    mat![[1.0, k], [0.0, 1.0]]
}

/// Shear along y: \[\[1, 0\], \[k, 1\]\].
pub fn shear_y(k: f64) -> Mat<f64> {
    mat![[1.0, 0.0], [k, 1.0]]
}

/// Scaling along the axes: diag(`x`, `y`).
pub fn scaling(x: f64, y: f64) -> Mat<f64> {
    mat![[x, 0.0], [0.0, y]]
}

/// Orthogonal projection onto the line through the origin that rises at `angle` radians: u uᵀ, of rank 1.
pub fn projection(angle: f64) -> Mat<f64> {
    let (y, x) = (libm::sin(angle), libm::cos(angle));
    mat![[x * x, x * y], [x * y, y * y]]
}
