//! A card that was found, or why none was.

use burn::tensor::Device;

/// A card that can be computed on.
pub(super) struct Card {
    pub device: Device,
    pub adapter: String,
    pub driver: Option<String>,
    pub kind: &'static str,
    /// Emulated on the processor.
    pub software: bool,
}

/// Why there is none, and what to do.
pub(super) struct Missing {
    pub problem: String,
    pub remedy: String,
}
