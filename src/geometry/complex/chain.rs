//! The network as the refinement sees it: affine maps in plain numbers, each with the straight pieces of its activation.

use super::row::{ROUND, Row};

/// One layer.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub inputs: usize,
    pub units: usize,
    /// (units x inputs), row by row.
    pub weight: Vec<f64>,
    pub bias: Vec<f64>,
    pub bend: Bend,
}

/// An activation made of straight pieces: continuous, with kinks where two meet.
///
/// Unit u bends at its kinks, which are numbered u k, u k + 1, ... where there are k: the *bends* of a layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bend {
    /// Ascending; none where the layer is affine.
    pub kinks: Vec<f64>,
    /// Slope and offset of each piece, from the left: (slope z + offset) / `divisor`. One more than kinks.
    pub pieces: Vec<[f64; 2]>,
    pub divisor: u32,
}

impl Bend {
    pub(super) fn identity() -> Self {
        Self {
            kinks: Vec::new(),
            pieces: vec![[1.0, 0.0]],
            divisor: 1,
        }
    }

    /// z right of 0 and `slope` z left of it.
    pub(super) fn leaky(slope: f64) -> Self {
        Self {
            kinks: vec![0.0],
            pieces: vec![[slope, 0.0], [1.0, 0.0]],
            divisor: 1,
        }
    }

    pub(super) fn is_relu(&self) -> bool {
        *self == Self::leaky(0.0)
    }

    /// The steepest slope, and the largest offset.
    pub(super) fn largest(&self) -> [f64; 2] {
        [0, 1].map(|k| {
            let sizes = self.pieces.iter().map(|piece| piece[k].abs());
            sizes.fold(0.0, f64::max) / f64::from(self.divisor)
        })
    }
}

impl Link {
    /// The weights of a unit.
    pub(super) fn row(&self, unit: usize) -> &[f64] {
        &self.weight[unit * self.inputs..][..self.inputs]
    }

    /// How many kinks its units have in all.
    pub(super) fn bends(&self) -> usize {
        self.units * self.bend.kinks.len()
    }

    /// The unit that a bend is of, and the kink.
    pub(super) fn bend(&self, bend: usize) -> (usize, f64) {
        let k = self.bend.kinks.len();
        (bend / k, self.bend.kinks[bend % k])
    }

    /// How far a unit with the map `row` is above the kink.
    pub(super) fn above(row: &Row, kink: f64) -> Row {
        let mut above = *row;
        if kink != 0.0 {
            above.v[2] -= kink;
            above.e[2] += ROUND * above.v[2].abs();
        }
        above
    }

    /// The number of the piece that a unit is on in a cell: how many of its kinks it is above.
    pub(super) fn piece_number(&self, level: &Level, cell: usize, unit: usize) -> usize {
        match self.bend.kinks.len() {
            0 => 0,
            1 => usize::from(level.is_on(cell, unit)),
            k => {
                let bends = unit * k..(unit + 1) * k;
                bends.filter(|&bend| level.is_on(cell, bend)).count()
            }
        }
    }

    /// Slope and offset there.
    pub(super) fn piece(&self, level: &Level, cell: usize, unit: usize) -> [f64; 2] {
        self.bend.pieces[self.piece_number(level, cell, unit)]
    }
}

/// The result of refining one layer. Its *cells* are the regions of the next layer's affine maps.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    /// The cell of the layer before that each cell is part of.
    pub parent: Vec<u32>,
    /// Which bends are on, their unit above the kink: a list of cells for every 64 bends, a bit for each of these.
    pub on: Vec<Vec<u64>>,
}

impl Level {
    /// Whether a unit of the layer is above a kink in a cell.
    pub(super) fn is_on(&self, cell: usize, bend: usize) -> bool {
        self.on[bend / 64][cell] >> (bend % 64) & 1 == 1
    }
}
