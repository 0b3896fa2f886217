//! What went wrong in a training that ended without an error, each with a remedy.
//!
//! Every sign is a plain number over the training part: shares of saturated and dead units, the spread of the predictions, the
//! losses over the epochs beside the loss of a constant prediction. Thresholds are wide, so that a network that has learnt gives
//! no finding.

use faer::{Mat, MatRef};

use crate::data::split::Split;
use crate::data::{Dataset, Target};
use crate::evaluate::{largest, predictions, probabilities};
use crate::inspect::{constant_units, saturation};
use crate::model::{Activation, Frozen};
use crate::train::{EpochMetrics, Loss, TrainConfig};

/// The most findings that are printed.
const MOST: usize = 3;

/// Shares are taken over this many samples, evenly spaced.
const SAMPLES: usize = 2000;

/// A share of saturated outputs beyond which a layer hardly learns.
const SATURATED: f64 = 0.5;
/// The same at the end of training, when saturated units may be right.
const SATURATED_AT_LAST: f64 = 0.9;
/// A share of dead units that a layer can well do without.
const DEAD: f64 = 1.0 / 3.0;
/// Beyond this ratio of deviations, the small features have no effect.
const UNLIKE: f64 = 100.0;
/// Beyond this size, features saturate units whose weights were drawn for features of size 1.
const LARGE: f64 = 20.0;

/// What went wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// In a sentence, with its numbers.
    pub problem: String,
    /// What to change.
    pub remedy: String,
}

/// A kind of trouble, in the order of what to mend first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// The loss grew, or is worse than that of a constant prediction.
    Explosion,
    /// Features of very different or large sizes.
    UnscaledFeatures,
    /// The same prediction for every sample.
    ConstantOutput,
    /// Units at the flat ends of their activation.
    Saturation,
    /// Units whose output is the same for every sample.
    DeadUnits,
    /// What was learnt does not carry over to held-out samples.
    Overfitting,
}

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The network before training.
    pub initial: &'a Frozen,
    /// The network after it.
    pub last: &'a Frozen,
    /// The data, as the network sees them.
    pub split: &'a Split,
    /// One entry per epoch.
    pub metrics: &'a [EpochMetrics],
    /// How it was trained.
    pub train: &'a TrainConfig,
    /// Whether the last network is that of the best epoch.
    pub restored: bool,
}

/// The findings, at most three, the one to mend first in front.
pub fn diagnose(evidence: &Evidence<'_>) -> Vec<Finding> {
    let features = sampled(&evidence.split.train.features);
    let found = [
        explosion(evidence),
        unscaled(evidence),
        constant(evidence),
        saturated(evidence, features.as_ref()),
        dead(evidence, features.as_ref()),
        overfitted(evidence),
    ];
    found.into_iter().flatten().take(MOST).collect()
}

fn finding(trouble: Trouble, problem: String, remedy: impl Into<String>) -> Option<Finding> {
    Some(Finding {
        trouble,
        problem,
        remedy: remedy.into(),
    })
}

/// A few of many samples.
fn sampled(features: &Mat<f64>) -> Mat<f64> {
    let (rows, columns) = (features.nrows(), features.ncols());
    let count = rows.min(SAMPLES);
    Mat::from_fn(count, columns, |i, j| {
        features[(i * rows / count.max(1), j)]
    })
}

/// The loss of the best constant prediction: the classes' shares, or the mean of numbers.
fn of_a_constant(loss: Loss, data: &Dataset) -> Option<f64> {
    let n = data.samples() as f64;
    match &data.target {
        Target::Classes { labels, names } => {
            let mut counts = vec![0.0; names.len()];
            labels.iter().for_each(|&label| counts[label] += 1.0);
            let shares = counts.iter().map(|count| count / n);
            match loss {
                Loss::Bce | Loss::CrossEntropy => {
                    Some(shares.filter(|p| *p > 0.0).map(|p| -p * libm::log(p)).sum())
                }
                Loss::Mse | Loss::Huber => None,
            }
        }
        Target::Values { .. } => None,
    }
}

fn explosion(evidence: &Evidence<'_>) -> Option<Finding> {
    let (first, last) = (evidence.metrics.first()?, evidence.metrics.last()?);
    let lr = evidence.train.optimizer.lr;
    let remedy = format!(
        "lower the learning rate, such as train.optimizer.lr = {}, or bound the gradients with train.clip = {{ norm = 1.0 }}",
        lr / 10.0
    );
    if last.epoch > first.epoch && last.train_loss > 1.5 * first.train_loss {
        let problem = format!(
            "the loss grew from {} to {}",
            short(first.train_loss),
            short(last.train_loss)
        );
        return finding(Trouble::Explosion, problem, remedy);
    }
    let constant = of_a_constant(evidence.train.loss, &evidence.split.train)?;
    if last.train_loss > 2.0 * constant {
        let problem = format!(
            "the loss is {}, and {} if the network always gave the classes' shares",
            short(last.train_loss),
            short(constant)
        );
        return finding(Trouble::Explosion, problem, remedy);
    }
    None
}

