//! A table with the columns of one that is known already, in any order: new samples for a trained network.

use std::path::Path;

use faer::Mat;

use super::cell::{self, Cell};
use super::options::CsvOptions;
use super::{Opened, columns, schema};
use crate::data::raw::{Answer, RawSamples};
use crate::data::reading::some;
use crate::error::{Error, Result};
use crate::suggest::closest;

/// How many columns a message names.
const SHOWN: usize = 12;

/// Where a feature's numbers come from.
enum Origin<'a> {
    /// A column of numbers.
    Column(usize),
    /// 1 where a column of text has this value.
    Value(usize, &'a str),
}

/// Reads the features of these names, NaN where a cell is missing, and the target columns, if the file has all of them.
///
/// # Errors
/// Where a feature has no column, a cell is not a number, or a value of an encoded column was not there in training.
pub(in crate::data) fn read(
    bytes: &[u8],
    path: &Path,
    options: &CsvOptions,
    features: &[String],
    targets: &[String],
) -> Result<RawSamples> {
    let mut opened = Opened::open(bytes, path, options)?;
    let (table, decimal) = (&mut opened.table, opened.decimal);
    let encoded = options.encode.as_deref().unwrap_or_default();
    let all = features.iter().chain(targets).chain(encoded);
    let wanted: Vec<&str> = all.map(String::as_str).collect();
    let notes = &mut opened.notes;
    let head = schema::name_columns(
        table,
        path,
        options.header,
        decimal,
        opened.comment,
        &wanted,
        notes,
    )?;
    let mut names = head.names;
    // In a file without names the target was called so because it stood last.
    let label = targets.len() == 1 && targets[0] == super::LABEL;
    let last = names.len().saturating_sub(1);
    if !head.named && label && names.last().is_some_and(|name| !features.contains(name)) {
        names[last] = super::LABEL.into();
    }
    let find = |wanted: &str| -> Result<Option<usize>> {
        let mut found = (0..names.len()).filter(|&at| names[at] == wanted);
        match (found.next(), found.next()) {
            (_, Some(_)) => Err(Error::invalid(
                &head.place,
                format!("column {wanted} is named twice"),
                "give every column its own name",
            )),
            (at, None) => Ok(at),
        }
    };

    let mut origins = Vec::with_capacity(features.len());
    let mut lacking: Vec<String> = Vec::new();
    for feature in features {
        let of_value = encoded.iter().find_map(|column| {
            let value = feature.strip_prefix(column.as_str())?.strip_prefix('=')?;
            Some((column, value))
        });
        let column = of_value.map_or(feature, |(column, _)| column);
        match (find(column)?, of_value) {
            (Some(at), Some((_, value))) => origins.push(Origin::Value(at, value)),
            (Some(at), None) => origins.push(Origin::Column(at)),
            (None, _) if lacking.contains(column) => {}
            (None, _) => lacking.push(column.clone()),
        }
    }
    if !lacking.is_empty() {
        let nearest = closest(&lacking[0], names.iter().map(String::as_str)).unwrap_or_default();
        let (column, has) = match lacking.len() {
            1 => ("column", "is"),
            _ => ("columns", "are"),
        };
        let remedy = match head.named {
            true => format!(
                "name them in the first line as in training (is {nearest} the {}?); there are {}",
                lacking[0],
                some(&names, SHOWN)
            ),
            false => format!(
                "put the names of the columns into the first line: {}",
                some(features, SHOWN)
            ),
        };
        return Err(Error::invalid(
            head.place,
            format!(
                "the {column} {} {has} missing, on which the network was trained",
                some(&lacking, SHOWN)
            ),
            remedy,
        ));
    }

    let mut truths = Vec::new();
    let mut matrix: Mat<f64> = Mat::zeros(table.rows(), features.len());
    for (j, origin) in origins.iter().enumerate() {
        let values = match *origin {
            Origin::Value(at, value) => {
                let seen = |cell: &str| {
                    let mut values = origins.iter();
                    values.any(
                        |other| matches!(*other, Origin::Value(to, v) if to == at && v == cell),
                    )
                };
                one_hot(table, path, at, value, seen, &names[at])?
            }
            Origin::Column(at) => match columns::truth(table, at) {
                Some(values) => {
                    truths.push(names[at].clone());
                    values
                }
                None => numbers(table, path, at, decimal, &names[at])?,
            },
        };
        for (i, value) in values.into_iter().enumerate() {
            matrix[(i, j)] = value;
        }
    }
    if !truths.is_empty() {
        notes.push(format!(
            "true and false are 1 and 0 in {}",
            some(&truths, SHOWN)
        ));
    }

    let mut at = Vec::new();
    for target in targets {
        at.extend(find(target)?);
    }
    let used = |column: &usize| {
        at.contains(column)
            || origins.iter().any(|origin| {
                matches!(*origin, Origin::Column(at) | Origin::Value(at, _) if at == *column)
            })
    };
    let unused = (0..names.len()).filter(|column| !used(column) && !names[*column].is_empty());
    let unused: Vec<String> = unused.map(|column| names[column].clone()).collect();
    if !unused.is_empty() {
        notes.push(format!(
            "the network was not trained on {}, which is left out",
            some(&unused, SHOWN)
        ));
    }
    let answers = (at.len() == targets.len()).then(|| {
        let answer = |row: usize, column: usize| {
            let text = table.cell(row, column);
            let number = match cell::read(text, decimal) {
                Cell::Number(number) => Some(number),
                _ => None,
            };
            Answer {
                number,
                text: (!cell::is_missing(text)).then(|| text.to_owned()),
            }
        };
        let rows = 0..table.rows();
        rows.map(|row| at.iter().map(|&column| answer(row, column)).collect())
            .collect()
    });
    Ok(RawSamples {
        features: matrix,
        answers,
        places: (0..table.rows())
            .map(|row| format!("line {}", table.line(row)))
            .collect(),
        notes: opened.notes,
    })
}

/// 1 where a cell has the value, 0 where it has another that is known from training.
fn one_hot(
    table: &super::Table,
    path: &Path,
    column: usize,
    value: &str,
    seen: impl Fn(&str) -> bool,
    name: &str,
) -> Result<Vec<f64>> {
    let entry = |row: usize| match table.cell(row, column) {
        cell if cell == value => Ok(1.0),
        cell if cell::is_missing(cell) => Ok(f64::NAN),
        cell if seen(cell) => Ok(0.0),
        cell => Err(Error::invalid(
            format!("{}:{}, column {name}", path.display(), table.line(row)),
            format!("`{cell}` is a value that was not there in training"),
            "correct it, leave the cell empty and add --missing drop, or train again with such samples",
        )),
    };
    (0..table.rows()).map(entry).collect()
}

/// A column's numbers, NaN where one is missing.
fn numbers(
    table: &super::Table,
    path: &Path,
    column: usize,
    decimal: super::Decimal,
    name: &str,
) -> Result<Vec<f64>> {
    let number = |row: usize| match cell::read(table.cell(row, column), decimal) {
        Cell::Number(number) => Ok(number),
        Cell::Missing => Ok(f64::NAN),
        Cell::NotFinite | Cell::Text => Err(Error::invalid(
            format!("{}:{}, column {name}", path.display(), table.line(row)),
            format!("`{}` is not a finite number", table.cell(row, column)),
            "correct it, or leave the cell empty and add --missing mean or --missing drop",
        )),
    };
    (0..table.rows()).map(number).collect()
}
