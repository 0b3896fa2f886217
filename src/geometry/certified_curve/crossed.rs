//! How the curve divides a leaf, and where it crosses an edge.

use std::collections::BTreeMap;

use super::ValueAndSlopes;
use super::tree::{Corner, Node, Tree};
use crate::geometry::bracket::Bracket;
use crate::geometry::interval::Interval;

pub(super) type Edge = [Corner; 2];

/// Where the curve crosses the rim of a leaf.
pub(super) struct Crossing {
    pub edge: Edge,
    /// The side of the leaf.
    pub side: usize,
    /// The number of the corner before it, anticlockwise.
    pub after: usize,
    /// Whether values fall below zero there, anticlockwise.
    pub falls: bool,
}

/// A leaf, its corners and the middles of sides whose neighbours are smaller, anticlockwise, and how the curve divides them.
pub(super) struct Crossed {
    pub around: Vec<(Corner, usize)>,
    pub signs: Vec<bool>,
    pub crossings: Vec<Crossing>,
    /// Pieces of the curve, from the crossing where values fall, larger values on the left.
    pub pairs: Vec<(usize, usize)>,
    /// Whether pieces cut off corners with values above zero, rather than below.
    pub cuts_off_positive: bool,
}

impl<F: Fn([Interval; 2]) -> ValueAndSlopes> Tree<F> {
    /// How the curve divides a leaf, and whether its crossings could be paired without doubt.
    pub(super) fn crossed(
        &self,
        node: &Node,
        values: &mut BTreeMap<Corner, f64>,
    ) -> (Crossed, bool) {
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
    pub(super) fn root(&self, [a, b]: Edge) -> [f64; 2] {
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
