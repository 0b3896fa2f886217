//! B11: the network from scratch, its losses under NumPy's seed 0, and its gradients in three ways.

use super::plane::number;
use super::sample::greatest;
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::{by_burn, scratch_net};
use crate::plot::{Anchor, Colour, Dash, Figure, Mark, Panel, Point, Scale, Shape, Sign, Stroke};

const LEARNING_RATE: f64 = 0.01;
const EPOCHS: usize = 1000;

/// What the post's script prints when it is run (NumPy 2.4.6).
const PRINTED: [(usize, f64); 5] = [
    (200, 0.0404),
    (400, 0.0091),
    (600, 0.0028),
    (800, 0.0010),
    (1000, 0.0004),
];

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let (x, y, start) = scratch_net::from_seed(0, 5, [2, 3, 1]);
    let (mut net, mut by_autodiff) = (start.clone(), start.clone());
    let (mut losses, mut burns_losses) = (Vec::new(), Vec::new());
    let (mut from_autodiff, mut from_quotients) = (Vec::new(), Vec::new());
    let mut before = Vec::new();
    for epoch in 0..EPOCHS {
        let (loss, gradients) = net.gradients(x.as_ref(), y.as_ref())?;
        let (burns_loss, burns) =
            by_burn::scratch_net_gradients(&by_autodiff, x.as_ref(), y.as_ref(), lab.device())?;
        if epoch % 100 == 0 {
            let (_, same_place) =
                by_burn::scratch_net_gradients(&net, x.as_ref(), y.as_ref(), lab.device())?;
            from_autodiff.push(gradients.max_difference(&same_place));
            let quotients = net.difference_quotients(x.as_ref(), y.as_ref(), 1e-6)?;
            from_quotients.push(gradients.max_difference(&quotients));
        }
        if epoch + 1 == EPOCHS {
            let output = net.forward(x.as_ref())?.output;
            before = output.col(0).iter().copied().collect();
        }
        net.update(&gradients, LEARNING_RATE);
        by_autodiff.update(&burns, LEARNING_RATE);
        losses.push(loss);
        burns_losses.push(burns_loss);
    }
    let untrained: Vec<f64> = start
        .forward(x.as_ref())?
        .output
        .col(0)
        .iter()
        .copied()
        .collect();
    let targets: Vec<f64> = y.col(0).iter().copied().collect();
    let apart = losses.iter().zip(&burns_losses).map(|(a, b)| (a - b).abs());

    let exhibit = Exhibit::new(
        "Two inputs, three ReLU units, one output, five samples, and nothing but matrix products: this network is trained \
         here in three ways at once. By hand, with the gradients written out as products of matrices; with Burn's autodiff \
         in place of those formulas; and against difference quotients, which know nothing of either. The random numbers \
         are NumPy's for seed 0, drawn in the script's order ($X$, $Y$, $W_1$, $W_2$), so the losses are the ones that the \
         post's code prints when it is run. The code stores its weights as (in x out) and computes $X W_1 + b_1$, while \
         the post's prose has them as (out x in).",
    )
    .figure("loss", curve(&losses))
    .figure("predictions", predictions(&targets, &untrained, &before))
    .table(
        "Loss every 200 epochs",
        &["epoch", "NumPy prints", "by hand", "with Burn's autodiff"],
        PRINTED.map(|(epoch, printed)| {
            vec![
                epoch.to_string(),
                format!("{printed:.4}"),
                format!("{:.4}", losses[epoch - 1]),
                format!("{:.4}", burns_losses[epoch - 1]),
            ]
        }),
    )
    .table(
        "Final predicted outputs",
        &["sample", "target", "before training", "after 999 updates"],
        (0..targets.len()).map(|i| {
            let cell = |value: f64| number(value, 4);
            vec![(i + 1).to_string(), cell(targets[i]), cell(untrained[i]), cell(before[i])]
        }),
    );
    let exhibit = PRINTED.iter().fold(exhibit, |exhibit, &(epoch, printed)| {
        let rounded = |loss: f64| (loss * 1e4).round() / 1e4;
        exhibit
            .check(Check::equal(
                format!("loss of epoch {epoch} to 4 decimals, by hand"),
                rounded(losses[epoch - 1]),
                printed,
                1e-12,
            ))
            .check(Check::equal(
                format!("loss of epoch {epoch} to 4 decimals, with Burn's autodiff"),
                rounded(burns_losses[epoch - 1]),
                printed,
                1e-12,
            ))
    });
    Ok(exhibit
        .check(Check::zero(
            "gradients by hand and by Burn's autodiff differ at most, every 100 epochs",
            greatest(from_autodiff),
            1e-5,
        ))
        .check(Check::zero(
            "gradients by hand and difference quotients differ at most, every 100 epochs",
            greatest(from_quotients),
            1e-7,
        ))
        .check(Check::zero(
            "the two trainings' losses differ at most, 1000 epochs",
            greatest(apart),
            1e-5,
        )))
}

