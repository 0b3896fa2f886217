//! PDF: one page with the same drawing, byte-identical from run to run. Text is outlines, as in SVG.

use std::collections::BTreeSet;
use std::fmt::Write;

use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::glyph_path::{self, PathStep};
use super::pdf_objects::{Objects, number, string};
use super::svg::IMAGE_SCALE;
use super::{Drawn, Never, STEP, SUBPIXELS};
use crate::plot::rgb::Rgb;
use crate::plot::text;

/// Points (1/72 inch) per figure pixel (1/96 inch).
const POINT: f64 = 0.75;

/// A PDF of `width` x `height` figure pixels that `draw` fills.
pub(crate) fn pdf(
    (width, height): (u32, u32),
    background: Rgb,
    title: &str,
    draw: impl FnOnce(Page<'_>),
) -> Vec<u8> {
    let mut drawing = Drawing {
        content: String::new(),
        images: Vec::new(),
        alphas: BTreeSet::new(),
    };
    let size = [width, height].map(|side| f64::from(side) * POINT);
    // From here on in figure pixels, y downwards.
    drawing.operator(&[POINT, 0.0, 0.0, -POINT, 0.0, size[1]], "cm");
    drawing.fill_colour((background.0, background.1, background.2), 1.0);
    drawing.operator(&[0.0, 0.0, f64::from(width), f64::from(height)], "re");
    drawing.operator(&[], "f");
    draw(Page {
        drawing: &mut drawing,
        size: (width, height),
    });
    drawing.finish(size, &text::plain(title))
}

/// What is on the page so far.
struct Drawing {
    content: String,
    images: Vec<Image>,
    /// How opaque, in 255ths, for filling and stroking alike.
    alphas: BTreeSet<u8>,
}

struct Image {
    size: (u32, u32),
    rgb: Vec<u8>,
    alpha: Option<Vec<u8>>,
}

impl Drawing {
    /// An operator after its operands (ISO 32000-1, annex A).
    fn operator(&mut self, operands: &[f64], name: &str) {
        for &operand in operands {
            self.content.push_str(&number(operand));
            self.content.push(' ');
        }
        self.content.push_str(name);
        self.content.push('\n');
    }

    fn fill_colour(&mut self, (r, g, b): (u8, u8, u8), alpha: f64) {
        self.operator(&[r, g, b].map(|c| f64::from(c) / 255.0), "rg");
        self.opacity(alpha);
    }

    fn stroke_style(&mut self, colour: BackendColor, width: u32) {
        let (r, g, b) = colour.rgb;
        self.operator(&[r, g, b].map(|c| f64::from(c) / 255.0), "RG");
        self.operator(&[f64::from(width) * STEP], "w");
        // Round caps and joins.
        self.operator(&[1.0], "J");
        self.operator(&[1.0], "j");
        self.opacity(colour.alpha);
    }

    fn opacity(&mut self, alpha: f64) {
        let alpha = (alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.alphas.insert(alpha);
        // Writing to a String cannot fail.
        let _ = writeln!(self.content, "/A{alpha} gs");
    }

    fn polyline(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (i, (x, y)) in points.into_iter().enumerate() {
            let name = if i == 0 { "m" } else { "l" };
            self.operator(&[pixels(x), pixels(y)], name);
        }
    }

    fn curve(&mut self, [p, q, r]: [[f64; 2]; 3]) {
        self.operator(&[p[0], p[1], q[0], q[1], r[0], r[1]], "c");
    }

    /// Four arcs of Bézier curves, off a true circle by 0.03 % of the radius.
    fn circle(&mut self, [x, y]: [f64; 2], r: f64) {
        const K: f64 = 0.552_285;
        let k = K * r;
        self.operator(&[x + r, y], "m");
        self.curve([[x + r, y + k], [x + k, y + r], [x, y + r]]);
        self.curve([[x - k, y + r], [x - r, y + k], [x - r, y]]);
        self.curve([[x - r, y - k], [x - k, y - r], [x, y - r]]);
        self.curve([[x + k, y - r], [x + r, y - k], [x + r, y]]);
        self.operator(&[], "h");
    }

    fn finish(self, [width, height]: [f64; 2], title: &str) -> Vec<u8> {
        let mut objects = Objects::new();
        let mut states = String::new();
        for alpha in self.alphas {
            let share = number(f64::from(alpha) / 255.0);
            let id = objects.dictionary(&format!("/Type /ExtGState /CA {share} /ca {share}"));
            let _ = write!(states, "/A{alpha} {id} 0 R ");
        }
        let mut images = String::new();
        for (k, image) in self.images.iter().enumerate() {
            let id = image.write(&mut objects);
            let _ = write!(images, "/I{k} {id} 0 R ");
        }
        let contents = objects.stream("", self.content.as_bytes());
        // The page and its tree name each other.
        let (page, pages) = (objects.next(), objects.next() + 1);
        objects.dictionary(&format!(
            "/Type /Page /Parent {pages} 0 R /MediaBox [0 0 {} {}] /Contents {contents} 0 R \
             /Resources << /ExtGState << {states}>> /XObject << {images}>> >>",
            number(width),
            number(height)
        ));
        objects.dictionary(&format!("/Type /Pages /Kids [{page} 0 R] /Count 1"));
        let catalogue = objects.dictionary(&format!("/Type /Catalog /Pages {pages} 0 R"));
        let info = objects.dictionary(&format!("/Title {} /Creator (foldspace)", string(title)));
        objects.finish(catalogue, info)
    }
}

impl Image {
    fn write(&self, objects: &mut Objects) -> usize {
        let (width, height) = self.size;
        let entries = |colours: &str| {
            format!(
                "/Type /XObject /Subtype /Image /Width {width} /Height {height} /BitsPerComponent 8 /ColorSpace /{colours}"
            )
        };
        let mask = match &self.alpha {
            Some(alpha) => {
                let id = objects.stream(&entries("DeviceGray"), alpha);
                format!(" /SMask {id} 0 R")
            }
            None => String::new(),
        };
        objects.stream(&(entries("DeviceRGB") + &mask), &self.rgb)
    }
}

fn pixels(steps: i32) -> f64 {
    f64::from(steps) * STEP
}

/// Draws onto a page.
pub(crate) struct Page<'a> {
    drawing: &'a mut Drawing,
    size: (u32, u32),
}

impl Page<'_> {
    /// Paints the path that was laid.
    fn paint(&mut self, fill: bool) {
        self.drawing.operator(&[], if fill { "f" } else { "S" });
    }

    fn ink<S: BackendStyle>(&mut self, style: &S, fill: bool) {
        let colour = style.color();
        if fill {
            self.drawing.fill_colour(colour.rgb, colour.alpha);
        } else {
            self.drawing.stroke_style(colour, style.stroke_width());
        }
    }
}

