//! Where everything goes: title, caption, and for each panel its rectangle, ticks, legend and colour bar; in pixels.

use super::clip::Rect;
use super::figure::Figure;
use super::font::Face;
use super::mark::Point;
use super::panel::{Axis, Frame, Key, Panel, Scale};
use super::text::{self, LINE_HEIGHT};
use super::ticks::{self, Tick};

/// Font sizes, in pixels.
pub mod size {
    /// The figure's title.
    pub const TITLE: f64 = 16.5;
    /// A panel's title.
    pub const PANEL_TITLE: f64 = 13.5;
    /// Axis labels, legend.
    pub const LABEL: f64 = 12.5;
    /// Numbers along the axes.
    pub const TICK: f64 = 11.0;
    /// The caption.
    pub const CAPTION: f64 = 12.0;
}

const MARGIN: f64 = 18.0;
const COLUMN_GAP: f64 = 26.0;
const ROW_GAP: f64 = 16.0;
/// Between the plot and the numbers beside it.
pub const TICK_GAP: f64 = 7.0;
const LABEL_HEIGHT: f64 = size::LABEL * 1.5;
/// The width of a legend's sign, with the gap behind it.
pub const SIGN_WIDTH: f64 = 26.0;
const KEY_GAP: f64 = 16.0;
/// The width of a colour bar.
pub const BAR_WIDTH: f64 = 12.0;
/// Between the plot and its colour bar.
pub const BAR_GAP: f64 = 12.0;

/// A figure, laid out.
pub struct Layout {
    /// The start of the title's base line.
    pub title: Point,
    /// The caption's lines and the starts of their base lines.
    pub caption: Vec<(String, Point)>,
    /// One per panel.
    pub panels: Vec<PanelLayout>,
}

/// A panel, laid out.
pub struct PanelLayout {
    /// From data to pixels.
    pub view: View,
    /// Ticks of the horizontal axis.
    pub x_ticks: Vec<Tick>,
    /// Ticks of the vertical axis.
    pub y_ticks: Vec<Tick>,
    /// The start of the title's base line.
    pub title: Point,
    /// The legend's entries and the left ends of their middle lines.
    pub legend: Vec<(Key, Point)>,
    /// The distance of the vertical axis' label from the plot.
    pub y_label_gap: f64,
}

/// The map from data to pixels.
#[derive(Debug, Clone, Copy)]
pub struct View {
    /// The plot's rectangle.
    pub rect: Rect,
    /// The horizontal range.
    pub x: [f64; 2],
    /// The vertical range.
    pub y: [f64; 2],
    scales: [Scale; 2],
}

impl View {
    /// Data coordinates to pixels.
    pub fn pixel(&self, [x, y]: Point) -> Point {
        let Rect {
            left,
            top,
            right,
            bottom,
        } = self.rect;
        let u = fraction(x, self.x, self.scales[0]);
        let v = fraction(y, self.y, self.scales[1]);
        [left + u * (right - left), bottom - v * (bottom - top)]
    }
}

/// Where `value` stands between the ends of `range`.
fn fraction(value: f64, [low, high]: [f64; 2], scale: Scale) -> f64 {
    match scale {
        Scale::Linear => (value - low) / (high - low),
        Scale::Log => libm::log(value / low) / libm::log(high / low),
    }
}

/// What a panel needs around its plot.
struct Needs {
    ranges: [[f64; 2]; 2],
    y_ticks: Vec<Tick>,
    left: f64,
    right: f64,
    bottom: f64,
    title: f64,
}

/// Lays a figure out.
pub fn layout(figure: &Figure) -> Layout {
    let (width, height) = (f64::from(figure.width), f64::from(figure.height));
    let mut top = MARGIN;
    let title = [MARGIN, top + size::TITLE * 0.8];
    if !figure.title.is_empty() {
        top += size::TITLE * LINE_HEIGHT + 4.0;
    }
    let lines = text::wrap(
        &figure.caption,
        size::CAPTION,
        Face::Regular,
        width - 2.0 * MARGIN,
    );
    let line_height = size::CAPTION * LINE_HEIGHT;
    let caption_height = lines.len() as f64 * line_height;
    let first_line = height - MARGIN - caption_height + size::CAPTION;
    let caption = lines
        .into_iter()
        .enumerate()
        .map(|(i, line)| (line, [MARGIN, first_line + i as f64 * line_height]))
        .collect();
    let gap = if caption_height > 0.0 { 10.0 } else { 0.0 };
    let area = Rect {
        left: MARGIN,
        top,
        right: width - MARGIN,
        bottom: height - MARGIN - caption_height - gap,
    };
    Layout {
        title,
        caption,
        panels: panels(figure, &area),
    }
}

