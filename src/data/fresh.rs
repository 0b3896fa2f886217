//! New samples for a network that is trained already: the columns that it was trained on, found by their names, and prepared as
//! its training part was.

use std::fs;
use std::path::Path;

use faer::Mat;

use super::config::DataConfig;
use super::dataset::{Dataset, Target};
use super::file_options::FileOptions;
use super::missing::Missing;
use super::raw::{Answer, RawSamples};
use super::reading::{mean, some};
use super::split::Split;
use super::{Source, csv, file, npy, npy_pair, npz};
use crate::error::{Error, Result};

/// New samples, as the network sees them.
#[derive(Debug, Clone)]
pub struct Samples {
    /// The features, standardised if those of training were (n x d).
    pub features: Mat<f64>,
    /// Where each sample stands in the file: `line 7`.
    pub places: Vec<String>,
    /// What was recognised, filled in or left out.
    pub notes: Vec<String>,
    answers: Option<Vec<Vec<Answer>>>,
    file: String,
}

/// Reads the features of new samples. `config` and `split` are those of the training; `missing` says what happens where a value is
/// missing, the mean being that of the training part.
///
/// # Errors
/// Where a feature of training has no column, a cell is not a number, a value is missing and that is an error, or the file is none
/// that [`file::read`] reads.
pub fn read(path: &Path, config: &DataConfig, split: &Split, missing: Missing) -> Result<Samples> {
    let train = &split.train;
    let names = &train.feature_names;
    let (csv_options, npz_options) = match &config.source {
        Source::File { options, .. } => (options.csv(), options.npz().unwrap_or_default()),
        _ => (csv::CsvOptions::default(), npz::NpzOptions::default()),
    };
    let targets = match &train.target {
        Target::Values { names, .. } => names.clone(),
        Target::Classes { .. } => vec![csv_options.target.clone()],
    };
    let bytes = fs::read(path).map_err(Error::io(path, "read"))?;
    let mut fresh = if bytes.starts_with(npy::MAGIC) {
        npy_pair::read_known(&bytes, path, &npz_options, names)?
    } else if bytes.starts_with(b"PK\x03\x04") {
        npz::read_known(&bytes, path, &npz_options, names)?
    } else {
        file::refuse_others(path, &bytes, &FileOptions::Csv(csv_options.clone()))?;
        csv::read_known(&bytes, path, &csv_options, names, &targets)?
    };
    let place = path.display().to_string();
    fill(&place, &mut fresh, train, split, missing)?;
    if fresh.features.nrows() == 0 {
        return Err(Error::invalid(
            place,
            "no sample is left",
            "give it at least one whole line below the header, or fill missing values in with --missing mean",
        ));
    }
    Ok(Samples {
        features: match &split.standardiser {
            Some(standardiser) => standardiser.transform(&fresh.features),
            None => fresh.features,
        },
        places: fresh.places,
        notes: fresh.notes,
        answers: fresh.answers,
        file: place,
    })
}

/// Treats missing values as asked for.
fn fill(
    place: &str,
    fresh: &mut RawSamples,
    train: &Dataset,
    split: &Split,
    missing: Missing,
) -> Result<()> {
    let (rows, columns) = (fresh.features.nrows(), fresh.features.ncols());
    let has_hole = |i: usize| (0..columns).any(|j| fresh.features[(i, j)].is_nan());
    let holed: Vec<usize> = (0..rows).filter(|&i| has_hole(i)).collect();
    let Some(&first) = holed.first() else {
        return Ok(());
    };
    let of = match holed.len() {
        1 => "a value is missing".to_owned(),
        count => format!("values are missing in {count} samples, the first"),
    };
    let which: Vec<String> = (0..columns)
        .filter(|&j| fresh.features[(first, j)].is_nan())
        .map(|j| train.feature_names[j].clone())
        .collect();
    let where_is = format!("{of} in {} ({})", fresh.places[first], some(&which, 4));
    match missing {
        Missing::Error => Err(Error::invalid(
            place,
            where_is,
            "fill it in, or add --missing mean (takes the training part's mean) or --missing drop (leaves such samples out)",
        )),
        Missing::Drop => {
            let keep: Vec<usize> = (0..rows).filter(|&i| !has_hole(i)).collect();
            fresh.features = Mat::from_fn(keep.len(), columns, |i, j| fresh.features[(keep[i], j)]);
            fresh.places = keep.iter().map(|&i| fresh.places[i].clone()).collect();
            if let Some(answers) = &mut fresh.answers {
                *answers = keep.iter().map(|&i| answers[i].clone()).collect();
            }
            fresh.notes.push(format!(
                "{where_is}: {} of {rows} samples are left out",
                holed.len()
            ));
            Ok(())
        }
        Missing::Mean => {
            for j in 0..columns {
                let column = || (0..rows).map(|i| (i, j));
                if !column().any(|at| fresh.features[at].is_nan()) {
                    continue;
                }
                let known = match &split.standardiser {
                    Some(standardiser) => Some(standardiser.means[j]),
                    None => mean(train.features.col(j).iter().copied()),
                };
                for at in column() {
                    if fresh.features[at].is_nan() {
                        fresh.features[at] = known.unwrap_or_default();
                    }
                }
            }
            fresh
                .notes
                .push(format!("{where_is}: the training part's mean is filled in"));
            Ok(())
        }
    }
}

