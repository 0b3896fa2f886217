//! `foldspace animate`: a run over its epochs or through its layers.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::figure::Look;
use super::{Outcome, output, progress};
use crate::anim::{Format, Moment, Options, Sampling, Timeline, write_animation};
use crate::error::{Error, Result};
use crate::figures::{self, RunRegions, Tint};
use crate::plot::Figure;
use crate::run::Run;

/// Animate a run over its epochs or through its layers, without training again.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace animate artifacts/runs/moons training\n  \
    foldspace animate artifacts/runs/moons flow --format gif,mp4 --size 900x700\n  \
    foldspace animate artifacts/runs/spiral regions"
)]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// Which animation; by default training, or flow for a regression of several features.
    name: Option<Name>,
    /// How to store it: gif, apng, mp4, png-frames; several with commas.
    #[arg(
        long = "format",
        default_value = "gif",
        value_delimiter = ',',
        value_name = "FORMAT"
    )]
    formats: Vec<Format>,
    /// Frames per second; by default 25, but 15 for `flow` as a GIF alone.
    #[arg(long, value_name = "N")]
    fps: Option<u32>,
    /// A GIF with every pixel in the nearest of 255 colours, even while things move: up to half as large again.
    #[arg(long)]
    exact: bool,
    /// MP4 at full colour resolution (4:4:4): sharper thin lines, but Apple's and Firefox's players refuse it.
    #[arg(long)]
    full_colour: bool,
    #[command(flatten)]
    look: Look,
    /// What the colour of a cell shows, in `regions`: pattern, area, slope or determinant.
    #[arg(long, default_value = "pattern", value_name = "NAME")]
    tint: Tint,
    /// The layer whose plane `folds` shows, by name or by its number from 0; by default the last of two units.
    #[arg(long, value_name = "L")]
    layer: Option<String>,
    /// Another directory for the animation; by default the run's figures/.
    #[arg(short, long, value_name = "DIRECTORY")]
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
    /// The cells of a piecewise linear network over the epochs.
    Regions,
    /// What the network turns over and crushes, over the epochs.
    Folds,
    /// The line that separates, pulled back through every layer, over the epochs.
    Pullback,
    /// What every weight matrix stretches, and by how much, over the epochs.
    Turns,
}

/// How long the last frame stays, in seconds.
const HOLD: f64 = 2.5;

type Draw = Box<dyn Fn(&Moment) -> Result<Figure> + Send + Sync>;

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let wanted = match arguments.name {
        Some(name) => name,
        None => fitting(&run)?,
    };
    let (timeline, draw) = animation(&run, arguments, wanted)?;
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| run.paths.root().join("figures"));
    let name = wanted.to_possible_value();
    let name = name.as_ref().map_or("animation", |value| value.get_name());
    let options = Options {
        exact_gif: arguments.exact,
        sampling: if arguments.full_colour {
            Sampling::Yuv444
        } else {
            Sampling::Yuv420
        },
        ..Options::default()
    };
    let bar = progress::bar(timeline.shots().len() as u64, quiet, "frames");
    let size = film_size(arguments.look.size, name, &timeline, &draw)?;
    let paths = write_animation(
        &out.join(format!("{name}{}", arguments.look.suffix(name))),
        &arguments.formats,
        &options,
        &timeline,
        |moment| {
            let mut figure = draw(moment)?;
            if let Some((width, height)) = size {
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
            output::wrote(&path)?;
        }
    }
    Ok(())
}

/// As many as are asked for; otherwise 25, but 15 for the flow, in which the whole picture moves, where it is a GIF alone.
pub(super) fn frames_per_second(asked: Option<u32>, is_flow: bool, formats: &[Format]) -> u32 {
    let gif_alone = formats.iter().all(|&format| format == Format::Gif);
    asked.unwrap_or(if is_flow && gif_alone { 15 } else { 25 })
}

/// The size that is asked for, if any, checked to have room for every picture of the animation, by trying several of them.
pub(super) fn film_size(
    size: Option<(u32, u32)>,
    name: &str,
    timeline: &Timeline,
    draw: impl Fn(&Moment) -> Result<Figure>,
) -> Result<Option<(u32, u32)>> {
    const TRIED: usize = 8;
    let Some(wanted) = size else { return Ok(None) };
    let shots = timeline.shots();
    let figures = shots.iter().step_by(shots.len().div_ceil(TRIED).max(1));
    let mut least = Some(wanted);
    for shot in figures.chain(shots.last()) {
        let figure = draw(&shot.moment)?;
        least = least.and_then(|least| figure.least_size(least));
    }
    if least == size {
        return Ok(size);
    }
    Err(Figure::too_small(name, wanted, least))
}

