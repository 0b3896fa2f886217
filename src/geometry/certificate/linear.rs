//! Piecewise linear networks, on their cells.

use super::{Verdict, undecided, witness};
use crate::error::Result;
use crate::geometry::complex::Turn;
use crate::geometry::exact::orientation;
use crate::geometry::folds::rim;
use crate::geometry::{Bounds, Complex, Folds};
use crate::model::{Activation, Frozen};

/// Decides whether `head` is one to one on the domain; it must have cells and end in two units or more.
pub(super) fn decide(head: &Frozen, domain: Bounds) -> Result<Verdict> {
    let complex = Complex::new(head, domain)?;
    let layers = head.layers.len();
    let turns = complex.turns(layers);
    let crushed = (0..complex.faces())
        .filter(|&face| turns[face].rank() < 2)
        .max_by(|&a, &b| complex.area(a).total_cmp(&complex.area(b)));
    if let Some(face) = crushed {
        return Ok(Verdict::Folds {
            rule: format!(
                "a cell is crushed to a {}",
                if turns[face] == Turn::Line {
                    "line"
                } else {
                    "point"
                }
            ),
            witness: Some(witness(head, within(&complex, face, layers))),
        });
    }
    let units = head.layers[layers - 1].units();
    if units == 2 {
        let folds = Folds::new(head, &complex, layers)?;
        return Ok(onto_the_plane(head, &complex, &folds));
    }
    let bending = head
        .layers
        .iter()
        .filter(|l| l.activation != Activation::Identity);
    if bending.count() <= 1
        && head.layers[..layers - 1]
            .iter()
            .all(|l| l.activation == Activation::Identity)
    {
        return Ok(Verdict::Injective {
            rule: "one layer, and on each of its cells units with independent weights are on"
                .to_owned(),
            least_determinant: None,
        });
    }
    Ok(undecided(
        1.0,
        "on every cell the map has rank 2, but whether distant cells meet in more than two dimensions has no rule here",
    ))
}

/// Two points of a crushed cell with one image.
fn within(complex: &Complex, face: usize, layers: usize) -> [[f64; 2]; 2] {
    let polygon = complex.polygon(face);
    let n = polygon.len() as f64;
    let centre = [0, 1].map(|axis| polygon.iter().map(|p| p[axis]).sum::<f64>() / n);
    let matrix = complex.map_to(face, layers).matrix;
    // The longest row; at a right angle to it nothing moves.
    let row = (0..matrix.nrows())
        .map(|i| [matrix[(i, 0)], matrix[(i, 1)]])
        .max_by(|a, b| (a[0].abs() + a[1].abs()).total_cmp(&(b[0].abs() + b[1].abs())))
        .unwrap_or([0.0; 2]);
    let length = libm::hypot(row[0], row[1]);
    let along = if length > 0.0 {
        [-row[1] / length, row[0] / length]
    } else {
        [1.0, 0.0]
    };
    let reach = |sign: f64| {
        let mut most = f64::INFINITY;
        for (k, p) in polygon.iter().enumerate() {
            let q = polygon[(k + 1) % polygon.len()];
            // Inside is left of p -> q.
            let normal = [p[1] - q[1], q[0] - p[0]];
            let inside = normal[0] * (centre[0] - p[0]) + normal[1] * (centre[1] - p[1]);
            let speed = sign * (normal[0] * along[0] + normal[1] * along[1]);
            if speed < 0.0 {
                most = most.min(inside / -speed);
            }
        }
        0.9 * most.max(0.0)
    };
    [reach(1.0), -reach(-1.0)].map(|t| [centre[0] + t * along[0], centre[1] + t * along[1]])
}

fn onto_the_plane(head: &Frozen, complex: &Complex, folds: &Folds) -> Verdict {
    let kept = folds.turns.iter().filter(|turn| turn.sign() > 0).count();
    if kept > 0 && kept < folds.turns.len() {
        return Verdict::Folds {
            rule: format!(
                "{kept} cells are kept and {} turned over",
                folds.turns.len() - kept
            ),
            witness: across(complex, folds).map(|points| witness(head, points)),
        };
    }
    match crossing(complex, folds) {
        Rim::Simple => Verdict::Injective {
            rule: format!(
                "the determinants of all {} cells have one sign, and the rim's image is simple",
                complex.faces()
            ),
            least_determinant: folds
                .determinants
                .iter()
                .map(|det| det.abs() * (1.0 - 1e-9))
                .reduce(f64::min)
                .filter(|least| *least > 0.0),
        },
        Rim::Crosses(points) => Verdict::Folds {
            rule: "no cell is turned over, but the rim's image crosses itself".to_owned(),
            witness: Some(witness(head, points)),
        },
        Rim::Close => undecided(
            1.0,
            "no cell is turned over, but the rim's image comes nearer to itself than rounding",
        ),
    }
}

