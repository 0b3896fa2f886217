//! One layer of the trainable network: the affine map, perhaps in low-rank factors, and batch norm.

use burn::backend::Dispatch;
use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData};

use super::LayerParameters;
use super::batch_norm::BatchNorm;
use super::fused::{self, FusedActivation, LayerShape, Layers};
use super::outline::Outline;
use super::parameter::Parameter;
use super::transfer::{download, numbers, upload, upload_vector};
use crate::random::Generator;

/// A layer up to its activation.
#[derive(Module, Debug)]
pub(super) struct Block {
    /// V of a low-rank layer, without a bias.
    narrow: Option<Linear>,
    /// W and b, or U and b.
    pub(super) linear: Linear,
    norm: Option<BatchNorm>,
}

impl Block {
    pub(super) fn new(layer: &LayerParameters, device: &Device) -> Self {
        // Burn stores each weight as (in x out), the transpose of the textbook's.
        let weight = |weight: &faer::Mat<f64>| {
            Param::from_tensor(upload(weight.as_ref().transpose(), device))
        };
        let bias = layer.bias.as_ref();
        Self {
            narrow: layer.narrow.as_ref().map(|narrow| Linear {
                weight: weight(narrow),
                bias: None,
            }),
            linear: Linear {
                weight: weight(&layer.weight),
                bias: bias.map(|bias| Param::from_tensor(upload_vector(bias, device))),
            },
            norm: layer.norm.as_ref().map(|norm| BatchNorm::new(norm, device)),
        }
    }

    /// Adds the affine map and φ to the layers of a fused network: one, or two where the weights are in factors.
    pub(super) fn append_to(&self, layers: &mut Layers<Dispatch>, activation: FusedActivation) {
        if let Some(narrow) = &self.narrow {
            append(layers, narrow, FusedActivation::Identity);
        }
        append(layers, &self.linear, activation);
    }

    /// The same over plain numbers.
    pub(super) fn shapes(&self, activation: FusedActivation) -> impl Iterator<Item = LayerShape> {
        let shape = |linear: &Linear, activation| {
            let [inputs, units] = linear.weight.dims();
            LayerShape {
                inputs,
                units,
                has_bias: linear.bias.is_some(),
                activation,
            }
        };
        let narrow = self.narrow.as_ref();
        let narrow = narrow.map(|narrow| shape(narrow, FusedActivation::Identity));
        narrow.into_iter().chain([shape(&self.linear, activation)])
    }

    /// Whether batch norm stands between the affine map and φ.
    pub(super) fn has_norm(&self) -> bool {
        self.norm.is_some()
    }

    /// Batch norm in evaluation, if there is one, and φ after it.
    pub(super) fn normalise(&self, z: Tensor<2>, activation: FusedActivation) -> Tensor<2> {
        match &self.norm {
            Some(norm) => norm.forward(z, activation),
            None => fused::activate(z, activation),
        }
    }

    /// The same in training, where batch norm uses the batch's statistics and keeps a record of them.
    pub(super) fn normalise_training(
        &mut self,
        z: Tensor<2>,
        activation: FusedActivation,
    ) -> Tensor<2> {
        match &mut self.norm {
            Some(norm) => norm.forward_training(z, activation),
            None => fused::activate(z, activation),
        }
    }

    /// Every trainable parameter of the layer called `name`, in PyTorch's order and under PyTorch's names.
    pub(super) fn trainable(&self, name: &str) -> Vec<Parameter> {
        let matrix = |suffix: &str, weight: &Param<Tensor<2>>| {
            Parameter::matrix(format!("{name}.{suffix}"), weight.val())
        };
        let vector = |suffix: &str, values: &Param<Tensor<1>>| {
            Parameter::vector(format!("{name}.{suffix}"), values.val())
        };
        let mut parameters = Vec::new();
        let narrow = self.narrow.as_ref();
        parameters.extend(narrow.map(|narrow| matrix("narrow.weight", &narrow.weight)));
        parameters.push(matrix("weight", &self.linear.weight));
        let bias = self.linear.bias.as_ref();
        parameters.extend(bias.map(|bias| vector("bias", bias)));
        if let Some(norm) = &self.norm {
            parameters.push(vector("norm.weight", &norm.weight));
            parameters.push(vector("norm.bias", &norm.bias));
        }
        parameters
    }

    /// Reads the layer back from the device; what is not a tensor comes from `outline`.
    pub(super) fn parameters(&self, outline: &Outline) -> LayerParameters {
        let weight = |linear: &Linear| download(linear.weight.val()).transpose().to_owned();
        LayerParameters {
            name: outline.name.clone(),
            narrow: self.narrow.as_ref().map(weight),
            weight: weight(&self.linear),
            bias: self.linear.bias.as_ref().map(|bias| numbers(bias.val())),
            norm: self.norm.as_ref().map(BatchNorm::parameters),
            activation: outline.activation,
            dropout: outline.dropout,
        }
    }
}

fn append(layers: &mut Layers<Dispatch>, linear: &Linear, activation: FusedActivation) {
    let weight = linear.weight.val();
    let bias = match &linear.bias {
        Some(bias) => bias.val(),
        None => Tensor::zeros([weight.dims()[1]], &weight.device()),
    };
    layers.push(weight, bias, activation);
}

/// `nn.Dropout` in training: each entry is zero with probability `share`, and the others grow by 1 / (1 - share).
///
/// The mask is drawn as PyTorch draws it on the processor, so a seed drops the same entries there, on every backend,
/// and in a resumed run.
pub(super) fn dropout(y: Tensor<2>, share: f64, generator: &mut Generator) -> Tensor<2> {
    if share == 0.0 {
        return y;
    }
    let [rows, columns] = y.dims();
    let kept = 1.0 - share;
    let scale = 1.0 / kept as f32;
    let drawn = generator.bernoulli(rows * columns, kept).into_iter();
    let mask: Vec<f32> = drawn.map(|kept| if kept { scale } else { 0.0 }).collect();
    let mask = Tensor::from_data(TensorData::new(mask, [rows, columns]), &y.device().inner());
    fused::masked(y, mask)
}
