//! From a line's spans to glyphs: which font has each sign, in which order they stand, and what form they take.
//!
//! Signs of the embedded fonts stand side by side, unkerned. The first sign that these lack brings in the system's fonts,
//! the bidirectional algorithm (Unicode annex 9) and a shaper, which joins letters and places marks.

use std::ops::Range;

use rustybuzz::Direction;
use unicode_bidi::{BidiClass, BidiInfo, Level, bidi_class};
use unicode_segmentation::UnicodeSegmentation;

use super::markup::Span;
use super::{PlacedGlyph, SetLine, code_point};
use crate::plot::font::{Face, Glyph, system};
use crate::plot::invisible::is_invisible;

/// Sets spans in a line of font size `size`.
pub(super) fn set(spans: &[Span], size: f64) -> SetLine {
    let mut pen = Pen {
        line: SetLine {
            glyphs: Vec::new(),
            width: 0.0,
        },
        size,
    };
    let plain = spans.iter().all(|span| {
        !span.boxed
            && span
                .text
                .chars()
                .all(|sign| is_plain(sign) && Glyph::embedded(sign, span.face).is_some())
    });
    if plain {
        for span in spans {
            pen.simple(&span.text, span, false);
        }
    } else {
        pen.shaped(spans);
    }
    pen.line
}

/// A sign that stands alone, from left to right.
fn is_plain(sign: char) -> bool {
    !is_combining(sign) && !is_invisible(sign) && !sign.is_control()
}

/// The marks that the embedded fonts hold; others are not plain because these fonts lack them.
fn is_combining(sign: char) -> bool {
    ('\u{300}'..='\u{36F}').contains(&sign)
}

/// What a stretch of signs is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Source {
    /// The embedded fonts, sign by sign.
    Embedded,
    /// A font of the system, shaped.
    System(usize),
    /// An embedded font, shaped: letters with marks.
    Composed,
    /// Code points in boxes.
    Boxed,
    /// Not at all.
    Nothing,
}

/// Signs that belong together.
struct Cluster {
    range: Range<usize>,
    span: usize,
    level: Level,
    source: Source,
}

struct Pen {
    line: SetLine,
    size: f64,
}

impl Pen {
    fn shaped(&mut self, spans: &[Span]) {
        let text: String = spans.iter().map(|span| span.text.as_str()).collect();
        let clusters = clusters(spans, &text);
        let levels: Vec<Level> = clusters.iter().map(|cluster| cluster.level).collect();
        let order = BidiInfo::reorder_visual(&levels);
        let mut start = 0;
        while start < order.len() {
            let first = &clusters[order[start]];
            let same = |&&k: &&usize| {
                let cluster = &clusters[k];
                cluster.source == first.source
                    && cluster.level == first.level
                    && cluster.span == first.span
            };
            let length = order[start..].iter().take_while(same).count();
            let mut run: Vec<usize> = order[start..start + length].to_vec();
            run.sort_unstable();
            let run: String = run
                .into_iter()
                .map(|k| &text[clusters[k].range.clone()])
                .collect();
            self.run(&run, &spans[first.span], first.source, first.level.is_rtl());
            start += length;
        }
    }

    fn run(&mut self, text: &str, span: &Span, source: Source, rtl: bool) {
        match source {
            Source::Embedded => self.simple(text, span, rtl),
            Source::System(font) => {
                let shaped = system::shape(font, &buffer(text, rtl));
                self.glyphs(shaped, span);
            }
            Source::Composed => self.glyphs(system::compose(span.face, &buffer(text, rtl)), span),
            Source::Boxed => {
                let signs: Vec<char> = text.chars().collect();
                for k in 0..signs.len() {
                    let sign = signs[if rtl { signs.len() - 1 - k } else { k }];
                    let size = span.size * self.size;
                    let start = [self.line.width, span.drop * self.size];
                    self.line.width +=
                        code_point::place(sign, span.face, start, size, &mut self.line.glyphs);
                }
            }
            Source::Nothing => {}
        }
    }

