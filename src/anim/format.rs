//! The formats an animation can be written in.

use crate::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A way to store an animation.
///
/// ```
/// use foldspace::anim::Format;
/// use std::path::Path;
/// assert_eq!("png-frames".parse::<Format>()?, Format::PngFrames);
/// assert_eq!(Format::Apng.to_string(), "apng");
/// assert_eq!(Format::Gif.path(Path::new("out/training")), Path::new("out/training.gif"));
/// assert_eq!(Format::Gif.path(Path::new("out/v1.2.mp4")), Path::new("out/v1.2.gif"));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `NAME.gif`: plays everywhere; 255 colours.
    Gif,
    /// `NAME.apng`: plays in browsers; the same 255 colours in a smaller file.
    Apng,
    /// `NAME.mp4`: for slides and video; all colours; needs the program `ffmpeg`.
    Mp4,
    /// `NAME-frames/frame-00000.png` ...: all colours, one file per frame, for editing elsewhere.
    PngFrames,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [Self::Gif, Self::Apng, Self::Mp4, Self::PngFrames];

    /// The name that stands for it on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gif => "gif",
            Self::Apng => "apng",
            Self::Mp4 => "mp4",
            Self::PngFrames => "png-frames",
        }
    }

    /// Where an animation of this format goes, for a path with or without the extension of an
    /// animation. Other extensions are taken for a part of the name.
    pub fn path(self, path: &Path) -> PathBuf {
        let given = path.extension().and_then(|extension| extension.to_str());
        let is_ours = matches!(given, Some("gif" | "apng" | "png" | "mp4"));
        let mut whole = if is_ours {
            OsString::from(path.with_extension(""))
        } else {
            OsString::from(path)
        };
        whole.push(match self {
            Self::Gif => ".gif",
            Self::Apng => ".apng",
            Self::Mp4 => ".mp4",
            Self::PngFrames => "-frames",
        });
        PathBuf::from(whole)
    }

    /// Whether it holds indices into a palette rather than colours.
    pub(super) fn has_palette(self) -> bool {
        matches!(self, Self::Gif | Self::Apng)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| {
                Error::invalid(
                    "--format",
                    format!("{text:?} is not an animation format"),
                    format!("choose among {}", Self::ALL.map(Self::name).join(", ")),
                )
            })
    }
}
