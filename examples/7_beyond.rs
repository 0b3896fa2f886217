//! Geometry that nobody shows: the cells of a network, what its decision regions are made of, when each layer became
//! separable, how the matrices turned, and the shape of the data. Section E of `foldspace reproduce`.
//!
//! `cargo run --release --example 7_beyond`

use std::path::Path;

use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures::{self, Probes, Tint, Turns};
use foldspace::geometry::Decided;
use foldspace::geometry::{Bounds, Complex, topology};
use foldspace::model::Frozen;
use foldspace::plot::{Figure, Theme};

fn main() -> Result<()> {
    // As post D has it: from PyTorch's default weights.
    let weights = ["model.init=pytorch".to_owned()];
    let config = Config::parse(
        include_str!("../configs/spiral.toml"),
        "spiral.toml",
        &weights,
    )?;
    let split = config.data.load_split(config.seed, Path::new("."))?;
    let (data, labels) = (&split.train, split.train.labels().unwrap_or_default());
    let device = device::open(Backend::Flex)?;
    let mut trainer = config.trainer(&split, &device)?;
    let mut networks: Vec<Frozen> = vec![trainer.frozen()];
    while trainer.next_epoch()?.is_some() {
        networks.push(trainer.frozen());
    }
    let epochs: Vec<usize> = (0..networks.len()).collect();
    let network = &networks[networks.len() - 1];
    let window = Bounds::around(data.features.as_ref(), 0.1)?;

    let complex = Complex::new(network, window)?;
    println!("{} cells in the window of the data", complex.faces());
    save(
        "cells",
        &figures::regions_figure(network, &complex, Tint::Pattern)?,
    )?;

    let decided = Decided::new(network, window)?;
    let found = topology(&decided);
    println!(
        "the border between the classes: {} straight pieces",
        found.pieces
    );
    let panel = figures::decided_panel(&decided);
    save(
        "parts",
        &Figure::new("Decision regions").size(640, 660).panel(panel),
    )?;

    let probes = Probes::new(data.features.as_ref(), labels, &epochs, |epoch| {
        Ok(networks[epoch].clone())
    })?;
    for (site, name) in probes.sites.iter().enumerate() {
        match probes
            .of_site(site)
            .last()
            .and_then(|row| row.separable_since)
        {
            Some(since) => println!("{name}: separable since epoch {since}"),
            None => println!("{name}: not separable"),
        }
    }
    save("probes", &probes.figure())?;
    save("turns", &Turns::new(&epochs, &networks)?.figure())?;
    save(
        "betti",
        &figures::betti_figure(network, data, "After training")?,
    )
}

fn save(name: &str, figure: &Figure) -> Result<()> {
    let path = format!("artifacts/examples/beyond-{name}.svg");
    figure.save(Path::new(&path), &Theme::LIGHT, 192.0)?;
    println!("{path}");
    Ok(())
}
