//! What an animation asks of its encoders.

use super::mp4::Sampling;
use std::path::PathBuf;

/// How an animation is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many times GIF and APNG play; 0 (the default) means for ever.
    pub plays: u16,
    /// Whether a GIF shows every pixel in the colour of the palette that is nearest to it (`false` by
    /// default, see [`write_animation`](super::write_animation)).
    pub exact_gif: bool,
    /// The program that makes MP4 files; by default `ffmpeg`, as found in `PATH`.
    pub ffmpeg: PathBuf,
    /// How finely MP4 files hold colour; by default coarsely enough that everything plays them.
    pub sampling: Sampling,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plays: 0,
            exact_gif: false,
            ffmpeg: PathBuf::from("ffmpeg"),
            sampling: Sampling::default(),
        }
    }
}
