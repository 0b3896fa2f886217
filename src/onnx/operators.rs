//! What each operator of a graph does to the chain.

use faer::Mat;

use super::constant::{axis_of, concatenate, gather, reshape, transpose};
use super::elementwise::{Binary, unary};
use super::schema::Node;
use super::tensor::Tensor;
use super::walk::{Value, Walk};
use crate::model::Activation;
use crate::model::chain::Scaling;

/// SELU's constants, as the ONNX operator has them by default.
const SELU: (f64, f64) = (1.673_263_192_176_818_8, 1.050_700_998_306_274_4);

/// Takes a node in.
///
/// # Errors
/// What it is that can't be drawn.
pub(super) fn apply<'a>(walk: &mut Walk<'a>, node: &Node<'a>, opset: i64) -> Result<(), String> {
    let float = |name: &str, default: f64| {
        let given = node
            .attributes
            .get(name)
            .and_then(|attribute| attribute.float);
        given.unwrap_or(default)
    };
    let integer = |name: &str, default: i64| {
        let given = node
            .attributes
            .get(name)
            .and_then(|attribute| attribute.integer);
        given.unwrap_or(default)
    };
    if !matches!(node.domain, "" | "ai.onnx.ml") {
        return Err(format!(
            "the operators of {:?} are not known here",
            node.domain
        ));
    }
    if let Some(operation) = Binary::of(node.op) {
        let mut result = walk.input(node, 0)?.ok_or("its first input is missing")?;
        // Max and Min take any number of values.
        for number in 1..node.inputs.len() {
            let next = walk.input(node, number)?.ok_or("an input is missing")?;
            walk.two(node, operation, &result, &next)?;
            result = walk.value(node.outputs.first().ok_or("it has no output")?)?;
        }
        return Ok(());
    }
    if unary(node.op).is_some() {
        return walk.one(node);
    }
    if let Some(activation) = activation(node, float) {
        let flow = walk.flow(node, 0)?;
        return walk.step(node, flow, |program, of| program.known(activation, of));
    }
    match node.op {
        "Constant" => {
            let tensor = constant(walk, node)?;
            walk.keep_known(node, tensor);
        }
        "Identity" | "ZipMap" | "Dropout" | "CastLike" => {
            let training = node.op == "Dropout"
                && walk
                    .known(node, 2)?
                    .is_some_and(|t| t.uniform() != Some(0.0));
            if training {
                return Err(
                    "it drops units at random; export the network in evaluation (model.eval())"
                        .to_owned(),
                );
            }
            let value = walk.input(node, 0)?.ok_or("its input is missing")?;
            walk.keep(node, value);
        }
        "Cast" => cast(walk, node, integer("to", 0))?,
        "Gemm" => gemm(
            walk,
            node,
            [float("alpha", 1.0), float("beta", 1.0)],
            [integer("transA", 0), integer("transB", 0)],
        )?,
        "MatMul" => {
            let flow = walk.flow(node, 0)?;
            let weight = walk.known(node, 1)?.ok_or("its weights are missing")?;
            let weight = matrix(&weight, true, 1.0)?;
            let bias = vec![0.0; weight.nrows()];
            walk.affine(node, flow, weight, &bias)?;
        }
        "Selu" => {
            let flow = walk.flow(node, 0)?;
            let elu = Activation::Elu {
                alpha: float("alpha", SELU.0),
            };
            walk.step(node, flow, |program, of| {
                let (bent, gamma) = (
                    program.known(elu, of)?,
                    program.constant(float("gamma", SELU.1))?,
                );
                program.two(Binary::Mul, bent, gamma)
            })?;
        }
        "Celu" => {
            // alpha ELU(x / alpha)
            let flow = walk.flow(node, 0)?;
            walk.step(node, flow, |program, of| {
                let alpha = program.constant(float("alpha", 1.0))?;
                let narrow = program.two(Binary::Div, of, alpha)?;
                let bent = program.known(Activation::ELU, narrow)?;
                program.two(Binary::Mul, bent, alpha)
            })?;
        }
        "HardSigmoid" => {
            let (alpha, beta) = (float("alpha", 0.2), float("beta", 0.5));
            let flow = walk.flow(node, 0)?;
            walk.step(node, flow, |program, of| {
                if (alpha - 1.0 / 6.0).abs() < 1e-7 && beta == 0.5 {
                    return program.known(Activation::HardSigmoid, of);
                }
                let (alpha, beta) = (program.constant(alpha)?, program.constant(beta)?);
                let steep = program.two(Binary::Mul, of, alpha)?;
                let moved = program.two(Binary::Add, steep, beta)?;
                program.known(
                    Activation::Clip {
                        low: 0.0,
                        high: 1.0,
                    },
                    moved,
                )
            })?;
        }
        "Clip" => {
            let flow = walk.flow(node, 0)?;
            let mut bound = |name: &str, number: usize| -> Result<Option<f64>, String> {
                let given = walk
                    .known(node, number)?
                    .and_then(|tensor| tensor.uniform());
                let attribute = node
                    .attributes
                    .get(name)
                    .and_then(|attribute| attribute.float);
                Ok(given.or(attribute).filter(|bound| bound.abs() < 1e30))
            };
            let (low, high) = (bound("min", 1)?, bound("max", 2)?);
            walk.step(node, flow, |program, mut of| {
                if let (Some(low), Some(high)) = (low, high)
                    && low < high
                {
                    return program.known(Activation::Clip { low, high }, of);
                }
                for (bound, operation) in [(low, Binary::Max), (high, Binary::Min)] {
                    if let Some(bound) = bound {
                        let bound = program.constant(bound)?;
                        of = program.two(operation, of, bound)?;
                    }
                }
                Ok(of)
            })?;
        }
        "PRelu" => {
            let flow = walk.flow(node, 0)?;
            let slope = walk.known(node, 1)?.and_then(|slopes| slopes.uniform());
            let slope = slope.ok_or("its units have slopes of their own; one for all is drawn")?;
            walk.step(node, flow, |program, of| {
                program.known(Activation::LeakyRelu { slope }, of)
            })?;
        }
        "Where" => walk.choose(node)?,
        "Softmax" | "LogSoftmax" => {
            let flow = walk.flow(node, 0)?;
            let axis = integer("axis", if opset < 13 { 1 } else { -1 });
            if !matches!(axis, 1 | -1) {
                return Err(format!("it runs along axis {axis}, over the samples"));
            }
            walk.softmax(node, flow)?;
        }
        "BatchNormalization" => batch_norm(
            walk,
            node,
            float("epsilon", 1e-5),
            integer("training_mode", 0),
        )?,
        "Scaler" => {
            let flow = walk.flow(node, 0)?;
            let entries = |name: &str, default: f64| {
                let given = node
                    .attributes
                    .get(name)
                    .map(|attribute| attribute.floats.clone());
                given
                    .filter(|given| !given.is_empty())
                    .unwrap_or_else(|| vec![default])
            };
            let (mut centre, mut factor) = (entries("offset", 0.0), entries("scale", 1.0));
            let units = walk.chain.width().unwrap_or(centre.len().max(factor.len()));
            for entries in [&mut centre, &mut factor] {
                if let [all] = entries[..] {
                    walk.reader.take(units)?;
                    *entries = vec![all; units];
                }
            }
            let offset = vec![0.0; factor.len()];
            walk.scale(
                node,
                flow,
                &Scaling {
                    centre,
                    factor,
                    offset,
                },
            )?;
        }
        // What softmax gives sums to 1 already.
        "Normalizer"
            if node
                .attributes
                .get("norm")
                .is_some_and(|norm| norm.text == b"L1") =>
        {
            let flow = walk.flow(node, 0)?;
            if !walk.is_softmax(flow) {
                return Err(unknown(node.op));
            }
            walk.keep(node, Value::Flow(flow));
        }
        "LinearClassifier" | "LinearRegressor" => linear(walk, node)?,
        "Flatten" => {
            let flow = walk.flow(node, 0)?;
            let axis = integer("axis", 1);
            if axis != 1 {
                return Err(format!(
                    "it keeps {axis} axes; samples by features are expected"
                ));
            }
            walk.flatten(node, flow);
        }
        "Reshape" => reshaped(walk, node)?,
        "Squeeze" | "Unsqueeze" => squeezed(walk, node)?,
        "Shape" => {
            // The number of samples stays open: 0, which Reshape reads as "as it is".
            walk.flow(node, 0)?;
            let width = walk
                .chain
                .width()
                .ok_or("nothing says how many features there are")?;
            walk.keep_known(
                node,
                Tensor {
                    shape: vec![2],
                    values: vec![0.0, width as f64],
                    whole: true,
                },
            );
        }
        "Gather" => {
            let (of, rows) = (walk.known(node, 0)?, walk.known(node, 1)?);
            let (of, rows) = of.zip(rows).ok_or("an input is missing")?;
            if axis_of(integer("axis", 0), of.shape.len()) != Some(0) {
                return Err("it picks columns of an array".to_owned());
            }
            let tensor = gather(&mut walk.reader, &of, &rows)?;
            walk.keep_known(node, tensor);
        }
        "Transpose" => {
            let of = walk.known(node, 0)?.ok_or("its input is missing")?;
            let order = node
                .attributes
                .get("perm")
                .map_or(&[][..], |order| &order.integers);
            let tensor = transpose(&mut walk.reader, &of, order)?;
            walk.keep_known(node, tensor);
        }
        "Concat" => concat(walk, node)?,
        op => return Err(unknown(op)),
    }
    Ok(())
}

