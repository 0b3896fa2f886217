//! The fused network under autodiff: one node of the graph for all layers, with a handwritten backward pass.

use burn::backend::Autodiff;
use burn::backend::TensorMetadata;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;

use super::memory::Memory;
use super::network::{
    LAYERS, Layers, NetworkGradients, NetworkOps, Record, backward, forward_recording,
    loss_with_gradients,
};
use super::{Bend, EntryLoss, primitives};

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
