//! NumPy's `.npy` format: one array, a header in Python's own notation and the bare numbers behind it.
//!
//! Source: NumPy Enhancement Proposal 1, *A Simple File Format for NumPy Arrays*, versions 1.0 to 3.0.

/// An array, entries in row-major (C) order.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The lengths of its axes; none for a single number.
    pub shape: Vec<usize>,
    /// As many entries as the product of `shape`.
    pub entries: Entries,
}

/// What an array holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Entries {
    /// `<f4`.
    F32(Vec<f32>),
    /// `<f8`.
    F64(Vec<f64>),
    /// `<i8`; on reading any kind of integer, and booleans.
    I64(Vec<i64>),
    /// `<U`; on reading `|S` too.
    Text(Vec<String>),
}

impl Entries {
    /// The number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(entries) => entries.len(),
            Self::F64(entries) => entries.len(),
            Self::I64(entries) => entries.len(),
            Self::Text(entries) => entries.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them as `f64`; `None` for text, and where an integer has no exact `f64`.
    pub fn numbers(&self) -> Option<Vec<f64>> {
        match self {
            Self::F32(entries) => Some(entries.iter().map(|&x| f64::from(x)).collect()),
            Self::F64(entries) => Some(entries.clone()),
            Self::I64(entries) => entries
                .iter()
                .map(|&x| (x.unsigned_abs() <= 1 << 53).then_some(x as f64))
                .collect(),
            Self::Text(_) => None,
        }
    }
}

const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The most axes that NumPy allows.
const MOST_AXES: usize = 64;

/// The bytes of a file, as `numpy.save` writes them.
///
/// ```
/// use foldspace::data::npy::{Array, Entries, parse, serialise};
/// let array = Array { shape: vec![2, 1], entries: Entries::F64(vec![0.5, -1.0]) };
/// assert_eq!(parse(&serialise(&array)), Ok(array));
/// ```
pub fn serialise(array: &Array) -> Vec<u8> {
    let longest = match &array.entries {
        Entries::Text(entries) => entries.iter().map(|text| text.chars().count()).max(),
        _ => None,
    };
    let width = longest.unwrap_or(0).max(1);
    let descr = match &array.entries {
        Entries::F32(_) => "<f4".to_owned(),
        Entries::F64(_) => "<f8".to_owned(),
        Entries::I64(_) => "<i8".to_owned(),
        Entries::Text(_) => format!("<U{width}"),
    };
    let axes: Vec<String> = array.shape.iter().map(usize::to_string).collect();
    let comma = if axes.len() == 1 { "," } else { "" };
    let mut header = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}{comma}), }}",
        axes.join(", ")
    );
    // Numbers begin at a multiple of 64 bytes; the header ends in a line feed.
    let unpadded = MAGIC.len() + 4 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');

    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    match &array.entries {
        Entries::F32(entries) => bytes.extend(entries.iter().flat_map(|x| x.to_le_bytes())),
        Entries::F64(entries) => bytes.extend(entries.iter().flat_map(|x| x.to_le_bytes())),
        Entries::I64(entries) => bytes.extend(entries.iter().flat_map(|x| x.to_le_bytes())),
        Entries::Text(entries) => {
            for text in entries {
                let letters = text.chars().map(u32::from).chain(std::iter::repeat(0));
                bytes.extend(letters.take(width).flat_map(u32::to_le_bytes));
            }
        }
    }
    bytes
}

