//! Markup: what is a formula in a line of text, and what is to be shown as it stands.

use crate::plot::font::Face;

/// A stretch of one style, in reading order.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What it says; one sign where it is `boxed`.
    pub text: String,
    /// The cut.
    pub face: Face,
    /// The font size, per size of the line.
    pub size: f64,
    /// How far it is lowered, per size of the line.
    pub drop: f64,
    /// Shown by its code point.
    pub boxed: bool,
}

/// A sign of a line of markup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token {
    pub sign: char,
    /// Never markup: it was escaped.
    pub literal: bool,
    /// Shown by its code point.
    pub boxed: bool,
    /// Where it ends in the markup, in bytes.
    pub end: usize,
}

const SCRIPT_SIZE: f64 = 0.7;
const SUBSCRIPT_DROP: f64 = 0.2;
const SUPERSCRIPT_RISE: f64 = 0.36;

/// Reads the escapes: `\\` and `\$` are those signs, `\[41F]` is the sign U+041F in a box. Other backslashes stand for
/// themselves.
pub(super) fn tokens(markup: &str) -> Vec<Token> {
    let mut tokens = Vec::with_capacity(markup.len());
    let mut rest = markup;
    while let Some(first) = rest.chars().next() {
        let start = markup.len() - rest.len();
        let after = &rest[first.len_utf8()..];
        let (sign, literal, boxed, length) = match (first, after.chars().next()) {
            ('\\', Some(sign @ ('\\' | '$'))) => (sign, true, false, 2),
            ('\\', Some('[')) => match boxed(after) {
                Some((sign, length)) => (sign, true, true, 1 + length),
                None => (first, false, false, 1),
            },
            _ => (first, false, false, first.len_utf8()),
        };
        tokens.push(Token {
            sign,
            literal,
            boxed,
            end: start + length,
        });
        rest = &rest[length..];
    }
    tokens
}

/// The sign of `[41F]`, and how many bytes that takes.
fn boxed(text: &str) -> Option<(char, usize)> {
    let (hex, _) = text.strip_prefix('[')?.split_once(']')?;
    let sign = char::from_u32(u32::from_str_radix(hex, 16).ok()?)?;
    Some((sign, hex.len() + 2))
}

/// Escapes what would be read as markup, so that `text` is shown as it is.
pub(super) fn escape(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '\\' | '$') {
            markup.push('\\');
        }
        markup.push(sign);
    }
    markup
}

/// The stretches of `markup` that have one style each; `face` is the cut outside formulas.
pub fn spans(markup: &str, face: Face) -> Vec<Span> {
    let mut spans = Spans(Vec::new());
    let mut formula = false;
    let tokens = tokens(markup);
    let mut rest = tokens.iter();
    while let Some(token) = rest.next() {
        let is = |sign: char| token.sign == sign && !token.literal;
        if is('$') {
            formula = !formula;
        } else if !formula {
            spans.push(token, face, 1.0, 0.0);
        } else if is('_') {
            script(&mut rest, &mut spans, face, SUBSCRIPT_DROP);
        } else if is('^') {
            script(&mut rest, &mut spans, face, -SUPERSCRIPT_RISE);
        } else {
            spans.symbol(token, face, 1.0, 0.0);
        }
    }
    spans.0
}

/// The next sign, or the group in braces, smaller and lowered.
fn script<'a>(
    rest: &mut impl Iterator<Item = &'a Token>,
    spans: &mut Spans,
    face: Face,
    drop: f64,
) {
    match rest.next() {
        Some(token) if token.sign == '{' && !token.literal => {
            for token in rest.take_while(|t| t.sign != '}' || t.literal) {
                spans.symbol(token, face, SCRIPT_SIZE, drop);
            }
        }
        Some(token) => spans.symbol(token, face, SCRIPT_SIZE, drop),
        None => {}
    }
}

struct Spans(Vec<Span>);

impl Spans {
    /// A sign of a formula: letters slanted, everything else upright.
    fn symbol(&mut self, token: &Token, face: Face, size: f64, drop: f64) {
        let face = match face {
            Face::Regular if token.sign.is_alphabetic() => Face::Italic,
            Face::SemiBold if token.sign.is_alphabetic() => Face::SemiBoldItalic,
            face => face,
        };
        let sign = if token.sign == '-' { '−' } else { token.sign };
        self.push(&Token { sign, ..*token }, face, size, drop);
    }

    fn push(&mut self, token: &Token, face: Face, size: f64, drop: f64) {
        let same = |span: &Span| {
            span.face == face && span.size == size && span.drop == drop && !span.boxed
        };
        match self.0.last_mut() {
            Some(span) if !token.boxed && same(span) => span.text.push(token.sign),
            _ => self.0.push(Span {
                text: token.sign.into(),
                face,
                size,
                drop,
                boxed: token.boxed,
            }),
        }
    }
}
