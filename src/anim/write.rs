//! From moments to files: draws each picture once and hands it to every encoder.

use super::Format;
use super::apng::ApngEncoder;
use super::batch::{Batch, Encoder};
use super::gif::{self, GifEncoder};
use super::leeway::Leeway;
use super::mp4::{self, Mp4Encoder};
use super::options::Options;
use super::palette::Palette;
use super::png_frames::{self, PngFramesEncoder};
use super::settle::Settled;
use super::timeline::{Moment, Timeline};
use crate::error::{Error, Result};
use crate::file::Partial;
use crate::plot::pixmap::Frame;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The number of frames that the palette is chosen from, spread over the animation.
const SAMPLES: usize = 10;

/// How many pictures are drawn, compared and compressed at a time, at least. Memory holds no more
/// than these, the samples, and the palette's table of 16 MiB.
const BATCH: usize = 16;

/// Draws an animation and writes it in each of the given formats, to the paths that
/// [`Format::path`] makes of `path`; these are returned, in the formats' order.
///
/// `render` draws the picture of a moment. It is called once per moment ([`Timeline::shots`]),
/// whatever the number of formats, in no particular order and from several threads. The files do
/// not depend on the number of threads.
///
/// APNG, MP4 and PNG files are as exact as the format can be. So is a GIF of at most 255 colours, and any with
/// [`Options::exact_gif`]. By default a GIF of more colours leaves out what takes most of its room and is seen least: the shades
/// of edges that move, those of anti-aliasing, are off by at most 30 of 255 in a channel (20 in lightness), seen from the colour of the palette
/// that they have otherwise, and faint thin traces, at most 10 off the background, are left out. Areas, slow ramps, greys (text
/// and axes), the first and the last picture, and what stands still for a quarter of a second are as exact as otherwise.
///
/// Files appear whole or not at all: a failure, that of `render` included, leaves what was there.
///
/// # Errors
/// Those of `render`; no format; a format that cannot do it (more than 50 frames per second or
/// 65535 pixels a side in a GIF, no `ffmpeg` for MP4); a place that cannot be written to.
///
/// # Panics
/// When `render` draws pictures of different sizes, or without pixels.
///
/// ```
/// use foldspace::anim::{Format, Options, Timeline, write_animation};
/// use foldspace::plot::pixmap::Frame;
///
/// # let folder = std::env::temp_dir().join(format!("foldspace-doc-{}", std::process::id()));
/// # let path = folder.join("fade");
/// let timeline = Timeline::steps(5, 25, 1.0)?; // 5 steps, the last held for a second
/// let files = write_animation(&path, &[Format::Gif], &Options::default(), &timeline, |moment| {
///     Ok(Frame::filled(40, 30, [50 * moment.step as u8, 0, 120]))
/// })?;
/// assert_eq!(files, [path.with_extension("gif")]);
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), foldspace::error::Error>(())
/// ```
pub fn write_animation(
    path: &Path,
    formats: &[Format],
    options: &Options,
    timeline: &Timeline,
    render: impl Fn(&Moment) -> Result<Frame> + Sync,
) -> Result<Vec<PathBuf>> {
    let partials = prepare(path, formats, options, timeline)?;
    let shots = timeline.shots();
    let has_palette = partials.iter().any(|(format, _)| format.has_palette());

    let sampled = sample(shots.len(), if has_palette { SAMPLES } else { 1 });
    let samples = sampled
        .par_iter()
        .map(|&index| render(&shots[index].moment))
        .collect::<Result<Vec<Frame>>>()?;
    let size = (samples[0].width, samples[0].height);
    let palette = has_palette.then(|| Palette::from_frames(&samples));
    let leeway = palette
        .as_ref()
        .filter(|palette| {
            palette.is_reduced() && !options.exact_gif && formats.contains(&Format::Gif)
        })
        .map(|palette| Leeway::new(&samples, palette));
    let mut samples: BTreeMap<usize, Frame> = sampled.into_iter().zip(samples).collect();

    let mut encoders: Vec<Box<dyn Encoder + '_>> = Vec::with_capacity(partials.len());
    for (format, partial) in &partials {
        let fps = timeline.fps();
        encoders.push(match (format, &palette) {
            (Format::Gif, Some(palette)) => {
                let shots = shots.len();
                let leeway = leeway.as_ref();
                Box::new(GifEncoder::new(
                    partial, palette, leeway, size, shots, fps, options,
                )?)
            }
            (Format::Apng, Some(palette)) => {
                let shots = shots.len();
                Box::new(ApngEncoder::new(
                    partial, palette, size, shots, fps, options,
                )?)
            }
            (Format::Mp4, _) => Box::new(Mp4Encoder::new(
                partial,
                &options.ffmpeg,
                options.sampling,
                size,
                fps,
            )?),
            (Format::PngFrames, _) => Box::new(PngFramesEncoder::new(partial)),
            (_, None) => unreachable!("a format with a palette got none"),
        });
    }

    let mut settled = palette.as_ref().map(Settled::new);
    let mut before: Option<Vec<u8>> = None;
    let length = BATCH.max(2 * rayon::current_num_threads());
    for (number, shots) in shots.chunks(length).enumerate() {
        let drawn: Vec<Option<Frame>> = (number * length..)
            .take(shots.len())
            .map(|index| samples.remove(&index))
            .collect();
        let frames = shots
            .par_iter()
            .zip(drawn)
            .map(|(shot, drawn)| drawn.map_or_else(|| render(&shot.moment), Ok))
            .collect::<Result<Vec<Frame>>>()?;
        frames.iter().for_each(|frame| check_size(frame, size));
        let settled = settled.as_mut();
        let mut indices = settled.map_or_else(Vec::new, |settled| settled.next(&frames));
        let batch = Batch {
            shots,
            frames: &frames,
            indices: &indices,
            before: before.as_deref(),
        };
        for encoder in &mut encoders {
            encoder.push(&batch)?;
        }
        before = indices.pop();
    }

    // All are complete before the first appears.
    for encoder in encoders {
        encoder.finish()?;
    }
    partials
        .into_iter()
        .map(|(_, partial)| partial.keep())
        .collect()
}

