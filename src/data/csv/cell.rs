//! What a cell says: a number, nothing, or text.

/// A cell of a column of numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    /// One of the marks for a missing value.
    Missing,
    /// An infinity, or beyond the largest number.
    NotFinite,
    Text,
}

/// The character between a number's whole part and its fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decimal {
    /// `1,234.5`.
    Point,
    /// `1.234,5`.
    Comma,
}

/// The marks for missing values of pandas, R, spreadsheets, SQL and UCI's repository.
const MISSING: [&str; 29] = [
    "", "NA", "N/A", "n/a", "#N/A", "#N/A N/A", "#NA", "<NA>", "NaN", "nan", "NAN", "-NaN", "-nan",
    "NULL", "Null", "null", "None", "?", "-", "--", "---", "\u{2013}", "\u{2014}", ".", "\\N",
    "1.#QNAN", "-1.#IND", "1.#IND", "#VALUE!",
];

/// Whether a cell stands for a missing value.
pub(super) fn is_missing(cell: &str) -> bool {
    MISSING.contains(&cell)
}

/// The characters that may stand between groups of three digits, whatever the decimal sign: spaces of several widths and the
/// Swiss apostrophe.
const GROUPING: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '\u{2019}'];

/// Reads a cell.
pub(super) fn read(cell: &str, decimal: Decimal) -> Cell {
    if is_missing(cell) {
        return Cell::Missing;
    }
    let number = match decimal {
        Decimal::Point => cell.parse().ok(),
        Decimal::Comma => None,
    };
    match number.or_else(|| plain(cell, decimal)?.parse().ok()) {
        Some(number) if f64::is_finite(number) => Cell::Number(number),
        Some(number) if number.is_nan() => Cell::Missing,
        Some(_) => Cell::NotFinite,
        None => Cell::Text,
    }
}

/// A number without grouping and with a point; `None` where it is not one.
fn plain(cell: &str, decimal: Decimal) -> Option<String> {
    let (point, group) = match decimal {
        Decimal::Point => ('.', ','),
        Decimal::Comma => (',', '.'),
    };
    let (sign, rest) = signed(cell);
    if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some(cell.to_owned()); // "inf" and the like
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let (whole, fraction) = match mantissa.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let mut number = String::from(sign);
    number += &ungrouped(whole, group)?;
    if let Some(fraction) = fraction {
        number.push('.');
        number += fraction;
    }
    number += exponent;
    Some(number)
}

/// The sign as ASCII, and the rest.
fn signed(cell: &str) -> (&'static str, &str) {
    match cell.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => ("-", rest),
        None => ("", cell.strip_prefix('+').unwrap_or(cell)),
    }
}

/// The digits of a whole number, whose groups of three may be separated by one and the same character.
fn ungrouped(whole: &str, group: char) -> Option<String> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(whole) {
        return Some(whole.to_owned());
    }
    let mark = whole
        .chars()
        .find(|c| *c == group || GROUPING.contains(c))?;
    let mut groups = whole.split(mark);
    // A whole part of 0 is not the first of several groups.
    let first = groups
        .next()
        .filter(|first| (1..=3).contains(&first.len()) && !first.starts_with('0'))?;
    let mut number = String::from(first);
    for three in groups {
        if three.len() != 3 {
            return None;
        }
        number += three;
    }
    digits(&number).then_some(number)
}

/// What a cell says about the decimal sign of its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    /// Nothing.
    None,
    /// A number only with a decimal point, `0.5`.
    Point,
    /// A number only with commas between thousands, `1,234,567` or `1,234.5`.
    GroupingComma,
    /// A number only with a decimal comma, `0,5` or `1.234,5`.
    Comma,
    /// A number only with points between thousands, `1.234.567`.
    GroupingPoint,
    /// 1234 with a comma between thousands, 1.234 with a decimal comma: `1,234`.
    Either,
}

/// What a cell says about the decimal sign.
pub(super) fn evidence(cell: &str) -> Evidence {
    let commas = cell.matches(',').count();
    let points = cell.matches('.').count();
    if commas == 0 && points == 0 {
        return Evidence::None;
    }
    let number = |decimal| matches!(read(cell, decimal), Cell::Number(_) | Cell::NotFinite);
    match (number(Decimal::Point), number(Decimal::Comma)) {
        (false, false) => Evidence::None,
        (true, false) if commas > 0 => Evidence::GroupingComma,
        (true, false) => Evidence::Point,
        (false, true) if commas == 0 => Evidence::GroupingPoint,
        (false, true) => Evidence::Comma,
        (true, true) if commas > 0 => Evidence::Either,
        // `1.234` is taken as written, unless other cells have decimal commas.
        (true, true) => Evidence::None,
    }
}
