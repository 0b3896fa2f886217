//! PyTorch's numbers for the post's code.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::blog::{Check, Exhibit, Trained};
use crate::error::{Error, Result};

/// What PyTorch printed for one item.
#[derive(Debug, Deserialize)]
pub(super) struct Printed {
    /// Epoch losses at the epochs that the post prints, by epoch.
    pub losses: BTreeMap<String, f64>,
    /// The length of the first layer's weight gradient on the last batch.
    pub gradient_norm: f64,
    /// That gradient, (units x inputs).
    pub gradient: Vec<Vec<f64>>,
}

/// The numbers for an item.
///
/// # Errors
/// Never: the file is compiled in, and a test reads every item.
pub(super) fn printed(id: &str) -> Result<Printed> {
    let text = include_str!("pytorch.json");
    let broken = |error: &dyn std::fmt::Display| {
        Error::invalid(
            "pytorch.json",
            error.to_string(),
            "run the script that writes it",
        )
    };
    let mut items: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(text).map_err(|error| broken(&error))?;
    let item = items
        .remove(id)
        .ok_or_else(|| broken(&format!("no item {id}")))?;
    serde_json::from_value(item).map_err(|error| broken(&error))
}

/// Adds a table of the losses that the post's code prints, beside PyTorch's, each checked to four decimals.
///
/// # Errors
/// As [`printed`].
pub(super) fn compare(mut exhibit: Exhibit, id: &str, trained: &Trained) -> Result<Exhibit> {
    let mut losses: Vec<(usize, f64)> = printed(id)?
        .losses
        .into_iter()
        .filter_map(|(epoch, loss)| Some((epoch.parse().ok()?, loss)))
        .collect();
    losses.sort_by_key(|&(epoch, _)| epoch);
    let ours = |epoch: usize| trained.reports[epoch - 1].metrics.train_loss;
    let rows: Vec<Vec<String>> = losses
        .iter()
        .map(|&(epoch, loss)| {
            vec![
                epoch.to_string(),
                format!("{:.4}", ours(epoch)),
                format!("{loss:.4}"),
            ]
        })
        .collect();
    for &(epoch, loss) in &losses {
        exhibit = exhibit.check(Check::equal(
            format!("loss printed at epoch {epoch}, four decimals: PyTorch's"),
            four_decimals(ours(epoch)),
            four_decimals(loss),
            1e-9,
        ));
    }
    Ok(exhibit.table("Loss", &["epoch", "foldspace", "PyTorch"], rows))
}

/// What `{:.4f}` prints, as a number.
fn four_decimals(value: f64) -> f64 {
    format!("{value:.4}").parse().unwrap_or(f64::NAN)
}
