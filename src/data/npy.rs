//! NumPy's `.npy` format: one array, a header in Python's own notation and the bare numbers behind it.
//!
//! Source: NumPy Enhancement Proposal 1, *A Simple File Format for NumPy Arrays*, versions 1.0 to 3.0.

use std::io::Read;

use half::f16;

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

/// What is wrong with an array, and what to do; where it stands its reader knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Problem {
    pub(super) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}; {}", self.problem, self.remedy)
    }
}

/// The first bytes of every such file.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// The most bytes that one array may take in memory once decoded: 8 an entry for numbers, the text and a string's own
/// size for text. A damaged or hostile file can ask for no more.
pub const MOST_BYTES: u64 = 1 << 30;

/// The longest header that is read; NumPy's own have some hundred bytes.
const LONGEST_HEADER: u32 = 1 << 20;

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
/// A file cut short or damaged, complex numbers, dates, structures, arrays of Python objects, which are pickled and never
/// unpickled here, and more entries than [`MOST_BYTES`] hold.
pub fn parse(bytes: &[u8]) -> Result<Array, Problem> {
    let mut rest = bytes;
    let header = Header::read(&mut rest)?;
    let room = rest.len() as u64;
    if header.bytes() != Some(room) {
        return Err(header.misfit(&format!("{room} bytes of data")));
    }
    let shape = header.shape.clone();
    let entries = header.entries(&mut rest, room)?;
    Ok(Array { shape, entries })
}

/// An array's type and shape; its entries follow in the reader that the header came from.
#[derive(Debug, Clone)]
pub struct Header {
    /// The lengths of its axes.
    pub shape: Vec<usize>,
    kind: Kind,
    descr: String,
    fortran_order: bool,
}

impl Header {
    /// Reads what stands before the entries.
    ///
    /// # Errors
    /// As [`parse`], for a header.
    pub fn read(reader: &mut impl Read) -> Result<Self, Problem> {
        let mut start = [0; 8];
        reader
            .read_exact(&mut start)
            .ok()
            .filter(|()| start.starts_with(MAGIC))
            .ok_or_else(|| damaged("this is not a .npy array"))?;
        let cut_short = || damaged("the header is cut short");
        let mut fill = |length: u32| {
            let mut bytes = vec![0; length as usize];
            reader.read_exact(&mut bytes).ok().map(|()| bytes)
        };
        let length = match start[6] {
            1 => fill(2).map(|l| u32::from(u16::from_le_bytes(fixed(&l)))),
            2 | 3 => fill(4).map(|l| u32::from_le_bytes(fixed(&l))),
            version if version > 3 => {
                return Err(Problem::new(
                    format!("this is version {version} of the .npy format"),
                    "save it with numpy.save as version 1, 2 or 3",
                ));
            }
            _ => None,
        };
        let length = length.filter(|&length| length <= LONGEST_HEADER);
        let text = length.and_then(fill).ok_or_else(cut_short)?;
        let text = std::str::from_utf8(&text).map_err(|_| damaged("the header is not text"))?;
        let Notation {
            descr,
            fortran_order,
            shape,
        } = Notation::parse(text)?;
        Ok(Self {
            kind: Kind::parse(&descr)?,
            shape,
            descr,
            fortran_order,
        })
    }

    /// The number of entries; `None` beyond the address space.
    pub fn count(&self) -> Option<usize> {
        let mut axes = self.shape.iter();
        axes.try_fold(1_usize, |count, &length| count.checked_mul(length))
    }

    /// The bytes of all entries in the file.
    fn bytes(&self) -> Option<u64> {
        Some(self.count()?.checked_mul(self.kind.size)? as u64)
    }

    /// Whether the entries are text.
    pub fn is_text(&self) -> bool {
        matches!(self.kind.letter, 'U' | 'S')
    }

    fn misfit(&self, data: &str) -> Problem {
        damaged(&format!(
            "the shape {:?} of {} entries does not fit {data}",
            self.shape, self.descr
        ))
    }

