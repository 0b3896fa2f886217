//! How panels share the area: those of a row have plots of the same height, and a row is as high as its plots need.
//!
//! A panel with square units is as wide as its ranges say at the row's height, so columns take widths in proportion to
//! what stands in them. Diagrams (no frame) keep a unit of the same length throughout their row instead. A panel whose units
//! may differ fits any place.

use super::super::clip::Rect;
use super::super::figure::Figure;
use super::super::legend::legend_lines;
use super::super::panel::{Frame, Panel};
use super::super::size::LABEL_HEIGHT;
use super::{COLUMN_GAP, Needs, PanelLayout, ROW_GAP, needs, place};

/// The width over the height that a panel whose units may differ asks for.
const FREE_ASPECT: f64 = 1.3;
/// No plot is so much wider than high, or higher than wide, that its neighbours vanish.
const MOST_ASPECT: f64 = 4.0;

/// The panels laid out, and the width and height that they use. `shown` are the panels of `figure` without the entries of
/// their legends that stand elsewhere.
pub(super) fn panels(
    figure: &Figure,
    shown: &[Panel],
    area: &Rect,
) -> (Vec<PanelLayout>, [f64; 2]) {
    let (columns, rows) = (figure.columns.max(1), figure.rows().max(1));
    let grid = Grid {
        columns,
        needs: shown.iter().map(needs).collect(),
        panels: shown,
    };
    let cell_width = (area.width() - COLUMN_GAP * (columns - 1) as f64) / columns as f64;
    let cell_height = (area.height() - ROW_GAP * (rows - 1) as f64) / rows as f64;

    // Widths: plots without square units share the area evenly, as cells; with them, by what they need.
    let gutter = |column: usize| {
        [
            grid.most(|n| n.left, |i| i % columns == column),
            grid.most(|n| n.right, |i| i % columns == column),
        ]
    };
    let gutters: Vec<[f64; 2]> = (0..columns).map(gutter).collect();
    let square = shown.iter().any(|panel| panel.square);
    let plots =
        area.width() - COLUMN_GAP * (columns - 1) as f64 - gutters.iter().flatten().sum::<f64>();
    let mut widths: Vec<f64> = if square {
        let weights: Vec<f64> = (0..columns).map(|column| grid.weight(column)).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|w| plots * w / total).collect()
    } else {
        gutters.iter().map(|[l, r]| cell_width - l - r).collect()
    };

    // Heights: what the widths ask for where units are square, an even share where they are not.
    let headings: Vec<[f64; 3]> = (0..rows)
        .map(|row| grid.heading(row, &widths, cell_height))
        .collect();
    let bottoms: Vec<f64> = (0..rows)
        .map(|row| grid.most(|n| n.bottom, |i| i / columns == row))
        .collect();
    let around = |row: usize| headings[row].iter().sum::<f64>() + 2.0 + bottoms[row];
    let asked: Vec<Option<f64>> = (0..rows).map(|row| grid.height(row, &widths)).collect();
    let even = |row: usize| cell_height - around(row);
    let room: f64 = area.height()
        - ROW_GAP * (rows - 1) as f64
        - (0..rows)
            .map(|row| around(row) + if asked[row].is_none() { even(row) } else { 0.0 })
            .sum::<f64>();
    let wanted: f64 = asked.iter().flatten().sum();
    let scale = if wanted > room {
        (room / wanted).max(0.0)
    } else {
        1.0
    };
    let heights: Vec<f64> = (0..rows)
        .map(|row| {
            asked[row]
                .map_or_else(|| even(row), |height| scale * height)
                .max(10.0)
        })
        .collect();
    // Where heights had to give, widths do as well, and the plots stand in the middle of the area.
    let only_square = asked.iter().all(Option::is_some) && shown.iter().all(|p| p.square);
    let mut left = area.left;
    let mut used_width = area.width();
    if only_square && scale < 1.0 {
        widths.iter_mut().for_each(|width| *width *= scale);
        used_width -= plots * (1.0 - scale);
        left += 0.5 * plots * (1.0 - scale);
    }

    let used =
        (0..rows).map(|row| around(row) + heights[row]).sum::<f64>() + ROW_GAP * (rows - 1) as f64;
    // A single row may float; several keep together at the top.
    let mut top = area.top
        + if rows == 1 {
            (0.5 * (area.height() - used)).max(0.0)
        } else {
            0.0
        };
    let mut laid_out = Vec::new();
    for row in 0..rows {
        let mut x = left;
        let [title, note, legend] = headings[row];
        let height = around(row) + heights[row];
        for column in 0..columns {
            let Some(panel) = shown.get(row * columns + column) else {
                break;
            };
            let need = &grid.needs[row * columns + column];
            let plot_left = x + gutters[column][0];
            let plot_top = top + title + note + legend + 2.0;
            let rect = Rect {
                left: plot_left,
                top: plot_top,
                right: (plot_left + widths[column]).max(plot_left + 10.0),
                bottom: plot_top + heights[row],
            };
            let lift = if panel.frame == Frame::Bare { 0.5 } else { 0.0 };
            // A diagram may stand lower than the row's first line; its title stays there.
            let fitted = grid.fitted(row, panel, need, rect);
            let heading = [title + note + legend + fitted.top - rect.top, title];
            let rect = fitted;
            laid_out.push(place(panel, need, rect, heading, [lift, height]));
            x += gutters[column][0] + widths[column] + gutters[column][1] + COLUMN_GAP;
        }
        top += height + ROW_GAP;
    }
    (laid_out, [used_width, used])
}

