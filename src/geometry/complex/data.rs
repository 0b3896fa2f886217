//! The complex as plain data: for files, for pages that draw it, for tables.

use serde::Serialize;

use super::{Complex, Crease};

/// A complex in lists, as JSON has it. Items refer to each other by number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComplexData {
    /// \[\[x0, x1\], \[y0, y1\]\].
    pub window: [[f64; 2]; 2],
    /// Where the vertices are.
    pub vertices: Vec<[f64; 2]>,
    /// The edges.
    pub edges: Vec<EdgeData>,
    /// The cells.
    pub faces: Vec<FaceData>,
}

/// An edge, as [`Edge`](super::Edge).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EdgeData {
    /// Its vertices.
    pub ends: [usize; 2],
    /// The cells to the left and to the right; null outside the window.
    pub sides: [Option<usize>; 2],
    /// The layer and the unit that bends here; null along the rim.
    pub crease: Option<[usize; 2]>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FaceData {
    /// Its vertices, anticlockwise.
    pub corners: Vec<usize>,
    /// Its area.
    pub area: f64,
    /// Which units are on, `1` or `0` each, with a space between layers; of units with two kinks how many of them they are above.
    pub on: String,
    /// A of the map x to A x + b, row by row.
    pub matrix: Vec<[f64; 2]>,
    /// b.
    pub offset: Vec<f64>,
}

/// A complex in few numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ComplexSummary {
    /// Cells.
    pub cells: usize,
    /// Edges, those along the rim included.
    pub edges: usize,
    /// Vertices, those on the rim included.
    pub vertices: usize,
    /// The area of the smallest cell.
    pub smallest_area: f64,
    /// Half the cells have at most this area.
    pub median_area: f64,
    /// The area of the largest cell.
    pub largest_area: f64,
    /// As [`Complex::mean_degree`].
    pub mean_degree: f64,
}

/// A straight piece of a crease: all edges on one line through one cell of the layers before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Where it begins and ends.
    pub ends: [[f64; 2]; 2],
    /// What bends there.
    pub crease: Crease,
}

impl Complex {
    /// Everything, in lists.
    pub fn data(&self) -> ComplexData {
        let edges = (0..self.edges()).map(|edge| {
            let edge = self.edge(edge);
            EdgeData {
                ends: edge.ends,
                sides: edge.sides,
                crease: edge.crease.map(|crease| [crease.layer, crease.unit]),
            }
        });
        let faces = (0..self.faces()).map(|face| {
            let map = self.map(face);
            let rows = 0..map.matrix.nrows();
            FaceData {
                corners: self.corners(face),
                area: self.area(face),
                on: self.pattern_text(face),
                matrix: rows
                    .map(|i| [map.matrix[(i, 0)], map.matrix[(i, 1)]])
                    .collect(),
                offset: map.offset,
            }
        });
        let window = self.window();
        ComplexData {
            window: [window.x, window.y].map(|(from, to)| [from, to]),
            vertices: self.vertices().to_vec(),
            edges: edges.collect(),
            faces: faces.collect(),
        }
    }

    /// Counts and areas.
    pub fn summary(&self) -> ComplexSummary {
        let mut areas = self.areas.clone();
        areas.sort_by(f64::total_cmp);
        ComplexSummary {
            cells: self.faces(),
            edges: self.edges(),
            vertices: self.vertices().len(),
            smallest_area: areas[0],
            median_area: areas[(areas.len() - 1) / 2],
            largest_area: areas[areas.len() - 1],
            mean_degree: self.mean_degree(),
        }
    }

    /// The creases in as few straight pieces as they have, in the order of the layers.
    pub fn segments(&self) -> Vec<Segment> {
        let mut pieces: Vec<Option<Segment>> = vec![None; self.refined.lines.len()];
        for edge in 0..self.edges() {
            let line = self.refined.mesh.line[edge] as usize;
            let edge = self.edge(edge);
            let Some(crease) = edge.crease else { continue };
            let ends = edge.ends.map(|vertex| self.points[vertex]);
            let piece = pieces[line].get_or_insert(Segment { ends, crease });
            for end in ends {
                let [from, to] = piece.ends;
                let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
                let along = |p: [f64; 2]| (p[0] - from[0]) * dx + (p[1] - from[1]) * dy;
                if along(end) < 0.0 {
                    piece.ends[0] = end;
                } else if along(end) > along(to) {
                    piece.ends[1] = end;
                }
            }
        }
        pieces.into_iter().flatten().collect()
    }

    fn pattern_text(&self, face: usize) -> String {
        let cells = self.ancestors(face);
        let layers = self.refined.levels.iter().enumerate();
        let bending = layers.filter(|(k, _)| self.chain[*k].bends() > 0);
        let texts: Vec<String> = bending
            .map(|(k, level)| {
                let link = &self.chain[k];
                let digit = |unit| ['0', '1', '2'][link.piece_number(level, cells[k + 1], unit)];
                (0..link.units).map(digit).collect()
            })
            .collect();
        texts.join(" ")
    }
}
