//! Draws a figure with plotters: the only place that knows pixels, sub-pixels and formats.

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PathElement, PointCollection, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontTransform, IntoFont, RGBAColor, ShapeStyle, TextStyle};
use plotters_backend::{BackendColor, DrawingBackend, FontStyle};

use super::backend::{Never, SUBPIXELS};
use super::clip;
use super::colour::{Colour, Role};
use super::flatten::Image;
use super::font::Face;
use super::layout::{self, Layout, PanelLayout, View};
use super::mark::{Anchor, Mark, Point, Shape, Stroke};
use super::panel::{Frame, Key, Panel, Sign};
use super::text;
use super::theme::Theme;
use super::{Figure, axes, field, shape};

/// A deviation that nobody sees, in pixels.
const UNSEEN: f64 = 0.06;

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

/// What is drawn on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Medium {
    /// Shapes, and images with so many pixels per figure pixel.
    Vector(f64),
    /// So many device pixels per figure pixel.
    Pixels(f64),
}

/// Draws the whole figure.
pub(super) fn draw<B: DrawingBackend<ErrorType = Never>>(
    figure: &Figure,
    theme: &Theme,
    medium: Medium,
    backend: B,
) {
    let area = backend.into_drawing_area();
    let (Medium::Vector(image_scale) | Medium::Pixels(image_scale)) = medium;
    let painter = Painter {
        area: &area,
        theme,
        image_scale,
        is_vector: matches!(medium, Medium::Vector(_)),
    };
    let Layout {
        heading,
        title,
        caption,
        legend,
        panels,
        ..
    } = layout::layout(figure);
    painter.text(
        title,
        &heading,
        layout::size::TITLE,
        Face::SemiBold,
        Colour::TEXT,
        Pos::new(HPos::Left, VPos::Bottom),
    );
    for (line, at) in &caption {
        painter.text(
            *at,
            line,
            layout::size::CAPTION,
            Face::Regular,
            Colour::MUTED,
            Pos::new(HPos::Left, VPos::Bottom),
        );
    }
    for (panel, layout) in figure.panels.iter().zip(&panels) {
        painter.panel(panel, layout);
    }
    painter.legend(
        &legend,
        figure.panels.iter().any(|panel| painter.patterned(panel)),
    );
}

fn step(pixels: f64) -> i32 {
    // A figure is at most some ten thousand pixels wide, so a clamped coordinate is far outside.
    (pixels * f64::from(SUBPIXELS)).round().clamp(-1e8, 1e8) as i32
}

fn steps([x, y]: Point) -> (i32, i32) {
    (step(x), step(y))
}

