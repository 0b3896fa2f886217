//! Numbers that are known to lie between two bounds.
//!
//! Sums and products are rounded outward by a unit in the last place, library functions by several, so that what is
//! enclosed stays enclosed: an interval without zero is a proof. Source: R. Moore, R. Kearfott and M. Cloud, *Introduction
//! to Interval Analysis* (2009).

use std::ops::{Add, Mul, Neg, Sub};

/// All numbers from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// How far, in units in the last place, a function of `libm` and the few operations around it can be from the truth.
const FEW: f64 = 8.0 * f64::EPSILON;

impl Interval {
    /// Zero alone.
    pub const ZERO: Self = Self::point(0.0);
    /// Every number.
    pub const ALL: Self = Self {
        low: f64::NEG_INFINITY,
        high: f64::INFINITY,
    };

    /// From `low` to `high`.
    pub const fn new(low: f64, high: f64) -> Self {
        Self { low, high }
    }

    /// One number.
    pub const fn point(value: f64) -> Self {
        Self::new(value, value)
    }

    /// What a computed value stands for if it is within a few units in the last place of the truth.
    pub fn near(value: f64) -> Self {
        let error = FEW * value.abs() + f64::MIN_POSITIVE;
        Self::new(value - error, value + error).checked()
    }

    /// Whether a number lies in it.
    pub fn contains(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }

    /// Whether it has a point in common with another.
    pub fn meets(self, other: Self) -> bool {
        self.low <= other.high && other.low <= self.high
    }

    /// The smallest interval around both.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self::new(self.low.min(other.low), self.high.max(other.high))
    }

    /// What lies in both, where both are known to hold the same number.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self::new(self.low.max(other.low), self.high.min(other.high))
    }

    /// 1 where every number is positive, -1 where every number is negative, 0 where that is open.
    pub fn sign(self) -> i8 {
        i8::from(self.low > 0.0) - i8::from(self.high < 0.0)
    }

    /// The smallest absolute value.
    pub fn least(self) -> f64 {
        if self.contains(0.0) {
            0.0
        } else {
            self.low.abs().min(self.high.abs())
        }
    }

    /// The middle.
    pub fn middle(self) -> f64 {
        0.5 * self.low + 0.5 * self.high
    }

    /// The image under a function that rises, computed to a few units in the last place.
    #[must_use]
    pub(super) fn rising(self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(Self::near(f(self.low)).low, Self::near(f(self.high)).high).checked()
    }

    /// Everything, where an operation was undefined.
    fn checked(self) -> Self {
        if self.low.is_nan() || self.high.is_nan() {
            Self::ALL
        } else {
            self
        }
    }

    fn outward(self) -> Self {
        Self::new(self.low.next_down(), self.high.next_up()).checked()
    }
}

impl Add for Interval {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::new(self.low + other.low, self.high + other.high).outward()
    }
}

impl Sub for Interval {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self::new(self.low - other.high, self.high - other.low).outward()
    }
}

impl Neg for Interval {
    type Output = Self;

    fn neg(self) -> Self {
        Self::new(-self.high, -self.low)
    }
}

impl Mul for Interval {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let products = [
            self.low * other.low,
            self.low * other.high,
            self.high * other.low,
            self.high * other.high,
        ];
        let mut range = Self::point(products[0]);
        for product in products {
            if product.is_nan() {
                return Self::ALL;
            }
            range = range.hull(Self::point(product));
        }
        range.outward()
    }
}

impl Mul<f64> for Interval {
    type Output = Self;

    fn mul(self, factor: f64) -> Self {
        let (a, b) = (self.low * factor, self.high * factor);
        Self::new(a.min(b), a.max(b)).outward()
    }
}
