//! Which units are on: a bit for each.

use super::Complex;

/// The activation pattern of a cell: for every unit of the layers that bend, those of the first layer first, whether it is on
/// (z > 0). A unit of two kinks (clip, hard tanh, hard sigmoid) has two entries: whether it is above the lower and above the
/// upper.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    words: Vec<u64>,
    units: usize,
}

impl Pattern {
    /// How many units there are.
    pub fn units(&self) -> usize {
        self.units
    }

    /// How many units are on.
    pub fn on(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// Unit by unit: is it on?
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.units).map(|unit| self.words[unit / 64] >> (unit % 64) & 1 == 1)
    }

    fn push(&mut self, on: bool) {
        if self.units.is_multiple_of(64) {
            self.words.push(0);
        }
        self.words[self.units / 64] |= u64::from(on) << (self.units % 64);
        self.units += 1;
    }
}

impl Complex {
    /// Which units are on in a cell.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn pattern(&self, face: usize) -> Pattern {
        let mut pattern = Pattern {
            words: Vec::new(),
            units: 0,
        };
        let cells = self.ancestors(face);
        for (k, level) in self.refined.levels.iter().enumerate() {
            for bend in 0..self.chain[k].bends() {
                pattern.push(level.is_on(cells[k + 1], bend));
            }
        }
        pattern
    }
}
