//! Gradient clipping as PyTorch defines it, over all parameters together.

use burn::tensor::{Gradients, Tensor};
use serde::{Deserialize, Serialize};

use super::gradients::StepGradients;
use crate::error::{Error, Result};
use crate::model::Mlp;

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
    /// Refuses bounds that can't be.
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

    /// Clips the gradients of `model`'s parameters. Nothing is read back from the device.
    pub fn apply(self, model: &Mlp, gradients: &mut Gradients) {
        let clipped: Box<dyn Fn(Tensor<2>) -> Tensor<2>> = match self {
            Self::Norm(most) => {
                let squares: Vec<_> = StepGradients::of(model, gradients).squares().collect();
                if squares.is_empty() {
                    return;
                }
                let length = Tensor::cat(squares, 0).sum().sqrt();
                let factor = length.add_scalar(1e-6).recip().mul_scalar(most);
                let factor = factor.clamp_max(1.0).unsqueeze::<2>();
                Box::new(move |gradient| gradient * factor.clone())
            }
            Self::Value(most) => Box::new(move |gradient| gradient.clamp(-most, most)),
        };
        for parameter in model.parameters() {
            if let Some(gradient) = parameter.gradient(gradients) {
                parameter.replace_gradient(gradients, clipped(gradient));
            }
        }
    }
}
