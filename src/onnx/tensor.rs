//! The numbers of a tensor, from the file itself or from the one beside it, where large weights stand.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use super::protobuf::Value;
use super::schema::RawTensor;
use crate::model::config::MOST_PARAMETERS;

/// An array of numbers, whatever their type in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    /// In row-major order, as many as the product of `shape`.
    pub values: Vec<f64>,
    /// Whether the file has them as integers, whose division drops the remainder.
    pub whole: bool,
}

impl Tensor {
    pub(super) fn scalar(value: f64) -> Self {
        Self {
            shape: Vec::new(),
            values: vec![value],
            whole: false,
        }
    }

    /// The one number that all entries are, if there is one.
    pub(super) fn uniform(&self) -> Option<f64> {
        let first = *self.values.first()?;
        self.values
            .iter()
            .all(|&value| value == first)
            .then_some(first)
    }
}

/// Reads tensors, and keeps account of how many numbers there are.
pub(super) struct Reader {
    /// Where files beside the model are; `None` where there can't be any.
    folder: Option<PathBuf>,
    /// How many numbers may still be read.
    left: usize,
    /// How many may still be computed from them: a few names can ask for the product of their sizes.
    computed: usize,
}

impl Reader {
    pub(super) fn new(folder: Option<PathBuf>) -> Self {
        Self {
            folder,
            left: MOST_PARAMETERS,
            computed: 1 << 16,
        }
    }

    /// Counts numbers that are computed from others.
    pub(super) fn take(&mut self, count: usize) -> Result<(), String> {
        let left = self.computed.checked_sub(count);
        self.computed =
            left.ok_or("arithmetic among its weights makes many more numbers than it has")?;
        Ok(())
    }

    /// Counts numbers that are read. Each may be transposed, cast, and scaled.
    fn note(&mut self, count: usize) -> Result<(), String> {
        let left = self.left.checked_sub(count);
        self.left = left.ok_or_else(|| format!("it has more than {MOST_PARAMETERS} numbers"))?;
        self.computed += 4 * count;
        Ok(())
    }

    pub(super) fn read(&mut self, name: &str, tensor: &RawTensor<'_>) -> Result<Tensor, String> {
        let sizes = tensor.shape.iter().map(|&size| usize::try_from(size));
        let shape = sizes.collect::<Result<Vec<usize>, _>>();
        let shape = shape.map_err(|_| format!("{name:?} has the shape {:?}", tensor.shape))?;
        let count = shape
            .iter()
            .try_fold(1_usize, |count, &size| count.checked_mul(size));
        let count = count.filter(|&count| count <= MOST_PARAMETERS);
        let count = count.ok_or_else(|| {
            format!("{name:?} has the shape {shape:?}, more than {MOST_PARAMETERS} numbers")
        })?;
        let values = if !tensor.external.is_empty() {
            let width = width(tensor.kind).ok_or_else(|| no_numbers(name, tensor.kind))?;
            let bytes = self.external(name, tensor, count * width)?;
            from_raw(&bytes, tensor.kind)
        } else if let Some(raw) = tensor.raw {
            let width = width(tensor.kind).ok_or_else(|| no_numbers(name, tensor.kind))?;
            if raw.len() != count * width {
                return Err(format!(
                    "{name:?} has {} bytes for {count} numbers",
                    raw.len()
                ));
            }
            self.note(count)?;
            from_raw(raw, tensor.kind)
        } else {
            self.note(count)?;
            from_fields(&tensor.fields, tensor.kind)?
        };
        let values = values.ok_or_else(|| no_numbers(name, tensor.kind))?;
        if values.len() != count {
            return Err(format!(
                "{name:?} has {} numbers for the shape {shape:?}",
                values.len()
            ));
        }
        // An array without entries can have any shape, whose other sizes would count for something.
        let shape = if count == 0 { vec![0] } else { shape };
        Ok(Tensor {
            shape,
            values,
            whole: !matches!(tensor.kind, 1 | 10 | 11 | 16),
        })
    }

    /// The bytes of a tensor that stands in another file, which has to be in the model's folder.
    fn external(
        &mut self,
        name: &str,
        tensor: &RawTensor<'_>,
        expected: usize,
    ) -> Result<Vec<u8>, String> {
        let location = tensor.external.get("location").copied().unwrap_or_default();
        let folder = self.folder.as_ref();
        let folder =
            folder.ok_or_else(|| format!("{name:?} stands in another file, {location:?}"))?;
        let inside = Path::new(location);
        let plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if location.is_empty()
            || location.contains(['\\', ':', '\0'])
            || !inside.components().all(plain)
        {
            return Err(format!(
                "{name:?} points out of the model's folder, to {location:?}"
            ));
        }
        let path = folder.join(inside);
        let missing =
            |error: std::io::Error| format!("{name:?} stands in {}: {error}", path.display());
        // A link could lead out as well.
        let (real, home) = (
            path.canonicalize().map_err(missing)?,
            folder.canonicalize().map_err(missing)?,
        );
        if !real.starts_with(&home) {
            return Err(format!(
                "{name:?} points out of the model's folder, to {}",
                real.display()
            ));
        }
        let about = real.metadata().map_err(missing)?;
        if !about.is_file() {
            return Err(format!(
                "{name:?} stands in {}, which is not a file",
                path.display()
            ));
        }
        let number = |key: &str, default: u64| match tensor.external.get(key) {
            Some(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("the {key} of {name:?} is {text:?}")),
            None => Ok(default),
        };
        let offset = number("offset", 0)?;
        let length = number("length", about.len().saturating_sub(offset))?;
        if length != expected as u64
            || offset
                .checked_add(length)
                .is_none_or(|end| end > about.len())
        {
            return Err(format!(
                "{name:?} takes {expected} bytes, but {length} from byte {offset} of {}, which has {}, are to be read",
                path.display(),
                about.len()
            ));
        }
        self.note(expected / width(tensor.kind).unwrap_or(1))?;
        let mut file = File::open(&real).map_err(missing)?;
        file.seek(SeekFrom::Start(offset)).map_err(missing)?;
        let mut bytes = vec![0; expected];
        file.read_exact(&mut bytes).map_err(missing)?;
        Ok(bytes)
    }
}

