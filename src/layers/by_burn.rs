//! The same layers, computed by Burn's own (items B11, B12, B13, B14, B16, C1).
//!
//! Every function takes `f64` numbers and a device, rounds to the device's `f32`, runs Burn's layer or its autodiff, and
//! returns `f64` numbers, to be compared with this module's formulas. Burn stores weights as (in x out); arguments and
//! results here keep the orientation of the formulas they belong to.

use burn::module::{Param, RunningState};
use burn::nn::activation::ActivationConfig;
use burn::nn::attention::{MhaInput, MultiHeadAttentionConfig};
use burn::nn::{BatchNormConfig, Linear, RnnConfig, RnnState};
use burn::tensor::module as functional;
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use burn::tensor::{Bool, Device, Tensor, TensorData, activation};
use faer::{Mat, MatRef};

use super::attention::{Attention, Mask, check_sizes};
use super::batch_norm::{BatchNorm, Statistics};
use super::check_size;
use super::convolution::{Conv2d, Image};
use super::matrix_function::{self, LayerGradient};
use super::rnn::{Rnn, RnnGradients};
use super::scratch_net::ScratchNet;
use crate::error::{Error, Result};
use crate::model::mlp::{download, upload};
use crate::model::{Activation, Frozen, Mlp};

/// Burn's `conv2d` for a batch of images of one size.
///
/// # Errors
/// If an image does not fit the layer or the first image.
pub fn conv2d(layer: &Conv2d, images: &[Image], device: &Device) -> Result<Vec<Image>> {
    let Some(first) = images.first() else {
        return Ok(Vec::new());
    };
    let [height, width] = layer.output_size(first)?;
    let mut values = Vec::new();
    for image in images {
        layer.output_size(image)?;
        if (image.height, image.width) != (first.height, first.width) {
            return Err(Error::matrix("convolution", "the images differ in size"));
        }
        values.extend_from_slice(&image.values);
    }
    let filters = layer.filters();
    let count = filters.nrows();
    let weights: Vec<f64> = (0..count)
        .flat_map(|filter| filters.row(filter).iter().copied())
        .collect();
    let [kernel_height, kernel_width] = layer.kernel();
    let channels = layer.channels();
    let output = functional::conv2d(
        tensor(
            &values,
            [images.len(), channels, first.height, first.width],
            device,
        ),
        tensor(
            &weights,
            [count, channels, kernel_height, kernel_width],
            device,
        ),
        Some(tensor(layer.bias(), [count], device)),
        ConvOptions::new(layer.stride(), layer.padding(), [1, 1], 1),
    );
    Ok(numbers(output)
        .chunks(count * height * width)
        .map(|values| Image {
            channels: count,
            height,
            width,
            values: values.to_vec(),
        })
        .collect())
}

/// Burn's `BatchNorm` in training, on `batch` (n x features): the output, and the running averages afterwards.
///
/// # Errors
/// If the sizes do not fit.
pub fn batch_norm_train(
    layer: &BatchNorm,
    batch: MatRef<'_, f64>,
    device: &Device,
) -> Result<(Mat<f64>, Statistics)> {
    layer.clone().train(batch)?;
    // Burn's layer takes the batch's statistics on autodiff devices only.
    let device = device.clone().autodiff();
    let burns = batch_norm(layer, &device);
    let output = burns.forward(upload(batch, &device));
    let running = Statistics {
        mean: numbers(burns.running_mean.value_sync()),
        variance: numbers(burns.running_var.value_sync()),
    };
    Ok((download(output), running))
}

/// Burn's `BatchNorm` at inference, on `batch` (n x features).
///
/// # Errors
/// If the sizes do not fit.
pub fn batch_norm_infer(
    layer: &BatchNorm,
    batch: MatRef<'_, f64>,
    device: &Device,
) -> Result<Mat<f64>> {
    layer.infer(batch)?;
    Ok(download(
        batch_norm(layer, device).forward(upload(batch, device)),
    ))
}

fn batch_norm(layer: &BatchNorm, device: &Device) -> burn::nn::BatchNorm {
    let features = layer.gamma.len();
    let vector = |values: &[f64]| tensor(values, [features], device);
    let mut burns = BatchNormConfig::new(features)
        .with_epsilon(layer.epsilon)
        .with_momentum(layer.momentum)
        .init(device);
    burns.gamma = Param::from_tensor(vector(&layer.gamma));
    burns.beta = Param::from_tensor(vector(&layer.beta));
    burns.running_mean = RunningState::new(vector(&layer.running.mean));
    burns.running_var = RunningState::new(vector(&layer.running.variance));
    burns
}

