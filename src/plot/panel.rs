//! A panel: one set of axes with its marks, legend and colour bar.

use super::colormap::Colormap;
use super::colour::Colour;
use super::mark::{Anchor, Dash, Field, Mark, Point, Shape, Stroke};

/// How numbers are spaced along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By powers of ten; values must be positive.
    Log,
}

/// What surrounds the marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Frame {
    /// Axes at the left and the bottom with ticks and numbers, and a light grid.
    #[default]
    Axes,
    /// A thin box with ticks and numbers, no grid: planes with their own grid, heat maps.
    Box,
    /// A cross through the origin, no numbers: vectors.
    Cross,
    /// Nothing: diagrams.
    Bare,
}

/// One axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Axis {
    /// Its label (markup).
    pub label: String,
    /// From where to where; taken from the marks when absent.
    pub range: Option<[f64; 2]>,
    /// Even or logarithmic.
    pub scale: Scale,
    /// Names at places instead of numbers.
    pub names: Option<Vec<(f64, String)>>,
}

/// An entry of the legend.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// What it says (markup).
    pub label: String,
    /// The sign beside it.
    pub sign: Sign,
}

/// The sign beside a legend's entry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// A data point.
    Point(Colour, Shape),
    /// A line.
    Line(Stroke),
}

/// The scale of a colour map, drawn at the right.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourBar {
    /// The colours.
    pub colormap: Colormap,
    /// The numbers at its ends.
    pub range: [f64; 2],
    /// What they are (markup).
    pub label: String,
}

/// One set of axes with everything on it. Built by chaining:
///
/// ```
/// use foldspace::plot::{Colour, Panel, Stroke};
/// let panel = Panel::new()
///     .title("Squashing")
///     .labels("$z$", "$tanh(z)$")
///     .line([[-2.0, -0.96], [0.0, 0.0], [2.0, 0.96]], Stroke::new(Colour::accent(0), 2.0));
/// assert_eq!(panel.marks.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// Above the panel (markup).
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// Whether a unit is as long across as upwards.
    pub square: bool,
    /// What surrounds the marks.
    pub frame: Frame,
    /// From back to front.
    pub marks: Vec<Mark>,
    /// A row of entries above the panel.
    pub legend: Vec<Key>,
    /// At the right.
    pub colour_bar: Option<ColourBar>,
    /// A short line between the title and the plot, such as an epoch and an accuracy (markup).
    pub note: String,
}

impl Panel {
    /// An empty panel with axes.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty plane: square units in a box, as data, grids and embeddings want it.
    pub fn plane(x: impl Into<String>, y: impl Into<String>) -> Self {
        Self {
            square: true,
            frame: Frame::Box,
            ..Self::new().labels(x, y)
        }
    }

    /// An empty drawing board: square units, no axes.
    pub fn diagram() -> Self {
        Self {
            square: true,
            frame: Frame::Bare,
            ..Self::new()
        }
    }

    /// Sets the title.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Labels the axes.
    #[must_use]
    pub fn labels(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.x.label = x.into();
        self.y.label = y.into();
        self
    }

    /// Fixes the ranges of the axes.
    #[must_use]
    pub fn range(mut self, x: [f64; 2], y: [f64; 2]) -> Self {
        self.x.range = Some(x);
        self.y.range = Some(y);
        self
    }

    /// Chooses what surrounds the marks.
    #[must_use]
    pub fn frame(mut self, frame: Frame) -> Self {
        self.frame = frame;
        self
    }

    /// Writes a short line above the plot, under the title.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Adds any mark.
    #[must_use]
    pub fn mark(mut self, mark: Mark) -> Self {
        self.marks.push(mark);
        self
    }

    /// Adds many marks.
    #[must_use]
    pub fn marks(mut self, marks: impl IntoIterator<Item = Mark>) -> Self {
        self.marks.extend(marks);
        self
    }

    /// Adds a polyline.
    #[must_use]
    pub fn line(self, points: impl Into<Vec<Point>>, stroke: Stroke) -> Self {
        self.mark(Mark::Line {
            points: points.into(),
            stroke,
        })
    }

    /// Adds a polyline that the legend names.
    #[must_use]
    pub fn curve(
        self,
        label: impl Into<String>,
        points: impl Into<Vec<Point>>,
        stroke: Stroke,
    ) -> Self {
        self.key(label, Sign::Line(stroke)).line(points, stroke)
    }

    /// Adds round data points.
    #[must_use]
    pub fn points(self, points: impl Into<Vec<Point>>, colour: Colour, radius: f64) -> Self {
        self.mark(Mark::Points {
            points: points.into(),
            colour,
            radius,
            shape: Shape::Circle,
            ring: true,
        })
    }

    /// Adds a filled polygon.
    #[must_use]
    pub fn polygon(self, points: impl Into<Vec<Point>>, fill: Colour) -> Self {
        self.mark(Mark::Polygon {
            points: points.into(),
            fill,
        })
    }

    /// Adds an arrow.
    #[must_use]
    pub fn arrow(self, from: Point, to: Point, colour: Colour) -> Self {
        let stroke = Stroke::new(colour, 2.2);
        self.mark(Mark::Arrow { from, to, stroke })
    }

    /// Adds a label at a place, with a rim that keeps it readable.
    #[must_use]
    pub fn label(self, at: Point, anchor: Anchor, text: impl Into<String>, colour: Colour) -> Self {
        self.mark(Mark::Text {
            at,
            offset: [0.0, 0.0],
            text: text.into(),
            anchor,
            size: 12.5,
            colour,
            halo: true,
            bold: false,
        })
    }

    /// Adds a field of numbers over a rectangle.
    #[must_use]
    pub fn field(self, field: Field, low: Point, high: Point) -> Self {
        self.mark(Mark::Field { field, low, high })
    }

    /// Adds a thin dashed line across the panel at this height.
    #[must_use]
    pub fn horizon(self, level: f64) -> Self {
        let [from, to] = self.x.range.unwrap_or([-1e6, 1e6]);
        let stroke = Stroke::new(Colour::AXIS, 1.0).dash(Dash::Dashed);
        self.line([[from, level], [to, level]], stroke)
    }

    /// Adds an entry to the legend.
    #[must_use]
    pub fn key(mut self, label: impl Into<String>, sign: Sign) -> Self {
        self.legend.push(Key {
            label: label.into(),
            sign,
        });
        self
    }

    /// Adds a colour bar.
    #[must_use]
    pub fn colour_bar(
        mut self,
        colormap: Colormap,
        range: [f64; 2],
        label: impl Into<String>,
    ) -> Self {
        self.colour_bar = Some(ColourBar {
            colormap,
            range,
            label: label.into(),
        });
        self
    }
}
