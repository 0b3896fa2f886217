//! A network put together from what other programs have between its layers: affine maps, scalings, activations.
//!
//! A [`Frozen`] network is a chain of affine maps and activations. Batch norm, the scaler of a pipeline, a bias that is
//! added by itself: each scales and shifts every unit by itself, and so is part of the affine map before it, or, after
//! an activation, of the next one. All folding of this program is done here.

use std::collections::BTreeSet;

use faer::Mat;

use super::config::{MOST_PARAMETERS, default_name};
use super::{Activation, Frozen, Layer};

/// What happens to every unit by itself: x becomes offset + factor (x - centre), an entry of each per unit.
///
/// Batch norm has the running mean as its centre; so has a scaler that standardises.
#[derive(Debug, Clone, PartialEq)]
pub struct Scaling {
    /// What is taken away first.
    pub centre: Vec<f64>,
    /// What the rest is multiplied by.
    pub factor: Vec<f64>,
    /// What is added then.
    pub offset: Vec<f64>,
}

impl Scaling {
    /// Every one of `units` units times `factor`, plus `offset`.
    pub fn uniform(units: usize, factor: f64, offset: f64) -> Self {
        Self {
            centre: vec![0.0; units],
            factor: vec![factor; units],
            offset: vec![offset; units],
        }
    }

    /// Batch norm as evaluation sees it: γ (x - mean) / √(variance + ε) + β.
    pub fn batch_norm(
        mean: &[f64],
        variance: &[f64],
        epsilon: f64,
        gamma: &[f64],
        beta: &[f64],
    ) -> Self {
        let factor = gamma.iter().zip(variance);
        Self {
            centre: mean.to_vec(),
            factor: factor
                .map(|(gamma, variance)| gamma / (variance + epsilon).sqrt())
                .collect(),
            offset: beta.to_vec(),
        }
    }

    /// Makes it part of the affine map before it: W and b of `layer`, whose activation comes after.
    ///
    /// # Panics
    /// If it does not have an entry per unit.
    pub fn fold_into(&self, layer: &mut Layer) {
        for (unit, factor) in self.factor.iter().enumerate() {
            let row = layer.weight.row_mut(unit);
            row.iter_mut().for_each(|w| *w *= factor);
            layer.bias[unit] = self.of(unit, layer.bias[unit]);
        }
    }

    /// The image of unit number `unit` where it is `x`.
    fn of(&self, unit: usize, x: f64) -> f64 {
        self.offset[unit] + self.factor[unit] * (x - self.centre[unit])
    }
}

/// A network with wider layers than this is not one to look at.
const MOST_NUMBERS: usize = 1_000_000;

/// What has been put in and has no activation yet.
#[derive(Debug)]
enum Open {
    /// The output of the last layer, or the input, as it is.
    Nothing,
    /// The same, each unit scaled.
    Scaled(Scaling),
    /// An affine map.
    Map(Layer),
}

/// A network in the making, from the input to the output.
///
/// ```
/// use faer::mat;
/// use foldspace::model::{Chain, Scaling};
/// use foldspace::model::Activation;
///
/// // A scaler, a layer of one unit, batch norm, tanh.
/// let mut chain = Chain::new();
/// let scaler = Scaling { centre: vec![1.0, 2.0], factor: vec![0.5, 4.0], offset: vec![0.0; 2] };
/// chain.scale(&scaler)?;
/// chain.affine("hidden", mat![[2.0, 1.0]], &[0.5])?;
/// chain.scale(&Scaling::batch_norm(&[1.0], &[4.0], 0.0, &[3.0], &[7.0]))?;
/// chain.activate(Activation::Tanh)?;
/// let network = chain.finish()?;
/// assert_eq!(network.layers.len(), 1);
/// // z = 2 * 0.5 (x - 1) + 4 (y - 2) + 0.5, then 7 + 3 / 2 (z - 1)
/// assert_eq!(network.layers[0].weight, mat![[1.5, 6.0]]);
/// assert_eq!(network.layers[0].bias, [7.0 + 1.5 * (-1.0 - 8.0 + 0.5 - 1.0)]);
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Chain {
    layers: Vec<Layer>,
    open: Open,
    /// How many numbers there are now; `None` before anything has said so.
    width: Option<usize>,
    /// What has been stored, in numbers.
    stored: usize,
}

impl Default for Chain {
    fn default() -> Self {
        Self::new()
    }
}

impl Chain {
    /// The chain that passes its input through.
    pub fn new() -> Self {
        Self {
            layers: Vec::new(),
            open: Open::Nothing,
            width: None,
            stored: 0,
        }
    }

    /// Says how many numbers there are at this place, where that is known from elsewhere.
    ///
    /// # Errors
    /// If there are known to be more or fewer, or absurdly many.
    pub fn expect(&mut self, width: usize) -> Result<(), String> {
        if width > MOST_NUMBERS {
            return Err(format!(
                "{width} numbers come at once, more than {MOST_NUMBERS}"
            ));
        }
        match self.width {
            Some(known) if known != width => {
                Err(format!("{known} numbers come where {width} are expected"))
            }
            _ => {
                self.width = Some(width);
                Ok(())
            }
        }
    }

    /// How many numbers there are now, if anything has said so.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    /// The activation that was put in last, with nothing after it.
    pub fn last_activation(&self) -> Option<Activation> {
        match self.open {
            Open::Nothing => self.layers.last().map(|layer| layer.activation),
            _ => None,
        }
    }

