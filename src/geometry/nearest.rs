//! How far apart the convex hulls of two sets of points are, in any dimension: Wolfe's nearest point.
//!
//! The hulls' distance is that of the origin from the polytope of all differences x_j - x_i, i in class 0, j in class 1.
//! Wolfe's method walks over its faces: it holds a *corral*, a few affinely independent corners with positive weights, whose
//! combination z is the point of their affine hull nearest to the origin, and adds the corner that lies deepest against z.
//! The n0 n1 corners are never listed: the deepest one belongs to the lowest point of class 1 and the highest of class 0.
//!
//! It stops with two bounds on the distance: |z| from above, for z is a difference of two points of the hulls, and the width
//! of the slab across z that no point enters from below. Their difference is the duality gap.
//!
//! Source: P. Wolfe, *Finding the nearest point in a polytope*, Mathematical Programming 11 (1976).

/// A corner of the corral: a row of class 0, a row of class 1, and the weight of their difference.
pub type Corner = (usize, usize, f64);

/// Two points as near to each other as the hulls come.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The corral; its weights are positive and sum to 1.
    pub corral: Vec<Corner>,
    /// z = Σ weight (x_one - x_zero), d entries: from the point of class 0's hull to that of class 1's.
    pub bridge: Vec<f64>,
    /// |z|, an upper bound of the distance.
    pub distance: f64,
    /// How much smaller the distance could be: |z| minus the width of the slab between the classes across z.
    pub gap: f64,
}

/// The nearest points of the hulls of the rows with label 0 and with label 1. `points` holds rows of `d` numbers of size 1
/// or so, one after another; both labels must occur. The search begins at the corral `start`, such as that of similar
/// points: the nearer it is to the answer the fewer steps follow.
///
/// ```
/// use foldspace::geometry::nearest;
/// // A segment and a point beside it.
/// let found = nearest(&[-1.0, 0.0, 1.0, 0.0, 0.5, 2.0], 2, &[0, 0, 1], &[]);
/// assert!((found.distance - 2.0).abs() < 1e-12);
/// assert!(found.bridge[0].abs() < 1e-12 && (found.bridge[1] - 2.0).abs() < 1e-12);
/// ```
pub fn nearest(points: &[f64], d: usize, labels: &[usize], start: &[Corner]) -> Nearest {
    let cloud = Cloud { points, d, labels };
    let mut corral = Corral::new(cloud.begin(start));
    corral.descend(&cloud, None);
    let mut best = corral.state(&cloud);
    // Each step lowers |z|; where rounding keeps it from doing so, the answer is as good as it gets.
    loop {
        let deepest = best.1;
        if best.0.gap <= STOP || best.0.distance <= STOP || corral.holds(deepest) {
            return best.0;
        }
        if !corral.descend(&cloud, Some(deepest)) {
            return best.0;
        }
        let next = corral.state(&cloud);
        if next.0.distance >= best.0.distance {
            return if next.0.gap < best.0.gap {
                next.0
            } else {
                best.0
            };
        }
        best = next;
    }
}

/// A gap or a distance this small is the data's rounding.
const STOP: f64 = 1e-14;

struct Cloud<'a> {
    points: &'a [f64],
    d: usize,
    labels: &'a [usize],
}

