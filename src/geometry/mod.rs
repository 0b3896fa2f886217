//! What a network does to space: is it separable yet, where is the boundary, how is the plane bent.
//!
//! Points are rows of a [`faer::Mat<f64>`] (n x d); classes are `usize` labels 0 and 1. Everything is plain `f64`
//! and deterministic: no device, no random numbers, no dependence on the number of threads.

pub(crate) mod alpha;
pub(crate) mod best_line;
pub(crate) mod black_box;
pub(crate) mod border_paths;
pub(crate) mod borders;
pub(crate) mod boundary;
pub(crate) mod bounds;
mod bracket;
pub(crate) mod certificate;
pub(crate) mod certified_curve;
pub(crate) mod complex;
pub mod enclosure;
pub mod exact;
pub(crate) mod flow;
pub(crate) mod fold_curve;
pub(crate) mod folds;
pub(crate) mod hull;
pub mod interval;
pub(crate) mod jacobian;
pub(crate) mod journey;
mod lattice;
pub(crate) mod line_bounds;
pub(crate) mod linking;
pub(crate) mod nearest;
pub(crate) mod probe;
pub(crate) mod rips;
pub(crate) mod separability;
pub(crate) mod slice;
mod slope;
mod stretch;
pub(crate) mod topology;
pub(crate) mod view;
pub(crate) mod warp;
pub(crate) mod width;

pub use alpha::{Alpha, Bar, Hole};
pub use best_line::{BestLine, best_line, correct_count};
pub use black_box::{BlackBox, black_box};
pub use border_paths::{BorderPath, border_paths};
pub use borders::class_borders;
pub use boundary::{Polyline, Sampling, height_over_plane, level_set, pull_back};
pub use bounds::Bounds;
pub use certificate::{LayerVerdict, Verdict, Witness, certify};
pub use certified_curve::{
    CertifiedCurve, SignedRegion, ValueAndSlopes, certified_level_set, certified_pull_back,
};
pub use complex::{
    AffineMap, Complex, ComplexData, ComplexSummary, Crease, Decided, Edge, EdgeData, FaceData,
    Pattern, PlaneCounts, Segment, Turn, most_cells, piecewise_linear, plane_counts,
};
pub use flow::{LayerFlow, Stage};
pub use fold_curve::{FoldCurve, fold_curve};
pub use folds::{
    Folds, Preimages, TurnShare, length_factors, planes, rim, sampled_length_factors, sheets,
    winding,
};
pub use hull::{convex_hull, corridor};
pub use jacobian::{determinant_field, jacobian, stretch};
pub use journey::{Journey, Motion, Step};
pub use line_bounds::line_bounds;
pub use linking::{Point3, linking_number, ring};
pub use nearest::{Corner, Nearest, nearest};
pub use probe::{Probe, Prober};
pub use rips::{betti, rips};
pub use separability::{CommonPoint, Separability, linear_separability, separability_from};
pub use slice::Slice;
pub use stretch::mean_stretch;
pub use topology::{ClassTopology, Topology, topology};
pub use view::{View, blend};
pub use warp::Grid;
pub use width::{Surrounding, Width, WidthWarning, surrounding, width_warning};
