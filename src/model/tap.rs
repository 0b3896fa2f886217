//! Hooks: a typed tap that the forward pass reports every layer to, free when nothing listens.
//!
//! [`Mlp::forward_with`](super::Mlp::forward_with) hands each layer's value, before and after its activation,
//! to a [`Tap`] and goes on with what the tap returns. [`Silent`] returns it untouched and compiles to nothing;
//! [`capture`](crate::capture) holds the taps that record, replace and ask for gradients.

use burn::tensor::Tensor;

use super::Site;

/// What listens to a forward pass.
pub trait Tap {
    /// Receives the value (n x units) at `site`; the network goes on with what this returns, of the same shape.
    fn at(&mut self, site: Site<'_>, value: Tensor<2>) -> Tensor<2>;

    /// Whether the value at `site` matters. Where the value before an activation is not asked for, affine map and activation run
    /// as one operation and there is none.
    fn listens(&self, site: Site<'_>) -> bool;
}

/// The tap that does not listen.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Tap for Silent {
    fn at(&mut self, _site: Site<'_>, value: Tensor<2>) -> Tensor<2> {
        value
    }

    fn listens(&self, _site: Site<'_>) -> bool {
        false
    }
}
