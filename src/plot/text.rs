//! Setting a line of text: a little mathematics, widths, wrapping, shortening.
//!
//! Between dollar signs letters are slanted, `_` lowers and `^` raises the next character or `{group}`, and a hyphen
//! is a minus: `$W_h x + b$`, `$σ(z) = 1/(1 + e^{-z})$`. Glyph outlines come from the embedded fonts, so a text has the
//! same shape and the same width in every format and on every machine. Signs that these lack come from the system's fonts;
//! a sign that no font has is drawn as its code point in a box.
//!
//! Names that come from data (columns, classes, files, layers) are text, not markup: [`literal`] makes markup that shows
//! them as they stand.

mod code_point;
mod markup;
mod names;
mod shaping;

pub use code_point::take_missing;
pub use markup::{Span, spans};
pub use names::{distinct, shortened};

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

/// Starts and ends a stretch whose direction is that of its first letter.
const ISOLATE: [char; 2] = ['\u{2068}', '\u{2069}'];

/// Markup that shows `text` as it is, whatever signs it holds.
///
/// ```
/// use foldspace::plot::text::{literal, plain};
/// assert_eq!(literal("price ($)"), r"price (\$)");
/// assert_eq!(plain(&literal(r"a$b_{c}\$")), r"a$b_{c}\$");
/// ```
pub fn literal(text: &str) -> String {
    let markup = markup::escape(text);
    // A name from right to left keeps to itself in a sentence from left to right.
    if text.chars().any(is_right_to_left) {
        let [start, end] = ISOLATE;
        return format!("{start}{markup}{end}");
    }
    markup
}

fn is_right_to_left(sign: char) -> bool {
    use unicode_bidi::BidiClass::{AL, R};
    matches!(unicode_bidi::bidi_class(sign), R | AL)
}

/// Sets `markup` in the given size (pixels).
pub fn set(markup: &str, size: f64, face: Face) -> SetLine {
    shaping::set(&spans(markup, face), size)
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

/// Breaks `markup` at blanks into lines no wider than `limit` pixels; formulas stay whole, and a word that is wider is cut.
pub fn wrap(markup: &str, size: f64, face: Face, limit: f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in words(markup) {
        let has_formula = markup::tokens(word)
            .iter()
            .any(|t| t.sign == '$' && !t.literal);
        let word = if has_formula {
            word.to_owned()
        } else {
            shortened(word, size, face, limit)
        };
        let longer = if line.is_empty() {
            word.clone()
        } else {
            format!("{line} {word}")
        };
        if !line.is_empty() && width(&longer, size, face) > limit {
            lines.push(std::mem::replace(&mut line, word));
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
    let mut formula = false;
    let mut plain = String::with_capacity(markup.len());
    for token in markup::tokens(markup) {
        match token.sign {
            '$' if !token.literal => formula = !formula,
            '{' | '}' if formula && !token.literal => {}
            sign if ISOLATE.contains(&sign) => {}
            sign => plain.push(sign),
        }
    }
    plain
}

/// Splits at blanks that stand outside formulas.
fn words(markup: &str) -> impl Iterator<Item = &str> {
    let mut formula = false;
    let mut start = 0;
    let mut words = Vec::new();
    for token in markup::tokens(markup) {
        if token.sign == '$' && !token.literal {
            formula = !formula;
        }
        if token.sign.is_whitespace() && !formula && !token.literal {
            words.push(&markup[start..token.end - token.sign.len_utf8()]);
            start = token.end;
        }
    }
    words.push(&markup[start..]);
    words.into_iter().filter(|word| !word.is_empty())
}
