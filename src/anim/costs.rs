//! Which colours of a palette may stand for which, and at what cost.

/// What it costs to show one colour of a palette in place of another.
#[derive(Debug)]
pub(super) struct Costs {
    /// For each colour the cost of every other in its place.
    of: Vec<[u8; 256]>,
    /// For each colour those that may stand for it, with the cost.
    pub(super) stand_ins: Vec<Vec<(u8, u8)>>,
    /// For how many each may stand.
    serves: [u16; 256],
}

impl Costs {
    /// It may not.
    pub(super) const NEVER: u8 = u8::MAX;

    /// Every colour stands for itself alone.
    pub(super) fn exact() -> Self {
        let mut costs = Self {
            of: vec![[Self::NEVER; 256]; 256],
            stand_ins: vec![Vec::new(); 256],
            serves: [0; 256],
        };
        for index in 0..=u8::MAX {
            costs.set(index, vec![(index, 0)]);
        }
        costs
    }

    /// Which colours stand for `index` where there is leeway, and at what cost (below 255). At least one.
    pub(super) fn set(&mut self, index: u8, stand_ins: Vec<(u8, u8)>) {
        let row = &mut self.of[usize::from(index)];
        row.fill(Self::NEVER);
        for &(stand_in, cost) in &stand_ins {
            row[usize::from(stand_in)] = cost;
            self.serves[usize::from(stand_in)] += 1;
        }
        let before = std::mem::replace(&mut self.stand_ins[usize::from(index)], stand_ins);
        for (stand_in, _) in before {
            self.serves[usize::from(stand_in)] -= 1;
        }
    }

    /// May `index` stand for any colour?
    pub(super) fn serves(&self, index: u8) -> bool {
        self.serves[usize::from(index)] > 0
    }

    /// The costs of every colour in place of `index`.
    pub(super) fn row(&self, index: u8) -> &[u8; 256] {
        &self.of[usize::from(index)]
    }

    /// May `shown` stand for `index`?
    pub(super) fn allows(&self, index: u8, shown: u8) -> bool {
        self.row(index)[usize::from(shown)] != Self::NEVER
    }
}
