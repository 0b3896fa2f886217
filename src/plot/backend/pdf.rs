//! PDF: one page with the same drawing, byte-identical from run to run. Text is outlines, as in SVG.

use std::collections::BTreeSet;
use std::io::Write;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, TextStr};
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind,
};

use super::glyph_path::{self, PathStep};
use super::svg::IMAGE_SCALE;
use super::{Drawn, Never, STEP, SUBPIXELS};
use crate::plot::colour::Rgb;
use crate::plot::text;

/// Points (1/72 inch) per figure pixel (1/96 inch).
const POINT: f32 = 0.75;

/// A PDF of `width` x `height` figure pixels that `draw` fills.
pub fn pdf(
    (width, height): (u32, u32),
    background: Rgb,
    title: &str,
    draw: impl FnOnce(Page<'_>),
) -> Vec<u8> {
    let mut drawing = Drawing {
        content: Content::new(),
        images: Vec::new(),
        alphas: BTreeSet::new(),
    };
    let (w, h) = (width as f32 * POINT, height as f32 * POINT);
    // From here on in figure pixels, y downwards.
    drawing.content.transform([POINT, 0.0, 0.0, -POINT, 0.0, h]);
    drawing.fill_colour((background.0, background.1, background.2), 1.0);
    drawing.content.rect(0.0, 0.0, width as f32, height as f32);
    drawing.content.fill_nonzero();
    draw(Page {
        drawing: &mut drawing,
        size: (width, height),
    });
    drawing.finish([w, h], &text::plain(title))
}

/// What is on the page so far.
struct Drawing {
    content: Content,
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
    fn fill_colour(&mut self, (r, g, b): (u8, u8, u8), alpha: f64) {
        let [r, g, b] = [r, g, b].map(|c| f32::from(c) / 255.0);
        self.content.set_fill_rgb(r, g, b);
        self.opacity(alpha);
    }

    fn stroke_style(&mut self, colour: BackendColor, width: u32) {
        let (r, g, b) = colour.rgb;
        let [r, g, b] = [r, g, b].map(|c| f32::from(c) / 255.0);
        self.content
            .set_stroke_rgb(r, g, b)
            .set_line_width((f64::from(width) * STEP) as f32)
            .set_line_cap(LineCapStyle::RoundCap)
            .set_line_join(LineJoinStyle::RoundJoin);
        self.opacity(colour.alpha);
    }

    fn opacity(&mut self, alpha: f64) {
        let alpha = (alpha.clamp(0.0, 1.0) * 255.0).round() as u8;
        self.alphas.insert(alpha);
        self.content
            .set_parameters(Name(format!("A{alpha}").as_bytes()));
    }

    fn polyline(&mut self, points: impl IntoIterator<Item = BackendCoord>) {
        for (i, (x, y)) in points.into_iter().enumerate() {
            let (x, y) = (pixels(x), pixels(y));
            if i == 0 {
                self.content.move_to(x, y);
            } else {
                self.content.line_to(x, y);
            }
        }
    }

    /// Four arcs of Bézier curves, off a true circle by 0.03 % of the radius.
    fn circle(&mut self, [x, y]: [f32; 2], r: f32) {
        const K: f32 = 0.552_285;
        let k = K * r;
        self.content
            .move_to(x + r, y)
            .cubic_to(x + r, y + k, x + k, y + r, x, y + r)
            .cubic_to(x - k, y + r, x - r, y + k, x - r, y)
            .cubic_to(x - r, y - k, x - k, y - r, x, y - r)
            .cubic_to(x + k, y - r, x + r, y - k, x + r, y)
            .close_path();
    }

    fn finish(self, [width, height]: [f32; 2], title: &str) -> Vec<u8> {
        let mut pdf = Pdf::new();
        let [catalog, pages, page_id, contents, info] = [1, 2, 3, 4, 5].map(Ref::new);
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page_id]).count(1);
        let mut next = 6;
        let mut reference = || {
            next += 1;
            Ref::new(next - 1)
        };
        let states: Vec<(String, u8, Ref)> = self
            .alphas
            .iter()
            .map(|&alpha| (format!("A{alpha}"), alpha, reference()))
            .collect();
        let images: Vec<(String, Ref, Ref)> = (0..self.images.len())
            .map(|k| (format!("I{k}"), reference(), reference()))
            .collect();
        let mut page = pdf.page(page_id);
        page.media_box(Rect::new(0.0, 0.0, width, height));
        page.parent(pages).contents(contents);
        let mut resources = page.resources();
        let mut graphics = resources.ext_g_states();
        for (name, _, id) in &states {
            graphics.pair(Name(name.as_bytes()), *id);
        }
        graphics.finish();
        let mut objects = resources.x_objects();
        for (name, id, _) in &images {
            objects.pair(Name(name.as_bytes()), *id);
        }
        objects.finish();
        resources.finish();
        page.finish();
        for (_, alpha, id) in &states {
            let alpha = f32::from(*alpha) / 255.0;
            pdf.ext_graphics(*id)
                .stroking_alpha(alpha)
                .non_stroking_alpha(alpha);
        }
        for (image, (_, id, mask)) in self.images.iter().zip(&images) {
            image.write(&mut pdf, *id, *mask);
        }
        let content = self.content.finish();
        pdf.stream(contents, &deflated(content.as_slice()))
            .filter(Filter::FlateDecode);
        pdf.document_info(info)
            .title(TextStr(title))
            .creator(TextStr("foldspace"));
        pdf.finish()
    }
}

