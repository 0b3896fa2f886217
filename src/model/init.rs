//! Initial weights, drawn from PyTorch's generator in layer order, eagerly and outside Burn.
//!
//! Burn initialises lazily from a generator that the whole process shares; drawing here instead makes a seed
//! mean the same network on every backend, and with [`Init::Pytorch`] the very numbers that PyTorch draws.

use faer::Mat;

use super::{
    Frozen, Init, LayerConfig, LayerParameters, ModelConfig, NormParameters, Parameters, import,
};
use crate::error::Result;
use crate::random::Generator;

/// Draws the initial network for data with `inputs` features.
///
/// ```
/// use foldspace::model::{Activation, LayerConfig, ModelConfig, initialise};
/// use foldspace::random::Generator;
///
/// // torch.manual_seed(42); torch.nn.Linear(2, 1).weight
/// let config = ModelConfig::new(vec![LayerConfig::new(1, Activation::Identity)]);
/// let network = initialise(&config, 2, &mut Generator::new(42)).unwrap();
/// let weight = &network.layers[0].weight; // (out x in)
/// assert_eq!(weight[(0, 0)] as f32, 0.540_610_37);
/// assert_eq!(weight[(0, 1)] as f32, 0.586_904_2);
/// ```
///
/// # Errors
/// [`Error::Invalid`](crate::error::Error::Invalid) where the description is not a network, see
/// [`ModelConfig::validate`].
pub fn initialise(
    config: &ModelConfig,
    inputs: usize,
    generator: &mut Generator,
) -> Result<Frozen> {
    Ok(draw(config, inputs, generator)?.fold())
}

/// The same, with low-rank factors and batch norms still apart, as training needs them. A low-rank layer is drawn like
/// `nn.Linear(inputs, rank, bias=False)` and `nn.Linear(rank, units)`.
///
/// # Errors
/// As [`initialise`]; also where the file of [`ModelConfig::weights`] does not fit, see [`import::read`].
pub fn draw(config: &ModelConfig, inputs: usize, generator: &mut Generator) -> Result<Parameters> {
    config.validate(inputs)?;
    let mut fan_in = inputs;
    let mut layers = Vec::with_capacity(config.layers.len());
    for (layer, name) in config.layers.iter().zip(config.names()) {
        layers.push(draw_layer(config.init, layer, name, fan_in, generator));
        fan_in = layer.units;
    }
    // Drawn all the same, so that the generator serves next what it serves a script that loads weights into its network.
    match &config.weights {
        Some(path) => import::read(path, config, inputs),
        None => Ok(Parameters { layers }),
    }
}

fn draw_layer(
    init: Init,
    layer: &LayerConfig,
    name: String,
    inputs: usize,
    generator: &mut Generator,
) -> LayerParameters {
    let units = layer.units;
    let narrow = layer
        .rank
        .map(|rank| draw_weight(init, rank, inputs, generator));
    let fan_in = layer.rank.unwrap_or(inputs);
    let weight = draw_weight(init, units, fan_in, generator);
    let bias = layer.bias.then(|| match init {
        Init::Pytorch => {
            let bound = (1.0 / (fan_in as f64).sqrt()) as f32;
            widen(generator.uniform(units, -bound, bound))
        }
        _ => vec![0.0; units],
    });
    LayerParameters {
        name,
        narrow,
        weight,
        bias,
        norm: layer.batch_norm.then(|| NormParameters::new(units)),
        activation: layer.activation,
        dropout: layer.dropout,
    }
}

/// W, (out x in), filled row by row as PyTorch does.
fn draw_weight(init: Init, units: usize, fan_in: usize, generator: &mut Generator) -> Mat<f64> {
    let count = units * fan_in;
    let numbers = match init {
        Init::Pytorch => {
            // The same operations in the same order as torch.nn.init.kaiming_uniform_, so that the last bit agrees.
            let slope = 5.0_f64.sqrt();
            let gain = (2.0 / (1.0 + slope * slope)).sqrt();
            let bound = 3.0_f64.sqrt() * (gain / (fan_in as f64).sqrt());
            generator.uniform(count, -bound as f32, bound as f32)
        }
        Init::GlorotUniform => {
            let bound = (6.0 / (fan_in + units) as f64).sqrt() as f32;
            generator.uniform(count, -bound, bound)
        }
        Init::KaimingNormal => generator.normal(count, 0.0, (2.0 / fan_in as f64).sqrt() as f32),
        Init::Orthogonal => return draw_orthogonal(units, fan_in, generator),
    };
    row_major(units, fan_in, &widen(numbers))
}

/// The Q of a normal matrix's QR decomposition, its columns turned so that R's diagonal is positive.
fn draw_orthogonal(units: usize, fan_in: usize, generator: &mut Generator) -> Mat<f64> {
    let drawn = row_major(units, fan_in, &widen(generator.randn(units * fan_in)));
    let tall = if units < fan_in {
        drawn.transpose().to_owned()
    } else {
        drawn
    };
    let decomposition = tall.qr();
    let (mut q, r) = (decomposition.compute_thin_Q(), decomposition.thin_R());
    for j in 0..q.ncols() {
        if r[(j, j)] < 0.0 {
            q.col_mut(j).iter_mut().for_each(|entry| *entry = -*entry);
        }
    }
    if units < fan_in {
        q.transpose().to_owned()
    } else {
        q
    }
}

fn widen(numbers: Vec<f32>) -> Vec<f64> {
    numbers.into_iter().map(f64::from).collect()
}

fn row_major(rows: usize, columns: usize, numbers: &[f64]) -> Mat<f64> {
    Mat::from_fn(rows, columns, |i, j| numbers[i * columns + j])
}
