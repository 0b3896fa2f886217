//! Smooth networks from the plane to the plane, in interval arithmetic.

use super::{Verdict, enclosed, undecided, value, witness};
use crate::error::Result;
use crate::geometry::enclosure::{Enclosure, slope_range};
use crate::geometry::interval::Interval;
use crate::geometry::{Bounds, fold_curve, jacobian};
use crate::model::{Frozen, Layer};

/// The finest level of the rectangles along each axis, and the most of them that are looked at.
const FINEST: u32 = 12;
const MOST: usize = 20_000;
/// Points along each side of the lattice that is looked at first.
const FIRST: usize = 24;

/// det J over a rectangle: the product over the parts from plane to plane.
pub(super) fn determinant(parts: &[&[Layer]], ranges: [Interval; 2]) -> Interval {
    let mut ranges = ranges;
    let mut product = Interval::point(1.0);
    for part in parts {
        let units = enclosed(part, ranges);
        let [p, q] = [units[0].slope, units[1].slope];
        let mut det = p[0] * q[1] - p[1] * q[0];
        if let [first, second] = part {
            det = det.and(by_minors(first, second, ranges, &units));
        } else if let [only] = part {
            det = det.and(by_minors_of_one(only, ranges));
        }
        product = product * det;
        ranges = [units[0].value, units[1].value];
    }
    product
}

/// det W φ'(z_1) φ'(z_2).
fn by_minors_of_one(layer: &Layer, ranges: [Interval; 2]) -> Interval {
    let w = &layer.weight;
    let exact = |a: f64, b: f64| Interval::point(a) * b;
    let det = exact(w[(0, 0)], w[(1, 1)]) - exact(w[(0, 1)], w[(1, 0)]);
    let slope = |unit: usize| slope_range(layer.activation, affine(layer, unit, ranges));
    det * slope(0) * slope(1)
}

fn affine(layer: &Layer, unit: usize, ranges: [Interval; 2]) -> Interval {
    ranges[0] * layer.weight[(unit, 0)]
        + ranges[1] * layer.weight[(unit, 1)]
        + Interval::point(layer.bias[unit])
}

/// det (V D W) = Σ_{i<j} det V_{ij} d_i d_j det W_{ij} (Cauchy and Binet), which does not take differences of wide
/// intervals; times the slopes of the second layer.
fn by_minors(
    first: &Layer,
    second: &Layer,
    ranges: [Interval; 2],
    units: &[Enclosure],
) -> Interval {
    let n = first.units();
    let (w, v) = (&first.weight, &second.weight);
    let slopes: Vec<Interval> = (0..n)
        .map(|unit| slope_range(first.activation, affine(first, unit, ranges)))
        .collect();
    let mut sum = Interval::ZERO;
    for i in 0..n {
        for j in i + 1..n {
            let exact = |a: f64, b: f64| Interval::point(a) * b;
            let inner = exact(w[(i, 0)], w[(j, 1)]) - exact(w[(i, 1)], w[(j, 0)]);
            let outer = exact(v[(0, i)], v[(1, j)]) - exact(v[(0, j)], v[(1, i)]);
            sum = sum + inner * outer * (slopes[i] * slopes[j]);
        }
    }
    // The second layer's own slopes, over the range of its pre-activations.
    let hidden = enclosed(std::slice::from_ref(first), ranges);
    let outer = (0..2).map(|unit| {
        let z = hidden
            .iter()
            .enumerate()
            .fold(Interval::point(second.bias[unit]), |z, (j, hidden)| {
                z + hidden.value * v[(unit, j)]
            });
        slope_range(second.activation, z)
    });
    debug_assert_eq!(units.len(), 2);
    outer.fold(sum, |product, slope| product * slope)
}

