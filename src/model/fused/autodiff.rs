//! The fused operations under autodiff: a node of the graph each, all with one handwritten backward pass.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads;
use burn::backend::autodiff::ops::{Backward, NodeGuard, Ops, OpsKind};
use burn::backend::ops::FloatTensorOps;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, TensorMetadata};
use burn::tensor::Shape;

use super::layers::{Gradients, LAYERS, Layers};
use super::network::{
    LayerOutputs, activation_backward, backward, forward_recording, loss_with_gradients, masked,
    mean_loss_with_gradient,
};
use super::norm_ops::NormTensors;
use super::ops::FusedOps;
use super::sgd::SgdStep;
use super::{BatchNorm, FusedActivation, FusedLoss, memory, norm_ops, primitives};

/// What an operation keeps for its way back.
#[derive(Debug, Clone)]
enum Saved<B: Backend> {
    Network {
        x: FloatTensor<B>,
        layers: Layers<B>,
        outputs: LayerOutputs<B>,
    },
    /// y = φ(z), or z where φ [keeps its slopes](FusedActivation::keeps_slopes).
    Activation {
        source: FloatTensor<B>,
        activation: FusedActivation,
    },
    /// A factor for every entry.
    Mask(FloatTensor<B>),
    Norm {
        z: FloatTensor<B>,
        tensors: NormTensors<B>,
        norm: BatchNorm,
    },
    /// The gradients of a loss, found on the way forward: what comes from above is a factor of them.
    Gradients(Gradients<B>),
}

impl<B: Backend> Saved<B> {
    /// The operands' gradients from dL/dy.
    fn gradients(self, dy: FloatTensor<B>, wants_dx: bool) -> Gradients<B> {
        match self {
            Self::Network { x, layers, outputs } => {
                backward::<B>(x, &layers, outputs, dy, wants_dx)
            }
            Self::Activation { source, activation } => {
                vec![Some(activation_backward::<B>(source, dy, activation))]
            }
            Self::Mask(mask) => vec![Some(masked::<B>(dy, mask))],
            Self::Norm { z, tensors, norm } => norm_ops::backward::<B>(z, &tensors, norm, dy),
            // For the loss itself, nothing but 1 comes from above.
            Self::Gradients(found) if memory::entries::<B>(&dy).as_deref() == Some(&[1.0]) => found,
            Self::Gradients(found) => {
                let scaled = |gradient| scaled::<B>(gradient, dy.clone());
                found.into_iter().map(|found| found.map(scaled)).collect()
            }
        }
    }
}

/// A gradient times dL/dy, which is of its shape or a single number.
fn scaled<B: Backend>(gradient: FloatTensor<B>, dy: FloatTensor<B>) -> FloatTensor<B> {
    let dy = match dy.shape().num_elements() {
        1 => B::float_reshape(dy, Shape::from(vec![1; gradient.shape().num_dims()])),
        _ => dy,
    };
    B::float_mul(gradient, dy)
}

#[derive(Debug)]
struct FusedBackward;

impl<B: Backend, const N: usize> Backward<B, N> for FusedBackward {
    type State = Saved<B>;

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut grads::Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let dy = gradients.consume::<B>(&ops.node);
        let wants_dx = ops.parents.first().is_some_and(Option::is_some);
        let found = ops.state.gradients(dy, wants_dx);
        for (parent, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                gradients.register::<B>(parent.id, gradient);
            }
        }
    }
}

/// The node of an operation with N operands that have gradients: by `tracked`, with what the way back needs, or by `untracked`
/// where they are not needed.
fn node<B: Backend, C: CheckpointStrategy, const N: usize, T>(
    nodes: [NodeGuard; N],
    operands: T,
    tracked: impl FnOnce(T) -> (FloatTensor<B>, Saved<B>),
    untracked: impl FnOnce(T) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match FusedBackward.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(prepared) => {
            let (y, saved) = tracked(operands);
            prepared.finish(saved, y)
        }
        OpsKind::UnTracked(prepared) => prepared.finish(untracked(operands)),
    }
}

/// The same where the operands are x, and W and b of every layer.
fn network_node<B: Backend, C: CheckpointStrategy, T>(
    nodes: Vec<NodeGuard>,
    operands: T,
    tracked: impl FnOnce(T) -> (FloatTensor<B>, Saved<B>),
    untracked: impl FnOnce(T) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    match nodes.len() / 2 {
        1 => node::<B, C, 3, T>(array(nodes), operands, tracked, untracked),
        2 => node::<B, C, 5, T>(array(nodes), operands, tracked, untracked),
        3 => node::<B, C, 7, T>(array(nodes), operands, tracked, untracked),
        4 => node::<B, C, 9, T>(array(nodes), operands, tracked, untracked),
        5 => node::<B, C, 11, T>(array(nodes), operands, tracked, untracked),
        LAYERS => node::<B, C, { 2 * LAYERS + 1 }, T>(array(nodes), operands, tracked, untracked),
        count => unreachable!("an operation of {count} layers"),
    }
}

/// The node of a loss, by `tracked` with its gradient with respect to the prediction; the target has none.
fn loss_node<B: Backend, C: CheckpointStrategy>(
    prediction: FloatTensor<Autodiff<B, C>>,
    target: FloatTensor<Autodiff<B, C>>,
    loss: FusedLoss,
    tracked: impl FnOnce(FloatTensor<B>, FloatTensor<B>, FusedLoss) -> (FloatTensor<B>, FloatTensor<B>),
    untracked: impl FnOnce(FloatTensor<B>, FloatTensor<B>, FusedLoss) -> FloatTensor<B>,
) -> FloatTensor<Autodiff<B, C>> {
    let (prediction, parent) = prediction.into_parts();
    node::<B, C, 1, _>(
        [parent],
        (prediction, target.into_primitive()),
        |(prediction, target)| {
            let (losses, found) = tracked(prediction, target, loss);
            (losses, Saved::Gradients(vec![Some(found)]))
        },
        |(prediction, target)| untracked(prediction, target, loss),
    )
}

