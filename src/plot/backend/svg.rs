//! SVG: the same drawing as text, byte-identical from run to run.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use plotters_backend::text_anchor::HPos;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
    FontTransform,
};

use super::glyph_path::{self, PathStep};
use super::{Drawn, Never, STEP, SUBPIXELS};
use crate::plot::font::Face;
use crate::plot::pixmap::{Frame, encode_png_with_alpha, encode_ramps};
use crate::plot::rgb::Rgb;
use crate::plot::text;

/// Pixels per figure pixel in embedded images.
pub(crate) const IMAGE_SCALE: f64 = 2.0;

/// How an SVG holds its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Lettering {
    /// As outlines: the same everywhere.
    #[default]
    Outlines,
    /// As text that LaTeX, Inkscape and search engines can read and edit, in the fonts of whoever opens it.
    Text,
}

/// The fonts that real text asks for, first the one that outlines are made of.
const FAMILY: &str = "Inter, 'DejaVu Sans', 'Liberation Sans', Arial, sans-serif";

/// An SVG document of `width` x `height` figure pixels that `draw` fills; `title` is what a screen reader announces.
pub(crate) fn svg(
    (width, height): (u32, u32),
    background: Rgb,
    title: &str,
    lettering: Lettering,
    draw: impl FnOnce(Svg<'_>),
) -> String {
    let Rgb(r, g, b) = background;
    let title = escape(&text::plain(title));
    let mut document = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{title}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#{r:02x}{g:02x}{b:02x}\"/>\n"
    );
    let mut group = String::new();
    draw(Svg {
        document: &mut document,
        group: &mut group,
        size: (width, height),
        lettering,
    });
    if !group.is_empty() {
        document.push_str("</g>\n");
    }
    document.push_str("</svg>\n");
    document
}

/// Draws into an SVG document. Neighbours that share a style share a group.
pub(crate) struct Svg<'a> {
    document: &'a mut String,
    /// The attributes of the open group; empty where none is open.
    group: &'a mut String,
    size: (u32, u32),
    lettering: Lettering,
}