impl Cloud<'_> {
    fn row(&self, i: usize) -> &[f64] {
        &self.points[i * self.d..(i + 1) * self.d]
    }

    fn corner(&self, zero: usize, one: usize) -> Vec<f64> {
        let pairs = self.row(one).iter().zip(self.row(zero));
        pairs.map(|(one, zero)| one - zero).collect()
    }

    /// The part of `start` that fits these points; one pair of points where nothing does.
    fn begin(&self, start: &[Corner]) -> Vec<(Corner, Vec<f64>)> {
        let fits = |&&(zero, one, weight): &&Corner| {
            let label = |row: usize| self.labels.get(row).copied();
            label(zero) == Some(0) && label(one) == Some(1) && weight > 0.0
        };
        let mut corners: Vec<Corner> = start.iter().filter(fits).copied().collect();
        if corners.is_empty() {
            let first = |label: usize| self.labels.iter().position(|&own| own == label);
            corners = first(0)
                .zip(first(1))
                .map(|(zero, one)| (zero, one, 1.0))
                .into_iter()
                .collect();
        }
        let at = |corner: Corner| (corner, self.corner(corner.0, corner.1));
        corners.into_iter().map(at).collect()
    }

    /// The highest row of class 0 and the lowest of class 1 in direction z, with their heights.
    fn facing(&self, z: &[f64]) -> ([usize; 2], [f64; 2]) {
        let (mut rows, mut heights) = ([0; 2], [f64::NEG_INFINITY, f64::INFINITY]);
        for (i, &label) in self.labels.iter().enumerate() {
            let height = dot(self.row(i), z);
            let better = if label == 0 {
                height > heights[0]
            } else {
                height < heights[1]
            };
            if better {
                (rows[label], heights[label]) = (i, height);
            }
        }
        (rows, heights)
    }
}

/// Affinely independent corners p with weights, and the triangular R with RᵀR = 1 1ᵀ + P Pᵀ.
struct Corral {
    corners: Vec<[usize; 2]>,
    weights: Vec<f64>,
    vectors: Vec<Vec<f64>>,
    /// Column by column: `factor[k]` has k + 1 entries.
    factor: Vec<Vec<f64>>,
}

impl Corral {
    fn new(corners: Vec<(Corner, Vec<f64>)>) -> Self {
        let mut corral = Self {
            corners: Vec::new(),
            weights: Vec::new(),
            vectors: Vec::new(),
            factor: Vec::new(),
        };
        for ((zero, one, weight), vector) in corners {
            if corral.add([zero, one], vector) {
                corral.weights.push(weight);
            }
        }
        let sum: f64 = corral.weights.iter().sum();
        corral.weights.iter_mut().for_each(|weight| *weight /= sum);
        corral
    }

    fn holds(&self, corner: [usize; 2]) -> bool {
        self.corners.contains(&corner)
    }

    /// Adds a corner without a weight; false where it lies in the affine hull of the others, to rounding.
    fn add(&mut self, corner: [usize; 2], vector: Vec<f64>) -> bool {
        let size = 1.0 + dot(&vector, &vector);
        let mut column: Vec<f64> = self
            .vectors
            .iter()
            .map(|other| 1.0 + dot(other, &vector))
            .collect();
        self.solve_transposed(&mut column);
        let rest = size - dot(&column, &column);
        if rest <= 1e-15 * size {
            return false;
        }
        column.push(rest.sqrt());
        self.factor.push(column);
        self.corners.push(corner);
        self.vectors.push(vector);
        true
    }

    fn remove(&mut self, k: usize) {
        self.corners.remove(k);
        self.weights.remove(k);
        self.vectors.remove(k);
        self.factor.remove(k);
        // The columns behind have an entry too many below the diagonal: rotate it away.
        for i in k..self.factor.len() {
            let (a, b) = (self.factor[i][i], self.factor[i][i + 1]);
            let length = libm::hypot(a, b);
            let (c, s) = (a / length, b / length);
            for column in &mut self.factor[i..] {
                let (a, b) = (column[i], column[i + 1]);
                column[i] = c * a + s * b;
                column[i + 1] = c * b - s * a;
            }
            self.factor[i].truncate(i + 1);
        }
    }

    /// Rᵀ y = b, in place.
    fn solve_transposed(&self, b: &mut [f64]) {
        for k in 0..b.len() {
            let column = &self.factor[k];
            b[k] = (b[k] - dot(&column[..k], &b[..k])) / column[k];
        }
    }