/// An operator that is an activation by itself.
fn activation(node: &Node<'_>, float: impl Fn(&str, f64) -> f64) -> Option<Activation> {
    Some(match node.op {
        "Relu" => Activation::Relu,
        "Tanh" => Activation::Tanh,
        "Sigmoid" => Activation::Sigmoid,
        "Softplus" => Activation::Softplus,
        "HardSwish" => Activation::HardSwish,
        "LeakyRelu" => Activation::LeakyRelu {
            slope: float("alpha", 0.01),
        },
        "Elu" => Activation::Elu {
            alpha: float("alpha", 1.0),
        },
        "Gelu"
            if node
                .attributes
                .get("approximate")
                .is_some_and(|how| how.text == b"tanh") =>
        {
            Activation::GeluTanh
        }
        "Gelu" => Activation::Gelu,
        "Swish" if float("alpha", 1.0) == 1.0 => Activation::Silu,
        _ => return None,
    })
}

/// Why an operator is refused, by the name that people know it by.
fn unknown(op: &str) -> String {
    let what = match op {
        "LayerNormalization" | "SimplifiedLayerNormalization" | "RMSNormalization" => "layer norm",
        "ReduceMean" | "ReduceSum" | "MeanVarianceNormalization" => {
            "a mean over the units, as layer norm has it,"
        }
        "InstanceNormalization" | "GroupNormalization" | "LpNormalization" | "Normalizer" => {
            "a norm of each sample"
        }
        "Conv" | "ConvTranspose" | "MaxPool" | "AveragePool" | "GlobalAveragePool" => {
            "a convolution"
        }
        "LSTM" | "GRU" | "RNN" => "a recurrent layer",
        "Attention" | "MultiHeadAttention" => "attention",
        "If" | "Loop" | "Scan" => "a branch or loop of the program",
        "QuantizeLinear"
        | "DequantizeLinear"
        | "DynamicQuantizeLinear"
        | "QLinearMatMul"
        | "MatMulInteger" => "quantised arithmetic",
        "TreeEnsembleClassifier" | "TreeEnsembleRegressor" | "TreeEnsemble" => {
            "a forest of decision trees"
        }
        "SVMClassifier" | "SVMRegressor" => "a support vector machine",
        _ => "this operator",
    };
    format!("{what} is no part of a chain of affine maps and activations")
}

