//! Trains post A's network on the moons and draws its decision boundary (item A14).
//!
//! `cargo run --release --example 1_boundary`

use std::path::Path;

use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures;
use foldspace::geometry::Bounds;
use foldspace::plot::{Figure, Theme};

fn main() -> Result<()> {
    let config = Config::parse(include_str!("../configs/moons.toml"), "moons.toml", &[])?;
    let split = config.data.load_split(config.seed, Path::new("."))?;
    let device = device::open(Backend::Flex)?;
    let mut trainer = config.trainer(&split, &device)?;
    while let Some(report) = trainer.next_epoch()? {
        let metrics = report.metrics;
        if metrics.epoch % 25 == 0 {
            let accuracy = 100.0 * metrics.test_accuracy.unwrap_or(f64::NAN);
            println!(
                "epoch {:3}  loss {:.4}  held out {accuracy:.1} %",
                metrics.epoch, metrics.train_loss
            );
        }
    }

    let bounds = Bounds::around(split.train.features.as_ref(), 0.12)?;
    let panel = figures::boundary(&trainer.frozen(), &split.train, bounds)?;
    let figure = Figure::new("What the network decides")
        .caption("Colour is the probability of class 1; on the line it is one half.")
        .size(720, 540)
        .panel(panel);
    let path = Path::new("artifacts/examples/boundary.svg");
    figure.save(path, &Theme::LIGHT, 192.0)?;
    println!("{}", path.display());
    Ok(())
}