/// Decides whether `head`, which ends in two units, is one to one on the domain.
pub(super) fn decide(head: &Frozen, domain: Bounds) -> Result<Verdict> {
    let parts = crate::geometry::fold_curve::parts(head, head.layers.len())?;
    let at = |(from, to): (f64, f64), t: f64| from * (1.0 - t) + to * t;
    // Signs at points first: where both are found, nothing else is needed.
    let mut found: [Option<[f64; 2]>; 2] = [None; 2];
    for k in 0..FIRST * FIRST {
        let place = |k: usize| (k as f64 + 0.5) / FIRST as f64;
        let point = [
            at(domain.x, place(k % FIRST)),
            at(domain.y, place(k / FIRST)),
        ];
        match determinant(&parts, point.map(Interval::point)).sign() {
            1 => found[0] = found[0].or(Some(point)),
            -1 => found[1] = found[1].or(Some(point)),
            _ => {}
        }
        if let [Some(_), Some(_)] = found {
            return Ok(folded(head, domain));
        }
    }
    // Rectangles by their levels and numbers along x and y; halved along their longer side.
    let mut open = vec![([0_u32; 2], [0_u64; 2])];
    let (mut signs, mut looked, mut share, mut least) = ([false; 2], 0, 0.0, f64::INFINITY);
    while let Some((levels, numbers)) = open.pop() {
        let range = |axis: usize, ends: (f64, f64)| {
            let (k, parts) = (numbers[axis] as f64, libm::exp2(f64::from(levels[axis])));
            Interval::new(at(ends, k / parts), at(ends, (k + 1.0) / parts))
        };
        let ranges = [range(0, domain.x), range(1, domain.y)];
        let det = determinant(&parts, ranges);
        looked += 1;
        match det.sign() {
            0 if levels[0] + levels[1] < 2 * FINEST && looked < MOST => {
                let length = |axis: usize| ranges[axis].high - ranges[axis].low;
                let longer = usize::from(length(1) > length(0));
                let (mut levels, mut numbers) = (levels, numbers);
                levels[longer] += 1;
                numbers[longer] *= 2;
                open.push((levels, numbers));
                numbers[longer] += 1;
                open.push((levels, numbers));
            }
            0 => share += libm::exp2(-f64::from(levels[0] + levels[1])),
            sign => {
                signs[usize::from(sign < 0)] = true;
                least = least.min(det.least());
            }
        }
    }
    if signs == [true; 2] {
        return Ok(folded(head, domain));
    }
    if share > 0.0 {
        return Ok(undecided(
            share,
            "the determinant's sign is not proved everywhere",
        ));
    }
    Ok(match rim(head, domain) {
        Rim::Simple => Verdict::Injective {
            rule: format!(
                "the determinant keeps its sign ({looked} rectangles), and the rim's image is simple"
            ),
            least_determinant: Some(least),
        },
        Rim::Crosses(points) => Verdict::Folds {
            rule: "the determinant keeps its sign, but the rim's image crosses itself".to_owned(),
            witness: Some(witness(head, points)),
        },
        Rim::Open => undecided(
            1.0,
            "the determinant keeps its sign, but the rim's image is not proved to be simple",
        ),
    })
}

/// A map with determinants of both signs is not one to one.
fn folded(head: &Frozen, domain: Bounds) -> Verdict {
    Verdict::Folds {
        rule: "the determinant has both signs".to_owned(),
        witness: beside_a_fold(head, domain).map(|points| witness(head, points)),
    }
}

/// Two points with one image: the fold curve is crossed along the direction that it crushes.
fn beside_a_fold(head: &Frozen, domain: Bounds) -> Option<[[f64; 2]; 2]> {
    let found = fold_curve(head, head.layers.len(), domain, 47).ok()?;
    let size = (domain.x.1 - domain.x.0).min(domain.y.1 - domain.y.0);
    let within = |p: [f64; 2]| {
        (domain.x.0..=domain.x.1).contains(&p[0]) && (domain.y.0..=domain.y.1).contains(&p[1])
    };
    let mut best: Option<(f64, [[f64; 2]; 2])> = None;
    let candidates: Vec<[f64; 2]> = found
        .curves
        .iter()
        .flat_map(|curve| curve.points.clone())
        .collect();
    let stride = (candidates.len() / 40).max(1);
    for centre in candidates.into_iter().step_by(stride) {
        let j = jacobian(head, &centre).ok()?;
        // At a right angle to the longer row.
        let row = if j[(0, 0)].abs() + j[(0, 1)].abs() >= j[(1, 0)].abs() + j[(1, 1)].abs() {
            [j[(0, 0)], j[(0, 1)]]
        } else {
            [j[(1, 0)], j[(1, 1)]]
        };
        let length = libm::hypot(row[0], row[1]);
        if length.is_nan() || length == 0.0 {
            continue;
        }
        let along = [-row[1] / length, row[0] / length];
        let mut step = 0.12 * size;
        for _ in 0..8 {
            let x = [centre[0] + step * along[0], centre[1] + step * along[1]];
            let start = [centre[0] - step * along[0], centre[1] - step * along[1]];
            if within(x)
                && let Some(y) = solve(head, start, &value(head, x))
                && within(y)
            {
                let apart = libm::hypot(x[0] - y[0], x[1] - y[1]);
                if apart > 0.5 * step && best.is_none_or(|(most, _)| apart > most) {
                    best = Some((apart, [x, y]));
                }
            }
            step *= 0.5;
        }
    }
    best.map(|(_, points)| points)
}

