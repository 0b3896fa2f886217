//! What every encoder is handed.

use super::timeline::Shot;
use crate::error::Result;
use crate::plot::pixmap::Frame;

/// Some consecutive pictures of an animation: lists in step.
pub(super) struct Batch<'a> {
    /// When and for how long each is shown.
    pub(super) shots: &'a [Shot],
    /// The pictures.
    pub(super) frames: &'a [Frame],
    /// Their palette indices, row by row; empty where no format has a palette.
    pub(super) indices: &'a [Vec<u8>],
    /// The indices of the picture before them.
    pub(super) before: Option<&'a [u8]>,
}

/// A file or directory that an animation is being written to.
pub(super) trait Encoder {
    /// Writes some pictures, in order.
    fn push(&mut self, batch: &Batch) -> Result<()>;

    /// Completes the file, so that it can be given its name (`Partial::keep`).
    fn finish(self: Box<Self>) -> Result<()>;
}
