//! What each operator of a graph does to the chain.

use super::constant::{axis_of, gather, transpose};
use super::elementwise::{Binary, unary};
use super::layers::{batch_norm, gemm, linear, matrix};
use super::schema::Node;
use super::shapes::{cast, concat, constant, reshaped, squeezed};
use super::tensor::Tensor;
use super::walk::{Value, Walk};
use crate::model::Activation;
use crate::model::chain::Scaling;

/// SELU's constants, as the ONNX operator has them by default.
const SELU: (f64, f64) = (1.673_263_192_176_818_8, 1.050_700_998_306_274_4);

/// Takes a node in.
///
/// # Errors
/// What can't be drawn, in words.
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
    format!("{what} is not part of a chain of affine maps and activations")
}
