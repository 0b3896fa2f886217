//! Where everything goes: title, caption, and for each panel its rectangle, ticks, legend and colour bar; in pixels.
//!
//! How panels share the area is in [`rows`].

mod ranges;
mod rows;

use ranges::ranges;

use super::clip::Rect;
use super::figure::Figure;
use super::font::Face;
use super::legend::{self, place_legend};
use super::mark::Point;
use super::panel::{Frame, Key, Panel, Scale};
use super::size::{self, LABEL_HEIGHT};
use super::text::{self, LINE_HEIGHT};
use super::ticks::{self, Tick, Ticks};

const MARGIN: f64 = 18.0;
const COLUMN_GAP: f64 = 26.0;
const ROW_GAP: f64 = 16.0;
/// Between the plot and the numbers beside it.
pub(super) const TICK_GAP: f64 = 7.0;
/// The width of a colour bar.
pub(super) const BAR_WIDTH: f64 = 12.0;
/// Between the plot and its colour bar.
pub(super) const BAR_GAP: f64 = 12.0;

/// A figure, laid out.
pub(super) struct Layout {
    /// The title, as long as there is room for.
    pub heading: String,
    /// The start of the title's base line.
    pub title: Point,
    /// The caption's lines and the starts of their base lines.
    pub caption: Vec<(String, Point)>,
    /// The entries that several panels share, and the left ends of their middle lines.
    pub legend: Vec<(Key, Point)>,
    /// One per panel.
    pub panels: Vec<PanelLayout>,
    /// Width and height in pixels that would suffice: the rest of the figure is empty.
    pub needed: [f64; 2],
}

/// A panel, laid out.
pub(super) struct PanelLayout {
    /// From data to pixels.
    pub view: View,
    /// Ticks of the horizontal axis.
    pub x_ticks: Vec<Tick>,
    /// Ticks of the vertical axis.
    pub y_ticks: Vec<Tick>,
    /// The axes' labels with the units of their numbers, as long as there is room for.
    pub labels: [String; 2],
    /// The colour bar's label, likewise.
    pub bar_label: String,
    /// The panel's title, as long as there is room for.
    pub heading: String,
    /// The start of the title's base line.
    pub title: Point,
    /// The note, as long as there is room for.
    pub note: String,
    /// The start of the note's base line.
    pub note_at: Point,
    /// The legend's entries and the left ends of their middle lines.
    pub legend: Vec<(Key, Point)>,
    /// The distance of the vertical axis' label from the plot.
    pub y_label_gap: f64,
}

/// The map from data to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
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
    pub(super) fn pixel(&self, [x, y]: Point) -> Point {
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
        Scale::Linear if (high - low).is_finite() && (value - low).is_finite() => {
            (value - low) / (high - low)
        }
        // Halves, where the whole does not fit into a number.
        Scale::Linear => (0.5 * value - 0.5 * low) / (0.5 * high - 0.5 * low),
        Scale::Log if (high / low).is_finite() && high / low > 0.0 => {
            libm::log(value / low) / libm::log(high / low)
        }
        Scale::Log => (libm::log(value) - libm::log(low)) / (libm::log(high) - libm::log(low)),
    }
}

/// What a panel needs around its plot.
struct Needs {
    ranges: [[f64; 2]; 2],
    y_ticks: Ticks,
    left: f64,
    right: f64,
    bottom: f64,
    title: f64,
    note: f64,
}

/// Lays a figure out.
pub(super) fn layout(figure: &Figure) -> Layout {
    let (width, height) = (f64::from(figure.width), f64::from(figure.height));
    let room = width - 2.0 * MARGIN;
    let mut top = MARGIN;
    let title = [MARGIN, top + size::TITLE * 0.8];
    let title_height = size::TITLE * LINE_HEIGHT + 4.0;
    let title_width = text::width(&figure.title, size::TITLE, Face::SemiBold);
    if !figure.title.is_empty() {
        top += title_height;
    }
    // What several panels share stands once, beside the figure's title where there is room.
    let (shared, panels) = legend::shared(&figure.panels);
    let shared_width = legend::length(&shared);
    let beside = !figure.title.is_empty() && title_width + 40.0 + shared_width <= room;
    let legend = if shared.is_empty() {
        Vec::new()
    } else if beside {
        let at = [width - MARGIN - shared_width, title[1] - 0.35 * size::TITLE];
        legend::placed(&shared, at, room)
    } else {
        let placed = legend::placed(&shared, [MARGIN, top + 0.5 * LABEL_HEIGHT], room);
        top = placed
            .last()
            .map_or(top, |(_, at)| at[1] + 0.5 * LABEL_HEIGHT + 4.0);
        placed
    };
    let lines = text::wrap(&figure.caption, size::CAPTION, Face::Regular, room);
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
    let (panels, [used_width, used_height]) = rows::panels(figure, &panels, &area);
    let heading = if beside {
        title_width + 40.0 + shared_width
    } else {
        title_width.max(shared_width.min(room))
    };
    Layout {
        heading: text::shortened(&figure.title, size::TITLE, Face::SemiBold, room),
        title,
        caption,
        legend,
        panels,
        needed: [
            used_width.max(heading) + 2.0 * MARGIN,
            top + used_height + gap + caption_height + MARGIN,
        ],
    }
}

