//! The activations and their derivatives in a backend's own operations.

use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, TensorMetadata, get_or_init_device_settings};
use burn::tensor::BoolDType;

use super::FusedActivation;
use super::functions::FRAC_1_SQRT_2_PI;
use super::slopes::{GELU_CUBIC, SQRT_2_OVER_PI};

/// φ(z).
pub(super) fn activate<B: Backend>(
    z: FloatTensor<B>,
    activation: FusedActivation,
) -> FloatTensor<B> {
    match activation {
        FusedActivation::Identity => z,
        FusedActivation::Relu => B::relu(z),
        FusedActivation::Tanh => B::float_tanh(z),
        FusedActivation::Sigmoid => B::sigmoid(z),
        FusedActivation::Clip { low, high } => B::float_clamp(z, low.into(), high.into()),
        FusedActivation::HardSigmoid => hard_sigmoid::<B>(z),
        FusedActivation::LeakyRelu { slope } => B::leaky_relu(z, slope.into()),
        FusedActivation::Elu { alpha } => {
            let below = plus::<B>(exp_below::<B>(z.clone()), -1.0);
            B::float_add(B::relu(z), times::<B>(below, alpha))
        }
        FusedActivation::Gelu => B::float_mul(z.clone(), normal::<B>(z)),
        FusedActivation::GeluTanh => {
            let half = times::<B>(plus::<B>(gelu_tanh::<B>(z.clone()), 1.0), 0.5);
            B::float_mul(z, half)
        }
        FusedActivation::Silu => B::float_mul(z.clone(), B::sigmoid(z)),
        FusedActivation::Softplus => {
            let e = B::float_exp(B::float_neg(B::float_abs(z.clone())));
            B::float_add(B::relu(z), B::float_log1p(e))
        }
        FusedActivation::ScaledTanh { a, b } => times::<B>(B::float_tanh(times::<B>(z, b)), a),
        FusedActivation::HardSwish => B::float_mul(z.clone(), hard_sigmoid::<B>(z)),
    }
}

/// dL/dz from dL/dy and y = φ(z), or z where φ [keeps its slopes](FusedActivation::keeps_slopes).
pub(super) fn activation_backward<B: Backend>(
    source: FloatTensor<B>,
    dy: FloatTensor<B>,
    activation: FusedActivation,
) -> FloatTensor<B> {
    let slope = match activation {
        FusedActivation::Identity => return dy,
        FusedActivation::Relu => return B::relu_backward(source, dy),
        FusedActivation::Sigmoid => return B::sigmoid_backward(source, dy),
        FusedActivation::LeakyRelu { slope } => {
            let above = is_above::<B>(source, 0.0);
            return B::float_mask_where(times::<B>(dy.clone(), slope), above, dy);
        }
        FusedActivation::Clip { low, high } => return inside::<B>(dy, source, [low, high]),
        FusedActivation::HardSigmoid => {
            return times::<B>(inside::<B>(dy, source, [0.0, 1.0]), 1.0 / 6.0);
        }
        FusedActivation::Tanh => {
            let taken = B::float_mul(B::float_mul(dy.clone(), source.clone()), source);
            return B::float_sub(dy, taken);
        }
        FusedActivation::Elu { alpha } => {
            let above = is_above::<B>(source.clone(), 0.0);
            let below = times::<B>(exp_below::<B>(source), alpha);
            B::float_mask_fill(below, above, 1.0.into())
        }
        FusedActivation::Gelu => {
            let square = B::float_mul(source.clone(), source.clone());
            let density = B::float_exp(times::<B>(square, -0.5));
            let density = times::<B>(density, FRAC_1_SQRT_2_PI);
            let bent = B::float_mul(
                B::float_clamp(source.clone(), (-FAR).into(), FAR.into()),
                density,
            );
            B::float_add(normal::<B>(source), bent)
        }
        FusedActivation::GeluTanh => {
            let z = B::float_clamp(source, (-FAR).into(), FAR.into());
            let t = gelu_tanh::<B>(z.clone());
            let square = B::float_mul(z.clone(), z.clone());
            let cubic = plus::<B>(times::<B>(square, 3.0 * GELU_CUBIC), 1.0);
            let inner = times::<B>(B::float_mul(z, cubic), 0.5 * SQRT_2_OVER_PI);
            let bent = B::float_mul(inner, one_minus_square::<B>(t.clone()));
            B::float_add(times::<B>(plus::<B>(t, 1.0), 0.5), bent)
        }
        FusedActivation::Silu => {
            let s = B::sigmoid(source.clone());
            let other = plus::<B>(B::float_neg(s.clone()), 1.0);
            let bent = plus::<B>(B::float_mul(source, other), 1.0);
            B::float_mul(s, bent)
        }
        FusedActivation::Softplus => B::sigmoid(source),
        FusedActivation::ScaledTanh { a, b } => {
            let t = B::float_tanh(times::<B>(source, b));
            times::<B>(one_minus_square::<B>(t), a * b)
        }
        FusedActivation::HardSwish => {
            let rising = plus::<B>(times::<B>(source.clone(), 1.0 / 3.0), 0.5);
            let above = B::float_greater_equal_elem(source.clone(), 3.0.into(), kind::<B>(&source));
            let below =
                B::float_lower_equal_elem(source.clone(), (-3.0).into(), kind::<B>(&source));
            let slope = B::float_mask_fill(rising, above, 1.0.into());
            B::float_mask_fill(slope, below, 0.0.into())
        }
    };
    B::float_mul(dy, slope)
}

