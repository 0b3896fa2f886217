//! New samples as a file has them, before they are prepared.

use faer::Mat;

/// What a file holds before it is prepared.
#[derive(Debug, Clone)]
pub(super) struct RawSamples {
    /// The features as the file has them (n x d), NaN where one is missing.
    pub features: Mat<f64>,
    /// The targets of each sample, if the file has them.
    pub answers: Option<Vec<Vec<Answer>>>,
    /// Where each sample stands: `line 7`.
    pub places: Vec<String>,
    pub notes: Vec<String>,
}

/// A target as a file has it.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    /// Its value; `None` where it is missing.
    pub text: Option<String>,
    pub number: Option<f64>,
}
