//! The last layer and the loss, made to fit other data.

use crate::config::Config;
use crate::data::{Dataset, Target};
use crate::model::Activation;
use crate::train::{self, Loss};

/// Makes the last layer and the loss fit the data where they do not; says what was changed.
pub(super) fn output(config: &mut Config, data: &Dataset) -> Option<String> {
    if train::check(&config.train, &config.model, data).is_ok() {
        return None;
    }
    let (units, activation, loss) = match &data.target {
        Target::Classes { names, .. } if names.len() == 2 => (1, Activation::Sigmoid, Loss::Bce),
        Target::Classes { names, .. } => (names.len(), Activation::Softmax, Loss::CrossEntropy),
        Target::Values { values, .. } => (values.ncols(), Activation::Identity, Loss::Mse),
    };
    let last = config.model.layers.last_mut()?;
    last.units = units;
    last.activation = activation;
    config.train.loss = loss;
    if let Some(size) = config
        .train
        .batch_size
        .filter(|&size| size > data.samples())
    {
        config.train.batch_size = Some(size.min(data.samples()));
    }
    Some(format!(
        "the output became {units} unit{} with {}, the loss {}",
        if units == 1 { "" } else { "s" },
        activation.name(),
        loss.name()
    ))
}