/// Where tanh and the normal distribution are flat in `f32`, and powers still finite.
const FAR: f32 = 14.0;

fn times<B: Backend>(x: FloatTensor<B>, factor: f32) -> FloatTensor<B> {
    B::float_mul_scalar(x, factor.into())
}

fn plus<B: Backend>(x: FloatTensor<B>, term: f32) -> FloatTensor<B> {
    B::float_add_scalar(x, term.into())
}

fn one_minus_square<B: Backend>(t: FloatTensor<B>) -> FloatTensor<B> {
    plus::<B>(B::float_neg(B::float_mul(t.clone(), t)), 1.0)
}

/// exp min(z, 0): of a positive z it might not be finite.
fn exp_below<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    B::float_exp(B::float_clamp_max(z, 0.0.into()))
}

fn hard_sigmoid<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let straight = plus::<B>(B::float_div_scalar(z, 6.0.into()), 0.5);
    B::float_clamp(straight, 0.0.into(), 1.0.into())
}

/// The normal distribution function. Burn's own gelu has an approximate gradient on some backends, off in the fourth decimal.
fn normal<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let erf = B::float_erf(times::<B>(z, std::f32::consts::FRAC_1_SQRT_2));
    times::<B>(plus::<B>(erf, 1.0), 0.5)
}

/// tanh(√(2/π) (z + 0.044715 z³)).
fn gelu_tanh<B: Backend>(z: FloatTensor<B>) -> FloatTensor<B> {
    let z = B::float_clamp(z, (-FAR).into(), FAR.into());
    let square = B::float_mul(z.clone(), z.clone());
    let factor = plus::<B>(times::<B>(square, GELU_CUBIC), 1.0);
    B::float_tanh(times::<B>(B::float_mul(z, factor), SQRT_2_OVER_PI))
}

/// dL/dy where y lies between two bounds, else 0.
fn inside<B: Backend>(dy: FloatTensor<B>, y: FloatTensor<B>, bounds: [f32; 2]) -> FloatTensor<B> {
    let [low, high] = bounds;
    let below = B::float_lower_equal_elem(y.clone(), low.into(), kind::<B>(&y));
    let above = B::float_greater_equal_elem(y.clone(), high.into(), kind::<B>(&y));
    let dy = B::float_mask_fill(dy, below, 0.0.into());
    B::float_mask_fill(dy, above, 0.0.into())
}

fn is_above<B: Backend>(z: FloatTensor<B>, bound: f32) -> BoolTensor<B> {
    let kind = kind::<B>(&z);
    B::float_greater_elem(z, bound.into(), kind)
}

/// What the device keeps its truths in.
fn kind<B: Backend>(tensor: &FloatTensor<B>) -> BoolDType {
    get_or_init_device_settings::<B>(&tensor.device()).bool_dtype
}