/// Reads an array of numbers, booleans or text, in C or Fortran order.
///
/// Takes memory for the entries only once their number is known to be that of the bytes that are there.
///
/// # Errors
/// What is wrong, and what to do, as "problem; remedy": a file cut short or damaged, big-endian numbers, half or complex
/// ones, dates, structures, and arrays of Python objects, which are pickled and never unpickled here.
pub fn parse(bytes: &[u8]) -> Result<Array, String> {
    let damaged = |what: &str| format!("{what}; save the array again");
    let body = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| damaged("this is not a .npy array"))?;
    let (header, data) = match body {
        [1, _, a, b, rest @ ..] => rest.split_at_checked(usize::from(u16::from_le_bytes([*a, *b]))),
        [2 | 3, _, a, b, c, d, rest @ ..] => usize::try_from(u32::from_le_bytes([*a, *b, *c, *d]))
            .ok()
            .and_then(|length| rest.split_at_checked(length)),
        [version, ..] if *version > 3 => {
            return Err(format!(
                "this is version {version} of the .npy format; save it with numpy.save as version 1, 2 or 3"
            ));
        }
        _ => None,
    }
    .ok_or_else(|| damaged("the header is cut short"))?;
    let header = std::str::from_utf8(header).map_err(|_| damaged("the header is not text"))?;
    let header = Header::parse(header)?;
    let kind = Kind::parse(&header.descr)?;
    let count = header
        .shape
        .iter()
        .try_fold(1_usize, |count, &length| count.checked_mul(length))
        .filter(|count| count.checked_mul(kind.size) == Some(data.len()))
        .ok_or_else(|| {
            damaged(&format!(
                "the shape {:?} of {} entries does not fit {} bytes of data",
                header.shape,
                header.descr,
                data.len()
            ))
        })?;
    let cells: Vec<&[u8]> = if header.fortran_order && header.shape.len() > 1 {
        let strides = strides(&header.shape);
        (0..count)
            .map(|index| {
                let place = fortran_place(index, &header.shape, &strides);
                &data[place * kind.size..(place + 1) * kind.size]
            })
            .collect()
    } else {
        data.chunks_exact(kind.size).collect()
    };
    Ok(Array {
        entries: kind.entries(&cells)?,
        shape: header.shape,
    })
}

/// The distance in entries from one index to the next along each axis, first axis fastest.
fn strides(shape: &[usize]) -> Vec<usize> {
    shape
        .iter()
        .scan(1, |stride, &length| {
            let own = *stride;
            *stride *= length;
            Some(own)
        })
        .collect()
}

/// Where the entry that is `index`-th in C order stands in Fortran order.
fn fortran_place(mut index: usize, shape: &[usize], strides: &[usize]) -> usize {
    let mut place = 0;
    for (length, stride) in shape.iter().zip(strides).rev() {
        place += index % length * stride;
        index /= length;
    }
    place
}

/// What the header says.
struct Header {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    fn parse(text: &str) -> Result<Self, String> {
        let damaged = || "the header is damaged; save the array again".to_owned();
        let inner = text
            .trim()
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'));
        let mut rest = inner.ok_or_else(damaged)?.trim();
        let (mut descr, mut order, mut shape) = (None, None, None);
        while !rest.is_empty() {
            let (key, value) = quoted(rest).ok_or_else(damaged)?;
            let value = value
                .trim_start()
                .strip_prefix(':')
                .ok_or_else(damaged)?
                .trim_start();
            rest = match key {
                "descr" if value.starts_with('[') => {
                    return Err(
                        "the array holds structures; save each field as an array of its own".into(),
                    );
                }
                "descr" => {
                    let (kind, rest) = quoted(value).ok_or_else(damaged)?;
                    descr = Some(kind.to_owned());
                    rest
                }
                "fortran_order" => {
                    let (word, rest) = ["True", "False"]
                        .into_iter()
                        .find_map(|word| Some((word, value.strip_prefix(word)?)))
                        .ok_or_else(damaged)?;
                    order = Some(word == "True");
                    rest
                }
                "shape" => {
                    let value = value.strip_prefix('(').ok_or_else(damaged)?;
                    let (axes, rest) = value.split_once(')').ok_or_else(damaged)?;
                    shape = Some(lengths(axes).ok_or_else(damaged)?);
                    rest
                }
                _ => return Err(damaged()),
            }
            .trim_start();
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest.trim_start(),
                None if rest.is_empty() => rest,
                None => return Err(damaged()),
            };
        }
        match (descr, order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Self {
                descr,
                fortran_order,
                shape,
            }),
            _ => Err(damaged()),
        }
    }
}

/// A quoted word, and what follows it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text
        .chars()
        .next()
        .filter(|&quote| quote == '\'' || quote == '"')?;
    text[1..].split_once(quote)
}

