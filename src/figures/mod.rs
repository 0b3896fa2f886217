//! Pictures of networks: what `figure`, `animate` and `reproduce` draw, each from plain matrices.
//!
//! A file per kind of picture. Every function takes a [`Frozen`](crate::model::Frozen) network, data, or metrics, and
//! returns a [`Panel`](crate::plot::Panel) or a [`Figure`](crate::plot::Figure); nothing here trains or opens a device.

mod betti;
mod black_box;
mod boundary;
mod camera;
mod catalogue;
mod confusion;
mod decision;
mod embedding;
mod field;
mod film;
mod filters;
mod flow;
mod folds;
mod grid;
mod history;
mod input_plane;
mod layer;
mod learning;
mod legs;
mod name;
mod network;
mod one_feature;
mod paper;
mod prediction;
mod probes;
mod pullback;
mod readout;
mod regions;
mod run_regions;
mod scatter;
mod subject;
#[cfg(feature = "train")]
mod sweep;
mod topology;
mod topology_table;
mod training;
mod turns;
mod weights;
mod written;

pub use betti::{BettiCurve, betti_csv, betti_curves, betti_figure, betti_of_run};
pub use black_box::{BlackBoxLook, black_box_boundary, black_box_figure};
pub use boundary::{boundary, boundary_curves, boundary_on};
pub use camera::window as flow_window;
pub use catalogue::{scores, subject, training};
pub use confusion::confusion;
pub use embedding::{Embedding, embedding, embedding_bounds};
pub use field::decision_field;
pub use film::{Film, Judged};
pub use flow::{Beside, Flow};
pub use folds::{FoldNumbers, FoldPicture, LayerFolds, fold_table, folds_figure, layers_to};
pub use grid::{grid_lines, warped, warped_by};
pub use history::{Series, history};
pub use input_plane::{InputAxes, InputPlane};
pub use name::Name;

pub use one_feature::OneFeature;
pub use prediction::residuals_of;
pub use probes::{ProbeRow, Probes};
pub use pullback::{PullBack, pullback_figure, pullback_panels};
pub use readout::Readout;
pub use regions::{Tint, moved_regions, regions, regions_figure};
pub use run_regions::{RegionsRow, RunRegions, regions_csv};
pub use scatter::{data, plane, plane_points};
pub use subject::{Subject, decides, of_network};
#[cfg(feature = "train")]
pub use sweep::sweep;
pub use topology::{decided_panel, topology_figure};
pub use training::{Stage, Training};
pub use turns::Turns;
pub use weights::{spectrum, weight_matrix};

/// The cells along each side of a sampled field; its picture blends between them.
pub(crate) const FIELD_CELLS: usize = 64;

/// The cells along each side of the lattice that boundaries are traced on.
pub(crate) const BOUNDARY_CELLS: usize = 64;
