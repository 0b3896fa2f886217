//! The types of entries, and a cell's bytes as a number or a text.

use super::{Problem, damaged};

/// A type of entry: NumPy's letter for it, the bytes it takes, and their order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub letter: char,
    pub size: usize,
    /// Bytes that are one number (or letter), where the largest comes first.
    reversed: Option<usize>,
}

/// Why an array of Python objects is left alone.
pub(in crate::data) const PICKLED: &str =
    "the array holds pickled Python objects, which can run any program when read";

impl Kind {
    pub(super) fn parse(descr: &str) -> Result<Self, Problem> {
        let mut letters = descr.chars();
        let order = letters.next();
        let letter = letters.next();
        let size = letters.as_str().parse::<usize>().ok();
        if letter == Some('O') {
            return Err(Problem::new(
                PICKLED,
                "save it with a plain type, for example array.astype(float) or array.astype(str)",
            ));
        }
        let (size, unit) = match (letter, size) {
            (Some('U'), Some(letters @ 1..)) => (letters.checked_mul(4), 4),
            (Some('S'), Some(bytes @ 1..)) => (Some(bytes), 1),
            (Some('f'), Some(size @ (2 | 4 | 8)))
            | (Some('i' | 'u'), Some(size @ (1 | 2 | 4 | 8)))
            | (Some('b'), Some(size @ 1)) => (Some(size), size),
            _ => (None, 1),
        };
        match (order, letter, size) {
            (Some(order @ ('<' | '|' | '=' | '>')), Some(letter), Some(size)) => Ok(Self {
                letter,
                size,
                reversed: (order == '>' && unit > 1).then_some(unit),
            }),
            _ => Err(Problem::new(
                format!("its entries are of type {descr:?}"),
                "save them as float64, float32, integers, booleans or text",
            )),
        }
    }

    pub(super) fn to_little_endian(self, cell: &mut [u8]) {
        if let Some(unit) = self.reversed {
            cell.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
    }
}

/// The first N bytes of a cell that has as many.
pub(super) fn fixed<const N: usize>(cell: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| cell.get(i).copied().unwrap_or(0))
}

/// An integer of 1 to 8 bytes.
pub(super) fn integer(cell: &[u8], signed: bool) -> Result<i64, Problem> {
    let negative = signed && cell.last().is_some_and(|&byte| byte >= 0x80);
    let filler = if negative { 0xff } else { 0 };
    let bytes: [u8; 8] = std::array::from_fn(|i| cell.get(i).copied().unwrap_or(filler));
    let value = i64::from_le_bytes(bytes);
    if !signed && value < 0 {
        return Err(Problem::new(
            "an unsigned integer is above 2^63",
            "save the array as float64",
        ));
    }
    Ok(value)
}

/// Text in UTF-32, without the zeros that fill it up.
pub(super) fn utf32(cell: &[u8]) -> Result<String, Problem> {
    let (letters, _) = cell.as_chunks::<4>();
    let codes: Vec<u32> = letters
        .iter()
        .map(|bytes| u32::from_le_bytes(*bytes))
        .collect();
    let end = codes
        .iter()
        .rposition(|&code| code != 0)
        .map_or(0, |last| last + 1);
    codes[..end]
        .iter()
        .map(|&code| char::from_u32(code))
        .collect::<Option<String>>()
        .ok_or_else(|| damaged("a text is not Unicode"))
}

/// Text in single bytes, without the zeros that fill it up.
pub(super) fn ascii(cell: &[u8]) -> Result<String, Problem> {
    let end = cell
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    std::str::from_utf8(&cell[..end])
        .map(str::to_owned)
        .map_err(|_| Problem::new("a text is not UTF-8", "save the array with dtype str"))
}
