//! The look, in light and in dark.

use super::rgb::Rgb;

/// A full set of colours. Class and accent colours stay apart under the common colour-vision deficiencies, and in
/// lightness too, so that a grey print still shows which is which.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// `light` or `dark`, as `--theme` spells it.
    pub name: &'static str,
    /// The paper.
    pub background: Rgb,
    /// Titles and labels.
    pub text: Rgb,
    /// Captions and tick labels.
    pub muted: Rgb,
    /// Axes and frames.
    pub axis: Rgb,
    /// Grid lines.
    pub grid: Rgb,
    /// Points of class 0, 1, ...: red and purple first, as in post A, in shades that differ in lightness as well. All ten
    /// were searched for by computer, to stay far apart for readers with any of the three colour-vision deficiencies.
    pub classes: [Rgb; 10],
    /// Lines and arrows.
    pub accents: [Rgb; 6],
    /// Negative and positive numbers: no class, no basis vector and no curve has these.
    pub signs: [Rgb; 2],
    /// Magnitudes from the least to the most, at even steps: one hue, so that order is read from lightness alone.
    pub magnitudes: [Rgb; 4],
}

impl Theme {
    /// Dark ink on white: print, papers, light slides.
    pub const LIGHT: Self = Self {
        name: "light",
        background: Rgb::hex(0xffffff),
        text: Rgb::hex(0x1c2026),
        muted: Rgb::hex(0x5d6673),
        axis: Rgb::hex(0x9aa3ae),
        grid: Rgb::hex(0xe4e8ec),
        classes: [
            Rgb::hex(0xe8553a),
            Rgb::hex(0x5a3fa8),
            Rgb::hex(0x12a085),
            Rgb::hex(0xd8b906),
            Rgb::hex(0xa505f6),
            Rgb::hex(0xf975fd),
            Rgb::hex(0x9979af),
            Rgb::hex(0xadc37d),
            Rgb::hex(0x78164a),
            Rgb::hex(0x4e3619),
        ],
        accents: [
            Rgb::hex(0x0f7f8c),
            Rgb::hex(0xc9750c),
            Rgb::hex(0x2762b3),
            Rgb::hex(0xb03a6f),
            Rgb::hex(0x4f7f1f),
            Rgb::hex(0x6b4fb3),
        ],
        signs: [Rgb::hex(0x7d4a10), Rgb::hex(0x12706a)],
        magnitudes: [
            Rgb::hex(0xc3dfe4),
            Rgb::hex(0x74b3bf),
            Rgb::hex(0x2b7f92),
            Rgb::hex(0x0a3b4d),
        ],
    };

    /// Light ink on near-black: dark slides and pages.
    pub const DARK: Self = Self {
        name: "dark",
        background: Rgb::hex(0x14171c),
        text: Rgb::hex(0xe9edf2),
        muted: Rgb::hex(0x9fa9b6),
        axis: Rgb::hex(0x66707d),
        grid: Rgb::hex(0x2a3038),
        classes: [
            Rgb::hex(0xff7a5c),
            Rgb::hex(0x8d70f2),
            Rgb::hex(0x3fd0b0),
            Rgb::hex(0xddf0ab),
            Rgb::hex(0x03809a),
            Rgb::hex(0xe2aaef),
            Rgb::hex(0x9b6000),
            Rgb::hex(0xf9ae05),
            Rgb::hex(0x9b22ff),
            Rgb::hex(0x816d64),
        ],
        accents: [
            Rgb::hex(0x45c7d6),
            Rgb::hex(0xf2a94a),
            Rgb::hex(0x7fb0ff),
            Rgb::hex(0xf08ab8),
            Rgb::hex(0xa5d65c),
            Rgb::hex(0xb9a4ff),
        ],
        signs: [Rgb::hex(0xd29a55), Rgb::hex(0x4fbfb4)],
        magnitudes: [
            Rgb::hex(0x23444f),
            Rgb::hex(0x2f7f92),
            Rgb::hex(0x74bcc9),
            Rgb::hex(0xdcf4f7),
        ],
    };
}
