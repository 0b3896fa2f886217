//! Tensors as a `.pt` file describes them: a view of numbers that stand elsewhere in the file.

use half::{bf16, f16};

use super::array::Array;

/// A view of a storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) storage: Storage,
    /// Where it begins in the storage, in numbers.
    pub(super) offset: usize,
    pub(super) shape: Vec<usize>,
    /// How far apart neighbours along each axis are, in numbers.
    pub(super) strides: Vec<usize>,
}

/// Numbers in a place of their own, beside the pickle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Storage {
    /// Its name in the file; digits only.
    pub(super) key: String,
    pub(super) kind: Number,
    pub(super) count: usize,
}

/// What a storage holds, little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Number {
    F16,
    Bf16,
    F32,
    F64,
    I8,
    U8,
    I16,
    I32,
    I64,
    /// What no weight is made of, such as complex or quantised numbers.
    Unknown,
}

impl Number {
    /// By the name of a class of storages, such as `torch.FloatStorage`.
    pub(super) fn of_storage(name: &str) -> Self {
        let class = name.rsplit('.').next().unwrap_or(name);
        match class.strip_suffix("Storage") {
            Some("Half") => Self::F16,
            Some("BFloat16") => Self::Bf16,
            Some("Float") => Self::F32,
            Some("Double") => Self::F64,
            Some("Char") => Self::I8,
            Some("Byte" | "Bool") => Self::U8,
            Some("Short") => Self::I16,
            Some("Int") => Self::I32,
            Some("Long") => Self::I64,
            _ => Self::Unknown,
        }
    }

    /// By the name of a number's type, such as `torch.float16`.
    pub(super) fn of_type(name: &str) -> Option<Self> {
        Some(match name.strip_prefix("torch.")? {
            "float16" | "half" => Self::F16,
            "bfloat16" => Self::Bf16,
            "float32" | "float" => Self::F32,
            "float64" | "double" => Self::F64,
            "int8" => Self::I8,
            "uint8" | "bool" => Self::U8,
            "int16" => Self::I16,
            "int32" => Self::I32,
            "int64" => Self::I64,
            _ => return None,
        })
    }

    /// How many bytes one takes.
    pub(super) fn width(self) -> usize {
        match self {
            Self::I8 | Self::U8 | Self::Unknown => 1,
            Self::F16 | Self::Bf16 | Self::I16 => 2,
            Self::F32 | Self::I32 => 4,
            Self::F64 | Self::I64 => 8,
        }
    }

    /// All numbers in some bytes, rounded to `f32`; none of an unknown kind.
    pub(super) fn decode(self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            bytes.as_chunks().0.iter().map(|&x| read(x)).collect()
        }
        match self {
            Self::F16 => each(bytes, |x| f16::from_le_bytes(x).to_f32()),
            Self::Bf16 => each(bytes, |x| bf16::from_le_bytes(x).to_f32()),
            Self::F32 => each(bytes, f32::from_le_bytes),
            Self::F64 => each(bytes, |x| f64::from_le_bytes(x) as f32),
            Self::I8 => each(bytes, |x| i8::from_le_bytes(x).into()),
            Self::U8 => each(bytes, |[x]| x.into()),
            Self::I16 => each(bytes, |x| i16::from_le_bytes(x).into()),
            Self::I32 => each(bytes, |x| i32::from_le_bytes(x) as f32),
            Self::I64 => each(bytes, |x| i64::from_le_bytes(x) as f32),
            Self::Unknown => Vec::new(),
        }
    }
}

impl Tensor {
    /// How many numbers it has.
    pub(super) fn count(&self) -> usize {
        let sizes = self.shape.iter();
        sizes.fold(1, |count, &size| count.saturating_mul(size))
    }

    /// Its entries in row-major order; `None` where one lies outside the storage.
    pub(super) fn gather(&self, storage: &[f32]) -> Option<Array> {
        let (shape, strides) = (&self.shape, &self.strides);
        if shape.len() != strides.len() {
            return None;
        }
        let count = self.count();
        let mut values = Vec::new();
        if count > 0 {
            let axes = shape.iter().zip(strides);
            let last = axes.clone().try_fold(self.offset, |last, (size, stride)| {
                last.checked_add((size - 1).checked_mul(*stride)?)
            })?;
            if last >= storage.len() {
                return None;
            }
            values.extend((0..count).map(|mut index| {
                let mut place = self.offset;
                for (size, stride) in axes.clone().rev() {
                    place += index % size * stride;
                    index /= size;
                }
                storage[place]
            }));
        }
        Some(Array {
            shape: shape.clone(),
            values,
        })
    }
}
