//! E3 and E4: the spiral's training, seen from the layers and from the matrices.

use faer::mat;

use crate::anim::Timeline;
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::{Error, Result};
use crate::figures::{Probes, Turns};
use crate::geometry::{Separability, linear_separability};
use crate::linalg::{follow, norms};
use crate::model::Frozen;

fn epochs(trained: &Trained) -> Vec<usize> {
    let snapshots = trained.snapshots.iter();
    snapshots.map(|snapshot| snapshot.epoch).collect()
}

/// Probes of every layer after every epoch.
pub(super) fn e3(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let labels = trained.train.labels().unwrap_or_default();
    let network = |epoch: usize| -> Result<Frozen> {
        let mut snapshots = trained.snapshots.iter();
        let found = snapshots.find(|snapshot| snapshot.epoch == epoch);
        let found = found.ok_or_else(|| Error::matrix("probes", "an epoch was not captured"))?;
        Ok(found.network.clone())
    };
    let probes = Probes::new(
        trained.train.features.as_ref(),
        labels,
        &epochs(&trained),
        network,
    )?;
    let last = |site: usize| probes.of_site(site).last();
    let separable = |site: usize| {
        last(site)
            .and_then(|row| row.probe)
            .is_some_and(|probe| probe.separable)
    };
    let gap = probes
        .rows
        .iter()
        .filter_map(|row| row.probe)
        .fold(0.0, |most: f64, probe| most.max(probe.gap));
    let undecided = probes.rows.iter().filter(|row| row.probe.is_none()).count();
    let hidden = mat![[0.0, 0.0], [2.0, 1.0], [1.0, 0.0], [1.0, 0.0]];
    let xor = match linear_separability(hidden.as_ref(), &[0, 0, 1, 1])? {
        Separability::Separable { margin, .. } => margin,
        Separability::NotSeparable(_) => f64::NAN,
    };
    Ok(Exhibit::new(
        "Alain and Bengio ask of every layer how well a linear classifier could do there. Here the question is decided rather \
         than trained for: is there a separating hyperplane, and how wide a margin has the best one? On the spiral the first, \
         wide layer tells the arms apart before any training, with next to no margin. Training makes a line in the last \
         hidden plane possible, and then makes room for it.",
    )
    .figure("probes", probes.figure())
    .check(Check::holds("the input is not separable", !separable(0)))
    .check(Check::holds("the wide layer is", separable(1)))
    .check(Check::holds("the plane before the last layer is, at the end", separable(2)))
    .check(Check::equal("sites and epochs left undecided", undecided as f64, 0.0, 0.0))
    .check(Check::at_most("duality gap of the margins, in units of the radius", gap, 1e-9))
    .check(Check::equal(
        "margin in the hidden layer of Goodfellow's XOR network: $1 / 2√5$",
        xor,
        0.5 / 5.0_f64.sqrt(),
        1e-15,
    )))
}

/// Singular values and vectors of every matrix over the epochs.
pub(super) fn e4(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let networks: Vec<Frozen> = trained
        .snapshots
        .iter()
        .map(|snapshot| snapshot.network.clone())
        .collect();
    let turns = Turns::new(&epochs(&trained), &networks)?;
    let (mut rebuilt, mut weyl) = (0.0_f64, 0.0_f64);
    for k in 0..networks[0].layers.len() {
        let weight = |step: usize| networks[step].layers[k].weight.as_ref();
        let path = follow((0..networks.len()).map(weight))?;
        for (step, at) in path.iter().enumerate() {
            rebuilt = rebuilt.max((at.reconstruct() - weight(step)).norm_max());
            if step > 0 {
                let moved = norms::spectral((weight(step) - weight(step - 1)).as_ref())?;
                let sorted = |s: &[f64]| {
                    let mut s = s.to_vec();
                    s.sort_by(|a, b| b.total_cmp(a));
                    s
                };
                let pairs = sorted(&at.s).into_iter().zip(sorted(&path[step - 1].s));
                let change = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                weyl = weyl.max(change - moved);
            }
        }
    }
    let timeline = Timeline::steps(turns.len(), 20, 2.0)?;
    let figure = turns.figure();
    Ok(Exhibit::new(
        "A matrix rotates, scales and rotates (B8). Here is what training does to each of the three: how singular values grow, \
         and how far the directions turn that they belong to. Pairs are followed through crossings, where sorting by size \
         would swap them.",
    )
    .figure("turns", figure)
    .animation(
        "stretches",
        "What each matrix stretches, and by how much, epoch after epoch",
        timeline,
        move |moment| Ok(turns.frame(moment.step)),
    )
    .check(Check::zero("largest error of U diag(S) Vᵀ, all layers and epochs", rebuilt, 1e-12))
    .check(Check::at_most(
        "no singular value moves further than the matrix (Weyl): excess",
        weyl,
        1e-12,
    )))
}
