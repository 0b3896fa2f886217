//! By how much a linear map of the plane lengthens directions on average.

use faer::MatRef;

/// The mean of ‖A u‖ over all unit vectors u of the plane, for A (n x 2): the perimeter of the ellipse with A's singular
/// values as half axes, divided by 2π.
///
/// By the arithmetic-geometric mean, to rounding. Source: S. Adlaj, *An Eloquent Formula for the Perimeter of an Ellipse*
/// (2012).
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::mean_stretch;
/// assert!((mean_stretch(mat![[0.0, -3.0], [3.0, 0.0]].as_ref()) - 3.0).abs() < 1e-15);
/// // A projection onto a line: the mean of |cos| is 2/π.
/// let flat = mean_stretch(mat![[1.0, 0.0], [0.0, 0.0]].as_ref());
/// assert!((flat - std::f64::consts::FRAC_2_PI).abs() < 1e-15);
/// ```
pub fn mean_stretch(a: MatRef<'_, f64>) -> f64 {
    // By a power of two, so that squares stay within f64 and nothing rounds.
    let scale = power_of_two(a.norm_max());
    let column = |j: usize| (0..a.nrows()).map(move |i| a[(i, j)] / scale);
    let dot = |i: usize, j: usize| column(i).zip(column(j)).map(|(p, q)| p * q).sum::<f64>();
    let (p, q, r) = (dot(0, 0), dot(0, 1), dot(1, 1));
    let (mean, reach) = (0.5 * (p + r), libm::hypot(0.5 * (p - r), q));
    let long = (mean + reach).max(0.0).sqrt();
    if long == 0.0 {
        return 0.0;
    }
    // The short axis as a share of the long one; from the determinant rather than a difference.
    let short = ((p * r - q * q).max(0.0).sqrt() / (long * long)).min(1.0);
    if short < 1e-9 {
        return long * std::f64::consts::FRAC_2_PI * scale;
    }
    // M(1, b), and N(1, b²) by the modified mean.
    let (mut x, mut y) = (1.0, short);
    while (x - y).abs() > 1e-15 * x {
        (x, y) = (0.5 * (x + y), (x * y).sqrt());
        if (x - y).abs() <= 2.0 * f64::EPSILON * x {
            break;
        }
    }
    let (mut u, mut v, mut z) = (1.0, short * short, 0.0);
    for _ in 0..60 {
        let root = ((u - z) * (v - z)).max(0.0).sqrt();
        let next = (0.5 * (u + v), z + root, z - root);
        let settled = (next.0 - u).abs() <= 1e-15 * u.abs();
        (u, v, z) = next;
        if settled {
            break;
        }
    }
    long * u / x * scale
}

/// The power of two at or below a positive number; 1 for zero and for what is not finite.
pub(super) fn power_of_two(size: f64) -> f64 {
    if size > 0.0 && size.is_finite() {
        // Below 2^1023, so that a division by it and a product with it are exact for numbers up to `size`.
        libm::exp2(libm::floor(libm::log2(size)).clamp(-1022.0, 1022.0))
    } else {
        1.0
    }
}
