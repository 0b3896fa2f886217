//! Sizes of letters and signs, in pixels.

/// The figure's title.
pub(super) const TITLE: f64 = 16.5;
/// A panel's title.
pub(super) const PANEL_TITLE: f64 = 13.5;
/// Axis labels, legend.
pub(super) const LABEL: f64 = 12.5;
/// Numbers along the axes.
pub(super) const TICK: f64 = 11.0;
/// The caption.
pub(super) const CAPTION: f64 = 12.0;
/// A line of labels, such as of a legend.
pub(super) const LABEL_HEIGHT: f64 = LABEL * 1.5;
/// The width of a legend's sign, with the gap behind it.
pub(super) const SIGN_WIDTH: f64 = 26.0;
