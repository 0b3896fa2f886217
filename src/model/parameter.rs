//! A tensor that training changes.

use burn::tensor::{Gradients, Tensor};

/// A trainable tensor of a network.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// PyTorch's name, such as `embedding.weight`.
    pub name: String,
    tensor: Trainable,
}

#[derive(Debug, Clone)]
enum Trainable {
    Matrix(Tensor<2>),
    Vector(Tensor<1>),
}

impl Parameter {
    /// A matrix as Burn stores it.
    pub(super) fn matrix(name: String, tensor: Tensor<2>) -> Self {
        let tensor = Trainable::Matrix(tensor);
        Self { name, tensor }
    }

    /// A vector, such as a bias.
    pub(super) fn vector(name: String, tensor: Tensor<1>) -> Self {
        let tensor = Trainable::Vector(tensor);
        Self { name, tensor }
    }

    /// The gradient that a backward pass left for it, if any: (in x out) as Burn stores weights, (1 x out) for a vector.
    pub fn gradient(&self, gradients: &Gradients) -> Option<Tensor<2>> {
        match &self.tensor {
            Trainable::Matrix(matrix) => matrix.grad(gradients),
            Trainable::Vector(vector) => vector.grad(gradients).map(Tensor::unsqueeze),
        }
    }

    /// Puts another tensor of the same shape in the gradient's place.
    pub fn replace_gradient(&self, gradients: &mut Gradients, gradient: Tensor<2>) {
        match &self.tensor {
            Trainable::Matrix(matrix) => matrix.grad_replace(gradients, gradient),
            Trainable::Vector(vector) => vector.grad_replace(gradients, gradient.squeeze_dim(0)),
        }
    }
}
