//! The fused operations in a backend's own operations: what they mean, and what runs where there are no loops for them.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, TensorMetadata, get_or_init_device_settings};
use burn::tensor::Shape;

use super::Bend;
use super::dense::DenseGradients;
use super::loss::{EntryLoss, LEAST_VARIANCE, TINY};

/// φ(x W + b).
pub fn dense<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    bend: Bend,
) -> FloatTensor<B> {
    let units = weight.shape()[1];
    let bias = B::float_reshape(bias, Shape::new([1, units]));
    bent::<B>(B::float_add(B::float_matmul(x, weight), bias), bend)
}

/// φ(z).
pub fn bent<B: Backend>(z: FloatTensor<B>, bend: Bend) -> FloatTensor<B> {
    match bend {
        Bend::Identity => z,
        Bend::Relu => B::relu(z),
        Bend::Tanh => B::float_tanh(z),
        Bend::Sigmoid => B::sigmoid(z),
    }
}

/// dL/dz from dL/dy and y = φ(z).
pub fn pull_back<B: Backend>(y: FloatTensor<B>, dy: FloatTensor<B>, bend: Bend) -> FloatTensor<B> {
    match bend {
        Bend::Identity => dy,
        Bend::Relu => B::relu_backward(y, dy),
        Bend::Tanh => {
            let square = B::float_mul(y.clone(), y);
            let slope = B::float_add_scalar(B::float_neg(square), 1.0.into());
            B::float_mul(dy, slope)
        }
        Bend::Sigmoid => B::sigmoid_backward(y, dy),
    }
}

/// dL/dx if it is asked for, dL/dW, dL/db.
pub fn dense_backward<B: Backend>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    y: FloatTensor<B>,
    dy: FloatTensor<B>,
    bend: Bend,
    wants_dx: bool,
) -> DenseGradients<B> {
    let units = weight.shape()[1];
    let dz = pull_back::<B>(y, dy, bend);
    let db = B::float_sum_dim(dz.clone(), 0);
    DenseGradients {
        x: wants_dx.then(|| B::float_matmul(dz.clone(), B::float_transpose(weight))),
        weight: B::float_matmul(B::float_transpose(x), dz),
        bias: B::float_reshape(db, Shape::new([units])),
    }
}

/// The mean loss (1) and its derivative by every prediction.
pub fn mean_with_slopes<B: Backend>(
    prediction: FloatTensor<B>,
    target: FloatTensor<B>,
    loss: EntryLoss,
) -> (FloatTensor<B>, FloatTensor<B>) {
    let share = 1.0 / prediction.shape().num_elements() as f32;
    let residual = B::float_sub(prediction.clone(), target.clone());
    let (values, slopes) = match loss {
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
        EntryLoss::CrossEntropy => {
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
    };
    (
        B::float_mean(values),
        B::float_mul_scalar(slopes, share.into()),
    )
}

/// max(ln p, -100), where what is no normal number counts as 0.
fn clamped_ln<B: Backend>(p: FloatTensor<B>) -> FloatTensor<B> {
    let kind = get_or_init_device_settings::<B>(&p.device()).bool_dtype;
    let zero = B::float_lower_elem(p.clone(), TINY.into(), kind);
    let logarithm = B::float_log(B::float_clamp_min(p, TINY.into()));
    B::float_mask_fill(logarithm, zero, (-100.0).into())
}