/// Newton's method for f(y) = target.
fn solve(head: &Frozen, start: [f64; 2], target: &[f64]) -> Option<[f64; 2]> {
    let mut y = start;
    let scale = 1e-3 + target[0].abs().max(target[1].abs());
    for _ in 0..40 {
        let f = value(head, y);
        let rest = [f[0] - target[0], f[1] - target[1]];
        if rest[0].abs().max(rest[1].abs()) <= 4.0 * f64::EPSILON * scale {
            return Some(y);
        }
        let j = jacobian(head, &y).ok()?;
        let det = j[(0, 0)] * j[(1, 1)] - j[(0, 1)] * j[(1, 0)];
        if det == 0.0 || !det.is_finite() {
            return None;
        }
        y[0] -= (rest[0] * j[(1, 1)] - rest[1] * j[(0, 1)]) / det;
        y[1] -= (rest[1] * j[(0, 0)] - rest[0] * j[(1, 0)]) / det;
    }
    let f = value(head, y);
    let rest = (f[0] - target[0]).abs().max((f[1] - target[1]).abs());
    (rest <= 64.0 * f64::EPSILON * scale).then_some(y)
}

/// Whether the rim's image is a simple curve.
enum Rim {
    Simple,
    Crosses([[f64; 2]; 2]),
    Open,
}

/// A piece of the rim, `from` and `to` along it, anticlockwise: side k runs from k to k + 1.
struct Piece {
    from: f64,
    to: f64,
    image: [Interval; 2],
    tangent: [Interval; 2],
}

fn rim(head: &Frozen, domain: Bounds) -> Rim {
    let corners = [
        [domain.x.0, domain.y.0],
        [domain.x.1, domain.y.0],
        [domain.x.1, domain.y.1],
        [domain.x.0, domain.y.1],
    ];
    let place = |t: f64| {
        let side = (t.floor() as usize).min(3);
        let (p, q, t) = (corners[side], corners[(side + 1) % 4], t - side as f64);
        [0, 1].map(|axis| p[axis] * (1.0 - t) + q[axis] * t)
    };
    let piece = |from: f64, to: f64| {
        let side = (from.floor() as usize).min(3);
        let start = place(from);
        let end = if to == side as f64 + 1.0 {
            corners[(side + 1) % 4]
        } else {
            place(to)
        };
        let range =
            |axis: usize| Interval::new(start[axis].min(end[axis]), start[axis].max(end[axis]));
        let units = enclosed(&head.layers, [range(0), range(1)]);
        let (axis, sign) = [(0, 1.0), (1, 1.0), (0, -1.0), (1, -1.0)][side];
        Piece {
            from,
            to,
            image: [units[0].value, units[1].value],
            tangent: [0, 1].map(|k: usize| units[k].slope[axis] * sign),
        }
    };
    let mut pieces: Vec<Piece> = (0..64)
        .map(|k| piece(f64::from(k) / 16.0, f64::from(k + 1) / 16.0))
        .collect();
    loop {
        let n = pieces.len();
        let mut split = vec![false; n];
        for i in 0..n {
            for j in i + 1..n {
                let (a, b) = (&pieces[i], &pieces[j]);
                if a.image[0].meets(b.image[0])
                    && a.image[1].meets(b.image[1])
                    && !forward(&pieces, i, j)
                    && !forward(&pieces, j, i + n)
                {
                    (split[i], split[j]) = (true, true);
                }
            }
        }
        if !split.contains(&true) {
            return Rim::Simple;
        }
        if n > 1200
            || pieces
                .iter()
                .zip(&split)
                .any(|(p, s)| *s && p.to - p.from < 1e-5)
        {
            break;
        }
        pieces = pieces
            .into_iter()
            .zip(split)
            .flat_map(|(old, split)| {
                if split {
                    let middle = 0.5 * (old.from + old.to);
                    vec![piece(old.from, middle), piece(middle, old.to)]
                } else {
                    vec![old]
                }
            })
            .collect();
    }
    meeting(head, &place).map_or(Rim::Open, Rim::Crosses)
}

