//! Clusters at the corners of a hypercube, among redundant and useless features: scikit-learn's `make_classification`.

use std::collections::BTreeSet;
use std::ops::Range;

use faer::Mat;
use serde::{Deserialize, Serialize};

use super::arrange::{check_range, check_samples, classified, shares};
use super::dataset::Dataset;
use crate::error::{Error, Result};
use crate::random::RandomState;

/// More numbers than this, samples times features, are more likely a mistake than intended.
const MOST_NUMBERS: usize = 1_000_000_000;

/// The most features; a cluster's mixing matrix has up to as many rows and columns.
const MOST_FEATURES: usize = 10_000;

/// The most clusters.
const MOST_CLUSTERS: usize = 100_000;

/// `make_classification(n_samples, n_features, ...)`, whose parameters these are, without the `n_`.
///
/// Every cluster stands at a corner of a hypercube, stretched and turned by a matrix of its own (Guyon 2003, the
/// "Madelon" set). Informative features come first, then redundant ones (combinations of those), repeated ones and noise,
/// before samples and features are shuffled.
///
/// ```
/// use foldspace::{data::Classification, random::RandomState};
///
/// // make_classification(random_state=42): y[:5]
/// let set = Classification { samples: 100, ..Classification::default() };
/// let set = set.generate(&mut RandomState::new(42))?;
/// assert_eq!(set.dimensions(), 20);
/// assert_eq!(set.labels().unwrap()[..5], [0, 0, 1, 1, 0]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Classification {
    /// The number of points, all classes together.
    pub samples: usize,
    /// The number of features; those that are not informative, redundant or repeated are noise.
    pub features: usize,
    /// The features in which the clusters lie apart: the hypercube's dimension.
    pub informative: usize,
    /// Random linear combinations of the informative features.
    pub redundant: usize,
    /// Copies of informative and redundant features.
    pub repeated: usize,
    /// The number of classes.
    pub classes: usize,
    /// The clusters of each class; all together, there are at most as many as the hypercube has corners.
    pub clusters_per_class: usize,
    /// Each class's share of the samples, or all but the last one's; empty: equal shares.
    pub weights: Vec<f64>,
    /// The share of samples that get a random class, from 0 to 1.
    pub flip_y: f64,
    /// Half the length of the hypercube's sides.
    pub class_sep: f64,
    /// Whether the clusters stand at the corners of a hypercube, or of a box that is drawn for each.
    pub hypercube: bool,
    /// What is added to each feature; drawn: a number up to `class_sep`.
    pub shift: PerFeature,
    /// What each feature is multiplied by, after the shift; drawn: a number from 1 to 101.
    pub scale: PerFeature,
    /// Whether samples and features are shuffled.
    pub shuffle: bool,
}

/// A number for each feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "shift and scale are a number, a list of one number per feature, or \"drawn\""
)]
pub enum PerFeature {
    /// The same for all.
    Same(f64),
    /// One for each.
    Each(Vec<f64>),
    /// The word `"drawn"`, scikit-learn's `None`.
    Drawn(Drawn),
}

/// The word `"drawn"` in a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Drawn {
    /// The only one.
    Drawn,
}

impl Default for Classification {
    fn default() -> Self {
        Self {
            samples: 1000,
            features: 20,
            informative: 2,
            redundant: 2,
            repeated: 0,
            classes: 2,
            clusters_per_class: 2,
            weights: Vec::new(),
            flip_y: 0.01,
            class_sep: 1.0,
            hypercube: true,
            shift: PerFeature::Same(0.0),
            scale: PerFeature::Same(1.0),
            shuffle: true,
        }
    }
}