impl DrawingBackend for Page<'_> {
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
        self.ink(style, false);
        self.drawing.polyline(points);
        self.paint(false);
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        (left, top): BackendCoord,
        (right, bottom): BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.ink(style, fill);
        let (x, y) = (pixels(left), pixels(top));
        let sides = [pixels(right) - x, pixels(bottom) - y];
        self.drawing.operator(&[x, y, sides[0], sides[1]], "re");
        self.paint(fill);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        (x, y): BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.ink(style, fill);
        self.drawing
            .circle([pixels(x), pixels(y)], pixels(radius as i32));
        self.paint(fill);
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        points: I,
        style: &S,
    ) -> Drawn {
        self.ink(style, true);
        self.drawing.polyline(points);
        self.drawing.operator(&[], "h");
        self.paint(true);
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        markup: &str,
        style: &S,
        (x, y): BackendCoord,
    ) -> Drawn {
        let colour = style.color();
        let at = [f64::from(x) * STEP, f64::from(y) * STEP];
        let path = glyph_path::outline(markup, style, at);
        if path.is_empty() {
            return Ok(());
        }
        self.drawing.fill_colour(colour.rgb, colour.alpha);
        let drawing = &mut *self.drawing;
        let mut pen = [0.0; 2];
        for step in path {
            match step {
                PathStep::Move(p) => {
                    drawing.operator(&p, "m");
                    pen = p;
                }
                PathStep::Line(p) => {
                    drawing.operator(&p, "l");
                    pen = p;
                }
                PathStep::Quad([c, p]) => {
                    // The cubic curve that is this quadratic one.
                    let control =
                        |end: [f64; 2]| [0, 1].map(|i| end[i] + 2.0 / 3.0 * (c[i] - end[i]));
                    drawing.curve([control(pen), control(p), p]);
                    pen = p;
                }
                PathStep::Cubic(points) => {
                    drawing.curve(points);
                    pen = points[2];
                }
                PathStep::Close => drawing.operator(&[], "h"),
            }
        }
        drawing.operator(&[], "f");
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
        if width == 0 || height == 0 {
            return Ok(());
        }
        let has_alpha = bytes.len() == 4 * width as usize * height as usize;
        let (rgb, alpha) = if has_alpha {
            let pixels = bytes.chunks_exact(4);
            (
                pixels.clone().flat_map(|p| [p[0], p[1], p[2]]).collect(),
                Some(pixels.map(|p| p[3]).collect()),
            )
        } else {
            (bytes.to_vec(), None)
        };
        let name = format!("I{}", self.drawing.images.len());
        self.drawing.images.push(Image {
            size: (width, height),
            rgb,
            alpha,
        });
        self.drawing.opacity(1.0);
        let (w, h) = (
            f64::from(width) / IMAGE_SCALE,
            f64::from(height) / IMAGE_SCALE,
        );
        // An image fills the unit square, y upwards.
        self.drawing.operator(&[], "q");
        self.drawing
            .operator(&[w, 0.0, 0.0, -h, pixels(x), pixels(y) + h], "cm");
        self.drawing.operator(&[], &format!("/{name} Do"));
        self.drawing.operator(&[], "Q");
        Ok(())
    }
}