/// Shares the area out among the panels; gutters are as wide as the widest of their column or row needs.
fn panels(figure: &Figure, area: &Rect) -> Vec<PanelLayout> {
    let (columns, rows) = (figure.columns.max(1), figure.rows().max(1));
    let needs: Vec<Needs> = figure.panels.iter().map(needs).collect();
    let most = |of: fn(&Needs) -> f64, among: &dyn Fn(usize) -> bool| {
        needs
            .iter()
            .enumerate()
            .filter(|(i, _)| among(*i))
            .map(|(_, need)| of(need))
            .fold(0.0, f64::max)
    };
    let cell_width = (area.width() - COLUMN_GAP * (columns - 1) as f64) / columns as f64;
    let cell_height = (area.height() - ROW_GAP * (rows - 1) as f64) / rows as f64;
    figure
        .panels
        .iter()
        .zip(&needs)
        .enumerate()
        .map(|(i, (panel, need))| {
            let (row, column) = (i / columns, i % columns);
            let same_row = move |j: usize| j / columns == row;
            let same_column = move |j: usize| j % columns == column;
            let left = area.left
                + column as f64 * (cell_width + COLUMN_GAP)
                + most(|n| n.left, &same_column);
            let right = area.left + column as f64 * (cell_width + COLUMN_GAP) + cell_width
                - most(|n| n.right, &same_column);
            let cell_top = area.top + row as f64 * (cell_height + ROW_GAP);
            let title_height = most(|n| n.title, &same_row);
            let legend_rows = figure
                .panels
                .iter()
                .enumerate()
                .filter(|(j, _)| same_row(*j))
                .map(|(_, panel)| legend_lines(panel, right - left))
                .max()
                .unwrap_or(0);
            let rect = Rect {
                left,
                top: cell_top + title_height + legend_rows as f64 * LABEL_HEIGHT + 2.0,
                right: right.max(left + 10.0),
                bottom: cell_top + cell_height - most(|n| n.bottom, &same_row),
            };
            // Beside others, a panel that keeps its units square stays at the top, so that headings align.
            let lift = if columns > 1 { 0.0 } else { 0.5 };
            place(
                panel,
                need,
                rect,
                title_height + legend_rows as f64 * LABEL_HEIGHT,
                lift,
            )
        })
        .collect()
}

fn needs(panel: &Panel) -> Needs {
    let ranges = ranges(panel);
    let numbered = matches!(panel.frame, Frame::Axes | Frame::Box);
    let y_ticks = if numbered {
        ticks::ticks(&panel.y, ranges[1], 6)
    } else {
        Vec::new()
    };
    let widest = |ticks: &[Tick]| {
        ticks
            .iter()
            .map(|(_, label)| text::width(label, size::TICK, Face::Regular))
            .fold(0.0, f64::max)
    };
    let label = |text: &str| if text.is_empty() { 0.0 } else { LABEL_HEIGHT };
    let tick_width = if numbered {
        widest(&y_ticks) + TICK_GAP
    } else {
        0.0
    };
    let tick_height = if numbered { size::TICK + TICK_GAP } else { 0.0 };
    let bar = panel.colour_bar.as_ref().map_or(6.0, |bar| {
        let ticks = ticks::linear(bar.range, 5);
        BAR_GAP + BAR_WIDTH + TICK_GAP + widest(&ticks) + label(&bar.label)
    });
    let title = if panel.title.is_empty() {
        0.0
    } else {
        size::PANEL_TITLE * LINE_HEIGHT + 3.0
    };
    Needs {
        ranges,
        y_ticks,
        left: tick_width + label(&panel.y.label),
        right: bar,
        bottom: tick_height + label(&panel.x.label),
        title,
    }
}

