//! The columns' names: whether the first line holds them, and which column only counts the rows.

use super::cell::{self, Cell, Decimal};
use super::table::Table;

/// How many lines are looked at.
const SAMPLE_ROWS: usize = 200;

/// Whether the first row names the columns, where the configuration does not say.
///
/// `wanted` are the names that the configuration asks for: a row that holds one of them is the header. Else words above
/// numbers are names; numbers above numbers are a sample, unless they only count the columns, as pandas does where there
/// were no names.
pub(super) fn is_header(table: &Table, decimal: Decimal, wanted: &[&str]) -> bool {
    if table.rows() == 0 || table.row(0).any(|cell| wanted.contains(&cell)) {
        return true;
    }
    let rows = table.rows().min(SAMPLE_ROWS);
    if counts_columns(table) {
        return true;
    }
    let width = table.width(0);
    // R leaves the cell above the row names out.
    let shift = usize::from((1..rows).all(|row| table.width(row) == width + 1) && rows > 1);
    let (mut samples, mut repeats) = (false, false);
    for column in 0..width {
        let below = (1..rows)
            .filter(|&row| column + shift < table.width(row))
            .map(|row| table.cell(row, column + shift));
        let first = table.cell(0, column);
        let (mut known, mut numbers, mut same) = (0, 0, 0);
        for cell in below {
            let read = cell::read(cell, decimal);
            known += usize::from(read != Cell::Missing);
            numbers += usize::from(matches!(read, Cell::Number(_) | Cell::NotFinite));
            same += usize::from(cell == first);
        }
        match cell::read(first, decimal) {
            // Words above numbers.
            Cell::Text if numbers > 0 && 2 * numbers >= known => return true,
            Cell::Text if same > 0 => repeats = true,
            Cell::Number(_) if 2 * numbers > known || known == 0 => samples = true,
            _ => {}
        }
    }
    !(samples || repeats)
}

/// Whether the first row is 0, 1, 2, ... (perhaps after an empty cell or under R's rule) and nothing else.
fn counts_columns(table: &Table) -> bool {
    let mut cells: Vec<&str> = table.row(0).collect();
    if cells.first() == Some(&"") {
        cells.remove(0);
    }
    let counts = |row: &[&str]| {
        let mut numbered = row.iter().enumerate();
        numbered.all(|(at, cell)| cell.parse() == Ok(at))
    };
    let second: Vec<&str> = match table.rows() {
        0 | 1 => Vec::new(),
        _ => table.row(1).collect(),
    };
    cells.len() >= 3 && counts(&cells) && !counts(&second)
}

/// Why the first column is not a feature: it is one that pandas, R or a spreadsheet wrote to number or name the rows.
///
/// `named` is whether the file has names for its columns.
pub(super) fn index_column(table: &Table, name: &str, named: bool) -> Option<&'static str> {
    let unnamed = name.strip_prefix("Unnamed: ").is_some_and(|number| {
        let mut digits = number.chars();
        digits.all(|c| c.is_ascii_digit() || c == '.')
    });
    if unnamed || matches!(name, "rownames" | "row.names" | "__index_level_0__") {
        return Some("which pandas or R wrote to number the rows");
    }
    const NAMES: [&str; 12] = [
        "index", "Index", "INDEX", "id", "Id", "ID", "no", "No", "No.", "nr", "#", "X",
    ];
    let counts = counts_rows(table);
    if name.is_empty() && named {
        return Some("which has no name: pandas and R write row names so");
    }
    if counts && NAMES.contains(&name) {
        return Some("which only counts the rows");
    }
    let wide = table.rows() >= 5 && table.width(0) >= 3;
    (counts && !named && wide).then_some("which only counts the rows")
}

/// Whether the first column counts the rows from 0 or 1.
fn counts_rows(table: &Table) -> bool {
    let from = |start: usize| {
        let mut rows = 0..table.rows();
        rows.all(|row| {
            let cell = if table.width(row) > 0 {
                table.cell(row, 0)
            } else {
                ""
            };
            cell.strip_suffix(".0").unwrap_or(cell).parse() == Ok(row + start)
        })
    };
    table.rows() >= 2 && (from(0) || from(1))
}
