//! What the columns of a table look like, before it is known which is the target.

use std::collections::BTreeSet;
use std::path::Path;

use super::cell::{self, Cell};
use super::options::CsvOptions;
use super::{Opened, header, schema};
use crate::error::Result;

/// Distinct values are counted up to this many.
const MOST_VALUES: usize = 1000;

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnSurvey {
    /// Its name; `x1`, `x2` ... where the file has none.
    pub name: String,
    /// Cells that hold a number.
    pub numbers: usize,
    /// Whether all of those are whole.
    pub whole: bool,
    /// Cells that hold something else; `true` and `false` count as numbers.
    pub words: usize,
    /// Cells that say that a value is missing.
    pub missing: usize,
    /// How many different values there are, at most 1001.
    pub distinct: usize,
    /// Why the column is not a feature, if it only numbers the rows.
    pub numbers_rows: Option<&'static str>,
}

/// Looks at every column of a file's bytes; `path` is what errors call it. `options` says how to cut it into cells.
///
/// ```
/// use std::path::Path;
/// use foldspace::data::csv::{CsvOptions, survey};
///
/// let text = "size;kind\n1,5;a\n2;b\n;a\n";
/// let columns = survey(text.as_bytes(), Path::new("a.csv"), &CsvOptions::default())?;
/// assert_eq!((columns[0].numbers, columns[0].missing, columns[0].whole), (2, 1, false));
/// assert_eq!((columns[1].words, columns[1].distinct), (3, 2));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// Where the file is not a table, is empty, or has rows of different lengths.
pub fn survey(bytes: &[u8], path: &Path, options: &CsvOptions) -> Result<Vec<ColumnSurvey>> {
    let mut opened = Opened::open(bytes, path, options)?;
    let (table, decimal) = (&mut opened.table, opened.decimal);
    let head = schema::name_columns(
        table,
        path,
        options.header,
        decimal,
        opened.comment,
        &[options.target.as_str()],
        &mut opened.notes,
    )?;
    let columns = head.names.iter().enumerate().map(|(at, name)| {
        let mut survey = ColumnSurvey {
            name: name.clone(),
            numbers: 0,
            whole: true,
            words: 0,
            missing: 0,
            distinct: 0,
            numbers_rows: None,
        };
        let mut values: BTreeSet<&str> = BTreeSet::new();
        for row in 0..table.rows() {
            let text = table.cell(row, at);
            match cell::read(text, decimal) {
                Cell::Number(number) => {
                    survey.numbers += 1;
                    survey.whole &= number.fract() == 0.0;
                }
                Cell::Missing => {
                    survey.missing += 1;
                    continue;
                }
                _ if matches!(text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE") => {
                    survey.numbers += 1;
                }
                _ => survey.words += 1,
            }
            if values.len() <= MOST_VALUES {
                values.insert(text);
            }
        }
        survey.distinct = values.len();
        survey
    });
    let mut columns: Vec<ColumnSurvey> = columns.collect();
    if let Some(first) = columns.first_mut() {
        first.numbers_rows = match head.short {
            true => Some("it holds R's row names"),
            false => header::index_column(table, &head.names[0], head.named),
        };
    }
    Ok(columns)
}
