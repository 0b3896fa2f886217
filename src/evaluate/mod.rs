//! How good a trained network is: on classes, on numbers, and by its loss over all samples; and its predictions for new ones.

mod classes;
mod loss;
mod numbers;

use faer::{Mat, MatRef};
use serde::Serialize;

pub use classes::{ClassScores, Confusion};
pub use loss::mean_loss;
pub use numbers::NumberScores;

use crate::data::{Dataset, Target};
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen};

/// How good a network is on some samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scores {
    /// Of a classification.
    Classes(Confusion),
    /// Of a regression: each target's.
    Numbers(Vec<NumberScores>),
}

impl Scores {
    /// Of `data`, whose features are as the network sees them.
    ///
    /// # Errors
    /// If the network does not have the outputs that the data need.
    pub fn of(network: &Frozen, data: &Dataset) -> Result<Self> {
        match &data.target {
            Target::Classes { labels, names } => {
                let said = probabilities(network, data.features.as_ref(), names.len())?;
                let said: Vec<usize> = (0..said.nrows()).map(|i| largest(&said, i)).collect();
                Ok(Self::Classes(Confusion::new(labels, &said, names.clone())))
            }
            Target::Values { values, names } => {
                let said = predictions(network, data)?;
                let column = |k: usize| -> (Vec<f64>, Vec<f64>) {
                    let column = |of: &Mat<f64>| of.col(k).iter().copied().collect();
                    (column(values), column(&said))
                };
                let each = names.iter().enumerate().map(|(k, name)| {
                    let (targets, said) = column(k);
                    NumberScores::new(name.clone(), &targets, &said)
                });
                Ok(Self::Numbers(each.collect()))
            }
        }
    }
}

/// The probability of every class for every sample (n x classes). One output above 1/2 is the second class; one that is no
/// probability, as after `mse`, is cut to the range from 0 to 1.
///
/// # Errors
/// If the network's outputs are not those of this many classes.
pub fn probabilities(
    network: &Frozen,
    features: MatRef<'_, f64>,
    classes: usize,
) -> Result<Mat<f64>> {
    let said = outputs(network, features)?;
    let last = network.layers.last().map(|last| last.activation);
    if said.ncols() == 1 && classes == 2 {
        return Ok(Mat::from_fn(said.nrows(), 2, |i, k| {
            let second = said[(i, 0)].clamp(0.0, 1.0);
            if k == 1 { second } else { 1.0 - second }
        }));
    }
    if said.ncols() != classes || classes == 0 {
        return Err(Error::matrix(
            "predict",
            format!(
                "the network has {} outputs for {classes} classes",
                said.ncols()
            ),
        ));
    }
    if last == Some(Activation::Softmax) {
        return Ok(said);
    }
    let mut said = said;
    for i in 0..said.nrows() {
        let mut row: Vec<f64> = (0..classes).map(|k| said[(i, k)]).collect();
        Activation::Softmax.apply(&mut row);
        for (k, p) in row.into_iter().enumerate() {
            said[(i, k)] = p;
        }
    }
    Ok(said)
}

/// A network's predictions for the features of `data`, in the targets' units (n x targets).
///
/// # Errors
/// If there are not as many outputs as targets.
pub fn predictions(network: &Frozen, data: &Dataset) -> Result<Mat<f64>> {
    let said = outputs(network, data.features.as_ref())?;
    match &data.target {
        Target::Values { names, .. } if names.len() == said.ncols() => Ok(data.in_units(said)),
        _ => Err(Error::matrix(
            "predict",
            format!(
                "the network has {} outputs, the data other targets",
                said.ncols()
            ),
        )),
    }
}

fn outputs(network: &Frozen, features: MatRef<'_, f64>) -> Result<Mat<f64>> {
    let inputs = network.layers.first().map_or(0, |first| first.inputs());
    if inputs == features.ncols() {
        return Ok(network.forward(features));
    }
    Err(Error::matrix(
        "predict",
        format!(
            "{} features for a network of {inputs} inputs",
            features.ncols()
        ),
    ))
}

/// The class of the largest entry of a row, the first where several are.
pub fn largest(said: &Mat<f64>, row: usize) -> usize {
    (1..said.ncols()).fold(0, |best, k| match said[(row, k)] > said[(row, best)] {
        true => k,
        false => best,
    })
}