impl Samples {
    /// Whether the file has targets.
    pub fn has_targets(&self) -> bool {
        self.answers.is_some()
    }

    /// The samples with their targets; those without one in the file are left out.
    ///
    /// # Errors
    /// Where the file has no targets, or names a class that the training did not have.
    pub fn labelled(&self, train: &Dataset) -> Result<(Dataset, Vec<String>)> {
        let Some(answers) = &self.answers else {
            let names = match &train.target {
                Target::Values { names, .. } => some(names, 6),
                Target::Classes { .. } => "of the classes".to_owned(),
            };
            return Err(Error::invalid(
                &self.file,
                format!("there is no target column ({names}), so nothing says what is right"),
                "add it under the name that it had in training; `foldspace predict` needs none",
            ));
        };
        let columns = answers.first().map_or(1, Vec::len);
        let wanted = match &train.target {
            Target::Values { names, .. } => names.len(),
            Target::Classes { .. } => 1,
        };
        if columns != wanted {
            return Err(Error::invalid(
                &self.file,
                format!("it has {columns} targets per sample, the training had {wanted}"),
                "save the targets as they were in training, a class being one name or number",
            ));
        }
        let known = |i: &usize| answers[*i].iter().all(|answer| answer.text.is_some());
        let keep: Vec<usize> = (0..answers.len()).filter(known).collect();
        let mut notes = Vec::new();
        if keep.len() < answers.len() {
            notes.push(format!(
                "{} of {} samples have no target and are left out",
                answers.len() - keep.len(),
                answers.len()
            ));
        }
        if keep.is_empty() {
            return Err(Error::invalid(
                &self.file,
                "no sample has a target",
                "fill the column in; `foldspace predict` needs none",
            ));
        }
        let target = match &train.target {
            Target::Classes { names, .. } => self.classes(answers, &keep, names)?,
            Target::Values { names, .. } => self.values(answers, &keep, names)?,
        };
        let features = &self.features;
        let dataset = Dataset {
            name: train.name.clone(),
            features: Mat::from_fn(keep.len(), features.ncols(), |i, j| features[(keep[i], j)]),
            feature_names: train.feature_names.clone(),
            target,
            target_scale: train.target_scale.clone(),
        };
        Ok((dataset, notes))
    }

    fn classes(&self, answers: &[Vec<Answer>], keep: &[usize], names: &[String]) -> Result<Target> {
        let mut labels = Vec::with_capacity(keep.len());
        let mut strange: Vec<(usize, String)> = Vec::new();
        for &i in keep {
            let Answer { text, number } = &answers[i][0];
            let text = text.as_deref().unwrap_or_default();
            // A class that is a number may be written in several ways.
            let number = number.map(|number| (number + 0.0).to_string());
            let at = names.iter().position(|name| name == text);
            let at = at.or_else(|| names.iter().position(|name| Some(name) == number.as_ref()));
            match at {
                Some(label) => labels.push(label),
                None => strange.push((i, text.to_owned())),
            }
        }
        let Some((first, class)) = strange.first() else {
            return Ok(Target::Classes {
                labels,
                names: names.to_vec(),
            });
        };
        let more = match strange.len() {
            1 => String::new(),
            count => format!(" (and {} more samples)", count - 1),
        };
        Err(Error::invalid(
            &self.file,
            format!(
                "{} is of class {class}{more}, which was not there in training",
                self.places[*first]
            ),
            format!(
                "take such samples out, correct their class, or train again with them; the network knows {}",
                some(names, 12)
            ),
        ))
    }

    fn values(&self, answers: &[Vec<Answer>], keep: &[usize], names: &[String]) -> Result<Target> {
        let mut values = Mat::zeros(keep.len(), names.len());
        for (row, &i) in keep.iter().enumerate() {
            for (column, answer) in answers[i].iter().enumerate() {
                let Some(number) = answer.number else {
                    return Err(Error::invalid(
                        &self.file,
                        format!(
                            "the {} of {} is `{}`, which is not a finite number",
                            names[column],
                            self.places[i],
                            answer.text.as_deref().unwrap_or_default()
                        ),
                        "correct it, or leave the cell empty",
                    ));
                };
                values[(row, column)] = number;
            }
        }
        Ok(Target::Values {
            values,
            names: names.to_vec(),
        })
    }
}
