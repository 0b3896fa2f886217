//! What an animation asks of its encoders.

use super::mp4::Sampling;
use std::path::PathBuf;

/// How an animation is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many times GIF and APNG play; 0 (the default) means for ever.
    pub plays: u16,
    /// The program that makes MP4 files; by default `ffmpeg`, as found in `PATH`.
    pub ffmpeg: PathBuf,
    /// How finely MP4 files hold colour; by default coarsely enough that everything plays them.
    pub sampling: Sampling,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            plays: 0,
            ffmpeg: PathBuf::from("ffmpeg"),
            sampling: Sampling::default(),
        }
    }
}
