//! What can be proved of a run, epoch by epoch: separable or not, rank, dead units.

use faer::MatRef;
use rayon::prelude::*;
use serde::Serialize;

use crate::data::Dataset;
use crate::geometry::linear_separability;
use crate::linalg::rank;
use crate::model::Frozen;

/// Verdicts on every embedded epoch, over all training samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Verdicts {
    /// Whether hyperplanes separate the classes in the space before the last layer; each entry decided with a
    /// certificate, `None` where it was not judged or could not be decided.
    pub separable: Vec<Option<bool>>,
    /// The first epoch from which on every judged one is separable.
    pub from: Option<usize>,
    /// Whether every embedded epoch was judged, or only some of them.
    pub all_judged: bool,
    /// The numerical rank of every layer's weight.
    pub rank: Vec<Vec<Option<usize>>>,
    /// How many units of every layer have the same output for all training samples.
    pub dead: Vec<Vec<usize>>,
}

/// One epoch's: separable, ranks, dead units.
type Verdict = (Option<bool>, Vec<Option<usize>>, Vec<usize>);

/// Above this many entries a matrix's rank is left out: a decomposition per epoch would take minutes.
const MOST_FOR_RANK: usize = 40_000;

/// Numbers in the samples of all linear programs together, in spaces of more than two dimensions.
const WORK: usize = 2_000_000;

/// Judges the epochs; `networks` are those of `epochs`. Without `separability` that is left out: where hundreds of units come before
/// the output, it can take minutes to decide.
pub fn judge(
    epochs: &[usize],
    networks: &[Frozen],
    train: &Dataset,
    separability: bool,
) -> Verdicts {
    let width = networks
        .first()
        .and_then(|network| network.layers.last())
        .map_or(0, |last| last.inputs());
    let classes = train.class_count().unwrap_or(0);
    let judged = if classes < 2 || !separability {
        Vec::new()
    } else {
        judged(epochs.len(), width, width * train.samples())
    };
    let rows: Vec<Verdict> = networks
        .par_iter()
        .enumerate()
        .map(|(k, network)| {
            let mut signal = train.features.clone();
            let (mut ranks, mut dead, mut separable) = (Vec::new(), Vec::new(), None);
            for (place, layer) in network.layers.iter().enumerate() {
                if place + 1 == network.layers.len()
                    && judged.contains(&k)
                    && let Some(labels) = train.labels()
                {
                    separable = pairwise(signal.as_ref(), labels, classes);
                }
                signal = layer.forward(signal.as_ref());
                let small = layer.units() * layer.inputs() <= MOST_FOR_RANK;
                ranks.push(small.then(|| rank(layer.weight.as_ref()).ok()).flatten());
                dead.push(constant(signal.as_ref()));
            }
            (separable, ranks, dead)
        })
        .collect();
    let separable: Vec<Option<bool>> = rows.iter().map(|row| row.0).collect();
    Verdicts {
        from: first_for_good(epochs, &separable),
        all_judged: judged.len() == epochs.len(),
        separable,
        rank: rows.iter().map(|row| row.1.clone()).collect(),
        dead: rows.into_iter().map(|row| row.2).collect(),
    }
}

/// Which epochs are judged: all in the plane, else as many as the work allows, evenly spread, the last among them.
fn judged(count: usize, width: usize, size: usize) -> Vec<usize> {
    let most = if width <= 2 {
        count
    } else {
        (WORK / size.max(1)).clamp(3, 25).min(count)
    };
    super::spread(count, most)
}

/// Whether a hyperplane lies between every two classes; `None` where that could not be decided.
fn pairwise(points: MatRef<'_, f64>, labels: &[usize], classes: usize) -> Option<bool> {
    let mut all = true;
    for first in 0..classes {
        for second in first + 1..classes {
            let rows: Vec<usize> = (0..labels.len())
                .filter(|&i| labels[i] == first || labels[i] == second)
                .collect();
            let sides: Vec<usize> = rows
                .iter()
                .map(|&i| usize::from(labels[i] == second))
                .collect();
            if !(sides.contains(&0) && sides.contains(&1)) {
                continue; // a class without training samples is separated from all others
            }
            let pair = faer::Mat::from_fn(rows.len(), points.ncols(), |i, j| points[(rows[i], j)]);
            all &= linear_separability(pair.as_ref(), &sides)
                .ok()?
                .is_separable();
            if !all {
                return Some(false);
            }
        }
    }
    Some(all)
}

/// The epoch from which on every judged one is separable.
fn first_for_good(epochs: &[usize], separable: &[Option<bool>]) -> Option<usize> {
    let judged = || {
        epochs
            .iter()
            .zip(separable)
            .filter_map(|(&epoch, &verdict)| verdict.map(|verdict| (epoch, verdict)))
    };
    let after = judged()
        .rev()
        .find(|(_, verdict)| !verdict)
        .map(|(epoch, _)| epoch);
    judged()
        .map(|(epoch, _)| epoch)
        .find(|&epoch| after.is_none_or(|after| epoch > after))
}

/// How many columns hold one number only.
fn constant(output: MatRef<'_, f64>) -> usize {
    (0..output.ncols())
        .filter(|&unit| output.col(unit).iter().all(|&x| x == output[(0, unit)]))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separable_for_good_means_never_undone() {
        let epochs = [0, 5, 10, 15, 20];
        let of = |verdicts: [Option<bool>; 5]| first_for_good(&epochs, &verdicts);
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(of([no, yes, no, yes, yes]), Some(15));
        assert_eq!(of([yes; 5]), Some(0));
        assert_eq!(of([no, yes, yes, yes, no]), None);
        assert_eq!(of([no, None, None, None, yes]), Some(20));
        assert_eq!(of([None; 5]), None);
    }

    #[test]
    fn three_classes_in_a_row_are_separable_pairwise() {
        let points = faer::mat![[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0], [2.0, 0.0]];
        assert_eq!(pairwise(points.as_ref(), &[0, 0, 1, 1, 2], 3), Some(true));
        assert_eq!(pairwise(points.as_ref(), &[0, 2, 1, 1, 0], 3), Some(false));
    }
}
