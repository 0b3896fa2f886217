//! A file's text cut into lines and cells, not yet interpreted.

use csv::{ReaderBuilder, StringRecord, Trim};

/// What stands between cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// One character.
    Byte(u8),
    /// Any number of spaces and tabs.
    Spaces,
}

impl Separator {
    /// How a message calls it.
    pub(super) fn name(self) -> String {
        match self {
            Self::Byte(b'\t') => "tabs".into(),
            Self::Byte(byte) => format!("`{}`", char::from(byte)),
            Self::Spaces => "spaces".into(),
        }
    }
}

/// Cells in rows, which may differ in length: all text in one string.
#[derive(Debug, Default)]
pub(super) struct Table {
    text: String,
    /// Where each cell's text ends.
    ends: Vec<usize>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    first: usize,
    line: u64,
}

impl Table {
    /// Cuts a text whose first line is number `line`. Empty lines are skipped.
    pub(super) fn cut(text: &str, separator: Separator, line: u64, most_rows: usize) -> Self {
        match separator {
            Separator::Byte(byte) => Self::separated(text, byte, line, most_rows),
            Separator::Spaces => Self::spaced(text, line, most_rows),
        }
    }

    fn separated(text: &str, separator: u8, line: u64, most_rows: usize) -> Self {
        let mut table = Self::default();
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(false)
            .delimiter(separator)
            .trim(Trim::All)
            .from_reader(text.as_bytes());
        let mut record = StringRecord::new();
        // Text in memory can always be read and is UTF-8.
        while table.rows.len() < most_rows && reader.read_record(&mut record).unwrap_or(false) {
            let at = record.position().map_or(1, csv::Position::line);
            table.start_row(line + at - 1);
            record.iter().for_each(|cell| table.push(cell));
        }
        table
    }

    fn spaced(text: &str, line: u64, most_rows: usize) -> Self {
        let mut table = Self::default();
        for (at, mut rest) in text.lines().enumerate() {
            rest = rest.trim_start();
            if rest.is_empty() {
                continue;
            }
            if table.rows.len() == most_rows {
                break;
            }
            table.start_row(line + at as u64);
            while !rest.is_empty() {
                let quoted = rest.strip_prefix('"').and_then(|rest| rest.split_once('"'));
                let (cell, after) = quoted
                    .or_else(|| rest.split_once(char::is_whitespace))
                    .unwrap_or((rest, ""));
                table.push(cell);
                rest = after.trim_start();
            }
        }
        table
    }

    fn start_row(&mut self, line: u64) {
        let first = self.ends.len();
        self.rows.push(Row { first, line });
    }

    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    /// How many cells a row has.
    pub(super) fn width(&self, row: usize) -> usize {
        let next = self.rows.get(row + 1);
        next.map_or(self.ends.len(), |next| next.first) - self.rows[row].first
    }

    /// The line in which a row begins, from 1.
    pub(super) fn line(&self, row: usize) -> u64 {
        self.rows[row].line
    }

    /// A cell, without surrounding spaces.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let at = self.rows[row].first + column;
        let start = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[at]]
    }

    /// All cells of a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = &str> {
        (0..self.width(row)).map(move |column| self.cell(row, column))
    }

    /// All cells of all rows with their row.
    pub(super) fn cells(&self) -> impl Iterator<Item = (usize, &str)> {
        (0..self.rows()).flat_map(move |row| self.row(row).map(move |cell| (row, cell)))
    }

    /// Leaves the first row out.
    pub(super) fn forget_first(&mut self) {
        if !self.rows.is_empty() {
            self.rows.remove(0);
        }
    }
}