    /// The number of entries, once it is known that they may be there and that there is room for them.
    fn affordable(&self, room: u64) -> Result<usize, Problem> {
        let count = self.count().filter(|_| self.bytes().is_some_and(|bytes| bytes <= room));
        let count = count.ok_or_else(|| self.misfit("the data"))?;
        let each = match self.is_text() {
            true => (self.kind.size + size_of::<String>()) as u64,
            false => 8,
        };
        if (count as u64).saturating_mul(each) > MOST_BYTES {
            return Err(Problem::new(
                format!("{count} entries take more than {} MB of memory", MOST_BYTES >> 20),
                "use fewer samples or features",
            ));
        }
        Ok(count)
    }

    /// Reads all entries as `f64`, one by one: `put` gets each with its place in row-major order.
    ///
    /// `room` is the most bytes that the reader may hold: no memory is taken for entries that can't be there.
    ///
    /// # Errors
    /// Where there are fewer entries than the shape says, or more than [`MOST_BYTES`] hold; where they are text, or an integer
    /// has no exact `f64`.
    pub fn numbers(
        &self,
        reader: &mut impl Read,
        room: u64,
        begin: impl FnOnce(usize),
        mut put: impl FnMut(usize, f64),
    ) -> Result<(), Problem> {
        let no_number =
            || Problem::new("its entries are not numbers within 2^53", "save it as float64");
        if self.is_text() {
            return Err(Problem::new("its entries are not numbers", "save it as float64"));
        }
        let count = self.affordable(room)?;
        begin(count);
        let exact = |number: i64| (number.unsigned_abs() <= 1 << 53).then_some(number as f64);
        match (self.kind.letter, self.kind.size) {
            ('f', 2) => self.each(reader, count, |at, cell| {
                put(at, f16::from_le_bytes(fixed(cell)).to_f64());
                Ok(())
            }),
            ('f', 4) => self.each(reader, count, |at, cell| {
                put(at, f64::from(f32::from_le_bytes(fixed(cell))));
                Ok(())
            }),
            ('f', _) => self.each(reader, count, |at, cell| {
                put(at, f64::from_le_bytes(fixed(cell)));
                Ok(())
            }),
            (letter, _) => self.each(reader, count, |at, cell| {
                put(at, exact(integer(cell, letter == 'i')?).ok_or_else(no_number)?);
                Ok(())
            }),
        }
    }

    /// Reads all entries, in row-major order.
    ///
    /// # Errors
    /// As [`numbers`](Self::numbers), but for text and large integers.
    pub fn entries(&self, reader: &mut impl Read, room: u64) -> Result<Entries, Problem> {
        let count = self.affordable(room)?;
        match (self.kind.letter, self.kind.size) {
            ('f', 2) => {
                let decode = |cell: &[u8]| Ok(f16::from_le_bytes(fixed(cell)).to_f32());
                self.collect(reader, count, decode).map(Entries::F32)
            }
            ('f', 4) => {
                let decode = |cell: &[u8]| Ok(f32::from_le_bytes(fixed(cell)));
                self.collect(reader, count, decode).map(Entries::F32)
            }
            ('f', _) => {
                let decode = |cell: &[u8]| Ok(f64::from_le_bytes(fixed(cell)));
                self.collect(reader, count, decode).map(Entries::F64)
            }
            ('U', _) => self.collect(reader, count, utf32).map(Entries::Text),
            ('S', _) => self.collect(reader, count, ascii).map(Entries::Text),
            (letter, _) => {
                let decode = |cell: &[u8]| integer(cell, letter == 'i');
                self.collect(reader, count, decode).map(Entries::I64)
            }
        }
    }

    fn collect<T: Clone + Default>(
        &self,
        reader: &mut impl Read,
        count: usize,
        decode: impl Fn(&[u8]) -> Result<T, Problem>,
    ) -> Result<Vec<T>, Problem> {
        let mut entries = vec![T::default(); count];
        self.each(reader, count, |at, cell| {
            entries[at] = decode(cell)?;
            Ok(())
        })?;
        Ok(entries)
    }

