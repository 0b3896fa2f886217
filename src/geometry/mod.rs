//! What a network does to space: is it separable yet, where is the boundary, how is the plane bent.
//!
//! Points are rows of a [`faer::Mat<f64>`] (n x d); classes are `usize` labels 0 and 1. Everything is plain `f64`
//! and deterministic: no device, no random numbers, no dependence on the number of threads.

pub mod alpha;
pub mod best_line;
pub mod black_box;
pub mod border_paths;
pub mod borders;
pub mod boundary;
pub mod bounds;
mod bracket;
pub mod certificate;
pub mod certified_curve;
pub mod complex;
pub mod enclosure;
pub mod exact;
pub mod flow;
pub mod fold_curve;
pub mod folds;
pub mod hull;
pub mod interval;
pub mod jacobian;
pub mod journey;
pub mod line_bounds;
pub mod linking;
pub mod nearest;
pub mod probe;
pub mod rips;
pub mod separability;
pub mod slice;
mod slope;
mod stretch;
pub mod topology;
pub mod view;
pub mod warp;
pub mod width;

pub use alpha::{Alpha, Bar};
pub use best_line::{BestLine, best_line};
pub use black_box::{BlackBox, black_box};
pub use borders::class_borders;
pub use boundary::{Polyline, Sampling, height_over_plane, level_set, pull_back};
pub use bounds::Bounds;
pub use certified_curve::{CertifiedCurve, certified_pull_back};
pub use complex::{AffineMap, Complex, PlaneCounts, plane_counts};
pub use flow::{LayerFlow, Stage};
pub use fold_curve::{FoldCurve, fold_curve};
pub use folds::{Folds, length_factors};
pub use jacobian::{jacobian, stretch};
pub use journey::{Journey, Step};
pub use probe::{Probe, Prober};
pub use rips::{betti, rips};
pub use separability::{Separability, linear_separability, separability_from};
pub use slice::Slice;
pub use stretch::mean_stretch;
pub use topology::{ClassTopology, Topology, topology};
pub use view::View;
pub use warp::Grid;
pub use width::{Enclosure, WidthWarning, enclosure, width_warning};
