//! Convex hulls in the plane, and the widest corridor between two of them.
//!
//! Two classes are linearly separable exactly if their convex hulls are disjoint; the line in the middle of the
//! shortest bridge between the hulls is then the maximum-margin line (the hard-margin support vector machine).

use std::cmp::Ordering;

use super::exact::orientation;

/// The positions in `points` of the corners of the convex hull, anticlockwise from the lowest leftmost point,
/// without points in the middle of an edge: Andrew's monotone chain with exact orientation.
///
/// ```
/// use foldspace::geometry::convex_hull;
/// let square = [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5], [1.0, 0.0], [0.0, 1.0]];
/// assert_eq!(convex_hull(&square), [0, 3, 1, 4]);
/// ```
pub fn convex_hull(points: &[[f64; 2]]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    let key = |i: usize| points.get(i).copied().unwrap_or_default();
    order.sort_by(|&i, &j| {
        let (p, q) = (key(i), key(j));
        p[0].total_cmp(&q[0]).then(p[1].total_cmp(&q[1]))
    });
    order.dedup_by(|i, j| key(*i) == key(*j));
    if order.len() < 3 {
        return order;
    }
    let chain = |order: &mut dyn Iterator<Item = usize>| {
        let mut chain: Vec<usize> = Vec::new();
        for k in order {
            while let [.., i, j] = chain[..]
                && orientation(key(i), key(j), key(k)) != Ordering::Greater
            {
                chain.pop();
            }
            chain.push(k);
        }
        chain.pop(); // the first corner of the other chain
        chain
    };
    let mut hull = chain(&mut order.iter().copied());
    hull.extend(chain(&mut order.iter().rev().copied()));
    hull
}

/// The unit normal of the widest corridor between the convex polygons `first` and `second` (corners in order),
/// pointing from the first to the second, and the corridor's width; `None` if they touch to rounding or one is empty.
///
/// The shortest bridge between two disjoint polygons starts or ends in a corner: O(|first| |second|).
pub fn corridor(first: &[[f64; 2]], second: &[[f64; 2]]) -> Option<([f64; 2], f64)> {
    let mut shortest = (f64::INFINITY, [0.0, 0.0]);
    for (corners, edges, sign) in [(first, second, 1.0), (second, first, -1.0)] {
        for &corner in corners {
            for (k, &a) in edges.iter().enumerate() {
                let b = edges.get(k + 1).or(edges.first()).copied().unwrap_or(a);
                let (length2, bridge) = bridge(corner, a, b);
                if length2 < shortest.0 {
                    shortest = (length2, [sign * bridge[0], sign * bridge[1]]);
                }
            }
        }
    }
    let [x, y] = shortest.1;
    let length = libm::hypot(x, y);
    (shortest.0.is_finite() && length > 0.0).then(|| ([x / length, y / length], shortest.0.sqrt()))
}

/// The squared length of the shortest bridge from `p` to the segment a b, and a vector along it.
fn bridge(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> (f64, [f64; 2]) {
    let (edge, to_a, to_b) = (minus(b, a), minus(a, p), minus(b, p));
    let edge2 = dot(edge, edge);
    let along = -dot(to_a, edge);
    if edge2 > 0.0 && along > 0.0 && along < edge2 {
        // Perpendicular to the edge: the direction stays accurate however short the bridge is.
        let normal = [-edge[1], edge[0]];
        let height = dot(to_a, normal);
        let sign = if height < 0.0 { -1.0 } else { 1.0 };
        let direction = if height == 0.0 {
            [0.0, 0.0]
        } else {
            [sign * normal[0], sign * normal[1]]
        };
        return (height * height / edge2, direction);
    }
    if along <= 0.0 {
        (dot(to_a, to_a), to_a)
    } else {
        (dot(to_b, to_b), to_b)
    }
}

fn minus(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] - b[0], a[1] - b[1]]
}

fn dot(a: [f64; 2], b: [f64; 2]) -> f64 {
    a[0] * b[0] + a[1] * b[1]
}
