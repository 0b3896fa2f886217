//! How a file separates its cells and writes its fractions.

use std::path::Path;

use super::cell::{self, Cell, Decimal, Evidence};
use super::table::{Separator, Table};
use crate::error::{Error, Result};

/// In the order in which they win a tie.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// How much of a file is looked at to find its separator.
const SAMPLE_BYTES: usize = 1 << 16;
const SAMPLE_ROWS: usize = 200;

/// The part of a text that holds the table: after lines that begin with # and a line such as `sep=;`.
#[derive(Debug)]
pub(super) struct Body<'a> {
    pub text: &'a str,
    /// The number of its first line.
    pub line: u64,
    /// What the last line with a # says, which may be the columns' names.
    pub comment: Option<&'a str>,
    /// What `sep=` names.
    pub separator: Option<Separator>,
}

/// Finds the table in a text.
pub(super) fn body(text: &str) -> Body<'_> {
    let mut body = Body {
        text,
        line: 1,
        comment: None,
        separator: None,
    };
    loop {
        let (line, rest) = body.text.split_once('\n').unwrap_or((body.text, ""));
        let line = line.trim_end_matches('\r');
        let bare = line.trim().trim_matches('"');
        let names = |prefix: &str| {
            bare.get(..4)
                .is_some_and(|s| s.eq_ignore_ascii_case(prefix))
        };
        if let Some(comment) = bare.strip_prefix('#') {
            body.comment = Some(comment.trim());
        } else if names("sep=") && bare.len() <= 5 {
            // Only a tab vanishes in trimming.
            let sign = bare.as_bytes().get(4).copied().unwrap_or(b'\t');
            body.separator = sign.is_ascii().then_some(Separator::Byte(sign));
        } else if !line.trim().is_empty() || rest.is_empty() {
            return body;
        }
        body.text = rest;
        body.line += 1;
    }
}

/// The separator that a configuration names.
pub(super) fn named(separator: &str) -> Result<Separator> {
    match (separator, separator.as_bytes()) {
        ("tab" | "\\t", _) => Ok(Separator::Byte(b'\t')),
        (" " | "space" | "spaces", _) => Ok(Separator::Spaces),
        (_, [byte]) if !byte.is_ascii_alphanumeric() && !b"\"\n\r.-+".contains(byte) => {
            Ok(Separator::Byte(*byte))
        }
        _ => Err(Error::invalid(
            "data.separator",
            format!("`{separator}` is not what stands between cells"),
            "use a single sign such as \",\" or \";\", or \"tab\" or \"space\"",
        )),
    }
}

/// The separator that makes a table of the text: every line the same number of cells, and these numbers or words without
/// another separator in them.
pub(super) fn separator(body: &Body<'_>) -> Separator {
    let part = floor(body.text, SAMPLE_BYTES);
    let sample = match part.rsplit_once('\n') {
        // The last line of a part is not whole.
        Some((whole, _)) if part.len() < body.text.len() => whole,
        _ => part,
    };
    let mut best = (0.0, Separator::Byte(b','));
    for byte in SEPARATORS {
        let score = score(sample, Separator::Byte(byte));
        if score > best.0 {
            best = (score, Separator::Byte(byte));
        }
    }
    let spaces = score(sample, Separator::Spaces);
    if spaces >= 1.0 && spaces > best.0 {
        return Separator::Spaces;
    }
    best.1
}

/// The first `most` bytes or a little less, whole letters.
fn floor(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// From 0 to 2: the share of lines with as many cells as the first (or one more, as R writes its row names), times
/// 1 + the share of cells that are numbers - the share of others that another separator cuts.
fn score(sample: &str, separator: Separator) -> f64 {
    let table = Table::cut(sample, separator, 1, SAMPLE_ROWS);
    if table.rows() == 0 || table.width(0) < 2 {
        return 0.0;
    }
    let width = table.width(0);
    let even = |wanted: usize| {
        let rows = (1..table.rows()).filter(|&row| table.width(row) == wanted);
        1 + rows.count()
    };
    let even = even(width).max(if table.rows() > 1 { even(width + 1) } else { 1 });
    let cut = |cell: &str| {
        let other =
            |byte: &u8| separator != Separator::Byte(*byte) && cell.contains(char::from(*byte));
        let spaced = separator != Separator::Spaces && cell.split(' ').any(is_numeric);
        SEPARATORS.iter().any(other) || spaced
    };
    let (mut cells, mut numbers) = (0, 0);
    for (_, cell) in table.cells() {
        cells += 1;
        numbers += match is_numeric(cell) {
            true => 1,
            false => -i32::from(cut(cell)),
        };
    }
    even as f64 / table.rows() as f64 * (1.0 + f64::from(numbers) / f64::from(cells.max(1)))
}

/// Whether a cell is a number with either decimal sign.
fn is_numeric(cell: &str) -> bool {
    [Decimal::Point, Decimal::Comma]
        .into_iter()
        .any(|decimal| matches!(cell::read(cell, decimal), Cell::Number(_)))
}

/// The decimal sign, and whether commas stand between thousands.
///
/// # Errors
/// Where cells contradict each other, or `1,234` may be both; the message names `data.decimal`.
pub(super) fn decimal(
    table: &Table,
    separator: Separator,
    path: &Path,
) -> Result<(Decimal, Option<&'static str>)> {
    let (mut comma, mut grouping, mut either, mut grouping_point) = (None, None, None, None);
    for (row, cell) in table.cells() {
        if !cell.contains(',') && cell.matches('.').count() < 2 {
            continue; // the usual cell, which reads the same either way
        }
        let seen = || Some((table.line(row), cell.to_owned()));
        match cell::evidence(cell) {
            Evidence::None | Evidence::Point => {}
            Evidence::Comma => comma = comma.or_else(seen),
            Evidence::GroupingComma => grouping = grouping.or_else(seen),
            Evidence::GroupingPoint => grouping_point = grouping_point.or_else(seen),
            Evidence::Either => either = either.or_else(seen),
        }
    }
    let points = || {
        let mut cells = table.cells();
        cells.any(|(_, cell)| cell::evidence(cell) == Evidence::Point)
    };
    const THOUSANDS: &str = "with commas between thousands";
    let refuse = |line: u64, problem: String| {
        Err(Error::invalid(
            format!("{}:{line}", path.display()),
            problem,
            "set data.decimal = \",\" or data.decimal = \".\"",
        ))
    };
    match (comma, grouping, either) {
        (Some((_, comma)), Some((line, grouping)), _) => refuse(
            line,
            format!("`{grouping}` has commas between thousands, but `{comma}` a decimal comma"),
        ),
        (Some(_), None, _) => Ok((Decimal::Comma, Some("with decimal commas"))),
        (None, Some(_), _) => Ok((Decimal::Point, Some(THOUSANDS))),
        (None, None, Some((line, cell))) => match separator {
            _ if points() => Ok((Decimal::Point, Some(THOUSANDS))),
            Separator::Byte(b',') => Ok((Decimal::Point, Some(THOUSANDS))),
            _ => refuse(
                line,
                format!(
                    "`{cell}` may be {} or {}",
                    cell.replace(',', ""),
                    cell.replace(',', ".")
                ),
            ),
        },
        (None, None, None) if grouping_point.is_some() && !points() => {
            Ok((Decimal::Comma, Some("with points between thousands")))
        }
        (None, None, None) => Ok((Decimal::Point, None)),
    }
}