/// The default: a regression of several features has no classes to separate, but its space moves.
fn fitting(run: &Run) -> Result<Name> {
    let train = run.split()?.train;
    Ok(match train.labels().is_none() && train.dimensions() > 1 {
        true => Name::Flow,
        false => Name::Training,
    })
}

fn animation(run: &Run, arguments: &Arguments, wanted: Name) -> Result<(Timeline, Draw)> {
    let epochs = run.epochs()?;
    let axes = arguments.look.axes()?;
    let fps = frames_per_second(arguments.fps, wanted == Name::Flow, &arguments.formats);
    if wanted == Name::Turns {
        let turns = figures::Turns::of_run(run)?;
        return Ok((
            Timeline::steps(turns.len(), fps, HOLD)?,
            Box::new(move |moment| Ok(turns.frame(moment.step))),
        ));
    }
    if let Some(figures) = figures::scores(run, &epochs)? {
        return one_feature(figures, fps, wanted);
    }
    if wanted == Name::Flow {
        let last = epochs.last().copied().unwrap_or_default();
        let flow = figures::subject(run, last, &axes)?.flow()?;
        return Ok((
            flow.timeline(fps)?,
            Box::new(move |moment| flow.draw(moment)),
        ));
    }
    if arguments.layer.is_some() && wanted != Name::Folds {
        return Err(Error::invalid(
            "--layer",
            "only `animate RUN folds` shows one layer",
            "leave it out",
        ));
    }
    if wanted == Name::Folds {
        let regions = RunRegions::new(run, &axes)?;
        let layer = arguments.layer.clone();
        regions.folds_frame(epochs.last().copied().unwrap_or_default(), layer.as_deref())?;
        return Ok((
            Timeline::steps(epochs.len(), fps, HOLD)?,
            Box::new(move |moment| regions.folds_frame(epochs[moment.step], layer.as_deref())),
        ));
    }
    if wanted == Name::Pullback {
        let regions = RunRegions::new(run, &axes)?;
        regions.pullback_frame(epochs.last().copied().unwrap_or_default())?;
        return Ok((
            Timeline::steps(epochs.len(), fps, HOLD)?,
            Box::new(move |moment| regions.pullback_frame(epochs[moment.step])),
        ));
    }
    if wanted == Name::Regions {
        let regions = RunRegions::new(run, &axes)?;
        // What cannot be drawn is refused before anything is written.
        regions.complex(epochs.last().copied().unwrap_or_default())?;
        let tint = arguments.tint;
        return Ok((
            Timeline::steps(epochs.len(), fps, HOLD)?,
            Box::new(move |moment| regions.frame(epochs[moment.step], tint)),
        ));
    }
    if arguments.tint != Tint::Pattern {
        return Err(Error::invalid(
            "--tint",
            "only `animate RUN regions` has cells to colour",
            "leave it out",
        ));
    }
    let views = figures::training(run, &epochs, &axes)?;
    let timeline = Timeline::steps(epochs.len(), fps, HOLD)?;
    let draw: Draw = match wanted {
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
        Name::Training
        | Name::Flow
        | Name::Regions
        | Name::Folds
        | Name::Pullback
        | Name::Turns => Box::new(move |moment| views.side_by_side(moment.step)),
    };
    Ok((timeline, draw))
}

/// For data with one feature, the score over it: a picture after every captured epoch.
fn one_feature(figures: Vec<Figure>, fps: u32, wanted: Name) -> Result<(Timeline, Draw)> {
    if !matches!(wanted, Name::Training | Name::Boundary) {
        return Err(Error::invalid(
            "animate",
            "the data has one feature, and this shows a plane of them",
            "animate `training` or `boundary`, which show the score over the feature",
        ));
    }
    let timeline = Timeline::steps(figures.len(), fps, HOLD)?;
    Ok((
        timeline,
        Box::new(move |moment| Ok(figures[moment.step].clone())),
    ))
}