fn no_numbers(name: &str, kind: i64) -> String {
    let known = match kind {
        8 => "text",
        14 | 15 => "complex numbers",
        17..=20 => "numbers of 8 bits",
        21..=23 => "numbers of 4 bits",
        _ => return format!("{name:?} holds numbers of the unknown type {kind}"),
    };
    format!("{name:?} holds {known}")
}

/// How many bytes a number takes.
fn width(kind: i64) -> Option<usize> {
    match kind {
        2 | 3 | 9 => Some(1),
        4 | 5 | 10 | 16 => Some(2),
        1 | 6 | 12 => Some(4),
        7 | 11 | 13 => Some(8),
        _ => None,
    }
}

/// Little-endian numbers; `None` where they are of a type that is not read, or the last one is cut off.
fn from_raw(raw: &[u8], kind: i64) -> Option<Vec<f64>> {
    fn of<const N: usize>(raw: &[u8], number: impl Fn([u8; N]) -> f64) -> Option<Vec<f64>> {
        let (whole, []) = raw.as_chunks() else {
            return None;
        };
        Some(whole.iter().map(|&bytes| number(bytes)).collect())
    }
    match kind {
        1 => of(raw, |x| f32::from_le_bytes(x).into()),
        2 | 9 => of(raw, |[x]| x.into()),
        3 => of(raw, |x| i8::from_le_bytes(x).into()),
        4 => of(raw, |x| u16::from_le_bytes(x).into()),
        5 => of(raw, |x| i16::from_le_bytes(x).into()),
        6 => of(raw, |x| i32::from_le_bytes(x).into()),
        7 => of(raw, |x| i64::from_le_bytes(x) as f64),
        10 => of(raw, |x| half(u16::from_le_bytes(x))),
        11 => of(raw, f64::from_le_bytes),
        12 => of(raw, |x| u32::from_le_bytes(x).into()),
        13 => of(raw, |x| u64::from_le_bytes(x) as f64),
        16 => of(raw, |x| brain(u16::from_le_bytes(x))),
        _ => None,
    }
}

/// Numbers that stand in fields of their own, small ones widened.
fn from_fields(fields: &[(u64, Value<'_>)], kind: i64) -> Result<Option<Vec<f64>>, String> {
    let (mut floats, mut integers) = (Vec::new(), Vec::new());
    for &(number, value) in fields {
        match (number, kind) {
            (4, 1) => value.floats(&mut floats)?,
            (10, 11) => value.doubles(&mut floats)?,
            (5, 2..=6 | 9 | 10 | 16) | (7, 7) | (11, 12 | 13) => value.integers(&mut integers)?,
            _ => return Ok(None),
        }
    }
    let number = |&x: &i64| match kind {
        10 => half(x as u16),
        16 => brain(x as u16),
        _ => x as f64,
    };
    if !matches!(kind, 1 | 11) {
        if width(kind).is_none() {
            return Ok(None);
        }
        floats = integers.iter().map(number).collect();
    }
    Ok(Some(floats))
}

/// A number of 16 bits as IEEE 754 has it.
fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
    sign * match exponent {
        0 => libm::ldexp(fraction, -24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => libm::ldexp(1024.0 + fraction, exponent - 25),
    }
}

/// The upper half of a number of 32 bits.
fn brain(bits: u16) -> f64 {
    f32::from_bits(u32::from(bits) << 16).into()
}

#[cfg(test)]
mod tests {
    use super::{brain, half};

    #[test]
    fn numbers_of_16_bits_are_widened() {
        // From the table in IEEE 754: one, the largest, the smallest, a third, infinity.
        let known = [
            (0x3c00, 1.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0xb555, -0.333_251_953_125),
        ];
        for (bits, value) in known {
            assert_eq!(half(bits), value);
        }
        assert_eq!(half(0xfc00), f64::NEG_INFINITY);
        assert!(half(0x7e00).is_nan());
        assert_eq!((brain(0x3f80), brain(0xc040)), (1.0, -3.0));
    }
}
