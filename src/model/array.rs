//! Arrays from files.

/// An array of `f32` in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    /// Its entries; as many as the product of `shape`.
    pub values: Vec<f32>,
}
