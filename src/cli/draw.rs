//! `foldspace draw`: pictures of a network that another program trained.

use std::path::{Path, PathBuf};

use clap::Args;

use super::figure::Look;
use super::{Outcome, output, progress};
use crate::anim::{Format, Options, write_animation};
use crate::data::{DataConfig, Dataset, Target};
use crate::error::{Error, Result};
use crate::figures::{Name, Subject};
use crate::model::{Activation, Frozen, Output, stack};
use crate::onnx;

/// Draw a network that is already trained, from PyTorch, scikit-learn, Keras or any program that writes ONNX.
///
/// MODEL is an ONNX file of a feed-forward network (torch.onnx.export, skl2onnx, Keras' model.export), or weights in
/// .safetensors or PyTorch's .pt, whose activations --activations names. Nothing is trained.
///
/// Figures: data, boundary, embedding, prediction, residuals, network, weights, spectrum, regions, folds, pullback, and the
/// animation flow. Where none is named, all that apply are drawn, except flow. Of more than two features, figures show the plane
/// of the first two principal components, or of two features that --features names.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace draw net.onnx --data points.csv --target label\n  \
    foldspace draw net.onnx --data points.npz boundary flow --output logit --format svg,gif\n  \
    foldspace draw net.pt --activations tanh,tanh,sigmoid --data points.csv boundary\n\n\
    Activations: identity, relu, leaky_relu or leaky_relu:0.3 (slope), elu or elu:2 (alpha), gelu, gelu_tanh, silu,\n\
    softplus, tanh, sigmoid, softmax, clip:0:6 (bounds), relu6, hard_tanh, hard_sigmoid, hard_swish, scaled_tanh:2:1"
)]
pub(super) struct Arguments {
    /// The trained network: .onnx, .safetensors, .pt or .pth.
    model: PathBuf,
    /// Which figures.
    names: Vec<String>,
    /// The data to look at the network with: a CSV file, or NumPy's .npz, with the columns that the network takes.
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// The column or array of the classes or numbers to predict; by default label (CSV) or y (.npz).
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// What follows each layer of a weights file, from the first to the last.
    #[arg(long, value_name = "A,B,...", value_delimiter = ',')]
    activations: Vec<Activation>,
    /// What the output means: probability, logit (the border is at 0) or value (the class number itself).
    #[arg(long, value_name = "MEANING", default_value = "auto")]
    output: Output,
    #[command(flatten)]
    look: Look,
    /// The format of the files: svg, png; for flow gif, apng, mp4, png-frames. Several with commas; by default svg,png and gif.
    #[arg(long = "format", value_delimiter = ',', value_name = "FORMAT")]
    formats: Vec<String>,
    /// Dots per inch of PNG files.
    #[arg(long, default_value_t = 192.0, value_name = "NUMBER")]
    dpi: f64,
    /// Frames per second of flow; by default 25, but 15 as a GIF alone.
    #[arg(long, value_name = "N")]
    fps: Option<u32>,
    /// A GIF with every pixel in the nearest of 255 colours, even while things move: up to half as large again.
    #[arg(long)]
    exact: bool,
    /// The directory for the pictures; by default one beside the model, called like it with -figures at its end.
    #[arg(short, long, value_name = "DIRECTORY")]
    out: Option<PathBuf>,
}

/// The formats of stills.
const STILL: [&str; 2] = ["svg", "png"];
/// The animation's name.
const FLOW: &str = "flow";

/// What is to be drawn, and how it is to be stored.
struct Wish {
    stills: Vec<Name>,
    flow: bool,
    still_formats: Vec<String>,
    flow_formats: Vec<Format>,
    /// Whether nothing was named, so that what can't be drawn is left out.
    all: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let wish = wish(arguments)?;
    let data = data(arguments)?;
    let network = network(&arguments.model, &arguments.activations)?;
    let file = arguments
        .model
        .file_name()
        .unwrap_or_default()
        .to_string_lossy();
    let source = format!("Read from {file}").replace('$', "");
    let network = match &data.target {
        Target::Classes { names, .. } => {
            let read = arguments.output.read(network, names)?;
            check_classes(&read, names)?;
            read
        }
        Target::Values { .. } => network,
    };
    let subject = Subject::of(network, data, arguments.look.axes()?, source)?;
    if !quiet && let Some(accuracy) = subject.accuracy() {
        output::note(format_args!(
            "{:.1} % of the samples in {} are classified correctly",
            100.0 * accuracy,
            arguments.data.display()
        ));
    }
    let out = arguments.out.clone().unwrap_or_else(|| {
        let stem = arguments.model.file_stem().unwrap_or_default();
        let folder = format!("{}-figures", stem.to_string_lossy());
        arguments.model.with_file_name(folder)
    });
    draw_stills(arguments, &wish, &subject, &out, quiet)?;
    if wish.flow {
        draw_flow(arguments, &wish, &subject, &out, quiet)?;
    }
    Ok(())
}