impl Classification {
    /// Draws the set.
    ///
    /// # Errors
    /// Where the features are fewer than the sum of their kinds, the clusters more than the corners or the samples, the
    /// weights not shares of 1, a number not finite or outside its range, or the set far too large.
    pub fn generate(&self, random: &mut RandomState) -> Result<Dataset> {
        self.check()?;
        let mut x = Mat::zeros(self.samples, self.features);
        let mut labels = vec![0; self.samples];

        let centers = self.centers(random);
        fill_normal(&mut x, 0..self.informative, random);
        let mut start = 0;
        for (cluster, (center, size)) in centers.iter().zip(self.cluster_sizes()).enumerate() {
            let rows = size.min(self.samples - start); // weights may exceed 1 by a rounding
            labels[start..start + rows].fill(cluster % self.classes);
            let mixing = signed_uniform(self.informative, self.informative, random);
            let mut points = x.submatrix_mut(start, 0, rows, self.informative);
            let mixed = points.as_ref() * mixing;
            for (j, center) in center.iter().enumerate() {
                for i in 0..rows {
                    points[(i, j)] = mixed[(i, j)] + center;
                }
            }
            start += rows;
        }

        let useful = self.informative + self.redundant;
        if self.redundant > 0 {
            let mixing = signed_uniform(self.informative, self.redundant, random);
            let mixed = x.subcols(0, self.informative) * mixing;
            x.subcols_mut(self.informative, self.redundant)
                .copy_from(mixed);
        }
        for column in useful..useful + self.repeated {
            let source = (useful - 1) as f64 * random.random_sample() + 0.5;
            let copied = x.col(source as usize).to_owned();
            x.col_mut(column).copy_from(copied);
        }
        fill_normal(&mut x, useful + self.repeated..self.features, random);

        let flipped: Vec<bool> = (0..self.samples)
            .map(|_| random.random_sample() < self.flip_y)
            .collect();
        for (label, _) in labels.iter_mut().zip(flipped).filter(|(_, flip)| *flip) {
            *label = random.randint(0, self.classes as i64) as usize;
        }

        let shift = self.per_feature(&self.shift, || {
            (2.0 * random.random_sample() - 1.0) * self.class_sep
        });
        let scale = self.per_feature(&self.scale, || 1.0 + 100.0 * random.random_sample());
        let (rows, columns): (Vec<usize>, Vec<usize>) = if self.shuffle {
            let rows = random.permutation(self.samples);
            (rows, random.permutation(self.features))
        } else {
            ((0..self.samples).collect(), (0..self.features).collect())
        };
        let features = Mat::from_fn(self.samples, self.features, |i, j| {
            let feature = columns[j];
            (x[(rows[i], feature)] + shift[feature]) * scale[feature]
        });
        let labels = rows.iter().map(|&row| labels[row]).collect();
        classified("classification", features, labels, self.classes)
    }

    fn clusters(&self) -> usize {
        self.classes.saturating_mul(self.clusters_per_class)
    }

    /// Each class's share of the samples.
    fn class_shares(&self) -> Vec<f64> {
        let mut shares = self.weights.clone();
        if shares.is_empty() {
            return vec![1.0 / self.classes as f64; self.classes];
        }
        if shares.len() < self.classes {
            shares.push(1.0 - shares.iter().sum::<f64>());
        }
        shares
    }

    /// The points of each cluster: its part of its class's share, rounded down, and one more each until none is left.
    fn cluster_sizes(&self) -> Vec<usize> {
        let class_shares = self.class_shares();
        let size = |cluster: usize| {
            let share = class_shares[cluster % self.classes];
            (self.samples as f64 * share / self.clusters_per_class as f64) as usize
        };
        let mut sizes: Vec<usize> = (0..self.clusters()).map(size).collect();
        let left = self.samples.saturating_sub(sizes.iter().sum());
        for (size, more) in sizes.iter_mut().zip(shares(left, self.clusters())) {
            *size += more;
        }
        sizes
    }

    /// Where the clusters stand.
    fn centers(&self, random: &mut RandomState) -> Vec<Vec<f64>> {
        let corners = corners(self.clusters(), self.informative, random);
        let side = 2.0 * self.class_sep;
        let place = |bit: bool| f64::from(bit) * side - self.class_sep;
        let mut centers: Vec<Vec<f64>> = corners
            .into_iter()
            .map(|corner| corner.into_iter().map(place).collect())
            .collect();
        if !self.hypercube {
            for center in &mut centers {
                let factor = random.random_sample();
                center.iter_mut().for_each(|number| *number *= factor);
            }
            for j in 0..self.informative {
                let factor = random.random_sample();
                centers.iter_mut().for_each(|center| center[j] *= factor);
            }
        }
        centers
    }

    fn per_feature(&self, numbers: &PerFeature, draw: impl FnMut() -> f64) -> Vec<f64> {
        match numbers {
            PerFeature::Same(number) => vec![*number; self.features],
            PerFeature::Each(numbers) => numbers.clone(),
            PerFeature::Drawn(_) => std::iter::repeat_with(draw).take(self.features).collect(),
        }
    }

