//! Lines of text as pixels. Most stand in every frame of an animation, so how much of each pixel a line covers is worked out once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::rc::Rc;

use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendCoord, BackendTextStyle, FontTransform};
use tiny_skia::{FillRule, Mask, Path, PathBuilder, Pixmap, Transform};

use super::STEP;
use super::glyph_path::{self, PathStep};
use crate::plot::font::{Face, Glyph};
use crate::plot::text::{self, PlacedGlyph};

/// The most pixels that are kept on a thread. Before there are more, all are let go.
const KEPT: usize = 1 << 22;

/// A line of text in its place: all that its pixels depend on but the colour.
#[derive(PartialEq, Eq, Hash)]
struct Line {
    markup: String,
    face: Face,
    size: u64,
    turn: Discriminant<FontTransform>,
    anchor: (Discriminant<HPos>, Discriminant<VPos>),
    at: BackendCoord,
    scale: u32,
}

/// How much of each pixel of a rectangle is covered, in steps of 1/255, row by row.
pub(super) struct Coverage {
    left: u32,
    top: u32,
    width: u32,
    shares: Vec<u8>,
}

/// The lines of text that a thread has drawn.
#[derive(Default)]
struct Known {
    lines: HashMap<Line, Option<Rc<Coverage>>>,
    pixels: usize,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// The outlines of a line of text in device pixels, `scale` to a figure pixel; `None` if there is nothing to see.
pub(super) fn outline<S: BackendTextStyle>(
    markup: &str,
    style: &S,
    (x, y): BackendCoord,
    scale: f32,
) -> Option<Path> {
    let at = [f64::from(x) * STEP, f64::from(y) * STEP];
    let to = |[x, y]: [f64; 2]| (x as f32 * scale, y as f32 * scale);
    let mut builder = PathBuilder::new();
    for step in glyph_path::outline(markup, style, at) {
        match step {
            PathStep::Move(p) => {
                let (x, y) = to(p);
                builder.move_to(x, y);
            }
            PathStep::Line(p) => {
                let (x, y) = to(p);
                builder.line_to(x, y);
            }
            PathStep::Quad([p, q]) => {
                let ((a, b), (x, y)) = (to(p), to(q));
                builder.quad_to(a, b, x, y);
            }
            PathStep::Cubic([p, q, r]) => {
                let ((a, b), (c, d), (x, y)) = (to(p), to(q), to(r));
                builder.cubic_to(a, b, c, d, x, y);
            }
            PathStep::Close => builder.close(),
        }
    }
    builder.finish()
}

/// What a line of text covers; `None` if there is nothing to see, if it begins left of the picture or above it, or if no font has a
/// sign: that is [reported](crate::plot::text::take_missing) for every picture.
pub(super) fn coverage<S: BackendTextStyle>(
    markup: &str,
    style: &S,
    at: BackendCoord,
    scale: f32,
) -> Option<Rc<Coverage>> {
    let anchor = style.anchor();
    let line = Line {
        markup: markup.to_owned(),
        face: glyph_path::face(style),
        size: style.size().to_bits(),
        turn: discriminant(&style.transform()),
        anchor: (discriminant(&anchor.h_pos), discriminant(&anchor.v_pos)),
        at,
        scale: scale.to_bits(),
    };
    KNOWN.with_borrow_mut(|known| {
        if let Some(coverage) = known.lines.get(&line) {
            return coverage.clone();
        }
        let set = text::set(markup, style.size() * STEP, line.face);
        let is_code_point = |placed: &PlacedGlyph| matches!(placed.glyph, Glyph::Frame { .. });
        if set.glyphs.iter().any(is_code_point) {
            return None;
        }
        let path = outline(markup, style, at, scale);
        let coverage = path.and_then(|path| Coverage::of(&path)).map(Rc::new);
        let pixels = coverage
            .as_ref()
            .map_or(0, |coverage| coverage.shares.len());
        if known.pixels + pixels > KEPT {
            *known = Known::default();
        }
        known.pixels += pixels + line.markup.len();
        known.lines.insert(line, coverage.clone());
        coverage
    })
}

impl Coverage {
    fn of(path: &Path) -> Option<Self> {
        let bounds = path.bounds();
        if bounds.left() < 0.0 || bounds.top() < 0.0 {
            return None;
        }
        let (left, top) = (bounds.left().floor(), bounds.top().floor());
        let size = |from: f32, to: f32| (to.ceil() - from).max(1.0) as u32;
        let (width, height) = (size(left, bounds.right()), size(top, bounds.bottom()));
        let mut mask = Mask::new(width, height)?;
        // By whole pixels, so that every edge stays where it is but for the rounding of `f32`, which is finer here.
        let moved = Transform::from_translate(-left, -top);
        mask.fill_path(path, FillRule::Winding, true, moved);
        Some(Self {
            left: left as u32,
            top: top as u32,
            width,
            shares: mask.take(),
        })
    }

