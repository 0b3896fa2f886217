//! Captures in fewer bytes, with nothing lost: what `[capture] compress` writes instead of safetensors.
//!
//! From one epoch to the next most of a number's bits stay. So the bits of every value are combined (exclusive or) with those
//! of the same value in an earlier capture, the *base*; the bytes of equal weight are put beside each other (shuffled, as
//! HDF5's filter of that name does), so that the zeros stand together; and Deflate does the rest. A base has no base itself, so
//! an epoch is read from at most two files.
//!
//! A file is the mark `FSPACKED`, the CRC-32 of all that follows, the length of a header in JSON, the header, and the
//! compressed bytes. Whole numbers are of 32 bits, the lowest byte first.

use std::collections::BTreeMap;
use std::io::Read;
#[cfg(any(feature = "train", test))]
use std::io::Write;
use std::path::Path;

#[cfg(any(feature = "train", test))]
use flate2::Compression;
use flate2::read::DeflateDecoder;
#[cfg(any(feature = "train", test))]
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::store::Array;

/// What every file begins with.
const MARK: &[u8; 8] = b"FSPACKED";
/// The version of the format; a reader refuses a higher one.
const VERSION: u32 = 1;
/// Bytes of a value.
const WIDTH: usize = 4;

/// Arrays by name.
pub(super) type Arrays = BTreeMap<String, Array>;

/// What stands in front of the compressed bytes.
#[derive(Serialize, Deserialize)]
struct Header {
    version: u32,
    kind: String,
    base: Option<Base>,
    /// Names and shapes, in the order of the values.
    arrays: Vec<(String, Vec<usize>)>,
}

/// The capture that the values are encoded against.
#[derive(Serialize, Deserialize)]
struct Base {
    epoch: usize,
    /// The CRC-32 of its values, which must be those that were there.
    crc32: u32,
}

/// The file's bytes for some arrays, encoded against those of an earlier epoch where there is one.
#[cfg(any(feature = "train", test))]
pub(super) fn pack(kind: &str, arrays: &Arrays, base: Option<(usize, &Arrays)>) -> Vec<u8> {
    let header = Header {
        version: VERSION,
        kind: kind.to_owned(),
        base: base.map(|(epoch, arrays)| Base {
            epoch,
            crc32: checksum(arrays),
        }),
        arrays: arrays
            .iter()
            .map(|(name, array)| (name.clone(), array.shape.clone()))
            .collect(),
    };
    let header = serde_json::json!(header).to_string();
    let mut packed = DeflateEncoder::new(Vec::new(), Compression::fast());
    for (name, array) in arrays {
        let bits = against(array, name, base.map(|(_, base)| base));
        for plane in 0..WIDTH {
            let bytes: Vec<u8> = bits.iter().map(|bits| bits.to_le_bytes()[plane]).collect();
            packed
                .write_all(&bytes)
                .expect("memory takes what is written");
        }
    }
    let packed = packed.finish().expect("memory takes what is written");
    let length = u32::try_from(header.len()).expect("a header of a few names");
    let rest = [&length.to_le_bytes(), header.as_bytes(), &packed].concat();
    [&MARK[..], &crc32fast::hash(&rest).to_le_bytes(), &rest].concat()
}

