//! The loss of one network over all samples.

use crate::data::{Dataset, Target};
use crate::model::{Activation, Frozen};
use crate::train::Loss;

/// The loss of a network over all samples of `data` at once: what `test_loss` is of the held-out ones. `train_loss` is another
/// number, the mean over the batches of an epoch in which the network moves.
///
/// `None` where the loss does not fit the kind of targets, or there are no samples.
pub fn mean_loss(network: &Frozen, loss: Loss, data: &Dataset) -> Option<f64> {
    let said = network.forward(data.features.as_ref());
    let (rows, columns) = (said.nrows(), said.ncols());
    if rows == 0 || columns == 0 {
        return None;
    }
    let end = network.layers.last()?.activation;
    let total: f64 = match (&data.target, loss) {
        (Target::Classes { labels, names }, Loss::CrossEntropy) if columns == names.len() => (0
            ..rows)
            .map(|i| {
                let scores: Vec<f64> = (0..columns).map(|k| said[(i, k)]).collect();
                negative_log(&scores, labels[i], end)
            })
            .sum(),
        (Target::Classes { labels, .. }, Loss::Bce | Loss::Mse | Loss::Huber) if columns == 1 => (0
            ..rows)
            .map(|i| distance(loss, said[(i, 0)], labels[i] as f64))
            .sum(),
        (Target::Values { values, .. }, Loss::Mse | Loss::Huber) if columns == values.ncols() => {
            let targets = match &data.target_scale {
                Some(scale) => scale.transform(values),
                None => values.clone(),
            };
            let entries = (0..rows).flat_map(|i| (0..columns).map(move |k| (i, k)));
            let sum: f64 = entries
                .map(|at| distance(loss, said[at], targets[at]))
                .sum();
            sum / columns as f64 * loss.unit(data)
        }
        _ => return None,
    };
    Some(total / rows as f64)
}

/// -ln of the probability of a class.
fn negative_log(scores: &[f64], class: usize, end: Activation) -> f64 {
    if end == Activation::Softmax {
        return -libm::log(scores[class].max(f64::MIN_POSITIVE));
    }
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|score| libm::exp(score - most)).sum();
    most + libm::log(sum) - scores[class]
}

/// The loss of one number.
fn distance(loss: Loss, said: f64, target: f64) -> f64 {
    let error = said - target;
    match loss {
        Loss::Huber if error.abs() < 1.0 => error * error / 2.0,
        Loss::Huber => error.abs() - 0.5,
        Loss::Bce => {
            // PyTorch keeps each logarithm at -100 or more.
            let log = |p: f64| libm::log(p).max(-100.0);
            -target * log(said) - (1.0 - target) * log(1.0 - said)
        }
        Loss::Mse | Loss::CrossEntropy => error * error,
    }
}
