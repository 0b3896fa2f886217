//! NumPy's arrays as features and targets: which of them, flattened images, one-hot labels, labels that count from 1.

use std::io::Read;

use faer::Mat;

use super::dataset::Target;
use super::missing::Missing;
use super::npy::{Entries, Header, Problem};
use super::reading::mean;
use super::targets::{self, Purpose, Task};
use crate::error::{Error, Result};

/// The names under which features and targets are looked for, in this order.
pub(super) const PAIRS: [(&str, &str); 30] = [
    ("X", "y"),
    ("x", "y"),
    ("X", "Y"),
    ("x_train", "y_train"),
    ("X_train", "y_train"),
    ("X_train", "Y_train"),
    ("train_x", "train_y"),
    ("train_X", "train_y"),
    ("train_images", "train_labels"),
    ("train_data", "train_labels"),
    ("training_images", "training_labels"),
    ("images", "labels"),
    ("data", "target"),
    ("data", "targets"),
    ("data", "labels"),
    ("data", "label"),
    ("features", "labels"),
    ("features", "label"),
    ("features", "target"),
    ("features", "targets"),
    ("inputs", "targets"),
    ("inputs", "labels"),
    ("inputs", "outputs"),
    ("samples", "labels"),
    ("X", "labels"),
    ("X", "label"),
    ("X", "target"),
    ("X", "targets"),
    ("x", "labels"),
    ("arr_0", "arr_1"),
];

/// An array whose header is read; the entries follow.
pub(super) struct Source<'a> {
    /// What errors call it.
    pub place: String,
    pub header: Header,
    pub reader: Box<dyn Read + 'a>,
    /// The most bytes that the entries can have.
    pub room: u64,
}

impl Source<'_> {
    /// An error about it.
    pub(super) fn refuse(&self, problem: impl Into<String>, remedy: impl Into<String>) -> Error {
        Error::invalid(&self.place, problem, remedy)
    }

    fn problem(&self, problem: Problem) -> Error {
        self.refuse(problem.problem, problem.remedy)
    }

    /// Reads what follows the last entry, where an archive keeps its checksums.
    fn end(&mut self) -> Result<()> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(self.refuse(
                "there are more bytes than its shape says",
                "save the array again",
            )),
            Err(error) => Err(self.refuse(
                format!("it can't be read ({error})"),
                "write the file again",
            )),
        }
    }

    /// All entries.
    pub(super) fn entries(mut self) -> Result<Entries> {
        let entries = self.header.entries(&mut self.reader, self.room);
        let entries = entries.map_err(|problem| self.problem(problem))?;
        self.end()?;
        Ok(entries)
    }

    /// How many entries there are, once it is known that there is room for them.
    fn count(&self) -> Result<usize> {
        let count = self.header.affordable(self.room);
        count.map_err(|problem| self.problem(problem))
    }

    /// All entries as numbers, handed to `put` one by one with their places.
    fn numbers(&mut self, put: impl FnMut(usize, f64)) -> Result<()> {
        let read = self.header.numbers(&mut self.reader, self.room, put);
        read.map_err(|problem| self.problem(problem))?;
        self.end()
    }
}

