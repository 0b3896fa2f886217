//! Colour maps: from a number to a colour.

use super::rgb::Rgb;
use super::theme::Theme;

/// A named way to colour numbers. `t` runs from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colormap {
    /// From class 0's tint through the paper to class 1's tint: probabilities of two classes.
    Classes,
    /// The same for log-odds from -8 to 8: the logistic function of a number is the probability. Between two cells the log-odds
    /// are blended, so that a steep border stays where it is, whatever the cells.
    Odds,
    /// Negative to positive through the paper: weights and correlations.
    Diverging,
    /// From little to much in one hue, paler to deeper: magnitudes.
    Sequential,
    /// From the paper to the text colour: pictures.
    Grey,
}

/// The range of [`Colormap::Odds`].
pub const HEIGHTS: [f64; 2] = [-8.0, 8.0];

impl Colormap {
    /// The colour at `t`, which is clamped to [0, 1].
    pub fn rgb(self, t: f64, theme: &Theme) -> Rgb {
        let t = t.clamp(0.0, 1.0);
        match self {
            Self::Classes => through(
                theme.background,
                [theme.classes[0], theme.classes[1]],
                t,
                0.62,
            ),
            Self::Odds => {
                let height = HEIGHTS[0] + t * (HEIGHTS[1] - HEIGHTS[0]);
                let probability = 1.0 / (1.0 + libm::exp(-height));
                Self::Classes.rgb(probability, theme)
            }
            Self::Diverging => through(theme.background, theme.signs, t, 1.0),
            Self::Sequential => {
                let stops = &theme.magnitudes;
                let place = t * (stops.len() - 1) as f64;
                let below = (place as usize).min(stops.len() - 2);
                stops[below].mix(stops[below + 1], place - below as f64)
            }
            Self::Grey => theme.background.mix(theme.text, t),
        }
    }

    /// All 256 steps at once, for images.
    pub fn table(self, theme: &Theme) -> [Rgb; 256] {
        std::array::from_fn(|i| self.rgb(i as f64 / 255.0, theme))
    }
}

/// low .. paper .. high, each end mixed into the paper by `strength` at most.
fn through(paper: Rgb, [low, high]: [Rgb; 2], t: f64, strength: f64) -> Rgb {
    if t < 0.5 {
        paper.mix(low, strength * (1.0 - 2.0 * t))
    } else {
        paper.mix(high, strength * (2.0 * t - 1.0))
    }
}
