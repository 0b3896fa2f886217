//! A figure: panels in a grid, a title, a caption. Plain data; [`render`](super::render) turns it into files.

use super::layout::layout;
use super::panel::Panel;

/// Trimming leaves at least this width, so that title and caption keep a line worth reading.
const NARROWEST: u32 = 420;

/// Panels in a grid under a title, with a caption. Described once, drawn in every format and theme.
///
/// ```
/// use foldspace::plot::{Figure, Panel, Theme};
/// let figure = Figure::new("Two planes").panels(2, [Panel::plane("$x_1$", "$x_2$"), Panel::plane("$h_1$", "$h_2$")]);
/// let svg = figure.to_svg(&Theme::LIGHT)?;
/// assert_eq!(svg, figure.to_svg(&Theme::LIGHT)?); // byte for byte
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Above everything (markup).
    pub title: String,
    /// Below everything, wrapped (markup).
    pub caption: String,
    /// Width in pixels of 1/96 inch.
    pub width: u32,
    /// Height in pixels of 1/96 inch; the caption's lines are part of it.
    pub height: u32,
    /// Panels per row.
    pub columns: usize,
    /// Row by row.
    pub panels: Vec<Panel>,
}

impl Figure {
    /// An empty figure of 640 x 480 pixels.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            caption: String::new(),
            width: 640,
            height: 480,
            columns: 1,
            panels: Vec::new(),
        }
    }

    /// Sets the caption.
    #[must_use]
    pub fn caption(mut self, caption: impl Into<String>) -> Self {
        self.caption = caption.into();
        self
    }

    /// Sets the size in pixels of 1/96 inch.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.width = width;
        self.height = height;
        self
    }

    /// Adds one panel.
    #[must_use]
    pub fn panel(mut self, panel: Panel) -> Self {
        self.panels.push(panel);
        self
    }

    /// Adds panels, `columns` to a row.
    #[must_use]
    pub fn panels(mut self, columns: usize, panels: impl IntoIterator<Item = Panel>) -> Self {
        self.columns = columns.max(1);
        self.panels.extend(panels);
        self
    }

    /// The same figure on a canvas that ends where its panels do; no side grows.
    ///
    /// ```
    /// use foldspace::plot::{Figure, Panel};
    /// let square = || Panel::plane("", "").range([0.0, 1.0], [0.0, 1.0]);
    /// let figure = Figure::new("").size(900, 800).panels(2, [square(), square()]);
    /// let trimmed = figure.trimmed();
    /// assert!(trimmed.width == 900 && trimmed.height < 500);
    /// ```
    #[must_use]
    pub fn trimmed(&self) -> Self {
        // Panels that stop short of the sides first: a caption may then need more lines.
        let mut figure = self.clone();
        let [width, _] = layout(&figure).needed;
        let least = NARROWEST.min(figure.width);
        figure.width = (width.ceil() as u32).clamp(least, figure.width);
        let [_, height] = layout(&figure).needed;
        figure.height = (height.ceil() as u32).clamp(1, self.height);
        figure
    }

    /// The same figure for a narrow screen: one panel to a row, or two where there were many, on a canvas of `width` pixels,
    /// trimmed.
    #[must_use]
    pub fn stacked(&self, width: u32) -> Self {
        let mut figure = self.clone();
        figure.columns = if self.columns > 3 { 2 } else { 1 };
        figure.width = width;
        // Room enough for the tallest; trimming takes back what is not used.
        let row = if figure.panels.iter().all(|panel| !panel.square) {
            width / 10 * 7
        } else {
            width
        };
        figure.height = (figure.rows() as u32)
            .saturating_mul(row)
            .saturating_add(160);
        figure.trimmed()
    }

    /// The rows of the grid.
    pub fn rows(&self) -> usize {
        self.panels.len().div_ceil(self.columns.max(1))
    }
}
