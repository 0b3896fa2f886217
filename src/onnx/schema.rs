//! The messages of an ONNX file that say what a network computes: graph, nodes, attributes, tensors.
//!
//! Field numbers are those of `onnx.proto3`. Names are slices of the file; numbers of tensors are read when they are
//! asked for.

use std::collections::BTreeMap;

use super::protobuf::{Fields, Value};

/// More of anything than this is not a network to look at; the bound keeps a file of nothing but empty messages from taking
/// memory.
const MOST: usize = 10_000;

/// A file's graph.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub nodes: Vec<Node<'a>>,
    pub constants: BTreeMap<&'a str, RawTensor<'a>>,
    /// What has to be given.
    pub inputs: Vec<Port<'a>>,
    pub outputs: Vec<Port<'a>>,
    /// The version of the standard operators; 1 where it is not said.
    pub opset: i64,
}

/// An input or output of the graph.
#[derive(Debug)]
pub(super) struct Port<'a> {
    pub name: &'a str,
    /// Whether it holds floating-point numbers, or a dictionary of them per sample.
    pub numbers: bool,
    /// The lengths of its axes, `None` where they are open; no axes where nothing is said.
    pub shape: Vec<Option<usize>>,
}

/// A step of the computation.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    pub name: &'a str,
    /// The operator.
    pub op: &'a str,
    /// Whose operator; empty for the standard ones.
    pub domain: &'a str,
    pub inputs: Vec<&'a str>,
    pub outputs: Vec<&'a str>,
    pub attributes: BTreeMap<&'a str, Attribute<'a>>,
}

/// A parameter of a node.
#[derive(Debug, Default)]
pub(super) struct Attribute<'a> {
    pub float: Option<f64>,
    pub integer: Option<i64>,
    pub text: &'a [u8],
    pub tensor: Option<RawTensor<'a>>,
    pub floats: Vec<f64>,
    pub integers: Vec<i64>,
}

/// A tensor as the file has it.
#[derive(Debug, Default, Clone)]
pub(super) struct RawTensor<'a> {
    pub shape: Vec<i64>,
    pub kind: i64,
    pub raw: Option<&'a [u8]>,
    /// The fields with numbers by themselves, by field number.
    pub fields: Vec<(u64, Value<'a>)>,
    /// Where the numbers stand, if in another file: `location`, `offset`, `length`.
    pub external: BTreeMap<&'a str, &'a str>,
}

/// Reads a model, all but the numbers of its tensors.
pub(super) fn graph(file: &[u8]) -> Result<Graph<'_>, String> {
    let mut found = None;
    let mut opset = 1;
    let mut fields = Fields::new(file);
    while let Some((number, value)) = fields.next()? {
        match number {
            7 => found = Some(value.bytes()?),
            8 => {
                let (domain, version) = opset_import(value.bytes()?)?;
                if domain.is_empty() || domain == "ai.onnx" {
                    opset = version;
                }
            }
            _ => {}
        }
    }
    let body = found.ok_or("there is no graph in it")?;
    let mut graph = Graph {
        opset,
        ..Graph::default()
    };
    let mut fields = Fields::new(body);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => push(&mut graph.nodes, node(value.bytes()?)?, "nodes")?,
            5 => {
                let (name, tensor) = tensor(value.bytes()?)?;
                graph.constants.insert(name, tensor);
                if graph.constants.len() > MOST {
                    return Err(format!("it has more than {MOST} arrays of weights"));
                }
            }
            11 => push(&mut graph.inputs, port(value.bytes()?)?, "inputs")?,
            12 => push(&mut graph.outputs, port(value.bytes()?)?, "outputs")?,
            15 => return Err("its weights are sparse".to_owned()),
            _ => {}
        }
    }
    // Before version 4 of the format, weights are inputs with a default.
    let constants = &graph.constants;
    graph
        .inputs
        .retain(|input| !constants.contains_key(input.name));
    Ok(graph)
}

fn push<T>(all: &mut Vec<T>, one: T, what: &str) -> Result<(), String> {
    if all.len() == MOST {
        return Err(format!("it has more than {MOST} {what}"));
    }
    all.push(one);
    Ok(())
}

