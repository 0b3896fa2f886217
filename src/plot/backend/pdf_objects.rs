//! A PDF file from its parts (ISO 32000-1, 7.5): numbered objects, the table of where they are, the trailer.
//!
//! A page of shapes and images takes six kinds of objects, all of them written here; nothing else of the format is used.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A file in the making. Objects are numbered from 1 in the order they are added.
pub(super) struct Objects {
    bytes: Vec<u8>,
    offsets: Vec<usize>,
}

impl Objects {
    /// The head of a file.
    pub(super) fn new() -> Self {
        Self {
            // The second line's bytes tell other programs that the file is binary.
            bytes: b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec(),
            offsets: Vec::new(),
        }
    }

    /// The number that the next object gets.
    pub(super) fn next(&self) -> usize {
        self.offsets.len() + 1
    }

    /// Adds a dictionary and returns its number.
    pub(super) fn dictionary(&mut self, entries: &str) -> usize {
        self.object(format!("<< {entries} >>").as_bytes())
    }

    /// Adds compressed data with a dictionary of these entries and returns its number.
    pub(super) fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let data = deflated(data);
        let mut body = format!(
            "<< {entries} /Filter /FlateDecode /Length {} >>\nstream\n",
            data.len()
        )
        .into_bytes();
        body.extend(data);
        body.extend_from_slice(b"\nendstream");
        self.object(&body)
    }

    fn object(&mut self, body: &[u8]) -> usize {
        let number = self.next();
        self.offsets.push(self.bytes.len());
        self.bytes.extend(format!("{number} 0 obj\n").bytes());
        self.bytes.extend_from_slice(body);
        self.bytes.extend_from_slice(b"\nendobj\n");
        number
    }

    /// The file, with the numbers of its catalogue and of what is said about it.
    pub(super) fn finish(mut self, catalogue: usize, info: usize) -> Vec<u8> {
        let start = self.bytes.len();
        let count = self.next();
        let mut tail = format!("xref\n0 {count}\n0000000000 65535 f \n");
        // Writing to a String cannot fail.
        for offset in &self.offsets {
            let _ = writeln!(tail, "{offset:010} 00000 n ");
        }
        let _ = write!(
            tail,
            "trailer\n<< /Size {count} /Root {catalogue} 0 R /Info {info} 0 R >>\nstartxref\n{start}\n%%EOF\n"
        );
        self.bytes.extend(tail.bytes());
        self.bytes
    }
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// A text as a PDF string: UTF-16 with its mark, in hexadecimal digits.
pub(super) fn string(text: &str) -> String {
    let units = text.encode_utf16().map(|unit| format!("{unit:04X}"));
    format!("<FEFF{}>", units.collect::<String>())
}

/// At most four decimals, without trailing zeros, never with an exponent.
pub(super) fn number(value: f64) -> String {
    format!("{}", (value * 10_000.0).round() / 10_000.0 + 0.0)
}
