//! Data sets as CSV: one line per sample, one column that is the target, and a header that names the columns.
//!
//! What different programs and locales write is recognised and noted: separators, decimal commas, encodings, files without a
//! header, row numbers ([`read`]). The `csv` crate cuts lines into cells, `encoding_rs` makes text of bytes.

mod cell;
mod columns;
mod dialect;
mod encoding;
mod header;
mod known;
mod options;
mod schema;
mod survey;
mod table;
mod write;

use std::path::Path;

use faer::Mat;

use self::cell::Decimal;
use self::columns::{Columns, Faults};
use self::schema::Schema;
use self::table::{Separator, Table};
use super::dataset::Dataset;
use super::missing::Missing;
use super::reading::{Reading, mean, some};
use super::targets::Task;
use super::targets::{Purpose, of_names, of_numbers};
use crate::error::{Error, Result};
pub(super) use known::read as read_known;
pub use options::CsvOptions;
pub(super) use options::OPTIONAL;
pub use survey::{ColumnSurvey, survey};
pub use write::write;

/// The target column's name where none is given, and the one that class labels are written under.
pub const LABEL: &str = "label";

/// Reads a data set; every column but the target (`label` where none is named) is a feature.
///
/// Classes are sorted, by value where all are numbers and else by name, and numbered from 0. Notes are left out; see
/// [`read_with`].
///
/// # Errors
/// As [`parse_with`], and [`Error::Io`] where the file can't be read.
pub fn read(path: &Path, target_column: Option<&str>, task: Task) -> Result<Dataset> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    parse(&bytes, path, target_column, task)
}

/// Reads a data set from a file's bytes; `path` is what errors call it.
///
/// # Errors
/// As [`parse_with`].
pub fn parse(
    bytes: &[u8],
    path: &Path,
    target_column: Option<&str>,
    task: Task,
) -> Result<Dataset> {
    let options = CsvOptions {
        target: target_column.unwrap_or(LABEL).to_owned(),
        task,
        ..CsvOptions::default()
    };
    Ok(parse_with(bytes, path, &options, Task::Auto)?.data)
}

/// Reads a data set with notes on what was recognised; `of_loss` is what the loss makes of targets that may be either.
///
/// # Errors
/// As [`parse_with`], and [`Error::Io`] where the file can't be read.
pub fn read_with(path: &Path, options: &CsvOptions, of_loss: Task) -> Result<Reading> {
    let bytes = std::fs::read(path).map_err(Error::io(path, "read"))?;
    parse_with(&bytes, path, options, of_loss)
}

/// Reads a data set from a file's bytes; `path` is what errors call it.
///
/// ```
/// use std::path::Path;
/// use foldspace::data::Task;
/// use foldspace::data::csv::{CsvOptions, parse_with};
///
/// let text = "Länge;Sorte\n0,5;a\n1,25;b\n";
/// let options = CsvOptions { target: "Sorte".into(), ..CsvOptions::default() };
/// let reading = parse_with(text.as_bytes(), Path::new("a.csv"), &options, Task::Auto)?;
/// assert_eq!(reading.data.features[(1, 0)], 1.25);
/// assert_eq!(reading.notes, ["a.csv is read as separated by `;`, with decimal commas"]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// Where there are no samples, no features, no such target column or a repeated or empty column name; where a row is too short or
/// too long; where cells are missing (if that is an error), not finite, or features not numbers; where there is only one class;
/// where a number may be read in two ways. The message names lines and columns.
pub fn parse_with(
    bytes: &[u8],
    path: &Path,
    options: &CsvOptions,
    of_loss: Task,
) -> Result<Reading> {
    let mut opened = Opened::open(bytes, path, options)?;
    let (table, notes) = (&mut opened.table, &mut opened.notes);
    let schema = schema::find(table, path, options, opened.decimal, opened.comment, notes)?;
    let Opened {
        table,
        decimal,
        notes,
        ..
    } = opened;
    understand(&table, path, options, decimal, &schema, of_loss, notes)
}

/// A file cut into cells, before its columns are understood.
struct Opened {
    table: Table,
    decimal: Decimal,
    /// What a line with a # before the table says.
    comment: Option<Vec<String>>,
    /// What was recognised.
    notes: Vec<String>,
}

impl Opened {
    fn open(bytes: &[u8], path: &Path, options: &CsvOptions) -> Result<Self> {
        let text = encoding::decode(bytes, path, options.encoding.as_deref())?;
        let mut taken = text.taken;
        let body = dialect::body(&text.text);
        let separator = match (&options.separator, body.separator) {
            (Some(named), _) => dialect::named(named)?,
            (None, Some(named)) => named,
            (None, None) => dialect::separator(&body),
        };
        if options.separator.is_none() && separator != Separator::Byte(b',') {
            taken.push(format!("separated by {}", separator.name()));
        }
        let table = Table::cut(body.text, separator, body.line, usize::MAX);
        let decimal = match options.decimal.as_deref() {
            Some(".") => Decimal::Point,
            Some(",") => Decimal::Comma,
            Some(other) => {
                return Err(Error::invalid(
                    "data.decimal",
                    format!("`{other}` does not begin a fraction"),
                    "use \".\" or \",\"",
                ));
            }
            None => {
                let (decimal, found) = dialect::decimal(&table, separator, path)?;
                taken.extend(found.map(str::to_owned));
                decimal
            }
        };
        let mut notes = Vec::new();
        if !taken.is_empty() {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            notes.push(format!("{file} is read {}", phrase(&taken)));
        }
        let comment = body.comment.map(|line| {
            let comment = Table::cut(line, separator, 1, 1);
            match comment.rows() {
                0 => Vec::new(),
                _ => comment.row(0).map(String::from).collect(),
            }
        });
        Ok(Self {
            table,
            decimal,
            comment,
            notes,
        })
    }
}

