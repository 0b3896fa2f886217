//! The refinement: layer by layer and unit by unit, the mesh is cut where the unit changes sign.
//!
//! At every vertex the unit's sign is decided: +, - or 0. An edge between + and - is split; a face with both is cut along the
//! chord between its two vertices of sign 0. Since zeros are kept as zeros, creases that coincide, run parallel or meet in one
//! point are not special cases.

use std::cmp::Ordering;

use super::chain::{Level, Link};
use super::integers::{Exact, Origin, Source};
use super::mesh::{Mesh, OUTSIDE};
use super::row::{ROUND, Row, SLACK, TINY};
use super::rows;

/// Positions with a larger error bound, relative to their size, are computed again in integers.
const VAGUE: f64 = 1e-10;

/// The window that is refined.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Window {
    /// \[x0, x1\] x \[y0, y1\], as (x0, x1, y0, y1).
    Rectangle([f64; 4]),
    /// The whole plane: a rectangle whose sides are farther away than anything.
    Plane,
}

/// Where the vertices are: lists in step.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// 1; 0 where (x, y) is the direction of a vertex at infinity.
    pub w: Vec<f64>,
    /// How far x and y can be from the truth.
    ex: Vec<f64>,
    ey: Vec<f64>,
    /// The same with what a product with x or y rounds.
    dx: Vec<f64>,
    dy: Vec<f64>,
    /// The lines through each vertex.
    through: Vec<[u32; 2]>,
}

/// The finished complex.
#[derive(Debug)]
pub(super) struct Refined {
    pub mesh: Mesh,
    pub places: Places,
    pub lines: Vec<Origin>,
    pub levels: Vec<Level>,
    /// How many signs were decided in integers.
    pub exact_signs: usize,
}

/// Maps that would not fit into memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLarge {
    pub layer: usize,
    pub cells: usize,
    pub bytes: u64,
}

/// The most that the maps of one layer may take: 1 GiB.
const MEMORY: u64 = 1 << 30;

/// Refines the window by all layers of `chain` that bend.
pub(super) fn refine(chain: &[Link], window: Window) -> Result<Refined, TooLarge> {
    let bent = chain.iter().rposition(|link| link.bends() > 0);
    let chain = &chain[..bent.map_or(0, |last| last + 1)];
    let mut work = Work::new(window);
    for (layer, link) in chain.iter().enumerate() {
        let cells = work.mesh.faces();
        let bytes = (cells * link.units * size_of::<Row>()) as u64;
        if bytes > MEMORY {
            return Err(TooLarge {
                layer,
                cells,
                bytes,
            });
        }
        let maps = match layer.checked_sub(1) {
            None => rows::first(link),
            Some(before) => rows::next(&chain[before], &work.maps, &work.levels[before], link),
        };
        work.maps = maps;
        work.layer(chain, layer);
    }
    Ok(Refined {
        mesh: work.mesh,
        places: work.places,
        lines: work.lines,
        levels: work.levels,
        exact_signs: work.exact.asked,
    })
}

#[derive(Default)]
struct Work {
    mesh: Mesh,
    places: Places,
    lines: Vec<Origin>,
    /// The lines' coefficients; those of sides at infinity stand for their direction.
    coefficients: Vec<Row>,
    levels: Vec<Level>,
    /// The maps of the current layer: `[cell * units + unit]`.
    maps: Vec<Row>,
    /// For each face, the cell of the layers before the current one that it is part of.
    cell: Vec<u32>,
    /// For each vertex, such a cell that it touches.
    touches: Vec<u32>,
    /// For each cell, the newest line on it.
    line_of: Vec<u32>,
    /// For each face, one of its vertices.
    corner: Vec<u32>,
    /// As [`Level::on`].
    on: Vec<Vec<u64>>,
    signs: Vec<i8>,
    exact: Exact,
}

impl Work {
    fn new(window: Window) -> Self {
        let (sides, corners): ([Origin; 4], [[f64; 3]; 4]) = match window {
            Window::Rectangle([x0, x1, y0, y1]) => (
                [
                    [0.0, 1.0, -y0],
                    [1.0, 0.0, -x1],
                    [0.0, 1.0, -y1],
                    [1.0, 0.0, -x0],
                ]
                .map(Origin::Side),
                [[x0, y0, 1.0], [x1, y0, 1.0], [x1, y1, 1.0], [x0, y1, 1.0]],
            ),
            Window::Plane => (
                [
                    [0.0, 1.0, 1.0],
                    [1.0, 0.0, -1.0],
                    [0.0, 1.0, -1.0],
                    [1.0, 0.0, 1.0],
                ]
                .map(Origin::Far),
                [
                    [-1.0, -1.0, 0.0],
                    [1.0, -1.0, 0.0],
                    [1.0, 1.0, 0.0],
                    [-1.0, 1.0, 0.0],
                ],
            ),
        };
        let mut work = Self {
            mesh: Mesh::polygon(4),
            lines: sides.to_vec(),
            corner: vec![0],
            ..Self::default()
        };
        for (k, corner) in corners.into_iter().enumerate() {
            work.place(corner, [0.0; 2], [k as u32, (k as u32 + 3) % 4]);
        }
        work.coefficients = sides
            .iter()
            .map(|side| match side {
                Origin::Side(row) | Origin::Far(row) => Row::exact(*row),
                Origin::Unit { .. } => Row::default(),
            })
            .collect();
        work
    }

