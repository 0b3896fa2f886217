//! Samples with what is to be predicted for them.

use faer::Mat;

use super::standardise::Standardiser;
use crate::error::{Error, Result};

/// A set of samples with their targets.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// What the set is called: `moons`, or a file's name without its ending.
    pub name: String,
    /// One row per sample, one column per feature (`n x d`).
    pub features: Mat<f64>,
    /// The `d` columns' names.
    pub feature_names: Vec<String>,
    /// What is to be predicted for each of the `n` samples.
    pub target: Target,
    /// How training sees the numbers of `target`: a network of this data predicts standardised numbers, and
    /// [`in_units`](Self::in_units) makes them the data's own. `None` where they are the same.
    pub target_scale: Option<Standardiser>,
}

/// What is to be predicted.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A class per sample.
    Classes {
        /// The class of each sample, an index into `names`.
        labels: Vec<usize>,
        /// The classes' names.
        names: Vec<String>,
    },
    /// One or more numbers per sample.
    Values {
        /// One row per sample, one column per number.
        values: Mat<f64>,
        /// The columns' names.
        names: Vec<String>,
    },
}

impl Dataset {
    /// A consistent data set.
    ///
    /// # Errors
    /// Where there are no samples or no features, lengths do not fit each other, a number is not finite, a
    /// label has no name, or a classification has samples of fewer than two classes.
    pub fn new(
        name: impl Into<String>,
        features: Mat<f64>,
        feature_names: Vec<String>,
        target: Target,
    ) -> Result<Self> {
        let dataset = Self {
            name: name.into(),
            features,
            feature_names,
            target,
            target_scale: None,
        };
        dataset.validate()?;
        Ok(dataset)
    }

    /// The number of samples, `n`.
    pub fn samples(&self) -> usize {
        self.features.nrows()
    }

    /// The number of features, `d`.
    pub fn dimensions(&self) -> usize {
        self.features.ncols()
    }

    /// Each sample's class; `None` for a regression.
    pub fn labels(&self) -> Option<&[usize]> {
        match &self.target {
            Target::Classes { labels, .. } => Some(labels),
            Target::Values { .. } => None,
        }
    }

    /// The number of classes, those without a sample included; `None` for a regression.
    pub fn class_count(&self) -> Option<usize> {
        match &self.target {
            Target::Classes { names, .. } => Some(names.len()),
            Target::Values { .. } => None,
        }
    }

    /// The samples with these indices, in this order. Classes keep their numbers and names.
    ///
    /// # Panics
    /// Where an index is not below [`samples`](Self::samples).
    pub fn subset(&self, indices: &[usize]) -> Self {
        let target = match &self.target {
            Target::Classes { labels, names } => Target::Classes {
                labels: indices.iter().map(|&sample| labels[sample]).collect(),
                names: names.clone(),
            },
            Target::Values { values, names } => Target::Values {
                values: rows(values, indices),
                names: names.clone(),
            },
        };
        Self {
            name: self.name.clone(),
            features: rows(&self.features, indices),
            feature_names: self.feature_names.clone(),
            target,
            target_scale: self.target_scale.clone(),
        }
    }

    /// A network's predictions (`n x k`) in the units of the targets.
    ///
    /// # Panics
    /// Where there are not as many of them as targets.
    pub fn in_units(&self, answers: Mat<f64>) -> Mat<f64> {
        match &self.target_scale {
            Some(scale) => scale.inverse(&answers),
            None => answers,
        }
    }

    /// Checks what [`Dataset::new`] promises, for a set whose fields have been altered.
    ///
    /// # Errors
    /// As [`Dataset::new`].
    pub fn validate(&self) -> Result<()> {
        let refuse = |problem: String, remedy: &str| {
            Err(Error::invalid(
                format!("data set {}", self.name),
                problem,
                remedy,
            ))
        };
        if self.samples() == 0 {
            return refuse("there are no samples".into(), "give it at least 2");
        }
        if self.dimensions() == 0 {
            return refuse(
                "there are no features".into(),
                "give it at least 1 numeric column",
            );
        }
        if self.feature_names.len() != self.dimensions() {
            return refuse(
                format!(
                    "{} features have {} names",
                    self.dimensions(),
                    self.feature_names.len()
                ),
                "name every feature once",
            );
        }
        if let Some((row, column)) = first_not_finite(&self.features) {
            return refuse(
                format!(
                    "feature {} of sample {row} is not finite",
                    self.feature_names[column]
                ),
                "remove the sample or repair the value",
            );
        }
        let targets = match &self.target {
            Target::Classes { labels, .. } => labels.len(),
            Target::Values { values, .. } => values.nrows(),
        };
        if targets != self.samples() {
            return refuse(
                format!("{} samples have {targets} targets", self.samples()),
                "give every sample one target",
            );
        }
        match &self.target {
            Target::Classes { labels, names } => {
                if let Some(label) = labels.iter().find(|&&label| label >= names.len()) {
                    return refuse(
                        format!(
                            "label {label} does not belong to any of {} classes",
                            names.len()
                        ),
                        "number the classes from 0 and name every one",
                    );
                }
                if labels.iter().all(|label| *label == labels[0]) {
                    return refuse(
                        format!("every sample is of class {}", names[labels[0]]),
                        "give samples of at least 2 classes",
                    );
                }
            }
            Target::Values { values, names } => {
                if values.ncols() == 0 || names.len() != values.ncols() {
                    return refuse(
                        format!(
                            "{} target columns have {} names",
                            values.ncols(),
                            names.len()
                        ),
                        "give at least one target and name every one",
                    );
                }
                if let Some((row, column)) = first_not_finite(values) {
                    return refuse(
                        format!("target {} of sample {row} is not finite", names[column]),
                        "remove the sample or repair the value",
                    );
                }
            }
        }
        Ok(())
    }
}

/// The rows with these indices, in this order.
fn rows(matrix: &Mat<f64>, indices: &[usize]) -> Mat<f64> {
    Mat::from_fn(indices.len(), matrix.ncols(), |row, column| {
        matrix[(indices[row], column)]
    })
}

/// Where the first NaN or infinity stands, row by row.
fn first_not_finite(matrix: &Mat<f64>) -> Option<(usize, usize)> {
    (0..matrix.nrows())
        .flat_map(|row| (0..matrix.ncols()).map(move |column| (row, column)))
        .find(|&place| !matrix[place].is_finite())
}
