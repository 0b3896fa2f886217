//! B2, second part: weight decay shrinks the norm of the weights.

use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures::{self, Series};
use crate::model::Frozen;
use crate::plot::Figure;

/// The penalties that are compared.
const DECAYS: [f64; 3] = [0.0, 0.001, 0.01];

/// Adds the weight-norm curves of three trainings that differ in nothing but the decay.
pub(super) fn add(exhibit: Exhibit, lab: &Lab) -> Result<Exhibit> {
    let mut config = lab.moons_config()?;
    config.train.epochs = 60;
    config.capture.every = 1;
    config.capture.sites.clear();
    let mut series = Vec::new();
    let mut ends = Vec::new();
    let mut accuracies = Vec::new();
    for decay in DECAYS {
        config.train.optimizer.weight_decay = Some(decay);
        let trained = lab.train(&config)?;
        let norms = norms(&trained);
        ends.push(norms[norms.len() - 1]);
        accuracies.push(format!("{:.1} %", 100.0 * trained.test_accuracy()));
        series.push(Series {
            label: if decay == 0.0 {
                String::from("no decay")
            } else {
                format!("decay {decay}")
            },
            epochs: (0..norms.len()).collect(),
            values: norms,
        });
    }
    let figure = Figure::new("Weight decay holds the weights back")
        .caption(format!(
            "The Euclidean length of all weights of post A's network together, over training. Held-out accuracies at the end: \
             {}.",
            accuracies.join(", ")
        ))
        .size(720, 460)
        .panel(figures::history(&series, "$‖W‖_2$"));
    Ok(exhibit
        .figure("weight-decay", figure)
        .check(Check::at_most(
            "norm of the weights at the end, decay 0.001 over none",
            ends[1] / ends[0],
            0.999,
        ))
        .check(Check::at_most(
            "norm of the weights at the end, decay 0.01 over decay 0.001",
            ends[2] / ends[1],
            0.95,
        )))
}

/// The length of all weights (not biases) after every epoch.
fn norms(trained: &Trained) -> Vec<f64> {
    let length = |network: &Frozen| {
        let squares = network
            .layers
            .iter()
            .map(|layer| layer.weight.squared_norm_l2());
        squares.sum::<f64>().sqrt()
    };
    trained
        .snapshots
        .iter()
        .map(|snapshot| length(&snapshot.network))
        .collect()
}
