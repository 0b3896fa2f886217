//! From a figure to a file: SVG, PNG, or a frame of an animation.

use std::path::Path;

use super::backend::{Lettering, VECTOR_IMAGE_SCALE, pdf, raster, svg};
use super::figure::Figure;
use super::pixmap::{Frame, encode_png};
use super::render::{self, Medium};
use super::theme::Theme;
use crate::error::{Error, Result};

/// CSS pixels per inch: a figure of 640 pixels is 6.67 inches wide.
pub const PIXELS_PER_INCH: f64 = 96.0;

/// The longest side that is still drawn, in device pixels.
const LONGEST: f64 = 16_384.0;

impl Figure {
    /// The figure as an SVG document, the same bytes every time.
    ///
    /// # Errors
    /// If a side is zero or longer than 16 384 pixels.
    pub fn to_svg(&self, theme: &Theme) -> Result<String> {
        self.svg(theme, Lettering::Outlines)
    }

    /// The same with real text in place of outlines, which LaTeX and Inkscape can edit; it is shown in the fonts of whoever
    /// opens it.
    ///
    /// # Errors
    /// As [`to_svg`](Self::to_svg).
    pub fn to_svg_with_text(&self, theme: &Theme) -> Result<String> {
        self.svg(theme, Lettering::Text)
    }

    fn svg(&self, theme: &Theme, lettering: Lettering) -> Result<String> {
        self.check(1.0)?;
        let size = (self.width, self.height);
        Ok(svg(
            size,
            theme.background,
            &self.title,
            lettering,
            |backend| {
                render::draw(self, theme, Medium::Vector(VECTOR_IMAGE_SCALE), backend);
            },
        ))
    }

    /// The figure as a PDF of one page of its size, the same bytes every time.
    ///
    /// # Errors
    /// If a side is zero or longer than 16 384 pixels.
    pub fn to_pdf(&self, theme: &Theme) -> Result<Vec<u8>> {
        self.check(1.0)?;
        let size = (self.width, self.height);
        Ok(pdf(size, theme.background, &self.title, |backend| {
            render::draw(self, theme, Medium::Vector(VECTOR_IMAGE_SCALE), backend);
        }))
    }

    /// The figure as pixels, `scale` of them per figure pixel along each side.
    ///
    /// # Errors
    /// If a side is zero or longer than 16 384 pixels.
    pub fn to_frame(&self, theme: &Theme, scale: f64) -> Result<Frame> {
        self.check(scale)?;
        let size = (self.width, self.height);
        Ok(raster(size, scale, theme.background, |backend| {
            render::draw(self, theme, Medium::Pixels(scale), backend);
        }))
    }

    /// The figure as a PNG file's bytes, at `dpi` dots per inch.
    ///
    /// # Errors
    /// If a side is zero or longer than 16 384 pixels.
    pub fn to_png(&self, theme: &Theme, dpi: f64) -> Result<Vec<u8>> {
        encode_png(&self.to_frame(theme, dpi / PIXELS_PER_INCH)?, dpi)
    }

    /// Writes the figure to `path`, as SVG, PDF or PNG by its extension; `dpi` matters to PNG alone. The file appears whole
    /// or not at all.
    ///
    /// # Errors
    /// If the extension is another one, the size is out of bounds, or the file can't be written.
    pub fn save(&self, path: &Path, theme: &Theme, dpi: f64) -> Result<()> {
        let bytes = match path.extension().and_then(|e| e.to_str()) {
            Some("svg") => self.to_svg(theme)?.into_bytes(),
            Some("pdf") => self.to_pdf(theme)?,
            Some("png") => self.to_png(theme, dpi)?,
            _ => {
                let place = path.display().to_string();
                let problem = "a figure is saved as .svg, .pdf or .png";
                return Err(Error::invalid(
                    place,
                    problem,
                    "give the file one of these endings",
                ));
            }
        };
        crate::file::write(path, &bytes)
    }

    fn check(&self, scale: f64) -> Result<()> {
        let fits = |side: u32| (1.0..=LONGEST).contains(&(f64::from(side) * scale));
        if fits(self.width) && fits(self.height) {
            return Ok(());
        }
        Err(Error::invalid(
            format!(
                "figure size {} x {} at scale {scale}",
                self.width, self.height
            ),
            "a side is zero or too long",
            format!("stay between 1 and {LONGEST} pixels"),
        ))
    }
}
