//! The `[model]` table: the layers of a network, from the first hidden one to the output.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Activation;
use crate::error::{Error, Result};

/// A feed-forward network. The number of inputs comes from the data.
///
/// ```
/// use foldspace::model::ModelConfig;
/// let config: ModelConfig = toml::from_str(
///     "layers = [{ units = 100, activation = 'tanh' },
///                { units = 2, activation = 'tanh', name = 'embedding' },
///                { units = 1, activation = 'sigmoid' }]",
/// )
/// .unwrap();
/// assert_eq!(config.names(), ["layers.0", "embedding", "layers.2"]);
/// assert_eq!(config.parameters(2), Some(3 * 100 + 101 * 2 + 3));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelConfig {
    /// How the initial weights are drawn.
    #[serde(default)]
    pub init: Init,
    /// The seed of PyTorch's generator; the configuration's `seed` where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// A `.safetensors` or `.pt` file with the initial weights in place of drawn ones, relative to the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<PathBuf>,
    /// From the first hidden layer to the output.
    pub layers: Vec<LayerConfig>,
}

/// One layer: an affine map, batch norm, the activation, dropout, in this order. Only the map and the activation
/// are there unless asked for.
///
/// ```
/// use foldspace::model::LayerConfig;
/// let layer: LayerConfig =
///     toml::from_str("units = 64\nactivation = 'relu'\nrank = 4\nbatch_norm = true\ndropout = 0.2").unwrap();
/// assert_eq!(layer.parameters(100), Some(4 * 100 + 64 * 4 + 64 + 2 * 64));
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// The number of outputs.
    pub units: usize,
    /// What follows the affine map.
    #[serde(default)]
    pub activation: Activation,
    /// The name that hooks, files and figures use; `layers.` and the position from 0 where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether a bias is added.
    #[serde(default = "yes")]
    pub bias: bool,
    /// The rank of the weights, W = U V with U (units x rank) and V (rank x inputs); absent: W is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<usize>,
    /// Whether each unit is standardised before the activation, with PyTorch's `BatchNorm1d`.
    #[serde(default)]
    pub batch_norm: bool,
    /// The share of outputs that is set to zero in training, the others being scaled up (`nn.Dropout`).
    #[serde(default)]
    pub dropout: f64,
}

fn yes() -> bool {
    true
}

impl LayerConfig {
    /// A layer with a bias and the default name.
    pub fn new(units: usize, activation: Activation) -> Self {
        Self {
            units,
            activation,
            name: None,
            bias: true,
            rank: None,
            batch_norm: false,
            dropout: 0.0,
        }
    }

    /// The same layer under a name of its own.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// The number of trainable numbers for this many inputs; `None` where it overflows.
    pub fn parameters(&self, inputs: usize) -> Option<usize> {
        let weight = match self.rank {
            Some(rank) => inputs.checked_add(self.units)?.checked_mul(rank)?,
            None => inputs.checked_mul(self.units)?,
        };
        let vectors = usize::from(self.bias) + 2 * usize::from(self.batch_norm);
        weight.checked_add(vectors.checked_mul(self.units)?)
    }
}

/// A network with more parameters than this is not one to look at; the check keeps a mistyped size from asking the
/// machine for terabytes.
pub const MOST_PARAMETERS: usize = 100_000_000;

impl ModelConfig {
    /// A network with PyTorch's initial weights.
    pub fn new(layers: Vec<LayerConfig>) -> Self {
        Self {
            init: Init::default(),
            seed: None,
            weights: None,
            layers,
        }
    }

    /// Every layer's name, defaults included.
    pub fn names(&self) -> Vec<String> {
        self.layers
            .iter()
            .enumerate()
            .map(|(i, layer)| layer.name.clone().unwrap_or_else(|| default_name(i)))
            .collect()
    }