impl Svg<'_> {
    /// Goes on in a group with these attributes.
    fn enter(&mut self, attributes: String) {
        if *self.group == attributes {
            return;
        }
        if !self.group.is_empty() {
            self.document.push_str("</g>\n");
        }
        // Writing to a String cannot fail, here and below.
        let _ = writeln!(self.document, "<g {attributes}>");
        *self.group = attributes;
    }

    fn enter_fill(&mut self, colour: BackendColor) {
        self.enter(format!(
            "fill=\"{}\"{}",
            hex(colour),
            opacity("fill", colour)
        ));
    }

    fn enter_stroke(&mut self, colour: BackendColor, width: u32) {
        self.enter(format!(
            "fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linecap=\"round\" stroke-linejoin=\"round\"{}",
            hex(colour),
            number(f64::from(width) * STEP),
            opacity("stroke", colour)
        ));
    }

    fn enter_shape<S: BackendStyle>(&mut self, style: &S, fill: bool) {
        if fill {
            self.enter_fill(style.color());
        } else {
            self.enter_stroke(style.color(), style.stroke_width());
        }
    }

    /// A line of text as text: its parts keep their cut, size and height.
    fn real_text<S: BackendTextStyle>(&mut self, markup: &str, style: &S, (x, y): BackendCoord) {
        let size = style.size() * STEP;
        let pos = style.anchor();
        let anchor = match pos.h_pos {
            HPos::Left => "start",
            HPos::Center => "middle",
            HPos::Right => "end",
        };
        let [_, base] = glyph_path::anchor_offset(pos, 0.0, size);
        let degrees = match style.transform() {
            FontTransform::None => 0,
            FontTransform::Rotate90 => 90,
            FontTransform::Rotate180 => 180,
            FontTransform::Rotate270 => 270,
        };
        let place = if degrees == 0 {
            let y = f64::from(y) * STEP + base;
            format!("x=\"{}\" y=\"{}\"", step(x), number(y))
        } else {
            let (x, y) = (step(x), step(y));
            format!(
                "transform=\"translate({x} {y}) rotate({degrees})\" y=\"{}\"",
                number(base)
            )
        };
        let _ = write!(
            self.document,
            "<text {place} font-family=\"{FAMILY}\" font-size=\"{}\" text-anchor=\"{anchor}\" xml:space=\"preserve\">",
            number(size)
        );
        let mut drop = 0.0;
        for span in text::spans(markup, glyph_path::face(style)) {
            let words = if span.boxed {
                let code = span.text.chars().next().map_or(0, u32::from);
                format!("[U+{code:04X}]")
            } else {
                escape(&span.text)
            };
            let mut look = String::new();
            if matches!(span.face, Face::SemiBold | Face::SemiBoldItalic) {
                look += " font-weight=\"600\"";
            }
            if matches!(span.face, Face::Italic | Face::SemiBoldItalic) {
                look += " font-style=\"italic\"";
            }
            if span.size < 1.0 {
                let _ = write!(look, " font-size=\"{}\"", number(span.size * size));
            }
            if span.drop != drop {
                let _ = write!(look, " dy=\"{}\"", number((span.drop - drop) * size));
                drop = span.drop;
            }
            let _ = if look.is_empty() {
                write!(self.document, "{words}")
            } else {
                write!(self.document, "<tspan{look}>{words}</tspan>")
            };
        }
        self.document.push_str("</text>\n");
    }

    fn points(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (i, (x, y)) in points.into_iter().enumerate() {
            let gap = if i == 0 { "" } else { " " };
            let _ = write!(self.document, "{gap}{},{}", step(x), step(y));
        }
    }
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = Never;

    fn get_size(&self) -> (u32, u32) {
        let (width, height) = self.size;
        (width * SUBPIXELS as u32, height * SUBPIXELS as u32)
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Drawn {
        self.draw_rect(at, (at.0 + 1, at.1 + 1), &colour, true)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.enter_stroke(style.color(), style.stroke_width());
        self.document.push_str("<polyline points=\"");
        self.points(points);
        self.document.push_str("\"/>\n");
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.enter_shape(style, fill);
        let _ = writeln!(
            self.document,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>",
            step(left),
            step(top),
            step(right - left),
            step(bottom - top)
        );
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.enter_shape(style, fill);
        let _ = writeln!(
            self.document,
            "<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>",
            step(x),
            step(y),
            step(radius as i32)
        );
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.enter_fill(style.color());
        self.document.push_str("<polygon points=\"");
        self.points(points);
        self.document.push_str("\"/>\n");
        Ok(())
    }

    /// Text becomes outlines, so that it looks the same everywhere, and a label for screen readers; or it stays text.
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        markup: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        self.enter_fill(style.color());
        if self.lettering == Lettering::Text {
            self.real_text(markup, style, (x, y));
            return Ok(());
        }
        let label = escape(&text::plain(markup));
        let _ = write!(self.document, "<path aria-label=\"{label}\" d=\"");
        let at = [f64::from(x) * STEP, f64::from(y) * STEP];
        for path_step in glyph_path::outline(markup, style, at) {
            let (letter, points): (char, &[[f64; 2]]) = match &path_step {
                PathStep::Move(p) => ('M', std::slice::from_ref(p)),
                PathStep::Line(p) => ('L', std::slice::from_ref(p)),
                PathStep::Quad(p) => ('Q', p),
                PathStep::Cubic(p) => ('C', p),
                PathStep::Close => ('Z', &[]),
            };
            self.document.push(letter);
            for (i, [x, y]) in points.iter().enumerate() {
                let gap = if i == 0 { "" } else { " " };
                let _ = write!(self.document, "{gap}{} {}", number(*x), number(*y));
            }
        }
        self.document.push_str("\"/>\n");
        Ok(())
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        markup: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Never>> {
        Ok(glyph_path::size(markup, style))
    }

    /// Embeds an image with [`IMAGE_SCALE`] pixels per figure pixel, RGB or RGBA.
    fn blit_bitmap(
        &mut self,
        (x, y): BackendCoord,
        (width, height): (u32, u32),
        bytes: &[u8],
    ) -> Drawn {
        let frame = |rgba: Vec<u8>| Frame {
            width,
            height,
            rgba,
        };
        let dpi = 96.0 * IMAGE_SCALE;
        let png = if bytes.len() == 4 * width as usize * height as usize {
            encode_png_with_alpha(&frame(bytes.to_vec()), dpi)
        } else {
            let opaque = bytes.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]);
            encode_ramps(&frame(opaque.collect()), dpi)
        };
        let Ok(png) = png else {
            return Ok(()); // an empty image: nothing to show
        };
        self.enter(String::from("image-rendering=\"auto\""));
        let _ = writeln!(
            self.document,
            "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" href=\"data:image/png;base64,{}\"/>",
            step(x),
            step(y),
            number(f64::from(width) / IMAGE_SCALE),
            number(f64::from(height) / IMAGE_SCALE),
            BASE64.encode(&png)
        );
        Ok(())
    }
}

fn hex(colour: BackendColor) -> String {
    let (r, g, b) = colour.rgb;
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn opacity(kind: &str, colour: BackendColor) -> String {
    if colour.alpha < 1.0 {
        format!(" {kind}-opacity=\"{}\"", number(colour.alpha))
    } else {
        String::new()
    }
}

fn step(steps: i32) -> String {
    number(f64::from(steps) * STEP)
}

/// At most three decimals, without trailing zeros.
fn number(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    // Adding zero turns -0 into 0.
    format!("{}", rounded + 0.0)
}

/// What XML may hold of a text; the control characters that it may not become U+FFFD.
fn escape(text: &str) -> String {
    let allowed = |c: char| {
        if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') {
            '\u{FFFD}'
        } else {
            c
        }
    };
    text.chars()
        .map(allowed)
        .collect::<String>()
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