impl<B: DrawingBackend<ErrorType = Never>> Painter<'_, B> {
    fn panel(&self, panel: &Panel, layout: &PanelLayout) {
        let view = &layout.view;
        axes::behind(self, panel, layout);
        let mut marks = &panel.marks[..];
        while !marks.is_empty() {
            let points = |mark: &&Mark| matches!(mark, Mark::Points { .. });
            let length = marks.iter().take_while(points).count().max(1);
            let (now, rest) = marks.split_at(length);
            self.marks(now, view);
            marks = rest;
        }
        axes::in_front(self, panel, layout);
        self.legend(&layout.legend, self.patterned(panel));
    }

    /// Whether the panel's regions differ by pattern as well as by colour.
    fn patterned(&self, panel: &Panel) -> bool {
        panel.marks.iter().any(|mark| {
            matches!(mark, Mark::Classes { field, .. } if field.classes > self.theme.classes.len())
        })
    }

    /// Entries of a legend; those of classes on a patch of their region where `regions` are patterned.
    fn legend(&self, entries: &[(Key, Point)], regions: bool) {
        for (key, at) in entries {
            if regions
                && let Sign::Point(colour, _) = key.sign
                && let Role::Class(class) = colour.role
            {
                let [x, y] = *at;
                let patch = clip::Rect {
                    left: x - 1.0,
                    top: y - 8.0,
                    right: x + 21.0,
                    bottom: y + 8.0,
                };
                field::swatch(self, class, &patch);
            }
            self.sign(key.sign, *at);
            let start = [at[0] + layout::SIGN_WIDTH, at[1]];
            let anchor = Pos::new(HPos::Left, VPos::Center);
            self.text(
                start,
                &key.label,
                layout::size::LABEL,
                Face::Regular,
                Colour::TEXT,
                anchor,
            );
        }
    }

    pub(super) fn mark(&self, mark: &Mark, view: &View) {
        match mark {
            Mark::Points {
                points,
                colour,
                radius,
                shape,
                ring,
            } => {
                for &point in points {
                    let at = view.pixel(point);
                    if view.rect.contains(at) {
                        if *ring {
                            self.shape(*shape, at, radius + 0.7, Colour::BACKGROUND.fade(0.75));
                        }
                        self.shape(*shape, at, *radius, *colour);
                    }
                }
            }
            Mark::Line { points, stroke } => {
                let pixels: Vec<Point> = points.iter().map(|&p| view.pixel(p)).collect();
                for part in clip::polyline(&pixels, &view.rect) {
                    self.line(&clip::simplify(&part, UNSEEN), stroke);
                }
            }
            Mark::Polygon { points, fill } => {
                let pixels: Vec<Point> = points.iter().map(|&p| view.pixel(p)).collect();
                self.polygon(&clip::polygon(&pixels, &view.rect), *fill);
            }
            Mark::Disc {
                centre,
                radius,
                fill,
                outline,
            } => {
                let at = view.pixel(*centre);
                self.circle(at, *radius, *fill);
                self.ring(at, *radius, outline);
            }
            Mark::Arrow { from, to, stroke } => {
                self.arrow(view.pixel(*from), view.pixel(*to), stroke);
            }
            Mark::Field { field, low, high } => field::draw(self, field, *low, *high, view),
            Mark::Classes { field, low, high } => {
                field::draw_classes(self, field, *low, *high, view);
            }
            Mark::Text {
                at,
                offset,
                text,
                anchor,
                size,
                colour,
                halo,
                bold,
            } => {
                let [x, y] = view.pixel(*at);
                let at = [x + offset[0], y - offset[1]];
                let face = if *bold { Face::SemiBold } else { Face::Regular };
                if *halo && !text.is_empty() {
                    self.halo(at, text, *size, face, *anchor);
                }
                self.text(at, text, *size, face, *colour, position(*anchor));
            }
        }
    }

    /// A soft patch of paper behind a text.
    fn halo(&self, [x, y]: Point, markup: &str, size: f64, face: Face, anchor: Anchor) {
        let (width, height) = (text::width(markup, size, face), text::CAP_HEIGHT * size);
        let left = match anchor {
            Anchor::Left => x,
            Anchor::Right => x - width,
            _ => x - width / 2.0,
        };
        let top = match anchor {
            Anchor::Top => y,
            Anchor::Bottom => y - height,
            _ => y - height / 2.0,
        };
        let air = 3.0;
        self.rectangle(
            [left - air, top - air],
            [left + width + air, top + height + air],
            Colour::BACKGROUND.fade(0.8),
        );
    }

    fn sign(&self, sign: Sign, [x, y]: Point) {
        match sign {
            Sign::Point(colour, shape) => self.shape(shape, [x + 10.0, y], 4.5, colour),
            Sign::Line(stroke) => self.line(&[[x, y], [x + 19.0, y]], &stroke),
        }
    }

    fn shape(&self, shape: Shape, [x, y]: Point, r: f64, colour: Colour) {
        match shape {
            Shape::Circle => self.circle([x, y], r, colour),
            Shape::Square => {
                let r = 0.886 * r; // the same area as the disc
                self.rectangle([x - r, y - r], [x + r, y + r], colour);
            }
            other => self.polygon(&shape::outline(other, [x, y], r), colour),
        }
    }

    fn arrow(&self, from: Point, to: Point, stroke: &Stroke) {
        let (dx, dy) = (to[0] - from[0], to[1] - from[1]);
        let length = libm::hypot(dx, dy);
        // Nobody sees an arrow that begins or ends so far out, and its dashes would be without end.
        let far = |point: Point| point.iter().any(|c| c.is_nan() || c.abs() > 1e6);
        if length < 1e-9 || far(from) || far(to) {
            return;
        }
        let (ux, uy) = (dx / length, dy / length);
        let head = (4.6 * stroke.width).min(0.6 * length);
        let half = 0.38 * head;
        let neck = [to[0] - head * ux, to[1] - head * uy];
        // The shaft ends inside the head, so that its round cap does not show at the tip.
        let shaft_end = [to[0] - 0.8 * head * ux, to[1] - 0.8 * head * uy];
        self.line(&[from, shaft_end], stroke);
        let wings = [
            to,
            [neck[0] - half * uy, neck[1] + half * ux],
            [neck[0] + half * uy, neck[1] - half * ux],
        ];
        self.polygon(&wings, stroke.colour);
    }

    /// A polyline.
    pub fn line(&self, points: &[Point], stroke: &Stroke) {
        let style = self.style(stroke.colour, stroke.width, false);
        for part in clip::dashes(points, stroke.dash, stroke.width) {
            let path: Vec<_> = part.into_iter().map(steps).collect();
            self.draw(&PathElement::new(path, style));
        }
    }

    /// A filled polygon.
    pub fn polygon(&self, points: &[Point], fill: Colour) {
        if points.len() > 2 {
            let path: Vec<_> = points.iter().copied().map(steps).collect();
            self.draw(&Polygon::new(path, self.style(fill, 0.0, true)));
        }
    }

    /// A filled upright rectangle.
    pub fn rectangle(&self, from: Point, to: Point, fill: Colour) {
        self.draw(&Rectangle::new(
            [steps(from), steps(to)],
            self.style(fill, 0.0, true),
        ));
    }

    fn circle(&self, at: Point, radius: f64, fill: Colour) {
        self.draw(&Circle::new(
            steps(at),
            step(radius),
            self.style(fill, 0.0, true),
        ));
    }

    fn ring(&self, at: Point, radius: f64, stroke: &Stroke) {
        let style = self.style(stroke.colour, stroke.width, false);
        self.draw(&Circle::new(steps(at), step(radius), style));
    }

    /// An RGB or RGBA image with [`image_scale`](Self::image_scale) pixels per figure pixel.
    pub fn image(&self, top_left: Point, width: u32, height: u32, rgb: Vec<u8>) {
        self.draw(&Image {
            top_left: steps(top_left),
            size: (width, height),
            rgb,
        });
    }

    /// A line of text.
    pub fn text(
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
    pub fn turned_text(
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

/// Where the anchor point sits in plotters' terms.
fn position(anchor: Anchor) -> Pos {
    let (h, v) = match anchor {
        Anchor::Centre => (HPos::Center, VPos::Center),
        Anchor::Left => (HPos::Left, VPos::Center),
        Anchor::Right => (HPos::Right, VPos::Center),
        Anchor::Top => (HPos::Center, VPos::Top),
        Anchor::Bottom => (HPos::Center, VPos::Bottom),
    };
    Pos::new(h, v)
}

/// Does this frame carry numbers?
pub(super) fn numbered(frame: Frame) -> bool {
    matches!(frame, Frame::Axes | Frame::Box)
}
