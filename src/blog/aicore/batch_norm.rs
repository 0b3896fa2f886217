//! B12: batch normalisation, and how it melts into the layer before it.

use faer::{Mat, MatRef};

use super::plane::number;
use super::sample::{greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::batch_norm::Statistics;
use crate::layers::{Affine, BatchNorm, by_burn};
use crate::plot::{Colour, Dash, Figure, Mark, Panel, Point, Stroke};
use crate::random::RandomState;

const GAMMA: [f64; 2] = [1.5, 0.5];
const BETA: [f64; 2] = [-1.0, 2.0];

/// A batch of the figure's data: two features of different scale, and correlated.
fn batch(random: &mut RandomState, samples: usize) -> Mat<f64> {
    let z = normal(random, samples, 2);
    Mat::from_fn(samples, 2, |i, j| match j {
        0 => 4.0 + 1.6 * z[(i, 0)],
        _ => -2.0 + 0.5 * z[(i, 0)] + 0.4 * z[(i, 1)],
    })
}

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let mut random = RandomState::new(12);
    let x = batch(&mut random, 256);
    let mut plain = BatchNorm::new(2);
    let mut learnt = BatchNorm {
        gamma: GAMMA.to_vec(),
        beta: BETA.to_vec(),
        ..BatchNorm::new(2)
    };
    let normalised = plain.train(x.as_ref())?;
    let y = learnt.train(x.as_ref())?;

    let mut layer = BatchNorm::new(2);
    let mut running = vec![layer.running.clone()];
    let mut from_burn = Vec::new();
    for step in 0..60 {
        let x = batch(&mut random, 32);
        if step % 20 == 0 {
            let before = layer.clone();
            let (burns, averages) = by_burn::batch_norm_train(&before, x.as_ref(), lab.device())?;
            from_burn.push((burns - layer.train(x.as_ref())?).norm_max());
            let pairs = averages.mean.iter().zip(&layer.running.mean);
            from_burn.extend(pairs.map(|(a, b)| (a - b).abs()));
            let pairs = averages.variance.iter().zip(&layer.running.variance);
            from_burn.extend(pairs.map(|(a, b)| (a - b).abs()));
        } else {
            layer.train(x.as_ref())?;
        }
        running.push(layer.running.clone());
    }
    let at_inference = by_burn::batch_norm_infer(&learnt, x.as_ref(), lab.device())?;
    let at_inference = (at_inference - learnt.infer(x.as_ref())?).norm_max();

    let (mean, deviation) = off_target(&Statistics::of(y.as_ref())?);
    Ok(Exhibit::new(
        "Batch normalisation shifts and scales each feature by the batch's own mean and deviation, \
         $x' = (x - μ) / √(σ^2 + ε)$, and then gives it the mean $β$ and the deviation $γ$ that training likes best: \
         $y = γ x' + β$. Both steps are affine with a diagonal matrix: the cloud moves and its axes are rescaled, but \
         correlated features stay correlated. In training $μ$ and $σ$ depend on the batch; at inference they are running \
         averages, so the layer is a fixed affine map and can be multiplied into the one before it: \
         $W' = diag(γ/√(σ^2 + ε)) W$ and $b' = γ (b - μ)/√(σ^2 + ε) + β$. The variance is the biased one. Burn also averages \
         the biased one for inference, where PyTorch averages the unbiased.",
    )
    .figure("clouds", clouds([x.as_ref(), normalised.as_ref(), y.as_ref()])?)
    .figure("running", averages(&running))
    .check(Check::zero("the output's mean is β, at most off by", mean, 1e-12))
    .check(Check::zero("the output's deviation is γ, at most off by (ε makes it a little smaller)", deviation, 1e-4))
    .check(Check::at_most(
        "running variance of 32 samples at the end: distance from 31/32 of the true one, in its own standard deviations",
        wavering(&running[running.len() - 1].variance),
        3.0,
    ))
    .check(Check::zero("training: output and running averages are those of Burn's BatchNorm", greatest(from_burn), 1e-5))
    .check(Check::zero("inference: output is that of Burn's BatchNorm", at_inference, 1e-5))
    .check(Check::zero("folded into the layer before it: the same outputs, 100 random layers", folding(&mut random)?, 1e-11)))
}

/// How far a batch's mean is from β and its deviation from γ.
fn off_target(found: &Statistics) -> (f64, f64) {
    let mean = found
        .mean
        .iter()
        .zip(BETA)
        .map(|(found, beta)| (found - beta).abs());
    let deviation = found
        .variance
        .iter()
        .zip(GAMMA)
        .map(|(found, gamma)| (found.sqrt() - gamma).abs());
    (greatest(mean), greatest(deviation))
}

