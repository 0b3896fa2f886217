//! Setting a line of text: a little mathematics, widths, wrapping.
//!
//! Between dollar signs letters are slanted, `_` lowers and `^` raises the next character or `{group}`, and a hyphen
//! is a minus: `$W_h x + b$`, `$σ(z) = 1/(1 + e^{-z})$`. Glyph outlines come from the embedded fonts, so a text has the
//! same shape and the same width in every format and on every machine.

use super::font::{Face, Glyph};

/// A glyph at its place: `x` and `y` are offsets from the start of the base line, `size` the font size, all in pixels,
/// y downwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlacedGlyph {
    /// Which glyph.
    pub glyph: Glyph,
    /// To the right of the line's start.
    pub x: f64,
    /// Below the base line.
    pub y: f64,
    /// The font size.
    pub size: f64,
}

/// A line of text, set.
#[derive(Debug, Clone, PartialEq)]
pub struct SetLine {
    /// The glyphs, blanks left out.
    pub glyphs: Vec<PlacedGlyph>,
    /// From the first glyph's origin to the last one's end.
    pub width: f64,
}

/// From the base line up to the top of capitals, per font size.
pub const CAP_HEIGHT: f64 = 0.727;
/// From one base line to the next, per font size.
pub const LINE_HEIGHT: f64 = 1.42;

const SCRIPT_SIZE: f64 = 0.7;
const SUBSCRIPT_DROP: f64 = 0.2;
const SUPERSCRIPT_RISE: f64 = 0.36;

/// Sets `markup` in the given size (pixels).
pub fn set(markup: &str, size: f64, face: Face) -> SetLine {
    let mut pen = Pen {
        line: SetLine {
            glyphs: Vec::new(),
            width: 0.0,
        },
        face,
    };
    for (part, text) in markup.split('$').enumerate() {
        if part % 2 == 0 {
            pen.text(text, size);
        } else {
            pen.formula(text, size);
        }
    }
    pen.line
}

/// The width of `markup` in pixels.
///
/// ```
/// use foldspace::plot::{text, Face};
/// let plain = text::width("x", 12.0, Face::Regular);
/// assert!(text::width("$x_1$", 12.0, Face::Regular) > plain);
/// ```
pub fn width(markup: &str, size: f64, face: Face) -> f64 {
    set(markup, size, face).width
}

/// Breaks `markup` at blanks into lines no wider than `limit` pixels; formulas stay whole.
pub fn wrap(markup: &str, size: f64, face: Face, limit: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(markup) {
        let longer = if line.is_empty() {
            word.to_owned()
        } else {
            format!("{line} {word}")
        };
        if !line.is_empty() && width(&longer, size, face) > limit {
            lines.push(std::mem::replace(&mut line, word.to_owned()));
        } else {
            line = longer;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The markup without its signs: what a screen reader should say.
pub fn plain(markup: &str) -> String {
    markup.replace(['$', '{', '}'], "")
}

/// Splits at blanks that stand outside formulas.
fn words(markup: &str) -> impl Iterator<Item = &str> {
    let mut in_formula = false;
    markup
        .split(move |c: char| {
            if c == '$' {
                in_formula = !in_formula;
            }
            c.is_whitespace() && !in_formula
        })
        .filter(|word| !word.is_empty())
}

struct Pen {
    line: SetLine,
    face: Face,
}

impl Pen {
    fn text(&mut self, text: &str, size: f64) {
        for character in text.chars() {
            self.glyph(character, self.face, size, 0.0);
        }
    }

    fn formula(&mut self, formula: &str, size: f64) {
        let mut rest = formula.chars();
        while let Some(character) = rest.next() {
            match character {
                '_' => self.script(&mut rest, size, SUBSCRIPT_DROP * size),
                '^' => self.script(&mut rest, size, -SUPERSCRIPT_RISE * size),
                _ => self.symbol(character, size, 0.0),
            }
        }
    }

    /// The next character, or the group in braces, smaller and shifted down by `drop` pixels.
    fn script(&mut self, rest: &mut std::str::Chars<'_>, size: f64, drop: f64) {
        let small = SCRIPT_SIZE * size;
        match rest.next() {
            Some('{') => {
                for character in rest.by_ref().take_while(|&c| c != '}') {
                    self.symbol(character, small, drop);
                }
            }
            Some(character) => self.symbol(character, small, drop),
            None => {}
        }
    }

    /// A character of a formula: letters slanted, everything else upright.
    fn symbol(&mut self, character: char, size: f64, drop: f64) {
        let face = match self.face {
            Face::Regular if character.is_alphabetic() => Face::Italic,
            Face::SemiBold if character.is_alphabetic() => Face::SemiBoldItalic,
            face => face,
        };
        let character = if character == '-' { '−' } else { character };
        self.glyph(character, face, size, drop);
    }

    fn glyph(&mut self, character: char, face: Face, size: f64, drop: f64) {
        let glyph = Glyph::new(character, face);
        if !character.is_whitespace() {
            self.line.glyphs.push(PlacedGlyph {
                glyph,
                x: self.line.width,
                y: drop,
                size,
            });
        }
        self.line.width += glyph.advance() * size;
    }
}
