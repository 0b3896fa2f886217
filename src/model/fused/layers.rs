//! Layers in a row on some backend, and how they cross the border between Burn's run-time choice of a backend and the backend.

use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind,
    ExtensionType,
};
use burn::tensor::Tensor;

use super::FusedActivation;

/// The most layers of one operation. Burn counts an operation's parents when it compiles, so there must be an end.
pub const LAYERS: usize = 6;

/// Layers in a row on some backend; for users of Burn's run-time choice of a backend, `Layers<Dispatch>`.
#[derive(Debug, Clone)]
pub struct Layers<B: Backend> {
    /// W and b of each layer in turn.
    pub(super) parameters: Vec<FloatTensor<B>>,
    /// φ of each layer.
    pub(super) activations: Vec<FusedActivation>,
}

impl Default for Layers<Dispatch> {
    fn default() -> Self {
        Self {
            parameters: Vec::new(),
            activations: Vec::new(),
        }
    }
}

impl Layers<Dispatch> {
    /// Another layer at the end: W (inputs x units), as Burn keeps it, b (units) and φ.
    pub fn push(&mut self, weight: Tensor<2>, bias: Tensor<1>, activation: FusedActivation) {
        self.parameters.push(weight.into_dispatch());
        self.parameters.push(bias.into_dispatch());
        self.activations.push(activation);
    }

    /// Takes the first `count` layers off and returns them.
    pub(super) fn split_front(&mut self, count: usize) -> Self {
        let parameters = self.parameters.split_off(2 * count);
        let activations = self.activations.split_off(count);
        std::mem::replace(
            self,
            Self {
                parameters,
                activations,
            },
        )
    }
}

impl FromIterator<(Tensor<2>, Tensor<1>, FusedActivation)> for Layers<Dispatch> {
    fn from_iter<I: IntoIterator<Item = (Tensor<2>, Tensor<1>, FusedActivation)>>(
        layers: I,
    ) -> Self {
        let mut all = Self::default();
        for (weight, bias, activation) in layers {
            all.push(weight, bias, activation);
        }
        all
    }
}

/// Gradients in the order of an operation's operands, x and then W and b of each layer; that of x only if it was asked for.
pub(super) type Gradients<B> = Vec<Option<FloatTensor<B>>>;

/// Written by hand, since Burn derives this for structures with a fixed number of tensors.
impl<B: Backend> ExtensionType<B> for Layers<B> {
    type Target = Layers<Dispatch>;

    fn map_to_dispatch<F>(self, map_kind: F, autodiff: DispatchAutodiffContext) -> Self::Target
    where
        F: Fn(BackendTensor<B>) -> DispatchTensorKind,
    {
        let wrap = |tensor| DispatchTensor {
            kind: map_kind(BackendTensor::Float(tensor)),
            autodiff,
        };
        Layers {
            parameters: self.parameters.into_iter().map(wrap).collect(),
            activations: self.activations,
        }
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        let tensors = target.parameters.into_iter();
        Self {
            parameters: tensors.map(|tensor| unwrap_kind(tensor).float()).collect(),
            activations: target.activations,
        }
    }

    fn routing_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.parameters.first()
    }

    fn routing_float_tensor(target: &Self::Target) -> Option<&DispatchTensor> {
        target.parameters.first()
    }

    fn autodiff_context(target: &Self::Target) -> DispatchAutodiffContext {
        let contexts = target.parameters.iter().map(|tensor| tensor.autodiff);
        contexts.fold(DispatchAutodiffContext::Disabled, |all, context| {
            all.merge(context)
        })
    }
}