fn unscaled(evidence: &Evidence<'_>) -> Option<Finding> {
    let split = evidence.split;
    if split.standardiser.is_some() || has_learnt(evidence) {
        return None;
    }
    let train = &split.train;
    let n = train.samples() as f64;
    let size = |j: usize| {
        let column = || train.features.col(j).iter();
        let most = column().fold(0.0_f64, |most, x| most.max(x.abs()));
        let unit = if most > 0.0 { most } else { 1.0 };
        let mean = column().map(|x| x / n).sum::<f64>();
        let square = |x: f64| (x / unit) * (x / unit);
        let deviation = unit * column().map(|x| square(x - mean) / n).sum::<f64>().sqrt();
        let rms = unit * column().map(|x| square(*x) / n).sum::<f64>().sqrt();
        (rms, deviation)
    };
    let sizes: Vec<(f64, f64)> = (0..train.dimensions()).map(size).collect();
    let varying = || (0..sizes.len()).filter(|&j| sizes[j].1 > 0.0);
    let widest = varying().max_by(|&a, &b| sizes[a].1.total_cmp(&sizes[b].1))?;
    let narrowest = varying().min_by(|&a, &b| sizes[a].1.total_cmp(&sizes[b].1))?;
    let largest = varying().max_by(|&a, &b| sizes[a].0.total_cmp(&sizes[b].0))?;
    let name = |j: usize| &train.feature_names[j];
    let problem = if sizes[widest].1 > UNLIKE * sizes[narrowest].1 {
        format!(
            "the features differ in size: {} varies by {}, {} by {}",
            name(widest),
            short(sizes[widest].1),
            name(narrowest),
            short(sizes[narrowest].1)
        )
    } else if sizes[largest].0 > LARGE {
        format!(
            "feature {} is about {}, far from 1",
            name(largest),
            short(sizes[largest].0)
        )
    } else {
        return None;
    };
    finding(
        Trouble::UnscaledFeatures,
        problem,
        "set data.standardise = true",
    )
}

fn constant(evidence: &Evidence<'_>) -> Option<Finding> {
    let train = &evidence.split.train;
    let lr = evidence.train.optimizer.lr;
    let remedy = format!(
        "standardise the features, train longer, or take another learning rate than {lr} or other initial weights (seed)"
    );
    match &train.target {
        Target::Classes { names, labels } => {
            let said = probabilities(evidence.last, train.features.as_ref(), names.len()).ok()?;
            let first = largest(&said, 0);
            let same = (0..said.nrows()).all(|i| largest(&said, i) == first);
            let right = labels.iter().filter(|&&label| label == first).count();
            let problem = format!(
                "the network says {} of every sample, which is right for {:.0} % of them",
                names[first],
                100.0 * right as f64 / labels.len().max(1) as f64
            );
            if same {
                finding(Trouble::ConstantOutput, problem, remedy)
            } else {
                None
            }
        }
        Target::Values { values, names } => {
            let said = predictions(evidence.last, train).ok()?;
            let spread = |matrix: &Mat<f64>, k: usize| {
                let column = || matrix.col(k).iter();
                let low = column().copied().fold(f64::INFINITY, f64::min);
                let high = column().copied().fold(f64::NEG_INFINITY, f64::max);
                high - low
            };
            let flat = |k: &usize| spread(&said, *k) < 0.01 * spread(values, *k);
            let k = (0..names.len()).find(flat)?;
            let remedy = match train.target_scale.is_some() {
                true => remedy,
                false => format!("set data.standardise_targets = true; or {remedy}"),
            };
            let problem = format!(
                "the network says {} of every sample, whatever its {}",
                short(said[(0, k)]),
                names[k]
            );
            finding(Trouble::ConstantOutput, problem, remedy)
        }
    }
}

/// Whether the network fits its training part as well as anyone could want.
fn has_learnt(evidence: &Evidence<'_>) -> bool {
    let last = evidence.metrics.last();
    match last.and_then(|last| last.train_accuracy) {
        Some(accuracy) => accuracy > 0.95,
        None => match (evidence.metrics.first(), last) {
            (Some(first), Some(last)) => last.train_loss < 0.1 * first.train_loss,
            _ => true,
        },
    }
}