/// The arrays of a file; `base` reads those that it was encoded against, by their epoch. `path` is what errors call it.
///
/// # Errors
/// [`Error::Invalid`] where the file is truncated, altered, from a newer version or of another kind, or its base is no longer
/// the one it was encoded against; and what `base` refuses.
pub(super) fn unpack(
    bytes: &[u8],
    path: &Path,
    kind: &str,
    base: impl FnOnce(usize) -> Result<Arrays>,
) -> Result<Arrays> {
    let refuse =
        |problem: &str, remedy: &str| Error::invalid(path.display().to_string(), problem, remedy);
    let damaged = || {
        refuse(
            "the file was cut off or altered: its contents do not match its checksum",
            "restore it from a copy, or draw another epoch",
        )
    };
    let rest = bytes.strip_prefix(MARK).ok_or_else(damaged)?;
    let (sum, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    if crc32fast::hash(rest) != u32::from_le_bytes(*sum) {
        return Err(damaged());
    }
    let (length, rest) = rest.split_first_chunk().ok_or_else(damaged)?;
    let length = u32::from_le_bytes(*length) as usize;
    let (header, packed) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let any: serde_json::Value = serde_json::from_slice(header).map_err(|_| damaged())?;
    if any["version"].as_u64() > Some(u64::from(VERSION)) {
        return Err(refuse(
            "a newer version of foldspace wrote this file",
            "update foldspace",
        ));
    }
    let header: Header = serde_json::from_value(any).map_err(|_| damaged())?;
    if header.kind != kind {
        return Err(refuse(
            &format!("this is a file of {}, not of {kind}", header.kind),
            "name the right file",
        ));
    }
    let base = match header.base {
        None => None,
        Some(Base { epoch, crc32 }) => {
            let arrays = base(epoch)?;
            if checksum(&arrays) != crc32 {
                return Err(refuse(
                    &format!(
                        "it was encoded against the capture of epoch {epoch}, which is no longer the same"
                    ),
                    "restore both from a copy, or draw another epoch",
                ));
            }
            Some(arrays)
        }
    };

    let mut packed = DeflateDecoder::new(packed);
    let mut arrays = Arrays::new();
    for (name, shape) in header.arrays {
        let values = shape
            .iter()
            .try_fold(1usize, |product, &side| product.checked_mul(side));
        let size = values.and_then(|values| values.checked_mul(WIDTH));
        let (Some(values), Some(size)) = (values, size) else {
            return Err(damaged());
        };
        let mut planes = Vec::new();
        let read = packed.by_ref().take(size as u64).read_to_end(&mut planes);
        if read.ok() != Some(size) {
            return Err(damaged());
        }
        let bits = (0..values).map(|i| {
            let byte = |plane: usize| planes[plane * values + i];
            f32::from_bits(u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)]))
        });
        let told = Array {
            shape,
            values: bits.collect(),
        };
        let bits = against(&told, &name, base.as_ref());
        let values = bits.into_iter().map(f32::from_bits).collect();
        let shape = told.shape;
        arrays.insert(name, Array { shape, values });
    }
    Ok(arrays)
}

/// The bits of an array's values, combined with those of the base's array of the same name and shape, if it has one. Doing it
/// twice gives back the original bits.
fn against(array: &Array, name: &str, base: Option<&Arrays>) -> Vec<u32> {
    let bits = array.values.iter().map(|value| value.to_bits());
    match base.and_then(|base| base.get(name)) {
        Some(base) if base.shape == array.shape => bits
            .zip(&base.values)
            .map(|(bits, base)| bits ^ base.to_bits())
            .collect(),
        _ => bits.collect(),
    }
}

