//! The gradient of the loss with respect to every parameter.

use burn::tensor::{Gradients, Tensor};
use faer::Mat;

use super::{Clip, Reading};
use crate::model::{Mlp, fused, mlp};

/// A parameter's gradient in the parameter's own orientation.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterGradient {
    /// The parameter, such as `embedding.weight`.
    pub name: String,
    /// dL/dW, (out x in); of a vector, such as a bias, (out x 1).
    pub values: Mat<f64>,
}

/// The gradients of one step, still on the device: keeping them costs nothing, reading them a transfer.
#[derive(Debug, Clone, Default)]
pub struct StepGradients {
    /// Names and gradients, (in x out) as Burn stores weights, (1 x out) for a vector.
    tensors: Vec<(String, Tensor<2>)>,
}

impl StepGradients {
    /// Names and gradients, (in x out) as Burn stores weights, (1 x out) for a vector.
    pub(super) fn new(tensors: Vec<(String, Tensor<2>)>) -> Self {
        Self { tensors }
    }

    /// Takes hold of what a backward pass left for `model`.
    pub fn of(model: &Mlp, gradients: &Gradients) -> Self {
        let pick = |parameter: mlp::Parameter| {
            let gradient = parameter.gradient(gradients)?;
            Some((parameter.name, gradient))
        };
        Self {
            tensors: model.parameters().into_iter().filter_map(pick).collect(),
        }
    }

    /// The parameters' names, in layer order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.iter().map(|(name, _)| name.as_str())
    }

    /// Σ g² of every parameter.
    pub(super) fn squares(&self) -> impl Iterator<Item = Reading> {
        let square = |gradient: &Tensor<2>| {
            let sum = |numbers: &[f32]| numbers.iter().map(|&g| f64::from(g) * f64::from(g)).sum();
            let here = fused::read(gradient, sum).map(|sum| Reading::Here(vec![sum]));
            here.unwrap_or_else(|| Reading::There(Box::new(gradient.clone().square().sum())))
        };
        self.tensors
            .iter()
            .map(move |(_, gradient)| square(gradient))
    }

    /// The gradients in full.
    pub fn read(&self) -> Vec<ParameterGradient> {
        let read = |(name, gradient): &(String, Tensor<2>)| ParameterGradient {
            name: name.clone(),
            values: mlp::download(gradient.clone()).transpose().to_owned(),
        };
        self.tensors.iter().map(read).collect()
    }
}

impl Clip {
    /// min(1, c / (‖g‖ + 1e-6)), from Σ g² of every parameter.
    pub(super) fn factor(squares: Vec<Tensor<1>>, most: f64) -> Tensor<1> {
        let length = Tensor::cat(squares, 0).sum().sqrt();
        let factor = length.add_scalar(1e-6).recip().mul_scalar(most);
        factor.clamp_max(1.0)
    }

    /// Clips the gradients of `model`'s parameters. Nothing is read back from the device.
    pub fn apply(self, model: &Mlp, gradients: &mut Gradients) {
        let clipped: Box<dyn Fn(Tensor<2>) -> Tensor<2>> = match self {
            Self::Norm(most) => {
                let gradient = |parameter: mlp::Parameter| parameter.gradient(gradients);
                let present = model.parameters().into_iter().filter_map(gradient);
                let squares: Vec<_> = present.map(|gradient| gradient.square().sum()).collect();
                if squares.is_empty() {
                    return;
                }
                let factor = Self::factor(squares, most).unsqueeze::<2>();
                Box::new(move |gradient| gradient * factor.clone())
            }
            Self::Value(most) => Box::new(move |gradient| gradient.clamp(-most, most)),
        };
        for parameter in model.parameters() {
            if let Some(gradient) = parameter.gradient(gradients) {
                parameter.replace_gradient(gradients, clipped(gradient));
            }
        }
    }
}
