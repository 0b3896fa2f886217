//! The quadtree: refined until the function is decided on every leaf, then balanced.

use super::ValueAndSlopes;
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::geometry::interval::Interval;

/// The finest level: a leaf is then 2^-20 of the window wide.
pub(super) const FINEST: u32 = 20;

/// Corners count in steps of this many to a side of the window.
pub(super) const SIDE: u64 = 1 << (FINEST + 1);

/// The most leaves.
const MOST_LEAVES: usize = 400_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No zero.
    Empty,
    /// The curve crosses in simple arcs.
    Simple,
    Undecided,
    /// Has children: the number of the first of four.
    Split(usize),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// The lower left corner.
    pub at: [u64; 2],
    pub size: u64,
    pub state: State,
}

pub(super) type Corner = [u64; 2];

pub(super) struct Tree<F> {
    enclose: F,
    window: Bounds,
    pub nodes: Vec<Node>,
}

impl<F: Fn([Interval; 2]) -> ValueAndSlopes> Tree<F> {
    /// The window as one leaf.
    pub(super) fn new(enclose: F, window: Bounds) -> Self {
        Self {
            enclose,
            window,
            nodes: vec![Node {
                at: [0, 0],
                size: SIDE,
                state: State::Undecided,
            }],
        }
    }

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

    pub(super) fn point(&self, [i, j]: Corner) -> [f64; 2] {
        [self.place(0, i), self.place(1, j)]
    }

    pub(super) fn range(&self, axis: usize, from: u64, to: u64) -> Interval {
        Interval::new(self.place(axis, from), self.place(axis, to))
    }

    /// Splits leaves until each is decided, or as fine as they get; all to `coarsest` at least.
    pub(super) fn refine(&mut self, coarsest: u64) -> Result<()> {
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
    pub(super) fn across(&self, node: &Node) -> [Option<usize>; 4] {
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
    pub(super) fn balance(&mut self) {
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

    pub(super) fn value(&self, at: [f64; 2]) -> f64 {
        (self.enclose)(at.map(Interval::point))[0].middle()
    }
}
