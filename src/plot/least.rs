//! The least size at which a figure can still be read.

use super::figure::Figure;
use super::layout::{Layout, layout};
use super::size::{self, SIGN_WIDTH};
use super::{font::Face, text};
use crate::error::{Error, Result};

/// A plot's sides, in pixels, below which its ticks and marks run together. Plots that are narrower at the figure's own size,
/// such as a matrix of one row, may stay as they are there.
const SIDE: f64 = 40.0;
/// Rounding of positions.
const SLACK: f64 = 1.0;
/// The longest side that is tried.
const LARGEST: u32 = 1 << 15;

impl Figure {
    /// The same figure on a canvas of another size, in pixels of 1/96 inch; `what` is its name in the error.
    ///
    /// # Errors
    /// [`Error::Invalid`] where plots would vanish or labels stick out, with the least size at which they do not.
    ///
    /// ```
    /// use foldspace::plot::{Figure, Panel};
    /// let figure = Figure::new("A plane").panel(Panel::plane("$x_1$", "$x_2$"));
    /// let error = figure.clone().resized("plane", (50, 50)).unwrap_err().to_string();
    /// assert!(error.contains("50x50") && error.contains("--size"), "{error}");
    /// assert!(figure.resized("plane", (400, 300)).is_ok());
    /// ```
    pub fn resized(self, what: &str, (width, height): (u32, u32)) -> Result<Self> {
        let least = self.least_size((width, height));
        if least == Some((width, height)) {
            return Ok(self.size(width, height));
        }
        Err(Self::too_small(what, (width, height), least))
    }

    /// The refusal of a size, with the least that works.
    pub(crate) fn too_small(
        what: &str,
        (width, height): (u32, u32),
        least: Option<(u32, u32)>,
    ) -> Error {
        let remedy = match least {
            Some((width, height)) => {
                format!("give at least --size {width}x{height}, or leave --size out")
            }
            None => "leave --size out".to_owned(),
        };
        Error::invalid(
            format!("--size {width}x{height}"),
            format!("{what} has no room for its plots and labels"),
            remedy,
        )
    }

    /// The least size, no side of it shorter than `wanted`, at which every plot can be read and no label sticks out: `wanted`
    /// itself where that does. `None` where none was found.
    pub fn least_size(&self, wanted: (u32, u32)) -> Option<(u32, u32)> {
        let own = layout(self);
        let fits = |(width, height): (u32, u32)| {
            width > 0 && height > 0 && legible(&self.clone().size(width, height), self, &own)
        };
        if fits(wanted) {
            return Some(wanted);
        }
        // Both sides grow until it fits; then each shrinks again as far as it may.
        let grown = |share: u32| {
            let grow = |side: u32| side.max(1).saturating_add(share).min(LARGEST).max(side);
            (grow(wanted.0), grow(wanted.1))
        };
        let most = (4..=15).map(|power| 1 << power).find(|&n| fits(grown(n)))?;
        let (width, height) = grown(least_of(0, most, |n| fits(grown(n))));
        let width = least_of(wanted.0, width, |width| fits((width, height)));
        let height = least_of(wanted.1, height, |height| fits((width, height)));
        Some((width, height))
    }
}

/// A number in `low..=high` for which `holds`, the least where it holds for all after it; it must hold for `high`.
fn least_of(mut low: u32, mut high: u32, holds: impl Fn(u32) -> bool) -> u32 {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

/// Whether `figure`, which is `original` at another size, can be read as well as `original`, whose layout is `own`.
fn legible(figure: &Figure, original: &Figure, own: &Layout) -> bool {
    let laid_out = layout(figure);
    let enough = |side: f64, before: f64| side + SLACK >= SIDE.min(before);
    let plots = laid_out.panels.iter().zip(&own.panels).all(|(new, old)| {
        let (new, old) = (new.view.rect, old.view.rect);
        enough(new.width(), old.width()) && enough(new.height(), old.height())
    });
    plots && overflow(&laid_out, figure) <= overflow(own, original) + SLACK
}

/// By how much what is drawn sticks out of the canvas, in pixels.
fn overflow(laid_out: &Layout, figure: &Figure) -> f64 {
    let [width, height] = [f64::from(figure.width), f64::from(figure.height)];
    let keys = laid_out.panels.iter().flat_map(|panel| &panel.legend);
    let ends = keys.chain(&laid_out.legend).map(|(key, at)| {
        at[0] + SIGN_WIDTH + text::width(&key.label, size::LABEL, Face::Regular) - width
    });
    let plots = laid_out.panels.iter().flat_map(|panel| {
        let rect = panel.view.rect;
        [
            rect.right - width,
            rect.bottom - height,
            -rect.left,
            -rect.top,
        ]
    });
    let needed = laid_out.needed[1] - height;
    ends.chain(plots).fold(needed, f64::max).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::Panel;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_least_size_is_enough_and_asking_for_it_again_changes_nothing(
            width in 0u32..400, height in 0u32..400, columns in 1usize..4, panels in 1usize..6,
        ) {
            let panel = || Panel::plane("$x_1$", "$x_2$").title("a title").range([0.0, 3.0], [0.0, 2.0]);
            let figure = Figure::new("Some planes").size(1200, 900).panels(columns, (0..panels).map(|_| panel()));
            let least = figure.least_size((width, height)).unwrap();
            prop_assert!(least.0 >= width && least.1 >= height);
            prop_assert_eq!(figure.least_size(least), Some(least));
            for panel in layout(&figure.clone().size(least.0, least.1)).panels {
                let rect = panel.view.rect;
                prop_assert!(rect.width() >= 39.0 && rect.height() >= 39.0);
                prop_assert!(rect.right <= f64::from(least.0) && rect.bottom <= f64::from(least.1));
            }
        }
    }
}
