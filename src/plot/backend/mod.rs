//! Three drawing backends for plotters (SVG, PDF, pixels), with sub-pixel geometry and real outlines for text.
//!
//! plotters hands whole pixels to every backend, so curves staircase. These backends present a canvas
//! [`SUBPIXELS`] times larger than the figure and divide again, which keeps anti-aliased positions to a sixteenth of a
//! pixel. All sizes that go to plotters (strokes, radii, fonts) are multiplied by [`SUBPIXELS`] in
//! [`render`](super::render), the only caller.

mod blend;
mod coverage;
mod disc;
mod glyph_path;
mod lines;
mod nib;
mod pdf;
mod pdf_objects;
mod raster;
mod svg;

pub(super) use pdf::pdf;
pub(super) use raster::{layer, raster};
pub(super) use svg::{IMAGE_SCALE as VECTOR_IMAGE_SCALE, Lettering, svg};

/// Steps per figure pixel on the canvas that plotters sees.
pub(super) const SUBPIXELS: i32 = 16;

/// A canvas step in figure pixels.
pub(super) const STEP: f64 = 1.0 / SUBPIXELS as f64;

/// The drawing itself cannot fail: all backends write to memory.
pub(super) type Never = std::convert::Infallible;

type Drawn = Result<(), plotters_backend::DrawingErrorKind<Never>>;
