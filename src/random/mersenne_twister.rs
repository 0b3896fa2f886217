//! MT19937 with a state that can be saved and restored, on top of the `rand_mt` crate.

use rand_mt::Mt;
use serde::{Deserialize, Serialize};

/// MT19937 renews its state 624 words at a time, and those 624 outputs determine all later ones.
const BLOCK: usize = 624;

/// The Mersenne Twister, drawn from block by block.
///
/// `rand_mt` hides the words of its state but can recover them from one whole block of outputs. Keeping the
/// current block is therefore all it takes to save a stream and to continue it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Saved", try_from = "Saved")]
pub(super) struct MersenneTwister {
    /// Positioned right behind the current block.
    engine: Mt,
    /// The current block of outputs.
    block: [u32; BLOCK],
    /// How many outputs of the block have been handed out.
    position: usize,
}

/// What is kept of a [`MersenneTwister`]: the current 624 outputs and how many of them are used up.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    block: Vec<u32>,
    position: usize,
}

impl MersenneTwister {
    /// The initialisation that both NumPy's `seed(int)` and PyTorch's `manual_seed` use.
    pub(super) fn new(seed: u32) -> Self {
        let mut engine = Mt::new(seed);
        let block = std::array::from_fn(|_| engine.next_u32());
        Self {
            engine,
            block,
            position: 0,
        }
    }

    /// The next 32 random bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.position == BLOCK {
            self.block = std::array::from_fn(|_| self.engine.next_u32());
            self.position = 0;
        }
        let word = self.block[self.position];
        self.position += 1;
        word
    }

    /// The next 64 random bits: two words, the more significant one first.
    pub(super) fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }
}

impl From<MersenneTwister> for Saved {
    fn from(twister: MersenneTwister) -> Self {
        Self {
            block: twister.block.to_vec(),
            position: twister.position,
        }
    }
}

impl TryFrom<Saved> for MersenneTwister {
    type Error = String;

    fn try_from(saved: Saved) -> Result<Self, String> {
        let length = saved.block.len();
        let block: [u32; BLOCK] = saved
            .block
            .try_into()
            .map_err(|_| format!("a generator's state has {BLOCK} words, not {length}"))?;
        if saved.position > BLOCK {
            return Err(format!(
                "a generator's position is at most {BLOCK}, not {}",
                saved.position
            ));
        }
        Ok(Self {
            engine: Mt::from(block),
            block,
            position: saved.position,
        })
    }
}
