//! The fused network as operations of Burn's backends; `tracked.rs` has what autodiff does with them.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Backend, BackendTensor, Dispatch, DispatchAutodiffContext, DispatchTensor, DispatchTensorKind,
    ExtensionType, Flex, NdArray, TensorMetadata, backend_extension,
};
use burn::tensor::Tensor;

use super::chain::{self, Chain, Layer};
use super::memory::Memory;
use super::{Bend, EntryLoss, loss, mean_loss, primitives};

/// The most layers of one operation. Burn counts an operation's parents when it compiles, so there must be an end.
pub const LAYERS: usize = 6;

/// Layers in a row on some backend; for users of Burn's run-time choice of a backend, `Layers<Dispatch>`.
#[derive(Debug, Clone)]
pub struct Layers<B: Backend> {
    /// W and b of each layer in turn.
    pub(super) parameters: Vec<FloatTensor<B>>,
    /// φ of each layer.
    pub(super) bends: Vec<Bend>,
}

impl Default for Layers<Dispatch> {
    fn default() -> Self {
        Self {
            parameters: Vec::new(),
            bends: Vec::new(),
        }
    }
}

impl Layers<Dispatch> {
    /// Another layer at the end: W (inputs x units), as Burn keeps it, b (units) and φ.
    pub fn push(&mut self, weight: Tensor<2>, bias: Tensor<1>, bend: Bend) {
        self.parameters.push(weight.into_dispatch());
        self.parameters.push(bias.into_dispatch());
        self.bends.push(bend);
    }

    /// The first layers, so many, without the rest.
    fn split_front(&mut self, count: usize) -> Self {
        let parameters = self.parameters.split_off(2 * count);
        let bends = self.bends.split_off(count);
        std::mem::replace(self, Self { parameters, bends })
    }
}

impl FromIterator<(Tensor<2>, Tensor<1>, Bend)> for Layers<Dispatch> {
    fn from_iter<I: IntoIterator<Item = (Tensor<2>, Tensor<1>, Bend)>>(layers: I) -> Self {
        let mut all = Self::default();
        for (weight, bias, bend) in layers {
            all.push(weight, bias, bend);
        }
        all
    }
}

/// φₗ(… φ₁(x W₁ + b₁) … Wₗ + bₗ) for x (n x inputs): (n x units of the last layer). One operation for six layers.
///
/// Equal to the same in Burn's operations up to the order of sums. Its gradients, layer by layer from the last:
/// dL/dz = dL/dy φ'(z), dL/dW = xᵀ dL/dz, dL/db = Σ_rows dL/dz, dL/dx = dL/dz Wᵀ.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::model::fused::{Bend, Layers, network};
///
/// let device = Device::flex();
/// let mut layers = Layers::default();
/// let weight = Tensor::from_floats([[1.0], [-1.0]], &device);
/// layers.push(weight, Tensor::from_floats([0.5], &device), Bend::Relu);
/// let y = network(Tensor::from_floats([[2.0, 1.0], [1.0, 4.0]], &device), layers);
/// assert_eq!(y.into_data().iter::<f32>().collect::<Vec<_>>(), [1.5, 0.0]);
/// ```
pub fn network(mut x: Tensor<2>, mut layers: Layers<Dispatch>) -> Tensor<2> {
    while !layers.bends.is_empty() {
        let next = match layers.bends.len() {
            0..=LAYERS => std::mem::take(&mut layers),
            _ => layers.split_front(LAYERS),
        };
        let y = <Dispatch as NetworkOps>::network(x.into_dispatch(), next);
        x = Tensor::from_dispatch(y);
    }
    x
}

/// The mean of a loss over all outputs of a network, against `target` of the outputs' shape. One operation for network and
/// loss: where the memory is in reach, the gradients are found in the same sweep, while the values are still in the cache.
pub fn network_loss(
    mut x: Tensor<2>,
    mut layers: Layers<Dispatch>,
    target: Tensor<2>,
    loss: EntryLoss,
) -> Tensor<1> {
    if layers.bends.is_empty() {
        return mean_loss(x, target, loss);
    }
    if layers.bends.len() > LAYERS {
        let front = layers.bends.len() - LAYERS;
        x = network(x, layers.split_front(front));
    }
    Tensor::from_dispatch(<Dispatch as NetworkOps>::network_loss(
        x.into_dispatch(),
        target.into_dispatch(),
        layers,
        loss,
    ))
}