/// The numbers of `3, 4` or `3,`.
fn lengths(text: &str) -> Option<Vec<usize>> {
    let text = text.trim();
    let text = text.strip_suffix(',').unwrap_or(text);
    if text.is_empty() {
        return Some(Vec::new());
    }
    let lengths: Vec<usize> = text
        .split(',')
        .map(|length| length.trim().parse().ok())
        .collect::<Option<_>>()?;
    (lengths.len() <= MOST_AXES).then_some(lengths)
}

/// A type of entry: NumPy's letter for it and the bytes it takes.
struct Kind {
    letter: char,
    size: usize,
}

impl Kind {
    fn parse(descr: &str) -> Result<Self, String> {
        let mut letters = descr.chars();
        let order = letters.next();
        let letter = letters.next();
        let size = letters.as_str().parse::<usize>().ok();
        if letter == Some('O') {
            return Err(
                "the array holds pickled Python objects, which can run any program when read; save it with a plain \
                 type, for example array.astype(float) or array.astype(str)"
                    .into(),
            );
        }
        if order == Some('>') && size != Some(1) {
            return Err(format!(
                "its numbers are big-endian ({descr}); save array.astype(array.dtype.newbyteorder('<'))"
            ));
        }
        let size = match (letter, size) {
            (Some('U'), Some(letters @ 1..)) => letters.checked_mul(4),
            (Some('S'), Some(bytes @ 1..)) => Some(bytes),
            (Some('f'), Some(size @ (4 | 8)))
            | (Some('i' | 'u'), Some(size @ (1 | 2 | 4 | 8)))
            | (Some('b'), Some(size @ 1)) => Some(size),
            _ => None,
        };
        match (order, letter, size) {
            (Some('<' | '|' | '=' | '>'), Some(letter), Some(size)) => Ok(Self { letter, size }),
            _ => Err(format!(
                "its entries are of type {descr:?}; save them as float64, float32, integers, booleans or text"
            )),
        }
    }

    /// Decodes entries; every cell has `size` bytes.
    fn entries(&self, cells: &[&[u8]]) -> Result<Entries, String> {
        Ok(match (self.letter, self.size) {
            ('f', 4) => Entries::F32(
                cells
                    .iter()
                    .map(|cell| f32::from_le_bytes(fixed(cell)))
                    .collect(),
            ),
            ('f', _) => Entries::F64(
                cells
                    .iter()
                    .map(|cell| f64::from_le_bytes(fixed(cell)))
                    .collect(),
            ),
            ('U', _) => Entries::Text(
                cells
                    .iter()
                    .map(|cell| utf32(cell))
                    .collect::<Result<_, _>>()?,
            ),
            ('S', _) => Entries::Text(
                cells
                    .iter()
                    .map(|cell| ascii(cell))
                    .collect::<Result<_, _>>()?,
            ),
            (letter, _) => {
                let signed = letter == 'i';
                Entries::I64(
                    cells
                        .iter()
                        .map(|cell| integer(cell, signed))
                        .collect::<Result<_, _>>()?,
                )
            }
        })
    }
}

/// The first N bytes of a cell that has as many.
fn fixed<const N: usize>(cell: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| cell.get(i).copied().unwrap_or(0))
}

/// An integer of 1 to 8 bytes.
fn integer(cell: &[u8], signed: bool) -> Result<i64, String> {
    let negative = signed && cell.last().is_some_and(|&byte| byte >= 0x80);
    let filler = if negative { 0xff } else { 0 };
    let bytes: [u8; 8] = std::array::from_fn(|i| cell.get(i).copied().unwrap_or(filler));
    let value = i64::from_le_bytes(bytes);
    if !signed && value < 0 {
        return Err("an unsigned integer is above 2^63; save the array as float64".into());
    }
    Ok(value)
}

/// Text in UTF-32, without the zeros that fill it up.
fn utf32(cell: &[u8]) -> Result<String, String> {
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
        .ok_or_else(|| "a text is not Unicode; save the array again".into())
}

/// Text in single bytes, without the zeros that fill it up.
fn ascii(cell: &[u8]) -> Result<String, String> {
    let end = cell
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    std::str::from_utf8(&cell[..end])
        .map(str::to_owned)
        .map_err(|_| "a text is not UTF-8; save the array with dtype str".into())
}
