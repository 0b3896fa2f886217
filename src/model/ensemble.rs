//! Several networks of one shape as one Burn module: how many seeds of the same experiment are trained where one of them
//! can't fill the device.

use burn::module::{Module, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use faer::Mat;

use super::mlp::apply;
use super::outline::Outline;
use super::transfer::numbers;
use super::{Activation, LayerParameters, ModelConfig, Parameters};

/// S networks side by side, each with weights of its own; nothing passes from one to another.
///
/// ```
/// use burn::tensor::{Device, Tensor};
/// use foldspace::model::{self, Activation, Ensemble, LayerConfig, ModelConfig};
/// use foldspace::random::Generator;
///
/// let config = ModelConfig::new(vec![LayerConfig::new(3, Activation::Relu)]);
/// assert!(Ensemble::takes(&config));
/// let members = [0, 1].map(|seed| model::draw(&config, 2, &mut Generator::new(seed)).unwrap());
/// let ensemble = Ensemble::new(&members, &Device::flex());
/// let output = ensemble.forward(Tensor::zeros([2, 5, 2], &Device::flex()));
/// assert_eq!(output.dims(), [2, 5, 3]);
/// ```
#[derive(Module, Debug, Default)]
pub struct Ensemble {
    layers: Vec<Stack>,
    #[module(skip)]
    outlines: Vec<Outline>,
}

/// The same layer of every member.
#[derive(Module, Debug)]
struct Stack {
    /// (S x in x out).
    weight: Param<Tensor<3>>,
    /// (S x 1 x out).
    bias: Option<Param<Tensor<3>>>,
}

impl Ensemble {
    /// Whether networks of this kind can stand side by side: plain layers, without factors, batch norm or dropout.
    pub fn takes(config: &ModelConfig) -> bool {
        let mut layers = config.layers.iter();
        layers.all(|layer| layer.rank.is_none() && !layer.batch_norm && layer.dropout == 0.0)
    }

    /// An ensemble with these members, rounded to `f32`. Autodiff is on if it is on for `device`.
    ///
    /// # Panics
    /// Where the members differ in shape: they are drawn for one description that [`takes`](Self::takes) accepts.
    pub fn new(members: &[Parameters], device: &Device) -> Self {
        let first = members.first();
        let first = first.map_or(&[][..], |member| &member.layers);
        let stack = |layer: usize| {
            let members = members.iter().map(|member| &member.layers[layer]);
            Stack::new(&members.collect::<Vec<_>>(), device)
        };
        Self {
            layers: (0..first.len()).map(stack).collect(),
            outlines: first.iter().map(Outline::of).collect(),
        }
    }

    /// The members' outputs, each for a batch of its own: (S x n x inputs) to (S x n x outputs).
    pub fn forward(&self, mut x: Tensor<3>) -> Tensor<3> {
        for (layer, outline) in self.layers.iter().zip(&self.outlines) {
            let mut z = x.matmul(layer.weight.val());
            if let Some(bias) = &layer.bias {
                z = z + bias.val();
            }
            let [members, samples, units] = z.dims();
            // Activations are written for a row per sample.
            let z = z.reshape([members * samples, units]);
            x = apply(outline.activation, z).reshape([members, samples, units]);
        }
        x
    }

    /// The last layer's activation; `None` without layers.
    pub fn last_activation(&self) -> Option<Activation> {
        self.outlines.last().map(|outline| outline.activation)
    }

    /// Σ g² of every parameter, for each member (S), from what a backward pass left; still on the device.
    pub fn gradient_squares(&self, gradients: &Gradients) -> Vec<Tensor<1>> {
        let layers = self.layers.iter();
        let parameters = layers.flat_map(|layer| [Some(&layer.weight), layer.bias.as_ref()]);
        let squares = |gradient: Tensor<3>| {
            let [members, rows, columns] = gradient.dims();
            let squares = gradient.reshape([members, rows * columns]).square();
            squares.sum_dim(1).squeeze_dim(1)
        };
        let gradients = parameters.flatten().filter_map(|p| p.val().grad(gradients));
        gradients.map(squares).collect()
    }

    /// Every member's parameters as they are now. Reads them back from the device.
    pub fn to_parameters(&self) -> Vec<Parameters> {
        let layers = self.layers.iter().zip(&self.outlines);
        let layers: Vec<_> = layers
            .map(|(layer, outline)| layer.parameters(outline))
            .collect();
        let members = layers.first().map_or(0, Vec::len);
        let member = |member: usize| Parameters {
            layers: layers.iter().map(|layer| layer[member].clone()).collect(),
        };
        (0..members).map(member).collect()
    }
}

impl Stack {
    fn new(members: &[&LayerParameters], device: &Device) -> Self {
        let (units, inputs) = members[0].weight.shape();
        let upload = |values: Vec<f32>, rows: usize| {
            let data = TensorData::new(values, [members.len(), rows, units]);
            Param::from_tensor(Tensor::from_data(data, device))
        };
        // Burn stores each weight as (in x out), the transpose of the textbook's.
        let columns = members.iter().flat_map(|member| member.weight.col_iter());
        let weights = columns.flat_map(|column| column.iter().map(|&weight| weight as f32));
        let biases = members.iter().map(|member| member.bias.as_ref());
        let biases: Option<Vec<_>> = biases.collect();
        Self {
            weight: upload(weights.collect(), inputs),
            bias: biases.map(|biases| {
                let entries = biases.into_iter().flatten();
                upload(entries.map(|&bias| bias as f32).collect(), 1)
            }),
        }
    }

    /// Reads the layer of every member back from the device.
    fn parameters(&self, outline: &Outline) -> Vec<LayerParameters> {
        let [members, inputs, units] = self.weight.val().dims();
        let weights = numbers(self.weight.val());
        let biases = self.bias.as_ref().map(|bias| numbers(bias.val()));
        let member = |member: usize| {
            let weight = |unit, input| weights[(member * inputs + input) * units + unit];
            let bias = biases.as_ref();
            LayerParameters {
                name: outline.name.clone(),
                narrow: None,
                weight: Mat::from_fn(units, inputs, weight),
                bias: bias.map(|biases| biases[member * units..][..units].to_vec()),
                norm: None,
                activation: outline.activation,
                dropout: outline.dropout,
            }
        };
        (0..members).map(member).collect()
    }
}
