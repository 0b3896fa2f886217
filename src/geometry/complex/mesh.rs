//! A half-edge mesh of a convex window: cut edges at points, cut faces along chords.
//!
//! Half-edges 2e and 2e + 1 are the two sides of edge e. Faces lie to the left of their half-edges; what is outside the
//! window is not a face. Also called a doubly connected edge list. Source: M. de Berg, O. Cheong, M. van Kreveld and M.
//! Overmars, *Computational Geometry* (2008), section 2.2.

/// The face of half-edges that run along the rim, outside.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// Vertices, edges and faces by number; their positions are kept elsewhere.
#[derive(Debug, Clone, Default)]
pub(super) struct Mesh {
    /// Where each half-edge begins.
    pub origin: Vec<u32>,
    /// The half-edge that follows along the same face.
    pub next: Vec<u32>,
    /// The half-edge that comes before.
    previous: Vec<u32>,
    /// The face to the left of each half-edge.
    pub face: Vec<u32>,
    /// For each edge, the line that it lies on.
    pub line: Vec<u32>,
    /// For each vertex, a half-edge that begins there.
    pub leaving: Vec<u32>,
    /// For each face, a half-edge along it.
    pub start: Vec<u32>,
}

impl Mesh {
    /// One face with `n` corners, anticlockwise; edge k, from corner k to the next, lies on line k.
    pub(super) fn polygon(n: u32) -> Self {
        let mut mesh = Self {
            start: vec![0],
            ..Self::default()
        };
        for k in 0..n {
            let (after, before) = ((k + 1) % n, (k + n - 1) % n);
            mesh.origin.extend([k, after]);
            mesh.next.extend([2 * after, 2 * before + 1]);
            mesh.previous.extend([2 * before, 2 * after + 1]);
            mesh.face.extend([0, OUTSIDE]);
            mesh.line.push(k);
            mesh.leaving.push(2 * k);
        }
        mesh
    }

    pub(super) fn vertices(&self) -> usize {
        self.leaving.len()
    }

    pub(super) fn edges(&self) -> usize {
        self.line.len()
    }

    pub(super) fn faces(&self) -> usize {
        self.start.len()
    }

    /// The half-edges along a face, in order.
    pub(super) fn around(&self, face: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.start[face as usize];
        let mut at = Some(start);
        std::iter::from_fn(move || {
            let here = at?;
            let next = self.next[here as usize];
            at = (next != start).then_some(next);
            Some(here)
        })
    }

    /// The half-edges that begin at a vertex.
    pub(super) fn star(&self, vertex: u32) -> impl Iterator<Item = u32> + '_ {
        let start = self.leaving[vertex as usize];
        let mut at = Some(start);
        std::iter::from_fn(move || {
            let here = at?;
            let next = self.next[(here ^ 1) as usize];
            at = (next != start).then_some(next);
            Some(here)
        })
    }

    /// A new vertex on edge `edge`.
    pub(super) fn split_edge(&mut self, edge: u32) -> u32 {
        let middle = self.leaving.len() as u32;
        let (there, back) = (2 * edge, 2 * edge + 1);
        let (there_on, back_on) = (2 * self.line.len() as u32, 2 * self.line.len() as u32 + 1);
        let end = self.origin[back as usize];
        let (after, before) = (self.next[there as usize], self.previous[back as usize]);
        // there: u -> middle, there_on: middle -> v; back_on: v -> middle, back: middle -> u.
        self.origin.extend([middle, end]);
        self.origin[back as usize] = middle;
        self.face
            .extend([self.face[there as usize], self.face[back as usize]]);
        self.line.push(self.line[edge as usize]);
        // Where v was a dead end, the next half-edge is the way back.
        let after = if after == back { back_on } else { after };
        let before = if before == there { there_on } else { before };
        self.next.extend([after, back]);
        self.previous.extend([there, before]);
        self.next[there as usize] = there_on;
        self.previous[after as usize] = there_on;
        self.previous[back as usize] = back_on;
        self.next[before as usize] = back_on;
        self.leaving.push(there_on);
        if self.leaving[end as usize] == back {
            self.leaving[end as usize] = back_on;
        }
        middle
    }

    /// Cuts the face along a chord on `line`, between the origins of two of its half-edges. The part that `b` belongs to
    /// keeps the face's number; the part of `a` gets a new one, which is returned.
    pub(super) fn split_face(&mut self, a: u32, b: u32, line: u32) -> u32 {
        let old = self.face[a as usize];
        let new = self.start.len() as u32;
        let (ab, ba) = (2 * self.line.len() as u32, 2 * self.line.len() as u32 + 1);
        let (before_a, before_b) = (self.previous[a as usize], self.previous[b as usize]);
        self.origin
            .extend([self.origin[a as usize], self.origin[b as usize]]);
        self.face.extend([old, new]);
        self.line.push(line);
        self.next.extend([b, a]);
        self.previous.extend([before_a, before_b]);
        self.next[before_a as usize] = ab;
        self.previous[b as usize] = ab;
        self.next[before_b as usize] = ba;
        self.previous[a as usize] = ba;
        self.start[old as usize] = ab;
        self.start.push(ba);
        let mut at = a;
        while at != ba {
            self.face[at as usize] = new;
            at = self.next[at as usize];
        }
        new
    }
}