/// Two points on either side of a fold with one image.
fn across(complex: &Complex, folds: &Folds) -> Option<[[f64; 2]; 2]> {
    let length = |[a, b]: [usize; 2]| {
        let [p, q] = [a, b].map(|vertex| complex.vertices()[vertex]);
        libm::hypot(q[0] - p[0], q[1] - p[1])
    };
    let mut edges: Vec<usize> = (0..complex.edges())
        .filter(|&edge| match complex.edge(edge).sides {
            [Some(a), Some(b)] => folds.turns[a].sign() * folds.turns[b].sign() < 0,
            _ => false,
        })
        .collect();
    edges.sort_by(|&a, &b| length(complex.edge(b).ends).total_cmp(&length(complex.edge(a).ends)));
    let mut best: Option<(f64, [[f64; 2]; 2])> = None;
    for edge in edges.into_iter().take(64).map(|edge| complex.edge(edge)) {
        let [Some(a), Some(b)] = edge.sides else {
            continue;
        };
        let [p, q] = edge.ends.map(|vertex| complex.vertices()[vertex]);
        let middle = [0.5 * (p[0] + q[0]), 0.5 * (p[1] + q[1])];
        // a is on the left of p -> q.
        let inward = [p[1] - q[1], q[0] - p[0]];
        let layers = folds.layers();
        let (from, to) = (complex.map_to(a, layers), complex.map_to(b, layers));
        let det = folds.determinants[b];
        if det == 0.0 {
            continue;
        }
        let mut step = 0.5;
        for _ in 0..40 {
            let x = [middle[0] + step * inward[0], middle[1] + step * inward[1]];
            let image = from.at(x);
            let m = &to.matrix;
            let rest = [image[0] - to.offset[0], image[1] - to.offset[1]];
            let y = [
                (rest[0] * m[(1, 1)] - rest[1] * m[(0, 1)]) / det,
                (rest[1] * m[(0, 0)] - rest[0] * m[(1, 0)]) / det,
            ];
            if inside(complex, a, x) && inside(complex, b, y) {
                let apart = libm::hypot(x[0] - y[0], x[1] - y[1]);
                if best.is_none_or(|(most, _)| apart > most) {
                    best = Some((apart, [x, y]));
                }
                break;
            }
            step *= 0.5;
        }
    }
    best.map(|(_, points)| points)
}

fn inside(complex: &Complex, face: usize, at: [f64; 2]) -> bool {
    let polygon = complex.polygon(face);
    (0..polygon.len())
        .all(|k| orientation(polygon[k], polygon[(k + 1) % polygon.len()], at).is_gt())
}

/// Whether the rim's image is a simple curve.
enum Rim {
    Simple,
    Crosses([[f64; 2]; 2]),
    Close,
}

fn crossing(complex: &Complex, folds: &Folds) -> Rim {
    let rim = rim(complex);
    let n = rim.len();
    let image = |k: usize| folds.image[rim[k % n]];
    let place = |k: usize| complex.vertices()[rim[k % n]];
    let scale = (0..n).fold(0.0, |most: f64, k| {
        most.max(image(k)[0].abs()).max(image(k)[1].abs())
    });
    let near = 1e-11 * scale;
    let mut close = false;
    for i in 0..n {
        let (a, b) = (image(i), image(i + 1));
        for j in i + 1..n {
            let (c, d) = (image(j), image(j + 1));
            let far = |axis: usize| {
                let (low, high) = (a[axis].min(b[axis]), a[axis].max(b[axis]));
                let (from, to) = (c[axis].min(d[axis]), c[axis].max(d[axis]));
                from > high + near || low > to + near
            };
            if far(0) || far(1) {
                continue;
            }
            if j == i + 1 || (i == 0 && j == n - 1) {
                // They share a corner; only a way straight back would be no simple curve.
                let (p, q, r) = if j == i + 1 { (a, b, d) } else { (c, a, b) };
                let (u, v) = ([q[0] - p[0], q[1] - p[1]], [r[0] - q[0], r[1] - q[1]]);
                let cross = u[0] * v[1] - u[1] * v[0];
                let dot = u[0] * v[0] + u[1] * v[1];
                close |= dot <= 0.0
                    && cross.abs() <= 1e-9 * (u[0].abs() + u[1].abs()) * (v[0].abs() + v[1].abs());
                continue;
            }
            let sides = [orientation(a, b, c), orientation(a, b, d)];
            let others = [orientation(c, d, a), orientation(c, d, b)];
            let strict = |[s, t]: [std::cmp::Ordering; 2]| s.is_ne() && t.is_ne() && s != t;
            if strict(sides) && strict(others) {
                let (u, v) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
                let det = u[0] * v[1] - u[1] * v[0];
                let w = [c[0] - a[0], c[1] - a[1]];
                let s = (w[0] * v[1] - w[1] * v[0]) / det;
                let t = (w[0] * u[1] - w[1] * u[0]) / det;
                let between = |k: usize, t: f64| {
                    let (p, q) = (place(k), place(k + 1));
                    [0, 1].map(|axis| p[axis] * (1.0 - t) + q[axis] * t)
                };
                return Rim::Crosses([between(i, s), between(j, t)]);
            }
            close |= distance(a, c, d)
                .min(distance(b, c, d))
                .min(distance(c, a, b))
                .min(distance(d, a, b))
                <= near;
        }
    }
    if close { Rim::Close } else { Rim::Simple }
}

/// From a point to a segment.
fn distance(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (u, w) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let square = u[0] * u[0] + u[1] * u[1];
    let t = if square > 0.0 {
        ((u[0] * w[0] + u[1] * w[1]) / square).clamp(0.0, 1.0)
    } else {
        0.0
    };
    libm::hypot(w[0] - t * u[0], w[1] - t * u[1])
}
