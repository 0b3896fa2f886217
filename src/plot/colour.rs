//! Colours by role. A figure says what a mark means; the [`Theme`] says how that looks in light and dark.

use super::colormap::Colormap;
use super::rgb::Rgb;
use super::theme::Theme;

/// What a colour stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Role {
    /// Titles, labels, outlines that must be read.
    Text,
    /// Captions, tick labels, secondary lines.
    Muted,
    /// The lines of a coordinate grid.
    Grid,
    /// Axes and frames.
    Axis,
    /// The paper.
    Background,
    /// Points and regions of class k.
    Class(usize),
    /// A line or arrow of its own kind: a boundary, a basis vector.
    Accent(usize),
    /// Black or white, whichever reads better on a colour map at this place in [0, 1].
    On(Colormap, f64),
    /// The colour of a place in [0, 1] of a colour map.
    Scale(Colormap, f64),
    /// Just this colour, in both themes.
    Fixed(Rgb),
}

/// A role and how opaque it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour {
    /// What it stands for.
    pub role: Role,
    /// 0 is invisible, 1 opaque.
    pub alpha: f64,
}

impl Colour {
    /// Titles, labels, outlines that must be read.
    pub const TEXT: Self = Self::new(Role::Text);
    /// Captions and secondary lines.
    pub const MUTED: Self = Self::new(Role::Muted);
    /// The lines of a coordinate grid.
    pub const GRID: Self = Self::new(Role::Grid);
    /// Axes and frames.
    pub const AXIS: Self = Self::new(Role::Axis);
    /// The paper.
    pub const BACKGROUND: Self = Self::new(Role::Background);

    /// An opaque colour.
    pub const fn new(role: Role) -> Self {
        Self { role, alpha: 1.0 }
    }

    /// The colour of class k.
    pub const fn class(k: usize) -> Self {
        Self::new(Role::Class(k))
    }

    /// The k-th colour for lines and arrows.
    pub const fn accent(k: usize) -> Self {
        Self::new(Role::Accent(k))
    }

    /// Just this colour.
    pub const fn fixed(rgb: Rgb) -> Self {
        Self::new(Role::Fixed(rgb))
    }

    /// The same colour, `alpha` times as opaque.
    pub const fn fade(self, alpha: f64) -> Self {
        Self {
            role: self.role,
            alpha: self.alpha * alpha,
        }
    }
}

impl Theme {
    /// The colour of a role; classes and accents repeat when they run out.
    ///
    /// ```
    /// use foldspace::plot::{Role, Theme};
    /// assert_eq!(Theme::LIGHT.rgb(Role::Class(10)), Theme::LIGHT.classes[0]);
    /// ```
    pub fn rgb(&self, role: Role) -> Rgb {
        match role {
            Role::Text => self.text,
            Role::Muted => self.muted,
            Role::Grid => self.grid,
            Role::Axis => self.axis,
            Role::Background => self.background,
            Role::Class(k) => self.classes[k % self.classes.len()],
            Role::Accent(k) => self.accents[k % self.accents.len()],
            Role::On(colormap, t) => {
                // Equal contrast with black and white lies at a luminance of about 0.18; white wins ties a little longer,
                // since saturated colours look darker than they measure.
                if colormap.rgb(t, self).luminance() < 0.3 {
                    Rgb::hex(0xffffff)
                } else {
                    Rgb::hex(0x14161a)
                }
            }
            Role::Scale(colormap, t) => colormap.rgb(t, self),
            Role::Fixed(rgb) => rgb,
        }
    }
}