    /// W x + b, with W (units x inputs). An affine map before it, with no activation between them, stays a layer of its own.
    ///
    /// # Errors
    /// If it does not fit what comes before it, or the network becomes absurdly large.
    pub fn affine(&mut self, name: &str, weight: Mat<f64>, bias: &[f64]) -> Result<(), String> {
        self.expect(weight.ncols())?;
        if bias.len() != weight.nrows() {
            return Err(format!(
                "{} biases come with {} units",
                bias.len(),
                weight.nrows()
            ));
        }
        if weight.nrows() == 0 || weight.ncols() == 0 {
            return Err("a layer has no units or no inputs".to_owned());
        }
        self.keep(weight.nrows().saturating_mul(weight.ncols()))?;
        let mut layer = Layer {
            name: name.to_owned(),
            weight,
            bias: bias.to_vec(),
            activation: Activation::Identity,
        };
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Nothing => {}
            Open::Map(before) => self.layers.push(before),
            Open::Scaled(scaling) => {
                let start: Vec<f64> = (0..layer.inputs())
                    .map(|j| scaling.offset[j] - scaling.factor[j] * scaling.centre[j])
                    .collect();
                for (unit, bias) in layer.bias.iter_mut().enumerate() {
                    let row = layer.weight.row(unit);
                    *bias += row.iter().zip(&start).map(|(w, s)| w * s).sum::<f64>();
                }
                for (j, factor) in scaling.factor.iter().enumerate() {
                    layer
                        .weight
                        .col_mut(j)
                        .iter_mut()
                        .for_each(|w| *w *= factor);
                }
            }
        }
        self.width = Some(layer.units());
        self.open = Open::Map(layer);
        Ok(())
    }

    /// Scales and shifts each unit by itself.
    ///
    /// # Errors
    /// If it does not have an entry per unit.
    pub fn scale(&mut self, scaling: &Scaling) -> Result<(), String> {
        let units = scaling.factor.len();
        if scaling.centre.len() != units || scaling.offset.len() != units {
            return Err("a scaling does not have an entry of each kind per unit".to_owned());
        }
        self.expect(units)?;
        match &mut self.open {
            Open::Nothing => self.open = Open::Scaled(scaling.clone()),
            Open::Scaled(before) => {
                // offset' + factor' (offset + factor (x - centre) - centre')
                for unit in 0..units {
                    before.offset[unit] = scaling.of(unit, before.offset[unit]);
                    before.factor[unit] *= scaling.factor[unit];
                }
            }
            Open::Map(layer) => scaling.fold_into(layer),
        }
        Ok(())
    }

    /// φ of what there is now.
    ///
    /// # Errors
    /// If nothing has said yet how many numbers that is, a parameter is not finite, or the network becomes absurdly large.
    pub fn activate(&mut self, activation: Activation) -> Result<(), String> {
        if activation == Activation::Identity {
            return Ok(());
        }
        activation.check().map_err(|(problem, _)| problem)?;
        self.close_scaling()?;
        if let Open::Nothing = self.open {
            // Two activations in a row, or one on the input itself.
            let width = self
                .width
                .ok_or("an activation comes before anything says how many numbers there are")?;
            self.scale(&Scaling::uniform(width, 1.0, 0.0))?;
            self.close_scaling()?;
        }
        if let Open::Map(mut layer) = std::mem::replace(&mut self.open, Open::Nothing) {
            layer.activation = activation;
            self.layers.push(layer);
        }
        Ok(())
    }

    /// A scaling that nothing takes in becomes a diagonal layer.
    fn close_scaling(&mut self) -> Result<(), String> {
        let Open::Scaled(scaling) = &self.open else {
            return Ok(());
        };
        let units = scaling.factor.len();
        let layer = Layer {
            name: String::new(),
            bias: (0..units).map(|unit| scaling.of(unit, 0.0)).collect(),
            weight: Mat::zeros(0, 0),
            activation: Activation::Identity,
        };
        let factor = scaling.factor.clone();
        self.keep(units.saturating_mul(units))?;
        self.open = Open::Map(Layer {
            weight: Mat::from_fn(units, units, |i, j| if i == j { factor[i] } else { 0.0 }),
            ..layer
        });
        Ok(())
    }

    /// Counts what is stored, so that no file can ask for more than a network to look at has.
    fn keep(&mut self, numbers: usize) -> Result<(), String> {
        self.stored = self.stored.saturating_add(numbers);
        if self.stored > MOST_PARAMETERS {
            return Err(format!(
                "it has more than {MOST_PARAMETERS} weights, which is too large a network to look at"
            ));
        }
        Ok(())
    }

    /// The network. Layers without a name of their own, with a mere number, or with one that came before, are named after their
    /// position.
    ///
    /// # Errors
    /// If there is nothing in it, or a number is not finite.
    pub fn finish(mut self) -> Result<Frozen, String> {
        self.close_scaling()?;
        if let Open::Map(layer) = self.open {
            self.layers.push(layer);
        }
        if self.layers.is_empty() {
            return Err("there is no layer in it".to_owned());
        }
        let mut names = BTreeSet::new();
        for (position, layer) in self.layers.iter_mut().enumerate() {
            // A module's number in an `nn.Sequential` says nothing beside a picture of layers.
            let number = layer.name.bytes().all(|byte| byte.is_ascii_digit());
            if number || names.contains(&layer.name) {
                layer.name = default_name(position);
            }
            if !layer.weight.is_all_finite() || layer.bias.iter().any(|b| !b.is_finite()) {
                return Err(format!("{} has a number that is not finite", layer.name));
            }
            names.insert(layer.name.clone());
        }
        Ok(Frozen {
            layers: self.layers,
        })
    }
}
