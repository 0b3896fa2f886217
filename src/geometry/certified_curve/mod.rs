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

mod crossed;
mod regions;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use crossed::{Crossed, Edge};
use regions::Regions;
pub use regions::SignedRegion;
use tree::{Corner, FINEST, Node, SIDE, State, Tree};

use crate::error::{Error, Result};
use crate::geometry::boundary::{Polyline, join};
use crate::geometry::interval::Interval;
use crate::geometry::{Bounds, enclosure};
use crate::model::{Activation, Frozen, Layer};

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
    let mut tree = Tree::new(enclose, window);
    tree.refine(SIDE >> coarsest.min(FINEST))?;
    tree.balance();
    Ok(draw(&tree))
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

/// The curve through the leaves of a balanced tree.
fn draw<F: Fn([Interval; 2]) -> ValueAndSlopes>(tree: &Tree<F>) -> CertifiedCurve {
    let is_leaf = |node: &&Node| !matches!(node.state, State::Split(_));
    let leaves: Vec<&Node> = tree.nodes.iter().filter(is_leaf).collect();
    let mut values: BTreeMap<Corner, f64> = BTreeMap::new();
    let mut crossed: Vec<Crossed> = Vec::new();
    let mut undecided: Vec<&Node> = Vec::new();
    for node in &leaves {
        let (leaf, sound) = tree.crossed(node, &mut values);
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
    let vertices = edges.into_iter().map(|edge| (edge, tree.root(edge)));
    let vertices: BTreeMap<Edge, [f64; 2]> = vertices.collect();
    let mut regions = Regions::default();
    for leaf in &crossed {
        regions.add(leaf, |corner| tree.point(corner), |edge| vertices[edge]);
    }
    let area = |node: &&Node| (node.size as f64 / SIDE as f64) * (node.size as f64 / SIDE as f64);
    CertifiedCurve {
        curves: join(&pieces, &vertices),
        undecided_share: undecided.iter().map(area).fold(0.0, |sum, own| sum + own),
        undecided: undecided
            .iter()
            .map(|node| {
                let [i, j] = node.at;
                let [x, y] = [
                    tree.range(0, i, i + node.size),
                    tree.range(1, j, j + node.size),
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
