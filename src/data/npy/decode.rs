//! An array's entries, decoded one by one as they come out of a file or an archive.

use std::io::Read;

use half::f16;

use super::kind::{Kind, ascii, fixed, integer, utf32};
use super::notation::Notation;
use super::{Entries, MAGIC, MOST_BYTES, Problem, damaged};

/// The longest header that is read; NumPy's own have about a hundred bytes.
const LONGEST_HEADER: u32 = 1 << 20;

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
    /// As [`parse`](super::parse), for a header.
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
    pub(super) fn bytes(&self) -> Option<u64> {
        Some(self.count()?.checked_mul(self.kind.size)? as u64)
    }

    /// Whether the entries are text.
    pub fn is_text(&self) -> bool {
        matches!(self.kind.letter, 'U' | 'S')
    }

    pub(super) fn misfit(&self, data: &str) -> Problem {
        damaged(&format!(
            "the shape {:?} of {} entries does not fit {data}",
            self.shape, self.descr
        ))
    }

    /// The number of entries, once it is known that they may be among `room` bytes and that there is memory for them.
    ///
    /// # Errors
    /// Where there are more entries than bytes, or than [`MOST_BYTES`] hold.
    pub fn affordable(&self, room: u64) -> Result<usize, Problem> {
        let count = self
            .count()
            .filter(|_| self.bytes().is_some_and(|bytes| bytes <= room));
        let count = count.ok_or_else(|| self.misfit("the data"))?;
        let each = match self.is_text() {
            true => (self.kind.size + size_of::<String>()) as u64,
            false => 8,
        };
        if (count as u64).saturating_mul(each) > MOST_BYTES {
            return Err(Problem::new(
                format!(
                    "{count} entries take more than {} MB of memory",
                    MOST_BYTES >> 20
                ),
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
        mut put: impl FnMut(usize, f64),
    ) -> Result<(), Problem> {
        let no_number = || {
            Problem::new(
                "its entries are not numbers within 2^53",
                "save it as float64",
            )
        };
        if self.is_text() {
            return Err(Problem::new(
                "its entries are not numbers",
                "save it as float64",
            ));
        }
        let count = self.affordable(room)?;
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
                put(
                    at,
                    exact(integer(cell, letter == 'i')?).ok_or_else(no_number)?,
                );
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
            reader
                .read_exact(bytes)
                .map_err(|error| damaged(&format!("the entries can't be read ({error})")))?;
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
        let axes = if fortran_order && shape.len() > 1 {
            shape.len()
        } else {
            0
        };
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