fn array<const N: usize>(nodes: Vec<NodeGuard>) -> [NodeGuard; N] {
    match nodes.try_into() {
        Ok(nodes) => nodes,
        Err(_) => unreachable!("two parameters for each layer"),
    }
}

/// Tensors and nodes of x and the parameters apart.
fn apart<B: Backend, C: CheckpointStrategy>(
    x: FloatTensor<Autodiff<B, C>>,
    layers: Layers<Autodiff<B, C>>,
) -> (FloatTensor<B>, Layers<B>, Vec<NodeGuard>) {
    let (x, node) = x.into_parts();
    let mut nodes = vec![node];
    let parameters = layers.parameters.into_iter().map(|parameter| {
        let (parameter, node) = parameter.into_parts();
        nodes.push(node);
        parameter
    });
    let layers = Layers {
        parameters: parameters.collect(),
        activations: layers.activations,
    };
    (x, layers, nodes)
}

impl<B: FusedOps, C: CheckpointStrategy> FusedOps for Autodiff<B, C> {
    fn network(x: FloatTensor<Self>, layers: Layers<Self>) -> FloatTensor<Self> {
        let (x, layers, nodes) = apart(x, layers);
        network_node::<B, C, _>(
            nodes,
            (x, layers),
            |(x, layers)| {
                let (y, outputs) = forward_recording::<B>(&x, &layers);
                (y, Saved::Network { x, layers, outputs })
            },
            |(x, layers)| B::network(x, layers),
        )
    }

    fn network_loss(
        x: FloatTensor<Self>,
        target: FloatTensor<Self>,
        layers: Layers<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        let wants_dx = x.is_tracked();
        let (x, layers, nodes) = apart(x, layers);
        network_node::<B, C, _>(
            nodes,
            (x, target.into_primitive(), layers),
            |(x, target, layers)| {
                let (mean, found) = loss_with_gradients::<B>(x, target, &layers, loss, wants_dx);
                (mean, Saved::Gradients(found))
            },
            |(x, target, layers)| B::network_loss(x, target, layers, loss),
        )
    }

    fn activate(z: FloatTensor<Self>, activation: FusedActivation) -> FloatTensor<Self> {
        let (z, parent) = z.into_parts();
        node::<B, C, 1, _>(
            [parent],
            z,
            |z| {
                let kept = activation.keeps_slopes().then(|| z.clone());
                let y = B::activate(z, activation);
                let source = kept.unwrap_or_else(|| y.clone());
                (y, Saved::Activation { source, activation })
            },
            |z| B::activate(z, activation),
        )
    }

    fn masked(y: FloatTensor<Self>, mask: FloatTensor<Self>) -> FloatTensor<Self> {
        let (y, parent) = y.into_parts();
        node::<B, C, 1, _>(
            [parent],
            (y, mask.into_primitive()),
            |(y, mask)| (masked::<B>(y, mask.clone()), Saved::Mask(mask)),
            |(y, mask)| masked::<B>(y, mask),
        )
    }

    fn batch_statistics(z: FloatTensor<Self>) -> FloatTensor<Self> {
        Self::from_inner(B::batch_statistics(z.into_primitive()))
    }

    fn follow_statistics(
        running: FloatTensor<Self>,
        batch: FloatTensor<Self>,
        samples: usize,
        share: f64,
    ) -> FloatTensor<Self> {
        let (running, batch) = (running.into_primitive(), batch.into_primitive());
        Self::from_inner(B::follow_statistics(running, batch, samples, share))
    }

    fn batch_norm(
        z: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        norm: BatchNorm,
    ) -> FloatTensor<Self> {
        let ((z, z_node), (weight, weight_node), (bias, bias_node)) =
            (z.into_parts(), weight.into_parts(), bias.into_parts());
        let tensors = NormTensors {
            weight,
            bias,
            statistics: statistics.into_primitive(),
        };
        node::<B, C, 3, _>(
            [z_node, weight_node, bias_node],
            (z, tensors),
            |(z, tensors)| {
                let y = norm_ops::forward::<B>(z.clone(), &tensors, norm);
                (y, Saved::Norm { z, tensors, norm })
            },
            |(z, tensors)| norm_ops::forward::<B>(z, &tensors, norm),
        )
    }

    fn mean_loss(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        loss_node::<B, C>(
            prediction,
            target,
            loss,
            mean_loss_with_gradient::<B>,
            B::mean_loss,
        )
    }

    fn loss_terms(
        prediction: FloatTensor<Self>,
        target: FloatTensor<Self>,
        loss: FusedLoss,
    ) -> FloatTensor<Self> {
        loss_node::<B, C>(
            prediction,
            target,
            loss,
            primitives::losses_with_gradients::<B>,
            B::loss_terms,
        )
    }

    fn sgd_step(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        step: SgdStep,
    ) -> FloatTensor<Self> {
        let is_tracked = weight.is_tracked();
        let moved = B::sgd_step(weight.into_primitive(), gradient.into_primitive(), step);
        Self::float_set_require_grad(Self::from_inner(moved), is_tracked)
    }
}