    /// R y = b, in place.
    fn solve(&self, b: &mut [f64]) {
        for k in (0..b.len()).rev() {
            let column = &self.factor[k];
            let value = b[k] / column[k];
            b[k] = value;
            for (entry, factor) in b[..k].iter_mut().zip(column) {
                *entry -= factor * value;
            }
        }
    }

    /// Σ weight p.
    fn combine(&self, weights: &[f64], d: usize) -> Vec<f64> {
        let mut sum = vec![0.0; d];
        for (weight, vector) in weights.iter().zip(&self.vectors) {
            for (sum, entry) in sum.iter_mut().zip(vector) {
                *sum += weight * entry;
            }
        }
        sum
    }

    /// The weights, some perhaps negative, of the point of the affine hull nearest to the origin.
    fn affine_weights(&self, d: usize) -> Vec<f64> {
        let mut weights = vec![0.0; self.corners.len()];
        // The factor squares the condition; refinement with the true residual takes that back.
        for _ in 0..3 {
            let point = self.combine(&weights, d);
            let sum: f64 = weights.iter().sum();
            let mut rest: Vec<f64> = self
                .vectors
                .iter()
                .map(|vector| 1.0 - sum - dot(vector, &point))
                .collect();
            self.solve_transposed(&mut rest);
            self.solve(&mut rest);
            weights.iter_mut().zip(rest).for_each(|(w, r)| *w += r);
        }
        let sum: f64 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= sum);
        weights
    }

    /// Takes a corner in and goes to the nearest point of the corral's hull, dropping corners on the way; false where the
    /// corner adds nothing.
    fn descend(&mut self, cloud: &Cloud<'_>, corner: Option<[usize; 2]>) -> bool {
        if let Some([zero, one]) = corner {
            if !self.add([zero, one], cloud.corner(zero, one)) {
                return false;
            }
            self.weights.push(0.0);
        }
        loop {
            let aim = self.affine_weights(cloud.d);
            if aim.iter().all(|&weight| weight > 0.0 && weight.is_finite()) {
                self.weights = aim;
                return true;
            }
            // As far towards the aim as all weights stay positive; the first to vanish is dropped.
            let steps = self.weights.iter().zip(&aim).enumerate();
            let first = steps
                .filter(|(_, (_, aim))| **aim <= 0.0 || aim.is_nan())
                .map(|(k, (own, aim))| (own / (own - aim), k))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let Some((step, k)) = first else {
                return false;
            };
            if self.corners.len() == 1 {
                return false;
            }
            let step = if step.is_finite() { step } else { 0.0 };
            for (own, aim) in self.weights.iter_mut().zip(&aim) {
                *own = (*own + step * (aim - *own)).max(0.0);
            }
            self.remove(k);
            let sum: f64 = self.weights.iter().sum();
            if sum <= 0.0 || sum.is_nan() {
                return false;
            }
            self.weights.iter_mut().for_each(|weight| *weight /= sum);
        }
    }

    fn state(&self, cloud: &Cloud<'_>) -> (Nearest, [usize; 2]) {
        let bridge = self.combine(&self.weights, cloud.d);
        let distance = dot(&bridge, &bridge).sqrt();
        let (deepest, [high, low]) = cloud.facing(&bridge);
        let corners = self.corners.iter().zip(&self.weights);
        let nearest = Nearest {
            corral: corners
                .map(|(&[zero, one], &weight)| (zero, one, weight))
                .collect(),
            gap: if distance > 0.0 {
                (distance - (low - high) / distance).max(0.0)
            } else {
                0.0
            },
            bridge,
            distance,
        };
        (nearest, deepest)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Four sums at once, which a vector unit can hold.
    let (quads, rest) = a.as_chunks::<4>();
    let (others, other_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (a, b) in quads.iter().zip(others) {
        for k in 0..4 {
            sums[k] += a[k] * b[k];
        }
    }
    let rest: f64 = rest.iter().zip(other_rest).map(|(a, b)| a * b).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}
