//! What panels and legends hold, as lines, areas, images and texts.

use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters_backend::DrawingBackend;

use super::backend::Never;
use super::clip;
use super::colour::Colour;
use super::field;
use super::font::Face;
use super::layout::View;
use super::mark::{Anchor, Mark, Point, Shape, Stroke};
use super::painter::Painter;
use super::panel::Sign;
use super::shape;
use super::text;

/// A deviation too small to be seen, in pixels.
const UNSEEN: f64 = 0.06;

impl<B: DrawingBackend<ErrorType = Never>> Painter<'_, B> {
    /// A mark of a panel.
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

    /// A sign of a legend.
    pub(super) fn sign(&self, sign: Sign, [x, y]: Point) {
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
