//! NumPy's `.npy` format: one array, a header in Python's own notation and the bare numbers after it.
//!
//! Source: NumPy Enhancement Proposal 1, *A Simple File Format for NumPy Arrays*, versions 1.0 to 3.0.

mod decode;
mod kind;
mod notation;

pub use decode::Header;
pub(super) use kind::PICKLED;

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

    /// An entry as a number; `None` where it is text.
    pub fn number(&self, at: usize) -> Option<f64> {
        match self {
            Self::F32(entries) => entries.get(at).map(|&entry| f64::from(entry)),
            Self::F64(entries) => entries.get(at).copied(),
            Self::I64(entries) => entries.get(at).map(|&entry| entry as f64),
            Self::Text(_) => None,
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

/// What is wrong with an array, and what to do; whoever reads it knows where it is.
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

fn damaged(what: &str) -> Problem {
    Problem::new(what, "save the array again")
}
