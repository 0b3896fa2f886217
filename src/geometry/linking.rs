//! How often closed curves in space are linked, and the closed curve along a ring of points.

use super::alpha::Bar;

/// A point of space.
pub type Point3 = [f64; 3];

/// Gauss's linking number of two closed polygons that do not meet: how often one winds around the other. Each pair of edges
/// contributes a signed solid angle, which has a closed form; their sum is a whole number of spheres. `None` where rounding
/// leaves it farther than 0.01 from one: the polygons all but touch.
///
/// Source: T. Banchoff, *Self linking numbers of space polygons* (1976); the closed form as in Klenin and Langowski (2000).
///
/// ```
/// use foldspace::geometry::linking_number;
/// let flat = [[1.0, 1.0, 0.0], [-1.0, 1.0, 0.0], [-1.0, -1.0, 0.0], [1.0, -1.0, 0.0]];
/// let upright = [[0.0, 0.0, 1.0], [0.0, 0.0, -1.0], [3.0, 0.0, -1.0], [3.0, 0.0, 1.0]];
/// assert_eq!(linking_number(&flat, &upright).map(i64::abs), Some(1));
/// let away = upright.map(|[x, y, z]| [x + 9.0, y, z]);
/// assert_eq!(linking_number(&flat, &away), Some(0));
/// ```
pub fn linking_number(first: &[Point3], second: &[Point3]) -> Option<i64> {
    let mut sum = 0.0;
    for (i, &a) in first.iter().enumerate() {
        let b = first[(i + 1) % first.len()];
        for (j, &c) in second.iter().enumerate() {
            sum += angle(a, b, c, second[(j + 1) % second.len()]);
        }
    }
    let number = sum / (4.0 * std::f64::consts::PI);
    ((number - number.round()).abs() < 0.01).then_some(number.round() as i64)
}

/// The signed solid angle that the edges a b and c d span.
fn angle(a: Point3, b: Point3, c: Point3, d: Point3) -> f64 {
    let (ac, ad, bc, bd) = (minus(c, a), minus(d, a), minus(c, b), minus(d, b));
    let faces = [cross(ac, ad), cross(ad, bd), cross(bd, bc), cross(bc, ac)];
    let units = faces.map(|n| {
        let length = dot(n, n).sqrt();
        n.map(|x| if length > 0.0 { x / length } else { 0.0 })
    });
    let corner = |k: usize| libm::asin(dot(units[k], units[(k + 1) % 4]).clamp(-1.0, 1.0));
    let turn = dot(cross(minus(d, c), minus(b, a)), ac);
    let size: f64 = (0..4).map(corner).sum();
    if turn == 0.0 {
        0.0
    } else {
        size * turn.signum()
    }
}

/// The closed curve that points along a ring make, in order; `None` where they do not look like one.
///
/// Each point is joined to all within 1.5 times the longest edge of the minimum spanning tree. Of the cycles that a
/// shortest-path tree and one more edge close, the curve is the one with the most corners, provided there are at least 8:
/// on a ring, that is the way around.
pub fn ring(points: &[Point3]) -> Option<Vec<Point3>> {
    let n = points.len();
    let far = |i: usize, j: usize| {
        let d = minus(points[i], points[j]);
        dot(d, d).sqrt()
    };
    // Prim's tree: its longest edge is the scale at which all is one component.
    let (mut nearest, mut taken) = (vec![f64::INFINITY; n], vec![false; n]);
    *nearest.first_mut()? = 0.0;
    let mut scale = 0.0_f64;
    for _ in 0..n {
        let next = (0..n)
            .filter(|&i| !taken[i])
            .min_by(|&a, &b| nearest[a].total_cmp(&nearest[b]))?;
        taken[next] = true;
        scale = scale.max(nearest[next]);
        for (i, known) in nearest.iter_mut().enumerate() {
            *known = known.min(far(i, next));
        }
    }
    let reach = 1.5 * scale;
    let beside: Vec<Vec<usize>> = (0..n)
        .map(|i| (0..n).filter(|&j| j != i && far(i, j) <= reach).collect())
        .collect();
    // Breadth first from the first point.
    let (mut parent, mut depth) = (vec![None; n], vec![usize::MAX; n]);
    let mut queue = std::collections::VecDeque::from([0]);
    depth[0] = 0;
    while let Some(i) = queue.pop_front() {
        for &j in &beside[i] {
            if depth[j] == usize::MAX {
                (parent[j], depth[j]) = (Some(i), depth[i] + 1);
                queue.push_back(j);
            }
        }
    }
    let path = |mut i: usize| {
        let mut path = vec![i];
        while let Some(next) = parent[i] {
            path.push(next);
            i = next;
        }
        path
    };
    let mut longest: Vec<usize> = Vec::new();
    for i in 0..n {
        for &j in beside[i].iter().filter(|&&j| j > i) {
            if depth[i] + depth[j] < longest.len() {
                continue;
            }
            let (mut a, mut b) = (path(i), path(j));
            while a.len() > 1 && b.len() > 1 && a[a.len() - 2] == b[b.len() - 2] {
                a.pop();
                b.pop();
            }
            b.pop();
            a.extend(b.into_iter().rev());
            if a.len() > longest.len() {
                longest = a;
            }
        }
    }
    (longest.len() >= 8).then(|| longest.into_iter().map(|i| points[i]).collect())
}

impl Bar {
    /// How many times as large a feature becomes as it was at birth.
    pub fn ratio(self) -> f64 {
        self.death / self.birth
    }
}

fn minus(a: Point3, b: Point3) -> Point3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: Point3, b: Point3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: Point3, b: Point3) -> Point3 {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}
