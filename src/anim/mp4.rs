//! MP4 (H.264), by way of the `ffmpeg` program where it is installed.
//!
//! Colour is kept at full resolution (4:4:4), because thin coloured lines smear otherwise. Some
//! players, Apple's and Firefox among them, want 4:2:0; for those convert the file:
//! `ffmpeg -i in.mp4 -vf "pad=ceil(iw/2)*2:ceil(ih/2)*2" -pix_fmt yuv420p out.mp4`.

use super::batch::{Batch, Encoder};
use crate::error::{Error, Result};
use crate::file::Partial;
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
}

impl<'a> Mp4Encoder<'a> {
    pub(super) fn new(
        partial: &'a Partial,
        ffmpeg: &Path,
        size: (u32, u32),
        fps: u32,
    ) -> Result<Self> {
        let size = format!("{}x{}", size.0, size.1);
        let child = Command::new(ffmpeg)
            .args(["-loglevel", "error", "-y"])
            .args(["-f", "rawvideo", "-pix_fmt", "rgba", "-s", &size])
            .args(["-framerate", &fps.to_string(), "-i", "pipe:0"])
            .args(["-c:v", "libx264", "-pix_fmt", "yuv444p", "-crf", "18"])
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
        Ok(Self { partial, child })
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
            for _ in 0..shot.frames {
                let Some(pipe) = &mut self.child.stdin else {
                    return self.close();
                };
                if let Err(error) = pipe.write_all(&frame.rgba) {
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
