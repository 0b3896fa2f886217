//! Cells as numbers: what is missing, what is text, what becomes zeros and ones.

use std::collections::BTreeMap;
use std::path::Path;

use super::cell::{self, Cell, Decimal, Evidence};
use super::schema::Schema;
use super::table::Table;
use crate::data::missing::Missing;
use crate::data::reading::some;
use crate::error::{Error, Result};

/// The most distinct values of a column that become columns of their own.
const MOST_VALUES: usize = 200;

/// The most numbers of all features, encoded ones included.
const MOST_NUMBERS: usize = 1 << 30;

/// How many columns, lines or cells a message names.
const SHOWN: usize = 8;

/// The feature columns as numbers; NaN where a value is missing.
#[derive(Debug)]
pub(super) struct Columns {
    pub names: Vec<String>,
    /// One entry per row of the table.
    pub values: Vec<Vec<f64>>,
}

/// What is wrong with a column.
#[derive(Debug, Default)]
struct Tally {
    numbers: usize,
    /// The rows whose cell is missing.
    missing: Vec<usize>,
    /// The rows whose cell is an infinity.
    infinite: Vec<usize>,
    /// The rows whose cell is text.
    text: Vec<usize>,
}

impl Tally {
    /// Whether this is a column of words rather than of numbers with a few mistakes.
    fn is_text(&self) -> bool {
        self.text.len() > self.numbers
    }
}

/// Everything in a file that can't be read as it is, gathered so that one message names it all.
#[derive(Debug)]
pub(super) struct Faults<'a> {
    table: &'a Table,
    path: &'a Path,
    decimal: Decimal,
    missing_is: Missing,
    target: usize,
    /// Column, its name, what is wrong.
    columns: Vec<(usize, String, Tally)>,
}

impl<'a> Faults<'a> {
    pub(super) fn new(
        table: &'a Table,
        path: &'a Path,
        decimal: Decimal,
        missing_is: Missing,
        target: usize,
    ) -> Self {
        Self {
            table,
            path,
            decimal,
            missing_is,
            target,
            columns: Vec::new(),
        }
    }

    /// Reads a column of numbers, NaN where there is none.
    pub(super) fn numbers(&mut self, column: usize, name: &str) -> Vec<f64> {
        let mut tally = Tally::default();
        let mut numbers = Vec::with_capacity(self.table.rows());
        for row in 0..self.table.rows() {
            let read = cell::read(self.table.cell(row, column), self.decimal);
            match read {
                Cell::Number(_) => tally.numbers += 1,
                Cell::Missing => tally.missing.push(row),
                Cell::NotFinite => tally.infinite.push(row),
                Cell::Text => tally.text.push(row),
            }
            numbers.push(match read {
                Cell::Number(number) => number,
                _ => f64::NAN,
            });
        }
        self.columns.push((column, name.to_owned(), tally));
        numbers
    }

    /// Remembers which rows of the column of classes are missing.
    pub(super) fn names(&mut self, column: usize, name: &str) {
        let rows = 0..self.table.rows();
        let tally = Tally {
            missing: rows
                .filter(|&row| cell::is_missing(self.table.cell(row, column)))
                .collect(),
            ..Tally::default()
        };
        self.columns.push((column, name.to_owned(), tally));
    }

    /// How many cells are missing in which columns; `None` if none is.
    pub(super) fn missing(&self) -> Option<String> {
        let columns = self
            .columns
            .iter()
            .filter(|(_, _, t)| !t.missing.is_empty());
        let count: usize = columns.clone().map(|(_, _, t)| t.missing.len()).sum();
        let each: Vec<String> = columns
            .map(|(_, name, tally)| format!("{name} {}", tally.missing.len()))
            .collect();
        (count > 0).then(|| format!("{count} missing values ({})", some(&each, SHOWN)))
    }

