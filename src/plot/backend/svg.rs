//! SVG: the same drawing as text, byte-identical from run to run.

use std::fmt::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::glyph_path::{self, PathStep};
use super::{Drawn, Never, STEP, SUBPIXELS};
use crate::plot::colour::Rgb;
use crate::plot::pixmap::{Frame, encode_png};
use crate::plot::text;

/// Pixels per figure pixel in embedded images.
pub const IMAGE_SCALE: f64 = 2.0;

/// An SVG document of `width` x `height` figure pixels that `draw` fills; `title` is what a screen reader announces.
pub fn svg(
    (width, height): (u32, u32),
    background: Rgb,
    title: &str,
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
    });
    if !group.is_empty() {
        document.push_str("</g>\n");
    }
    document.push_str("</svg>\n");
    document
}

/// Draws into an SVG document. Neighbours that share a style share a group.
pub struct Svg<'a> {
    document: &'a mut String,
    /// The attributes of the open group; empty where none is open.
    group: &'a mut String,
    size: (u32, u32),
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

    /// Text becomes outlines, so that it looks the same everywhere, and a label for screen readers.
    fn draw_text<S: BackendTextStyle>(
        &mut self,
        markup: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        self.enter_fill(style.color());
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

    /// Embeds an RGB image with [`IMAGE_SCALE`] pixels per figure pixel.
    fn blit_bitmap(
        &mut self,
        (x, y): BackendCoord,
        (width, height): (u32, u32),
        rgb: &[u8],
    ) -> Drawn {
        let frame = Frame {
            width,
            height,
            rgba: rgb
                .chunks_exact(3)
                .flat_map(|p| [p[0], p[1], p[2], 255])
                .collect(),
        };
        let Ok(png) = encode_png(&frame, 96.0 * IMAGE_SCALE) else {
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

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
