//! Matrices as coloured cells with their numbers, between brackets (the `show_mat` of Canziani's notebooks).

use super::colormap::Colormap;
use super::colour::{Colour, Role};
use super::mark::{Anchor, Field, Mark, Point, Stroke};
use super::panel::Panel;
use super::ticks;

/// How the entries of a matrix are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MatrixStyle {
    /// The colours.
    pub colormap: Colormap,
    /// The entries at the ends of the colour map.
    pub range: [f64; 2],
    /// Write the entries with this many decimals; colours alone where absent.
    pub decimals: Option<usize>,
}

impl MatrixStyle {
    /// Colours symmetric about zero, reaching to the largest entry, with one decimal.
    pub fn diverging(rows: &[Vec<f64>]) -> Self {
        let most = rows
            .iter()
            .flatten()
            .fold(0.0_f64, |most, entry| most.max(entry.abs()));
        let most = if most > 0.0 { most } else { 1.0 };
        Self {
            colormap: Colormap::Diverging,
            range: [-most, most],
            decimals: Some(1),
        }
    }

    /// From 0 to 1 without numbers.
    pub const fn share() -> Self {
        Self {
            colormap: Colormap::Sequential,
            range: [0.0, 1.0],
            decimals: None,
        }
    }

    /// With this many decimals.
    #[must_use]
    pub const fn decimals(self, decimals: usize) -> Self {
        Self {
            decimals: Some(decimals),
            ..self
        }
    }
}

impl Panel {
    /// Adds a matrix, row by row from the top, with the upper left corner of its first cell at `corner` and cells of
    /// side `cell` (data units).
    #[must_use]
    pub fn matrix(
        mut self,
        rows: &[Vec<f64>],
        corner: Point,
        cell: f64,
        style: MatrixStyle,
    ) -> Self {
        let columns = rows.first().map_or(0, Vec::len);
        if columns == 0 {
            return self;
        }
        let [left, top] = corner;
        let right = left + cell * columns as f64;
        let bottom = top - cell * rows.len() as f64;
        self.marks.push(Mark::Field {
            field: Field {
                columns,
                rows: rows.len(),
                values: rows.iter().rev().flatten().copied().collect(),
                range: style.range,
                colormap: style.colormap,
                smooth: false,
            },
            low: [left, bottom],
            high: [right, top],
        });
        self.marks
            .extend(separators([left, bottom], [right, top], cell));
        self.marks
            .extend(brackets([left, bottom], [right, top], 0.14 * cell));
        if let Some(decimals) = style.decimals {
            for (i, row) in rows.iter().enumerate() {
                for (j, &entry) in row.iter().enumerate() {
                    let at = [
                        left + (j as f64 + 0.5) * cell,
                        top - (i as f64 + 0.5) * cell,
                    ];
                    self.marks.push(number(at, entry, decimals, &style));
                }
            }
        }
        self
    }
}

fn number(at: Point, entry: f64, decimals: usize, style: &MatrixStyle) -> Mark {
    let [low, high] = style.range;
    let power = libm::pow(10.0, decimals as f64);
    let rounded = (entry * power).round() / power;
    let text = if decimals == 0 || rounded.fract() == 0.0 {
        ticks::number(rounded)
    } else {
        format!("{rounded:.decimals$}").replace('-', "−")
    };
    let t = (entry - low) / (high - low);
    Mark::Text {
        at,
        offset: [0.0, 0.0],
        text,
        anchor: Anchor::Centre,
        size: 12.0,
        colour: Colour::new(Role::On(style.colormap, t)),
        halo: false,
        bold: false,
    }
}

/// Thin lines of paper between the cells, so that equal neighbours stay two; none where there are too many.
fn separators(low: Point, high: Point, cell: f64) -> Vec<Mark> {
    const MOST: usize = 24;
    let count = |from: f64, to: f64| ((to - from) / cell).round() as usize;
    let (columns, rows) = (count(low[0], high[0]), count(low[1], high[1]));
    if columns.max(rows) > MOST {
        return Vec::new();
    }
    let line = |points: [Point; 2]| Mark::Line {
        points: points.to_vec(),
        stroke: Stroke::new(Colour::BACKGROUND, 1.2),
    };
    let upright = (1..columns).map(|k| low[0] + k as f64 * cell);
    let level = (1..rows).map(|k| low[1] + k as f64 * cell);
    upright
        .map(|x| line([[x, low[1]], [x, high[1]]]))
        .chain(level.map(|y| line([[low[0], y], [high[0], y]])))
        .collect()
}

/// Square brackets around a box.
fn brackets(low: Point, high: Point, lip: f64) -> [Mark; 2] {
    let gap = 0.5 * lip;
    let (bottom, top) = (low[1] - gap, high[1] + gap);
    [
        (low[0] - gap, low[0] - gap + lip),
        (high[0] + gap, high[0] + gap - lip),
    ]
    .map(|(side, inner)| Mark::Line {
        points: vec![[inner, bottom], [side, bottom], [side, top], [inner, top]],
        stroke: Stroke::new(Colour::TEXT, 1.5),
    })
}
