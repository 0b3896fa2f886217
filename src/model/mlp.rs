//! The trainable network: Burn's `Linear` layers and the activations between them.

use burn::backend::Dispatch;
use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, activation};

use super::block::{Block, dropout};
use super::fused::{self, FusedActivation, FusedLoss, Layers};
use super::outline::Outline;
pub use super::parameter::Parameter;
pub use super::transfer::{download, upload};
use super::{Activation, Frozen, Moment, Parameters, Silent, Site, Tap};
use crate::random::Generator;

/// A multilayer perceptron of any depth on a Burn device.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise};
/// use foldspace::random::Generator;
///
/// let config = ModelConfig::new(vec![
///     LayerConfig::new(3, Activation::Relu),
///     LayerConfig::new(1, Activation::Sigmoid),
/// ]);
/// let initial = initialise(&config, 2, &mut Generator::new(42)).unwrap();
/// let network = Mlp::from_frozen(&initial, &Device::flex());
/// let output = network.forward(Tensor::from_floats([[1.0, 2.0]], &Device::flex()));
/// assert_eq!(output.dims(), [1, 1]);
/// assert_eq!(network.to_frozen(), initial);
/// ```
#[derive(Module, Debug)]
pub struct Mlp {
    layers: Vec<Block>,
    #[module(skip)]
    outlines: Vec<Outline>,
}

/// The network without layers, which passes its input through.
impl Default for Mlp {
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            outlines: Vec::new(),
        }
    }
}

impl Mlp {
    /// A network with these parameters, rounded to `f32`. Autodiff is on if it is on for `device`.
    pub fn new(parameters: &Parameters, device: &Device) -> Self {
        let layers = parameters.layers.iter();
        Self {
            layers: layers.map(|layer| Block::new(layer, device)).collect(),
            outlines: parameters.layers.iter().map(Outline::of).collect(),
        }
    }

    /// A network of plain layers with the weights of `frozen` and a bias in every layer.
    pub fn from_frozen(frozen: &Frozen, device: &Device) -> Self {
        Self::new(&frozen.into(), device)
    }

