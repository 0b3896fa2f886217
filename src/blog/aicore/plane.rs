//! Vectors, graph paper and circles of the plane as marks, and what a 2 x 2 matrix makes of them.

use faer::MatRef;

use crate::plot::{Anchor, Colour, Dash, Face, Mark, Point, Stroke, text};

/// The first basis vector, its image, the first singular direction ...
pub(super) const FIRST: Colour = Colour::accent(2);
/// The second.
pub(super) const SECOND: Colour = Colour::accent(1);
/// What results from both.
pub(super) const RESULT: Colour = Colour::accent(3);

/// W p.
pub(super) fn image(w: MatRef<'_, f64>, [x, y]: Point) -> Point {
    std::array::from_fn(|i| w[(i, 0)] * x + w[(i, 1)] * y)
}

/// The column `j` of W (2 x n) as a point.
pub(super) fn column(w: MatRef<'_, f64>, j: usize) -> Point {
    [w[(0, j)], w[(1, j)]]
}

/// c times p.
pub(super) fn times(c: f64, [x, y]: Point) -> Point {
    [c * x, c * y]
}

/// p + q.
pub(super) fn plus(p: Point, q: Point) -> Point {
    [p[0] + q[0], p[1] + q[1]]
}

/// The lines x = k and y = k for whole k from `-reach` to `reach`, after W: straight and evenly spaced, whatever W is.
pub(super) fn paper(w: MatRef<'_, f64>, reach: i32, colour: Colour) -> Vec<Mark> {
    let far = f64::from(reach);
    (-reach..=reach)
        .map(f64::from)
        .flat_map(|k| [[[k, -far], [k, far]], [[-far, k], [far, k]]])
        .map(|ends| Mark::Line {
            points: ends.iter().map(|&end| image(w, end)).collect(),
            stroke: Stroke::new(colour, 1.0),
        })
        .collect()
}

/// The untouched graph paper behind a picture.
pub(super) fn background(reach: i32) -> Vec<Mark> {
    paper(faer::Mat::identity(2, 2).as_ref(), reach, Colour::GRID)
}

/// The unit circle after W.
pub(super) fn circle(w: MatRef<'_, f64>) -> Vec<Point> {
    (0..=180)
        .map(|k| f64::from(2 * k).to_radians())
        .map(|angle| image(w, [libm::cos(angle), libm::sin(angle)]))
        .collect()
}

/// The arc of a circle about the origin between two angles in radians.
pub(super) fn arc(radius: f64, from: f64, to: f64) -> Vec<Point> {
    (0..=48)
        .map(|k| from + (to - from) * f64::from(k) / 48.0)
        .map(|angle| [radius * libm::cos(angle), radius * libm::sin(angle)])
        .collect()
}

/// An arrow from the origin.
pub(super) fn arrow(tip: Point, colour: Colour) -> Mark {
    Mark::Arrow {
        from: [0.0, 0.0],
        to: tip,
        stroke: Stroke::new(colour, 2.4),
    }
}

/// An arrow from the origin with its name (markup) beyond the tip.
pub(super) fn vector(tip: Point, colour: Colour, name: &str) -> [Mark; 2] {
    [arrow(tip, colour), beside(tip, tip, name, colour)]
}

/// A name (markup) at a small distance from a place, in the given direction.
pub(super) fn beside(at: Point, [x, y]: Point, name: &str, colour: Colour) -> Mark {
    // The shortest way in that direction after which the text's box keeps clear of the place.
    let half = 0.5 * text::width(name, NAME_SIZE, Face::Regular);
    let way = ((half + CLEAR) / x.abs()).min((0.55 * NAME_SIZE + CLEAR) / y.abs());
    let way = if way.is_finite() { way } else { 0.0 };
    Mark::Text {
        at,
        offset: [way * x, way * y],
        text: name.to_owned(),
        anchor: Anchor::Centre,
        size: NAME_SIZE,
        colour,
        halo: true,
        bold: false,
    }
}

/// The size of names, and their distance from what they name, in pixels.
const NAME_SIZE: f64 = 13.5;
const CLEAR: f64 = 6.0;

/// The same without the rim in the paper's colour, for names on tinted ground.
pub(super) fn rimless(mut mark: Mark) -> Mark {
    if let Mark::Text { halo, .. } = &mut mark {
        *halo = false;
    }
    mark
}

/// A sign between matrices, such as `=`.
pub(super) fn operator(at: Point, sign: &str) -> Mark {
    Mark::Text {
        at,
        offset: [0.0, 0.0],
        text: sign.to_owned(),
        anchor: Anchor::Centre,
        size: 19.0,
        colour: Colour::TEXT,
        halo: false,
        bold: false,
    }
}

/// A thin broken line between places.
pub(super) fn dashed(points: impl Into<Vec<Point>>, colour: Colour) -> Mark {
    Mark::Line {
        points: points.into(),
        stroke: Stroke::new(colour, 1.5).dash(Dash::Dashed),
    }
}

/// A number for captions, with a true minus sign.
pub(super) fn number(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    match text.strip_prefix('-') {
        Some(digits) if digits.chars().any(|c| ('1'..='9').contains(&c)) => format!("−{digits}"),
        Some(digits) => digits.to_owned(),
        None => text,
    }
}
