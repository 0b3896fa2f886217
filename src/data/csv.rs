//! Data sets as CSV: a header that names the columns, one line per sample, one column that is the target.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use faer::Mat;

use super::dataset::{Dataset, Target};
pub use super::targets::Task;
use super::targets::{of_names, of_numbers};
use crate::error::{Error, Result};
use crate::suggest::closest;

/// The target column's name where none is given, and the one that class labels are written under.
pub const LABEL: &str = "label";

/// A cell of the target column with the line it stands in.
struct TargetCell {
    line: u64,
    text: String,
}

/// Reads a data set; every column but the target (`label` where none is named) is a feature.
///
/// Classes are sorted, by value where all are numbers and else by name, and numbered from 0.
///
/// # Errors
/// Where the file cannot be read, has no samples, no features, no such target column or a repeated or empty
/// column name; where a row is too short or too long; where a cell is empty, not finite, or a feature not a
/// number; where there is only one class. The message names the line and the column.
pub fn read(path: &Path, target_column: Option<&str>, task: Task) -> Result<Dataset> {
    let file = File::open(path).map_err(Error::io(path, "read"))?;
    parse(file, path, target_column, task)
}

/// Reads a data set from a file's text as it comes; `path` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse(
    text: impl Read,
    path: &Path,
    target_column: Option<&str>,
    task: Task,
) -> Result<Dataset> {
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .trim(Trim::All)
        .from_reader(text);
    let header = reader
        .headers()
        .map_err(|error| unreadable(path, error))?
        .clone();
    check_header(path, &header)?;
    let target_at = find_target(path, &header, target_column.unwrap_or(LABEL))?;

    let mut cells: Vec<f64> = Vec::new();
    let mut targets: Vec<TargetCell> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| unreadable(path, error))?;
        let line = record.position().map_or(0, csv::Position::line);
        if record.len() != header.len() {
            return Err(Error::invalid(
                format!("{}:{line}", path.display()),
                format!(
                    "{} cells, but the header names {} columns",
                    record.len(),
                    header.len()
                ),
                "give every line one cell per column",
            ));
        }
        for (at, (cell, column)) in record.iter().zip(&header).enumerate() {
            if at == target_at {
                let text = cell.to_string();
                targets.push(TargetCell { line, text });
            } else {
                cells.push(number(path, line, column, cell)?);
            }
        }
    }
    if targets.is_empty() {
        return Err(Error::invalid(
            path.display().to_string(),
            "there are no samples below the header",
            "add one line per sample",
        ));
    }
    let dimensions = header.len() - 1;
    let features = Mat::from_fn(targets.len(), dimensions, |row, column| {
        cells[row * dimensions + column]
    });
    let mut feature_names: Vec<String> = header.iter().map(String::from).collect();
    let target_name = feature_names.remove(target_at);
    let target = interpret(path, &target_name, &targets, task)?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Dataset::new(name, features, feature_names, target)
}

/// Writes a data set: the features, then the class names under `label`, or the target columns.
///
/// Numbers are written as the shortest decimals that read back as the same `f64`. The file appears whole or
/// not at all.
///
/// # Errors
/// Where the file cannot be written or two columns would have the same name.
pub fn write(path: &Path, dataset: &Dataset) -> Result<()> {
    let target_names: Vec<&str> = match &dataset.target {
        Target::Classes { .. } => vec![LABEL],
        Target::Values { names, .. } => names.iter().map(String::as_str).collect(),
    };
    let feature_names = dataset.feature_names.iter().map(String::as_str);
    let header: StringRecord = feature_names.chain(target_names).collect();
    check_header(path, &header)?;

    let refuse = |error: csv::Error| Error::io(path, "write")(error.into());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).map_err(refuse)?;
    for sample in 0..dataset.samples() {
        let mut record: StringRecord = dataset
            .features
            .row(sample)
            .iter()
            .map(f64::to_string)
            .collect();
        match &dataset.target {
            Target::Classes { labels, names } => record.push_field(&names[labels[sample]]),
            Target::Values { values, .. } => {
                record.extend(values.row(sample).iter().map(f64::to_string));
            }
        }
        writer.write_record(&record).map_err(refuse)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::io(path, "write")(error.into_error()))?;
    crate::file::write(path, &bytes)
}

/// Refuses columns without a name, with the same name, or with nothing beside the target.
fn check_header(path: &Path, header: &StringRecord) -> Result<()> {
    let place = format!("{}:1", path.display());
    for (at, name) in header.iter().enumerate() {
        if name.is_empty() {
            return Err(Error::invalid(
                place,
                format!("column {} has no name", at + 1),
                "name every column in the first line",
            ));
        }
        if header.iter().take(at).any(|earlier| earlier == name) {
            return Err(Error::invalid(
                place,
                format!("column {name} is named twice"),
                "give every column its own name",
            ));
        }
    }
    if header.is_empty() {
        return Err(Error::invalid(
            place,
            "the file is empty",
            "name the columns in the first line, such as x1,x2,label",
        ));
    }
    Ok(())
}

/// Where the target column stands, among others.
fn find_target(path: &Path, header: &StringRecord, wanted: &str) -> Result<usize> {
    let place = format!("{}:1", path.display());
    let Some(at) = header.iter().position(|name| name == wanted) else {
        let suggestion = closest(wanted, header.iter()).unwrap_or_default();
        return Err(Error::invalid(
            place,
            format!("there is no target column {wanted}"),
            format!("name one of the columns, for example {suggestion}"),
        ));
    };
    if header.len() == 1 {
        return Err(Error::invalid(
            place,
            format!("there is no feature beside the target {wanted}"),
            "add at least one numeric column",
        ));
    }
    Ok(at)
}

/// A cell's finite number.
fn number(path: &Path, line: u64, column: &str, cell: &str) -> Result<f64> {
    let refuse = |problem: String, remedy: &str| {
        Err(Error::invalid(
            cell_place(path, line, column),
            problem,
            remedy,
        ))
    };
    match cell.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => refuse(
            format!("`{cell}` is not a finite number"),
            "remove the line or repair the value",
        ),
        Err(_) if cell.is_empty() => {
            refuse("the cell is empty".into(), "fill it in or remove the line")
        }
        Err(_) => refuse(
            format!("`{cell}` is not a number"),
            "repair the value, or remove the column if it is no numeric feature",
        ),
    }
}

/// The target column as classes or as numbers.
fn interpret(path: &Path, name: &str, cells: &[TargetCell], task: Task) -> Result<Target> {
    if let Some(empty) = cells.iter().find(|cell| cell.text.is_empty()) {
        number(path, empty.line, name, "")?;
    }
    let place = format!("{}, column {name}", path.display());
    let all_numbers = cells.iter().all(|cell| cell.text.parse::<f64>().is_ok());
    if !all_numbers && task != Task::Regression {
        let names: Vec<&str> = cells.iter().map(|cell| cell.text.as_str()).collect();
        return of_names(&place, &names);
    }
    let numbers: Vec<f64> = cells
        .iter()
        .map(|cell| number(path, cell.line, name, &cell.text))
        .collect::<Result<_>>()?;
    of_numbers(&place, name, &numbers, task)
}

fn cell_place(path: &Path, line: u64, column: &str) -> String {
    format!("{}:{line}, column {column}", path.display())
}

/// What the CSV parser refuses: a failing disk, or text that is not UTF-8.
fn unreadable(path: &Path, error: csv::Error) -> Error {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(source) => Error::io(path, "read")(source),
        _ => Error::invalid(
            format!("{}:{line}", path.display()),
            "the line is not UTF-8 text",
            "save the file as UTF-8",
        ),
    }
}
