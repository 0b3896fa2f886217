//! A figure: panels in a grid, a title, a caption. Plain data; [`render`](super::render) turns it into files.

use super::panel::Panel;

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

    /// The rows of the grid.
    pub fn rows(&self) -> usize {
        self.panels.len().div_ceil(self.columns.max(1))
    }
}
