//! Gradient clipping as PyTorch defines it, over all parameters together.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The `[train.clip]` table: what keeps a step from being too long. Logs and captures hold the gradients before it.
///
/// ```
/// use foldspace::train::Clip;
/// let clip: Clip = toml::from_str("norm = 1.0").unwrap();
/// assert_eq!(clip, Clip::Norm(1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", try_from = "Table")]
pub enum Clip {
    /// `clip_grad_norm_`: the whole gradient g becomes g · min(1, c / (‖g‖ + 1e-6)), ‖g‖ over all parameters.
    Norm(f64),
    /// `clip_grad_value_`: each entry is cut to the range from -c to c.
    Value(f64),
}

/// The table as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table such as { norm = 1.0 }")]
struct Table {
    norm: Option<f64>,
    value: Option<f64>,
}

impl TryFrom<Table> for Clip {
    type Error = &'static str;

    fn try_from(table: Table) -> Result<Self, Self::Error> {
        match (table.norm, table.value) {
            (Some(norm), None) => Ok(Self::Norm(norm)),
            (None, Some(value)) => Ok(Self::Value(value)),
            (None, None) => Err("there is no bound; set norm or value"),
            (Some(_), Some(_)) => Err("there are two bounds; set either norm or value"),
        }
    }
}

impl Clip {
    /// Refuses impossible bounds.
    ///
    /// # Errors
    /// [`Error::Invalid`] whose place is the key.
    pub fn validate(self) -> Result<()> {
        let (key, bound) = match self {
            Self::Norm(bound) => ("norm", bound),
            Self::Value(bound) => ("value", bound),
        };
        if bound.is_finite() && bound > 0.0 {
            return Ok(());
        }
        Err(Error::invalid(
            format!("train.clip.{key}"),
            format!("a gradient can't be clipped to {bound}"),
            "use a positive number, such as 1.0",
        ))
    }
}
