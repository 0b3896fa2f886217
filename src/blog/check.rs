//! A checked claim: what is claimed, what was measured, how far off it may be.

use serde::Serialize;

/// How the measured number must stand to the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Relation {
    /// |measured - expected| <= tolerance.
    #[serde(rename = "=")]
    Equal,
    /// measured >= expected - tolerance.
    #[serde(rename = ">=")]
    AtLeast,
    /// measured <= expected + tolerance.
    #[serde(rename = "<=")]
    AtMost,
}

/// One entry of `checks.json`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The item of the posts it belongs to, such as `A12`.
    pub id: String,
    /// What is claimed, in words.
    pub statement: String,
    /// What was found.
    pub measured: f64,
    /// How the two must compare.
    pub relation: Relation,
    /// What the claim says.
    pub expected: f64,
    /// How far off it may be.
    pub tolerance: f64,
    /// Does the claim hold?
    pub pass: bool,
}

impl Check {
    /// A number that must equal another within a tolerance.
    ///
    /// ```
    /// use foldspace::blog::Check;
    /// assert!(Check::equal("1 + 1 = 2", 1.0 + 1.0, 2.0, 0.0).pass);
    /// assert!(!Check::equal("a NaN equals nothing", f64::NAN, 0.0, 1e9).pass);
    /// ```
    pub fn equal(
        statement: impl Into<String>,
        measured: f64,
        expected: f64,
        tolerance: f64,
    ) -> Self {
        let pass = (measured - expected).abs() <= tolerance;
        Self::new(
            statement,
            measured,
            Relation::Equal,
            expected,
            tolerance,
            pass,
        )
    }

    /// A difference, residual or error that must vanish within a tolerance.
    pub fn zero(statement: impl Into<String>, measured: f64, tolerance: f64) -> Self {
        Self::equal(statement, measured, 0.0, tolerance)
    }

    /// A number that must reach a bound.
    pub fn at_least(statement: impl Into<String>, measured: f64, bound: f64) -> Self {
        let pass = measured >= bound;
        Self::new(statement, measured, Relation::AtLeast, bound, 0.0, pass)
    }

    /// A number that must not exceed a bound.
    pub fn at_most(statement: impl Into<String>, measured: f64, bound: f64) -> Self {
        let pass = measured <= bound;
        Self::new(statement, measured, Relation::AtMost, bound, 0.0, pass)
    }

    /// A yes or no that must be yes; recorded as 1 or 0.
    pub fn holds(statement: impl Into<String>, holds: bool) -> Self {
        Self::equal(statement, f64::from(holds), 1.0, 0.0)
    }

    fn new(
        statement: impl Into<String>,
        measured: f64,
        relation: Relation,
        expected: f64,
        tolerance: f64,
        pass: bool,
    ) -> Self {
        Self {
            id: String::new(),
            statement: statement.into(),
            measured,
            relation,
            expected,
            tolerance,
            pass,
        }
    }
}
