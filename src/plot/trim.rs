//! Canvases that end where their panels do.

use super::figure::Figure;
use super::layout::layout;

/// Trimming leaves at least this width, so that title and caption keep a line worth reading.
const NARROWEST: u32 = 420;

impl Figure {
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
}
