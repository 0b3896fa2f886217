//! Level sets with the right topology, proved: no component or hole is missed, however small.
//!
//! A quadtree is refined until on every leaf the function has no zero, or its gradient turns by less than a right angle, so
//! that the curve crosses it in simple arcs. Both are decided by enclosures in interval arithmetic. Along the rim of the
//! window a leaf also waits until the function is monotone on its side of the rim. The tree is then balanced (neighbours
//! differ by one level), and the curve drawn through the leaves is isotopic to the true one. Source: S. Plantinga and G.
//! Vegter, *Isotopic Approximation of Implicit Curves and Surfaces* (2004).
//!
//! Where a curve crosses itself or ends in a point no refinement helps. Leaves at the finest level stay undecided and are
//! returned as such.

mod regions;

use std::collections::{BTreeMap, BTreeSet};

use regions::Regions;
pub use regions::SignedRegion;

use crate::error::{Error, Result};
use crate::geometry::boundary::{Polyline, join};
use crate::geometry::bracket::Bracket;
use crate::geometry::interval::Interval;
use crate::geometry::{Bounds, enclosure};
use crate::model::{Activation, Frozen, Layer};

/// The finest level: a leaf is then 2^-20 of the window wide.
const FINEST: u32 = 20;
/// Corners count in steps of this many to a side of the window.
const SIDE: u64 = 1 << (FINEST + 1);
/// The most leaves.
const MOST_LEAVES: usize = 400_000;

/// A curve and its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct CertifiedCurve {
    /// The curves, larger values on their left; their vertices lie on the true ones to rounding.
    pub curves: Vec<Polyline>,
    /// Squares in which nothing was decided; none where the whole topology is proved.
    pub undecided: Vec<Bounds>,
    /// The share of the window that these cover.
    pub undecided_share: f64,
    /// Where values are below zero, and where they are not: parts, holes and area.
    pub regions: [SignedRegion; 2],
    /// How many leaves the quadtree has.
    pub leaves: usize,
}

/// Values and both derivatives of a function over the rectangle of x and y in two ranges.
pub type ValueAndSlopes = [Interval; 3];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// No zero.
    Empty,
    /// The curve crosses in simple arcs.
    Simple,
    Undecided,
    /// Has children: the number of the first of four.
    Split(usize),
}

#[derive(Debug, Clone, Copy)]
struct Node {
    /// The lower left corner.
    at: [u64; 2],
    size: u64,
    state: State,
}

type Corner = [u64; 2];
type Edge = [Corner; 2];

/// Where the curve crosses the rim of a leaf.
struct Crossing {
    edge: Edge,
    /// The side of the leaf.
    side: usize,
    /// The number of the corner before it, anticlockwise.
    after: usize,
    /// Whether values fall below zero there, anticlockwise.
    falls: bool,
}

/// A leaf, its corners and the middles of sides whose neighbours are smaller, anticlockwise, and how the curve divides them.
struct Crossed {
    around: Vec<(Corner, usize)>,
    signs: Vec<bool>,
    crossings: Vec<Crossing>,
    /// Pieces of the curve, from the crossing where values fall, larger values on the left.
    pairs: Vec<(usize, usize)>,
    /// Whether pieces cut off corners with values above zero, rather than below.
    cuts_off_positive: bool,
}

struct Tree<F> {
    enclose: F,
    window: Bounds,
    nodes: Vec<Node>,
}

/// The curves f = 0 in `window`, where `enclose` encloses f and its derivatives over any rectangle.
///
/// `coarsest` is the level that the tree is refined to in any case, wherever the curve is: 2^`coarsest` leaves along a side
/// make the polylines smooth to look at.
///
/// ```
/// use foldspace::geometry::certified_level_set;
/// use foldspace::geometry::interval::Interval;
/// use foldspace::geometry::Bounds;
/// // x² + y² = r² for a tiny r.
/// let r = 1e-4;
/// let circle = |[x, y]: [Interval; 2]| [x * x + y * y - Interval::point(r * r), x * 2.0, y * 2.0];
/// let found = certified_level_set(circle, Bounds::new((-1.0, 0.9), (-1.1, 1.0))?, 4)?;
/// assert!(found.curves.len() == 1 && found.curves[0].closed && found.undecided.is_empty());
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the curve takes more than 400 000 leaves.
pub fn certified_level_set(
    enclose: impl Fn([Interval; 2]) -> ValueAndSlopes,
    window: Bounds,
    coarsest: u32,
) -> Result<CertifiedCurve> {
    let mut tree = Tree {
        enclose,
        window,
        nodes: vec![Node {
            at: [0, 0],
            size: SIDE,
            state: State::Undecided,
        }],
    };
    tree.refine(SIDE >> coarsest.min(FINEST))?;
    tree.balance();
    Ok(tree.draw())
}

