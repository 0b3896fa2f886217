//! Pictures as the page loads them: PNG with a palette, a third of the bytes of one in full colour.

use std::path::Path;

use crate::anim::Palette;
use crate::error::{Error, Result};
use crate::plot::pixmap::PNG_EFFORT;
use crate::plot::{Figure, Theme};

/// Writes the figure at its own size in the 255 colours that suit it best; flat colours are kept exactly.
pub(super) fn save(figure: &Figure, path: &Path, theme: &Theme) -> Result<()> {
    let frame = figure.to_frame(theme, 1.0)?;
    let palette = Palette::from_frames(std::slice::from_ref(&frame));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, figure.width, figure.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.set_deflate_compression(PNG_EFFORT);
    encoder.set_palette(palette.colours().concat());
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&palette.indices(&frame)))
        .map_err(|error| Error::io(path, "encode")(std::io::Error::other(error)))?;
    crate::file::write(path, &bytes)
}