/// The hidden layer with the largest share.
fn worst(network: &Frozen, shares: &[Option<f64>]) -> Option<(String, f64)> {
    let hidden = network.layers.len().saturating_sub(1);
    let pairs = network.layers[..hidden].iter().zip(shares);
    pairs
        .filter_map(|(layer, share)| Some((layer.name.clone(), (*share)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn saturated(evidence: &Evidence<'_>, features: MatRef<'_, f64>) -> Option<Finding> {
    let of = |network: &Frozen| worst(network, &saturation(network, features));
    if let Some((name, share)) = of(evidence.initial).filter(|(_, share)| *share > SATURATED) {
        let problem = format!(
            "{:.0} % of the outputs of {name} were saturated before training began, where gradients vanish",
            100.0 * share
        );
        let remedy = match evidence.split.standardiser {
            None => "set data.standardise = true, or begin with smaller weights",
            Some(_) => "begin with smaller weights, or take model.init = \"pytorch\"",
        };
        return finding(Trouble::Saturation, problem, remedy);
    }
    let (name, share) = of(evidence.last).filter(|(_, share)| *share > SATURATED_AT_LAST)?;
    if has_learnt(evidence) {
        return None;
    }
    let problem = format!(
        "{:.0} % of the outputs of {name} are saturated, where gradients vanish",
        100.0 * share
    );
    let remedy = format!(
        "lower the learning rate, such as train.optimizer.lr = {}, or use relu",
        evidence.train.optimizer.lr / 10.0
    );
    finding(Trouble::Saturation, problem, remedy)
}

fn dead(evidence: &Evidence<'_>, features: MatRef<'_, f64>) -> Option<Finding> {
    let network = evidence.last;
    let counts = constant_units(network, features);
    let share = |(layer, dead): (&crate::model::Layer, &usize)| {
        Some(*dead as f64 / layer.units().max(1) as f64)
    };
    let shares: Vec<Option<f64>> = network.layers.iter().zip(&counts).map(share).collect();
    let (name, _) = worst(network, &shares).filter(|(_, share)| *share > DEAD)?;
    let at = network.position(&name)?;
    let layer = &network.layers[at];
    let problem = format!(
        "{} of {} units of {name} say the same of every sample",
        counts[at],
        layer.units()
    );
    let lower = format!(
        "a lower learning rate, such as train.optimizer.lr = {}",
        evidence.train.optimizer.lr / 10.0
    );
    let remedy = match layer.activation {
        Activation::Relu | Activation::Clip { .. } => {
            format!("use activation = \"leaky_relu\", {lower}, or fewer units")
        }
        _ => format!("use {lower}, standardised features, or fewer units"),
    };
    finding(Trouble::DeadUnits, problem, remedy)
}

fn overfitted(evidence: &Evidence<'_>) -> Option<Finding> {
    if evidence.restored {
        return None;
    }
    let last = evidence.metrics.last()?;
    let now = last.test_loss?;
    let best = evidence
        .metrics
        .iter()
        .filter_map(|line| Some((line.epoch, line.test_loss?)))
        .min_by(|a, b| a.1.total_cmp(&b.1))?;
    let worth = of_a_constant(evidence.train.loss, &evidence.split.train).unwrap_or(best.1);
    let rose = now > 1.3 * best.1 && now > 1.3 * last.train_loss && now - best.1 > 0.05 * worth;
    if rose {
        let problem = format!(
            "overfitting: the held-out loss was lowest after epoch {} ({}) and is {} now, the training loss {}",
            best.0,
            short(best.1),
            short(now),
            short(last.train_loss)
        );
        return finding(
            Trouble::Overfitting,
            problem,
            "set train.early_stopping = { patience = 10, restore_best = true }, train.optimizer.weight_decay = 0.01, fewer units \
             or more samples",
        );
    }
    let (here, there) = (last.train_accuracy?, last.test_accuracy?);
    // A few held-out samples may all be hard ones: two standard errors are chance.
    let chance = 2.0 * (there * (1.0 - there) / evidence.split.test.samples().max(1) as f64).sqrt();
    if here - there > 0.1_f64.max(chance) {
        let problem = format!(
            "overfitting: {:.1} % of the training samples are right, of the held-out ones {:.1} %",
            100.0 * here,
            100.0 * there
        );
        return finding(
            Trouble::Overfitting,
            problem,
            "set train.optimizer.weight_decay = 0.01, dropout in model.layers, fewer units or more samples",
        );
    }
    None
}

/// A number in about three digits.
fn short(number: f64) -> String {
    match number.abs() {
        size if size != 0.0 && !(1e-3..1e5).contains(&size) => format!("{number:.2e}"),
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 1.0 => format!("{number:.2}"),
        _ => format!("{number:.4}"),
    }
}
