//! The random numbers of NumPy and of PyTorch, from the same seeds.
//!
//! Both libraries draw from the Mersenne Twister MT19937 but turn its words into numbers differently:
//! [`numpy::RandomState`] makes the data, [`torch::Generator`] the initial weights and the order in which
//! samples are visited. A script that calls `np.random.seed(42)` and `torch.manual_seed(42)` sees the same
//! numbers as a program that starts from `RandomState::new(42)` and `Generator::new(42)`.
//!
//! Both generators implement serde's traits, so a checkpoint keeps the exact point that a stream has reached.

mod bits;
mod mersenne_twister;
pub(crate) mod numpy;
pub(crate) mod torch;

pub use numpy::RandomState;
pub use torch::{Generator, dataloader_order};
