//! Fields of numbers as images, resampled to the pixels of the picture.

use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip::Rect;
use super::layout::View;
use super::mark::{Field, Point};
use super::render::Painter;

/// Where a pixel falls between the cells along one axis: two cells, and the share of the second.
type Place = (usize, usize, f64);

impl Field {
    /// The place of a coordinate counted in cells, so that the first cell's centre is 0.5: between two neighbours where the
    /// field is smooth, else in the cell itself.
    fn place(&self, coordinate: f64, cells: usize) -> Place {
        let cell = |index: f64| index.clamp(0.0, (cells - 1) as f64) as usize;
        if !self.smooth {
            let own = cell(coordinate.floor());
            return (own, own, 0.0);
        }
        let lower = (coordinate - 0.5).floor();
        (cell(lower), cell(lower + 1.0), coordinate - 0.5 - lower)
    }

    /// The numbers of the columns between two rows.
    fn row(&self, (j, next_j, t): Place) -> Vec<f64> {
        let row = |j: usize| &self.values[j * self.columns..(j + 1) * self.columns];
        let pairs = row(j).iter().zip(row(next_j));
        pairs
            .map(|(lower, upper)| lower * (1.0 - t) + upper * t)
            .collect()
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
    let places: Vec<Place> = (0..width as u32)
        .map(|column| {
            let x = left + (f64::from(column) + 0.5) / scale;
            let u = (x - whole.left) / whole.width() * field.columns as f64;
            field.place(u, field.columns)
        })
        .collect();
    let mut rgb = Vec::with_capacity((3.0 * width * height) as usize);
    for row in 0..height as u32 {
        let y = top + (f64::from(row) + 0.5) / scale;
        let v = (whole.bottom - y) / whole.height() * field.rows as f64;
        let values = field.row(field.place(v, field.rows));
        for &(i, next_i, s) in &places {
            let t = (values[i] * (1.0 - s) + values[next_i] * s - low) / (high - low);
            // Rounds to the nearest colour. A number that is not finite takes the lowest: the cast of NaN is 0.
            let colour = table[(t.clamp(0.0, 1.0) * 255.0 + 0.5) as usize];
            rgb.extend([colour.0, colour.1, colour.2]);
        }
    }
    painter.image([left, top], width as u32, height as u32, rgb);
}
