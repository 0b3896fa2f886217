//! The network as circles and edges (figures 1 and 4 of post A).

use super::colour::Colour;
use super::mark::{Anchor, Mark, Point, Stroke};
use super::panel::Panel;
use super::rgb::Rgb;

/// One column of nodes.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// How many nodes.
    pub nodes: usize,
    /// The colour inside them.
    pub fill: Colour,
    /// Written below the column (markup).
    pub label: String,
    /// Written inside the nodes (markup): one per node, or none.
    pub names: Vec<String>,
    /// Fade the column and the edges that lead to it?
    pub muted: bool,
}

/// Distances between columns and between the nodes of a column, in data units.
const COLUMN_STEP: f64 = 2.6;
const NODE_STEP: f64 = 1.0;
/// The radius of a node in pixels.
const NODE: f64 = 17.0;
/// Nodes are light in both themes, so what stands in them is dark.
const INK: Colour = Colour::fixed(Rgb::hex(0x1c2026));
/// How faint the muted part is.
const FAINT: f64 = 0.22;

/// The place of a node in a diagram: columns run to the right, nodes downwards around the middle line.
pub fn node(column: usize, index: usize, nodes: usize) -> Point {
    let middle = (nodes as f64 - 1.0) / 2.0;
    [
        column as f64 * COLUMN_STEP,
        (middle - index as f64) * NODE_STEP,
    ]
}

impl Panel {
    /// Adds a network. `edge(c, from, to)` gives the look of the edge from node `from` of column `c` to node `to` of
    /// the next one.
    #[must_use]
    pub fn network(
        mut self,
        columns: &[Column],
        edge: impl Fn(usize, usize, usize) -> Stroke,
    ) -> Self {
        for (c, pair) in columns.windows(2).enumerate() {
            let fade = if pair[1].muted { FAINT } else { 1.0 };
            for from in 0..pair[0].nodes {
                for to in 0..pair[1].nodes {
                    let mut stroke = edge(c, from, to);
                    stroke.colour = stroke.colour.fade(fade);
                    self.marks.push(Mark::Line {
                        points: vec![node(c, from, pair[0].nodes), node(c + 1, to, pair[1].nodes)],
                        stroke,
                    });
                }
            }
        }
        let lowest = columns.iter().map(|c| c.nodes).max().unwrap_or(1) as f64 / 2.0;
        for (c, column) in columns.iter().enumerate() {
            self.column(c, column);
            self.marks.push(Mark::Text {
                at: [c as f64 * COLUMN_STEP, -lowest - 0.12],
                offset: [0.0, 0.0],
                text: column.label.clone(),
                anchor: Anchor::Top,
                size: 13.0,
                colour: Colour::TEXT.fade(if column.muted { 0.45 } else { 1.0 }),
                halo: false,
                bold: false,
            });
        }
        self
    }

    fn column(&mut self, c: usize, column: &Column) {
        let fade = if column.muted { FAINT } else { 1.0 };
        for i in 0..column.nodes {
            let centre = node(c, i, column.nodes);
            // Paper below keeps the edges from showing through.
            for (fill, outline) in [
                (Colour::BACKGROUND, Stroke::new(Colour::BACKGROUND, 1.0)),
                (
                    column.fill.fade(fade),
                    Stroke::new(Colour::TEXT.fade(0.75 * fade), 1.3),
                ),
            ] {
                self.marks.push(Mark::Disc {
                    centre,
                    radius: NODE,
                    fill,
                    outline,
                });
            }
            if let Some(name) = column.names.get(i) {
                self.marks.push(Mark::Text {
                    at: centre,
                    offset: [0.0, 0.0],
                    text: name.clone(),
                    anchor: Anchor::Centre,
                    size: 13.0,
                    colour: INK.fade(fade),
                    halo: false,
                    bold: false,
                });
            }
        }
    }
}
