//! Learning curves of a run: losses, accuracies and gradients over the epochs.

use super::{Series, history};
use crate::error::{Error, Result};
use crate::plot::text::literal;
use crate::plot::{Axis, Figure, Scale};
use crate::run::Run;

/// Loss and, for classes, accuracy, on the training and on the held-out samples.
///
/// # Errors
/// If no epoch is finished, or the table can't be read.
pub(super) fn losses(run: &Run) -> Result<Figure> {
    let metrics = run.metrics()?;
    if metrics.is_empty() {
        return Err(Error::invalid(
            run.paths.root().display().to_string(),
            "no epoch is finished yet",
            "wait for the first or train again",
        ));
    }
    let series = |label: &str, of: fn(&crate::train::EpochMetrics) -> Option<f64>| {
        let values: Vec<f64> = metrics.iter().filter_map(of).collect();
        (!values.is_empty()).then(|| Series::from_first(label, values))
    };
    let losses: Vec<Series> = [
        series("training", |m| Some(m.train_loss)),
        series("held out", |m| m.test_loss),
    ]
    .into_iter()
    .flatten()
    .collect();
    let accuracies: Vec<Series> = [
        series("training", |m| m.train_accuracy),
        series("held out", |m| m.test_accuracy),
    ]
    .into_iter()
    .flatten()
    .collect();
    let loss = history(&losses, run.config.train.loss.name()).title("loss");
    if accuracies.is_empty() {
        return Ok(Figure::new("Training").size(640, 440).panel(loss));
    }
    let accuracy = history(&accuracies, "accuracy").title("accuracy");
    Ok(Figure::new("Training")
        .size(1000, 420)
        .panels(2, [loss, accuracy]))
}

/// The axis of gradients' lengths, where no run needs more.
const USUAL: [f64; 2] = [1e-6, 1e2];

/// The power of ten below or above a positive number.
fn decade(number: f64, round: fn(f64) -> f64) -> f64 {
    libm::pow(10.0, round(libm::log10(number)))
}

/// The length of every parameter's gradient.
///
/// # Errors
/// If the table can't be read.
pub(super) fn gradients(run: &Run) -> Result<Figure> {
    let (names, rows) = run.gradient_norms()?;
    let norms = || {
        rows.iter()
            .flatten()
            .copied()
            .filter(|norm| *norm > 0.0 && norm.is_finite())
    };
    // The same axis for every run, so that two can be compared; whole decades more where a run needs them.
    let low = norms().fold(USUAL[0], |low, norm| low.min(decade(norm, f64::floor)));
    let high = norms().fold(USUAL[1], |high, norm| high.max(decade(norm, f64::ceil)));
    let mut zeros = 0;
    let series: Vec<Series> = names
        .iter()
        .enumerate()
        .map(|(i, name)| {
            let norms = rows.iter().filter_map(|row| row.get(i).copied());
            let mut series = Series::from_first(literal(name), norms);
            for norm in &mut series.values {
                // Zero has no place on a logarithmic axis.
                if *norm <= 0.0 {
                    *norm = low;
                    zeros += 1;
                }
            }
            series
        })
        .collect();
    let mut panel = history(&series, "length of the gradient");
    panel.y = Axis {
        scale: Scale::Log,
        range: Some([low, high]),
        ..panel.y
    };
    let at_the_foot = match zeros {
        0 => String::new(),
        _ => " Gradients of exactly 0 stand at the foot of the axis.".to_owned(),
    };
    Ok(Figure::new("Gradients over training")
        .caption(format!(
            "On the last batch of each epoch, before its update.{at_the_foot}"
        ))
        .size(760, 500)
        .panel(panel))
}
