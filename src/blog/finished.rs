//! What became of an item: its words and the files of its pictures.

use super::{Exhibit, Item};

/// An item with everything that became of it.
pub(super) struct Finished {
    /// Which item.
    pub item: &'static Item,
    /// Its words, tables and checks (pictures are files by now).
    pub exhibit: Exhibit,
    /// File names of still pictures, without extension, with the figures' titles and captions.
    pub stills: Vec<Still>,
    /// Animations.
    pub moving: Vec<Moving>,
    /// Pages to play with: the file's name, what opens it, and its state.
    pub players: Vec<[String; 3]>,
    /// Whether `ID-sheet.png` and `ID-sheet-dark.png` stand for it on the page's first sheet.
    pub on_sheet: bool,
}

/// A still picture on disk: `NAME.svg`, `NAME-dark.svg` and `NAME.png`. The last one stands alone and has the caption in it.
pub(super) struct Still {
    /// The name without extension.
    pub file: String,
    /// The title, for screen readers.
    pub alt: String,
    /// The caption (markup).
    pub caption: String,
    /// Width and height in pixels of 1/96 inch.
    pub size: (u32, u32),
    /// Those of `NAME-narrow.svg` and `NAME-narrow-dark.svg`, where panels stand one below the other.
    pub narrow: Option<(u32, u32)>,
    /// Whether the page shows `NAME-page.png` and `NAME-page-dark.png`, as the SVG takes long to load.
    pub heavy: bool,
}

/// An animation on disk.
pub(super) struct Moving {
    /// The files or folders with their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// The text for screen readers.
    pub alt: String,
    /// The file of the picture that stands for it until it plays.
    pub poster: String,
    /// Width and height in pixels of 1/96 inch.
    pub size: (u32, u32),
}