/// Burn's `Rnn`: the states h_0 to h_T, one per row (T + 1 x hidden).
///
/// # Errors
/// If the sizes do not fit, or the activation is not identity, tanh, sigmoid or ReLU.
pub fn rnn(
    layer: &Rnn,
    initial: &[f64],
    inputs: MatRef<'_, f64>,
    device: &Device,
) -> Result<Mat<f64>> {
    layer.check(initial, inputs)?;
    let burns = burn_rnn(layer, device)?;
    let start = tensor(initial, [1, initial.len()], device);
    let (states, _) = burns.forward(sequence(inputs, device), Some(RnnState::new(start)));
    let states = numbers(states);
    let hidden = initial.len();
    Ok(Mat::from_fn(
        inputs.nrows() + 1,
        hidden,
        |t, unit| match t {
            0 => initial[unit],
            _ => states[(t - 1) * hidden + unit],
        },
    ))
}

/// The gradients of `last` · h_T by autodiff through Burn's `Rnn`.
///
/// # Errors
/// As [`rnn`].
pub fn rnn_gradients(
    layer: &Rnn,
    initial: &[f64],
    inputs: MatRef<'_, f64>,
    last: &[f64],
    device: &Device,
) -> Result<RnnGradients> {
    layer.check(initial, inputs)?;
    let (hidden, steps) = (initial.len(), inputs.nrows());
    check_size("autodiff", "∂L/∂h", (last.len(), 1), (hidden, 1))?;
    let device = device.clone().autodiff();
    let burns = burn_rnn(layer, &device)?;
    let mut state = tensor(initial, [1, hidden], &device);
    let mut probes = Vec::new();
    for t in 0..=steps {
        // Autodiff keeps the gradients of leaves only: a zero added to the state is one, and has the state's gradient.
        let probe = Tensor::<2>::zeros([1, hidden], &device).require_grad();
        state = state + probe.clone();
        probes.push(probe);
        if t < steps {
            let input = sequence(inputs.subrows(t, 1), &device);
            let (_, next) = burns.forward(input, Some(RnnState::new(state)));
            state = next.hidden;
        }
    }
    let loss = (state * tensor(last, [1, hidden], &device)).sum();
    let gradients = loss.backward();
    let states: Vec<Vec<f64>> = probes
        .iter()
        .map(|probe| probe.grad(&gradients).map_or(vec![0.0; hidden], numbers))
        .collect();
    // What no step has used has no gradient: 0.
    let weight = |linear: &Linear| match linear.weight.val().grad(&gradients) {
        Some(gradient) => download(gradient).transpose().to_owned(),
        None => {
            let [inputs, outputs] = linear.weight.val().dims();
            Mat::zeros(outputs, inputs)
        }
    };
    let bias = burns.gate.input_transform.bias.as_ref();
    let bias = bias.and_then(|bias| bias.val().grad(&gradients));
    Ok(RnnGradients {
        w: weight(&burns.gate.hidden_transform),
        u: weight(&burns.gate.input_transform),
        b: bias.map_or(vec![0.0; hidden], numbers),
        states: Mat::from_fn(steps + 1, hidden, |t, unit| states[t][unit]),
    })
}

/// Burn adds a bias on the input's side and another on the state's: here the first is b, and the second is left out.
fn burn_rnn(layer: &Rnn, device: &Device) -> Result<burn::nn::Rnn> {
    let activation = match layer.activation {
        Activation::Identity => ActivationConfig::Identity,
        Activation::Tanh => ActivationConfig::Tanh,
        Activation::Sigmoid => ActivationConfig::Sigmoid,
        Activation::Relu => ActivationConfig::Relu,
        other => {
            return Err(Error::matrix(
                "Burn's recurrent network",
                format!("the activation {} is not mapped to Burn's", other.name()),
            ));
        }
    };
    let (hidden, inputs) = layer.u.shape();
    let mut burns = RnnConfig::new(inputs, hidden, true)
        .with_hidden_activation(activation)
        .init(device);
    burns.gate.input_transform = linear(layer.u.as_ref(), Some(&layer.b), device);
    burns.gate.hidden_transform = linear(layer.w.as_ref(), None, device);
    Ok(burns)
}

/// Burn's scaled dot-product attention, the plain function: softmax(Q Kᵀ / √d) V.
///
/// # Errors
/// If the sizes do not fit.
pub fn attention(
    q: MatRef<'_, f64>,
    k: MatRef<'_, f64>,
    v: MatRef<'_, f64>,
    mask: Mask,
    device: &Device,
) -> Result<Mat<f64>> {
    check_sizes(q, k, v, mask)?;
    let heads = |m: MatRef<'_, f64>| upload(m, device).reshape([1, 1, m.nrows(), m.ncols()]);
    let options = AttentionModuleOptions {
        is_causal: mask == Mask::Causal,
        ..AttentionModuleOptions::default()
    };
    let output = functional::attention(heads(q), heads(k), heads(v), None, None, options);
    Ok(download(output.reshape([q.nrows(), v.ncols()])))
}

