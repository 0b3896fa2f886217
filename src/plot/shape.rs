//! The outlines of the signs that data points are drawn with. All have about the area of a disc of radius `r`.

use std::f64::consts::{PI, TAU};

use super::mark::{Point, Shape};

/// The corners of a sign around a point, in pixels, y downwards. A circle is drawn as one and has no corners.
pub(super) fn outline(shape: Shape, [x, y]: Point, r: f64) -> Vec<Point> {
    match shape {
        Shape::Circle => Vec::new(),
        Shape::Square => {
            let r = 0.886 * r;
            vec![
                [x - r, y - r],
                [x + r, y - r],
                [x + r, y + r],
                [x - r, y + r],
            ]
        }
        Shape::Diamond => {
            let r = 1.253 * r;
            vec![[x, y - r], [x + r, y], [x, y + r], [x - r, y]]
        }
        Shape::Triangle => triangle([x, y], r, 1.0),
        Shape::Wedge => triangle([x, y], r, -1.0),
        Shape::Plus => cross([x, y], r, 0.0),
        Shape::Cross => cross([x, y], r, 0.125),
        Shape::Star => star([x, y], 5, [1.6 * r, 0.72 * r]),
        Shape::Pentagon => star([x, y], 5, [1.15 * r, 1.15 * r * libm::cos(PI / 5.0)]),
        Shape::Bar => {
            let (w, h) = (0.5 * r, 1.5 * r);
            vec![
                [x - w, y - h],
                [x + w, y - h],
                [x + w, y + h],
                [x - w, y + h],
            ]
        }
    }
}

/// A triangle with the area of a disc of radius `r`; `up` is 1 or -1.
fn triangle([x, y]: Point, r: f64, up: f64) -> Vec<Point> {
    let (w, h) = (1.347 * r, 1.555 * r * up);
    vec![[x, y - h], [x + w, y + h / 2.0], [x - w, y + h / 2.0]]
}

/// The outline of a cross whose arms reach 1.45 `r`, turned by a part of a full turn.
fn cross([x, y]: Point, r: f64, turn: f64) -> Vec<Point> {
    let (long, short) = (1.45 * r, 0.46 * r);
    let quarter = [[short, short], [long, short], [long, -short]];
    (0..4)
        .flat_map(|arm| {
            let angle = TAU * (turn - 0.25 * f64::from(arm));
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            quarter.map(|[a, b]| [x + a * cos - b * sin, y + a * sin + b * cos])
        })
        .collect()
}

/// A star with its tips and its notches at these radii, one tip up.
fn star([x, y]: Point, tips: u32, radii: [f64; 2]) -> Vec<Point> {
    (0..2 * tips)
        .map(|k| {
            let angle = PI * f64::from(k) / f64::from(tips);
            let radius = radii[k as usize % 2];
            [x + radius * libm::sin(angle), y - radius * libm::cos(angle)]
        })
        .collect()
}