fn opset_import(message: &[u8]) -> Result<(&str, i64), String> {
    let (mut domain, mut version) = ("", 1);
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => domain = value.text()?,
            2 => version = value.integer()?,
            _ => {}
        }
    }
    Ok((domain, version))
}

fn port(message: &[u8]) -> Result<Port<'_>, String> {
    let mut port = Port {
        name: "",
        numbers: false,
        shape: Vec::new(),
    };
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => port.name = value.text()?,
            2 => {
                let mut kinds = Fields::new(value.bytes()?);
                while let Some((kind, value)) = kinds.next()? {
                    match kind {
                        1 => tensor_type(value.bytes()?, &mut port)?,
                        4 => port.numbers = true, // a dictionary per sample
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Ok(port)
}

fn tensor_type(message: &[u8], port: &mut Port<'_>) -> Result<(), String> {
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => port.numbers = matches!(value.integer()?, 1 | 10 | 11 | 16),
            2 => {
                let mut axes = Fields::new(value.bytes()?);
                while let Some((number, value)) = axes.next()? {
                    if number == 1 {
                        let mut length = None;
                        let mut axis = Fields::new(value.bytes()?);
                        while let Some((number, value)) = axis.next()? {
                            if number == 1 {
                                length = usize::try_from(value.integer()?).ok();
                            }
                        }
                        push(&mut port.shape, length.filter(|&length| length > 0), "axes")?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn node(message: &[u8]) -> Result<Node<'_>, String> {
    let mut node = Node::default();
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => push(&mut node.inputs, value.text()?, "inputs of a node")?,
            2 => push(&mut node.outputs, value.text()?, "outputs of a node")?,
            3 => node.name = value.text()?,
            4 => node.op = value.text()?,
            5 => {
                let (name, attribute) = attribute(value.bytes()?)?;
                node.attributes.insert(name, attribute);
                if node.attributes.len() > 100 {
                    return Err(format!("{} has more than 100 attributes", node.op));
                }
            }
            7 => node.domain = value.text()?,
            _ => {}
        }
    }
    if node.domain == "ai.onnx" {
        node.domain = "";
    }
    Ok(node)
}

fn attribute(message: &[u8]) -> Result<(&str, Attribute<'_>), String> {
    let mut name = "";
    let mut attribute = Attribute::default();
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => name = value.text()?,
            2 => match value {
                Value::Fixed32(float) => attribute.float = Some(f32::from_le_bytes(float).into()),
                _ => return Err("a float is expected".to_owned()),
            },
            3 => attribute.integer = Some(value.integer()?),
            4 => attribute.text = value.bytes()?,
            5 => attribute.tensor = Some(tensor(value.bytes()?)?.1),
            7 => value.floats(&mut attribute.floats)?,
            8 => value.integers(&mut attribute.integers)?,
            _ => {}
        }
    }
    Ok((name, attribute))
}

fn tensor(message: &[u8]) -> Result<(&str, RawTensor<'_>), String> {
    let mut name = "";
    let mut tensor = RawTensor::default();
    let mut elsewhere = false;
    let mut fields = Fields::new(message);
    while let Some((number, value)) = fields.next()? {
        match number {
            1 => value.integers(&mut tensor.shape)?,
            2 => tensor.kind = value.integer()?,
            3 => return Err("an array of weights is in segments".to_owned()),
            4 | 5 | 7 | 10 | 11 => push(&mut tensor.fields, (number, value), "rows of numbers")?,
            8 => name = value.text()?,
            9 => tensor.raw = Some(value.bytes()?),
            13 => {
                let (mut key, mut said) = ("", "");
                let mut entry = Fields::new(value.bytes()?);
                while let Some((number, value)) = entry.next()? {
                    match number {
                        1 => key = value.text()?,
                        2 => said = value.text()?,
                        _ => {}
                    }
                }
                if tensor.external.len() < 16 {
                    tensor.external.insert(key, said);
                }
            }
            14 => elsewhere = value.integer()? == 1,
            _ => {}
        }
        if tensor.shape.len() > 8 {
            return Err(format!("{name:?} has more than 8 axes"));
        }
    }
    if !elsewhere {
        tensor.external.clear();
    }
    Ok((name, tensor))
}