/// φ(z) in one operation, with the same rounding as inside [`network`].
pub fn bent(z: Tensor<2>, bend: Bend) -> Tensor<2> {
    if bend == Bend::Identity {
        return z;
    }
    Tensor::from_dispatch(<Dispatch as NetworkOps>::bent(z.into_dispatch(), bend))
}

impl<B: Memory> Layers<B> {
    /// The output as a tensor.
    fn result(&self, y: Vec<f32>, x: &FloatTensor<B>) -> FloatTensor<B> {
        let units = self.parameters.last().map_or(0, |bias| bias.shape()[0]);
        B::tensor(y, &[x.shape()[0], units], &x.device())
    }
}

/// How the layers cross the border between Burn's run-time choice of a backend and the backend itself. (Burn derives this for
/// structures with a fixed number of tensors.)
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
            bends: self.bends,
        }
    }

    fn map_from_dispatch<F>(target: Self::Target, unwrap_kind: F) -> Self
    where
        F: Fn(DispatchTensor) -> BackendTensor<B>,
    {
        let tensors = target.parameters.into_iter();
        Self {
            parameters: tensors.map(|tensor| unwrap_kind(tensor).float()).collect(),
            bends: target.bends,
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

/// The operations as Burn dispatches them.
#[backend_extension(NdArray, Flex, Cube: cfg(feature = "gpu"), Autodiff)]
pub trait NetworkOps: Memory {
    /// See [`network`].
    fn network(x: FloatTensor<Self>, #[extension_type] layers: Layers<Self>) -> FloatTensor<Self> {
        match Operands::of(&x, &layers) {
            Some(operands) => {
                let y = operands.chain().forward(&operands.x);
                layers.result(y, &x)
            }
            None => primitives::forward::<Self>(x, &layers),
        }
    }

    /// See [`network_loss`].
    fn network_loss(
        x: FloatTensor<Self>,
        target: FloatTensor<Self>,
        #[extension_type] layers: Layers<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        let prediction = Self::network(x, layers);
        loss::mean_with_slopes::<Self>(prediction, target, loss).0
    }

    /// See [`bent`].
    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        match Self::entries(&z) {
            Some(_) => Self::map(z, |z| bend.apply_to_all(z)),
            None => primitives::bent::<Self>(z, bend),
        }
    }
}

impl NetworkOps for Flex {}
impl NetworkOps for NdArray {}
#[cfg(feature = "gpu")]
impl NetworkOps for burn::backend::Cube {}

/// The entries of a network's input and parameters.
struct Operands<'a> {
    x: Cow<'a, [f32]>,
    parameters: Vec<Cow<'a, [f32]>>,
    /// Inputs and units of each layer.
    sizes: Vec<[usize; 2]>,
    bends: &'a [Bend],
}

impl<'a> Operands<'a> {
    /// `None` where they are out of reach.
    fn of<B: Memory>(x: &'a FloatTensor<B>, layers: &'a Layers<B>) -> Option<Self> {
        let parameters = layers.parameters.iter();
        let weights = parameters.clone().step_by(2);
        Some(Self {
            x: B::entries(x)?,
            parameters: parameters.map(B::entries).collect::<Option<_>>()?,
            sizes: weights.map(|weight| weight.shape().dims()).collect(),
            bends: &layers.bends,
        })
    }

    fn chain(&self) -> Chain<'_> {
        let (pairs, _) = self.parameters.as_chunks::<2>();
        let layers = pairs.iter().zip(&self.sizes).zip(self.bends);
        let layers = layers.map(|(([weight, bias], &[inputs, units]), &bend)| Layer {
            inputs,
            units,
            bend,
            weight,
            bias,
        });
        Chain::new(layers.collect())
    }
}

