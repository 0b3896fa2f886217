//! The one integration-test binary (linking Burn is slow): a module per subject.

mod anim;
mod architecture;
mod blog;
mod capture;
mod cli;
mod config;
mod configs;
mod data;
mod device;
mod export;
mod geometry;
mod layers;
mod layers_by_burn;
mod linalg;
mod model;
mod npz;
mod own_data;
mod parity;
mod parity_runs;
mod planes;
mod plot;
mod random;
mod regularisation;
mod run;
mod train;
mod weights_exchange;
