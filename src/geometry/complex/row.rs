//! A row of an affine map with bounds of its errors.

/// The unit roundoff, 2^-53.
pub(super) const ROUND: f64 = f64::EPSILON / 2.0;
/// Bounds are themselves computed in `f64`; this makes up for it.
pub(super) const SLACK: f64 = 1.0 + 1e-9;
/// What underflow can add.
pub(super) const TINY: f64 = 1e-290;

/// a x + b y + c: coefficients, and how far each can be from the true one.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Row {
    pub v: [f64; 3],
    pub e: [f64; 3],
}

impl Row {
    pub(super) fn exact(v: [f64; 3]) -> Self {
        Self { v, e: [0.0; 3] }
    }

    /// Zero everywhere, for certain.
    pub(super) fn is_zero(&self) -> bool {
        self.v == [0.0; 3] && self.e == [0.0; 3]
    }

    /// The value at (x, y, w) and a bound of its error; `ex`, `ey` bound those of x and y, and w is exact.
    pub(super) fn at(&self, [x, y, w]: [f64; 3], [ex, ey]: [f64; 2]) -> (f64, f64) {
        let [a, b, c] = self.v;
        let value = a * x + b * y + c * w;
        let (ax, ay, aw) = (x.abs() + ex, y.abs() + ey, w.abs());
        let moved = a.abs() * ex + b.abs() * ey;
        let rounded = 4.0 * ROUND * (a.abs() * x.abs() + b.abs() * y.abs() + c.abs() * aw);
        let given = self.e[0] * ax + self.e[1] * ay + self.e[2] * aw;
        (value, (moved + rounded + given) * SLACK + TINY)
    }
}