impl Image {
    fn write(&self, pdf: &mut Pdf, id: Ref, mask: Ref) {
        let (width, height) = self.size;
        let data = deflated(&self.rgb);
        let mut image = pdf.image_xobject(id, &data);
        image
            .width(width as i32)
            .height(height as i32)
            .bits_per_component(8);
        image.color_space().device_rgb();
        image.filter(Filter::FlateDecode);
        let Some(alpha) = &self.alpha else {
            return;
        };
        image.s_mask(mask);
        image.finish();
        let data = deflated(alpha);
        let mut image = pdf.image_xobject(mask, &data);
        image
            .width(width as i32)
            .height(height as i32)
            .bits_per_component(8);
        image.color_space().device_gray();
        image.filter(Filter::FlateDecode);
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn pixels(steps: i32) -> f32 {
    (f64::from(steps) * STEP) as f32
}

/// Draws onto a page.
pub struct Page<'a> {
    drawing: &'a mut Drawing,
    size: (u32, u32),
}

impl Page<'_> {
    /// Paints the path that was laid.
    fn paint(&mut self, fill: bool) {
        if fill {
            self.drawing.content.fill_nonzero();
        } else {
            self.drawing.content.stroke();
        }
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
        self.drawing
            .content
            .rect(x, y, pixels(right) - x, pixels(bottom) - y);
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
        self.drawing.content.close_path();
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
        let content = &mut self.drawing.content;
        let to = |[x, y]: [f64; 2]| (x as f32, y as f32);
        let mut pen = [0.0; 2];
        for step in path {
            match step {
                PathStep::Move(p) => {
                    content.move_to(to(p).0, to(p).1);
                    pen = p;
                }
                PathStep::Line(p) => {
                    content.line_to(to(p).0, to(p).1);
                    pen = p;
                }
                PathStep::Quad([c, p]) => {
                    // The cubic curve that is this quadratic one.
                    let control = |end: [f64; 2]| {
                        [0, 1].map(|i| end[i] + 2.0 / 3.0 * (c[i] - end[i]))
                    };
                    let ((a, b), (c, d), (x, y)) = (to(control(pen)), to(control(p)), to(p));
                    content.cubic_to(a, b, c, d, x, y);
                    pen = p;
                }
                PathStep::Cubic([p, q, r]) => {
                    let ((a, b), (c, d), (x, y)) = (to(p), to(q), to(r));
                    content.cubic_to(a, b, c, d, x, y);
                    pen = r;
                }
                PathStep::Close => {
                    content.close_path();
                }
            }
        }
        content.fill_nonzero();
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
            (f64::from(width) / IMAGE_SCALE) as f32,
            (f64::from(height) / IMAGE_SCALE) as f32,
        );
        // An image fills the unit square, y upwards.
        self.drawing
            .content
            .save_state()
            .transform([w, 0.0, 0.0, -h, pixels(x), pixels(y) + h])
            .x_object(Name(name.as_bytes()))
            .restore_state();
        Ok(())
    }
}