fn needs(panel: &Panel) -> Needs {
    let ranges = ranges(panel);
    let numbered = matches!(panel.frame, Frame::Axes | Frame::Box);
    let y_ticks = if numbered {
        ticks::ticks(&panel.y, ranges[1], 6)
    } else {
        Ticks::default()
    };
    // How many numbers there is room for is not known yet, but whether they need a unit hardly depends on it.
    let x_unit =
        (3..=8).any(|count| numbered && !ticks::ticks(&panel.x, ranges[0], count).unit.is_empty());
    let widest = |ticks: &[Tick]| {
        ticks
            .iter()
            .map(|(_, label)| text::width(label, size::TICK, Face::Regular))
            .fold(0.0, f64::max)
    };
    let label = |text: &str, unit: bool| {
        if text.is_empty() && !unit {
            0.0
        } else {
            LABEL_HEIGHT
        }
    };
    let tick_width = if numbered {
        widest(&y_ticks.ticks) + TICK_GAP
    } else {
        0.0
    };
    let tick_height = if numbered { size::TICK + TICK_GAP } else { 0.0 };
    let bar = panel.colour_bar.as_ref().map_or(6.0, |bar| {
        let Ticks { ticks, unit } = ticks::linear(bar.range, 5);
        BAR_GAP + BAR_WIDTH + TICK_GAP + widest(&ticks) + label(&bar.label, !unit.is_empty())
    });
    let title = if panel.title.is_empty() {
        0.0
    } else {
        size::PANEL_TITLE * LINE_HEIGHT + 3.0
    };
    Needs {
        ranges,
        left: tick_width + label(&panel.y.label, !y_ticks.unit.is_empty()),
        y_ticks,
        right: bar,
        bottom: tick_height + label(&panel.x.label, x_unit),
        title,
        note: if panel.note.is_empty() {
            0.0
        } else {
            LABEL_HEIGHT
        },
    }
}

/// `heading` is the height of everything above the plot and of the title alone, `lift` the share of spare height above the
/// plot, `height` the whole panel's.
fn place(
    panel: &Panel,
    need: &Needs,
    cell: Rect,
    heading: [f64; 2],
    [lift, height]: [f64; 2],
) -> PanelLayout {
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
        Ticks::default()
    };
    // The plot may have moved inward to keep its units square; its heading follows.
    let title = [
        rect.left,
        rect.top - heading[0] - 2.0 + size::PANEL_TITLE * 0.95,
    ];
    let note_at = [title[0], rect.top - heading[0] + heading[1] + size::LABEL];
    let widest = need
        .y_ticks
        .ticks
        .iter()
        .map(|(_, label)| text::width(label, size::TICK, Face::Regular))
        .fold(0.0, f64::max);
    let bar_unit = |bar: &super::panel::ColourBar| ticks::linear(bar.range, 5).unit;
    let bar = panel.colour_bar.as_ref();
    PanelLayout {
        legend: place_legend(panel, &rect, &cell, height),
        labels: [
            with_unit(&panel.x.label, &x_ticks.unit, cell.width()),
            with_unit(&panel.y.label, &need.y_ticks.unit, cell.height()),
        ],
        bar_label: bar.map_or_else(String::new, |bar| {
            with_unit(&bar.label, &bar_unit(bar), cell.height())
        }),
        heading: text::shortened(
            &panel.title,
            size::PANEL_TITLE,
            Face::SemiBold,
            cell.right - title[0],
        ),
        note: text::shortened(
            &panel.note,
            size::LABEL,
            Face::Regular,
            cell.right - title[0],
        ),
        note_at,
        view: View {
            rect,
            x,
            y,
            scales: [panel.x.scale, panel.y.scale],
        },
        x_ticks: x_ticks.ticks,
        y_ticks: need.y_ticks.ticks.clone(),
        title,
        y_label_gap: widest + TICK_GAP + LABEL_HEIGHT * 0.55,
    }
}

/// The largest rectangle in `cell` in which a unit is as long across as upwards; `lift` is the share of spare height
/// that is left above it.
fn fit_square(cell: Rect, x: [f64; 2], y: [f64; 2], lift: f64) -> Rect {
    let (width, height) = (x[1] - x[0], y[1] - y[0]);
    let scale = (cell.width() / width).min(cell.height() / height);
    if !(scale.is_finite() && scale * width >= 1.0 && scale * height >= 1.0) {
        return cell; // one side would vanish
    }
    let left = cell.left + (cell.width() - scale * width) / 2.0;
    let top = cell.top + lift * (cell.height() - scale * height);
    Rect {
        left,
        top,
        right: left + scale * width,
        bottom: top + scale * height,
    }
}

/// A label and the unit of the numbers beside it, in at most `limit` pixels; the unit is never cut.
fn with_unit(label: &str, unit: &str, limit: f64) -> String {
    let short = |label: &str, limit: f64| text::shortened(label, size::LABEL, Face::Regular, limit);
    match (label.trim().is_empty(), unit.is_empty()) {
        (_, true) => short(label, limit),
        (true, false) => unit.to_owned(),
        (false, false) => {
            let unit = format!(" ({unit})");
            let room = limit - text::width(&unit, size::LABEL, Face::Regular);
            short(label, room) + &unit
        }
    }
}
