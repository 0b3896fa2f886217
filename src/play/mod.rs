//! A network to play with: the native engine trains, a page in the browser draws.
//!
//! [`Lab`] is what is played with: a network in training, its past, and the branches that were left. Every [`Change`] to
//! it is written into a [`Log`], and a log that is played again leads to the same bits, for nothing in a lab depends on
//! time. Around it stand a thread that trains (`studio`), what the page is sent (`scene`; of a large network what a `look` at it
//! finds, by `sight`), and a server on loopback (`server`, its connections in `visit`, `http`, `websocket`).

mod apply;
mod bounds;
pub(crate) mod change;
mod fit;
#[doc(hidden)]
pub mod http;
mod images;
pub(crate) mod lab;
mod look;
mod parts;
mod past;
mod request;
mod save;
#[doc(hidden)]
pub mod scene;
pub(crate) mod server;
mod shares;
mod sight;
mod studio;
mod table;
mod visit;
#[doc(hidden)]
pub mod websocket;
mod wish;

pub use change::{Change, Log, Point, Step};
pub use lab::{Lab, Notes};
pub use server::{MOST_CONNECTIONS, Server};

/// The most samples that are played with.
pub const MOST_SAMPLES: usize = 10_000;

/// The most parameters of a network that is played with.
pub const MOST_PARAMETERS: usize = 1_000_000;

/// The most weights that a page computes with, all of them for every picture. Of a network with more it is sent what it draws.
pub const MOST_WEIGHTS: usize = 50_000;

/// The most units of a layer of such a network.
pub const MOST_UNITS: usize = 4_096;

/// The most epochs of one branch. What a saved run needs of each is kept, some 200 bytes.
pub const MOST_EPOCHS: usize = 100_000;

/// The bytes of the largest message from the page.
pub const MOST_BYTES: usize = 1 << 20;