/// Whether the pieces i to j of the rim's image, a few, all run forward in one direction, so that they cannot meet.
fn forward(pieces: &[Piece], i: usize, j: usize) -> bool {
    let n = pieces.len();
    if j - i > 8 {
        return false;
    }
    let chain = || (i..=j).map(|k| &pieces[k % n]);
    let direction = chain().fold([0.0; 2], |sum, piece| {
        let middle = piece.tangent.map(Interval::middle);
        let length = libm::hypot(middle[0], middle[1]).max(f64::MIN_POSITIVE);
        [sum[0] + middle[0] / length, sum[1] + middle[1] / length]
    });
    chain()
        .all(|piece| (piece.tangent[0] * direction[0] + piece.tangent[1] * direction[1]).sign() > 0)
}

/// Two places of the rim with one image, from a crossing of the polygon through many points of it.
fn meeting(head: &Frozen, place: &dyn Fn(f64) -> [f64; 2]) -> Option<[[f64; 2]; 2]> {
    let n = 1024;
    let at = |t: f64| {
        let v = value(head, place(t));
        [v[0], v[1]]
    };
    let step = 4.0 / n as f64;
    let images: Vec<[f64; 2]> = (0..=n).map(|k| at((k % n) as f64 * step)).collect();
    let side = crate::geometry::exact::orientation;
    for i in 0..n {
        for j in i + 2..n {
            let (a, b, c, d) = (images[i], images[i + 1], images[j], images[j + 1]);
            let apart =
                (0..2).any(|k| a[k].max(b[k]) < c[k].min(d[k]) || c[k].max(d[k]) < a[k].min(b[k]));
            if apart || side(a, b, c) == side(a, b, d) || side(c, d, a) == side(c, d, b) {
                continue;
            }
            // Newton in both places, by differences.
            let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
            let minus = |p: [f64; 2], q: [f64; 2]| [p[0] - q[0], p[1] - q[1]];
            let (u, v, w) = (minus(b, a), minus(d, c), minus(c, a));
            let share = |k: usize, t: f64| (k as f64 + t.clamp(0.0, 1.0)) * step;
            let mut s = share(i, cross(w, v) / cross(u, v));
            let mut t = share(j, cross(w, u) / cross(u, v));
            for _ in 0..30 {
                let (p, q) = (at(s), at(t));
                let rest = [p[0] - q[0], p[1] - q[1]];
                let h = 1e-6;
                let slope = |t: f64| {
                    let (low, high) = (at(t - h), at(t + h));
                    [
                        (high[0] - low[0]) / (2.0 * h),
                        (high[1] - low[1]) / (2.0 * h),
                    ]
                };
                let (u, v) = (slope(s), slope(t));
                let det = v[0] * u[1] - u[0] * v[1];
                if det == 0.0 {
                    break;
                }
                s -= (v[0] * rest[1] - v[1] * rest[0]) / det;
                t -= (u[0] * rest[1] - u[1] * rest[0]) / det;
                (s, t) = (s.clamp(0.0, 4.0), t.clamp(0.0, 4.0));
            }
            let points = [place(s), place(t)];
            let scale = a[0].abs().max(a[1].abs()).max(1e-3);
            let apart = (s - t).abs().min(4.0 - (s - t).abs());
            if witness(head, points).residual <= 1e-12 * scale && apart > step {
                return Some(points);
            }
        }
    }
    None
}