    fn check(&self) -> Result<()> {
        let refuse = |key: &str, problem: String, remedy: String| {
            Err(Error::invalid(format!("data.{key}"), problem, remedy))
        };
        for (key, count, least) in [
            ("classes", self.classes, 2),
            ("informative", self.informative, 1),
            ("clusters_per_class", self.clusters_per_class, 1),
        ] {
            if count < least {
                let remedy = format!("ask for at least {least}");
                return refuse(key, format!("{count} is too few"), remedy);
            }
        }
        let kinds = [self.informative, self.redundant, self.repeated];
        let useful = kinds.into_iter().fold(0, usize::saturating_add);
        if useful > self.features {
            let [informative, redundant, repeated] = kinds;
            return refuse(
                "features",
                format!(
                    "{informative} informative, {redundant} redundant and {repeated} repeated features are more than {}",
                    self.features
                ),
                format!("ask for at least {useful} features, or for fewer of these"),
            );
        }
        let clusters = self.clusters();
        let corners = 1_usize.checked_shl(self.informative.min(63) as u32);
        if corners.is_some_and(|corners| clusters > corners) || clusters > MOST_CLUSTERS {
            return refuse(
                "clusters_per_class",
                format!(
                    "{clusters} clusters are more than 2^{} corners, or than {MOST_CLUSTERS}",
                    self.informative
                ),
                "ask for fewer clusters or more informative features".to_owned(),
            );
        }
        check_samples(self.samples, clusters, self.features)?;
        let numbers = self.samples.saturating_mul(self.features);
        if self.features > MOST_FEATURES || numbers > MOST_NUMBERS {
            return refuse(
                "features",
                format!(
                    "{} samples of {} features would take {:.1} GB of memory",
                    self.samples,
                    self.features,
                    numbers as f64 * 8e-9
                ),
                format!(
                    "ask for at most {MOST_FEATURES} features and {MOST_NUMBERS} numbers in all"
                ),
            );
        }
        if ![0, self.classes - 1, self.classes].contains(&self.weights.len()) {
            return refuse(
                "weights",
                format!(
                    "{} weights for {} classes",
                    self.weights.len(),
                    self.classes
                ),
                "give one per class, or all but the last".to_owned(),
            );
        }
        for &weight in &self.weights {
            check_range("weights", weight, 0.0..=1.0)?;
        }
        let sum: f64 = self.weights.iter().sum();
        if sum > 1.0 + 1e-9 {
            let remedy = "give shares whose sum is 1".to_owned();
            return refuse("weights", format!("their sum is {sum}"), remedy);
        }
        check_range("flip_y", self.flip_y, 0.0..=1.0)?;
        check_range("class_sep", self.class_sep, 0.0..=f64::MAX)?;
        for (key, numbers) in [("shift", &self.shift), ("scale", &self.scale)] {
            let numbers = match numbers {
                PerFeature::Same(number) => std::slice::from_ref(number),
                PerFeature::Each(numbers) if numbers.len() != self.features => {
                    return refuse(
                        key,
                        format!("{} numbers for {} features", numbers.len(), self.features),
                        "give one number per feature, or one for all".to_owned(),
                    );
                }
                PerFeature::Each(numbers) => numbers,
                PerFeature::Drawn(_) => &[],
            };
            for &number in numbers {
                check_range(key, number, f64::MIN..=f64::MAX)?;
            }
        }
        Ok(())
    }
}

/// Normal numbers into these columns, row by row.
fn fill_normal(x: &mut Mat<f64>, columns: Range<usize>, random: &mut RandomState) {
    for i in 0..x.nrows() {
        for j in columns.clone() {
            x[(i, j)] = random.standard_normal();
        }
    }
}

/// A matrix of uniform numbers from -1 to 1, drawn row by row.
fn signed_uniform(rows: usize, columns: usize, random: &mut RandomState) -> Mat<f64> {
    let drawn = random.rand(rows * columns);
    Mat::from_fn(rows, columns, |i, j| 2.0 * drawn[i * columns + j] - 1.0)
}

/// Different corners of a hypercube, one bit per dimension. Beyond 30 dimensions the first bits are drawn one by one, as
/// scikit-learn does, because a corner's number would not fit an integer.
fn corners(count: usize, dimensions: usize, random: &mut RandomState) -> Vec<Vec<bool>> {
    let numbered = dimensions.min(30);
    let mut corners: Vec<Vec<bool>> = (0..count)
        .map(|_| {
            (numbered..dimensions)
                .map(|_| random.randint(0, 2) == 1)
                .collect()
        })
        .collect();
    let numbers = sample_without_replacement(1 << numbered, count, random);
    for (corner, number) in corners.iter_mut().zip(numbers) {
        corner.extend((0..numbered).rev().map(|bit| number >> bit & 1 == 1));
    }
    corners
}

/// `sklearn.utils.random.sample_without_replacement(population, count)`: the method depends on the share that is taken.
fn sample_without_replacement(
    population: usize,
    count: usize,
    random: &mut RandomState,
) -> Vec<usize> {
    let ratio = count as f64 / population as f64;
    if ratio > 0.01 && ratio < 0.99 {
        return random.choice(population, count, false);
    }
    if ratio < 0.2 {
        // Few of many: draw again what was drawn before.
        let mut taken = BTreeSet::new();
        let mut draw = || loop {
            let number = random.randint(0, population as i64) as usize;
            if taken.insert(number) {
                return number;
            }
        };
        return (0..count).map(|_| draw()).collect();
    }
    // Nearly all of them: reservoir sampling.
    let mut chosen: Vec<usize> = (0..count).collect();
    for number in count..population {
        let place = random.randint(0, number as i64 + 1) as usize;
        if place < count {
            chosen[place] = number;
        }
    }
    chosen
}
