//! Pixels: anti-aliased drawing with tiny-skia.

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};
use tiny_skia::{FillRule, IntSize, Paint, Path, PathBuilder, Pixmap, Rect, Transform};

use super::blend::{in_256, over};
use super::coverage::{coverage, outline};
use super::disc::Disc;
use super::glyph_path;
use super::lines::Lines;
use super::nib::LEVELS;
use super::{Drawn, Never, STEP, SUBPIXELS};
use crate::plot::pixmap::Frame;
use crate::plot::rgb::Rgb;

/// A picture of `width` x `height` figure pixels, `scale` device pixels to each, that `draw` fills.
///
/// # Panics
/// If a side is zero or the picture has more than 2^31 bytes: the size of a figure is checked before it is drawn.
pub(crate) fn raster(
    (width, height): (u32, u32),
    scale: f64,
    background: Rgb,
    draw: impl FnOnce(Raster<'_>),
) -> Frame {
    let device = |length: u32| (f64::from(length) * scale).round() as u32;
    let Rgb(r, g, b) = background;
    // At once rather than blank first, which is half of what it costs.
    let mut pixmap = IntSize::from_wh(device(width), device(height))
        .and_then(|size| {
            let pixels = size.width() as usize * size.height() as usize;
            Pixmap::from_vec([r, g, b, 255].repeat(pixels), size)
        })
        .expect("the size of a figure is checked before it is drawn");
    draw(Raster::new(&mut pixmap, (width, height), scale));
    Frame {
        width: pixmap.width(),
        height: pixmap.height(),
        // The paper is opaque, so premultiplied and straight alpha are the same.
        rgba: pixmap.take(),
    }
}

/// What `draw` paints on nothing, `scale` device pixels to a figure pixel: colours as they are and how opaque each is.
///
/// # Panics
/// As [`raster`].
pub(crate) fn layer(
    (width, height): (u32, u32),
    scale: f64,
    draw: impl FnOnce(Raster<'_>),
) -> Frame {
    let device = |length: u32| (f64::from(length) * scale).round() as u32;
    let mut pixmap = Pixmap::new(device(width), device(height))
        .expect("the size of a figure is checked before it is drawn");
    draw(Raster::new(&mut pixmap, (width, height), scale));
    Frame {
        width: pixmap.width(),
        height: pixmap.height(),
        rgba: pixmap
            .pixels()
            .iter()
            .map(|pixel| pixel.demultiply())
            .flat_map(|c| [c.red(), c.green(), c.blue(), c.alpha()])
            .collect(),
    }
}

/// Draws into a picture in memory, `scale` device pixels per figure pixel.
pub(crate) struct Raster<'a> {
    pixmap: &'a mut Pixmap,
    lines: Lines,
    size: (u32, u32),
    scale: f32,
}

impl<'a> Raster<'a> {
    fn new(pixmap: &'a mut Pixmap, size: (u32, u32), scale: f64) -> Self {
        Self {
            lines: Lines::new(pixmap.width(), pixmap.height()),
            pixmap,
            size,
            scale: scale as f32,
        }
    }

    fn coordinate(&self, steps: i32) -> f32 {
        steps as f32 * STEP as f32 * self.scale
    }

    /// The outline of an area.
    fn path(&self, points: impl IntoIterator<Item = BackendCoord>) -> Option<Path> {
        let mut builder = PathBuilder::new();
        for (i, (x, y)) in points.into_iter().enumerate() {
            let (x, y) = (self.coordinate(x), self.coordinate(y));
            if i == 0 {
                builder.move_to(x, y);
            } else {
                builder.line_to(x, y);
            }
        }
        builder.close();
        builder.finish()
    }

    fn fill(&mut self, path: Option<Path>, colour: BackendColor) {
        if let Some(path) = path {
            let paint = paint(colour);
            let identity = Transform::identity();
            self.pixmap
                .fill_path(&path, &paint, FillRule::Winding, identity, None);
        }
    }

    /// A line through points of the canvas that plotters sees.
    fn line<S: BackendStyle>(&mut self, points: impl IntoIterator<Item = BackendCoord>, style: &S) {
        let device = STEP * f64::from(self.scale);
        let points = points
            .into_iter()
            .map(|(x, y)| [x, y].map(|steps| f64::from(steps) * device));
        let width = f64::from(style.stroke_width()) * device;
        let paint = brush(self.pixmap, style.color());
        self.lines.draw(points, width, paint);
    }
}

/// Puts a colour on pixels, as many steps of 1 / [`LEVELS`] of it as are said.
fn brush(pixmap: &mut Pixmap, colour: BackendColor) -> impl FnMut(usize, u8) {
    let (r, g, b) = colour.rgb;
    let above = [r, g, b, 255];
    let alpha = colour.alpha as f32 / f32::from(LEVELS);
    let mut shares = [0; LEVELS as usize + 1];
    for (steps, share) in (0u8..).zip(&mut shares) {
        *share = in_256(f32::from(steps) * alpha);
    }
    let pixels = pixmap.data_mut().as_chunks_mut::<4>().0;
    move |pixel, steps| pixels[pixel] = over(pixels[pixel], above, shares[usize::from(steps)])
}

fn paint(colour: BackendColor) -> Paint<'static> {
    let (r, g, b) = colour.rgb;
    let mut paint = Paint::default();
    paint.set_color_rgba8(r, g, b, (colour.alpha * 255.0).round() as u8);
    paint
}

