//! A line of text as outlines, for all backends.

use ab_glyph::OutlineCurve;
use plotters_backend::text_anchor::{HPos, Pos, VPos};
use plotters_backend::{BackendTextStyle, FontStyle, FontTransform};

use super::STEP;
use crate::plot::font::Face;
use crate::plot::text::{self, CAP_HEIGHT, PlacedGlyph};

/// A piece of an outline, in figure pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum PathStep {
    Move([f64; 2]),
    Line([f64; 2]),
    Quad([[f64; 2]; 2]),
    Cubic([[f64; 2]; 3]),
    Close,
}

/// The outlines of `markup`, anchored at `at` (figure pixels) and turned as the style says.
pub(super) fn outline<S: BackendTextStyle>(markup: &str, style: &S, at: [f64; 2]) -> Vec<PathStep> {
    let size = style.size() * STEP;
    let line = text::set(markup, size, face(style));
    let [left, base] = anchor_offset(style.anchor(), line.width, size);
    let [ox, oy] = at;
    let place = move |x: f64, y: f64| {
        let (x, y) = (x + left, y + base);
        match style.transform() {
            FontTransform::None => [ox + x, oy + y],
            FontTransform::Rotate90 => [ox - y, oy + x],
            FontTransform::Rotate180 => [ox - x, oy - y],
            FontTransform::Rotate270 => [ox + y, oy - x],
        }
    };
    let mut path = Vec::new();
    for glyph in &line.glyphs {
        glyph_outline(glyph, place, &mut path);
    }
    path
}

/// The width and height of `markup` in canvas steps.
pub(super) fn size<S: BackendTextStyle>(markup: &str, style: &S) -> (u32, u32) {
    let width = text::width(markup, style.size(), face(style));
    (width.ceil() as u32, style.size().ceil() as u32)
}

/// plotters knows normal, bold and italic; they stand for our three cuts.
pub(super) fn face<S: BackendTextStyle>(style: &S) -> Face {
    match style.style() {
        FontStyle::Bold => Face::SemiBold,
        FontStyle::Italic | FontStyle::Oblique => Face::Italic,
        FontStyle::Normal => Face::Regular,
    }
}

/// From the anchor to the start of the base line. Vertical centring is on the capitals, which is where the eye sees
/// the middle of a label.
pub(super) fn anchor_offset(anchor: Pos, width: f64, size: f64) -> [f64; 2] {
    let dx = match anchor.h_pos {
        HPos::Left => 0.0,
        HPos::Center => -width / 2.0,
        HPos::Right => -width,
    };
    let dy = match anchor.v_pos {
        VPos::Top => CAP_HEIGHT * size,
        VPos::Center => CAP_HEIGHT * size / 2.0,
        VPos::Bottom => 0.0,
    };
    [dx, dy]
}

fn glyph_outline(
    placed: &PlacedGlyph,
    place: impl Fn(f64, f64) -> [f64; 2],
    path: &mut Vec<PathStep>,
) {
    let Some((outline, units)) = placed.glyph.outline() else {
        return;
    };
    let scale = placed.size / units;
    let to = |p: ab_glyph::Point| {
        place(
            placed.x + f64::from(p.x) * scale,
            placed.y - f64::from(p.y) * scale,
        )
    };
    let mut end = None;
    for curve in &outline {
        let (start, stop, step) = match *curve {
            OutlineCurve::Line(a, b) => (a, b, PathStep::Line(to(b))),
            OutlineCurve::Quad(a, b, c) => (a, c, PathStep::Quad([to(b), to(c)])),
            OutlineCurve::Cubic(a, b, c, d) => (a, d, PathStep::Cubic([to(b), to(c), to(d)])),
        };
        if end != Some(start) {
            if end.is_some() {
                path.push(PathStep::Close);
            }
            path.push(PathStep::Move(to(start)));
        }
        path.push(step);
        end = Some(stop);
    }
    if end.is_some() {
        path.push(PathStep::Close);
    }
}
