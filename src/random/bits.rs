//! Serialises an optional `f64` as the hexadecimal form of its bits: a text format such as JSON may round a
//! decimal number when it reads it back, and a resumed generator must continue with the same bits.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

pub(super) fn serialize<S: Serializer>(
    value: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value
        .map(|number| format!("{:016x}", number.to_bits()))
        .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<f64>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|digits| {
        u64::from_str_radix(&digits, 16)
            .map(f64::from_bits)
            .map_err(|_| D::Error::custom(format!("`{digits}` is not 16 hexadecimal digits")))
    })
    .transpose()
}