/// The CRC-32 of names, shapes and values.
fn checksum(arrays: &Arrays) -> u32 {
    let mut sum = crc32fast::Hasher::new();
    for (name, array) in arrays {
        sum.update(
            serde_json::json!([name, array.shape])
                .to_string()
                .as_bytes(),
        );
        let bytes: Vec<u8> = array.values.iter().flat_map(|x| x.to_le_bytes()).collect();
        sum.update(&bytes);
    }
    sum.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Values as bits, so that NaN can be compared.
    fn bits(arrays: &Arrays) -> Vec<(&String, &Vec<usize>, Vec<u32>)> {
        let bits = |array: &Array| array.values.iter().map(|x| x.to_bits()).collect();
        arrays
            .iter()
            .map(|(name, array)| (name, &array.shape, bits(array)))
            .collect()
    }

    fn array(shape: [usize; 2], bits: &[u32]) -> Array {
        Array {
            shape: shape.to_vec(),
            values: bits.iter().map(|&bits| f32::from_bits(bits)).collect(),
        }
    }

    /// Any bits, hostile ones often: both zeros, subnormals, infinities, NaN quiet and signalling with payloads.
    fn hostile() -> impl Strategy<Value = u32> {
        let chosen = prop::sample::select(vec![
            0,
            0x8000_0000,
            1,
            0x807f_ffff,
            0x7f80_0000,
            0xff80_0000,
            0x7fc0_0000,
            0x7f80_0001,
            0xffad_beef,
            0x3f80_0000,
        ]);
        prop_oneof![chosen, any::<u32>()]
    }

    proptest! {
        #[test]
        fn any_bits_come_back_with_and_without_a_base(
            (rows, columns, now, before) in (0usize..9, 1usize..9).prop_flat_map(|(rows, columns)| (
                Just(rows),
                Just(columns),
                prop::collection::vec(hostile(), rows * columns),
                prop::collection::vec(hostile(), rows * columns),
            ))
        ) {
            let path = Path::new("epoch-000009.packed");
            let arrays = Arrays::from([
                ("embedding".to_owned(), array([rows, columns], &now)),
                ("new".to_owned(), array([columns, rows], &now)),
            ]);
            let base = Arrays::from([
                ("embedding".to_owned(), array([rows, columns], &before)),
                ("new".to_owned(), array([1, 1], &[7])),
            ]);
            for base in [None, Some(&base)] {
                let file = pack("activations", &arrays, base.map(|base| (8, base)));
                let read = unpack(&file, path, "activations", |epoch| {
                    assert_eq!(epoch, 8);
                    Ok(base.unwrap().clone())
                }).unwrap();
                prop_assert_eq!(bits(&read), bits(&arrays));
            }
        }

        #[test]
        fn a_file_cut_off_or_altered_anywhere_is_refused_by_name(at in 0usize..400, flip in 1u8..) {
            let values: Vec<u32> = (0..60u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
            let arrays = Arrays::from([("embedding".to_owned(), array([30, 2], &values))]);
            let file = pack("activations", &arrays, None);
            let at = at % file.len();
            let mut altered = file.clone();
            altered[at] ^= flip;
            for bytes in [&file[..at], &altered] {
                let read = unpack(bytes, Path::new("a/epoch-000009.packed"), "activations", |_| unreachable!());
                let error = read.unwrap_err().to_string();
                prop_assert!(error.contains("epoch-000009.packed"), "{}", error);
            }
        }

        #[test]
        fn a_file_made_up_under_a_right_checksum_is_read_or_refused(at in 0usize..400, bytes in prop::collection::vec(any::<u8>(), 1..20)) {
            let values: Vec<u32> = (0..60u32).map(|i| i.wrapping_mul(0x9e37_79b9)).collect();
            let arrays = Arrays::from([("embedding".to_owned(), array([30, 2], &values))]);
            let mut file = pack("activations", &arrays, None);
            let at = 12 + at % (file.len() - 12);
            let end = (at + bytes.len()).min(file.len());
            file[at..end].copy_from_slice(&bytes[..end - at]);
            let sum = crc32fast::hash(&file[12..]);
            file[8..12].copy_from_slice(&sum.to_le_bytes());
            let read = unpack(&file, Path::new("x.packed"), "activations", |_| Ok(Arrays::new()));
            match read {
                Ok(arrays) => for array in arrays.values() {
                    prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
                },
                Err(error) => prop_assert!(error.to_string().contains("x.packed"), "{}", error),
            }
        }
    }

    #[test]
    fn a_base_that_has_changed_is_named() {
        let arrays = |bits: u32| Arrays::from([("a".to_owned(), array([1, 1], &[bits]))]);
        let file = pack("activations", &arrays(5), Some((16, &arrays(6))));
        let read = unpack(&file, Path::new("x.packed"), "activations", |_| {
            Ok(arrays(7))
        });
        assert!(read.unwrap_err().to_string().contains("epoch 16"));
        let read = unpack(&file, Path::new("x.packed"), "gradients", |_| Ok(arrays(6)));
        assert!(read.unwrap_err().to_string().contains("not of gradients"));
    }

    #[test]
    fn what_changes_little_takes_little() {
        // A tenth of the values move by a unit in the last place.
        let before: Vec<u32> = (0..10_000u32)
            .map(|i| i.wrapping_mul(0x9e37_79b9))
            .collect();
        let now: Vec<u32> = before
            .iter()
            .enumerate()
            .map(|(i, &bits)| bits ^ u32::from(i % 10 == 0))
            .collect();
        let arrays = |bits: &[u32]| Arrays::from([("a".to_owned(), array([100, 100], bits))]);
        let base = arrays(&before);
        let file = pack("activations", &arrays(&now), Some((0, &base)));
        assert!(file.len() < 2_000, "{} bytes of 40 000", file.len());
    }
}
