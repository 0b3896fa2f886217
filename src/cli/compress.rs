//! `foldspace compress`: chosen layers in low-rank factors.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, output};
use crate::error::Error;
use crate::inspect::{accuracy, factor, worth_factoring};
use crate::model::{Frozen, Parameters, weights};

/// Replace layers of a trained network by their best factors of low rank, and say what that costs.
///
/// Each layer becomes two, NAME.narrow and NAME; the new weights are saved beside the old ones.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace compress artifacts/runs/moons-wide --rank 4\n  \
    foldspace compress artifacts/runs/moons-wide --rank 2 --layer wide"
)]
pub(super) struct Arguments {
    /// The run directory.
    run: PathBuf,
    /// The rank of the factors.
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    rank: u32,
    /// Which layers; by default all that get smaller.
    #[arg(long = "layer", value_name = "NAME")]
    layers: Vec<String>,
    /// After which captured epoch; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Another file for the weights.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let run = super::opened(&arguments.run, quiet)?;
    let epoch = super::captured_epoch(&run, arguments.epoch)?;
    let network = run.frozen(epoch)?;
    let rank = arguments.rank as usize;
    let layers = if arguments.layers.is_empty() {
        worth_factoring(&network, rank)
    } else {
        arguments.layers.clone()
    };
    if layers.is_empty() {
        return Err(Error::invalid(
            "--rank",
            format!("factors of rank {rank} make no layer smaller"),
            "choose a lower rank, or name a --layer",
        )
        .into());
    }
    let compressed = factor(&network, &layers, rank)?;
    let path = arguments.output.clone().unwrap_or_else(|| {
        let name = format!("epoch-{epoch:06}-rank-{rank}.safetensors");
        run.paths.root().join("compressed").join(name)
    });
    weights::write(&path, &parameters(&compressed))?;
    if quiet {
        return Ok(());
    }
    let split = run.split()?;
    let data = if split.test.samples() > 0 {
        &split.test
    } else {
        &split.train
    };
    output::say(format_args!(
        "layers in factors of rank {rank}: {}",
        layers.join(", ")
    ))?;
    output::say(format_args!(
        "numbers: {} before, {} after",
        numbers(&network),
        numbers(&compressed)
    ))?;
    if let (Some(before), Some(after)) = (accuracy(&network, data), accuracy(&compressed, data)) {
        output::say(format_args!(
            "accuracy: {:.2} % before, {:.2} % after",
            100.0 * before,
            100.0 * after
        ))?;
    }
    output::wrote(&path)?;
    Ok(())
}

/// Weights and biases; the narrow layers have none of the latter.
fn numbers(network: &Frozen) -> usize {
    network
        .layers
        .iter()
        .map(|layer| {
            let biases = if is_narrow(&layer.name) {
                0
            } else {
                layer.bias.len()
            };
            layer.units() * layer.inputs() + biases
        })
        .sum()
}

fn is_narrow(name: &str) -> bool {
    name.ends_with(".narrow")
}

/// The network as its file holds it.
fn parameters(network: &Frozen) -> Parameters {
    let mut parameters = Parameters::from(network);
    for layer in &mut parameters.layers {
        if is_narrow(&layer.name) {
            layer.bias = None;
        }
    }
    parameters
}
