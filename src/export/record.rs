//! TFRecord: the frame around every event in TensorBoard's files.
//!
//! ```text
//! length: u64 | masked CRC-32C of the length: u32 | data | masked CRC-32C of the data: u32      all little-endian
//! ```
//!
//! Source: TensorFlow, *TFRecord and tf.train.Example*, section "TFRecords format details"; the checksum is RFC 3720's.

/// Data in its frame.
///
/// ```
/// use foldspace::export::record::{frame, frames};
/// let file = [frame(b"one"), frame(b"two")].concat();
/// assert_eq!(frames(&file), Some(vec![&b"one"[..], b"two"]));
/// ```
pub fn frame(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked_crc32c(&length).to_le_bytes());
    bytes.extend(data);
    bytes.extend(masked_crc32c(data).to_le_bytes());
    bytes
}

/// The data of a file's frames; `None` where one is cut short or its checksum is wrong.
pub fn frames(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let checked = |data: &[u8], sum: &[u8; 4]| masked_crc32c(data) == u32::from_le_bytes(*sum);
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<8>()?;
        let (sum, rest) = rest.split_first_chunk::<4>()?;
        let size = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let (data, rest) = rest.split_at_checked(size)?;
        let (data_sum, rest) = rest.split_first_chunk::<4>()?;
        if !checked(length, sum) || !checked(data, data_sum) {
            return None;
        }
        frames.push(data);
        bytes = rest;
    }
    Some(frames)
}

/// CRC-32C (Castagnoli).
///
/// ```
/// // RFC 3720, appendix B.4: 32 bytes of zeros.
/// assert_eq!(foldspace::export::record::crc32c(&[0; 32]), 0x8a91_36aa);
/// ```
pub fn crc32c(data: &[u8]) -> u32 {
    let step = |crc: u32, _| (crc >> 1) ^ (0x82f6_3b78 & (crc & 1).wrapping_neg());
    !data
        .iter()
        .fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

/// The checksum as the frames hold it: turned, and shifted by a constant.
fn masked_crc32c(data: &[u8]) -> u32 {
    crc32c(data).rotate_right(15).wrapping_add(0xa282_ead8)
}