fn curve(losses: &[f64]) -> Figure {
    let points: Vec<Point> = losses
        .iter()
        .enumerate()
        .map(|(i, &loss)| [(i + 1) as f64, loss])
        .collect();
    let printed: Vec<Point> = PRINTED
        .iter()
        .map(|&(epoch, _)| [epoch as f64, losses[epoch - 1]])
        .collect();
    let mut panel = Panel::new()
        .labels("epoch", "mean squared error")
        .range([0.0, EPOCHS as f64 * 1.1], [2e-4, 3.0])
        .curve(
            "by hand, in 64-bit numbers",
            points,
            Stroke::new(Colour::accent(0), 2.2),
        )
        .points(printed.clone(), Colour::accent(3), 4.5)
        .key(
            "printed by the script",
            Sign::Point(Colour::accent(3), Shape::Circle),
        );
    for (point, (_, loss)) in printed.into_iter().zip(PRINTED) {
        panel = panel.mark(Mark::Text {
            at: point,
            offset: [24.0, 11.0],
            text: format!("{loss:.4}"),
            anchor: Anchor::Centre,
            size: 12.0,
            colour: Colour::TEXT,
            halo: true,
            bold: false,
        });
    }
    panel.y.scale = Scale::Log;
    Figure::new("Learning by matrix products alone")
        .caption(format!(
            "Full-batch gradient descent with rate 0.01 takes the loss from {} to {} in 1000 epochs. The dots are the five \
             lines that the post's script prints.",
            number(losses[0], 4),
            number(losses[EPOCHS - 1], 4)
        ))
        .size(680, 480)
        .panel(panel)
}

fn predictions(targets: &[f64], untrained: &[f64], trained: &[f64]) -> Figure {
    let at = |values: &[f64]| -> Vec<Point> {
        targets.iter().zip(values).map(|(&y, &p)| [y, p]).collect()
    };
    let arrows = at(untrained)
        .into_iter()
        .zip(at(trained))
        .map(|(from, to)| Mark::Line {
            points: vec![from, to],
            stroke: Stroke::new(Colour::MUTED.fade(0.6), 1.2),
        });
    let worst = greatest(targets.iter().zip(trained).map(|(y, p)| (y - p).abs()));
    let diagonal = Stroke::new(Colour::MUTED, 1.3).dash(Dash::Dashed);
    let panel = Panel::new()
        .labels("target $y$", "prediction $ŷ$")
        .range([0.0, 1.6], [0.0, 2.6])
        .line([[-2.0, -2.0], [3.0, 3.0]], diagonal)
        .marks(arrows)
        .points(at(untrained), Colour::accent(1), 5.0)
        .points(at(trained), Colour::accent(0), 5.0)
        .key(
            "before training",
            Sign::Point(Colour::accent(1), Shape::Circle),
        )
        .key("after", Sign::Point(Colour::accent(0), Shape::Circle))
        .key("perfect", Sign::Line(diagonal));
    Figure::new("Five samples, thirteen parameters")
        .caption(format!(
            "Training moves every prediction towards the diagonal, where it equals the target; the worst ends {} off. With more parameters than \
             samples that is memory, not insight.",
            number(worst, 3)
        ))
        .size(640, 480)
        .panel(panel)
}
