//! Colours by role. A figure says what a mark means; the [`Theme`](super::Theme) says how that looks in light and dark.

use super::colormap::Colormap;

/// A plain sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// The colour of `0xRRGGBB`.
    pub const fn hex(value: u32) -> Self {
        Self((value >> 16) as u8, (value >> 8) as u8, value as u8)
    }

    /// The straight mix of two colours in sRGB: `self` at t = 0, `other` at t = 1.
    ///
    /// ```
    /// use foldspace::plot::Rgb;
    /// assert_eq!(Rgb(0, 0, 0).mix(Rgb(200, 100, 50), 0.5), Rgb(100, 50, 25));
    /// ```
    pub fn mix(self, other: Self, t: f64) -> Self {
        let channel = |a: u8, b: u8| {
            let (a, b) = (f64::from(a), f64::from(b));
            (a + (b - a) * t.clamp(0.0, 1.0)).round() as u8
        };
        Self(
            channel(self.0, other.0),
            channel(self.1, other.1),
            channel(self.2, other.2),
        )
    }

    /// Relative luminance in [0, 1] (WCAG 2), for choosing readable text on top.
    pub fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let c = f64::from(channel) / 255.0;
            if c <= 0.04045 {
                c / 12.92
            } else {
                libm::pow((c + 0.055) / 1.055, 2.4)
            }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

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