fn constant(walk: &mut Walk<'_>, node: &Node<'_>) -> Result<Tensor, String> {
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

fn cast<'a>(walk: &mut Walk<'a>, node: &Node<'a>, to: i64) -> Result<(), String> {
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

/// A matrix of weights as (units x inputs) times `factor`; `inputs_first` where the array has them the other way round.
fn matrix(array: &Tensor, inputs_first: bool, factor: f64) -> Result<Mat<f64>, String> {
    if array.values.is_empty() {
        return Err("its weights have no entries".to_owned());
    }
    let &[rows, columns] = &array.shape[..] else {
        return Err(format!(
            "its weights have the shape {:?}; a matrix is expected",
            array.shape
        ));
    };
    let entry = |i: usize, j: usize| factor * array.values[i * columns + j];
    Ok(if inputs_first {
        Mat::from_fn(columns, rows, |i, j| entry(j, i))
    } else {
        Mat::from_fn(rows, columns, entry)
    })
}

fn gemm<'a>(
    walk: &mut Walk<'a>,
    node: &Node<'a>,
    [alpha, beta]: [f64; 2],
    [trans_a, trans_b]: [i64; 2],
) -> Result<(), String> {
    if trans_a != 0 {
        return Err("it multiplies the samples' columns".to_owned());
    }
    let flow = walk.flow(node, 0)?;
    let weight = walk.known(node, 1)?.ok_or("its weights are missing")?;
    let weight = matrix(&weight, trans_b == 0, alpha)?;
    let units = weight.nrows();
    let bias = match walk.known(node, 2)? {
        None => vec![0.0; units],
        Some(bias) => match (&bias.shape[..], &bias.values[..]) {
            ([] | [1] | [1, 1], &[all]) => vec![beta * all; units],
            ([n] | [1, n], values) if *n == units => values.iter().map(|b| beta * b).collect(),
            (shape, _) => return Err(format!("{units} units have a bias of the shape {shape:?}")),
        },
    };
    walk.affine(node, flow, weight, &bias)
}

