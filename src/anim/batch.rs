//! What every encoder is handed.

use super::timeline::Shot;
use crate::error::Result;
use crate::plot::pixmap::Frame;

/// Some consecutive pictures of an animation: two lists in step.
pub(super) struct Batch<'a> {
    /// When and for how long each is shown.
    pub(super) shots: &'a [Shot],
    /// The pictures.
    pub(super) frames: &'a [Frame],
}

/// A file or directory that an animation is being written to.
pub(super) trait Encoder {
    /// Writes some pictures, in order.
    fn push(&mut self, batch: &Batch) -> Result<()>;

    /// Completes the file, so that it can be given its name (`Partial::keep`).
    fn finish(self: Box<Self>) -> Result<()>;
}
