//! Input space in motion through a small trained network, to where a straight line separates (item D6).
//!
//! `cargo run --release --example 6_flow`

use std::path::Path;

use foldspace::anim::{Format, Options, write_animation};
use foldspace::config::Config;
use foldspace::device::{self, Backend};
use foldspace::error::Result;
use foldspace::figures::Flow;
use foldspace::plot::Theme;

const CONFIG: &str = "
    seed = 3
    [data]
    name = 'circles'
    samples = 400
    noise = 0.05
    factor = 0.4
    [model]
    layers = [
        { units = 3, activation = 'tanh' },
        { units = 2, activation = 'tanh' },
        { units = 1, activation = 'sigmoid' },
    ]
    [train]
    epochs = 80
    batch_size = 32
    loss = 'bce'
    optimizer = { name = 'adam', lr = 0.02 }
";

fn main() -> Result<()> {
    let config = Config::parse(CONFIG, "circles", &[])?;
    let split = config.data.load_split(config.seed, Path::new("."))?;
    let device = device::open(Backend::Flex)?;
    let mut trainer = config.trainer(&split, &device)?;
    while trainer.next_epoch()?.is_some() {}

    let flow = Flow::new(&trainer.frozen(), &split.train)?;
    let timeline = flow.timeline(25)?;
    let path = Path::new("artifacts/examples/flow");
    let files = write_animation(
        path,
        &[Format::Gif],
        &Options::default(),
        &timeline,
        |moment| flow.draw(moment)?.to_frame(&Theme::LIGHT, 1.0),
    )?;
    println!("{}", files[0].display());
    Ok(())
}
