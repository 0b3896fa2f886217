//! The regions on either side of a certified curve: how many parts, how many holes, how large.
//!
//! Corners of leaves are nodes of a graph, joined where a leaf does not separate them. Each connected part of it is a region; one
//! that holds no corner on the rim is bounded. A region has a hole for each closed curve along it, except the one around it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::crossed::{Crossed, Edge};
use super::tree::{Corner, SIDE};

/// The topology of the part of the window with one sign.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct SignedRegion {
    /// Connected parts.
    pub components: usize,
    /// Those that do not reach the window's rim.
    pub bounded: usize,
    /// Holes in all of them together.
    pub holes: usize,
    /// Their area, between the curve's straight pieces.
    pub area: f64,
}

/// The regions found so far, leaf by leaf.
#[derive(Default)]
pub(super) struct Regions {
    corners: Sets<Corner>,
    edges: Sets<Edge>,
    positive: BTreeMap<Corner, bool>,
    areas: [f64; 2],
}

impl Regions {
    /// Adds a leaf. `place` says where corners are, `root` where the curve crosses edges.
    pub(super) fn add(
        &mut self,
        leaf: &Crossed,
        place: impl Fn(Corner) -> [f64; 2],
        root: impl Fn(&Edge) -> [f64; 2],
    ) {
        let n = leaf.around.len();
        for k in 0..n {
            let (here, next) = (leaf.around[k].0, leaf.around[(k + 1) % n].0);
            self.positive.insert(here, leaf.signs[k]);
            self.corners.number(here);
            if leaf.signs[k] == leaf.signs[(k + 1) % n] {
                self.corners.join(here, next);
            }
        }
        let whole = shoelace(
            leaf.around
                .iter()
                .map(|&(corner, _)| place(corner))
                .collect(),
        );
        if leaf.pairs.is_empty() {
            self.areas[usize::from(leaf.signs[0])] += whole;
            return;
        }
        // Each piece cuts off the corners that follow its start, or those before it; the others are connected.
        let cut = !leaf.cuts_off_positive;
        let (mut off, mut others) = (0.0, Vec::new());
        for &(from, to) in &leaf.pairs {
            let (start, end) = if cut { (from, to) } else { (to, from) };
            let (first, second) = (&leaf.crossings[start], &leaf.crossings[end]);
            let mut polygon = vec![root(&first.edge)];
            let mut k = (first.after + 1) % n;
            loop {
                polygon.push(place(leaf.around[k].0));
                if k == second.after {
                    break;
                }
                k = (k + 1) % n;
            }
            polygon.push(root(&second.edge));
            off += shoelace(polygon);
            others.push(leaf.around[first.after].0);
            self.edges.join(first.edge, second.edge);
        }
        for pair in others.windows(2) {
            self.corners.join(pair[0], pair[1]);
        }
        self.areas[usize::from(leaf.cuts_off_positive)] += off;
        self.areas[usize::from(cut)] += whole - off;
    }

    /// The regions where values are below zero, and where they are not.
    pub(super) fn count(mut self) -> [SignedRegion; 2] {
        let on_rim = |[i, j]: Corner| i == 0 || j == 0 || i == SIDE || j == SIDE;
        // Per region: its sign, whether it reaches the rim, and the closed curves along it.
        let mut found: BTreeMap<usize, (bool, bool, usize)> = BTreeMap::new();
        for (&corner, &positive) in &self.positive {
            let entry = found
                .entry(self.corners.root(corner))
                .or_insert((positive, false, 0));
            entry.1 |= on_rim(corner);
        }
        let mut curves: BTreeMap<usize, (Edge, bool)> = BTreeMap::new();
        for edge in self.edges.items() {
            // An end of a curve lies on a side of the window.
            let [[a, b], [c, d]] = edge;
            let end = (a == c && (a == 0 || a == SIDE)) || (b == d && (b == 0 || b == SIDE));
            let entry = curves.entry(self.edges.root(edge)).or_insert((edge, false));
            entry.1 |= end;
        }
        for (edge, open) in curves.into_values() {
            if !open {
                for corner in edge {
                    let root = self.corners.root(corner);
                    if let Some(region) = found.get_mut(&root) {
                        region.2 += 1;
                    }
                }
            }
        }
        let mut regions = self.areas.map(|area| SignedRegion {
            area,
            ..SignedRegion::default()
        });
        for (positive, reaches, curves) in found.into_values() {
            let own = &mut regions[usize::from(positive)];
            own.components += 1;
            own.bounded += usize::from(!reaches);
            own.holes += curves.saturating_sub(usize::from(!reaches));
        }
        regions
    }
}

fn shoelace(polygon: Vec<[f64; 2]>) -> f64 {
    let [x0, y0] = polygon[0];
    let twice = polygon.windows(2).map(|pair| {
        let [p, q] = [pair[0], pair[1]].map(|[x, y]| [x - x0, y - y0]);
        p[0] * q[1] - p[1] * q[0]
    });
    twice.sum::<f64>() / 2.0
}

/// Union-find over named things.
struct Sets<T> {
    numbers: BTreeMap<T, usize>,
    parent: Vec<usize>,
}

impl<T> Default for Sets<T> {
    fn default() -> Self {
        Self {
            numbers: BTreeMap::new(),
            parent: Vec::new(),
        }
    }
}

impl<T: Copy + Ord> Sets<T> {
    fn number(&mut self, item: T) -> usize {
        let next = self.parent.len();
        let number = *self.numbers.entry(item).or_insert(next);
        if number == next {
            self.parent.push(next);
        }
        number
    }

    fn root(&mut self, item: T) -> usize {
        let mut at = self.number(item);
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    fn join(&mut self, a: T, b: T) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }

    fn items(&self) -> Vec<T> {
        self.numbers.keys().copied().collect()
    }
}
