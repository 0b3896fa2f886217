//! Affine maps and batch norm, as nodes of a graph have them.

use faer::Mat;

use super::schema::Node;
use super::tensor::Tensor;
use super::walk::{Value, Walk};
use crate::model::Activation;
use crate::model::chain::Scaling;

/// A matrix of weights as (units x inputs) times `factor`; `inputs_first` where the array has them the other way round.
pub(super) fn matrix(array: &Tensor, inputs_first: bool, factor: f64) -> Result<Mat<f64>, String> {
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

pub(super) fn gemm<'a>(
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

pub(super) fn batch_norm<'a>(
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
pub(super) fn linear<'a>(walk: &mut Walk<'a>, node: &Node<'a>) -> Result<(), String> {
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