/// The curves normal · h(x) + offset = 0 of `head`, a network of two inputs, in `window`: [`pull_back`](crate::geometry::pull_back)
/// with a proof.
///
/// # Errors
/// If the network does not have two inputs, the normal does not have an entry per output, a layer is a softmax, or as
/// [`certified_level_set`].
pub fn certified_pull_back(
    head: &Frozen,
    normal: &[f64],
    offset: f64,
    window: Bounds,
    coarsest: u32,
) -> Result<CertifiedCurve> {
    let outputs = head.layers.last().map_or(2, Layer::units);
    let inputs = head.layers.first().map_or(2, Layer::inputs);
    if inputs != 2 || outputs != normal.len() {
        return Err(Error::matrix(
            "pull-back",
            format!(
                "the network leads from {inputs} to {outputs} dimensions, the normal has {} entries",
                normal.len()
            ),
        ));
    }
    if head
        .layers
        .iter()
        .any(|layer| layer.activation == Activation::Softmax)
    {
        return Err(Error::invalid(
            "certificate",
            "a hidden layer is a softmax, which has no enclosure here",
            "draw `pullback` without --certify",
        ));
    }
    let mut network = head.clone();
    network.layers.push(Layer {
        name: String::from("height"),
        weight: faer::Mat::from_fn(1, outputs, |_, j| normal[j]),
        bias: vec![offset],
        activation: Activation::Identity,
    });
    let enclose = |ranges: [Interval; 2]| {
        let height = enclosure::enclose(&network, ranges)[0];
        [height.value, height.slope[0], height.slope[1]]
    };
    certified_level_set(enclose, window, coarsest)
}

impl<F: Fn([Interval; 2]) -> ValueAndSlopes> Tree<F> {
    /// A coordinate along an axis; the same for all leaves that share it.
    fn place(&self, axis: usize, k: u64) -> f64 {
        let (from, to) = if axis == 0 {
            self.window.x
        } else {
            self.window.y
        };
        let t = k as f64 / SIDE as f64;
        from * (1.0 - t) + to * t
    }

    fn point(&self, [i, j]: Corner) -> [f64; 2] {
        [self.place(0, i), self.place(1, j)]
    }

    fn range(&self, axis: usize, from: u64, to: u64) -> Interval {
        Interval::new(self.place(axis, from), self.place(axis, to))
    }

    fn refine(&mut self, coarsest: u64) -> Result<()> {
        let mut open = vec![0];
        while let Some(number) = open.pop() {
            let node = self.nodes[number];
            let state = self.decide(&node);
            let fine_enough = node.size <= coarsest || state == State::Empty;
            let settled = state != State::Undecided && fine_enough;
            if settled || node.size <= 2 {
                self.nodes[number].state = state;
                continue;
            }
            if self.nodes.len() > MOST_LEAVES {
                return Err(Error::invalid(
                    "certificate",
                    format!("the curve takes more than {MOST_LEAVES} squares"),
                    "look at a smaller window, or draw `pullback` without --certify",
                ));
            }
            open.extend(self.split(number));
        }
        Ok(())
    }

    fn split(&mut self, number: usize) -> [usize; 4] {
        let Node {
            at: [i, j],
            size,
            state,
        } = self.nodes[number];
        let half = size / 2;
        let first = self.nodes.len();
        for at in [[i, j], [i + half, j], [i, j + half], [i + half, j + half]] {
            self.nodes.push(Node {
                at,
                size: half,
                state,
            });
        }
        self.nodes[number].state = State::Split(first);
        [first, first + 1, first + 2, first + 3]
    }