/// Refuses what cannot work before anything is drawn, and creates the files to write to.
fn prepare(
    path: &Path,
    formats: &[Format],
    options: &Options,
    timeline: &Timeline,
) -> Result<Vec<(Format, Partial)>> {
    if formats.is_empty() {
        return Err(Error::invalid(
            "--format",
            "no format is given",
            format!("choose among {}", Format::ALL.map(Format::name).join(", ")),
        ));
    }
    let mut partials: Vec<(Format, Partial)> = Vec::new();
    for &format in formats {
        if partials.iter().any(|&(known, _)| known == format) {
            continue;
        }
        match format {
            Format::Gif => gif::check(timeline.fps())?,
            Format::Mp4 => mp4::check(&options.ffmpeg)?,
            Format::Apng | Format::PngFrames => {}
        }
        let partial = Partial::beside(&format.path(path))?;
        match format {
            Format::PngFrames => png_frames::prepare(&partial)?,
            Format::Gif | Format::Apng | Format::Mp4 => drop(partial.create()?),
        }
        partials.push((format, partial));
    }
    Ok(partials)
}

/// At most `most` of the indices below `length`, evenly spread, first and last included.
fn sample(length: usize, most: usize) -> Vec<usize> {
    let count = length.min(most);
    (0..count)
        .map(|i| i * (length - 1) / (count - 1).max(1))
        .collect()
}

fn check_size(frame: &Frame, (width, height): (u32, u32)) {
    assert!(
        width > 0
            && height > 0
            && (frame.width, frame.height) == (width, height)
            && frame.rgba.len() == 4 * width as usize * height as usize,
        "every picture of an animation is {width} x {height} pixels, and one is {} x {} in {} bytes",
        frame.width,
        frame.height,
        frame.rgba.len()
    );
}