/// What a backward pass needs of the forward pass besides its operands.
#[derive(Debug, Clone)]
pub(super) enum Record<B: Backend> {
    /// As [`Chain::forward_recording`] leaves it.
    Panels(Arc<Vec<f32>>),
    /// Every layer's output.
    Outputs(Vec<FloatTensor<B>>),
}

pub(super) fn forward_recording<B: Memory>(
    x: &FloatTensor<B>,
    layers: &Layers<B>,
) -> (FloatTensor<B>, Record<B>) {
    match Operands::of(x, layers) {
        Some(operands) => {
            let (y, record) = operands.chain().forward_recording(&operands.x);
            (layers.result(y, x), Record::Panels(Arc::new(record)))
        }
        None => {
            let outputs = primitives::outputs::<B>(x.clone(), layers);
            let y = outputs.last().unwrap_or(x).clone();
            (y, Record::Outputs(outputs))
        }
    }
}

/// dL/dx if it was asked for, and dL/dW and dL/db of each layer in turn.
#[derive(Debug, Clone)]
pub struct NetworkGradients<B: Backend> {
    /// (n x inputs).
    pub x: Option<FloatTensor<B>>,
    /// In the parameters' shapes.
    pub parameters: Vec<FloatTensor<B>>,
}

impl<B: Memory> NetworkGradients<B> {
    fn new(found: chain::Gradients, x: &FloatTensor<B>, sizes: &[[usize; 2]]) -> Self {
        let device = x.device();
        let layers = found.layers.into_iter().zip(sizes);
        let tensors = layers.flat_map(|([weight, bias], &[inputs, units])| {
            [
                B::tensor(weight, &[inputs, units], &device),
                B::tensor(bias, &[units], &device),
            ]
        });
        Self {
            parameters: tensors.collect(),
            x: found.x.map(|dx| B::tensor(dx, &x.shape(), &device)),
        }
    }

    /// Hands them to those parents that want them: x, then the parameters.
    pub(super) fn register<const N: usize>(
        self,
        parents: [Option<NodeId>; N],
        gradients: &mut Gradients,
    ) {
        let found = std::iter::once(self.x).chain(self.parameters.into_iter().map(Some));
        for (node, gradient) in parents.into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<B>(node, gradient);
            }
        }
    }
}

pub(super) fn backward<B: Memory>(
    x: FloatTensor<B>,
    layers: &Layers<B>,
    record: Record<B>,
    dy: FloatTensor<B>,
    wants_dx: bool,
) -> NetworkGradients<B> {
    match record {
        Record::Outputs(outputs) => primitives::backward::<B>(x, layers, outputs, dy, wants_dx),
        Record::Panels(record) => {
            let operands = Operands::of(&x, layers).zip(B::entries(&dy));
            let Some((operands, dy)) = operands else {
                unreachable!(
                    "what was in reach of the forward pass is in reach of the backward pass"
                );
            };
            let chain = operands.chain();
            let found = chain.backward(&operands.x, &record, &dy, wants_dx);
            NetworkGradients::new(found, &x, &operands.sizes)
        }
    }
}

/// The mean loss and its gradients.
pub(super) fn loss_with_gradients<B: Memory>(
    x: FloatTensor<B>,
    target: FloatTensor<B>,
    layers: &Layers<B>,
    loss: EntryLoss,
    wants_dx: bool,
) -> (FloatTensor<B>, NetworkGradients<B>) {
    if let Some((operands, target)) = Operands::of(&x, layers).zip(B::entries(&target)) {
        let chain = operands.chain();
        let (mean, found) = chain.loss(&operands.x, &target, loss, wants_dx);
        let gradients = NetworkGradients::new(found, &x, &operands.sizes);
        return (B::tensor(vec![mean], &[1], &x.device()), gradients);
    }
    let outputs = primitives::outputs::<B>(x.clone(), layers);
    let y = outputs.last().unwrap_or(&x).clone();
    let (mean, slopes) = loss::mean_with_slopes::<B>(y, target, loss);
    let gradients = primitives::backward::<B>(x, layers, outputs, slopes, wants_dx);
    (mean, gradients)
}
