//! A network, its loss and its gradients on a backend's tensors: by the loops over plain numbers where the memory is in reach, in
//! the backend's own operations where it is not.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata};

use super::chain::{Chain, Layer};
use super::layers::{Gradients, Layers};
use super::primitives::LayerOutput;
use super::{FusedActivation, FusedLoss, activation_ops, memory, primitives, sums};

/// The entries of a network's input and parameters.
struct Operands<'a> {
    x: Cow<'a, [f32]>,
    parameters: Vec<Cow<'a, [f32]>>,
    /// Inputs and units of each layer.
    sizes: Vec<[usize; 2]>,
    activations: &'a [FusedActivation],
}

impl<'a> Operands<'a> {
    /// `None` where they are not in this computer's memory.
    fn of<B: Backend>(x: &'a FloatTensor<B>, layers: &'a Layers<B>) -> Option<Self> {
        let parameters = layers.parameters.iter();
        let weights = parameters.clone().step_by(2);
        Some(Self {
            x: memory::entries::<B>(x)?,
            parameters: parameters
                .map(memory::entries::<B>)
                .collect::<Option<_>>()?,
            sizes: weights.map(|weight| weight.shape().dims()).collect(),
            activations: &layers.activations,
        })
    }

    fn chain(&self) -> Chain<'_> {
        let (pairs, _) = self.parameters.as_chunks::<2>();
        let layers = pairs.iter().zip(&self.sizes).zip(self.activations);
        let layers = layers.map(|(([weight, bias], &[inputs, units]), &activation)| Layer {
            inputs,
            units,
            activation,
            weight,
            bias,
        });
        Chain::new(layers.collect())
    }

    /// The output as a tensor on the device of `x`.
    fn output<B: Backend>(&self, y: Vec<f32>, x: &FloatTensor<B>) -> FloatTensor<B> {
        let units = self.sizes.last().map_or(0, |&[_, units]| units);
        memory::new::<B>(y, &[x.shape()[0], units], &x.device())
    }

    /// The gradients as tensors in their operands' shapes.
    fn gradients<B: Backend>(&self, found: sums::Gradients, x: &FloatTensor<B>) -> Gradients<B> {
        let device = x.device();
        let dx = found.x.map(|dx| memory::new::<B>(dx, &x.shape(), &device));
        let layers = found.layers.into_iter().zip(&self.sizes);
        let layers = layers.flat_map(|([weight, bias], &[inputs, units])| {
            [
                Some(memory::new::<B>(weight, &[inputs, units], &device)),
                Some(memory::new::<B>(bias, &[units], &device)),
            ]
        });
        std::iter::once(dx).chain(layers).collect()
    }
}

/// What the way back needs of every layer for a batch, besides the operands.
#[derive(Debug, Clone)]
pub(super) enum LayerOutputs<B: Backend> {
    /// As [`Chain::forward_recording`] leaves them.
    Panels(Arc<Vec<f32>>),
    /// In tensors.
    Tensors(Vec<LayerOutput<B>>),
}

/// The output.
pub(super) fn forward<B: Backend>(x: FloatTensor<B>, layers: &Layers<B>) -> FloatTensor<B> {
    match Operands::of::<B>(&x, layers) {
        Some(operands) => operands.output::<B>(operands.chain().forward(&operands.x), &x),
        None => primitives::forward::<B>(x, layers),
    }
}

/// The output, and what [`backward`] wants besides.
pub(super) fn forward_recording<B: Backend>(
    x: &FloatTensor<B>,
    layers: &Layers<B>,
) -> (FloatTensor<B>, LayerOutputs<B>) {
    match Operands::of::<B>(x, layers) {
        Some(operands) => {
            let (y, record) = operands.chain().forward_recording(&operands.x);
            let y = operands.output::<B>(y, x);
            (y, LayerOutputs::Panels(Arc::new(record)))
        }
        None => {
            let outputs = primitives::outputs::<B>(x.clone(), layers);
            let y = outputs.last().map_or(x, |last| &last.y).clone();
            (y, LayerOutputs::Tensors(outputs))
        }
    }
}

