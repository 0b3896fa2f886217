//! `foldspace figure`: pictures of a run, without training again.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output};
use crate::error::Error;
use crate::figures::{self, InputAxes, Name, Probes, RunRegions, Tint, Turns};
use crate::file;
use crate::plot::Theme;

/// Draw figures of a finished or running run, without training again.
///
/// Figures: data, loss, boundary, embedding, confusion, prediction, residuals, network, filters (the first layer's weights as
/// images), weights, spectrum, gradients, regions, topology, folds, pullback, probes, turns, betti. Where none is named, all that
/// the run can show are drawn. They go into the run's figures/ directory. Of more than two features, figures show the plane of
/// the first two principal components, or of two features that --features names; of one feature, data and boundary show it as it
/// is, with the score over it. `regions` shows the cells on which a piecewise linear network is one affine map, and writes their
/// counts at every captured epoch beside the picture, regions.csv; `topology` counts the parts and holes of its decision regions;
/// `folds` shows what a network turns over and crushes, and how many points have the same image; `pullback` follows the line that
/// separates back through every layer, straight in the last, to the curve of the input. `probes` decides for every layer and
/// epoch whether a hyperplane separates the classes, and by what margin; `turns` follows the singular values and vectors of every
/// matrix, and the balance of the units; `betti` counts components and holes of each class at every scale, where a layer has two
/// dimensions. Each writes its table beside the picture.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace figure artifacts/runs/moons\n  \
    foldspace figure artifacts/runs/moons boundary embedding --epoch 20 --theme dark\n  \
    foldspace figure artifacts/runs/iris boundary --features petal_length_cm,petal_width_cm\n  \
    foldspace figure artifacts/runs/moons boundary --format pdf\n  \
    foldspace figure artifacts/runs/moons boundary --format svg --svg-text\n  \
    foldspace figure artifacts/runs/spiral regions --tint slope --json\n  \
    foldspace figure artifacts/runs/moons folds --layer embedding")]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// Which figures.
    names: Vec<Name>,
    /// After which captured epoch; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    #[command(flatten)]
    look: Look,
    /// What the colour of a cell shows, in `regions`: pattern, area, slope or determinant.
    #[arg(long, default_value = "pattern", value_name = "NAME")]
    tint: Tint,
    /// The layer whose plane `folds` shows, by name or by its number from 0; by default the last of two units.
    #[arg(long, value_name = "L")]
    layer: Option<String>,
    /// Prove the topology of a smooth network's curve in `pullback` in interval arithmetic; of a piecewise linear one it is
    /// exact anyway.
    #[arg(long)]
    certify: bool,
    /// Also write what `regions` is drawn from (vertices, edges, and cells with their areas and affine maps), and the numbers
    /// of `topology`, `folds`, `pullback`, `probes`, `turns` and `betti`.
    #[arg(long)]
    json: bool,
    /// The format of the files: svg, png, pdf; several with commas.
    #[arg(long = "format", default_value = "svg,png", value_delimiter = ',', value_name = "FORMAT",
        value_parser = ["svg", "png", "pdf"])]
    formats: Vec<String>,
    /// Keep text as text in SVG files, for LaTeX and Inkscape, rather than as outlines that look the same everywhere.
    #[arg(long)]
    svg_text: bool,
    /// Dots per inch of PNG files.
    #[arg(long, default_value_t = 192.0, value_name = "NUMBER")]
    dpi: f64,
    /// Another directory for the pictures.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

/// What a picture looks like, whatever it shows.
#[derive(Debug, Args)]
pub(super) struct Look {
    /// light or dark.
    #[arg(long, default_value = "light", value_name = "NAME", value_parser = ["light", "dark"])]
    theme: String,
    /// Width and height in pixels of 1/96 inch, such as 800x600.
    #[arg(long, value_name = "WxH", value_parser = size)]
    pub(super) size: Option<(u32, u32)>,
    /// The two features along the axes of input space, such as petal_length_cm,petal_width_cm.
    #[arg(long, value_name = "A,B", value_delimiter = ',')]
    features: Vec<String>,
}

impl Look {
    pub(super) fn theme(&self) -> &'static Theme {
        match self.theme.as_str() {
            "dark" => &Theme::DARK,
            _ => &Theme::LIGHT,
        }
    }

    /// The part of a file's name that tells a chosen plane from others: `-petal_length_cm-petal_width_cm`.
    pub(super) fn suffix(&self, name: &str) -> String {
        let of_a_plane = [
            "data",
            "boundary",
            "embedding",
            "regions",
            "topology",
            "flow",
            "training",
        ];
        if self.features.is_empty() || !of_a_plane.contains(&name) {
            return String::new();
        }
        let plain = |name: &String| -> String {
            let sign = |c: char| {
                if c.is_alphanumeric() || matches!(c, '_' | '.') {
                    c
                } else {
                    '_'
                }
            };
            name.trim().chars().map(sign).take(40).collect()
        };
        let names: Vec<String> = self.features.iter().map(plain).collect();
        format!("-{}", names.join("-"))
    }

    /// The plane of input space that is asked for.
    pub(super) fn axes(&self) -> Result<InputAxes, Error> {
        match &self.features[..] {
            [] => Ok(InputAxes::Automatic),
            [x, y] => Ok(InputAxes::Features([x.clone(), y.clone()])),
            names => Err(Error::invalid(
                "--features",
                format!("{} features are named, a plane has 2", names.len()),
                "name two, with a comma between them",
            )),
        }
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    text.split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)))
        .ok_or_else(|| String::from("write width and height as 800x600"))
}

