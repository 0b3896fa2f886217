//! What training in `f32` can hold of data in `f64`.

use faer::Mat;

use crate::data::{Dataset, Target};
use crate::error::{Error, Result};

/// Refuses a column that `f32` cannot hold: one with a number beyond its largest, 3.4e38, and one whose different numbers
/// all round to the same (all below 1e-45, or far from zero beside their spread).
///
/// # Errors
/// [`Error::Invalid`] that names the column and what to do.
pub(super) fn check(data: &Dataset) -> Result<()> {
    for (column, name) in data.feature_names.iter().enumerate() {
        let remedy = "set standardise = true in [data], or give the column in other units";
        refuse(&data.features, column, &format!("feature {name}"), remedy)?;
    }
    if let Target::Values { values, names } = &data.target {
        for (column, name) in names.iter().enumerate() {
            let remedy = "give the target in other units, or subtract its mean";
            refuse(values, column, &format!("target {name}"), remedy)?;
        }
    }
    Ok(())
}

fn refuse(values: &Mat<f64>, column: usize, name: &str, remedy: &str) -> Result<()> {
    let column = || values.col(column).iter().copied();
    if let Some(value) = column().find(|value| !(*value as f32).is_finite()) {
        return Err(Error::invalid(
            name,
            format!(
                "{value:e} is beyond what training in f32 holds, {:e}",
                f32::MAX
            ),
            remedy,
        ));
    }
    let Some(first) = column().next() else {
        return Ok(());
    };
    let varies = column().any(|value| value != first);
    let varies_in_training = column().any(|value| value as f32 != first as f32);
    if varies && !varies_in_training {
        return Err(Error::invalid(
            name,
            format!(
                "its numbers differ, but training in f32 holds them all as {:e}",
                first as f32
            ),
            remedy,
        ));
    }
    Ok(())
}