fn batch_norm<'a>(
    walk: &mut Walk<'a>,
    node: &Node<'a>,
    epsilon: f64,
    training: i64,
) -> Result<(), String> {
    if training != 0 {
        return Err(
            "it takes each batch's own mean; export the network in evaluation (model.eval())"
                .to_owned(),
        );
    }
    let flow = walk.flow(node, 0)?;
    let mut arrays = Vec::new();
    for number in 1..5 {
        let array = walk.known(node, number)?.ok_or("an input is missing")?;
        arrays.push(array);
    }
    let [gamma, beta, mean, variance] = [0, 1, 2, 3].map(|k| &arrays[k].values);
    if [gamma, beta, mean]
        .iter()
        .any(|array| array.len() != variance.len())
    {
        return Err("its arrays differ in length".to_owned());
    }
    let scaling = Scaling::batch_norm(mean, variance, epsilon, gamma, beta);
    walk.scale(node, flow, &scaling)
}

/// scikit-learn's linear models: coefficients class by class, and what turns scores into probabilities.
fn linear<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
    let flow = walk.flow(node, 0)?;
    let floats = |name: &str| {
        node.attributes
            .get(name)
            .map_or(&[][..], |attribute| &attribute.floats)
    };
    let (weights, mut bias) = (floats("coefficients"), floats("intercepts").to_vec());
    let units = match (bias.len(), walk.chain.width()) {
        (0, Some(inputs)) => weights.len() / inputs,
        (units, _) => units,
    };
    if units == 0 || weights.is_empty() || !weights.len().is_multiple_of(units) {
        return Err(format!(
            "{} coefficients are given for {units} scores",
            weights.len()
        ));
    }
    bias.resize(units, 0.0);
    let inputs = weights.len() / units;
    let mut weight = Mat::from_fn(units, inputs, |i, j| weights[i * inputs + j]);
    let text = |name: &str| {
        node.attributes
            .get(name)
            .map_or(&b"NONE"[..], |attribute| attribute.text)
    };
    if node.op == "LinearRegressor" {
        if text("post_transform") != b"NONE" {
            return Err("its outputs are transformed".to_owned());
        }
        return walk.affine(node, flow, weight, &bias);
    }
    // Two classes come as one score or as two of opposite sign.
    let opposite =
        units == 2 && bias[0] == -bias[1] && (0..inputs).all(|j| weight[(0, j)] == -weight[(1, j)]);
    let last = match text("post_transform") {
        b"LOGISTIC" if opposite => {
            weight = weight.subrows(1, 1).to_owned();
            bias = vec![bias[1]];
            Activation::Sigmoid
        }
        b"LOGISTIC" if units == 1 => Activation::Sigmoid,
        b"SOFTMAX" if units > 1 => Activation::Softmax,
        other => {
            let other = String::from_utf8_lossy(other).escape_debug().to_string();
            return Err(format!(
                "its {units} scores go through {other}, which is not read"
            ));
        }
    };
    walk.affine(node, flow, weight, &bias)?;
    walk.chain.activate(last)?;
    walk.advance(node);
    // Its first output is the label.
    let scores = walk.value(node.outputs.first().ok_or("it has no output")?)?;
    let scores = match scores {
        Value::Flow(flow) if last == Activation::Sigmoid => Value::Pair(flow),
        other => other,
    };
    if let Some(name) = node.outputs.get(1) {
        walk.keep_as(name, scores);
    }
    Ok(())
}

fn reshaped<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
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

fn squeezed<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
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

fn concat<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
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