struct Grid<'a> {
    columns: usize,
    needs: Vec<Needs>,
    panels: &'a [Panel],
}

impl Grid<'_> {
    /// The largest of what the panels for which `among` holds need.
    fn most(&self, of: fn(&Needs) -> f64, among: impl Fn(usize) -> bool) -> f64 {
        let needs = self.needs.iter().enumerate();
        needs
            .filter(|(i, _)| among(*i))
            .map(|(_, need)| of(need))
            .fold(0.0, f64::max)
    }

    fn row(&self, row: usize) -> impl Iterator<Item = (usize, &Panel)> {
        let all = self.panels.iter().enumerate();
        all.skip(row * self.columns).take(self.columns)
    }

    /// Whether a row holds diagrams alone.
    fn is_bare(&self, row: usize) -> bool {
        self.row(row)
            .all(|(_, panel)| panel.square && panel.frame == Frame::Bare)
    }

    fn extent(&self, panel: usize) -> [f64; 2] {
        self.needs[panel].ranges.map(|[low, high]| high - low)
    }

    /// The width over the height that a panel asks for.
    fn aspect(&self, panel: usize) -> f64 {
        let [width, height] = self.extent(panel);
        let aspect = width / height;
        match &self.panels[panel] {
            p if !p.square || !aspect.is_finite() => FREE_ASPECT,
            // Beside plots, a diagram takes the place it is given.
            p if p.frame == Frame::Bare => aspect.clamp(0.6, FREE_ASPECT),
            _ => aspect.clamp(1.0 / MOST_ASPECT, MOST_ASPECT),
        }
    }

    /// The share of the width that a column asks for: the most of its panels.
    fn weight(&self, column: usize) -> f64 {
        let members = (0..self.panels.len()).filter(|i| i % self.columns == column);
        members
            .map(|i| {
                let row = i / self.columns;
                if self.is_bare(row) {
                    // In units of the row's tallest.
                    let tallest = self.row(row).map(|(j, _)| self.extent(j)[1]);
                    let share = self.extent(i)[0] / tallest.fold(0.0, f64::max);
                    if share.is_finite() {
                        share.max(0.05)
                    } else {
                        1.0
                    }
                } else {
                    self.aspect(i)
                }
            })
            .fold(0.0, f64::max)
            .max(0.05)
    }

    /// The heights of a row's titles, notes and legends.
    fn heading(&self, row: usize, widths: &[f64], cell_height: f64) -> [f64; 3] {
        let among = |i: usize| i / self.columns == row;
        let lines = self
            .row(row)
            .map(|(i, panel)| legend_lines(panel, widths[i % self.columns], cell_height));
        [
            self.most(|n| n.title, among),
            self.most(|n| n.note, among),
            lines.max().unwrap_or(0) as f64 * LABEL_HEIGHT,
        ]
    }

    /// The height at which the row's plots with square units fill their columns; `None` where there is none.
    fn height(&self, row: usize, widths: &[f64]) -> Option<f64> {
        let bare = self.is_bare(row);
        let heights = self
            .row(row)
            .filter(|(_, panel)| panel.square && (bare || panel.frame != Frame::Bare))
            .map(|(i, _)| {
                let width = widths[i % self.columns];
                if bare {
                    let tallest = self.row(row).map(|(j, _)| self.extent(j)[1]);
                    tallest.fold(0.0, f64::max) * width / self.extent(i)[0]
                } else {
                    let [across, upwards] = self.extent(i);
                    width * upwards / across
                }
            });
        heights
            .filter(|height| height.is_finite() && *height >= 1.0)
            .reduce(f64::min)
            .map(|height| height.max(10.0))
    }

    /// The part of its place that a diagram among diagrams takes at the row's common unit.
    fn fitted(&self, row: usize, panel: &Panel, need: &Needs, rect: Rect) -> Rect {
        if !(self.is_bare(row) && panel.square) {
            return rect;
        }
        let tallest = self.row(row).map(|(j, _)| self.extent(j)[1]);
        let unit = rect.height() / tallest.fold(0.0, f64::max);
        let [width, height] = need.ranges.map(|[low, high]| unit * (high - low));
        if !(width.is_finite() && height.is_finite() && width >= 1.0 && height >= 1.0) {
            return rect;
        }
        let spare = [
            (0.5 * (rect.width() - width)).max(0.0),
            (0.5 * (rect.height() - height)).max(0.0),
        ];
        Rect {
            left: rect.left + spare[0],
            right: rect.right - spare[0],
            top: rect.top + spare[1],
            bottom: rect.bottom - spare[1],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout;
    use crate::plot::{Figure, Frame, Panel};

    fn plane(width: f64, height: f64) -> Panel {
        Panel::plane("x", "y").range([0.0, width], [0.0, height])
    }

    #[test]
    fn plots_of_a_row_are_equally_high_and_keep_their_units() {
        let figure = Figure::new("row").size(1000, 600).panels(
            3,
            [
                plane(1.0, 1.0).title("a"),
                plane(20.0, 9.0).note("n"),
                Panel::new(),
            ],
        );
        let laid_out = layout(&figure);
        let rects: Vec<_> = laid_out
            .panels
            .iter()
            .map(|panel| panel.view.rect)
            .collect();
        for rect in &rects {
            assert!((rect.height() - rects[0].height()).abs() < 1e-9);
            assert!((rect.top - rects[0].top).abs() < 1e-9);
        }
        assert!((rects[0].width() / rects[0].height() - 1.0).abs() < 1e-9);
        assert!((rects[1].width() / rects[1].height() - 20.0 / 9.0).abs() < 1e-9);
        assert!(laid_out.needed[1] < 600.0);
    }

    #[test]
    fn diagrams_of_a_row_share_a_unit() {
        let bare = |width: f64, height: f64| plane(width, height).frame(Frame::Bare);
        let figure = Figure::new("")
            .size(900, 500)
            .panels(2, [bare(25.0, 9.0), bare(25.0, 25.0)]);
        let laid_out = layout(&figure);
        let unit = |i: usize, height: f64| laid_out.panels[i].view.rect.height() / height;
        assert!((unit(0, 9.0) / unit(1, 25.0) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_trimmed_figure_needs_all_of_its_canvas() {
        let figure = Figure::new("t")
            .size(900, 900)
            .panels(2, [plane(2.0, 1.0), plane(2.0, 1.0)]);
        let trimmed = figure.trimmed();
        assert_eq!(trimmed.width, 900);
        let [_, height] = layout(&trimmed).needed;
        assert!((height - f64::from(trimmed.height)).abs() <= 1.0 && trimmed.height < 400);
    }
}