fn place(panel: &Panel, need: &Needs, cell: Rect, heading: f64, lift: f64) -> PanelLayout {
    let [x, y] = need.ranges;
    let rect = if panel.square {
        fit_square(cell, x, y, lift)
    } else {
        cell
    };
    let numbered = matches!(panel.frame, Frame::Axes | Frame::Box);
    let x_ticks = if numbered {
        let count = ((rect.width() / 62.0) as usize).clamp(3, 8);
        ticks::ticks(&panel.x, x, count)
    } else {
        Vec::new()
    };
    // The plot may have moved inward to keep its units square; its heading follows.
    let title = [
        rect.left,
        rect.top - heading - 2.0 + size::PANEL_TITLE * 0.95,
    ];
    let widest = need
        .y_ticks
        .iter()
        .map(|(_, label)| text::width(label, size::TICK, Face::Regular))
        .fold(0.0, f64::max);
    PanelLayout {
        legend: place_legend(panel, &rect, &cell),
        view: View {
            rect,
            x,
            y,
            scales: [panel.x.scale, panel.y.scale],
        },
        x_ticks,
        y_ticks: need.y_ticks.clone(),
        title,
        y_label_gap: widest + TICK_GAP + LABEL_HEIGHT * 0.55,
    }
}

/// The largest rectangle in `cell` in which a unit is as long across as upwards; `lift` is the share of spare height
/// that is left above it.
fn fit_square(cell: Rect, x: [f64; 2], y: [f64; 2], lift: f64) -> Rect {
    let (width, height) = (x[1] - x[0], y[1] - y[0]);
    let scale = (cell.width() / width).min(cell.height() / height);
    let left = cell.left + (cell.width() - scale * width) / 2.0;
    let top = cell.top + lift * (cell.height() - scale * height);
    Rect {
        left,
        top,
        right: left + scale * width,
        bottom: top + scale * height,
    }
}

fn key_width(key: &Key) -> f64 {
    SIGN_WIDTH + text::width(&key.label, size::LABEL, Face::Regular) + KEY_GAP
}

/// How many lines the legend takes when no line may be wider than `width`.
fn legend_lines(panel: &Panel, width: f64) -> usize {
    break_legend(panel, width).len()
}

fn break_legend(panel: &Panel, width: f64) -> Vec<Vec<&Key>> {
    let mut lines: Vec<Vec<&Key>> = Vec::new();
    let mut used = f64::INFINITY;
    for key in &panel.legend {
        let needed = key_width(key);
        if used + needed - KEY_GAP > width {
            lines.push(Vec::new());
            used = 0.0;
        }
        used += needed;
        if let Some(line) = lines.last_mut() {
            line.push(key);
        }
    }
    lines
}

/// The legend stands above the plot `rect`, its lines as wide as the `cell` allows: where a plot that keeps its units
/// square is narrower, a long legend begins further to the left.
fn place_legend(panel: &Panel, rect: &Rect, cell: &Rect) -> Vec<(Key, Point)> {
    let lines = break_legend(panel, cell.width());
    let top = rect.top - lines.len() as f64 * LABEL_HEIGHT - 3.0;
    let length = |line: &Vec<&Key>| line.iter().map(|key| key_width(key)).sum::<f64>() - KEY_GAP;
    let longest = lines.iter().map(length).fold(0.0, f64::max);
    let left = rect.left.min(cell.right - longest).max(cell.left);
    let mut placed = Vec::new();
    for (i, line) in lines.into_iter().enumerate() {
        let y = top + (i as f64 + 0.5) * LABEL_HEIGHT;
        let mut x = left;
        for key in line {
            placed.push((key.clone(), [x, y]));
            x += key_width(key);
        }
    }
    placed
}

/// The ranges of both axes: as given, or around the marks with a little air.
fn ranges(panel: &Panel) -> [[f64; 2]; 2] {
    let corners = panel
        .marks
        .iter()
        .filter_map(super::mark::Mark::extent)
        .reduce(|[[a, b], [c, d]], [[e, f], [g, h]]| [[a.min(e), b.min(f)], [c.max(g), d.max(h)]])
        .unwrap_or([[0.0, 0.0], [1.0, 1.0]]);
    let air = if panel.frame == Frame::Bare {
        0.02
    } else {
        0.06
    };
    std::array::from_fn(|i| {
        let axis: &Axis = if i == 0 { &panel.x } else { &panel.y };
        axis.range
            .unwrap_or_else(|| widen([corners[0][i], corners[1][i]], air, axis.scale))
    })
}

fn widen([low, high]: [f64; 2], air: f64, scale: Scale) -> [f64; 2] {
    match scale {
        Scale::Linear => {
            let span = if high > low {
                high - low
            } else {
                high.abs().max(1.0)
            };
            [low - air * span, high + air * span]
        }
        Scale::Log => {
            let low = low.max(f64::MIN_POSITIVE);
            let span = libm::pow((high / low).max(1.5), air);
            [low / span, high.max(low) * span]
        }
    }
}
