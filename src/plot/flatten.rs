//! Very many data points of a vector picture, as one image: thousands of shapes would make it slow to open and large.

use plotters::drawing::IntoDrawingArea;
use plotters_backend::DrawingBackend;

use super::backend::{self, Never, STEP, SUBPIXELS};
use super::layout::View;
use super::mark::Mark;
use super::painter::Painter;

/// With more data points than this, a vector picture holds them as one image.
const MOST_SHAPES: usize = 5000;

impl<B: DrawingBackend<ErrorType = Never>> Painter<'_, B> {
    /// Marks one after the other; very many data points become one image.
    pub(super) fn marks(&self, marks: &[Mark], view: &View) {
        let points: usize = marks
            .iter()
            .map(|mark| match mark {
                Mark::Points { points, .. } => points.len(),
                _ => 0,
            })
            .sum();
        let (width, height) = self.area.dim_in_pixel();
        let device = f64::from(width) * f64::from(height) * (STEP * self.image_scale).powi(2);
        // In a picture as large as a poster, the image would take more memory than the shapes.
        if self.is_vector && points > MOST_SHAPES && device < 1e8 {
            self.flattened(marks, view);
        } else {
            for mark in marks {
                self.mark(mark, view);
            }
        }
    }

    /// Marks as one image with nothing between them.
    fn flattened(&self, marks: &[Mark], view: &View) {
        let scale = self.image_scale;
        let (width, height) = self.area.dim_in_pixel();
        let size = (width / SUBPIXELS as u32, height / SUBPIXELS as u32);
        let layer = backend::layer(size, scale, |backend| {
            let area = backend.into_drawing_area();
            let painter = Painter {
                area: &area,
                theme: self.theme,
                image_scale: scale,
                is_vector: false,
            };
            for mark in marks {
                painter.mark(mark, view);
            }
        });
        // Points on the edge reach beyond it.
        let reach = 12.0;
        let device = |pixel: f64, most: u32| ((pixel * scale).round().max(0.0) as u32).min(most);
        let (left, right) = (
            device(view.rect.left - reach, layer.width),
            device(view.rect.right + reach, layer.width),
        );
        let (top, bottom) = (
            device(view.rect.top - reach, layer.height),
            device(view.rect.bottom + reach, layer.height),
        );
        let row = |y: u32| {
            let start = |x: u32| 4 * (y as usize * layer.width as usize + x as usize);
            &layer.rgba[start(left)..start(right)]
        };
        let rgba: Vec<u8> = (top..bottom).flat_map(row).copied().collect();
        let corner = [f64::from(left) / scale, f64::from(top) / scale];
        self.image(corner, right - left, bottom - top, rgba);
    }
}
