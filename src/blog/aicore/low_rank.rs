//! B15: a trained layer in two thin factors.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures;
use crate::geometry::Bounds;
use crate::inspect::accuracy;
use crate::linalg::norms::spectral;
use crate::linalg::{LowRank, low_rank};
use crate::model::Frozen;
use crate::plot::{Colour, Figure, Panel, Scale, Stroke};

const CONFIG: &str = include_str!("../../../configs/moons-wide.toml");
/// The layer that is cut down: 64 x 64.
const LAYER: usize = 1;
/// The ranks whose boundaries are shown.
const SHOWN: [usize; 4] = [1, 2, 3, 64];

/// The result of one rank.
struct Trial {
    rank: usize,
    factors: LowRank,
    /// ‖W - W_r‖₂, measured on the product.
    error: f64,
    accuracy: f64,
}

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.train_text(CONFIG, "configs/moons-wide.toml")?;
    let network = trained.network();
    let weight = &network.layers[LAYER].weight;
    let full = weight.nrows();
    let trials = (1..=full)
        .map(|rank| {
            let factors = low_rank(weight.as_ref(), rank)?;
            let reduced = with_weight(network, factors.product());
            Ok(Trial {
                rank,
                error: spectral((weight - factors.product()).as_ref())?,
                accuracy: accuracy(&reduced, &trained.test).unwrap_or(f64::NAN),
                factors,
            })
        })
        .collect::<Result<Vec<Trial>>>()?;
    let best = trials[full - 1].accuracy;
    // The smallest rank from which on nothing is lost.
    let enough = 1 + trials
        .iter()
        .rposition(|trial| trial.accuracy < best - 0.005)
        .map_or(0, |last_bad| last_bad + 1);

    // Eckart and Young: the error is the first singular value left out, and no other matrix of that rank does better.
    let sigma = |rank: usize| trials[rank - 1].factors.spectral_error;
    let mismatch = trials
        .iter()
        .map(|trial| (trial.error - trial.factors.spectral_error).abs() / weight.norm_l2())
        .fold(0.0, f64::max);
    let rival = rival_error(weight, enough)?;

    let original = full * full;
    let row = |trial: &Trial| {
        let parameters = trial.factors.parameters();
        vec![
            trial.rank.to_string(),
            format!("{parameters} of {original}"),
            format!("{:.2}", parameters as f64 / original as f64),
            format!("{:.4}", trial.error),
            format!("{:.1} %", 100.0 * trial.accuracy),
        ]
    };
    let ranks = [1, 2, 3, 4, 8, 16, 32, 64];
    Ok(Exhibit::new(format!(
        "A 64 × 64 weight of a trained network, written as the product of a 64 × r and an r × 64 matrix, the best there is \
         for each r. From r = {enough} on the accuracy on held-out points is within half a percent of the full network's; below \
         r = 32 the factors hold fewer numbers than the matrix and multiply faster. The trained network works as well with \
         few directions of its wide layer."
    ))
    .figure("rank", curves(&trials))
    .figure("boundaries", boundaries(network, &trained, &trials)?)
    .table(
        "The layer in two factors",
        &["rank $r$", "numbers, and multiplications per input", "share", "spectral error", "held-out accuracy"],
        trials.iter().filter(|trial| ranks.contains(&trial.rank)).map(row),
    )
    .check(Check::zero(
        "spectral error at every rank: $σ_{r+1}$, largest difference relative to the matrix",
        mismatch,
        1e-12,
    ))
    .check(Check::at_least(
        format!("rank {enough}: a random matrix's best fit of that rank is worse by (Eckart-Young)"),
        rival - sigma(enough),
        0.0,
    ))
    .check(Check::at_least(
        "ranks 1 and 2 are not enough: accuracy that the better of them loses",
        best - trials[0].accuracy.max(trials[1].accuracy),
        0.02,
    ))
    .check(Check::equal(
        "the largest rank whose factors hold fewer numbers than the matrix",
        trials
            .iter()
            .filter(|trial| trial.factors.parameters() < original)
            .map(|trial| trial.rank)
            .max()
            .unwrap_or(0) as f64,
        31.0,
        0.0,
    ))
    .check(Check::at_most(
        "rank that keeps the accuracy within half a percent, of 64",
        enough as f64,
        16.0,
    ))
    .check(Check::at_most(
        "numbers in the two factors at that rank, over the matrix's",
        trials[enough - 1].factors.parameters() as f64 / original as f64,
        0.5,
    )))
}

/// The network with another weight in the layer.
fn with_weight(network: &Frozen, weight: Mat<f64>) -> Frozen {
    let mut reduced = network.clone();
    reduced.layers[LAYER].weight = weight;
    reduced
}

/// The spectral error of projecting on `rank` of the matrix's own columns: a fair rival of the same rank.
fn rival_error(weight: &Mat<f64>, rank: usize) -> Result<f64> {
    let basis = crate::linalg::qr(weight.subcols(0, rank))?.q;
    let projected = &basis * (basis.transpose() * weight);
    spectral((weight - projected).as_ref())
}

fn curves(trials: &[Trial]) -> Figure {
    let curve = |of: fn(&Trial) -> f64| -> Vec<[f64; 2]> {
        trials
            .iter()
            .map(|trial| [trial.rank as f64, of(trial)])
            .collect()
    };
    // The last error is zero but for rounding, which has no place on a logarithmic axis.
    let mut errors = curve(|trial| trial.error);
    errors.pop();
    let mut error = Panel::new()
        .title("distance from the full matrix")
        .labels("rank $r$", "$‖W - W_r‖_2 = σ_{r+1}$")
        .line(errors.clone(), Stroke::new(Colour::accent(2), 2.0))
        .points(errors, Colour::accent(2), 3.0);
    error.y.scale = Scale::Log;
    let accuracies = curve(|trial| trial.accuracy);
    let accuracy = Panel::new()
        .title("accuracy on held-out points")
        .labels("rank $r$", "accuracy")
        .line(accuracies.clone(), Stroke::new(Colour::accent(0), 2.0))
        .points(accuracies, Colour::accent(0), 3.0);
    Figure::new("How much of the layer is needed")
        .caption("The 64 × 64 weight of a network trained on the moons, replaced by its best approximation of each rank.")
        .size(1000, 430)
        .panels(2, [error, accuracy])
}

fn boundaries(network: &Frozen, trained: &Trained, trials: &[Trial]) -> Result<Figure> {
    let bounds = Bounds::around(trained.train.features.as_ref(), 0.12)?;
    let panels = SHOWN
        .into_iter()
        .map(|rank| {
            let trial = &trials[rank - 1];
            let reduced = with_weight(network, trial.factors.product());
            Ok(figures::boundary(&reduced, &trained.train, bounds)?
                .title(if rank == trials.len() {
                    format!("rank {rank}: the full matrix")
                } else {
                    format!("rank {rank}")
                })
                .note(format!(
                    "{:.1} % on held-out points",
                    100.0 * trial.accuracy
                )))
        })
        .collect::<Result<Vec<_>>>()?;
    let percent = |rank: usize| 100.0 * trials[rank - 1].accuracy;
    Ok(Figure::new("The boundary as the rank goes down")
        .caption(format!(
            "Of held-out points {:.1} % are right at rank 1, {:.1} % at rank 2, {:.1} % at rank 3 and {:.1} % with all {}: \
             the bends that the right boundary needs take three directions.",
            percent(1),
            percent(2),
            percent(3),
            percent(trials.len()),
            trials.len()
        ))
        .size(1000, 800)
        .panels(2, panels))
}
