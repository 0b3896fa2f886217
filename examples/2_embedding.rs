//! Hooks the embedding while the network trains and animates what it saw (item A13).
//!
//! `cargo run --release --example 2_embedding`

use std::path::Path;

use foldspace::anim::{Format, Options, Timeline, write_animation};
use foldspace::capture::Recorder;
use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures::{Stage, Training};
use foldspace::model;
use foldspace::plot::{Figure, Theme};

fn main() -> Result<()> {
    let config = Config::parse(include_str!("../configs/moons.toml"), "moons.toml", &[])?;
    let split = config.data.load_split(config.seed, Path::new("."))?;
    let device = device::open(Backend::Flex)?;
    let inputs = model::upload(split.train.features.as_ref(), &device.clone().autodiff());

    let mut trainer = config.trainer(&split, &device)?;
    let mut stages = Vec::new();
    while let Some(report) = trainer.next_epoch()? {
        // The hook: everything that passes "embedding" in this forward pass.
        let mut recorder = Recorder::new(["embedding"]);
        trainer.model().forward_with(inputs.clone(), &mut recorder);
        if let Some(embedding) = recorder.value("embedding") {
            stages.push(Stage {
                epoch: report.metrics.epoch,
                network: trainer.frozen(),
                embedding: model::download(embedding),
                accuracy: report.metrics.test_accuracy,
            });
        }
    }

    let views = Training::new(split.train, stages)?;
    let timeline = Timeline::steps(views.stages().len(), 25, 2.0)?;
    let path = Path::new("artifacts/examples/embedding");
    let draw = |step| Ok(Figure::new("").size(560, 560).panel(views.embedding(step)?));
    let files = write_animation(
        path,
        &[Format::Gif],
        &Options::default(),
        &timeline,
        |moment| draw(moment.step)?.to_frame(&Theme::LIGHT, 1.0),
    )?;
    println!("{}", files[0].display());
    Ok(())
}
