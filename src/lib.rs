//! foldspace shows what a neural network is: matrices that rotate, scale, shear and lift space, and activations that
//! bend it, until a straight line separates what was tangled.
//!
//! The data flows one way, and the modules follow it:
//!
//! ```text
//! config -> data -> model -> train -> capture -> linalg, geometry -> plot, anim -> figures -> blog
//! ```
//!
//! A network trained, hooked and looked at:
//!
//! ```
//! use foldspace::config::Config;
//! use foldspace::device::{self, Backend};
//! use foldspace::figures;
//! use foldspace::geometry::Bounds;
//! use foldspace::plot::{Figure, Theme};
//!
//! let config = Config::parse(
//!     "[data]
//!      name = 'moons'
//!      samples = 100
//!
//!      [model]
//!      layers = [
//!          { units = 16, activation = 'tanh' },
//!          { units = 2, activation = 'tanh', name = 'embedding' },
//!          { units = 1, activation = 'sigmoid' },
//!      ]
//!
//!      [train]
//!      epochs = 20
//!      batch_size = 10
//!      loss = 'bce'
//!      optimizer = { name = 'adam', lr = 0.02 }",
//!     "example.toml",
//!     &[],
//! )?;
//! let split = config.data.load_split(config.seed, ".".as_ref())?;
//! let device = device::open(Backend::Flex)?;
//! let mut trainer = config.trainer(&split, &device)?;
//! let mut accuracy = None;
//! while let Some(epoch) = trainer.next_epoch()? {
//!     accuracy = epoch.metrics.test_accuracy;
//! }
//! assert!(accuracy > Some(0.8));
//!
//! let bounds = Bounds::around(split.train.features.as_ref(), 0.1)?;
//! let picture = figures::boundary(&trainer.frozen(), &split.train, bounds)?;
//! let svg = Figure::new("The decision boundary").panel(picture).to_svg(&Theme::LIGHT)?;
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), foldspace::error::Error>(())
//! ```
//!
//! Matrices in signatures are [`faer`]'s, devices and tensors [burn](https://burn.dev)'s: both are part of the promise, and a new
//! major version of either is one of this library. Hidden modules (`blog`, `cli` and their helpers) are the program's.

#![warn(missing_docs, unnameable_types, unreachable_pub)]
#![deny(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod allocator;
pub mod anim;
#[cfg(feature = "train")]
#[doc(hidden)]
pub mod blog;
pub mod capture;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
pub mod config;
pub mod data;
pub mod device;
pub mod diagnosis;
pub mod error;
pub mod evaluate;
pub mod explore;
pub mod export;
pub mod figures;
#[doc(hidden)]
pub mod file;
pub mod geometry;
pub mod inspect;
pub mod layers;
pub mod linalg;
pub mod model;
pub mod onnx;
#[cfg(feature = "cli")]
pub mod play;
pub mod plot;
pub mod random;
pub mod run;
#[doc(hidden)]
pub mod suggest;
#[cfg(feature = "train")]
pub mod sweep;
pub mod train;
#[cfg(feature = "train")]
mod workers;

#[cfg(feature = "train")]
pub use burn;
pub use faer;