    /// The network's output for a batch, in evaluation: (n x inputs) to (n x outputs).
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        self.forward_with(x, &mut Silent)
    }

    /// The same, while `tap` sees every layer before and after its activation and may change it.
    pub fn forward_with(&self, x: Tensor<2>, tap: &mut impl Tap) -> Tensor<2> {
        self.forward_from(0, x, tap)
    }

    /// The rest of the network, from layer number `first` on: `x` is the output of the layer before it.
    ///
    /// Feeding a recorded activation here gives the output of the pass it was recorded in.
    pub fn forward_from(&self, first: usize, x: Tensor<2>, tap: &mut impl Tap) -> Tensor<2> {
        let layers = self.layers.iter().zip(&self.outlines).skip(first);
        let mut x = x;
        // Layers run as one operation, up to where a hook listens.
        let mut waiting = Layers::default();
        for (block, outline) in layers {
            let layer = outline.name.as_str();
            let site = |moment| Site { layer, moment };
            let (before, after) = (site(Moment::Before), site(Moment::After));
            let fused = FusedActivation::of(outline.activation).filter(|_| !tap.listens(before));
            let with_layer = fused.filter(|_| !block.has_norm());
            block.append_to(&mut waiting, with_layer.unwrap_or_default());
            if with_layer.is_none() {
                let z = fused::network(x, std::mem::take(&mut waiting));
                x = block.normalise(z, fused.unwrap_or_default());
                if fused.is_none() {
                    x = apply(outline.activation, tap.at(before, x));
                }
            }
            if tap.listens(after) {
                x = tap.at(after, fused::network(x, std::mem::take(&mut waiting)));
            }
        }
        fused::network(x, waiting)
    }

    /// The output for a batch in training: batch norm uses the batch's statistics and keeps a record of them, dropout drops
    /// what `generator` says. A network with neither gives what [`forward`](Self::forward) gives.
    pub fn forward_training(&mut self, x: Tensor<2>, generator: &mut Generator) -> Tensor<2> {
        let (x, waiting) = self.advance_training(x, None, generator);
        fused::network(x, waiting)
    }

    /// The mean of `loss` against `target` (n x outputs), in training: the loss of what
    /// [`forward_training`](Self::forward_training) gives, in one operation with the layers before it. The cross-entropy of a
    /// network that ends in a softmax is that of the scores before it.
    pub fn loss_training(
        &mut self,
        x: Tensor<2>,
        target: Tensor<2>,
        loss: FusedLoss,
        generator: &mut Generator,
    ) -> Tensor<1> {
        let (x, waiting) = self.advance_training(x, Some(loss), generator);
        fused::network_loss(x, waiting, target, loss)
    }

    /// The last value that has to be computed by itself, and the layers after it, which can run as one operation.
    fn advance_training(
        &mut self,
        mut x: Tensor<2>,
        loss: Option<FusedLoss>,
        generator: &mut Generator,
    ) -> (Tensor<2>, Layers<Dispatch>) {
        let mut waiting = Layers::default();
        let activations = self.activations_before(loss);
        let layers = self.layers.iter_mut().zip(&self.outlines);
        for ((block, outline), activation) in layers.zip(activations) {
            let fused = FusedActivation::of(activation);
            let with_layer = fused.filter(|_| !block.has_norm());
            block.append_to(&mut waiting, with_layer.unwrap_or_default());
            if with_layer.is_none() {
                let z = fused::network(x, std::mem::take(&mut waiting));
                x = block.normalise_training(z, fused.unwrap_or_default());
                if fused.is_none() {
                    x = apply(activation, x);
                }
            }
            if outline.dropout > 0.0 {
                let y = fused::network(x, std::mem::take(&mut waiting));
                x = dropout(y, outline.dropout, generator);
            }
        }
        (x, waiting)
    }

    /// The affine maps from the input to the output, as Burn holds them: each weight (in x out). For a low-rank
    /// layer, the wide factor.
    pub fn linears(&self) -> impl Iterator<Item = &Linear> {
        self.layers.iter().map(|block| &block.linear)
    }

    /// Every layer's activation as a loss takes it: the cross-entropy contains the softmax at the end.
    fn activations_before(&self, loss: Option<FusedLoss>) -> Vec<Activation> {
        let outlines = self.outlines.iter();
        let mut activations: Vec<_> = outlines.map(|outline| outline.activation).collect();
        if let (Some(last @ Activation::Softmax), Some(FusedLoss::CrossEntropy)) =
            (activations.last_mut(), loss)
        {
            *last = Activation::Identity;
        }
        activations
    }

    /// The layers before a loss as one operation over plain numbers takes them: their parameters in the order in which the module
    /// is walked. `None` where one is not an affine map and a [`FusedActivation`], in training too.
    pub fn layer_shapes(&self, loss: FusedLoss) -> Option<Vec<fused::LayerShape>> {
        let mut shapes = Vec::new();
        let activations = self.activations_before(Some(loss));
        let layers = self.layers.iter().zip(&self.outlines);
        for ((block, outline), activation) in layers.zip(activations) {
            let activation = FusedActivation::of(activation)?;
            if block.has_norm() || outline.dropout > 0.0 {
                return None;
            }
            shapes.extend(block.shapes(activation));
        }
        Some(shapes)
    }

    /// The layers' names, from the first to the output.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.outlines.iter().map(|outline| outline.name.as_str())
    }

    /// The last layer's activation; `None` for a network without layers, which passes its input through.
    pub fn last_activation(&self) -> Option<Activation> {
        self.outlines.last().map(|outline| outline.activation)
    }

    /// The parameters as they are now. Reads them back from the device.
    pub fn to_parameters(&self) -> Parameters {
        let layers = self.layers.iter().zip(&self.outlines);
        Parameters {
            layers: layers
                .map(|(block, outline)| block.parameters(outline))
                .collect(),
        }
    }

    /// The network as it is now in evaluation, as `f64` matrices, (out x in). Reads them back from the device.
    pub fn to_frozen(&self) -> Frozen {
        self.to_parameters().fold()
    }

    /// Every trainable parameter, in order: `embedding.weight`, `embedding.bias` ...
    pub fn parameters(&self) -> Vec<Parameter> {
        let layers = self.layers.iter().zip(self.names());
        layers
            .flat_map(|(block, name)| block.trainable(name))
            .collect()
    }
}

/// An activation over tensors, the same function as [`Activation::apply`].
pub fn apply(activation: Activation, z: Tensor<2>) -> Tensor<2> {
    match FusedActivation::of(activation) {
        Some(fused) => fused::activate(z, fused),
        // Softmax, the only one that looks at a sample's units together.
        None => activation::softmax(z, 1),
    }
}