    fn decide(&self, node: &Node) -> State {
        let [i, j] = node.at;
        let (right, top) = (i + node.size, j + node.size);
        let box_ = [self.range(0, i, right), self.range(1, j, top)];
        let [value, dx, dy] = (self.enclose)(box_);
        if value.sign() != 0 {
            return State::Empty;
        }
        // Any two gradients within the leaf point less than a right angle apart.
        if (dx * dx + dy * dy).sign() <= 0 {
            return State::Undecided;
        }
        let sides = [
            (i == 0, [Interval::point(self.place(0, 0)), box_[1]], 1),
            (
                right == SIDE,
                [Interval::point(self.place(0, SIDE)), box_[1]],
                1,
            ),
            (j == 0, [box_[0], Interval::point(self.place(1, 0))], 0),
            (
                top == SIDE,
                [box_[0], Interval::point(self.place(1, SIDE))],
                0,
            ),
        ];
        for (on_rim, side, along) in sides {
            if on_rim {
                let [value, dx, dy] = (self.enclose)(side);
                if value.sign() == 0 && [dx, dy][along].sign() == 0 {
                    return State::Undecided;
                }
            }
        }
        State::Simple
    }

    /// The leaf that holds the unit square with this lower left corner.
    fn leaf(&self, at: Corner) -> usize {
        let mut number = 0;
        while let State::Split(first) = self.nodes[number].state {
            let node = self.nodes[number];
            let half = node.size / 2;
            let right = usize::from(at[0] >= node.at[0] + half);
            let upper = usize::from(at[1] >= node.at[1] + half);
            number = first + right + 2 * upper;
        }
        number
    }

    /// The leaves across the four sides of a leaf, at the middle of each; below, right, above, left.
    fn across(&self, node: &Node) -> [Option<usize>; 4] {
        let [i, j] = node.at;
        let (half, size) = (node.size / 2, node.size);
        [
            (j > 0).then(|| self.leaf([i + half, j.wrapping_sub(1)])),
            (i + size < SIDE).then(|| self.leaf([i + size, j + half])),
            (j + size < SIDE).then(|| self.leaf([i + half, j + size])),
            (i > 0).then(|| self.leaf([i.wrapping_sub(1), j + half])),
        ]
    }

    /// Splits leaves until neighbours differ by one level at most.
    fn balance(&mut self) {
        let mut open: Vec<usize> = (0..self.nodes.len()).collect();
        while let Some(number) = open.pop() {
            let node = self.nodes[number];
            if matches!(node.state, State::Split(_)) {
                continue;
            }
            for neighbour in self.across(&node).into_iter().flatten() {
                if self.nodes[neighbour].size > 2 * node.size {
                    open.extend(self.split(neighbour));
                    open.push(number);
                }
            }
        }
    }

    fn draw(&self) -> CertifiedCurve {
        let is_leaf = |node: &&Node| !matches!(node.state, State::Split(_));
        let leaves: Vec<&Node> = self.nodes.iter().filter(is_leaf).collect();
        let mut values: BTreeMap<Corner, f64> = BTreeMap::new();
        let mut crossed: Vec<Crossed> = Vec::new();
        let mut undecided: Vec<&Node> = Vec::new();
        for node in &leaves {
            let (leaf, sound) = self.crossed(node, &mut values);
            if node.state == State::Undecided || !sound {
                undecided.push(node);
            }
            crossed.push(leaf);
        }
        let pieces = crossed.iter().flat_map(|leaf| {
            let edge = |k: usize| leaf.crossings[k].edge;
            leaf.pairs.iter().map(move |&(a, b)| (edge(a), edge(b)))
        });
        let pieces: BTreeMap<Edge, Edge> = pieces.collect();
        let edges: BTreeSet<Edge> = pieces.iter().flat_map(|(&a, &b)| [a, b]).collect();
        let vertices = edges.into_iter().map(|edge| (edge, self.root(edge)));
        let vertices: BTreeMap<Edge, [f64; 2]> = vertices.collect();
        let mut regions = Regions::default();
        for leaf in &crossed {
            regions.add(leaf, |corner| self.point(corner), |edge| vertices[edge]);
        }
        let area =
            |node: &&Node| (node.size as f64 / SIDE as f64) * (node.size as f64 / SIDE as f64);
        CertifiedCurve {
            curves: join(&pieces, &vertices),
            undecided_share: undecided.iter().map(area).fold(0.0, |sum, own| sum + own),
            undecided: undecided
                .iter()
                .map(|node| {
                    let [i, j] = node.at;
                    let [x, y] = [
                        self.range(0, i, i + node.size),
                        self.range(1, j, j + node.size),
                    ];
                    Bounds {
                        x: (x.low, x.high),
                        y: (y.low, y.high),
                    }
                })
                .collect(),
            regions: regions.count(),
            leaves: leaves.len(),
        }
    }