/// The largest difference between two layers in a row and the one they fold into.
fn folding(random: &mut RandomState) -> Result<f64> {
    let mut differences = Vec::new();
    for _ in 0..100 {
        let before = Affine {
            weight: normal(random, 5, 4),
            bias: random.randn(5),
        };
        let layer = BatchNorm {
            gamma: random.randn(5),
            beta: random.randn(5),
            running: Statistics {
                mean: random.randn(5),
                variance: random.rand(5).into_iter().map(|v| v + 0.05).collect(),
            },
            ..BatchNorm::new(5)
        };
        let x = normal(random, 10, 4);
        let in_two_steps = layer.infer(before.forward(x.as_ref())?.as_ref())?;
        let in_one = layer.fold(&before)?.forward(x.as_ref())?;
        differences.push((in_two_steps - in_one).norm_max());
    }
    Ok(greatest(differences))
}

fn clouds(batches: [MatRef<'_, f64>; 3]) -> Result<Figure> {
    let names = [
        ("The batch", "x"),
        ("Normalised", "x'"),
        ("Scaled by $γ$, shifted by $β$", "y"),
    ];
    let mut panels = Vec::new();
    let mut words = Vec::new();
    for (batch, (title, name)) in batches.into_iter().zip(names) {
        let points: Vec<Point> = (0..batch.nrows())
            .map(|i| [batch[(i, 0)], batch[(i, 1)]])
            .collect();
        let found = Statistics::of(batch)?;
        let (mean, variance) = (&found.mean, &found.variance);
        let [x, y] = [mean[0], mean[1]];
        let [dx, dy] = [variance[0].sqrt(), variance[1].sqrt()];
        words.push(format!("({}, {})", number(dx, 2), number(dy, 2)));
        let zero = Stroke::new(Colour::AXIS, 1.0).dash(Dash::Dashed);
        let bar = |from: Point, to: Point| Mark::Line {
            points: vec![from, to],
            stroke: Stroke::new(Colour::TEXT, 2.6),
        };
        panels.push(
            Panel::plane(format!("${name}_1$"), format!("${name}_2$"))
                .title(title)
                .range([-6.2, 9.4], [-6.4, 6.4])
                .line([[-20.0, 0.0], [20.0, 0.0]], zero)
                .line([[0.0, -20.0], [0.0, 20.0]], zero)
                .points(points, Colour::accent(0).fade(0.75), 2.4)
                .mark(bar([x - dx, y], [x + dx, y]))
                .mark(bar([x, y - dy], [x, y + dy]))
                .note(format!("mean ({}, {})", number(x, 2), number(y, 2))),
        );
    }
    Ok(Figure::new("Batch normalisation moves and rescales, feature by feature")
        .caption(format!(
            "256 samples. The crosses mark each feature's mean and deviation: {} at first, {} after normalising, {} after \
             $γ = (1.5, 0.5)$ and $β = (-1, 2)$. Features that go together still do.",
            words[0], words[1], words[2]
        ))
        .size(1200, 440)
        .panels(3, panels))
}

/// How many standard deviations of the running average its variances are from what they are on average: the deviation of one
/// batch's is √(2 / 31) of it, and momentum 0.1 leaves √(0.1 / 1.9) of that.
fn wavering(variances: &[f64]) -> f64 {
    let deviation = (2.0_f64 / 31.0).sqrt() * (0.1_f64 / 1.9).sqrt();
    let off = |(found, truth): (&f64, f64)| (found / (31.0 / 32.0 * truth) - 1.0).abs() / deviation;
    greatest(variances.iter().zip(TRUE_VARIANCES).map(off))
}

/// The variances that the batches are drawn with.
const TRUE_VARIANCES: [f64; 2] = [2.56, 0.41];

fn averages(running: &[Statistics]) -> Figure {
    let curve = |value: &dyn Fn(&Statistics) -> f64| -> Vec<Point> {
        running
            .iter()
            .enumerate()
            .map(|(step, at)| [step as f64, value(at)])
            .collect()
    };
    let panel =
        |title: &str, label: &str, values: fn(&Statistics) -> &Vec<f64>, truth: [f64; 2]| {
            let mut panel = Panel::new()
                .title(title)
                .labels("batches of 32 seen", label);
            for (feature, &truth) in truth.iter().enumerate() {
                let colour = Colour::accent(feature);
                let name = format!("feature {}", feature + 1);
                panel = panel
                    .line(
                        [[0.0, truth], [60.0, truth]],
                        Stroke::new(colour, 1.3).dash(Dash::Dashed),
                    )
                    .curve(
                        name,
                        curve(&|at| values(at)[feature]),
                        Stroke::new(colour, 2.2),
                    );
            }
            panel
        };
    Figure::new("What inference will use: running averages")
        .caption(
            "With momentum 0.1 every batch moves the averages a tenth of the way to its own mean and variance, from 0 and 1 towards \
             the truth (dashed). The variance wavers because 32 samples tell a variance to a quarter \
             of it only, $√(2/31)$, and the average holds some 19 batches; below the truth by 1/32 it would be on average, as \
             a batch is measured from its own mean.",
        )
        .size(1000, 440)
        .panels(2, [
            panel("Mean", "running mean", |at| &at.mean, [4.0, -2.0]),
            panel("Variance", "running variance", |at| &at.variance, TRUE_VARIANCES),
        ])
}
