//! Networks in ONNX files, as PyTorch's two exporters, skl2onnx and Keras write them, read as a chain of layers.
//!
//! The crates that read ONNX are runtimes or generate code: 68 packages and more. This one reads what feed-forward
//! networks need and refuses the rest by name. What exporters take apart (batch norm, SiLU, softplus, a scaler before the
//! network) is put together again by [`Chain`](crate::model::chain::Chain). Files are data from anywhere: depth, sizes and
//! counts are bounded, weights in a second file have to be in the same folder, and nothing panics.
//! Source: the ONNX specification, versions 1 to 23 of the operators.

mod constant;
mod elementwise;
mod layers;
mod operators;
mod protobuf;
mod schema;
mod shapes;
mod tensor;
mod walk;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::error::{Error, Result};
use crate::model::Frozen;
use crate::model::config::MOST_PARAMETERS;
use schema::{Graph, Node};
use tensor::Reader;
use walk::Walk;

/// A larger file than this is not a network to look at: all parameters in `f64`, and room for the rest.
const MOST_BYTES: u64 = 8 * MOST_PARAMETERS as u64 + (64 << 20);

/// The way out of most refusals.
const REMEDY: &str = "give a feed-forward network: dense layers, activations, batch norm, a scaler before them; any other model's border is drawn \
     from Python, as a black box: foldspace_nn.boundary(model, X, y)";

/// Reads a file, and the file of weights beside it where it has one.
///
/// The network maps samples (n x inputs) to what the file's output is, with two exceptions: where the output holds 1 - p
/// and p of two classes, as scikit-learn's classifiers do, the network gives p alone; and a final logarithm of softmax is
/// read as softmax. A classifier with labels and probabilities is read for the probabilities.
///
/// # Errors
/// [`Error::Io`] where the file can't be read; [`Error::Invalid`] where it is damaged, too large, or not a chain of affine
/// maps and activations.
pub fn read(path: &Path) -> Result<Frozen> {
    let length = fs::metadata(path).map_err(Error::io(path, "read"))?.len();
    if length > MOST_BYTES {
        return Err(Error::invalid(
            path.display().to_string(),
            format!("this file has {length} bytes, the most is {MOST_BYTES}"),
            "name a smaller network",
        ));
    }
    let file = fs::read(path).map_err(Error::io(path, "read"))?;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    parse(&file, path, Some(folder))
}

/// Reads a file's bytes; `path` is what errors call it, and `folder` is where weights beside it are, if there can be any.
///
/// # Errors
/// As [`read`].
pub fn parse(file: &[u8], path: &Path, folder: Option<&Path>) -> Result<Frozen> {
    let place = path.display().to_string();
    let damaged = |problem: String| {
        Error::invalid(
            &place,
            format!("not an ONNX file that can be read: {problem}"),
            "export it again",
        )
    };
    let graph = schema::graph(file).map_err(damaged)?;
    let (output, needed) = output(&graph).map_err(|problem| {
        Error::invalid(
            &place,
            problem,
            "export the network with one output, its scores or probabilities",
        )
    })?;
    let reader = Reader::new(folder.map(Path::to_path_buf));
    let mut walk =
        Walk::new(&graph, reader).map_err(|problem| Error::invalid(&place, problem, REMEDY))?;
    for (_, node) in graph
        .nodes
        .iter()
        .enumerate()
        .filter(|(i, _)| needed.contains(i))
    {
        operators::apply(&mut walk, node, graph.opset).map_err(|problem| {
            Error::invalid(format!("{place}, {}", called(node)), problem, REMEDY)
        })?;
    }
    walk.finish(output)
        .map_err(|problem| Error::invalid(&place, problem, REMEDY))
}

/// How messages call a node.
fn called(node: &Node<'_>) -> String {
    let op: String = node.op.chars().take(60).collect();
    match node.name {
        "" => op.escape_debug().to_string(),
        name => {
            let name: String = name.chars().take(60).collect();
            format!("{} ({})", op.escape_debug(), name.escape_debug())
        }
    }
}

/// The output to draw, and the positions of the nodes that it takes.
fn output<'a>(graph: &'a Graph<'a>) -> Result<(&'a str, BTreeSet<usize>), String> {
    let mut numbers = graph.outputs.iter().filter(|port| port.numbers);
    let name = match (numbers.next(), numbers.next()) {
        (Some(only), None) => only.name,
        (Some(_), Some(_)) => {
            let names: Vec<&str> = graph.outputs.iter().map(|port| port.name).collect();
            let likely =
                |port: &&schema::Port<'_>| port.numbers && port.name.contains("probabilit");
            let likely = graph.outputs.iter().find(likely);
            likely
                .ok_or_else(|| format!("it has several outputs: {}", names.join(", ")))?
                .name
        }
        (None, _) => return Err("none of its outputs holds numbers".to_owned()),
    };
    let makers = graph.nodes.iter().enumerate();
    let makers: std::collections::BTreeMap<&str, usize> = makers
        .flat_map(|(i, node)| node.outputs.iter().map(move |&output| (output, i)))
        .collect();
    let (mut needed, mut open) = (BTreeSet::new(), vec![name]);
    while let Some(name) = open.pop() {
        if let Some(&maker) = makers.get(name)
            && needed.insert(maker)
        {
            open.extend(&graph.nodes[maker].inputs);
        }
    }
    Ok((name, needed))
}
