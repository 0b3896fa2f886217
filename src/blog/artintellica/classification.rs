//! C9 and C10: two blobs, and what the gradients say.

use faer::Mat;

use super::pytorch::{compare, printed};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures::{self, Series};
use crate::geometry::Bounds;
use crate::plot::ticks::short;
use crate::plot::{Figure, MatrixStyle, Panel, Scale};

const FULL_BATCH: &str = include_str!("../../../configs/blobs.toml");
const MINI_BATCH: &str = include_str!("../../../configs/blobs-batches.toml");

/// Exercise 5.
pub(super) fn c9(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.train_text(FULL_BATCH, "configs/blobs.toml")?;
    let bounds = Bounds::around(trained.train.features.as_ref(), 0.2)?;
    let last = &trained.reports[trained.reports.len() - 1].metrics;
    let accuracy = last.train_accuracy.unwrap_or(f64::NAN);
    let losses = figures::history(
        &[Series::from_first(
            "training loss (BCE)",
            trained
                .reports
                .iter()
                .map(|report| report.metrics.train_loss),
        )],
        "binary cross-entropy",
    );
    let figure = Figure::new("Two blobs, five hidden units, one sigmoid")
        .caption(format!(
            "200 full-batch epochs at learning rate 0.1 bring the loss to {:.4}; {:.0} % of the points are right. The \
             boundary bends little, for these classes need no bending.",
            last.train_loss,
            100.0 * accuracy
        ))
        .size(1000, 450)
        .panels(
            2,
            [
                losses.title("loss"),
                figures::boundary(trained.network(), &trained.train, bounds)?.title("decision boundary"),
            ],
        );
    let exhibit = Exhibit::new(
        "The exercise leaves the data open: here two clouds of 50 points around (1.5, 1.5) and (-1.5, -1.5), deviation 0.5, \
         and seed 53.",
    )
    .figure("loss", figure)
    .check(Check::at_least("accuracy at the end", accuracy, 0.99));
    compare(exhibit, "C9", &trained)
}

/// Exercise 6.
pub(super) fn c10(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.train_text(MINI_BATCH, "configs/blobs-batches.toml")?;
    let pytorch = printed("C10")?;
    let gradient = trained
        .gradients
        .first()
        .map(|gradient| gradient.values.clone())
        .unwrap_or_else(Mat::new);
    let reference = Mat::from_fn(pytorch.gradient.len(), 2, |i, j| pytorch.gradient[i][j]);
    let norm = gradient.norm_l2();
    let norms: Vec<f64> = trained
        .reports
        .iter()
        .filter_map(|report| report.gradient_norms.first().map(|(_, norm)| *norm))
        .collect();

    let late = &norms[norms.len().saturating_sub(50)..];
    let least = late.iter().copied().fold(f64::INFINITY, f64::min);
    let most = late.iter().copied().fold(0.0, f64::max);
    let mut curve = figures::history(
        &[Series::from_first(
            "last batch of each epoch",
            norms.iter().copied(),
        )],
        "length of the gradient",
    );
    curve.y.scale = Scale::Log;
    let rows: Vec<Vec<f64>> = (0..gradient.nrows())
        .map(|i| {
            (0..gradient.ncols())
                .map(|j| 1000.0 * gradient[(i, j)])
                .collect()
        })
        .collect();
    let matrix = Panel::diagram()
        .title("∂$L$/∂$W_1$ on the last batch, in thousandths")
        .matrix(
            &rows,
            [0.0, 0.0],
            1.0,
            MatrixStyle::diverging(&rows).decimals(2),
        )
        .range([-1.5, 3.5], [-5.3, 0.3]);
    let figure = Figure::new("The first layer's gradient")
        .caption(format!(
            "Its length falls from {:.3} after the first epoch to {} on the last batch, and swings between {} and {} \
             from epoch to epoch over the last fifty: the steps have become small, though training has not come to rest. It \
             is not zero, and never will be: cross-entropy always asks for more certainty.",
            norms.first().copied().unwrap_or(f64::NAN),
            short(norm),
            short(least),
            short(most)
        ))
        .size(1000, 460)
        .panels(2, [curve.title("length over training"), matrix]);
    let exhibit = Exhibit::new(
        "After training in mini-batches of 20, the gradient of the loss on the last batch with respect to the first layer's \
         weights. A gradient near zero says that the network sits where small steps no longer help: converged, or stuck. The \
         accuracy tells which.",
    )
    .figure("gradients", figure)
    .check(Check::equal(
        "length of the gradient on the last batch: PyTorch's, relative difference",
        norm / pytorch.gradient_norm,
        1.0,
        1e-4,
    ))
    .check(Check::zero(
        "its entries: PyTorch's, largest difference over the gradient's length",
        (&gradient - &reference).norm_max() / norm,
        1e-4,
    ))
    .check(Check::at_least(
        "not at rest: the longest gradient of the last 50 epochs over the shortest",
        most / least,
        10.0,
    ))
    .check(Check::at_most(
        "converging: the length at the end over that after the first epoch",
        norm / norms.first().copied().unwrap_or(f64::NAN),
        0.1,
    ));
    compare(exhibit, "C10", &trained)
}