/// Features from an array: a row per sample, all further axes in one row.
///
/// # Errors
/// Where it is empty, holds no numbers, or not finite ones that may not be filled in.
pub(super) fn features(
    mut source: Source<'_>,
    missing: Missing,
    notes: &mut Vec<String>,
) -> Result<Features> {
    let shape = source.header.shape.clone();
    let rows = shape.first().copied().unwrap_or(0);
    // No rows of 10^18 columns take no room in a file, but a loop over them would not end.
    if shape.is_empty() || source.header.count() == Some(0) {
        return Err(source.refuse(
            format!("it is empty, its shape is {shape:?}"),
            "give it at least 2 samples and 1 feature",
        ));
    }
    let columns = shape.iter().skip(1).product();
    if shape.len() > 2 {
        notes.push(format!(
            "{}: its shape {shape:?} is read as {rows} samples of {columns} features",
            source.place
        ));
    }
    if source.header.is_text() {
        return Err(source.refuse(
            "its entries are not numbers",
            "save the features as float64",
        ));
    }
    let mut holes: Vec<(usize, usize)> = Vec::new();
    let mut infinite = None;
    source.count()?;
    let mut matrix = Mat::zeros(rows, columns);
    let place = |at: usize| (at / columns, at % columns);
    source.numbers(|at, number| {
        matrix[place(at)] = number;
        if number.is_nan() {
            holes.push(place(at));
        } else if number.is_infinite() && infinite.is_none() {
            infinite = Some((at, number));
        }
    })?;
    const COUNTED: &str = "(rows and columns count from 0)";
    if let Some((at, number)) = infinite {
        let (row, column) = place(at);
        return Err(source.refuse(
            format!("the entry in row {row}, column {column} is {number}"),
            format!("remove the sample or repair the value {COUNTED}"),
        ));
    }
    if holes.is_empty() {
        return Ok(Features {
            matrix,
            keep: None,
            filled: Vec::new(),
        });
    }
    holes.sort_unstable();
    let what = match holes.len() {
        1 => String::new(),
        count => format!(", and {} more are", count - 1),
    };
    match missing {
        Missing::Error => {
            let (row, column) = holes[0];
            Err(source.refuse(
                format!("the entry in row {row}, column {column} is NaN{what}"),
                format!("repair the value, or set data.missing = \"drop\" or \"mean\" {COUNTED}"),
            ))
        }
        Missing::Drop => {
            let bad: std::collections::BTreeSet<usize> =
                holes.iter().map(|&(row, _)| row).collect();
            let keep: Vec<usize> = (0..rows).filter(|row| !bad.contains(row)).collect();
            if keep.is_empty() {
                return Err(source.refuse(
                    "no sample is left: every one misses a value",
                    "set data.missing = \"mean\"",
                ));
            }
            notes.push(format!(
                "{} missing values in {}: {} of {rows} samples are left out",
                holes.len(),
                source.place,
                bad.len()
            ));
            Ok(Features {
                matrix: Mat::from_fn(keep.len(), columns, |i, j| matrix[(keep[i], j)]),
                keep: Some(keep),
                filled: Vec::new(),
            })
        }
        Missing::Mean => {
            let columns_with: std::collections::BTreeSet<usize> =
                holes.iter().map(|&(_, column)| column).collect();
            for &j in &columns_with {
                let known = matrix.col(j).iter().copied().filter(|x| !x.is_nan());
                let Some(mean) = mean(known) else {
                    return Err(source.refuse(
                        format!("every value in column {j} is missing"),
                        "leave the column out of the array",
                    ));
                };
                for &(row, _) in holes.iter().filter(|&&(_, column)| column == j) {
                    matrix[(row, j)] = mean;
                }
            }
            notes.push(format!(
                "{} missing values in {}: features get their column's mean",
                holes.len(),
                source.place
            ));
            Ok(Features {
                matrix,
                keep: None,
                filled: holes,
            })
        }
    }
}

/// Features, and which samples of the file they are.
#[derive(Debug)]
pub(super) struct Features {
    pub matrix: Mat<f64>,
    /// The samples that are kept, where some are left out.
    pub keep: Option<Vec<usize>>,
    /// The cells that hold their column's mean.
    pub filled: Vec<(usize, usize)>,
}

