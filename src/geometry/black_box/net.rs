//! Pieces of border joined into lines.

use std::collections::{BTreeMap, BTreeSet};

use super::{Corner, Edge};

/// A place where pieces of border meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Vertex {
    Edge(Edge),
    Centre(Corner),
}

/// Pieces of border, by their ends.
#[derive(Default)]
pub(super) struct Net {
    neighbours: BTreeMap<Vertex, BTreeSet<Vertex>>,
}

impl Net {
    pub(super) fn join(&mut self, a: Vertex, b: Vertex) {
        self.neighbours.entry(a).or_default().insert(b);
        self.neighbours.entry(b).or_default().insert(a);
    }

    /// The pieces as lines from junction to junction or rim to rim, then what is closed.
    pub(super) fn lines(mut self) -> Vec<(Vec<Vertex>, bool)> {
        let ends = self
            .neighbours
            .iter()
            .filter(|(_, others)| others.len() != 2);
        let ends: BTreeSet<Vertex> = ends.map(|(&vertex, _)| vertex).collect();
        let mut lines = Vec::new();
        let all: Vec<Vertex> = self.neighbours.keys().copied().collect();
        for end in ends.iter().copied().chain(all) {
            while let Some(next) = self.step(end) {
                let mut line = vec![end, next];
                let mut last = next;
                while !ends.contains(&last) {
                    let Some(next) = self.step(last) else { break };
                    line.push(next);
                    last = next;
                }
                let closed = last == end && !ends.contains(&end);
                if closed {
                    line.pop();
                }
                lines.push((line, closed));
            }
        }
        lines
    }

    /// Takes a piece that begins at `from`, and gives its other end.
    fn step(&mut self, from: Vertex) -> Option<Vertex> {
        let next = self.neighbours.get_mut(&from)?.pop_first()?;
        self.neighbours.get_mut(&next)?.remove(&from);
        Some(next)
    }
}