fn json_of(value: &impl serde::Serialize) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(value)
        .map_err(|error| Error::invalid("JSON", error.to_string(), "report this"))
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let epoch = super::captured_epoch(&run, arguments.epoch)?;
    let axes = arguments.look.axes()?;
    let all = arguments.names.is_empty();
    let names = if all {
        &Name::ALL[..]
    } else {
        &arguments.names
    };
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| run.paths.root().join("figures"));
    let counted = [
        Name::Regions,
        Name::Topology,
        Name::Folds,
        Name::Pullback,
        Name::Probes,
        Name::Turns,
        Name::Betti,
    ]
    .iter()
    .any(|name| names.contains(name));
    let tinted = names.contains(&Name::Regions);
    let layered = names.contains(&Name::Folds);
    let proved = names.contains(&Name::Pullback);
    for (flag, given, allowed, with) in [
        ("--certify", arguments.certify, proved, "pullback"),
        ("--json", arguments.json, counted, "regions"),
        ("--tint", arguments.tint != Tint::Pattern, tinted, "regions"),
        ("--layer", arguments.layer.is_some(), layered, "folds"),
    ] {
        if given && !allowed {
            let remedy = format!("draw `{with}`, or leave it out");
            return Err(Error::invalid(flag, "none of these figures has it", remedy).into());
        }
    }
    let (mut drawn_any, mut too_small) = (false, None);
    for &name in names {
        // What this kind of run never has needs no note.
        if all && !name.fits(&run) {
            continue;
        }
        let mut numbers = Vec::new();
        let drawn = match name {
            Name::Regions => {
                RunRegions::new(&run, &axes).and_then(|it| it.figure(epoch, arguments.tint))
            }
            Name::Pullback => {
                RunRegions::new(&run, &axes).and_then(|it| it.pullback(epoch, arguments.certify))
            }
            Name::Folds => RunRegions::new(&run, &axes)
                .and_then(|it| it.folds(epoch, arguments.layer.as_deref())),
            Name::Probes => Probes::of_run(&run).and_then(|probes| {
                numbers.push(("probes.csv", probes.csv()?));
                if arguments.json {
                    numbers.push(("probes.json", probes.json()?));
                }
                Ok(probes.figure())
            }),
            Name::Turns => Turns::of_run(&run).and_then(|turns| {
                numbers.extend(turns.csv()?);
                if arguments.json {
                    numbers.push(("turns.json", turns.json()?));
                }
                Ok(turns.figure())
            }),
            Name::Betti => figures::betti_of_run(&run, epoch).and_then(|(network, data)| {
                let curves = figures::betti_curves(&network, &data)?;
                numbers.push(("betti.csv", figures::betti_csv(&curves)?));
                if arguments.json {
                    numbers.push(("betti.json", json_of(&curves)?));
                }
                figures::betti_figure(&network, &data, &format!("After epoch {epoch}"))
            }),
            _ => name.draw(&run, epoch, &axes),
        };
        let mut figure = match drawn {
            Ok(figure) => figure,
            // What this run cannot show is not an error where it was not asked for.
            Err(error) if all => {
                if !quiet {
                    output::note(format_args!("{}: left out: {error}", name.name()));
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(size) = arguments.look.size {
            figure = match figure.resized(name.name(), size) {
                Ok(figure) => figure,
                Err(error) if all => {
                    if !quiet {
                        output::note(format_args!("{}: left out: {error}", name.name()));
                    }
                    too_small.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
        }
        drawn_any = true;
        let mut suffix = arguments.look.suffix(name.name());
        if let Some(epoch) = arguments.epoch.filter(|_| name.is_of_an_epoch()) {
            suffix += &format!("-epoch-{epoch}");
        }
        for format in &arguments.formats {
            let path = out.join(format!("{}{suffix}.{format}", name.name()));
            let theme = arguments.look.theme();
            if arguments.svg_text && format == "svg" {
                crate::file::write(&path, figure.to_svg_with_text(theme)?.as_bytes())?;
            } else {
                figure.save(&path, theme, arguments.dpi)?;
            }
            if !quiet {
                output::wrote(&path)?;
            }
        }
        match name {
            Name::Regions => {
                numbers = RunRegions::new(&run, &axes)?.files(epoch, arguments.json)?;
            }
            Name::Topology => {
                numbers = RunRegions::new(&run, &axes)?.topology_files(epoch, arguments.json)?;
            }
            Name::Folds => {
                numbers = RunRegions::new(&run, &axes)?.folds_files(epoch, arguments.json)?;
            }
            Name::Pullback => {
                numbers = RunRegions::new(&run, &axes)?.pullback_files(
                    epoch,
                    arguments.certify,
                    arguments.json,
                )?;
            }
            _ => {}
        }
        for (file, bytes) in numbers {
            let path = out.join(told_apart(file, &suffix));
            file::write(&path, &bytes)?;
            if !quiet {
                output::wrote(&path)?;
            }
        }
    }
    match too_small {
        Some(error) if !drawn_any => Err(error.into()),
        _ => Ok(()),
    }
}

/// A file's name with a suffix before its ending.
fn told_apart(file: &str, suffix: &str) -> String {
    match file.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}{suffix}.{ending}"),
        None => format!("{file}{suffix}"),
    }
}