/// "as UTF-16, separated by tabs".
fn phrase(taken: &[String]) -> String {
    let text = taken.join(", ");
    match text.starts_with("as ") || text.starts_with("with ") {
        true => text,
        false => format!("as {text}"),
    }
}

/// Cells as features and targets.
fn understand(
    table: &Table,
    path: &Path,
    options: &CsvOptions,
    decimal: Decimal,
    schema: &Schema,
    of_loss: Task,
    mut notes: Vec<String>,
) -> Result<Reading> {
    let mut faults = Faults::new(table, path, decimal, options.missing, schema.target);
    let columns = columns::features(table, schema, &mut faults, &mut notes)?;
    let (at, target_name) = (schema.target, &schema.names[schema.target]);
    let words = options.task != Task::Regression && holds_words(table, at, decimal, of_loss);
    let numbers = if words {
        faults.names(at, target_name);
        Vec::new()
    } else {
        faults.numbers(at, target_name)
    };
    faults.check()?;

    let no_target = |row: usize| cell::is_missing(table.cell(row, at));
    let has_hole = |row: usize| columns.values.iter().any(|column| column[row].is_nan());
    let rows: Vec<usize> = match options.missing {
        Missing::Error => (0..table.rows()).collect(),
        Missing::Drop => (0..table.rows())
            .filter(|&row| !no_target(row) && !has_hole(row))
            .collect(),
        Missing::Mean => (0..table.rows()).filter(|&row| !no_target(row)).collect(),
    };
    if let Some(missing) = faults.missing() {
        let left_out = table.rows() - rows.len();
        let what = match options.missing {
            Missing::Mean => format!(
                "features get their column's mean, {left_out} samples without a target are left out"
            ),
            _ => format!("{left_out} of {} samples are left out", table.rows()),
        };
        notes.push(format!("{missing}: {what}"));
    }
    if rows.is_empty() {
        return Err(Error::invalid(
            path.display().to_string(),
            "no sample is left: every one misses a value",
            "leave columns out with data.drop, or set data.missing = \"mean\"",
        ));
    }
    let (features, filled) = matrix(path, &columns, &rows)?;

    let place = format!("{}, column {target_name}", path.display());
    let where_is = |sample: usize| {
        format!(
            "{}:{}, column {target_name}",
            path.display(),
            table.line(rows[sample])
        )
    };
    let target = if words {
        let names: Vec<&str> = rows.iter().map(|&row| table.cell(row, at)).collect();
        of_names(&place, &names)?
    } else {
        let numbers: Vec<f64> = rows.iter().map(|&row| numbers[row]).collect();
        let purpose = Purpose {
            task: options.task,
            of_loss,
        };
        of_numbers(
            &place,
            target_name,
            &numbers,
            purpose,
            &where_is,
            &mut notes,
        )?
    };
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Reading {
        data: Dataset::new(name, features, columns.names, target)?,
        notes,
        filled,
    })
}

/// Whether the target column holds names of classes: words, and not numbers with fractions and a few mistakes among them.
fn holds_words(table: &Table, column: usize, decimal: Decimal, of_loss: Task) -> bool {
    let (mut numbers, mut words, mut fractions) = (0, 0, of_loss == Task::Regression);
    for row in 0..table.rows() {
        match cell::read(table.cell(row, column), decimal) {
            cell::Cell::Number(number) => {
                numbers += 1;
                fractions |= number.fract() != 0.0;
            }
            cell::Cell::Text => words += 1,
            cell::Cell::Missing | cell::Cell::NotFinite => {}
        }
    }
    words > 0 && !(fractions && words < numbers)
}

/// A cell by sample and feature.
type Place = (usize, usize);

/// The features of some rows, what is missing as its column's mean, and where that was.
fn matrix(path: &Path, columns: &Columns, rows: &[usize]) -> Result<(Mat<f64>, Vec<Place>)> {
    let mut filled: Vec<Place> = Vec::new();
    let mut means = Vec::with_capacity(columns.values.len());
    let mut unknown = Vec::new();
    for (j, values) in columns.values.iter().enumerate() {
        let known = rows
            .iter()
            .map(|&row| values[row])
            .filter(|value| !value.is_nan());
        means.push(mean(known).unwrap_or_else(|| {
            unknown.push(columns.names[j].clone());
            0.0
        }));
    }
    if !unknown.is_empty() {
        return Err(Error::invalid(
            path.display().to_string(),
            format!("every value of {} is missing", some(&unknown, 8)),
            format!("leave out with data.drop = {unknown:?}"),
        ));
    }
    let features = Mat::from_fn(rows.len(), columns.values.len(), |i, j| {
        match columns.values[j][rows[i]] {
            value if value.is_nan() => {
                filled.push((i, j));
                means[j]
            }
            value => value,
        }
    });
    Ok((features, filled))
}
