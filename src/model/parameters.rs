//! A network's parameters as training holds them, in plain `f64`, on no device: nothing is folded together yet.
//!
//! Weights files and checkpoints hold these. Geometry and figures see the [`Frozen`] network that
//! [`fold`](Parameters::fold) makes of them, a plain chain of affine maps and activations.

use faer::Mat;

use super::chain::Scaling;
use super::{Activation, Frozen, Layer, LayerConfig};

/// What batch norm adds to a variance before its root is taken.
pub(super) const EPSILON: f64 = 1e-5;

/// All parameters of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Parameters {
    /// From the input to the output.
    pub layers: Vec<LayerParameters>,
}

/// One layer: y = φ(norm(W x + b)), where W may be a product U V.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerParameters {
    /// The name that taps and files use, such as `embedding`.
    pub name: String,
    /// V, (rank x inputs), of a low-rank layer; the inputs go through it first.
    pub narrow: Option<Mat<f64>>,
    /// W, (units x inputs), or U, (units x rank).
    pub weight: Mat<f64>,
    /// b, one entry per unit, if there is one.
    pub bias: Option<Vec<f64>>,
    /// Batch norm's parameters and statistics, if there is one.
    pub norm: Option<NormParameters>,
    /// φ.
    pub activation: Activation,
    /// The share of outputs that training drops.
    pub dropout: f64,
}

/// Batch norm: γ (z - mean) / √(variance + ε) + β, with an entry per unit; the names are PyTorch's.
#[derive(Debug, Clone, PartialEq)]
pub struct NormParameters {
    /// γ.
    pub weight: Vec<f64>,
    /// β.
    pub bias: Vec<f64>,
    /// The mean that evaluation uses.
    pub running_mean: Vec<f64>,
    /// The (unbiased) variance that evaluation uses.
    pub running_var: Vec<f64>,
}

impl NormParameters {
    /// As training begins: nothing is scaled or moved.
    pub fn new(units: usize) -> Self {
        Self {
            weight: vec![1.0; units],
            bias: vec![0.0; units],
            running_mean: vec![0.0; units],
            running_var: vec![1.0; units],
        }
    }

    /// What it does in evaluation, z to s z + t: every unit's s and t.
    pub fn affine(&self) -> Vec<(f64, f64)> {
        let unit = |unit: usize| {
            let scale = self.weight[unit] / (self.running_var[unit] + EPSILON).sqrt();
            (scale, self.bias[unit] - scale * self.running_mean[unit])
        };
        (0..self.weight.len()).map(unit).collect()
    }
}

impl LayerParameters {
    /// The layer's description.
    pub fn config(&self) -> LayerConfig {
        LayerConfig {
            bias: self.bias.is_some(),
            rank: self.narrow.as_ref().map(Mat::nrows),
            batch_norm: self.norm.is_some(),
            dropout: self.dropout,
            ..LayerConfig::new(self.weight.nrows(), self.activation).named(&self.name)
        }
    }

    /// The layer as evaluation sees it: W and b with the factors multiplied and batch norm folded in.
    pub fn fold(&self) -> Layer {
        let weight = match &self.narrow {
            Some(narrow) => &self.weight * narrow,
            None => self.weight.clone(),
        };
        let bias = self.bias.clone();
        let mut layer = Layer {
            name: self.name.clone(),
            bias: bias.unwrap_or_else(|| vec![0.0; weight.nrows()]),
            weight,
            activation: self.activation,
        };
        if let Some(norm) = &self.norm {
            let (mean, variance) = (&norm.running_mean, &norm.running_var);
            Scaling::batch_norm(mean, variance, EPSILON, &norm.weight, &norm.bias)
                .fold_into(&mut layer);
        }
        layer
    }

    /// Whether every number is finite.
    fn is_finite(&self) -> bool {
        let matrices = [Some(&self.weight), self.narrow.as_ref()];
        let norm = self.norm.iter().flat_map(|norm| {
            [
                &norm.weight,
                &norm.bias,
                &norm.running_mean,
                &norm.running_var,
            ]
        });
        matrices.into_iter().flatten().all(Mat::is_all_finite)
            && norm.chain(&self.bias).flatten().all(|x| x.is_finite())
    }
}

impl Parameters {
    /// The network as evaluation sees it.
    ///
    /// ```
    /// use foldspace::model::{self, Activation, LayerConfig, ModelConfig};
    /// use foldspace::random::Generator;
    ///
    /// let mut layer = LayerConfig::new(3, Activation::Relu);
    /// layer.rank = Some(1);
    /// let config = ModelConfig::new(vec![layer]);
    /// let parameters = model::draw(&config, 4, &mut Generator::new(42)).unwrap();
    /// assert_eq!(parameters.layers[0].narrow.as_ref().unwrap().shape(), (1, 4));
    /// assert_eq!(parameters.fold().layers[0].weight.shape(), (3, 4));
    /// ```
    pub fn fold(&self) -> Frozen {
        Frozen {
            layers: self.layers.iter().map(LayerParameters::fold).collect(),
        }
    }

    /// The number of inputs; 0 without layers.
    pub fn inputs(&self) -> usize {
        let first = self.layers.first();
        first.map_or(0, |layer| {
            layer.narrow.as_ref().unwrap_or(&layer.weight).ncols()
        })
    }

    /// Whether every number is finite: a network that training has blown up is not worth keeping.
    pub fn is_finite(&self) -> bool {
        self.layers.iter().all(LayerParameters::is_finite)
    }
}

/// Plain layers, each with a bias.
impl From<&Frozen> for Parameters {
    fn from(network: &Frozen) -> Self {
        let layer = |layer: &Layer| LayerParameters {
            name: layer.name.clone(),
            narrow: None,
            weight: layer.weight.clone(),
            bias: Some(layer.bias.clone()),
            norm: None,
            activation: layer.activation,
            dropout: 0.0,
        };
        Self {
            layers: network.layers.iter().map(layer).collect(),
        }
    }
}
