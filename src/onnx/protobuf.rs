//! The wire format of protocol buffers: a message is a row of numbered fields, read in place.
//!
//! Nothing is copied and nothing recurses: a field that holds a message is a slice of its bytes, and whoever knows what
//! the message is reads that in turn. So a file can nest as deep as it likes and costs nothing for it.
//! Source: Google, *Protocol Buffers: Encoding*.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    /// An integer, an enum or a truth value.
    Varint(u64),
    /// 8 bytes: a double.
    Fixed64([u8; 8]),
    /// Text, bytes, a message, or many numbers.
    Bytes(&'a [u8]),
    /// 4 bytes: a float.
    Fixed32([u8; 4]),
}

/// The fields of a message, in the order of the file.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field's number and value; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, String> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.rest)?;
        let value = match key & 7 {
            0 => Value::Varint(varint(&mut self.rest)?),
            1 => Value::Fixed64(self.take()?),
            2 => {
                let length = varint(&mut self.rest)?;
                let length = usize::try_from(length).map_err(|_| cut())?;
                let (bytes, rest) = self.rest.split_at_checked(length).ok_or_else(cut)?;
                self.rest = rest;
                Value::Bytes(bytes)
            }
            5 => Value::Fixed32(self.take()?),
            other => {
                return Err(format!(
                    "a field has the wire type {other}, which is out of use"
                ));
            }
        };
        Ok(Some((key >> 3, value)))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or_else(cut)?;
        self.rest = rest;
        Ok(*taken)
    }
}

impl<'a> Value<'a> {
    pub(super) fn bytes(self) -> Result<&'a [u8], String> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err("a number stands where text or a message is expected".to_owned()),
        }
    }

    pub(super) fn text(self) -> Result<&'a str, String> {
        str::from_utf8(self.bytes()?).map_err(|_| "a name is not UTF-8".to_owned())
    }

    pub(super) fn integer(self) -> Result<i64, String> {
        match self {
            Self::Varint(number) => Ok(number.cast_signed()),
            _ => Err("an integer is expected".to_owned()),
        }
    }

    /// Adds the integers of a field, one or many, to `all`.
    pub(super) fn integers(self, all: &mut Vec<i64>) -> Result<(), String> {
        match self {
            Self::Bytes(mut packed) => {
                while !packed.is_empty() {
                    all.push(varint(&mut packed)?.cast_signed());
                }
            }
            one => all.push(one.integer()?),
        }
        Ok(())
    }

    /// Adds the floats of a field, one or many, to `all`.
    pub(super) fn floats(self, all: &mut Vec<f64>) -> Result<(), String> {
        match self {
            Self::Fixed32(one) => all.push(f32::from_le_bytes(one).into()),
            Self::Bytes(packed) => {
                let (whole, []) = packed.as_chunks() else {
                    return Err("a row of floats is cut off".to_owned());
                };
                all.extend(whole.iter().map(|&x| f64::from(f32::from_le_bytes(x))));
            }
            _ => return Err("a float is expected".to_owned()),
        }
        Ok(())
    }

    /// Adds the doubles of a field, one or many, to `all`.
    pub(super) fn doubles(self, all: &mut Vec<f64>) -> Result<(), String> {
        match self {
            Self::Fixed64(one) => all.push(f64::from_le_bytes(one)),
            Self::Bytes(packed) => {
                let (whole, []) = packed.as_chunks() else {
                    return Err("a row of doubles is cut off".to_owned());
                };
                all.extend(whole.iter().map(|&x| f64::from_le_bytes(x)));
            }
            _ => return Err("a double is expected".to_owned()),
        }
        Ok(())
    }
}

/// Seven bits a byte, the lowest first; the highest bit says that another byte follows.
fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut number = 0;
    for place in 0..10 {
        let (&byte, behind) = rest.split_first().ok_or_else(cut)?;
        *rest = behind;
        number |= u64::from(byte & 0x7f) << (7 * place);
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err("a number has more than 10 bytes".to_owned())
}

fn cut() -> String {
    "it is cut off".to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Fields, Value};

    #[test]
    fn the_examples_of_the_specification_are_read() {
        // From the page on encoding: 150 in field 1, "testing" in field 2, and the packed 3, 270, 86942.
        let message = b"\x08\x96\x01\x12\x07testing\x32\x06\x03\x8e\x02\x9e\xa7\x05";
        let mut fields = Fields::new(message);
        assert_eq!(fields.next(), Ok(Some((1, Value::Varint(150)))));
        let (number, text) = fields.next().unwrap().unwrap();
        assert_eq!((number, text.text()), (2, Ok("testing")));
        let (_, packed) = fields.next().unwrap().unwrap();
        let mut numbers = Vec::new();
        packed.integers(&mut numbers).unwrap();
        assert_eq!(numbers, [3, 270, 86_942]);
        assert_eq!(fields.next(), Ok(None));
    }

    #[test]
    fn what_is_cut_or_endless_is_refused() {
        let broken: [&[u8]; 5] = [b"\x08", b"\x12\x07test", b"\x0d\x00", &[0xff; 12], b"\x0b"];
        for message in broken {
            assert!(Fields::new(message).next().is_err(), "{message:?}");
        }
    }
}
