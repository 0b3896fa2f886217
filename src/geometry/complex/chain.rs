//! The network as the refinement sees it: affine maps in plain numbers, each with the slope of its units' off side.

/// One layer.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub inputs: usize,
    pub units: usize,
    /// (units x inputs), row by row.
    pub weight: Vec<f64>,
    pub bias: Vec<f64>,
    /// The slope where a unit is off: 0 for ReLU. `None` where units never bend: the layer is affine.
    pub off: Option<f64>,
}

impl Link {
    /// The weights of a unit.
    pub fn row(&self, unit: usize) -> &[f64] {
        &self.weight[unit * self.inputs..][..self.inputs]
    }

    /// The units that can bend.
    pub fn bending(&self) -> usize {
        if self.off.is_some() { self.units } else { 0 }
    }
}

/// What is left behind by the refinement of a layer. Its *cells* are the regions of the next layer's affine maps.
#[derive(Debug, Clone, Default)]
pub(super) struct Level {
    /// The cell of the layer before that each cell is part of.
    pub parent: Vec<u32>,
    /// Which units are on: a list of cells for every 64 units, a bit for each of these.
    pub on: Vec<Vec<u64>>,
}

impl Level {
    /// Whether a unit of the layer is on in a cell.
    pub fn is_on(&self, cell: usize, unit: usize) -> bool {
        self.on[unit / 64][cell] >> (unit % 64) & 1 == 1
    }
}