    fn value(&self, at: [f64; 2]) -> f64 {
        (self.enclose)(at.map(Interval::point))[0].middle()
    }

    /// How the curve divides a leaf, and whether its crossings could be paired without doubt.
    fn crossed(&self, node: &Node, values: &mut BTreeMap<Corner, f64>) -> (Crossed, bool) {
        let [i, j] = node.at;
        let (half, size) = (node.size / 2, node.size);
        let corners = [[i, j], [i + size, j], [i + size, j + size], [i, j + size]];
        let middles = [
            [i + half, j],
            [i + size, j + half],
            [i + half, j + size],
            [i, j + half],
        ];
        // Anticlockwise along the rim, with the middles of sides whose neighbours are smaller.
        let mut around: Vec<(Corner, usize)> = Vec::new();
        for (side, neighbour) in self.across(node).into_iter().enumerate() {
            around.push((corners[side], side));
            if neighbour.is_some_and(|other| self.nodes[other].size < size) {
                around.push((middles[side], side));
            }
        }
        let mut above = |corner: Corner| {
            *values
                .entry(corner)
                .or_insert_with(|| self.value(self.point(corner)))
                >= 0.0
        };
        let signs: Vec<bool> = around.iter().map(|&(corner, _)| above(corner)).collect();
        let n = around.len();
        let mut crossings: Vec<Crossing> = Vec::new();
        for k in 0..n {
            let next = (k + 1) % n;
            if signs[k] != signs[next] {
                let (a, b) = (around[k].0, around[next].0);
                crossings.push(Crossing {
                    edge: [a.min(b), a.max(b)],
                    side: around[k].1,
                    after: k,
                    falls: signs[k],
                });
            }
        }
        let pairs = |shift: usize| -> Vec<(usize, usize)> {
            let n = crossings.len();
            let falls = (0..n).filter(|&k| crossings[k].falls);
            falls.map(|k| (k, (k + shift) % n)).collect()
        };
        let apart = |pairs: &[(usize, usize)]| {
            pairs
                .iter()
                .all(|&(a, b)| crossings[a].side != crossings[b].side)
        };
        // From where values fall to the next crossing, around the corners below zero; or to the one before.
        let (on, back) = (pairs(1), pairs(crossings.len().saturating_sub(1)));
        let (pairs, cuts_off_positive, sound) = match crossings.len() {
            0 | 2 => (on, false, true),
            4 => match (apart(&on), apart(&back)) {
                (true, false) => (on, false, true),
                (false, true) => (back, true, true),
                _ => (on, false, false),
            },
            _ => (on, false, false),
        };
        let leaf = Crossed {
            around,
            signs,
            crossings,
            pairs,
            cuts_off_positive,
        };
        (leaf, sound)
    }

    /// Where the curve crosses an edge.
    fn root(&self, [a, b]: Edge) -> [f64; 2] {
        let [p, q] = [self.point(a), self.point(b)];
        let at = |t: f64| [0, 1].map(|axis| p[axis] * (1.0 - t) + q[axis] * t);
        let mut bracket = Bracket::new(self.value(p), self.value(q));
        for _ in 0..200 {
            if bracket.done {
                break;
            }
            let t = bracket.trial();
            bracket.update(t, self.value(at(t)));
        }
        at(bracket.best.0)
    }
}