    /// Refuses what can't be read: words among numbers, infinities, and missing values if they are an error.
    pub(super) fn check(&self) -> Result<()> {
        let mut problems = Vec::new();
        let mut remedies: Vec<String> = Vec::new();
        let mut only: Option<(u64, &str)> = None;

        let words: Vec<&(usize, String, Tally)> = self
            .columns
            .iter()
            .filter(|(_, _, t)| t.is_text())
            .collect();
        if !words.is_empty() {
            let each: Vec<String> = words
                .iter()
                .map(|(column, name, tally)| {
                    format!("{name} (`{}`)", self.table.cell(tally.text[0], *column))
                })
                .collect();
            let plural = if words.len() == 1 {
                ("column", "holds")
            } else {
                ("columns", "hold")
            };
            problems.push(format!(
                "{} {} {} text",
                plural.0,
                some(&each, 20),
                plural.1
            ));
            let features = words.iter().filter(|(column, ..)| *column != self.target);
            let quoted: Vec<String> = features.map(|(_, name, _)| format!("{name:?}")).collect();
            let list = quoted.join(", ");
            remedies.push(if list.is_empty() {
                "choose another data.target, or a loss of classes such as cross_entropy".to_owned()
            } else if words.iter().any(|(column, _, tally)| self.other_decimal(*column, tally)) {
                self.decimal_remedy().to_owned()
            } else {
                format!("leave out with data.drop = [{list}], or make a feature of every word with data.encode = [{list}]")
            });
        }
        for (column, name, tally) in self.columns.iter().filter(|(_, _, t)| !t.is_text()) {
            for (rows, what) in [
                (&tally.text, "is not a number"),
                (&tally.infinite, "is not a finite number"),
            ] {
                let Some(&row) = rows.first() else { continue };
                let cell = self.table.cell(row, *column);
                problems.push(match rows.len() {
                    1 => format!("`{cell}` {what}"),
                    count => format!(
                        "{count} cells of {name} are not finite numbers, the first is `{cell}` ({})",
                        self.lines(rows)
                    ),
                });
                only = Some((self.table.line(row), name));
                remedies.push(if self.other_decimal(*column, tally) {
                    self.decimal_remedy().to_owned()
                } else {
                    format!("repair the value, or leave the column out with data.drop = [{name:?}]")
                });
                if rows.len() > 1 {
                    problems.push(String::new());
                }
            }
        }
        let holes: Vec<&(usize, String, Tally)> = self
            .columns
            .iter()
            .filter(|(_, _, t)| !t.is_text() && !t.missing.is_empty())
            .collect();
        if self.missing_is == Missing::Error && !holes.is_empty() {
            let count: usize = holes.iter().map(|(_, _, t)| t.missing.len()).sum();
            if let ([(column, name, tally)], 1) = (&holes[..], count) {
                let row = tally.missing[0];
                problems.push(match self.table.cell(row, *column) {
                    "" => "the cell is empty".to_owned(),
                    nan if nan.eq_ignore_ascii_case("nan") => {
                        format!("`{nan}` is not a finite number")
                    }
                    sign => format!("`{sign}` says that the value is missing"),
                });
                only = Some((self.table.line(row), name));
            } else {
                let each: Vec<String> = holes
                    .iter()
                    .map(|(_, name, tally)| {
                        format!(
                            "{name} {} ({})",
                            tally.missing.len(),
                            self.lines(&tally.missing)
                        )
                    })
                    .collect();
                problems.push(format!("{count} values are missing: {}", some(&each, 20)));
                problems.push(String::new());
            }
            remedies.push(
                "fill it in, or set data.missing = \"drop\" (leaves such samples out) or \"mean\""
                    .into(),
            );
        }
        if problems.is_empty() {
            return Ok(());
        }
        let place = match (problems.len(), only) {
            (1, Some((line, name))) => format!("{}:{line}, column {name}", self.path.display()),
            _ => self.path.display().to_string(),
        };
        problems.retain(|problem| !problem.is_empty());
        remedies.dedup();
        Err(Error::invalid(
            place,
            some(&problems, 20),
            remedies.join("; "),
        ))
    }

    /// The lines of rows, a few of them.
    fn lines(&self, rows: &[usize]) -> String {
        let lines: Vec<String> = rows
            .iter()
            .take(SHOWN + 1)
            .map(|&row| self.table.line(row).to_string())
            .collect();
        let word = if rows.len() == 1 { "line" } else { "lines" };
        match rows.len().checked_sub(SHOWN) {
            Some(more @ 1..) => format!("{word} {} and {more} more", lines[..SHOWN].join(", ")),
            _ => format!("{word} {}", lines.join(", ")),
        }
    }

