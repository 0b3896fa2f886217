//! The camera of the flow: windows, zooming from one to the next, and what is drawn to fit a window.

use faer::MatRef;

use super::Readout;
use crate::error::Result;
use crate::geometry::Bounds;
use crate::plot::{Colour, Mark, Point, Stroke};

/// Width over height of every window, so that the camera zooms but never squeezes.
const ASPECT: f64 = 1.16;

/// The window around some points (n x 2) that a [`Flow`](super::Flow) shows, in its shape.
///
/// # Errors
/// If a point is not finite, or there is none.
pub fn window(points: MatRef<'_, f64>) -> Result<Bounds> {
    let Bounds { x, y } = Bounds::around(points, 0.12)?;
    let (width, height) = (x.1 - x.0, y.1 - y.0);
    let (width, height) = (width.max(ASPECT * height), height.max(width / ASPECT));
    let around = |(from, to): (f64, f64), length: f64| {
        let middle = 0.5 * (from + to);
        (middle - 0.5 * length, middle + 0.5 * length)
    };
    Bounds::new(around(x, width), around(y, height))
}

/// From one window to the other.
pub(super) fn between(from: Bounds, to: Bounds, t: f64) -> Result<Bounds> {
    let mix = |a: f64, b: f64| (1.0 - t) * a + t * b;
    Bounds::new(
        (mix(from.x.0, to.x.0), mix(from.x.1, to.x.1)),
        (mix(from.y.0, to.y.0), mix(from.y.1, to.y.1)),
    )
}

/// The coordinate system that everything moves over: lines at whole powers of ten, those too dense fading away, so that
/// a zoom is seen as a zoom.
pub(super) fn lattice(window: Bounds) -> Vec<Mark> {
    let width = window.x.1 - window.x.0;
    let decade = libm::floor(libm::log10(width)) as i32;
    let mut marks = Vec::new();
    for power in [decade - 1, decade] {
        let spacing = libm::pow(10.0, f64::from(power));
        let opacity = ((spacing / width - 0.05) / 0.15).clamp(0.0, 1.0);
        if opacity <= 0.0 {
            continue;
        }
        let stroke = Stroke::new(Colour::GRID.fade(opacity), 1.0);
        let places = |(from, to): (f64, f64)| {
            let (first, last) = (
                (from / spacing).ceil() as i64,
                (to / spacing).floor() as i64,
            );
            (first..=last).map(move |k| k as f64 * spacing)
        };
        let upright = places(window.x).map(|x| [[x, window.y.0], [x, window.y.1]]);
        let level = places(window.y).map(|y| [[window.x.0, y], [window.x.1, y]]);
        marks.extend(upright.chain(level).map(|ends| Mark::Line {
            points: ends.to_vec(),
            stroke,
        }));
    }
    marks
}

/// The line grown from near the window's middle to both sides, as far as `t`.
pub(super) fn growing(readout: &Readout, window: Bounds, t: f64) -> Vec<Point> {
    let [a, b] = [readout.normal[0], readout.normal[1]];
    let square = (a * a + b * b).max(f64::MIN_POSITIVE);
    let centre = [
        0.5 * (window.x.0 + window.x.1),
        0.5 * (window.y.0 + window.y.1),
    ];
    let height = (a * centre[0] + b * centre[1] + readout.offset) / square;
    let foot = [centre[0] - height * a, centre[1] - height * b];
    let reach = t * (window.x.1 - window.x.0 + window.y.1 - window.y.0) / square.sqrt();
    vec![
        [foot[0] - reach * b, foot[1] + reach * a],
        [foot[0] + reach * b, foot[1] - reach * a],
    ]
}