/// Targets from an array of `samples` rows, of which `keep` are taken.
///
/// # Errors
/// Where there is not one for every sample, or they are neither classes nor numbers.
pub(super) fn target(
    mut source: Source<'_>,
    name: &str,
    samples: usize,
    keep: Option<&[usize]>,
    purpose: Purpose,
    class_names: impl FnOnce() -> Result<Option<Vec<String>>>,
    notes: &mut Vec<String>,
) -> Result<Target> {
    let columns = match source.header.shape[..] {
        [rows] if rows == samples => 1,
        [rows, columns] if rows == samples => columns,
        _ => {
            return Err(source.refuse(
                format!(
                    "its shape is {:?} for {samples} samples",
                    source.header.shape
                ),
                "give every sample one target",
            ));
        }
    };
    let place = source.place.clone();
    let kept = |row: usize| keep.map_or(row, |keep| keep[row]);
    let samples = keep.map_or(samples, <[usize]>::len);
    if source.header.is_text() {
        if columns != 1 || purpose.task == Task::Regression {
            return Err(source.refuse(
                "its entries are not numbers",
                "save one class per sample, or numbers",
            ));
        }
        let Entries::Text(names) = source.entries()? else {
            return Err(Error::invalid(
                place,
                "its entries are not text",
                "save it again",
            ));
        };
        let names: Vec<&str> = (0..samples).map(|row| names[kept(row)].as_str()).collect();
        return targets::of_names(&place, &names);
    }
    let mut all = vec![0.0; source.count()?];
    source.numbers(|at, number| all[at] = number)?;
    if let Some(at) = all.iter().position(|number: &f64| !number.is_finite()) {
        return Err(source.refuse(
            format!(
                "the entry in row {}, column {} is {}",
                at / columns.max(1),
                at % columns.max(1),
                all[at]
            ),
            "remove the sample or repair the value (rows and columns count from 0)",
        ));
    }
    if columns == 1 {
        let numbers: Vec<f64> = match keep {
            None => all,
            Some(keep) => keep.iter().map(|&row| all[row]).collect(),
        };
        let where_is = |sample: usize| format!("{place}, row {} (from 0)", kept(sample));
        let target = targets::of_numbers(&place, name, &numbers, purpose, &where_is, notes)?;
        return match (target, class_names()?) {
            (target @ Target::Classes { .. }, Some(names)) => {
                named_classes(&place, &numbers, target, names, notes)
            }
            (target, _) => Ok(target),
        };
    }
    let entry = |row: usize, column: usize| all[kept(row) * columns + column];
    if purpose.task != Task::Regression
        && let Some(labels) = one_hot(samples, columns, entry)
    {
        if purpose.task == Task::Auto && purpose.of_loss == Task::Regression {
            notes.push(format!(
                "{place}: its {columns} columns look like one-hot classes and are taken as numbers, as the loss wants \
                 them; loss = \"cross_entropy\" makes classes of them"
            ));
        } else {
            notes.push(format!(
                "{place}: its {columns} columns are read as one-hot classes"
            ));
            let numbers: Vec<f64> = labels.iter().map(|&label| label as f64).collect();
            let names = class_names()?.filter(|names| names.len() == columns);
            let names = names.unwrap_or_else(|| (0..columns).map(|k| k.to_string()).collect());
            let only = |label: usize| labels.iter().all(|&other| other == label);
            if only(labels[0]) {
                return targets::of_numbers(
                    &place,
                    name,
                    &numbers,
                    Purpose {
                        task: Task::Classification,
                        of_loss: Task::Auto,
                    },
                    &|_| place.clone(),
                    notes,
                );
            }
            return Ok(Target::Classes { labels, names });
        }
    }
    if purpose.task == Task::Classification || columns == 0 {
        return Err(source.refuse(
            format!("it has {columns} columns"),
            "give every sample one class, as an integer or as text, or one-hot columns",
        ));
    }
    Ok(Target::Values {
        values: Mat::from_fn(samples, columns, entry),
        names: (1..=columns).map(|k| format!("{name}{k}")).collect(),
    })
}

/// The column of each row's only 1, where all else is 0.
fn one_hot(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Option<Vec<usize>> {
    let label = |row: usize| {
        let mut ones = (0..columns).filter(|&column| entry(row, column) == 1.0);
        let zeros = (0..columns)
            .filter(|&column| entry(row, column) == 0.0)
            .count();
        ones.next().filter(|_| zeros + 1 == columns)
    };
    (0..rows).map(label).collect()
}

/// Classes with names: numbers that count into the names from 0 or from 1, or as many classes as names, in order.
fn named_classes(
    place: &str,
    numbers: &[f64],
    target: Target,
    names: Vec<String>,
    notes: &mut Vec<String>,
) -> Result<Target> {
    let Target::Classes {
        labels,
        names: found,
    } = target
    else {
        return Ok(target);
    };
    let counting = |from: f64| {
        let label = |&number: &f64| {
            let label = (number - from) as usize;
            (number >= from && label as f64 == number - from && label < names.len())
                .then_some(label)
        };
        numbers.iter().map(label).collect::<Option<Vec<usize>>>()
    };
    let labels = if let Some(labels) = counting(0.0) {
        labels
    } else if let Some(labels) = counting(1.0) {
        notes.push(format!(
            "{place}: its classes count from 1, so 1 is {}",
            names[0]
        ));
        labels
    } else if found.len() == names.len() {
        notes.push(format!(
            "{place}: its classes {} are named {}, in this order",
            super::reading::some(&found, 8),
            super::reading::some(&names, 8)
        ));
        labels
    } else {
        return Err(Error::invalid(
            place,
            format!(
                "{} names in target_names for {} classes",
                names.len(),
                found.len()
            ),
            "number the classes from 0, or leave target_names out",
        ));
    };
    Ok(Target::Classes { labels, names })
}