fn wish(arguments: &Arguments) -> Result<Wish> {
    let (mut stills, mut flow) = (Vec::new(), false);
    for name in &arguments.names {
        match name.as_str() {
            FLOW => flow = true,
            name => stills.push(name.parse()?),
        }
    }
    let all = arguments.names.is_empty();
    if all {
        let of_runs = |name: &Name| matches!(name, Name::Loss | Name::Gradients | Name::Topology);
        stills = Name::ALL
            .into_iter()
            .filter(|name| !of_runs(name))
            .collect();
    }
    let (mut still_formats, mut flow_formats) = (Vec::new(), Vec::new());
    for format in &arguments.formats {
        if STILL.contains(&format.as_str()) {
            still_formats.push(format.clone());
        } else {
            flow_formats.push(format.parse::<Format>()?);
        }
    }
    if arguments.formats.is_empty() {
        still_formats = STILL.map(str::to_owned).to_vec();
        flow_formats = vec![Format::Gif];
    }
    let refuse = |problem: &str, remedy: &str| Err(Error::invalid("--format", problem, remedy));
    if !stills.is_empty() && still_formats.is_empty() {
        return refuse("still figures are not animations", "add svg or png");
    }
    if flow && flow_formats.is_empty() {
        return refuse("flow moves", "add gif, apng, mp4 or png-frames");
    }
    Ok(Wish {
        stills,
        flow,
        still_formats,
        flow_formats,
        all,
    })
}

/// The data, read as a configuration's `[data]` table would be.
fn data(arguments: &Arguments) -> Result<Dataset> {
    let mut table = toml::Table::new();
    let path = arguments.data.to_string_lossy().into_owned();
    table.insert("path".to_owned(), path.into());
    if let Some(target) = &arguments.target {
        table.insert("target".to_owned(), target.clone().into());
    }
    let config = table.try_into::<DataConfig>().map_err(|error| {
        Error::invalid(
            "--data",
            error.to_string().trim().replace('\n', " "),
            "see --help",
        )
    })?;
    config.load(0, Path::new("")).map_err(|error| match error {
        Error::Invalid {
            place,
            problem,
            remedy,
        } if arguments.target.is_none() && problem.contains("column") => Error::invalid(
            place,
            problem,
            format!("{remedy}; --target NAME names the column of the classes"),
        ),
        other => other,
    })
}

fn network(model: &Path, activations: &[Activation]) -> Result<Frozen> {
    let ending = model
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .to_lowercase();
    match ending.as_str() {
        "onnx" if activations.is_empty() => onnx::read(model),
        "onnx" => Err(Error::invalid(
            "--activations",
            "an ONNX file names its activations itself",
            "leave them out",
        )),
        "safetensors" | "pt" | "pth" => stack::read(model, activations),
        _ => Err(Error::invalid(
            model.display().to_string(),
            "a network is read from .onnx, .safetensors, .pt and .pth",
            "write such a file: torch.onnx.export(model, x, \"net.onnx\"), skl2onnx.to_onnx(model, X), or \
             model.export(\"net.onnx\", format=\"onnx\") in Keras",
        )),
    }
}

/// Refuses data whose classes are not those of the network.
fn check_classes(network: &Frozen, names: &[String]) -> Result<()> {
    let outputs = network.layers.last().map_or(0, |last| last.units());
    let parted = if outputs == 1 { 2 } else { outputs };
    if parted == names.len() {
        return Ok(());
    }
    let listed = names.iter().take(6).cloned().collect::<Vec<_>>().join(", ");
    Err(Error::invalid(
        "--data",
        format!(
            "the network parts {parted} classes, the data have {}: {listed}",
            names.len()
        ),
        "give samples of every class that the network knows, and of no other; --target names their column",
    ))
}

fn draw_stills(
    arguments: &Arguments,
    wish: &Wish,
    subject: &Subject,
    out: &Path,
    quiet: bool,
) -> Outcome {
    for &name in &wish.stills {
        let mut figure = match subject.draw(name) {
            Ok(figure) => figure,
            Err(error) if wish.all => {
                if !quiet {
                    output::note(format_args!("{}: left out: {error}", name.name()));
                }
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if let Some(size) = arguments.look.size {
            figure = figure.resized(name.name(), size)?;
        }
        for format in &wish.still_formats {
            let path = out.join(format!("{}.{format}", name.name()));
            figure.save(&path, arguments.look.theme(), arguments.dpi)?;
            if !quiet {
                output::wrote(&path)?;
            }
        }
    }
    Ok(())
}

fn draw_flow(
    arguments: &Arguments,
    wish: &Wish,
    subject: &Subject,
    out: &Path,
    quiet: bool,
) -> Outcome {
    let flow = subject.flow()?;
    let fps = super::animate::frames_per_second(arguments.fps, true, &wish.flow_formats);
    let timeline = flow.timeline(fps)?;
    let options = Options {
        exact_gif: arguments.exact,
        ..Options::default()
    };
    let bar = progress::bar(timeline.shots().len() as u64, quiet, "frames");
    let size = super::animate::film_size(arguments.look.size, FLOW, &timeline, |moment| {
        flow.draw(moment)
    })?;
    let paths = write_animation(
        &out.join(FLOW),
        &wish.flow_formats,
        &options,
        &timeline,
        |moment| {
            let mut figure = flow.draw(moment)?;
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