    /// Signs of the embedded fonts, side by side.
    fn simple(&mut self, text: &str, span: &Span, rtl: bool) {
        let mut signs: Vec<char> = text.chars().collect();
        if rtl {
            signs.reverse();
        }
        let size = span.size * self.size;
        for sign in signs {
            let sign = if rtl { mirrored(sign) } else { sign };
            let Some(glyph) = Glyph::embedded(sign, span.face) else {
                continue;
            };
            if !sign.is_whitespace() {
                self.line.glyphs.push(PlacedGlyph {
                    glyph,
                    x: self.line.width,
                    y: span.drop * self.size,
                    size,
                });
            }
            self.line.width += glyph.advance() * size;
        }
    }

    fn glyphs(&mut self, shaped: Vec<system::Shaped>, span: &Span) {
        let size = span.size * self.size;
        for shaped in shaped {
            self.line.glyphs.push(PlacedGlyph {
                glyph: shaped.glyph,
                x: self.line.width + shaped.x * size,
                y: span.drop * self.size - shaped.y * size,
                size,
            });
            self.line.width += shaped.advance * size;
        }
    }
}

fn buffer(text: &str, rtl: bool) -> system::Run<'_> {
    system::Run {
        text,
        direction: if rtl {
            Direction::RightToLeft
        } else {
            Direction::LeftToRight
        },
    }
}

/// Cuts the line into signs that belong together, and finds a font for each.
fn clusters(spans: &[Span], text: &str) -> Vec<Cluster> {
    // A line is one paragraph, whatever it holds.
    let one_line: String = text
        .chars()
        .map(|sign| match bidi_class(sign) {
            BidiClass::B if sign.len_utf8() == 1 => ' ',
            BidiClass::B if sign.len_utf8() == 2 => '\u{A0}',
            BidiClass::B => '\u{FFFC}',
            _ => sign,
        })
        .collect();
    let bidi = BidiInfo::new(&one_line, Some(Level::ltr()));
    let mut clusters = Vec::new();
    let mut start = 0;
    for (span_index, span) in spans.iter().enumerate() {
        for (at, cluster) in span.text.grapheme_indices(true) {
            let at = start + at;
            clusters.push(Cluster {
                range: at..at + cluster.len(),
                span: span_index,
                level: bidi.levels.get(at).copied().unwrap_or(Level::ltr()),
                source: source(cluster, span),
            });
        }
        start += span.text.len();
    }
    clusters
}

/// The first font that has the signs of a cluster.
fn source(cluster: &str, span: &Span) -> Source {
    if span.boxed {
        return Source::Boxed;
    }
    let visible = || cluster.chars().filter(|&sign| !is_invisible(sign));
    if visible().next().is_none() {
        return Source::Nothing;
    }
    let mut signs = cluster.chars();
    if let (Some(sign), None) = (signs.next(), signs.next())
        && Glyph::embedded(sign, span.face).is_some()
    {
        return Source::Embedded;
    }
    if visible().all(|sign| sign.is_whitespace()) {
        return Source::Embedded;
    }
    let bold = matches!(span.face, Face::SemiBold | Face::SemiBoldItalic);
    if cluster.chars().count() > 1 && system::composes(span.face, cluster) {
        return Source::Composed;
    }
    match system::find(cluster, bold) {
        Some(font) => Source::System(font),
        None => {
            code_point::report(visible());
            Source::Boxed
        }
    }
}

/// The brackets that turn over in text from right to left.
fn mirrored(sign: char) -> char {
    const PAIRS: [(char, char); 8] = [
        ('(', ')'),
        ('[', ']'),
        ('{', '}'),
        ('<', '>'),
        ('«', '»'),
        ('‹', '›'),
        ('≤', '≥'),
        ('⁽', '⁾'),
    ];
    for (open, close) in PAIRS {
        if sign == open {
            return close;
        }
        if sign == close {
            return open;
        }
    }
    sign
}