/// The gradients from dL/dy and what the forward pass recorded.
pub(super) fn backward<B: Backend>(
    x: FloatTensor<B>,
    layers: &Layers<B>,
    outputs: LayerOutputs<B>,
    dy: FloatTensor<B>,
    wants_dx: bool,
) -> Gradients<B> {
    match outputs {
        LayerOutputs::Tensors(outputs) => {
            primitives::backward::<B>(x, layers, outputs, dy, wants_dx)
        }
        LayerOutputs::Panels(record) => {
            let operands = Operands::of::<B>(&x, layers).zip(memory::entries::<B>(&dy));
            let Some((operands, dy)) = operands else {
                unreachable!(
                    "what was in reach of the forward pass is in reach of the backward pass"
                );
            };
            let chain = operands.chain();
            let found = chain.backward(&operands.x, &record, &dy, wants_dx);
            operands.gradients::<B>(found, &x)
        }
    }
}

/// The mean loss and its gradients.
pub(super) fn loss_with_gradients<B: Backend>(
    x: FloatTensor<B>,
    target: FloatTensor<B>,
    layers: &Layers<B>,
    loss: FusedLoss,
    wants_dx: bool,
) -> (FloatTensor<B>, Gradients<B>) {
    let operands = Operands::of::<B>(&x, layers).zip(memory::entries::<B>(&target));
    if let Some((operands, target)) = operands {
        let chain = operands.chain();
        let (mean, found) = chain.loss(&operands.x, &target, loss, wants_dx);
        let gradients = operands.gradients::<B>(found, &x);
        return (memory::new::<B>(vec![mean], &[1], &x.device()), gradients);
    }
    let outputs = primitives::outputs::<B>(x.clone(), layers);
    let y = outputs.last().map_or(&x, |last| &last.y).clone();
    let (mean, dy) = mean_loss_with_gradient::<B>(y, target, loss);
    let gradients = primitives::backward::<B>(x, layers, outputs, dy, wants_dx);
    (mean, gradients)
}

/// The mean loss (1) and its derivative with respect to every prediction, in the prediction's shape.
pub(super) fn mean_loss_with_gradient<B: Backend>(
    prediction: FloatTensor<B>,
    target: FloatTensor<B>,
    loss: FusedLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let operands = memory::entries::<B>(&prediction).zip(memory::entries::<B>(&target));
    let Some((predictions, targets)) = operands else {
        return primitives::mean_loss_with_gradient::<B>(prediction, target, loss);
    };
    let (mean, gradient) = loss.mean_with_gradient(&predictions, &targets, prediction.shape()[1]);
    let device = prediction.device();
    (
        memory::new::<B>(vec![mean], &[1], &device),
        memory::new::<B>(gradient, &prediction.shape(), &device),
    )
}

/// φ(z).
pub(super) fn activate<B: Backend>(
    z: FloatTensor<B>,
    activation: FusedActivation,
) -> FloatTensor<B> {
    memory::map::<B>(z, |z| activation.apply_to_all(z))
        .unwrap_or_else(|z| activation_ops::activate::<B>(z, activation))
}

/// y times a mask.
pub(super) fn masked<B: Backend>(y: FloatTensor<B>, mask: FloatTensor<B>) -> FloatTensor<B> {
    let y = match memory::entries::<B>(&mask) {
        Some(mask) => match memory::map::<B>(y, |y| multiply(y, &mask)) {
            Ok(product) => return product,
            Err(y) => y,
        },
        None => y,
    };
    B::float_mul(y, mask)
}

fn multiply(y: &mut [f32], mask: &[f32]) {
    for (y, mask) in y.iter_mut().zip(mask) {
        *y *= mask;
    }
}

/// dL/dz from dL/dy and y = φ(z), or z where φ [keeps its slopes](FusedActivation::keeps_slopes).
pub(super) fn activation_backward<B: Backend>(
    source: FloatTensor<B>,
    dy: FloatTensor<B>,
    activation: FusedActivation,
) -> FloatTensor<B> {
    let back = |source: &[f32], dy: &mut [f32]| match activation.keeps_slopes() {
        true => activation.backward_from_z(source, dy),
        false => activation.backward(source, &[], dy),
    };
    let dy = match memory::entries::<B>(&source) {
        Some(source) => match memory::map::<B>(dy, |dy| back(&source, dy)) {
            Ok(dz) => return dz,
            Err(dy) => dy,
        },
        None => dy,
    };
    activation_ops::activation_backward::<B>(source, dy, activation)
}