    /// The number of outputs: the units of the last layer, 0 if there is none.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.units)
    }

    /// The number of trainable numbers for this many inputs; `None` where it overflows.
    pub fn parameters(&self, inputs: usize) -> Option<usize> {
        let mut total = 0_usize;
        let mut fan_in = inputs;
        for layer in &self.layers {
            total = total.checked_add(layer.parameters(fan_in)?)?;
            fan_in = layer.units;
        }
        Some(total)
    }

    /// Refuses what can't be built: no layers, no units, names that clash, absurd sizes.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key, such as `model.layers[1].units`.
    pub fn validate(&self, inputs: usize) -> Result<()> {
        if self.layers.is_empty() {
            return Err(Error::invalid(
                "model.layers",
                "a network needs at least one layer",
                "add one, such as { units = 1, activation = \"sigmoid\" }",
            ));
        }
        for (i, layer) in self.layers.iter().enumerate() {
            let place = |key: &str| format!("model.layers[{i}].{key}");
            if layer.units == 0 {
                return Err(Error::invalid(
                    place("units"),
                    "a layer of 0 units lets nothing through",
                    "use at least 1",
                ));
            }
            layer.activation.check().map_err(|(problem, remedy)| {
                Error::invalid(place("activation"), problem, remedy)
            })?;
            self.check_extras(i)?;
            if let Some(name) = &layer.name {
                check_name(name, i).map_err(|problem| {
                    Error::invalid(
                        place("name"),
                        problem,
                        "use a letter, then letters, digits and underscores, such as embedding",
                    )
                })?;
                if self.layers[..i]
                    .iter()
                    .any(|other| other.name == layer.name)
                {
                    return Err(Error::invalid(
                        place("name"),
                        format!("two layers are called {name}"),
                        "give each a name of its own",
                    ));
                }
            }
        }
        self.check_size(inputs)
    }

    /// Rank and dropout of layer `i`.
    fn check_extras(&self, i: usize) -> Result<()> {
        let layer = &self.layers[i];
        let place = |key: &str| format!("model.layers[{i}].{key}");
        if let Some(rank) = layer.rank {
            // The number of inputs of the first layer is the data's.
            let inputs = i.checked_sub(1).map(|i| self.layers[i].units);
            let most = inputs.map_or(layer.units, |inputs| inputs.min(layer.units));
            if rank == 0 || rank > most {
                return Err(Error::invalid(
                    place("rank"),
                    format!("this layer's weights can't have rank {rank}"),
                    format!("use 1 to {most}, or leave it out"),
                ));
            }
        }
        if !(0.0..1.0).contains(&layer.dropout) {
            return Err(Error::invalid(
                place("dropout"),
                format!("{} is not a share of the units", layer.dropout),
                "use a number from 0 to below 1",
            ));
        }
        if layer.dropout > 0.0 && i + 1 == self.layers.len() {
            return Err(Error::invalid(
                place("dropout"),
                "the last layer's outputs are the answers",
                "drop the outputs of an earlier layer",
            ));
        }
        Ok(())
    }

    fn check_size(&self, inputs: usize) -> Result<()> {
        let parameters = self.parameters(inputs);
        if parameters.is_some_and(|count| count <= MOST_PARAMETERS) {
            return Ok(());
        }
        let count = parameters.map_or("more than 2^64".to_owned(), |n| n.to_string());
        // Weight, gradient and an optimiser's two averages, 4 bytes each.
        let memory = parameters.map_or("more than 2^68 bytes".to_owned(), |n| {
            format!("{:.1} GB", n as f64 * 16e-9)
        });
        Err(Error::invalid(
            "model.layers",
            format!(
                "this network has {count} parameters, which takes {memory} to train; \
                 the most is {MOST_PARAMETERS}"
            ),
            "use fewer units",
        ))
    }
}

/// The name of a layer that was given none: its place in PyTorch's `self.layers = nn.ModuleList(...)`.
pub fn default_name(position: usize) -> String {
    format!("layers.{position}")
}

/// A name must be good as a PyTorch attribute, a file's key and a TOML key; the default name is one too.
fn check_name(name: &str, position: usize) -> Result<(), String> {
    let mut letters = name.chars();
    let good = letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if (good && name != "input" && name != "layers") || name == default_name(position) {
        Ok(())
    } else {
        Err(format!("{name:?} can't be the name of layer {position}"))
    }
}

/// How the initial weights of a layer with `fan_in` inputs and `fan_out` units are drawn.
///
/// | name | weights | biases |
/// | --- | --- | --- |
/// | `pytorch` | U(-1/√fan_in, 1/√fan_in) | U(-1/√fan_in, 1/√fan_in) |
/// | `glorot_uniform` | U(-l, l), l = √(6 / (fan_in + fan_out)) | 0 |
/// | `kaiming_normal` | N(0, 2 / fan_in) | 0 |
/// | `orthogonal` | orthonormal rows or columns | 0 |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Init {
    /// `nn.Linear`'s default, Kaiming uniform with a = √5: each layer's weight, then its bias.
    #[default]
    Pytorch,
    /// Keras' default (Glorot and Bengio 2010), for tanh and sigmoid.
    GlorotUniform,
    /// He et al. 2015, for ReLU.
    KaimingNormal,
    /// `torch.nn.init.orthogonal_` (Saxe et al. 2013): lengths and angles survive the layer.
    Orthogonal,
}
