//! MP4 (H.264), by way of the `ffmpeg` program where it is installed.
//!
//! By default colour has half the resolution (4:2:0) and sides are even, which every browser and slide program plays. At full
//! resolution (4:4:4) thin coloured lines are sharper, and Apple's and Firefox's players refuse the file.

use super::batch::{Batch, Encoder};
use crate::error::{Error, Result};
use crate::file::Partial;
use crate::plot::pixmap::Frame;
use std::borrow::Cow;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Checks, before anything is drawn, that the program runs.
///
/// # Errors
/// It is missing or does not start.
pub(super) fn check(ffmpeg: &Path) -> Result<()> {
    let started = Command::new(ffmpeg)
        .arg("-version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match started {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(unusable(ffmpeg, &format!("it failed ({status})"))),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(unusable(ffmpeg, "it is not installed or not in PATH"))
        }
        Err(error) => Err(unusable(ffmpeg, &error.to_string())),
    }
}

/// Whether films can be made here: the program that does it runs.
pub fn is_at_hand(ffmpeg: &Path) -> bool {
    check(ffmpeg).is_ok()
}

fn unusable(ffmpeg: &Path, problem: &str) -> Error {
    Error::invalid(
        "--format mp4",
        format!("this needs the program {}, and {problem}", ffmpeg.display()),
        "install the package ffmpeg (apt, dnf, brew or winget), or choose gif or apng, which need nothing",
    )
}

/// Pipes raw pixels to `ffmpeg`.
pub(super) struct Mp4Encoder<'a> {
    partial: &'a Partial,
    child: Child,
    sampling: Sampling,
}

/// How finely a film holds colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Sampling {
    /// 4:2:0: plays everywhere; sides are even, an odd one's last row or column is there twice.
    #[default]
    Yuv420,
    /// 4:4:4: as sharp as it was drawn, in players that can.
    Yuv444,
}

impl Sampling {
    fn pixel_format(self) -> &'static str {
        match self {
            Self::Yuv420 => "yuv420p",
            Self::Yuv444 => "yuv444p",
        }
    }

    /// The sides that a picture of this size is stored with.
    pub fn size(self, (width, height): (u32, u32)) -> (u32, u32) {
        match self {
            Self::Yuv420 => (width.next_multiple_of(2), height.next_multiple_of(2)),
            Self::Yuv444 => (width, height),
        }
    }

    /// The pixels of a picture at [`size`](Self::size): its last column and row are repeated where one is missing.
    pub fn pixels(self, frame: &Frame) -> Cow<'_, [u8]> {
        let (width, height) = self.size((frame.width, frame.height));
        if (width, height) == (frame.width, frame.height) {
            return Cow::Borrowed(&frame.rgba);
        }
        let mut pixels = Vec::with_capacity(4 * width as usize * height as usize);
        let rows = frame.rgba.chunks_exact(4 * frame.width as usize);
        let last = rows.clone().next_back().into_iter();
        for row in rows.chain(last).take(height as usize) {
            pixels.extend_from_slice(row);
            if width > frame.width {
                pixels.extend_from_slice(&row[row.len() - 4..]);
            }
        }
        Cow::Owned(pixels)
    }
}

impl<'a> Mp4Encoder<'a> {
    pub(super) fn new(
        partial: &'a Partial,
        ffmpeg: &Path,
        sampling: Sampling,
        size: (u32, u32),
        fps: u32,
    ) -> Result<Self> {
        let (width, height) = sampling.size(size);
        let size = format!("{width}x{height}");
        let child = Command::new(ffmpeg)
            .args(["-loglevel", "error", "-y"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-s", &size])
            .args(["-framerate", &fps.to_string(), "-i", "pipe:0"])
            .args([
                "-c:v",
                "libx264",
                "-pix_fmt",
                sampling.pixel_format(),
                "-crf",
                "17",
            ])
            // Half the work of the slower presets; colours, which those treat better, are given more bits.
            .args(["-preset", "veryfast", "-x264-params", "chroma-qp-offset=-3"])
            // RGB to YUV as players convert it back, and the file says so.
            .args([
                "-vf",
                "scale=out_color_matrix=bt709:out_range=tv:flags=accurate_rnd",
            ])
            .args(["-colorspace", "bt709", "-color_primaries", "bt709"])
            .args(["-color_trc", "bt709", "-color_range", "tv"])
            // A fixed number of threads and no version stamps: the same bytes on every machine
            // with the same ffmpeg.
            .args([
                "-threads",
                "4",
                "-fflags",
                "+bitexact",
                "-flags:v",
                "+bitexact",
            ])
            .args(["-movflags", "+faststart", "-f", "mp4"])
            .arg(partial.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| unusable(ffmpeg, &error.to_string()))?;
        Ok(Self {
            partial,
            child,
            sampling,
        })
    }

    /// Closes the pipe, waits, and turns what `ffmpeg` complained about into an error.
    fn close(&mut self) -> Result<()> {
        drop(self.child.stdin.take());
        let mut complaint = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            // What cannot be read is left out of a message that is given in any case.
            let _ = stderr.read_to_string(&mut complaint);
        }
        let status = self
            .child
            .wait()
            .map_err(Error::io(self.partial.target(), "write"))?;
        if status.success() {
            return Ok(());
        }
        Err(Error::invalid(
            self.partial.target().display().to_string(),
            format!("ffmpeg failed ({status}): {}", complaint.trim()),
            "check that this ffmpeg has libx264, or choose gif or apng, which need nothing",
        ))
    }
}

impl Encoder for Mp4Encoder<'_> {
    fn push(&mut self, batch: &Batch) -> Result<()> {
        for (frame, shot) in batch.frames.iter().zip(batch.shots) {
            let pixels = self.sampling.pixels(frame);
            for _ in 0..shot.frames {
                let Some(pipe) = &mut self.child.stdin else {
                    return self.close();
                };
                if let Err(error) = pipe.write_all(&pixels) {
                    // It gave up: its own complaint says more than the broken pipe.
                    self.close()?;
                    return Err(Error::io(self.partial.target(), "write")(error));
                }
            }
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<()> {
        self.close()
    }
}

impl Drop for Mp4Encoder<'_> {
    fn drop(&mut self) {
        // Both fail, as they should, once it has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
