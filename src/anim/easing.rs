//! How fast a movement runs: functions from time `t` in [0, 1] to progress in [0, 1].

/// An easing function `f`: `f(0) = 0`, `f(1) = 1`, never falling, and symmetric:
/// `f(1 - t) = 1 - f(t)`. All are polynomials, so they give the same bits on every machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Easing {
    /// `f(t) = t`: constant speed; what an animation over epochs needs.
    Linear,
    /// `f(t) = 3 t^2 - 2 t^3`: starts and stops at rest.
    Smoothstep,
    /// `f(t) = 4 t^3` in the first half, `1 - 4 (1 - t)^3` in the second: the fastest middle.
    CubicInOut,
    /// `f(t) = 10 t^3 - 15 t^4 + 6 t^5`: starts and stops at rest and without jerk. The `smooth`
    /// of 3Blue1Brown's animation engine.
    #[default]
    Smooth,
}

impl Easing {
    /// Progress at time `t`; times outside [0, 1] count as its ends.
    ///
    /// ```
    /// use foldspace::anim::Easing;
    /// assert_eq!(Easing::Smooth.at(0.5), 0.5);
    /// assert!(Easing::Smooth.at(0.1) < Easing::Linear.at(0.1));
    /// ```
    pub fn at(self, t: f64) -> f64 {
        let t = t.clamp(0.0, 1.0);
        let s = 1.0 - t;
        match self {
            Self::Linear => t,
            Self::Smoothstep => t * t * (3.0 - 2.0 * t),
            Self::CubicInOut if t < 0.5 => 4.0 * t * t * t,
            Self::CubicInOut => 1.0 - 4.0 * s * s * s,
            // The Bernstein form of the polynomial, free of cancellation near t = 1.
            Self::Smooth => t * t * t * (10.0 * s * s + 5.0 * s * t + t * t),
        }
    }
}