impl DrawingBackend for Raster<'_> {
    type ErrorType = Never;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.size;
        (width * SUBPIXELS as u32, height * SUBPIXELS as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        let side = STEP as f32 * self.scale;
        let rect = Rect::from_xywh(self.coordinate(x), self.coordinate(y), side, side);
        self.fill(rect.map(PathBuilder::from_rect), colour);
        Ok(())
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.line(points, style);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        if fill {
            let path = self.path(corners);
            self.fill(path, style.color());
        } else {
            self.line(corners.into_iter().chain([corners[0]]), style);
        }
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        let (x, y) = (self.coordinate(x), self.coordinate(y));
        let radius = self.coordinate(radius as i32);
        if fill {
            let colour = style.color();
            let alpha = colour.alpha as f32;
            Disc { radius, alpha }.paint(self.pixmap, [x, y], colour.rgb);
        } else {
            let width = self.coordinate(style.stroke_width() as i32);
            let [x, y, radius, width] = [x, y, radius, width].map(f64::from);
            let paint = brush(self.pixmap, style.color());
            self.lines.ring([x, y], radius, width, paint);
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        let path = self.path(points);
        self.fill(path, style.color());
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        markup: &str,
        style: &S,
        at: BackendCoord,
    ) -> Drawn {
        let colour = style.color();
        if colour.alpha >= 1.0
            && let Some(coverage) = coverage(markup, style, at, self.scale)
            && coverage.is_on(self.pixmap)
        {
            coverage.paint(self.pixmap, colour.rgb);
        } else {
            self.fill(outline(markup, style, at, self.scale), colour);
        }
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        markup: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Never>> {
        Ok(glyph_path::size(markup, style))
    }

    /// Copies an RGB image whose pixels are device pixels; what lies outside the picture is left out.
    fn blit_bitmap(
        &mut self,
        (x, y): BackendCoord,
        (width, height): (u32, u32),
        rgb: &[u8],
    ) -> Drawn {
        let left = self.coordinate(x).round() as i64;
        let top = self.coordinate(y).round() as i64;
        let canvas = [self.pixmap.width(), self.pixmap.height()].map(i64::from);
        // The columns and rows of the image that are seen.
        let seen = |start: i64, length: u32, limit: i64| {
            let end = (limit - start).clamp(0, i64::from(length));
            (-start).clamp(0, end) as usize..end as usize
        };
        let (columns, rows) = (seen(left, width, canvas[0]), seen(top, height, canvas[1]));
        if columns.is_empty() {
            return Ok(());
        }
        let pixels = self.pixmap.data_mut().as_chunks_mut::<4>().0;
        let image = rgb.as_chunks::<3>().0.chunks_exact(width.max(1) as usize);
        for (row, colours) in image.enumerate().take(rows.end).skip(rows.start) {
            let colours = &colours[columns.clone()];
            let start = (top + row as i64) * canvas[0] + left + columns.start as i64;
            let target = &mut pixels[start.max(0) as usize..][..colours.len()];
            for (pixel, &[red, green, blue]) in target.iter_mut().zip(colours) {
                *pixel = [red, green, blue, 255];
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAPER: Rgb = Rgb(9, 9, 9);

    proptest! {
        #[test]
        fn of_an_image_what_lies_in_the_picture_is_copied(
            (left, top) in (-9i32..9, -9i32..9),
            (width, height) in (0u32..12, 0u32..12),
        ) {
            let colour = |x: u32, y: u32| [100 + x as u8, 100 + y as u8, 7];
            let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
            let rgb: Vec<u8> = places.flat_map(|(x, y)| colour(x, y)).collect();
            let at = (left * SUBPIXELS, top * SUBPIXELS);
            let frame = raster((6, 5), 1.0, PAPER, |mut picture| {
                picture.blit_bitmap(at, (width, height), &rgb).unwrap();
            });
            for (i, pixel) in (0i32..).zip(frame.rgba.chunks(4)) {
                let (x, y) = (i % 6 - left, i / 6 - top);
                let inside = (0..width as i32).contains(&x) && (0..height as i32).contains(&y);
                let expected = if inside { colour(x as u32, y as u32) } else { [9; 3] };
                prop_assert_eq!(&pixel[..3], &expected);
            }
        }
    }
}
