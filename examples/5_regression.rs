//! Post C's example with the losses that PyTorch prints for it (item C4).
//!
//! `cargo run --release --example 5_regression`

use std::path::Path;

use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures::{Series, history};
use foldspace::plot::{Figure, Scale, Theme};
use foldspace::train::Trainer;

fn main() -> Result<()> {
    let config = Config::parse(
        include_str!("../configs/quadratic.toml"),
        "quadratic.toml",
        &[],
    )?;
    let data = config.data.load(config.seed, Path::new("."))?;
    let device = device::open(Backend::Flex)?;
    let mut trainer = Trainer::new(
        &config.train,
        &config.model,
        &data,
        None,
        config.seed,
        &device,
    )?;
    let mut losses = Vec::new();
    while let Some(report) = trainer.next_epoch()? {
        losses.push(report.metrics.train_loss);
        if report.metrics.epoch % 50 == 0 {
            println!(
                "Epoch [{}/{}], Loss: {:.4}",
                report.metrics.epoch, config.train.epochs, report.metrics.train_loss
            );
        }
    }

    let mut panel = history(&[Series::from_first("training loss (MSE)", losses)], "loss");
    panel.y.scale = Scale::Log;
    let path = Path::new("artifacts/examples/regression.svg");
    Figure::new("Training loss")
        .size(700, 460)
        .panel(panel)
        .save(path, &Theme::LIGHT, 192.0)?;
    println!("{}", path.display());
    Ok(())
}
