//! The trainable network: Burn's `Linear` layers and the activations between them.

use burn::module::{Module, Param, ParamId};
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, TensorData, activation};
use faer::{Mat, MatRef};

use super::{Activation, Frozen, Layer, ModelConfig, Moment, Silent, Site, Tap};

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
    /// The affine maps. Burn stores each weight as (in x out), the transpose of the textbook's.
    layers: Vec<Linear>,
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

/// What a layer has besides its parameters.
#[derive(Debug, Clone)]
struct Outline {
    name: String,
    activation: Activation,
}

impl Mlp {
    /// A network with the weights of `frozen` (rounded to `f32`) and a bias in every layer.
    ///
    /// Autodiff is on if it is on for `device`.
    pub fn from_frozen(frozen: &Frozen, device: &Device) -> Self {
        Self::build(frozen, |_| true, device)
    }

    /// The same, with a bias only in the layers where `config` asks for one.
    ///
    /// # Panics
    /// If the two have different numbers of layers.
    pub fn new(config: &ModelConfig, frozen: &Frozen, device: &Device) -> Self {
        assert_eq!(
            config.layers.len(),
            frozen.layers.len(),
            "the weights belong to another network"
        );
        Self::build(frozen, |layer| config.layers[layer].bias, device)
    }

    fn build(frozen: &Frozen, has_bias: impl Fn(usize) -> bool, device: &Device) -> Self {
        let linear = |(i, layer): (usize, &Layer)| Linear {
            weight: Param::from_tensor(upload(layer.weight.transpose(), device)),
            bias: has_bias(i)
                .then(|| Param::from_tensor(Tensor::from_data(narrow(&layer.bias), device))),
        };
        let outline = |layer: &Layer| Outline {
            name: layer.name.clone(),
            activation: layer.activation,
        };
        Self {
            layers: frozen.layers.iter().enumerate().map(linear).collect(),
            outlines: frozen.layers.iter().map(outline).collect(),
        }
    }

    /// The network's output for a batch: (n x inputs) to (n x outputs).
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
        layers.fold(x, |x, (linear, outline)| {
            let layer = outline.name.as_str();
            let before = Site {
                layer,
                moment: Moment::Before,
            };
            let after = Site {
                layer,
                moment: Moment::After,
            };
            let z = tap.at(before, linear.forward(x));
            tap.at(after, apply(outline.activation, z))
        })
    }

    /// The affine maps from the input to the output, as Burn holds them: each weight (in x out).
    pub fn linears(&self) -> &[Linear] {
        &self.layers
    }

    /// The layers' names, from the first to the output.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.outlines.iter().map(|outline| outline.name.as_str())
    }

    /// The last layer's activation; `None` for a network without layers, which passes its input through.
    pub fn last_activation(&self) -> Option<Activation> {
        self.outlines.last().map(|outline| outline.activation)
    }

    /// The current weights as `f64` matrices, (out x in). Reads them back from the device.
    pub fn to_frozen(&self) -> Frozen {
        let freeze = |(linear, outline): (&Linear, &Outline)| {
            let weight = download(linear.weight.val()); // (in x out)
            let bias = match &linear.bias {
                Some(bias) => numbers(bias.val()),
                None => vec![0.0; weight.ncols()],
            };
            Layer {
                name: outline.name.clone(),
                weight: weight.transpose().to_owned(),
                bias,
                activation: outline.activation,
            }
        };
        let layers = self.layers.iter().zip(&self.outlines);
        Frozen {
            layers: layers.map(freeze).collect(),
        }
    }

    /// Every parameter's PyTorch name and Burn identity, in order: `embedding.weight`, `embedding.bias` ...
    pub fn parameters(&self) -> Vec<(String, ParamId)> {
        let mut parameters = Vec::new();
        for (linear, outline) in self.layers.iter().zip(&self.outlines) {
            parameters.push((format!("{}.weight", outline.name), linear.weight.id));
            if let Some(bias) = &linear.bias {
                parameters.push((format!("{}.bias", outline.name), bias.id));
            }
        }
        parameters
    }
}

/// An activation in Burn's operations, the same function as [`Activation::apply`].
pub fn apply(activation: Activation, z: Tensor<2>) -> Tensor<2> {
    match activation {
        Activation::Identity => z,
        Activation::Relu => activation::relu(z),
        Activation::LeakyRelu => activation::leaky_relu(z, 0.01),
        // Burn's own elu takes the exponential of the positive side too: beyond 88 that is infinite in f32, and
        // its masked gradient 0 x infinity is not a number.
        Activation::Elu => activation::relu(z.clone()) + z.clamp_max(0.0).exp().sub_scalar(1.0),
        // Burn's own gelu has an approximate gradient on some backends, wrong in the fourth decimal.
        Activation::Gelu => {
            let erf = z.clone().mul_scalar(std::f64::consts::FRAC_1_SQRT_2).erf();
            z * erf.add_scalar(1.0).mul_scalar(0.5)
        }
        Activation::Silu => activation::silu(z),
        Activation::Softplus => activation::softplus(z, 1.0),
        Activation::Tanh => activation::tanh(z),
        Activation::Sigmoid => activation::sigmoid(z),
        Activation::Softmax => activation::softmax(z, 1),
        Activation::ScaledTanh { a, b } => activation::tanh(z.mul_scalar(b)).mul_scalar(a),
    }
}

/// A matrix (n x d) to a device, as `f32`.
pub fn upload(matrix: MatRef<'_, f64>, device: &Device) -> Tensor<2> {
    let (rows, columns) = matrix.shape();
    let mut values = Vec::with_capacity(rows * columns);
    for i in 0..rows {
        values.extend(matrix.row(i).iter().map(|&value| value as f32));
    }
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

/// A tensor (n x d) back from its device.
pub fn download(tensor: Tensor<2>) -> Mat<f64> {
    let [rows, columns] = tensor.dims();
    let values = numbers(tensor);
    Mat::from_fn(rows, columns, |i, j| values[i * columns + j])
}

/// A tensor's entries in row-major order, widened.
fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f64> {
    tensor.into_data().iter::<f64>().collect()
}

fn narrow(values: &[f64]) -> TensorData {
    let values: Vec<f32> = values.iter().map(|&value| value as f32).collect();
    let length = values.len();
    TensorData::new(values, [length])
}
