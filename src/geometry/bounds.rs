//! An axis-aligned rectangle of the plane: the window that a figure looks through.

use faer::MatRef;

use crate::error::{Error, Result};

/// The rectangle \[x.0, x.1\] x \[y.0, y.1\].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The first coordinate, from and to.
    pub x: (f64, f64),
    /// The second coordinate, from and to.
    pub y: (f64, f64),
}

impl Bounds {
    /// A rectangle from its sides.
    ///
    /// # Errors
    /// If a side is not finite or not longer than zero.
    pub fn new(x: (f64, f64), y: (f64, f64)) -> Result<Self> {
        for (axis, (from, to)) in [("x", x), ("y", y)] {
            if !(from.is_finite() && to.is_finite() && from < to) {
                return Err(Error::invalid(
                    format!("{axis} range {from} to {to}"),
                    "not a range",
                    "give two finite numbers, the smaller first",
                ));
            }
        }
        Ok(Self { x, y })
    }

    /// The smallest rectangle around the rows of `points` (n x 2), widened on each side by `margin` times its length. A side of
    /// length zero becomes one of length 1, or longer where the numbers are so large that 1 is lost to rounding; a side too short
    /// for arithmetic is widened.
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::geometry::Bounds;
    /// let bounds = Bounds::around(mat![[0.0, 1.0], [2.0, 5.0]].as_ref(), 0.25).unwrap();
    /// assert_eq!(bounds, Bounds { x: (-0.5, 2.5), y: (0.0, 6.0) });
    /// ```
    ///
    /// # Errors
    /// If there are no points, they are not in the plane, or one is not finite.
    pub fn around(points: MatRef<'_, f64>, margin: f64) -> Result<Self> {
        if points.nrows() == 0 || points.ncols() != 2 {
            return Err(Error::matrix(
                "bounds",
                format!(
                    "the points are {} x {}; a rectangle needs at least one point with 2 coordinates",
                    points.nrows(),
                    points.ncols()
                ),
            ));
        }
        let side = |column: usize| {
            let (mut from, mut to) = (f64::INFINITY, f64::NEG_INFINITY);
            for &v in points.col(column).iter() {
                // Not f64::min, which would drop a NaN.
                from = if v >= from { from } else { v };
                to = if v <= to { to } else { v };
            }
            let length = (to - from).min(f64::MAX);
            let size = from.abs().max(to.abs());
            // Several numbers must lie between the ends, and their squares' roots must exist.
            let least = (1e-12 * size).max(1e-300);
            if length >= least {
                let air = margin * length;
                ((from - air).max(-f64::MAX), (to + air).min(f64::MAX))
            } else if length > 0.0 {
                (from - least, to + least)
            } else {
                let half = (1e-9 * size).max(0.5);
                ((from - half).max(-f64::MAX), (to + half).min(f64::MAX))
            }
        };
        Self::new(side(0), side(1))
    }
}
