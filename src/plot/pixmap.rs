//! A finished picture as plain pixels, and its encoding as a PNG file in memory.
//!
//! This is the border between drawing and everything that only passes pictures on: still PNG
//! files and the animation encoders of [`crate::anim`] take nothing but a [`Frame`].

use std::borrow::Cow;

use crate::error::{Error, Result};

/// An opaque picture: 8 bits each of red, green, blue and alpha per pixel, row by row from the
/// top left corner, so that `rgba.len() == 4 * width * height`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// The pixels, four bytes each. Alpha is 255 throughout.
    pub rgba: Vec<u8>,
}

impl Frame {
    /// A picture of one colour.
    ///
    /// ```
    /// use foldspace::plot::pixmap::Frame;
    /// let frame = Frame::filled(3, 2, [255, 0, 0]);
    /// assert_eq!(frame.rgba.len(), 24);
    /// assert_eq!(frame.pixel(2, 1), [255, 0, 0]);
    /// ```
    pub fn filled(width: u32, height: u32, [red, green, blue]: [u8; 3]) -> Self {
        Self {
            width,
            height,
            rgba: [red, green, blue, 255].repeat(width as usize * height as usize),
        }
    }

    /// The colour of the pixel in column `x` and row `y`.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let at = self.offset(x, y);
        [self.rgba[at], self.rgba[at + 1], self.rgba[at + 2]]
    }

    /// Colours the pixel in column `x` and row `y`.
    ///
    /// # Panics
    /// Outside the picture.
    pub fn set_pixel(&mut self, x: u32, y: u32, colour: [u8; 3]) {
        let at = self.offset(x, y);
        self.rgba[at..at + 3].copy_from_slice(&colour);
    }

    /// Where the four bytes of a pixel start.
    fn offset(&self, x: u32, y: u32) -> usize {
        assert!(
            x < self.width && y < self.height,
            "pixel ({x}, {y}) lies outside a picture of {} x {}",
            self.width,
            self.height
        );
        4 * (y as usize * self.width as usize + x as usize)
    }
}

/// More effort takes up to twice the time to make files a twentieth smaller.
pub(crate) const PNG_EFFORT: png::DeflateCompression = png::DeflateCompression::Level(4);

/// Encodes a picture as a PNG file (8-bit RGB) that asks to be printed at `dpi` dots per inch
/// (chunk `pHYs`, in whole pixels per metre).
///
/// The same picture gives the same bytes on every machine.
///
/// # Errors
/// A picture without pixels, or a `dpi` that is not a positive number.
///
/// # Panics
/// When `rgba` does not hold `4 * width * height` bytes.
///
/// ```
/// use foldspace::plot::pixmap::{Frame, encode_png};
/// let png = encode_png(&Frame::filled(2, 2, [0, 0, 0]), 150.0)?;
/// assert_eq!(png[1..4], *b"PNG");
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn encode_png(frame: &Frame, dpi: f64) -> Result<Vec<u8>> {
    // Figures are areas of few colours, which filters make larger.
    encode(frame, dpi, png::ColorType::Rgb, png::Filter::NoFilter)
}

/// The same for ramps of colour, which filters make smaller.
///
/// # Errors
/// As [`encode_png`].
///
/// # Panics
/// As [`encode_png`].
pub(crate) fn encode_ramps(frame: &Frame, dpi: f64) -> Result<Vec<u8>> {
    encode(frame, dpi, png::ColorType::Rgb, png::Filter::Adaptive)
}

/// The same with the picture's alpha kept (8-bit RGBA, not premultiplied).
///
/// # Errors
/// As [`encode_png`].
///
/// # Panics
/// As [`encode_png`].
pub fn encode_png_with_alpha(frame: &Frame, dpi: f64) -> Result<Vec<u8>> {
    encode(frame, dpi, png::ColorType::Rgba, png::Filter::Adaptive)
}

fn encode(
    frame: &Frame,
    dpi: f64,
    colours: png::ColorType,
    filter: png::Filter,
) -> Result<Vec<u8>> {
    let pixels_per_metre = (dpi / 0.0254).round();
    if !(pixels_per_metre >= 1.0 && pixels_per_metre <= f64::from(u32::MAX)) {
        return Err(Error::invalid(
            "dpi",
            format!("{dpi} is not a resolution"),
            "give dots per inch, such as 150",
        ));
    }
    if frame.width == 0 || frame.height == 0 {
        return Err(Error::invalid(
            "picture",
            format!("{} x {} pixels hold nothing", frame.width, frame.height),
            "give a width and a height of at least 1",
        ));
    }
    assert_eq!(
        frame.rgba.len(),
        4 * frame.width as usize * frame.height as usize,
        "an RGBA picture has four bytes per pixel"
    );
    let samples: Cow<'_, [u8]> = match colours {
        png::ColorType::Rgba => frame.rgba.as_slice().into(),
        _ => {
            let pixels = frame.rgba.as_chunks::<4>().0.iter();
            let colours: Vec<[u8; 3]> = pixels.map(|&[r, g, b, _]| [r, g, b]).collect();
            colours.into_flattened().into()
        }
    };

    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, frame.width, frame.height);
    encoder.set_color(colours);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(filter);
    encoder.set_deflate_compression(PNG_EFFORT);
    encoder.set_pixel_dims(Some(png::PixelDimensions {
        xppu: pixels_per_metre as u32,
        yppu: pixels_per_metre as u32,
        unit: png::Unit::Meter,
    }));
    encoder
        .write_header()
        .and_then(|mut writer| {
            writer.write_image_data(&samples)?;
            writer.finish()
        })
        .map_err(|error| Error::io("picture", "encode as PNG")(error.into()))?;
    Ok(bytes)
}
