//! The shape of points in the plane at every scale: alpha complexes, their components and holes.
//!
//! Discs of radius r around the points cover a region; the alpha complex at r is the part of the Delaunay triangulation with
//! the same components and holes. A simplex enters at its *alpha value*: a triangle at its circumradius, an edge at half its
//! length, unless a third point lies inside the circle over it, when it enters with the first triangle beside it. A component
//! lives until an edge joins it to another, a hole from the edge that closes it to the triangle that fills it; holes are
//! followed from the outside in, as components of the complement.
//!
//! Source: H. Edelsbrunner and J. Harer, *Computational Topology* (2010), III.4 and VII. The triangulation is `spade`'s, with
//! exact predicates.

use serde::Serialize;
use spade::{DelaunayTriangulation, HasPosition, Point2, Triangulation};

use super::exact::orientation;
use crate::error::{Error, Result};

/// The range of radii at which a hole exists.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bar {
    /// The radius at which it closes.
    pub birth: f64,
    /// The radius at which it is filled; infinite for what stays.
    pub death: f64,
}

/// The filtration of a set of points.
#[derive(Debug, Clone, PartialEq)]
pub struct Alpha {
    points: Vec<[f64; 2]>,
    /// Ends, alpha value, and the triangles on either side.
    edges: Vec<([usize; 2], f64, [Option<usize>; 2])>,
    triangles: Vec<([usize; 3], f64)>,
}

/// A hole and the triangle that fills it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hole {
    /// The radii at which it exists.
    pub bar: Bar,
    triangle: usize,
}

struct Site {
    at: Point2<f64>,
}

impl HasPosition for Site {
    type Scalar = f64;

    fn position(&self) -> Point2<f64> {
        self.at
    }
}

impl Alpha {
    /// Of `points`; those in one place count once.
    ///
    /// ```
    /// use foldspace::geometry::Alpha;
    /// let square = Alpha::new(&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]])?;
    /// assert_eq!(square.merges(), [1.0; 3]);
    /// let hole = square.holes()[0].bar;
    /// assert!(hole.birth == 1.0 && (hole.death - 2.0_f64.sqrt()).abs() < 1e-15);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If a coordinate is not finite.
    pub fn new(points: &[[f64; 2]]) -> Result<Self> {
        if let Some(i) = points.iter().position(|p| !p.iter().all(|x| x.is_finite())) {
            return Err(Error::matrix(
                "alpha complex",
                format!("row {i} is not finite"),
            ));
        }
        // Scaled to size 1, so that squares do not overflow and tiny numbers are not refused.
        let size = points
            .iter()
            .flatten()
            .fold(0.0_f64, |most, x| most.max(x.abs()));
        let size = if size > 0.0 { size } else { 1.0 };
        let unit = |x: f64| {
            if (x / size).abs() < 1e-40 {
                0.0
            } else {
                x / size
            }
        };
        let mut mesh: DelaunayTriangulation<Site> = DelaunayTriangulation::new();
        for [x, y] in points {
            let at = Point2::new(unit(*x), unit(*y));
            mesh.insert(Site { at })
                .map_err(|error| Error::matrix("alpha complex", error.to_string()))?;
        }
        let own: Vec<[f64; 2]> = mesh
            .vertices()
            .map(|vertex| [vertex.position().x, vertex.position().y])
            .collect();
        let mut number = vec![None; mesh.num_all_faces()];
        let mut triangles = Vec::new();
        for face in mesh.inner_faces() {
            number[face.fix().index()] = Some(triangles.len());
            let corners = face.vertices().map(|vertex| vertex.fix().index());
            triangles.push((corners, circumradius(corners.map(|corner| own[corner]))));
        }
        let mut edges = Vec::new();
        for edge in mesh.undirected_edges() {
            let ends = edge.vertices().map(|vertex| vertex.fix().index());
            let half = edge.as_directed();
            let sides = [half, half.rev()].map(|half| number[half.face().fix().index()]);
            let [a, b] = ends.map(|end| own[end]);
            let inside = [half, half.rev()].iter().any(|half| {
                half.opposite_vertex().is_some_and(|vertex| {
                    let p = vertex.position();
                    (a[0] - p.x) * (b[0] - p.x) + (a[1] - p.y) * (b[1] - p.y) < 0.0
                })
            });
            let beside = sides.iter().flatten().map(|&side| triangles[side].1);
            let own_value = 0.5 * libm::hypot(b[0] - a[0], b[1] - a[1]);
            let least = beside.fold(f64::INFINITY, f64::min);
            let value = if inside { least } else { own_value.min(least) };
            edges.push((ends, value * size, sides));
        }
        triangles.iter_mut().for_each(|triangle| triangle.1 *= size);
        Ok(Self {
            points: own.into_iter().map(|p| p.map(|x| x * size)).collect(),
            edges,
            triangles,
        })
    }

