//! Marks: what a panel shows, in data coordinates.

use super::colormap::Colormap;
use super::colour::Colour;

/// A point of the plane, in data coordinates.
pub type Point = [f64; 2];

/// The sign a data point is drawn with. Classes differ in shape as well as colour where there are several, or few points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// A disc.
    #[default]
    Circle,
    /// A square.
    Square,
    /// A square on its tip.
    Diamond,
    /// A triangle, tip up.
    Triangle,
    /// A triangle, tip down.
    Wedge,
    /// An upright cross.
    Plus,
    /// A diagonal cross.
    Cross,
    /// A star of five points.
    Star,
    /// A regular pentagon, tip up.
    Pentagon,
    /// A bar, upright.
    Bar,
}

impl Shape {
    /// As many as there are colours of classes, the plainest first.
    pub const ALL: [Self; 10] = [
        Self::Circle,
        Self::Square,
        Self::Triangle,
        Self::Diamond,
        Self::Wedge,
        Self::Plus,
        Self::Cross,
        Self::Star,
        Self::Pentagon,
        Self::Bar,
    ];
}

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dash {
    /// Not at all.
    #[default]
    Solid,
    /// Dashes.
    Dashed,
    /// Dots.
    Dotted,
}

/// Colour, width in pixels, and dash of a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// Its width in pixels.
    pub width: f64,
    /// How it is broken.
    pub dash: Dash,
}

impl Stroke {
    /// A solid line.
    pub const fn new(colour: Colour, width: f64) -> Self {
        Self {
            colour,
            width,
            dash: Dash::Solid,
        }
    }

    /// The same line, broken.
    pub const fn dash(self, dash: Dash) -> Self {
        Self { dash, ..self }
    }
}

/// Which point of a text stands at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Anchor {
    /// The middle.
    #[default]
    Centre,
    /// The left end, centred vertically.
    Left,
    /// The right end, centred vertically.
    Right,
    /// The middle of the upper edge: the text hangs below its place.
    Top,
    /// The middle of the base line: the text stands on its place.
    Bottom,
}

/// A picture of numbers: `values[row * columns + column]`, row 0 at the bottom.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Numbers across.
    pub columns: usize,
    /// Numbers upwards.
    pub rows: usize,
    /// Row by row from the bottom.
    pub values: Vec<f64>,
    /// The numbers that the ends of the colour map stand for.
    pub range: [f64; 2],
    /// The colours.
    pub colormap: Colormap,
    /// Blend between neighbours (a function sampled at cell centres) or show square cells (a matrix)?
    pub smooth: bool,
}

/// The regions of several classes: their probabilities at the centres of cells. A point takes the colour of the
/// likeliest class, the paler the closer the runner-up is, so that regions part in blank paper.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassField {
    /// Cells across.
    pub columns: usize,
    /// Cells upwards.
    pub rows: usize,
    /// The number of classes.
    pub classes: usize,
    /// `probabilities[(row * columns + column) * classes + class]`, row 0 at the bottom.
    pub probabilities: Vec<f64>,
    /// 1 for regions at full strength, 0 for blank paper.
    pub strength: f64,
    /// Whether what lies between cells is blended in the logarithms of the probabilities, as scores of a softmax are, so that a
    /// steep border stays where it is; otherwise in the probabilities.
    pub logarithms: bool,
}

/// One thing to draw. Sizes are in pixels, places in data coordinates.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// Data points; those outside the panel are left out.
    Points {
        /// Where.
        points: Vec<Point>,
        /// Their colour.
        colour: Colour,
        /// Half their size, pixels.
        radius: f64,
        /// Their sign.
        shape: Shape,
        /// A thin ring in the paper's colour keeps neighbours apart.
        ring: bool,
    },
    /// A polyline, clipped at the panel's edge.
    Line {
        /// Its vertices.
        points: Vec<Point>,
        /// Its look.
        stroke: Stroke,
    },
    /// A filled polygon, clipped at the panel's edge.
    Polygon {
        /// Its vertices.
        points: Vec<Point>,
        /// The colour inside.
        fill: Colour,
    },
    /// A disc of fixed pixel size with an outline: a node of a network.
    Disc {
        /// Its middle.
        centre: Point,
        /// Its radius in pixels.
        radius: f64,
        /// The colour inside.
        fill: Colour,
        /// The outline.
        outline: Stroke,
    },
    /// An arrow; the head's length is in pixels, so it looks the same at any scale.
    Arrow {
        /// Its tail.
        from: Point,
        /// Its tip.
        to: Point,
        /// Its look.
        stroke: Stroke,
    },
    /// Numbers as colours, over a rectangle.
    Field {
        /// The numbers.
        field: Field,
        /// The lower left corner.
        low: Point,
        /// The upper right corner.
        high: Point,
    },
    /// Regions of classes, over a rectangle.
    Classes {
        /// The probabilities.
        field: ClassField,
        /// The lower left corner.
        low: Point,
        /// The upper right corner.
        high: Point,
    },
    /// A line of text (markup as in [`text`](super::text)).
    Text {
        /// Where.
        at: Point,
        /// A shift from there in pixels, to the right and upwards.
        offset: [f64; 2],
        /// What it says.
        text: String,
        /// Which point of it stands there.
        anchor: Anchor,
        /// Font size in pixels.
        size: f64,
        /// Its colour.
        colour: Colour,
        /// A rim in the paper's colour keeps it readable on top of other marks.
        halo: bool,
        /// Semi-bold?
        bold: bool,
    },
}

impl Mark {
    /// The corners of the box around the mark, in data coordinates; nothing for empty marks.
    pub fn extent(&self) -> Option<[Point; 2]> {
        let points: &[Point] = match self {
            Self::Points { points, .. }
            | Self::Line { points, .. }
            | Self::Polygon { points, .. } => points,
            Self::Disc { centre, .. } => std::slice::from_ref(centre),
            Self::Arrow { from, to, .. } => &[*from, *to],
            Self::Field { low, high, .. } | Self::Classes { low, high, .. } => &[*low, *high],
            Self::Text { at, .. } => std::slice::from_ref(at),
        };
        extent(points)
    }
}

/// The corners of the box around some points; nothing if there are none that are finite.
pub fn extent(points: &[Point]) -> Option<[Point; 2]> {
    points
        .iter()
        .filter(|p| p.iter().all(|c| c.is_finite()))
        .fold(None, |corners, &[x, y]| {
            let [[x0, y0], [x1, y1]] = corners.unwrap_or([[x, y], [x, y]]);
            Some([[x0.min(x), y0.min(y)], [x1.max(x), y1.max(y)]])
        })
}
