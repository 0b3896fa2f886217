//! A weights file and the activations between its layers: a whole network, where nothing else describes it.

use std::path::Path;

use super::{Activation, Frozen, LayerConfig, ModelConfig, import, weights};
use crate::error::{Error, Result};

/// Reads a `.safetensors` or `.pt` file whose layers have these `activations`, one for each affine map. A file that this
/// program wrote describes its network, and takes none.
///
/// # Errors
/// As [`import::read`]; also where there are more or fewer activations than layers.
pub fn read(path: &Path, activations: &[Activation]) -> Result<Frozen> {
    if let Some(network) = described(path)? {
        if activations.is_empty() {
            return Ok(network);
        }
        return Err(Error::invalid(
            "--activations",
            format!(
                "{} describes its network, activations included",
                path.display()
            ),
            "leave them out",
        ));
    }
    let found = import::matrices(path)?;
    let shapes: Vec<String> = found
        .layers
        .iter()
        .map(|layer| format!("{} ({} to {})", layer.name, layer.inputs(), layer.units()))
        .collect();
    if activations.len() != found.layers.len() {
        let problem = match activations {
            [] => {
                "a weights file does not say which activations stand between its layers".to_owned()
            }
            some => format!(
                "{} activations are given for {} layers",
                some.len(),
                shapes.len()
            ),
        };
        let example: Vec<&str> = (1..shapes.len())
            .map(|_| "tanh")
            .chain(["sigmoid"])
            .collect();
        return Err(Error::invalid(
            "--activations",
            problem,
            format!(
                "name one for each of {}: for example --activations {} (identity for none)",
                shapes.join(", "),
                example.join(",")
            ),
        ));
    }
    let config = |biased: &dyn Fn(usize) -> bool| {
        let layers = found.layers.iter().zip(activations).enumerate();
        let layers = layers.map(|(i, (layer, &activation))| LayerConfig {
            bias: biased(i),
            ..LayerConfig::new(layer.units(), activation)
        });
        ModelConfig::new(layers.collect())
    };
    let inputs = found.layers.first().map_or(0, |layer| layer.inputs());
    // Every array of the file has to have its place. Without a bias there is none, or only zeros: both readings are tried.
    let nonzero = |i: usize| found.layers[i].bias.iter().any(|&bias| bias != 0.0);
    let refuse = |error: Error| match error {
        Error::Invalid { place, problem, .. } => Error::invalid(
            place,
            problem,
            "a chain of linear layers is drawn; for anything else write the model as ONNX: torch.onnx.export(model, x, \"net.onnx\")",
        ),
        other => other,
    };
    let parameters = import::read(path, &config(&|_| true), inputs).or_else(|first| {
        import::read(path, &config(&nonzero), inputs).map_err(|_| refuse(first))
    })?;
    let mut network = parameters.fold();
    for (layer, found) in network.layers.iter_mut().zip(&found.layers) {
        let number = found.name.bytes().all(|byte| byte.is_ascii_digit());
        if layer.weight == found.weight && !number {
            layer.name.clone_from(&found.name);
        }
    }
    Ok(network)
}

/// The network in a file of our own; `None` where another program wrote it.
fn described(path: &Path) -> Result<Option<Frozen>> {
    let ending = path.extension().unwrap_or_default();
    if ending != "safetensors" || super::store::read_any(path)?.kind.is_none() {
        return Ok(None);
    }
    weights::read(path).map(Some)
}
