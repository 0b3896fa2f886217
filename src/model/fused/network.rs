//! The fused network as operations of Burn's backends, with their gradients.

use std::borrow::Cow;
use std::sync::Arc;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, BackendTensor, Cube, Dispatch, DispatchAutodiffContext, DispatchTensor,
    DispatchTensorKind, ExtensionType, Flex, NdArray, TensorMetadata, backend_extension,
};
use burn::tensor::{Shape, Tensor};

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
#[backend_extension(NdArray, Flex, Cube, Autodiff)]
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
impl NetworkOps for Cube {}

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
enum Record<B: Backend> {
    /// As [`Chain::forward_recording`] leaves it.
    Panels(Arc<Vec<f32>>),
    /// Every layer's output.
    Outputs(Vec<FloatTensor<B>>),
}

fn forward_recording<B: Memory>(
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
    fn register<const N: usize>(self, parents: [Option<NodeId>; N], gradients: &mut Gradients) {
        let found = std::iter::once(self.x).chain(self.parameters.into_iter().map(Some));
        for (node, gradient) in parents.into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<B>(node, gradient);
            }
        }
    }
}

fn backward<B: Memory>(
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
fn loss_with_gradients<B: Memory>(
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

impl<B: NetworkOps, C: CheckpointStrategy> NetworkOps for Autodiff<B, C> {
    fn network(x: FloatTensor<Self>, layers: Layers<Self>) -> FloatTensor<Self> {
        match layers.bends.len() {
            1 => tracked::<B, C, 3>(x, layers),
            2 => tracked::<B, C, 5>(x, layers),
            3 => tracked::<B, C, 7>(x, layers),
            4 => tracked::<B, C, 9>(x, layers),
            5 => tracked::<B, C, 11>(x, layers),
            LAYERS => tracked::<B, C, { 2 * LAYERS + 1 }>(x, layers),
            count => unreachable!("an operation of {count} layers"),
        }
    }

    fn network_loss(
        x: FloatTensor<Self>,
        target: FloatTensor<Self>,
        layers: Layers<Self>,
        loss: EntryLoss,
    ) -> FloatTensor<Self> {
        let target = target.into_primitive();
        match layers.bends.len() {
            1 => tracked_loss::<B, C, 3>(x, target, layers, loss),
            2 => tracked_loss::<B, C, 5>(x, target, layers, loss),
            3 => tracked_loss::<B, C, 7>(x, target, layers, loss),
            4 => tracked_loss::<B, C, 9>(x, target, layers, loss),
            5 => tracked_loss::<B, C, 11>(x, target, layers, loss),
            LAYERS => tracked_loss::<B, C, { 2 * LAYERS + 1 }>(x, target, layers, loss),
            count => unreachable!("an operation of {count} layers"),
        }
    }

    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        let (z, node) = z.into_parts();
        let prepared = BentBackward(bend).prepare::<C>([node]);
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(prepared) => {
                let y = B::bent(z, bend);
                prepared.finish(y.clone(), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(B::bent(z, bend)),
        }
    }
}

/// Tensors and nodes of x and the parameters apart.
fn apart<B: Memory, C: CheckpointStrategy, const N: usize>(
    x: FloatTensor<Autodiff<B, C>>,
    layers: Layers<Autodiff<B, C>>,
) -> (FloatTensor<B>, Layers<B>, [NodeGuard; N]) {
    let (x, node) = x.into_parts();
    let parameters = layers.parameters.into_iter();
    let (parameters, nodes): (Vec<_>, Vec<_>) =
        parameters.map(|parameter| parameter.into_parts()).unzip();
    let mut nodes = std::iter::once(node).chain(nodes);
    let nodes = std::array::from_fn(|_| match nodes.next() {
        Some(node) => node,
        None => unreachable!("two parameters for each layer"),
    });
    let bends = layers.bends;
    (x, Layers { parameters, bends }, nodes)
}

fn tracked<B: NetworkOps, C: CheckpointStrategy, const N: usize>(
    x: FloatTensor<Autodiff<B, C>>,
    layers: Layers<Autodiff<B, C>>,
) -> FloatTensor<Autodiff<B, C>> {
    let (x, layers, nodes) = apart::<B, C, N>(x, layers);
    match NetworkBackward
        .prepare::<C>(nodes)
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(prepared) => {
            let (y, record) = forward_recording::<B>(&x, &layers);
            prepared.finish((x, layers, record), y)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(B::network(x, layers)),
    }
}

fn tracked_loss<B: NetworkOps, C: CheckpointStrategy, const N: usize>(
    x: FloatTensor<Autodiff<B, C>>,
    target: FloatTensor<B>,
    layers: Layers<Autodiff<B, C>>,
    loss: EntryLoss,
) -> FloatTensor<Autodiff<B, C>> {
    let wants_dx = x.is_tracked();
    let (x, layers, nodes) = apart::<B, C, N>(x, layers);
    match LossBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (mean, found) = loss_with_gradients::<B>(x, target, &layers, loss, wants_dx);
            prepared.finish(found, mean)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(B::network_loss(x, target, layers, loss)),
    }
}

#[derive(Debug)]
struct NetworkBackward;

impl<B: Memory, const N: usize> Backward<B, N> for NetworkBackward {
    /// x, the layers and what the forward pass left.
    type State = (FloatTensor<B>, Layers<B>, Record<B>);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let dy = gradients.consume::<B>(&ops.node);
        let (x, layers, record) = ops.state;
        let wants_dx = ops.parents.first().is_some_and(Option::is_some);
        backward::<B>(x, &layers, record, dy, wants_dx)
            .register(ops.parents.map(|node| node.map(|node| node.id)), gradients);
    }
}

#[derive(Debug)]
struct LossBackward;

impl<B: Memory, const N: usize> Backward<B, N> for LossBackward {
    /// The gradients, up to what comes from above.
    type State = NetworkGradients<B>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let above = gradients.consume::<B>(&ops.node);
        let mut found = ops.state;
        // Of the loss itself, nothing but 1 comes from above.
        if B::entries(&above).as_deref() != Some(&[1.0]) {
            let scaled = |gradient: FloatTensor<B>| {
                let shape = Shape::from(vec![1; gradient.shape().num_dims()]);
                B::float_mul(gradient, B::float_reshape(above.clone(), shape))
            };
            found.x = found.x.map(scaled);
            found.parameters = found.parameters.into_iter().map(scaled).collect();
        }
        found.register(ops.parents.map(|node| node.map(|node| node.id)), gradients);
    }
}

#[derive(Debug)]
struct BentBackward(Bend);

impl<B: Memory> Backward<B, 1> for BentBackward {
    /// y.
    type State = FloatTensor<B>;

    fn backward(
        self,
        ops: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let dy = gradients.consume::<B>(&ops.node);
        let [node] = ops.parents;
        if let Some(node) = node {
            let dz = match B::entries(&ops.state) {
                Some(y) => B::map(dy, |slope| self.0.pull_back(&y, slope)),
                None => primitives::pull_back::<B>(ops.state, dy, self.0),
            };
            gradients.register::<B>(node.id, dz);
        }
    }
}
