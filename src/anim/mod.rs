//! Animations: from a picture per moment to GIF, APNG, MP4 or numbered PNG files.
//!
//! ```text
//! Timeline -> Moment -> render (yours) -> Frame -> Palette -> changes -> GIF, APNG
//!                                           \----------------------> MP4, PNG files
//! ```
//!
//! A [`Timeline`] says what a frame shows: which movement, and how far along its [`Easing`]; a
//! pause shows one picture for longer. [`write_animation`] asks for each picture once, in
//! parallel, batch by batch, and streams it to every [`Format`] wanted. This module knows nothing
//! of networks or plots: it takes finished pictures.
//!
//! GIF and APNG share one [`Palette`] for the whole animation and store only what changes from
//! frame to frame, which makes them several times smaller, and faster to encode, than a palette
//! per frame. A GIF is moreover a little coarser while things move, so that it is half as large: what that means, and how to
//! have it exact, is said at [`write_animation`]. Compression runs in parallel, and the bytes do not depend on the number of threads.

mod apng;
mod batch;
mod blocks;
mod costs;
mod delta;
mod dictionary;
mod easing;
mod format;
mod gif;
mod leeway;
mod lzw;
mod mp4;
mod options;
mod palette;
mod png_frames;
mod quantise;
mod settle;
mod timeline;
mod write;

pub use easing::Easing;
pub use format::Format;
pub use mp4::{Sampling, is_at_hand};
pub use options::Options;
pub use palette::Palette;
pub use timeline::{Moment, Segment, Shot, Timeline};
pub use write::write_animation;