    /// Calls `cell` with the place and the bytes, smallest first, of each entry as it comes.
    fn each(
        &self,
        reader: &mut impl Read,
        count: usize,
        mut cell: impl FnMut(usize, &[u8]) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let size = self.kind.size;
        let mut places = Places::new(&self.shape, self.fortran_order);
        let at_once = (CHUNK / size).clamp(1, count.max(1));
        let mut buffer = vec![0; at_once * size];
        let mut left = count;
        while left > 0 {
            let bytes = &mut buffer[..left.min(at_once) * size];
            reader.read_exact(bytes).map_err(|error| {
                damaged(&format!("the entries can't be read ({error})"))
            })?;
            left -= bytes.len() / size;
            for bytes in bytes.chunks_exact_mut(size) {
                self.kind.to_little_endian(bytes);
                cell(places.next_place(), bytes)?;
            }
        }
        Ok(())
    }
}

/// How many bytes are decoded at once.
const CHUNK: usize = 1 << 16;

/// Where the entries of a file, one after the other, stand in row-major order.
struct Places<'a> {
    shape: &'a [usize],
    /// The index along each axis; empty where the file's order is row-major itself.
    index: Vec<usize>,
    /// The distance in row-major order from one index to the next along each axis.
    strides: Vec<usize>,
    next: usize,
}

impl<'a> Places<'a> {
    fn new(shape: &'a [usize], fortran_order: bool) -> Self {
        let axes = if fortran_order && shape.len() > 1 { shape.len() } else { 0 };
        let mut strides = vec![1; axes];
        for axis in (1..axes).rev() {
            // No overflow: the caller has counted the entries.
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self {
            shape,
            index: vec![0; axes],
            strides,
            next: 0,
        }
    }

    fn next_place(&mut self) -> usize {
        let place = self.next;
        if self.index.is_empty() {
            self.next += 1;
            return place;
        }
        // The first axis runs fastest.
        for axis in 0..self.index.len() {
            self.index[axis] += 1;
            self.next += self.strides[axis];
            if self.index[axis] < self.shape[axis] {
                break;
            }
            self.next -= self.strides[axis] * self.shape[axis];
            self.index[axis] = 0;
        }
        place
    }
}

fn damaged(what: &str) -> Problem {
    Problem::new(what, "save the array again")
}

/// The header's text, understood.
struct Notation {
    descr: String,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Notation {
    /// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order.
    fn parse(text: &str) -> Result<Self, Problem> {
        let damaged = || damaged("the header is damaged");
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
                    return Err(Problem::new(
                        "the array holds structures",
                        "save each field as an array of its own",
                    ));
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

/// A type of entry: NumPy's letter for it, the bytes it takes, and their order.
#[derive(Debug, Clone, Copy)]
struct Kind {
    letter: char,
    size: usize,
    /// Bytes that are one number (or letter), where the largest comes first.
    reversed: Option<usize>,
}

/// Why an array of Python objects is left alone.
pub(super) const PICKLED: &str =
    "the array holds pickled Python objects, which can run any program when read";

impl Kind {
    fn parse(descr: &str) -> Result<Self, Problem> {
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

    fn to_little_endian(self, cell: &mut [u8]) {
        if let Some(unit) = self.reversed {
            cell.chunks_exact_mut(unit).for_each(<[u8]>::reverse);
        }
    }
}

/// The first N bytes of a cell that has as many.
fn fixed<const N: usize>(cell: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| cell.get(i).copied().unwrap_or(0))
}

/// An integer of 1 to 8 bytes.
fn integer(cell: &[u8], signed: bool) -> Result<i64, Problem> {
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
fn utf32(cell: &[u8]) -> Result<String, Problem> {
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
fn ascii(cell: &[u8]) -> Result<String, Problem> {
    let end = cell
        .iter()
        .rposition(|&byte| byte != 0)
        .map_or(0, |last| last + 1);
    std::str::from_utf8(&cell[..end])
        .map(str::to_owned)
        .map_err(|_| Problem::new("a text is not UTF-8", "save the array with dtype str"))
}