    fn place(&mut self, [x, y, w]: [f64; 3], [ex, ey]: [f64; 2], through: [u32; 2]) {
        self.places.x.push(x);
        self.places.y.push(y);
        self.places.w.push(w);
        self.places.ex.push(ex);
        self.places.ey.push(ey);
        self.places
            .dx
            .push((ex + 4.0 * ROUND * (x.abs() + ex)) * SLACK);
        self.places
            .dy
            .push((ey + 4.0 * ROUND * (y.abs() + ey)) * SLACK);
        self.places.through.push(through);
    }

    fn layer(&mut self, chain: &[Link], layer: usize) {
        let bends = chain[layer].bends();
        let faces = self.mesh.faces();
        self.cell = (0..faces as u32).collect();
        let inside = |&h: &u32| match self.mesh.face[h as usize] {
            OUTSIDE => self.mesh.face[(h ^ 1) as usize],
            face => face,
        };
        self.touches = self.mesh.leaving.iter().map(inside).collect();
        self.line_of = vec![u32::MAX; faces];
        self.on = vec![vec![0; faces]; bends.div_ceil(64)];
        for bend in 0..bends {
            let zeros = self.sign_vertices(chain, layer, bend);
            let some_on = self.signs.iter().any(|&sign| sign > 0);
            if some_on && self.signs.iter().any(|&sign| sign < 0) {
                self.cut(chain, layer, bend, &zeros);
            }
            if some_on {
                self.mark(bend);
            }
        }
        self.levels.push(Level {
            parent: std::mem::take(&mut self.cell),
            on: std::mem::take(&mut self.on),
        });
    }

    /// Decides at every vertex on which side of a kink a unit is; returns the vertices where it is at the kink.
    fn sign_vertices(&mut self, chain: &[Link], layer: usize, bend: usize) -> Vec<u32> {
        let units = chain[layer].units;
        let (unit, kink) = chain[layer].bend(bend);
        let n = self.mesh.vertices();
        let places = &self.places;
        self.signs.clear();
        if layer == 0 {
            // One map, and an exact one: the loop becomes vectors.
            self.signs.resize(n, 0);
            let above = Link::above(&self.maps[unit], kink);
            let [a, b, c] = above.v;
            let (aa, ab) = (a.abs(), b.abs());
            let ac = 4.0 * ROUND * c.abs() + above.e[2] * SLACK + TINY;
            let (x, y, w) = (&places.x[..n], &places.y[..n], &places.w[..n]);
            let (dx, dy) = (&places.dx[..n], &places.dy[..n]);
            for (i, sign) in self.signs.iter_mut().enumerate() {
                let value = a * x[i] + b * y[i] + c * w[i];
                let bound = aa * dx[i] + ab * dy[i] + ac;
                *sign = i8::from(value > bound) - i8::from(value < -bound);
            }
        } else {
            let maps = &self.maps;
            self.signs.extend((0..n).map(|i| {
                let row = Link::above(&maps[self.touches[i] as usize * units + unit], kink);
                let at = [places.x[i], places.y[i], places.w[i]];
                let (value, bound) = row.at(at, [places.ex[i], places.ey[i]]);
                i8::from(value > bound) - i8::from(value < -bound)
            }));
        }
        let open: Vec<u32> = (0..n as u32)
            .filter(|&vertex| self.signs[vertex as usize] == 0)
            .collect();
        let mut zeros = Vec::new();
        for vertex in open {
            let cell = self.touches[vertex as usize];
            let row = Link::above(&self.maps[cell as usize * units + unit], kink);
            let sign = if row.is_zero() {
                Ordering::Equal
            } else {
                let source = Source {
                    chain,
                    levels: &self.levels,
                    lines: &self.lines,
                    through: &self.places.through,
                };
                self.exact
                    .sign(&source, [layer as u32, bend as u32, cell], vertex)
            };
            self.signs[vertex as usize] = sign as i8;
            if sign == Ordering::Equal {
                zeros.push(vertex);
            }
        }
        zeros
    }

