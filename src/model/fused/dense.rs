//! The fused layer as an operation of Burn's backends, with its gradients.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{
    Autodiff, Backend, Cube, Dispatch, Flex, NdArray, TensorMetadata, backend_extension,
};
use burn::tensor::Tensor;

use super::kernels::{self, Layer, Size};
use super::memory::Memory;
use super::{Bend, primitives};

/// φ(x W + b) in one operation: x (n x inputs), W as Burn keeps it (inputs x units), b (units), to (n x units).
///
/// Equal to `bent(x.matmul(weight) + bias, bend)` up to the order of sums; its gradients are dL/dz = dL/dy φ'(z),
/// dL/dx = dL/dz Wᵀ, dL/dW = xᵀ dL/dz, dL/db = Σ_rows dL/dz.
pub fn dense(x: Tensor<2>, weight: Tensor<2>, bias: Tensor<1>, bend: Bend) -> Tensor<2> {
    Tensor::from_dispatch(<Dispatch as DenseOps>::dense(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        bend,
    ))
}

/// φ(z) in one operation, with the same rounding as in [`dense`].
pub fn bent(z: Tensor<2>, bend: Bend) -> Tensor<2> {
    if bend == Bend::Identity {
        return z;
    }
    Tensor::from_dispatch(<Dispatch as DenseOps>::bent(z.into_dispatch(), bend))
}

/// The operations as Burn dispatches them.
#[backend_extension(NdArray, Flex, Cube, Autodiff)]
pub trait DenseOps: Backend {
    /// See [`dense`].
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bend: Bend,
    ) -> FloatTensor<Self>;

    /// See [`bent`].
    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self>;
}

/// dL/dx if it was asked for, dL/dW and dL/db.
pub struct DenseGradients<B: Backend> {
    /// (n x inputs).
    pub x: Option<FloatTensor<B>>,
    /// (inputs x units).
    pub weight: FloatTensor<B>,
    /// (units).
    pub bias: FloatTensor<B>,
}

fn size<B: Backend>(x: &FloatTensor<B>, weight: &FloatTensor<B>) -> Size {
    let [inputs, units] = weight.shape().dims();
    Size {
        rows: x.shape()[0],
        inputs,
        units,
    }
}

/// φ(x W + b): with loops of our own where the memory is in reach, else in the backend's operations.
fn forward<B: Memory>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: FloatTensor<B>,
    bend: Bend,
) -> FloatTensor<B> {
    let size = size::<B>(&x, &weight);
    let (Some(x_entries), Some(w), Some(b)) =
        (B::entries(&x), B::entries(&weight), B::entries(&bias))
    else {
        return primitives::dense::<B>(x, weight, bias, bend);
    };
    let layer = Layer {
        size,
        x: &x_entries,
        w: &w,
        bend,
    };
    B::tensor(layer.forward(&b), &[size.rows, size.units], &bias.device())
}

/// The gradients, from y = φ(x W + b) and dL/dy.
fn backward<B: Memory>(
    x: FloatTensor<B>,
    weight: FloatTensor<B>,
    y: FloatTensor<B>,
    dy: FloatTensor<B>,
    bend: Bend,
    wants_dx: bool,
) -> DenseGradients<B> {
    let size = size::<B>(&x, &weight);
    let inputs = (B::entries(&x), B::entries(&weight));
    let outputs = (B::entries(&y), B::entries(&dy));
    let ((Some(x_entries), Some(w)), (Some(y_entries), Some(dy_entries))) = (inputs, outputs)
    else {
        return primitives::dense_backward::<B>(x, weight, y, dy, bend, wants_dx);
    };
    let layer = Layer {
        size,
        x: &x_entries,
        w: &w,
        bend,
    };
    let gradients = layer.backward(&y_entries, &dy_entries, wants_dx);
    let device = dy.device();
    let tensor = |entries, shape: &[usize]| B::tensor(entries, shape, &device);
    DenseGradients {
        x: gradients.x.map(|x| tensor(x, &[size.rows, size.inputs])),
        weight: tensor(gradients.w, &[size.inputs, size.units]),
        bias: tensor(gradients.b, &[size.units]),
    }
}

/// φ(z).
fn bend<B: Memory>(z: FloatTensor<B>, bend: Bend) -> FloatTensor<B> {
    if B::entries(&z).is_none() {
        return primitives::bent::<B>(z, bend);
    }
    B::map(z, |z| kernels::bend(z, bend))
}

/// dL/dz from y = φ(z) and dL/dy.
fn unbend<B: Memory>(y: FloatTensor<B>, dy: FloatTensor<B>, bend: Bend) -> FloatTensor<B> {
    let (shape, device) = (y.shape(), y.device());
    match (B::entries(&y), B::entries(&dy)) {
        (Some(y), Some(dy)) => B::tensor(kernels::unbend(&y, &dy, bend), &shape, &device),
        _ => primitives::pull_back::<B>(y, dy, bend),
    }
}

impl DenseOps for Flex {
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bend: Bend,
    ) -> FloatTensor<Self> {
        forward::<Self>(x, weight, bias, bend)
    }

    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        self::bend::<Self>(z, bend)
    }
}

impl DenseOps for NdArray {
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bend: Bend,
    ) -> FloatTensor<Self> {
        forward::<Self>(x, weight, bias, bend)
    }

    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        self::bend::<Self>(z, bend)
    }
}

impl DenseOps for Cube {
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bend: Bend,
    ) -> FloatTensor<Self> {
        forward::<Self>(x, weight, bias, bend)
    }

    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        self::bend::<Self>(z, bend)
    }
}

impl<B: Memory, C: CheckpointStrategy> DenseOps for Autodiff<B, C> {
    fn dense(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        bend: Bend,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), weight.node(), bias.node()];
        let (x, weight, bias) = (
            x.into_primitive(),
            weight.into_primitive(),
            bias.into_primitive(),
        );
        match DenseBackward(bend)
            .prepare::<C>(nodes)
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => {
                let y = forward::<B>(x.clone(), weight.clone(), bias, bend);
                prepared.finish((x, weight, y.clone()), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(forward::<B>(x, weight, bias, bend)),
        }
    }

    fn bent(z: FloatTensor<Self>, bend: Bend) -> FloatTensor<Self> {
        let node = z.node();
        let z = z.into_primitive();
        match BentBackward(bend)
            .prepare::<C>([node])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(prepared) => {
                let y = self::bend::<B>(z, bend);
                prepared.finish(y.clone(), y)
            }
            OpsKind::UnTracked(prepared) => prepared.finish(self::bend::<B>(z, bend)),
        }
    }
}

#[derive(Debug)]
struct DenseBackward(Bend);

impl<B: Memory> Backward<B, 3> for DenseBackward {
    /// x, W and y.
    type State = (FloatTensor<B>, FloatTensor<B>, FloatTensor<B>);

    fn backward(
        self,
        ops: Ops<Self::State, 3>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let dy = gradients.consume::<B>(&ops.node);
        let (x, weight, y) = ops.state;
        let [x_node, weight_node, bias_node] = ops.parents;
        let found = backward::<B>(x, weight, y, dy, self.0, x_node.is_some());
        let found = [
            (x_node, found.x),
            (weight_node, Some(found.weight)),
            (bias_node, Some(found.bias)),
        ];
        for (node, gradient) in found {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<B>(node.id, gradient);
            }
        }
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
            gradients.register::<B>(node.id, unbend::<B>(ops.state, dy, self.0));
        }
    }
}
