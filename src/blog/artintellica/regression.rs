//! C4, C7 and C8: the regression, trained three ways.

use super::pytorch::{compare, printed};
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures::{self, Series};
use crate::plot::{Colour, Dash, Figure, Scale, Shape, Sign, Stroke};

const FULL_BATCH: &str = include_str!("../../../configs/quadratic.toml");
const SCALED_TANH: &str = include_str!("../../../configs/quadratic-tanh.toml");
const MINI_BATCH: &str = include_str!("../../../configs/quadratic-batches.toml");

/// The losses of a training as a curve.
fn losses(label: &str, trained: &Trained) -> Series {
    Series::from_first(
        label,
        trained
            .reports
            .iter()
            .map(|report| report.metrics.train_loss),
    )
}

fn loss_figure(title: &str, caption: String, series: &[Series]) -> Figure {
    let mut panel = figures::history(series, "mean squared error");
    panel.y.scale = Scale::Log;
    Figure::new(title)
        .caption(caption)
        .size(700, 460)
        .panel(panel)
}

/// The post's main example.
pub(super) fn c4(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.train_text(FULL_BATCH, "configs/quadratic.toml")?;
    let first = trained.reports[0].metrics.train_loss;
    let last = trained.reports[trained.reports.len() - 1]
        .metrics
        .train_loss;
    let caption = format!(
        "Full-batch gradient descent, learning rate 0.01, seed 42: from {first:.2} to {last:.4} in 200 epochs. The noise \
         alone leaves about 0.25."
    );
    let mut figure = loss_figure(
        "Training loss",
        caption,
        &[losses("training loss (MSE)", &trained)],
    );
    // What the post's script prints, and what no training can get below.
    let printed: Vec<[f64; 2]> = printed("C4")?
        .losses
        .iter()
        .map(|(epoch, loss)| [epoch.parse().unwrap_or(f64::NAN), *loss])
        .collect();
    let floor = Stroke::new(Colour::MUTED, 1.4).dash(Dash::Dashed);
    for panel in &mut figure.panels {
        *panel = std::mem::take(panel)
            .points(printed.clone(), Colour::accent(3), 4.5)
            .key(
                "printed by the post's code",
                Sign::Point(Colour::accent(3), Shape::Circle),
            )
            .curve(
                "the noise's variance, 0.25",
                [[1.0, 0.25], [200.0, 0.25]],
                floor,
            );
    }
    let exhibit = Exhibit::new(
        "The numbers printed in the post (1.2345, 0.9876, 0.8453, 0.7891) are placeholders: its code, run with PyTorch and \
         seed 42, prints the ones below. foldspace prints the same, because NumPy's generator makes the same data and \
         PyTorch's the same initial weights.",
    )
    .figure("loss", figure)
    .check(Check::at_most("the loss falls: last over first", last / first, 0.1));
    compare(exhibit, "C4", &trained)
}

/// Exercise 3.
pub(super) fn c7(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.train_text(SCALED_TANH, "configs/quadratic-tanh.toml")?;
    let last = trained.reports[trained.reports.len() - 1]
        .metrics
        .train_loss;
    let relu = lab.train_text(FULL_BATCH, "configs/quadratic.toml")?;
    let epochs = trained.reports.len();
    let mut before = losses("with ReLU, as in the post's example", &relu);
    before.epochs.truncate(epochs);
    before.values.truncate(epochs);
    let with_relu = relu.reports[epochs - 1].metrics.train_loss;
    let figure = loss_figure(
        "Training loss with $2 tanh(x)$",
        format!(
            "The same data and learning rate, {epochs} epochs: down to {last:.4}, where ReLU has reached {with_relu:.4}."
        ),
        &[losses("with 2 tanh(x)", &trained), before],
    );
    let exhibit = Exhibit::new(
        "A custom activation between the layers. Any a·tanh(b·x) can be asked for in a configuration: \
         activation = { scaled_tanh = { a = 2.0, b = 1.0 } }. Its gradient is Burn's own, since it is made of Burn's \
         operations.",
    )
    .figure("loss", figure)
    .check(Check::at_least(
        "ReLU is ahead after as many epochs: the loss with 2 tanh(x) over that with ReLU",
        last / with_relu,
        1.0,
    ));
    compare(exhibit, "C7", &trained)
}

/// Exercise 4.
pub(super) fn c8(lab: &Lab) -> Result<Exhibit> {
    let full = lab.train_text(FULL_BATCH, "configs/quadratic.toml")?;
    let batches = lab.train_text(MINI_BATCH, "configs/quadratic-batches.toml")?;
    let epochs = batches.reports.len();
    let at_end = |trained: &Trained| trained.reports[epochs - 1].metrics.train_loss;
    let mut whole = losses("full batch: 1 step per epoch", &full);
    whole.epochs.truncate(epochs);
    whole.values.truncate(epochs);
    let figure = loss_figure(
        "Mini-batches of 32 beside the full batch",
        format!(
            "After 100 epochs: {:.3} with mini-batches, {:.3} with the full batch. Seven steps per epoch instead of one make \
             the difference; the curve is a little rough because each step sees 32 samples only.",
            at_end(&batches),
            at_end(&full)
        ),
        &[
            losses("mini-batches of 32: 7 steps per epoch", &batches),
            whole,
        ],
    );
    let exhibit = Exhibit::new(
        "The samples are visited in the order that PyTorch's DataLoader(shuffle=True) would choose with the same seed, so \
         that the mini-batch losses agree with PyTorch's too. An epoch's loss is the mean of its batches' losses, each taken \
         before its update.",
    )
    .figure("loss", figure)
    .check(Check::at_most(
        "mini-batches are ahead after 100 epochs: their loss over the full batch's",
        at_end(&batches) / at_end(&full),
        1.0,
    ));
    compare(exhibit, "C8", &batches)
}
