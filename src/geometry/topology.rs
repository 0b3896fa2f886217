//! How many parts the decision regions of a piecewise linear network have, how many holes, and how long their border is:
//! counted on its cells, exactly.

use serde::Serialize;

use super::complex::Decided;

/// What the part of the window that a class wins is like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ClassTopology {
    /// The class.
    pub class: usize,
    /// Connected parts.
    pub components: usize,
    /// Those that do not reach the window's rim.
    pub bounded: usize,
    /// Holes in all of them together: for each part, 1 minus its Euler characteristic.
    pub holes: usize,
    /// The area of all of them.
    pub area: f64,
}

/// What the decision regions within a window are like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Topology {
    /// Class by class.
    pub classes: Vec<ClassTopology>,
    /// The straight pieces of the border between classes, one per cell that it crosses.
    pub pieces: usize,
    /// The border's length.
    pub length: f64,
    /// Vertices minus edges of the border. For two classes, the regions' Euler characteristics minus this are 1.
    pub border_euler: i64,
    /// For each cell of the complex, the part that it belongs to, numbered in order of first appearance.
    #[serde(skip)]
    pub part: Vec<usize>,
}

/// Counts parts by merging neighbouring cells of one class, holes by Euler's formula.
///
/// ```
/// # use faer::mat;
/// # use foldspace::model::{Activation, Frozen, Layer};
/// use foldspace::geometry::Decided;
/// use foldspace::geometry::{Bounds, topology};
///
/// // Class 1 between x = -1 and x = 1: there 1 - relu(x) - relu(-x) is above 0.
/// let layers = vec![
///     Layer {
///         name: "hidden".into(),
///         weight: mat![[1.0, 0.0], [-1.0, 0.0]],
///         bias: vec![0.0, 0.0],
///         activation: Activation::Relu,
///     },
///     Layer {
///         name: "output".into(),
///         weight: mat![[-1.0, -1.0]],
///         bias: vec![1.0],
///         activation: Activation::Sigmoid,
///     },
/// ];
/// let window = Bounds::new((-2.0, 2.0), (-2.0, 2.0))?;
/// let found = topology(&Decided::new(&Frozen { layers }, window)?);
/// assert_eq!([0, 1].map(|class| found.classes[class].components), [2, 1]);
/// assert_eq!((found.pieces, found.length, found.classes[1].area), (2, 8.0, 8.0));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn topology(decided: &Decided) -> Topology {
    let Decided {
        complex,
        class,
        classes,
    } = decided;
    let faces = complex.faces();
    let mut parts = Parts((0..faces).collect());
    let points = complex.vertices();
    let (mut on_border, mut on_rim) = (vec![false; points.len()], vec![false; points.len()]);
    let mut lines = Vec::new();
    let (mut length, mut border_edges) = (0.0, 0_i64);
    for number in 0..complex.edges() {
        let edge = complex.edge(number);
        match edge.sides {
            [Some(a), Some(b)] if class[a] == class[b] => parts.join(a, b),
            [Some(_), Some(_)] => {
                let [p, q] = edge.ends.map(|vertex| points[vertex]);
                length += libm::hypot(q[0] - p[0], q[1] - p[1]);
                border_edges += 1;
                lines.push(complex.line(number));
                edge.ends
                    .into_iter()
                    .for_each(|vertex| on_border[vertex] = true);
            }
            _ => {
                edge.ends
                    .into_iter()
                    .for_each(|vertex| on_rim[vertex] = true);
            }
        }
    }
    lines.sort_unstable();
    lines.dedup();
    // Euler characteristic of each part: cells - edges inside + vertices inside.
    let root: Vec<usize> = (0..faces).map(|face| parts.root(face)).collect();
    let mut euler: Vec<i64> = vec![0; faces];
    let mut reaches_rim = vec![false; faces];
    for &part in &root {
        euler[part] += 1;
    }
    let mut touching = vec![usize::MAX; points.len()];
    for number in 0..complex.edges() {
        let edge = complex.edge(number);
        match edge.sides {
            [Some(a), Some(b)] if class[a] == class[b] => {
                euler[root[a]] -= 1;
                edge.ends
                    .into_iter()
                    .for_each(|vertex| touching[vertex] = root[a]);
            }
            [Some(_), Some(_)] => {}
            [a, b] => a
                .into_iter()
                .chain(b)
                .for_each(|face| reaches_rim[root[face]] = true),
        }
    }
    for vertex in 0..points.len() {
        if !on_border[vertex] && !on_rim[vertex] && touching[vertex] != usize::MAX {
            euler[touching[vertex]] += 1;
        }
    }
    let mut found: Vec<ClassTopology> = (0..*classes)
        .map(|class| ClassTopology {
            class,
            components: 0,
            bounded: 0,
            holes: 0,
            area: 0.0,
        })
        .collect();
    let mut number = vec![usize::MAX; faces];
    let mut next = 0;
    for face in 0..faces {
        let own = &mut found[class[face]];
        own.area += complex.area(face);
        if number[root[face]] == usize::MAX {
            number[root[face]] = next;
            next += 1;
            own.components += 1;
            own.bounded += usize::from(!reaches_rim[root[face]]);
            own.holes += usize::try_from(1 - euler[root[face]]).unwrap_or(0);
        }
    }
    Topology {
        classes: found,
        pieces: lines.len(),
        length,
        border_euler: on_border.iter().filter(|&&on| on).count() as i64 - border_edges,
        part: root.iter().map(|&part| number[part]).collect(),
    }
}

/// Union-find, with paths halved on the way.
struct Parts(Vec<usize>);

impl Parts {
    fn root(&mut self, mut item: usize) -> usize {
        while self.0[item] != item {
            self.0[item] = self.0[self.0[item]];
            item = self.0[item];
        }
        item
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.0[a.max(b)] = a.min(b);
    }
}
