//! Named arrays one after the other, and the list of them: how a page finds its way in the numbers of a message.

use serde_json::{Value, json};

/// Arrays, each with a name, a kind and a count.
#[derive(Debug, Default)]
pub(super) struct Parts {
    list: Vec<Value>,
    /// All of them, little end first.
    pub bytes: Vec<u8>,
}

impl Parts {
    pub(super) fn f64(&mut self, name: &str, numbers: impl IntoIterator<Item = f64>) {
        let before = self.bytes.len();
        self.bytes
            .extend(numbers.into_iter().flat_map(f64::to_le_bytes));
        self.list
            .push(json!([name, "f64", (self.bytes.len() - before) / 8]));
    }

    pub(super) fn f32(&mut self, name: &str, numbers: impl IntoIterator<Item = f64>) {
        let numbers: Vec<f32> = numbers.into_iter().map(|x| x as f32).collect();
        self.floats(name, &numbers);
    }

    pub(super) fn floats(&mut self, name: &str, numbers: &[f32]) {
        self.bytes
            .extend(numbers.iter().flat_map(|x| x.to_le_bytes()));
        self.list.push(json!([name, "f32", numbers.len()]));
    }

    /// In 16 bits, evenly between the least and the largest, which stand in the list.
    pub(super) fn shorts(&mut self, name: &str, numbers: &[f32]) {
        let finite = || {
            numbers
                .iter()
                .copied()
                .filter(|x| x.is_finite())
                .map(f64::from)
        };
        let low = finite().reduce(f64::min).unwrap_or(0.0);
        let high = finite().reduce(f64::max).unwrap_or(0.0);
        let scale = f64::from(u16::MAX) / if high > low { high - low } else { 1.0 };
        // What is not a number becomes the least.
        let short = |&x: &f32| ((f64::from(x) - low) * scale).round() as u16;
        self.bytes
            .extend(numbers.iter().flat_map(|x| short(x).to_le_bytes()));
        self.list
            .push(json!([name, "u16", numbers.len(), low, high]));
    }

    /// In 8 bits with a sign, as shares of the largest.
    pub(super) fn bytes(&mut self, name: &str, numbers: &[f32]) {
        let most = numbers.iter().fold(1e-12_f32, |most, x| most.max(x.abs()));
        let byte = |&x: &f32| (x / most * 127.0).round() as i8;
        self.bytes.extend(numbers.iter().map(|x| byte(x) as u8));
        self.list.push(json!([name, "i8", numbers.len()]));
    }

    pub(super) fn list(&self) -> Value {
        json!(self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::Parts;
    use serde_json::json;

    #[test]
    fn what_is_rounded_is_near() {
        let mut parts = Parts::default();
        parts.shorts("a", &[-3.0, 1.0, 0.25, f32::NAN, f32::INFINITY]);
        let short = |k: usize| u16::from_le_bytes([parts.bytes[2 * k], parts.bytes[2 * k + 1]]);
        let back = |k: usize| -3.0 + 4.0 * f64::from(short(k)) / 65_535.0;
        assert_eq!([back(0), back(1)], [-3.0, 1.0]);
        assert!((back(2) - 0.25).abs() <= 2.0 / 65_535.0);
        assert_eq!([short(3), short(4)], [0, u16::MAX]);
        parts.bytes("b", &[2.0, -2.0, 1.0, 0.0]);
        assert_eq!(parts.bytes[10..], [127, 129, 64, 0]);
        parts.shorts("c", &[]);
        parts.f32("d", [1.5]);
        parts.f64("e", [0.1]);
        assert_eq!(
            parts.bytes[14..],
            [&1.5_f32.to_le_bytes()[..], &0.1_f64.to_le_bytes()].concat()
        );
        assert_eq!(parts.list()[0], json!(["a", "u16", 5, -3.0, 1.0]));
        assert_eq!(parts.list()[4], json!(["e", "f64", 1]));
    }
}