    /// Is it wholly on a picture of this size?
    pub(super) fn is_on(&self, picture: &Pixmap) -> bool {
        let height = self.shares.len() as u32 / self.width;
        self.left + self.width <= picture.width() && self.top + height <= picture.height()
    }

    /// Puts a colour where it covers, which [`is on`](Self::is_on) the picture, as tiny-skia fills the outlines.
    pub(super) fn paint(&self, picture: &mut Pixmap, (r, g, b): (u8, u8, u8)) {
        let (above, columns) = ([r, g, b, 255], picture.width() as usize);
        let pixels = picture.data_mut().as_chunks_mut::<4>().0;
        let rows = pixels
            .chunks_exact_mut(columns)
            .skip(self.top as usize)
            .zip(self.shares.chunks_exact(self.width as usize));
        for (row, shares) in rows {
            let row = &mut row[self.left as usize..][..shares.len()];
            for (pixel, &share) in row.iter_mut().zip(shares) {
                for (below, above) in pixel.iter_mut().zip(above) {
                    let [below_share, share] = [255 - share, share].map(u16::from);
                    let mixed = u16::from(*below) * below_share + u16::from(above) * share;
                    *below = ((mixed + 255) >> 8) as u8;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::style::text_anchor::Pos;
    use plotters::style::{BLACK, IntoFont, TextStyle};
    use proptest::prelude::*;
    use tiny_skia::Paint;

    proptest! {
        #[test]
        fn texts_are_painted_as_their_outlines_are_filled(
            markup in prop::sample::select(vec!["epoch 37: embedding", "$W_h x + b$", "−0.5", "σ", ""]),
            at in (-200i32..1600, -200i32..800),
            size in 90f64..400.0,
            scale in prop::sample::select(vec![1.0f32, 1.5, 2.0]),
            quarters in 0usize..3,
            (r, g, b) in any::<(u8, u8, u8)>(),
            seed in any::<u8>(),
            on_paper in any::<bool>(),
        ) {
            let turn = [FontTransform::None, FontTransform::Rotate90, FontTransform::Rotate270];
            let turn = turn[quarters].clone();
            let font = ("sans-serif", size).into_font().transform(turn);
            let style = TextStyle::from(font).pos(Pos::new(HPos::Center, VPos::Center)).color(&BLACK);
            let mut by_outline = Pixmap::new(150, 60).unwrap();
            for (i, pixel) in by_outline.data_mut().as_chunks_mut::<4>().0.iter_mut().enumerate().filter(|_| on_paper) {
                *pixel = [i as u8 ^ seed, (i / 3) as u8, seed, 255];
            }
            let before = by_outline.clone();
            let Some(path) = outline(markup, &style, at, scale) else {
                prop_assert!(coverage(markup, &style, at, scale).is_none());
                return Ok(());
            };
            let mut paint = Paint::default();
            paint.set_color_rgba8(r, g, b, 255);
            by_outline.fill_path(&path, &paint, FillRule::Winding, Transform::identity(), None);
            // The second time it is known.
            for _ in 0..2 {
                let coverage = coverage(markup, &style, at, scale);
                if let Some(coverage) = coverage.filter(|coverage| coverage.is_on(&before)) {
                    let mut painted = before.clone();
                    coverage.paint(&mut painted, (r, g, b));
                    prop_assert!(painted == by_outline);
                } else {
                    let bounds = path.bounds();
                    let inside = bounds.left() >= 0.0 && bounds.top() >= 0.0 && bounds.right() <= 150.0 && bounds.bottom() <= 60.0;
                    prop_assert!(!inside);
                }
            }
        }
    }

    #[test]
    fn what_no_font_has_is_set_for_every_picture() {
        let style = TextStyle::from(("sans-serif", 200.0).into_font()).color(&BLACK);
        let at = (160, 160);
        assert!(coverage("a", &style, at, 1.0).is_some());
        assert!(outline("a\u{10FFFD}", &style, at, 1.0).is_some());
        assert!(coverage("a\u{10FFFD}", &style, at, 1.0).is_none());
    }
}