    /// The number of different points.
    pub fn size(&self) -> usize {
        self.points.len()
    }

    /// The radii at which two components become one, ascending: one fewer than there are points.
    pub fn merges(&self) -> Vec<f64> {
        let mut order: Vec<usize> = (0..self.edges.len()).collect();
        order.sort_by(|&a, &b| self.edges[a].1.total_cmp(&self.edges[b].1).then(a.cmp(&b)));
        let mut parts = Parts::new(self.points.len());
        let mut merges = Vec::new();
        for (ends, value, _) in order.into_iter().map(|edge| self.edges[edge]) {
            if parts.join(ends) {
                merges.push(value);
            }
        }
        merges
    }

    /// All holes, those that last longest (by the ratio of death and birth) first.
    pub fn holes(&self) -> Vec<Hole> {
        let outside = self.triangles.len();
        let mut order: Vec<usize> = (0..self.edges.len()).collect();
        order.sort_by(|&a, &b| self.edges[b].1.total_cmp(&self.edges[a].1).then(a.cmp(&b)));
        let mut parts = Parts::new(outside + 1);
        // The largest triangle of each part of the complement; the outside is larger than all.
        let mut largest: Vec<usize> = (0..=outside).collect();
        let value = |part: usize| self.triangles.get(part).map_or(f64::INFINITY, |t| t.1);
        let mut holes = Vec::new();
        for (_, birth, sides) in order.into_iter().map(|edge| self.edges[edge]) {
            let [a, b] = sides.map(|side| parts.root(side.unwrap_or(outside)));
            if a == b {
                continue;
            }
            let (mut elder, mut younger) = (largest[a], largest[b]);
            if value(elder) < value(younger) {
                std::mem::swap(&mut elder, &mut younger);
            }
            parts.join([a, b]);
            let root = parts.root(a);
            largest[root] = elder;
            let death = value(younger);
            if death > birth {
                let bar = Bar { birth, death };
                holes.push(Hole {
                    bar,
                    triangle: younger,
                });
            }
        }
        holes.sort_by(|a, b| {
            let ratio = |hole: &Hole| hole.bar.death / hole.bar.birth;
            ratio(b)
                .total_cmp(&ratio(a))
                .then(a.triangle.cmp(&b.triangle))
        });
        holes
    }

    /// Which of `others` lie in a hole as it is when it closes.
    pub fn inside(&self, hole: &Hole, others: &[[f64; 2]]) -> Vec<bool> {
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); self.triangles.len()];
        for &(_, value, sides) in &self.edges {
            if let [Some(a), Some(b)] = sides
                && value > hole.bar.birth
            {
                beside[a].push(b);
                beside[b].push(a);
            }
        }
        let (mut seen, mut open) = (vec![false; self.triangles.len()], vec![hole.triangle]);
        let mut parts = Vec::new();
        while let Some(triangle) = open.pop() {
            if !std::mem::replace(&mut seen[triangle], true) {
                parts.push(self.triangles[triangle].0.map(|corner| self.points[corner]));
                open.extend(&beside[triangle]);
            }
        }
        let within = |[a, b, c]: [[f64; 2]; 3], p: [f64; 2]| {
            let turns = [
                orientation(a, b, p),
                orientation(b, c, p),
                orientation(c, a, p),
            ];
            turns.iter().all(|turn| turn.is_ge()) || turns.iter().all(|turn| turn.is_le())
        };
        others
            .iter()
            .map(|&p| parts.iter().any(|&part| within(part, p)))
            .collect()
    }
}

fn circumradius([a, b, c]: [[f64; 2]; 3]) -> f64 {
    let length = |p: [f64; 2], q: [f64; 2]| libm::hypot(q[0] - p[0], q[1] - p[1]);
    let twice = ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).abs();
    length(a, b) * length(b, c) * length(c, a) / (2.0 * twice)
}

/// Union-find, with paths halved on the way.
struct Parts(Vec<usize>);

impl Parts {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut item: usize) -> usize {
        while self.0[item] != item {
            self.0[item] = self.0[self.0[item]];
            item = self.0[item];
        }
        item
    }

    fn join(&mut self, ends: [usize; 2]) -> bool {
        let [a, b] = ends.map(|end| self.root(end));
        self.0[a.max(b)] = a.min(b);
        a != b
    }
}
