//! The `[train.optimizer]` table, with PyTorch's names and defaults.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The rule by which gradients move the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptimizerName {
    /// Stochastic gradient descent: v = m v + g, w -= lr v (`torch.optim.SGD`).
    Sgd,
    /// Kingma and Ba 2014 (`torch.optim.Adam`).
    Adam,
    /// Adam with the decay taken apart, Loshchilov and Hutter 2017 (`torch.optim.AdamW`).
    AdamW,
    /// Hinton 2012 (`torch.optim.RMSprop`).
    RmsProp,
}

/// The `[train.optimizer]` table. What is absent takes PyTorch's default; a key that the optimiser has no use for
/// is refused.
///
/// ```
/// use foldspace::train::OptimizerConfig;
/// let config: OptimizerConfig = toml::from_str("name = 'sgd'\nlr = 0.1\nmomentum = 0.9").unwrap();
/// assert_eq!(config.momentum, Some(0.9));
/// assert!(config.validate().is_ok());
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Which one.
    pub name: OptimizerName,
    /// The learning rate.
    pub lr: f64,
    /// How much of the last step is kept: sgd and rmsprop; 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f64>,
    /// Whether to look ahead along the momentum: sgd; no.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nesterov: Option<bool>,
    /// The L2 penalty added to the gradient (adamw: the decay itself): 0, with adamw 0.01.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// The decay rates of adam's and adamw's two averages: 0.9 and 0.999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub betas: Option<[f64; 2]>,
    /// The decay rate of rmsprop's average: 0.99.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// What keeps adam's, adamw's and rmsprop's division finite: 1e-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eps: Option<f64>,
}

impl OptimizerConfig {
    /// An optimiser with PyTorch's defaults.
    pub fn new(name: OptimizerName, lr: f64) -> Self {
        Self {
            name,
            lr,
            momentum: None,
            nesterov: None,
            weight_decay: None,
            betas: None,
            alpha: None,
            eps: None,
        }
    }

    /// The same with every default written out.
    #[must_use]
    pub fn resolved(&self) -> Self {
        use OptimizerName::{Adam, AdamW, RmsProp, Sgd};
        let name = self.name;
        let decay = if name == AdamW { 0.01 } else { 0.0 };
        Self {
            momentum: matches!(name, Sgd | RmsProp).then(|| self.momentum.unwrap_or(0.0)),
            nesterov: (name == Sgd).then(|| self.nesterov.unwrap_or(false)),
            weight_decay: Some(self.weight_decay.unwrap_or(decay)),
            betas: matches!(name, Adam | AdamW).then(|| self.betas.unwrap_or([0.9, 0.999])),
            alpha: (name == RmsProp).then(|| self.alpha.unwrap_or(0.99)),
            eps: (name != Sgd).then(|| self.eps.unwrap_or(1e-8)),
            ..self.clone()
        }
    }

    /// Refuses impossible rates and keys without effect.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(&self) -> Result<()> {
        let place = |key: &str| format!("train.optimizer.{key}");
        let resolved = self.resolved();
        let useless = [
            (
                "momentum",
                self.momentum.is_some() && resolved.momentum.is_none(),
            ),
            (
                "nesterov",
                self.nesterov.is_some() && resolved.nesterov.is_none(),
            ),
            ("betas", self.betas.is_some() && resolved.betas.is_none()),
            ("alpha", self.alpha.is_some() && resolved.alpha.is_none()),
            ("eps", self.eps.is_some() && resolved.eps.is_none()),
        ];
        if let Some((key, _)) = useless.iter().find(|(_, useless)| *useless) {
            return Err(Error::invalid(
                place(key),
                format!("{key} has no effect on {:?}", self.name).to_lowercase(),
                "remove it or choose another optimiser",
            ));
        }
        if !(self.lr.is_finite() && self.lr > 0.0) {
            return Err(Error::invalid(
                place("lr"),
                format!("the learning rate is {}", self.lr),
                "use a positive number, such as 0.1 for sgd or 0.001 for adam",
            ));
        }
        let rates = [
            ("momentum", resolved.momentum),
            ("betas", resolved.betas.map(|betas| betas[0])),
            ("betas", resolved.betas.map(|betas| betas[1])),
            ("alpha", resolved.alpha),
        ];
        for (key, rate) in rates {
            if rate.is_some_and(|rate| !(0.0..1.0).contains(&rate)) {
                return Err(Error::invalid(
                    place(key),
                    format!("{} is not a rate", rate.unwrap_or_default()),
                    "use a number from 0 to below 1",
                ));
            }
        }
        for (key, value) in [
            ("weight_decay", resolved.weight_decay),
            ("eps", resolved.eps),
        ] {
            if value.is_some_and(|value| !(value.is_finite() && value >= 0.0)) {
                return Err(Error::invalid(
                    place(key),
                    format!("{key} is {}", value.unwrap_or_default()),
                    "use 0 or a small positive number",
                ));
            }
        }
        if resolved.nesterov == Some(true) && resolved.momentum == Some(0.0) {
            return Err(Error::invalid(
                place("nesterov"),
                "there is no momentum to look along",
                "set momentum, such as 0.9",
            ));
        }
        Ok(())
    }
}
