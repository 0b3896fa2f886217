//! Lines, areas, images and texts, drawn with plotters: the only place that knows sub-pixels.

use plotters::coord::Shift;
use plotters::drawing::DrawingArea;
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::style::text_anchor::Pos;
use plotters::style::{FontTransform, IntoFont, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendColor, DrawingBackend, FontStyle};

use super::backend::{Never, SUBPIXELS};
use super::clip;
use super::colour::Colour;
use super::font::Face;
use super::image::Image;
use super::mark::{Point, Stroke};
use super::theme::Theme;

/// Draws with plotters in figure pixels: everything is multiplied by [`SUBPIXELS`] here, and nowhere else.
pub(super) struct Painter<'a, B: DrawingBackend> {
    pub area: &'a DrawingArea<B, Shift>,
    /// The colours.
    pub theme: &'a Theme,
    /// Device pixels per figure pixel, for images.
    pub image_scale: f64,
    /// Whether marks stay shapes, or are pixels anyway.
    pub is_vector: bool,
}

fn step(pixels: f64) -> i32 {
    // A figure is at most some ten thousand pixels wide, so a clamped coordinate is far outside.
    (pixels * f64::from(SUBPIXELS)).round().clamp(-1e8, 1e8) as i32
}

fn steps([x, y]: Point) -> (i32, i32) {
    (step(x), step(y))
}

impl<B: DrawingBackend<ErrorType = Never>> Painter<'_, B> {
    /// A polyline.
    pub(super) fn line(&self, points: &[Point], stroke: &Stroke) {
        let style = self.style(stroke.colour, stroke.width, false);
        for part in clip::dashes(points, stroke.dash, stroke.width) {
            let path: Vec<_> = part.into_iter().map(steps).collect();
            self.draw(&PathElement::new(path, style));
        }
    }

    /// A filled polygon.
    pub(super) fn polygon(&self, points: &[Point], fill: Colour) {
        if points.len() > 2 {
            let path: Vec<_> = points.iter().copied().map(steps).collect();
            self.draw(&Polygon::new(path, self.style(fill, 0.0, true)));
        }
    }

    /// A filled upright rectangle.
    pub(super) fn rectangle(&self, from: Point, to: Point, fill: Colour) {
        self.draw(&Rectangle::new(
            [steps(from), steps(to)],
            self.style(fill, 0.0, true),
        ));
    }

    /// A disc.
    pub(super) fn circle(&self, at: Point, radius: f64, fill: Colour) {
        self.draw(&Circle::new(
            steps(at),
            step(radius),
            self.style(fill, 0.0, true),
        ));
    }

    /// The outline of a disc.
    pub(super) fn ring(&self, at: Point, radius: f64, stroke: &Stroke) {
        let style = self.style(stroke.colour, stroke.width, false);
        self.draw(&Circle::new(steps(at), step(radius), style));
    }

    /// An RGB or RGBA image with [`image_scale`](Self::image_scale) pixels per figure pixel.
    pub(super) fn image(&self, top_left: Point, width: u32, height: u32, rgb: Vec<u8>) {
        self.draw(&Image {
            top_left: steps(top_left),
            size: (width, height),
            rgb,
        });
    }

    /// A line of text.
    pub(super) fn text(
        &self,
        at: Point,
        markup: &str,
        size: f64,
        face: Face,
        colour: Colour,
        anchor: Pos,
    ) {
        self.turned_text(at, markup, size, face, colour, anchor, FontTransform::None);
    }

    /// A line of text, turned.
    #[expect(clippy::too_many_arguments, reason = "the full description of a text")]
    pub(super) fn turned_text(
        &self,
        at: Point,
        markup: &str,
        size: f64,
        face: Face,
        colour: Colour,
        anchor: Pos,
        turn: FontTransform,
    ) {
        if markup.is_empty() {
            return;
        }
        let cut = match face {
            Face::SemiBold => FontStyle::Bold,
            Face::Italic | Face::SemiBoldItalic => FontStyle::Italic,
            Face::Regular | Face::Math => FontStyle::Normal,
        };
        let font = ("sans-serif", size * f64::from(SUBPIXELS), cut)
            .into_font()
            .transform(turn);
        let style = TextStyle {
            font,
            color: BackendColor {
                alpha: colour.alpha,
                rgb: self.rgb(colour),
            },
            pos: anchor,
        };
        self.draw(&Text::new(markup.to_owned(), steps(at), style));
    }

    fn rgb(&self, colour: Colour) -> (u8, u8, u8) {
        let rgb = self.theme.rgb(colour.role);
        (rgb.0, rgb.1, rgb.2)
    }

    fn style(&self, colour: Colour, width: f64, filled: bool) -> ShapeStyle {
        let (r, g, b) = self.rgb(colour);
        ShapeStyle {
            color: RGBAColor(r, g, b, colour.alpha),
            filled,
            stroke_width: step(width).unsigned_abs(),
        }
    }

    fn draw<'e, E>(&self, element: &'e E)
    where
        &'e E: PointCollection<'e, (i32, i32)>,
        E: Drawable<B>,
    {
        // `Never` has no values: both backends draw in memory.
        let _ = self.area.draw(element);
    }
}
