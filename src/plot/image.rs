//! Pixels in a picture of shapes.

use plotters::element::{Drawable, PointCollection};
use plotters_backend::{BackendCoord, DrawingBackend, DrawingErrorKind};

/// An RGB image as an element of plotters, whose own needs its bitmap backend.
pub(super) struct Image {
    /// Its corner, in steps.
    pub top_left: (i32, i32),
    /// Width and height in its own pixels.
    pub size: (u32, u32),
    /// Three or four bytes each.
    pub rgb: Vec<u8>,
}

impl<'a> PointCollection<'a, (i32, i32)> for &'a Image {
    type Point = &'a (i32, i32);
    type IntoIter = std::iter::Once<&'a (i32, i32)>;

    fn point_iter(self) -> Self::IntoIter {
        std::iter::once(&self.top_left)
    }
}

impl<B: DrawingBackend> Drawable<B> for Image {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        mut points: I,
        backend: &mut B,
        _parent_size: (u32, u32),
    ) -> Result<(), DrawingErrorKind<B::ErrorType>> {
        match points.next() {
            Some(at) => backend.blit_bitmap(at, self.size, &self.rgb),
            None => Ok(()),
        }
    }
}
