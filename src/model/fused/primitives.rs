//! The fused operations in a backend's own operations: what they mean, and what runs where there are no loops for them.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata, get_or_init_device_settings};
use burn::tensor::Shape;

use super::activation_ops::{activate, activation_backward};
use super::layers::{Gradients, Layers};
use super::long_sums;
use super::loss::{EntryLoss, FusedLoss, LEAST_VARIANCE, TINY};

/// What a forward pass keeps of a layer.
#[derive(Debug, Clone)]
pub(super) struct LayerOutput<B: Backend> {
    /// φ(x W + b).
    pub(super) y: FloatTensor<B>,
    /// x W + b, where φ [keeps its slopes](super::FusedActivation::keeps_slopes).
    z: Option<FloatTensor<B>>,
}

/// Every layer's output.
pub(super) fn outputs<B: Backend>(x: FloatTensor<B>, layers: &Layers<B>) -> Vec<LayerOutput<B>> {
    let pairs = layers.parameters.as_chunks::<2>().0;
    let mut input = x;
    let mut outputs = Vec::new();
    for ([weight, bias], &activation) in pairs.iter().zip(&layers.activations) {
        let row = Shape::new([1, weight.shape()[1]]);
        let bias = B::float_reshape(bias.clone(), row);
        let z = B::float_add(B::float_matmul(input, weight.clone()), bias);
        let kept = activation.keeps_slopes().then(|| z.clone());
        input = activate::<B>(z, activation);
        outputs.push(LayerOutput {
            y: input.clone(),
            z: kept,
        });
    }
    outputs
}

/// The last layer's output.
pub(super) fn forward<B: Backend>(x: FloatTensor<B>, layers: &Layers<B>) -> FloatTensor<B> {
    let last = outputs::<B>(x.clone(), layers).pop();
    last.map_or(x, |last| last.y)
}

/// The gradients of a network from dL/dy and its layers' outputs.
pub(super) fn backward<B: Backend>(
    x: FloatTensor<B>,
    layers: &Layers<B>,
    mut outputs: Vec<LayerOutput<B>>,
    dy: FloatTensor<B>,
    wants_dx: bool,
) -> Gradients<B> {
    let pairs = layers.parameters.as_chunks::<2>().0;
    let mut above = Some(dy);
    let mut found = Vec::new();
    for ([weight, bias], &activation) in pairs.iter().zip(&layers.activations).rev() {
        let (Some(LayerOutput { y, z }), Some(dy)) = (outputs.pop(), above.take()) else {
            break;
        };
        let dz = activation_backward::<B>(z.unwrap_or(y), dy, activation);
        let input = outputs.last().map_or(&x, |before| &before.y).clone();
        let db = long_sums::sum::<B>(dz.clone());
        found.push(Some(B::float_reshape(db, bias.shape())));
        found.push(Some(long_sums::product::<B>(input, dz.clone())));
        let is_wanted = wants_dx || !outputs.is_empty();
        above = is_wanted.then(|| B::float_matmul(dz, B::float_transpose(weight.clone())));
    }
    found.push(above);
    found.reverse();
    found
}

/// The mean loss (1) and its derivative with respect to every prediction.
pub(super) fn mean_loss_with_gradient<B: Backend>(
    prediction: FloatTensor<B>,
    target: FloatTensor<B>,
    loss: FusedLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let shape = prediction.shape();
    let share = 1.0 / loss.terms(shape.num_elements(), shape[1]) as f32;
    let (values, gradients) = losses_with_gradients::<B>(prediction, target, loss);
    (
        long_sums::mean::<B>(values),
        B::float_mul_scalar(gradients, share.into()),
    )
}

/// Every term of the loss, of entries (n x outputs) or of samples (n x 1); and its derivatives with respect to the
/// predictions (n x outputs).
pub(super) fn losses_with_gradients<B: Backend>(
    prediction: FloatTensor<B>,
    target: FloatTensor<B>,
    loss: FusedLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let loss = match loss {
        FusedLoss::Entries(loss) => loss,
        FusedLoss::CrossEntropy => return cross_entropies::<B>(prediction, target),
    };
    let residual = B::float_sub(prediction.clone(), target.clone());
    match loss {
        EntryLoss::Squared => (
            B::float_mul(residual.clone(), residual.clone()),
            B::float_mul_scalar(residual, 2.0.into()),
        ),
        EntryLoss::Huber => {
            let near = B::float_clamp(residual.clone(), (-1.0).into(), 1.0.into());
            let half = B::float_mul_scalar(near.clone(), 0.5.into());
            let values = B::float_mul(near.clone(), B::float_sub(residual, half));
            (values, near)
        }
        EntryLoss::BinaryCrossEntropy => {
            let complement = |x: FloatTensor<B>| B::float_add_scalar(B::float_neg(x), 1.0.into());
            let other = complement(prediction.clone());
            let variance = B::float_mul(prediction.clone(), other.clone());
            let variance = B::float_clamp_min(variance, LEAST_VARIANCE.into());
            let hit = B::float_mul(clamped_ln::<B>(prediction), target.clone());
            let miss = B::float_mul(clamped_ln::<B>(other), complement(target));
            (
                B::float_neg(B::float_add(hit, miss)),
                B::float_div(residual, variance),
            )
        }
    }
}

/// ln Σ exp z - Σ t z of every sample (n x 1), and softmax(z) - t.
fn cross_entropies<B: Backend>(
    z: FloatTensor<B>,
    target: FloatTensor<B>,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let highest = B::float_max_dim(z.clone(), 1);
    let z = B::float_sub(z, highest);
    let e = B::float_exp(z.clone());
    let sum = B::float_sum_dim(e.clone(), 1);
    let said = B::float_sum_dim(B::float_mul(z, target.clone()), 1);
    (
        B::float_sub(B::float_log(sum.clone()), said),
        B::float_sub(B::float_div(e, sum), target),
    )
}

/// max(ln p, -100), where what is not a normal number counts as 0.
fn clamped_ln<B: Backend>(p: FloatTensor<B>) -> FloatTensor<B> {
    let kind = get_or_init_device_settings::<B>(&p.device()).bool_dtype;
    let zero = B::float_lower_elem(p.clone(), TINY.into(), kind);
    let logarithm = B::float_log(B::float_clamp_min(p, TINY.into()));
    B::float_mask_fill(logarithm, zero, (-100.0).into())
}
