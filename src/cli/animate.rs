//! `foldspace animate`: a run over its epochs or through its layers.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::figure::Look;
use super::{Outcome, progress};
use crate::anim::{Format, Moment, Options, Timeline, write_animation};
use crate::error::Result;
use crate::figures;
use crate::plot::Figure;
use crate::run::Run;

/// Animate a run over its epochs or through its layers, without training again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace animate artifacts/runs/moons training\n  \
    foldspace animate artifacts/runs/moons flow --format gif,mp4 --size 900x700"
)]
pub struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// What moves.
    #[arg(default_value = "training")]
    name: Name,
    /// How to store it: gif, apng, mp4, png-frames; several with commas.
    #[arg(
        long = "format",
        default_value = "gif",
        value_delimiter = ',',
        value_name = "FORMAT"
    )]
    formats: Vec<Format>,
    /// Frames per second.
    #[arg(long, default_value_t = 25, value_name = "N")]
    fps: u32,
    #[command(flatten)]
    look: Look,
    /// Another directory for the animation; by default the run's figures/.
    #[arg(long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// Embedding and decision boundary side by side, over the epochs.
    Training,
    /// The embedding over the epochs.
    Embedding,
    /// The decision boundary over the epochs.
    Boundary,
    /// Input space moving through the layers of the trained network.
    Flow,
}

/// How long the last frame stays, in seconds.
const HOLD: f64 = 2.5;

type Draw = Box<dyn Fn(&Moment) -> Result<Figure> + Send + Sync>;

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = Run::open(&arguments.run)?;
    let (timeline, draw) = animation(&run, arguments)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| run.paths.root().join("figures"));
    let name = arguments.name.to_possible_value();
    let name = name.as_ref().map_or("animation", |value| value.get_name());
    let bar = progress::bar(timeline.shots().len() as u64, quiet, "frames");
    let paths = write_animation(
        &out.join(name),
        &arguments.formats,
        &Options::default(),
        &timeline,
        |moment| {
            let mut figure = draw(moment)?;
            if let Some((width, height)) = arguments.look.size {
                figure = figure.size(width, height);
            }
            let frame = figure.to_frame(arguments.look.theme(), 1.0);
            bar.inc(1);
            frame
        },
    )?;
    bar.finish_and_clear();
    if !quiet {
        for path in paths {
            println!("{}", path.display());
        }
    }
    Ok(())
}

fn animation(run: &Run, arguments: &Arguments) -> Result<(Timeline, Draw)> {
    let epochs = run.epochs()?;
    let axes = arguments.look.axes()?;
    if arguments.name == Name::Flow {
        let last = epochs.last().copied().unwrap_or_default();
        let flow = figures::subject(run, last, &axes)?.flow()?;
        return Ok((
            flow.timeline(arguments.fps)?,
            Box::new(move |moment| flow.draw(moment)),
        ));
    }
    let views = figures::training(run, &epochs, &axes)?;
    let timeline = Timeline::steps(epochs.len(), arguments.fps, HOLD)?;
    let draw: Draw = match arguments.name {
        Name::Embedding => Box::new(move |moment| {
            Ok(Figure::new("")
                .size(560, 560)
                .panel(views.embedding(moment.step)?))
        }),
        Name::Boundary => Box::new(move |moment| {
            Ok(Figure::new("")
                .size(640, 500)
                .panel(views.boundary(moment.step)?))
        }),
        Name::Training | Name::Flow => Box::new(move |moment| views.side_by_side(moment.step)),
    };
    Ok((timeline, draw))
}