    /// Cuts edges and faces where the unit's sign changes strictly.
    fn cut(&mut self, chain: &[Link], layer: usize, bend: usize, zeros: &[u32]) {
        let first_line = self.lines.len() as u32;
        let mut faces: Vec<u32> = Vec::new();
        for &vertex in zeros {
            faces.extend(self.mesh.star(vertex).map(|h| self.mesh.face[h as usize]));
        }
        for edge in 0..self.mesh.edges() {
            let (u, v) = (self.mesh.origin[2 * edge], self.mesh.origin[2 * edge + 1]);
            if self.signs[u as usize] * self.signs[v as usize] >= 0 {
                continue;
            }
            let sides = [self.mesh.face[2 * edge], self.mesh.face[2 * edge + 1]];
            faces.extend(sides);
            let inside = if sides[0] == OUTSIDE {
                sides[1]
            } else {
                sides[0]
            };
            let cell = self.cell[inside as usize];
            let line = self.line(chain, [layer, bend], cell, first_line);
            self.mesh.split_edge(edge as u32);
            self.signs.push(0);
            self.touches.push(cell);
            self.meet(chain, self.mesh.line[edge], line);
        }
        faces.sort_unstable();
        faces.dedup();
        for face in faces {
            if face == OUTSIDE {
                continue;
            }
            if let Some([a, b]) = self.chord(face) {
                let cell = self.cell[face as usize];
                let line = self.line(chain, [layer, bend], cell, first_line);
                self.mesh.split_face(a, b, line);
                self.cell.push(cell);
                for word in &mut self.on {
                    word.push(word[face as usize]);
                }
                let after =
                    |half_edge: u32| self.mesh.origin[self.mesh.next[half_edge as usize] as usize];
                let corners = [after(b), after(a)];
                self.corner[face as usize] = corners[0];
                self.corner.push(corners[1]);
            }
        }
    }

    /// The two half-edges of a face that begin where the unit is zero, if the face has both signs. Then there are just
    /// two, for the face is convex and the unit affine on it.
    fn chord(&self, face: u32) -> Option<[u32; 2]> {
        let (mut plus, mut minus) = (false, false);
        let (mut ends, mut found) = ([0; 2], 0);
        for half_edge in self.mesh.around(face) {
            match self.signs[self.mesh.origin[half_edge as usize] as usize] {
                0 => {
                    ends[found.min(1)] = half_edge;
                    found += 1;
                }
                sign => {
                    plus |= sign > 0;
                    minus |= sign < 0;
                }
            }
        }
        debug_assert!(
            !(plus && minus) || found == 2,
            "signs that no affine function has"
        );
        (plus && minus && found == 2).then_some(ends)
    }

    /// The line on which a unit is at a kink on a cell, by number.
    fn line(&mut self, chain: &[Link], [layer, bend]: [usize; 2], cell: u32, first: u32) -> u32 {
        let known = self.line_of[cell as usize];
        if known != u32::MAX && known >= first {
            return known;
        }
        let number = self.lines.len() as u32;
        self.lines.push(Origin::Unit {
            layer: layer as u32,
            bend: bend as u32,
            cell,
        });
        let (unit, kink) = chain[layer].bend(bend);
        let row = &self.maps[cell as usize * chain[layer].units + unit];
        self.coefficients.push(Link::above(row, kink));
        self.line_of[cell as usize] = number;
        number
    }

    /// Finds the place of the newest vertex, where two lines meet.
    fn meet(&mut self, chain: &[Link], p: u32, q: u32) {
        let vertex = self.places.x.len() as u32;
        let [a, b] = [p, q].map(|line| self.coefficients[line as usize]);
        let (place, error) = match self.lines[p as usize] {
            Origin::Far(side) => rows::direction(side, &b),
            _ => {
                let ([x, y], error) = rows::meet(&a, &b);
                ([x, y, 1.0], error)
            }
        };
        let size = 1.0 + place[0].abs() + place[1].abs();
        if error[0] + error[1] <= VAGUE * size {
            self.place(place, error, [p, q]);
            return;
        }
        self.places.through.push([p, q]);
        let source = Source {
            chain,
            levels: &self.levels,
            lines: &self.lines,
            through: &self.places.through,
        };
        let place = self.exact.position(&source, vertex);
        self.places.through.pop();
        let rounded = |i: usize| 8.0 * ROUND * place[i].abs() + TINY;
        self.place(place, [rounded(0), rounded(1)], [p, q]);
    }

    /// Notes on which faces the unit is above the kink.
    fn mark(&mut self, bend: usize) {
        let Self {
            mesh,
            signs,
            corner,
            on,
            ..
        } = self;
        let sign_at = |vertex: u32| signs[vertex as usize];
        for (face, (word, &corner)) in on[bend / 64].iter_mut().zip(corner.iter()).enumerate() {
            let is_on = match sign_at(corner) {
                0 => mesh
                    .around(face as u32)
                    .any(|h| sign_at(mesh.origin[h as usize]) > 0),
                sign => sign > 0,
            };
            *word |= u64::from(is_on) << (bend % 64);
        }
    }
}
