//! Files read back as a viewer shows them.

use foldspace::plot::pixmap::Frame;
use std::fs;
use std::io::Cursor;
use std::path::Path;

/// The frames of a GIF as a viewer shows them, with their delays in hundredths of a second.
pub fn read_gif(path: &Path) -> Vec<(Frame, u64)> {
    let mut decoder = gif::DecodeOptions::new()
        .read_info(fs::File::open(path).unwrap())
        .unwrap();
    let palette: Vec<u8> = decoder.global_palette().unwrap().to_vec();
    let (width, height) = (u32::from(decoder.width()), u32::from(decoder.height()));
    let mut canvas = Frame::filled(width, height, [9, 9, 9]);
    let mut frames = Vec::new();
    while let Some(part) = decoder.read_next_frame().unwrap() {
        for (i, &index) in part.buffer.iter().enumerate() {
            if Some(index) != part.transparent {
                let x = u32::from(part.left) + (i % usize::from(part.width)) as u32;
                let y = u32::from(part.top) + (i / usize::from(part.width)) as u32;
                let at = 3 * usize::from(index);
                canvas.set_pixel(x, y, palette[at..at + 3].try_into().unwrap());
            }
        }
        frames.push((canvas.clone(), u64::from(part.delay)));
    }
    frames
}

/// The frames of an APNG as a viewer shows them, with their delays in seconds, and the number of
/// plays.
pub fn read_apng(path: &Path) -> (Vec<(Frame, f64)>, u32) {
    let mut decoder = png::Decoder::new(Cursor::new(fs::read(path).unwrap()));
    decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let control = reader.info().animation_control.unwrap();
    let mut canvas = Frame::filled(reader.info().width, reader.info().height, [9, 9, 9]);
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let mut frames = Vec::new();
    for _ in 0..control.num_frames {
        reader.next_frame(&mut buffer).unwrap();
        let part = *reader.info().frame_control().unwrap();
        let length = 4 * part.width as usize * part.height as usize;
        for (i, pixel) in buffer[..length].chunks_exact(4).enumerate() {
            if pixel[3] == 255 {
                let (x, y) = (i as u32 % part.width, i as u32 / part.width);
                let colour = [pixel[0], pixel[1], pixel[2]];
                canvas.set_pixel(part.x_offset + x, part.y_offset + y, colour);
            }
        }
        let delay = f64::from(part.delay_num) / f64::from(part.delay_den);
        frames.push((canvas.clone(), delay));
    }
    (frames, control.num_plays)
}

pub fn read_png(bytes: Vec<u8>) -> (Frame, Option<png::PixelDimensions>) {
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().unwrap();
    let mut rgb = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut rgb).unwrap();
    let mut frame = Frame::filled(info.width, info.height, [0, 0, 0]);
    for (pixel, rgb) in frame.rgba.chunks_exact_mut(4).zip(rgb.chunks_exact(3)) {
        pixel[..3].copy_from_slice(rgb);
    }
    (frame, reader.info().pixel_dims)
}

/// The names in a directory.
pub fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