    /// Whether a column's text is numbers with the other decimal sign.
    fn other_decimal(&self, column: usize, tally: &Tally) -> bool {
        let Some(&row) = tally.text.first() else {
            return false;
        };
        let evidence = cell::evidence(self.table.cell(row, column));
        match self.decimal {
            Decimal::Point => evidence == Evidence::Comma,
            Decimal::Comma => matches!(evidence, Evidence::Point | Evidence::GroupingComma),
        }
    }

    fn decimal_remedy(&self) -> &'static str {
        match self.decimal {
            Decimal::Point => "set data.decimal = \",\" if commas begin fractions",
            Decimal::Comma => {
                "set data.decimal = \".\" if points begin fractions, or write all numbers in one way"
            }
        }
    }
}

/// The features as columns of numbers.
///
/// # Errors
/// Where a column to be encoded has too many values; what else is wrong is left in `faults`.
pub(super) fn features(
    table: &Table,
    schema: &Schema,
    faults: &mut Faults<'_>,
    notes: &mut Vec<String>,
) -> Result<Columns> {
    let mut columns = Columns {
        names: Vec::new(),
        values: Vec::new(),
    };
    let mut truths = Vec::new();
    for (&column, &encoded) in schema.features.iter().zip(&schema.encoded) {
        let name = &schema.names[column];
        if encoded {
            faults.names(column, name);
            encode(table, column, name, &mut columns)?;
        } else if let Some(values) = truth(table, column) {
            truths.push(name.clone());
            faults.names(column, name);
            columns.names.push(name.clone());
            columns.values.push(values);
        } else {
            let values = faults.numbers(column, name);
            columns.names.push(name.clone());
            columns.values.push(values);
        }
    }
    if !truths.is_empty() {
        notes.push(format!(
            "true and false are 1 and 0 in {}",
            some(&truths, SHOWN)
        ));
    }
    Ok(columns)
}

/// A column of true and false as ones and zeros, NaN where missing; `None` where there is anything else.
pub(super) fn truth(table: &Table, column: usize) -> Option<Vec<f64>> {
    let mut any = false;
    let values = (0..table.rows()).map(|row| match table.cell(row, column) {
        "true" | "True" | "TRUE" => {
            any = true;
            Some(1.0)
        }
        "false" | "False" | "FALSE" => {
            any = true;
            Some(0.0)
        }
        cell => cell::is_missing(cell).then_some(f64::NAN),
    });
    let values: Option<Vec<f64>> = values.collect();
    values.filter(|_| any)
}

/// A column of zeros and ones for every distinct value.
fn encode(table: &Table, column: usize, name: &str, columns: &mut Columns) -> Result<()> {
    let refuse = |problem: String| {
        Err(Error::invalid(
            "data.encode",
            problem,
            format!("leave the column out with data.drop = [{name:?}]"),
        ))
    };
    let mut values: BTreeMap<&str, usize> = BTreeMap::new();
    for row in 0..table.rows() {
        let cell = table.cell(row, column);
        if !cell::is_missing(cell) {
            let next = values.len();
            values.entry(cell).or_insert(next);
        }
        if values.len() > MOST_VALUES {
            return refuse(format!(
                "{name} has more than {MOST_VALUES} distinct values"
            ));
        }
    }
    if (columns.values.len() + values.len()).saturating_mul(table.rows()) > MOST_NUMBERS {
        return refuse(format!(
            "the {} values of {name} take too much memory",
            values.len()
        ));
    }
    for &value in values.keys() {
        columns.names.push(format!("{name}={value}"));
        let rows = 0..table.rows();
        let ones = rows.map(|row| match table.cell(row, column) {
            cell if cell == value => 1.0,
            cell if cell::is_missing(cell) => f64::NAN,
            _ => 0.0,
        });
        columns.values.push(ones.collect());
    }
    Ok(())
}
