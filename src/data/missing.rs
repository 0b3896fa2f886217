//! What happens to cells that are not known.

use serde::{Deserialize, Serialize};

/// What to do where a cell is missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Refuse the file, and name every such cell.
    #[default]
    Error,
    /// Leave the sample out.
    Drop,
    /// Take the mean of the column over the training part; a sample without a target is left out.
    Mean,
}
