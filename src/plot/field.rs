//! Fields of numbers as images, resampled to the pixels of the picture.

use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip::Rect;
use super::layout::View;
use super::mark::{Field, Point};
use super::render::Painter;

impl Field {
    /// The number at column `u` and row `v` counted in cells from the lower left corner, so that the first cell's
    /// centre is (0.5, 0.5): bilinear where the field is smooth, else the cell's own.
    fn sample(&self, u: f64, v: f64) -> f64 {
        let cell = |column: f64, row: f64| {
            let column = column.clamp(0.0, (self.columns - 1) as f64) as usize;
            let row = row.clamp(0.0, (self.rows - 1) as f64) as usize;
            self.values[row * self.columns + column]
        };
        if !self.smooth {
            return cell(u.floor(), v.floor());
        }
        let (u, v) = (u - 0.5, v - 0.5);
        let (i, j) = (u.floor(), v.floor());
        let (s, t) = (u - i, v - j);
        let lower = cell(i, j) * (1.0 - s) + cell(i + 1.0, j) * s;
        let upper = cell(i, j + 1.0) * (1.0 - s) + cell(i + 1.0, j + 1.0) * s;
        lower * (1.0 - t) + upper * t
    }
}

/// Draws a field between two data points, clipped to the panel.
pub(super) fn draw<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    field: &Field,
    low: Point,
    high: Point,
    view: &View,
) {
    let ([left, bottom], [right, top]) = (view.pixel(low), view.pixel(high));
    let whole = Rect {
        left,
        top,
        right,
        bottom,
    };
    draw_into(painter, field, &whole, &view.rect);
}

/// Draws a field that fills `whole`, where that lies inside `window`; both in figure pixels.
pub(super) fn draw_into<B: DrawingBackend<ErrorType = Never>>(
    painter: &Painter<'_, B>,
    field: &Field,
    whole: &Rect,
    window: &Rect,
) {
    if field.values.len() != field.columns * field.rows || field.values.is_empty() {
        return;
    }
    let scale = painter.image_scale;
    // Whole device pixels, so that image and frame meet without a seam.
    let snap = |pixel: f64| (pixel * scale).round() / scale;
    let left = snap(whole.left.max(window.left));
    let right = snap(whole.right.min(window.right));
    let top = snap(whole.top.max(window.top));
    let bottom = snap(whole.bottom.min(window.bottom));
    let width = ((right - left) * scale).round();
    let height = ((bottom - top) * scale).round();
    if width < 1.0 || height < 1.0 {
        return;
    }
    let table = field.colormap.table(painter.theme);
    let [low, high] = field.range;
    let mut rgb = Vec::with_capacity((3.0 * width * height) as usize);
    for row in 0..height as u32 {
        let y = top + (f64::from(row) + 0.5) / scale;
        let v = (whole.bottom - y) / whole.height() * field.rows as f64;
        for column in 0..width as u32 {
            let x = left + (f64::from(column) + 0.5) / scale;
            let u = (x - whole.left) / whole.width() * field.columns as f64;
            let t = (field.sample(u, v) - low) / (high - low);
            // A number that is not finite takes the lowest colour: the cast of NaN is 0.
            let colour = table[(t.clamp(0.0, 1.0) * 255.0).round() as usize];
            rgb.extend([colour.0, colour.1, colour.2]);
        }
    }
    painter.image([left, top], width as u32, height as u32, rgb);
}
