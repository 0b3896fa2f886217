//! Nodes that change how numbers are arranged or stored, but not the numbers.

use super::constant::{axis_of, concatenate, reshape};
use super::schema::Node;
use super::tensor::Tensor;
use super::walk::{Value, Walk};

pub(super) fn cast<'a>(walk: &mut Walk<'a>, node: &Node<'a>, to: i64) -> Result<(), String> {
    let value = walk.input(node, 0)?.ok_or("its input is missing")?;
    let float = matches!(to, 1 | 10 | 11 | 16);
    let value = match value {
        Value::Known(tensor) => {
            let truth = to == 9;
            let number = |&x: &f64| {
                if truth {
                    f64::from(x != 0.0)
                } else if float {
                    x
                } else {
                    x.trunc()
                }
            };
            walk.reader.take(tensor.values.len())?;
            let values = tensor.values.iter().map(number).collect();
            let shape = tensor.shape.clone();
            walk.keep_known(
                node,
                Tensor {
                    shape,
                    values,
                    whole: !float,
                },
            );
            return Ok(());
        }
        // Truth among the steps of an activation is 0 and 1 already.
        value if float => value,
        _ => return Err("it rounds the samples' numbers to integers".to_owned()),
    };
    walk.keep(node, value);
    Ok(())
}

pub(super) fn reshaped<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
    let value = walk.input(node, 0)?.ok_or("its input is missing")?;
    // Before version 5 of the operators, the shape is an attribute.
    let shape = match walk.known(node, 1)? {
        Some(shape) => shape.values.clone(),
        None => match node.attributes.get("shape") {
            Some(shape) => shape.integers.iter().map(|&size| size as f64).collect(),
            None => return Err("its shape is missing".to_owned()),
        },
    };
    match value {
        Value::Known(tensor) => {
            let tensor = reshape(&tensor, &shape)?;
            walk.keep_known(node, tensor);
        }
        Value::Flow(flow) => {
            let width = walk.chain.width().map(|width| width as f64);
            let flat = match shape[..] {
                [0.0, -1.0] => true,
                [-1.0 | 0.0, units] => Some(units) == width,
                // A batch of the size that the exporter was shown.
                [batch, units] => {
                    walk.batch.map(|batch| batch as f64) == Some(batch)
                        && (Some(units) == width || units == -1.0)
                }
                // One number per sample, as scikit-learn's regressions give it.
                [-1.0] => width == Some(1.0),
                _ => false,
            };
            if !flat {
                return Err(format!(
                    "it gives each batch the shape {shape:?}; samples by features are expected"
                ));
            }
            walk.flatten(node, flow);
        }
        pair @ Value::Pair(_) if shape == [-1.0, 2.0] => walk.keep(node, pair),
        Value::Pair(_) => return Err("it takes probabilities apart".to_owned()),
    }
    Ok(())
}

pub(super) fn squeezed<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
    let axes: Vec<i64> = match walk.known(node, 1)? {
        Some(axes) => axes.values.iter().map(|&axis| axis as i64).collect(),
        None => node
            .attributes
            .get("axes")
            .map_or_else(Vec::new, |axes| axes.integers.clone()),
    };
    match walk.input(node, 0)?.ok_or("its input is missing")? {
        Value::Known(tensor) => {
            let mut shape = tensor.shape.clone();
            if node.op == "Squeeze" {
                shape.retain(|&size| size != 1);
            } else {
                for axis in axes {
                    let at = axis_of(axis, shape.len() + 1).ok_or("an axis is out of range")?;
                    shape.insert(at, 1);
                }
            }
            walk.keep_known(
                node,
                Tensor {
                    shape,
                    ..(*tensor).clone()
                },
            );
            Ok(())
        }
        // One number per sample.
        value @ Value::Flow(_)
            if node.op == "Squeeze"
                && walk.chain.width() == Some(1)
                && matches!(axes[..], [1 | -1]) =>
        {
            walk.keep(node, value);
            Ok(())
        }
        _ => Err("it changes the axes of the samples".to_owned()),
    }
}

pub(super) fn concat<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
    let mut values = Vec::new();
    for number in 0..node.inputs.len() {
        values.push(walk.input(node, number)?.ok_or("an input is missing")?);
    }
    if let [Value::Flow(first), Value::Flow(second)] = values[..] {
        return walk.pair(node, first, second);
    }
    let known: Option<Vec<&Tensor>> = values
        .iter()
        .map(|value| match value {
            Value::Known(tensor) => Some(&**tensor),
            _ => None,
        })
        .collect();
    let known = known.ok_or("it puts values side by side that are not 1 - p and p of one unit")?;
    let tensor = concatenate(&mut walk.reader, &known)?;
    walk.keep_known(node, tensor);
    Ok(())
}

pub(super) fn constant(walk: &mut Walk<'_>, node: &Node<'_>) -> Result<Tensor, String> {
    for (name, attribute) in &node.attributes {
        let (values, whole) = match *name {
            "value" => {
                let tensor = attribute.tensor.as_ref().ok_or("its tensor is missing")?;
                return walk
                    .reader
                    .read(node.outputs.first().unwrap_or(&""), tensor);
            }
            "value_float" => return Ok(Tensor::scalar(attribute.float.unwrap_or_default())),
            "value_int" => {
                let value = attribute.integer.unwrap_or_default() as f64;
                return Ok(Tensor {
                    whole: true,
                    ..Tensor::scalar(value)
                });
            }
            "value_floats" => (attribute.floats.clone(), false),
            "value_ints" => (attribute.integers.iter().map(|&x| x as f64).collect(), true),
            _ => continue,
        };
        return Ok(Tensor {
            shape: vec![values.len()],
            values,
            whole,
        });
    }
    Err("it holds no numbers".to_owned())
}
