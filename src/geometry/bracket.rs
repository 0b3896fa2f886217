//! Bracketed root finding on the unit interval: Illinois steps (false position that halves a stagnant end), with a
//! bisection whenever three steps together have not halved the bracket.

/// A sign change of f between two places of an edge, t in [0, 1].
pub(super) struct Bracket {
    /// (t, f(t)), f possibly halved by the Illinois rule.
    low: (f64, f64),
    high: (f64, f64),
    /// The trial with the smallest |f|.
    pub best: (f64, f64),
    /// The widths before the last three steps.
    widths: [f64; 3],
    /// Whether the last step moved the low end; `None` before the first.
    moved_low: Option<bool>,
    /// Whether no further step would help.
    pub done: bool,
}

impl Bracket {
    /// From the values at both ends, which differ in sign.
    pub(super) fn new(at_zero: f64, at_one: f64) -> Self {
        let (low, high) = ((0.0, at_zero), (1.0, at_one));
        let best = if at_zero.abs() <= at_one.abs() {
            low
        } else {
            high
        };
        Self {
            low,
            high,
            best,
            widths: [f64::INFINITY; 3],
            moved_low: None,
            done: best.1 == 0.0,
        }
    }

    fn width(&self) -> f64 {
        self.high.0 - self.low.0
    }

    /// Where to look next.
    pub(super) fn trial(&self) -> f64 {
        let (low, high) = (self.low, self.high);
        let middle = 0.5 * (low.0 + high.0);
        if self.width() > 0.5 * self.widths[0] {
            return middle;
        }
        let t = (low.0 * high.1 - high.0 * low.1) / (high.1 - low.1);
        if t > low.0 && t < high.0 { t } else { middle }
    }

    /// Takes in the value at the trial.
    pub(super) fn update(&mut self, t: f64, value: f64) {
        self.widths = [self.widths[1], self.widths[2], self.width()];
        if value.abs() < self.best.1.abs() {
            self.best = (t, value);
        }
        let move_low = (value >= 0.0) == (self.low.1 >= 0.0);
        // An end that stays a second time is halved, so that the next step favours its side.
        let again = self.moved_low == Some(move_low);
        if move_low {
            self.low = (t, value);
            self.high.1 *= if again { 0.5 } else { 1.0 };
        } else {
            self.high = (t, value);
            self.low.1 *= if again { 0.5 } else { 1.0 };
        }
        self.moved_low = Some(move_low);
        self.done = value == 0.0 || !value.is_finite() || self.width() <= 4.0 * f64::EPSILON;
    }
}