/// Burn's `MultiHeadAttention` layer with one head and identity matrices for its four projections; Q, K and V must
/// then have the same number of columns.
///
/// # Errors
/// If the sizes do not fit.
pub fn multi_head_attention(
    q: MatRef<'_, f64>,
    k: MatRef<'_, f64>,
    v: MatRef<'_, f64>,
    mask: Mask,
    device: &Device,
) -> Result<Attention> {
    check_sizes(q, k, v, mask)?;
    let (queries, keys, d) = (q.nrows(), k.nrows(), q.ncols());
    check_size("multi-head attention", "V", v.shape(), (keys, d))?;
    let mut layer = MultiHeadAttentionConfig::new(d, 1)
        .with_dropout(0.0)
        .init(device);
    let identity = Mat::identity(d, d);
    for projection in [
        &mut layer.query,
        &mut layer.key,
        &mut layer.value,
        &mut layer.output,
    ] {
        *projection = linear(identity.as_ref(), None, device);
    }
    let input = MhaInput::new(
        sequence(q, device),
        sequence(k, device),
        sequence(v, device),
    );
    let input = match mask {
        Mask::None => input,
        Mask::Causal => {
            let hidden: Vec<bool> = (0..queries * keys)
                .map(|place| !mask.allows(place / keys, place % keys, queries, keys))
                .collect();
            let hidden = TensorData::new(hidden, [1, queries, keys]);
            input.mask_attn(Tensor::<3, Bool>::from_data(hidden, device))
        }
    };
    let burns = layer.forward(input);
    Ok(Attention {
        weights: download(burns.weights.reshape([queries, keys])),
        output: download(burns.context.reshape([queries, d])),
    })
}

/// Loss and gradients of post B's network from scratch, by Burn's autodiff of the same formula.
///
/// # Errors
/// If the sizes do not fit.
pub fn scratch_net_gradients(
    net: &ScratchNet,
    x: MatRef<'_, f64>,
    y: MatRef<'_, f64>,
    device: &Device,
) -> Result<(f64, ScratchNet)> {
    net.loss(x, y)?;
    let device = device.clone().autodiff();
    let matrix = |m: &Mat<f64>| upload(m.as_ref(), &device).require_grad();
    let row = |v: &[f64]| tensor(v, [1, v.len()], &device).require_grad();
    let (w1, b1, w2, b2) = (matrix(&net.w1), row(&net.b1), matrix(&net.w2), row(&net.b2));
    let hidden = activation::relu(upload(x, &device).matmul(w1.clone()) + b1.clone());
    let errors = hidden.matmul(w2.clone()) + b2.clone() - upload(y, &device);
    let loss = errors.square().sum().div_scalar(x.nrows() as f64);
    let gradients = loss.backward();
    let of = |parameter: &Tensor<2>| {
        let gradient = parameter.grad(&gradients);
        gradient.unwrap_or_else(|| parameter.zeros_like().inner())
    };
    let loss = numbers(loss).first().copied().unwrap_or(f64::NAN);
    let gradients = ScratchNet {
        w1: download(of(&w1)),
        b1: numbers(of(&b1)),
        w2: download(of(&w2)),
        b2: numbers(of(&b2)),
    };
    Ok((loss, gradients))
}

/// The gradient of the mean squared error with respect to every layer, by Burn's autodiff through the project's own
/// [`Mlp`].
///
/// # Errors
/// If the sizes do not fit or there are no samples.
pub fn network_gradients(
    network: &Frozen,
    x: MatRef<'_, f64>,
    y: MatRef<'_, f64>,
    device: &Device,
) -> Result<Vec<LayerGradient>> {
    matrix_function::mean_squared_error(network, x, y)?;
    let device = device.clone().autodiff();
    let mlp = Mlp::from_frozen(network, &device);
    let loss = (mlp.forward(upload(x, &device)) - upload(y, &device))
        .square()
        .mean();
    let gradients = loss.backward();
    let parameters = mlp.parameters();
    let layers = network.layers.iter().zip(parameters.chunks(2));
    Ok(layers
        .map(|(layer, pair)| {
            let mut found = pair.iter().map(|parameter| parameter.gradient(&gradients));
            LayerGradient {
                weight: found.next().flatten().map_or_else(
                    || Mat::zeros(layer.units(), layer.inputs()),
                    |gradient| download(gradient).transpose().to_owned(),
                ),
                bias: found
                    .next()
                    .flatten()
                    .map_or(vec![0.0; layer.units()], numbers),
            }
        })
        .collect())
}

/// W (out x in) and b as Burn's layer, which stores the transpose.
fn linear(weight: MatRef<'_, f64>, bias: Option<&[f64]>, device: &Device) -> Linear {
    Linear {
        weight: Param::from_tensor(upload(weight.transpose(), device)),
        bias: bias.map(|bias| Param::from_tensor(tensor(bias, [bias.len()], device))),
    }
}

/// A matrix, one time step per row, as a batch of one sequence: (1 x steps x features).
fn sequence(steps: MatRef<'_, f64>, device: &Device) -> Tensor<3> {
    upload(steps, device).unsqueeze::<3>()
}

/// Numbers in row-major order to a device, as `f32`.
fn tensor<const D: usize>(values: &[f64], shape: [usize; D], device: &Device) -> Tensor<D> {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A tensor's numbers in row-major order.
fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}
