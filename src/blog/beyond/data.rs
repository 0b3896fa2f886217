//! E5: components and holes of the data on the way through the layers.

use std::f64::consts::TAU;

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Alpha, betti, rips};

/// Betti curves of the spiral's arms.
pub(super) fn e5(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let figure = figures::betti_figure(
        trained.network(),
        &trained.train,
        "The spiral's two arms before and behind the hidden layers, after training",
    )?;
    let circle = Mat::from_fn(20, 2, |i, j| {
        let angle = TAU * i as f64 / 20.0;
        if j == 0 {
            libm::cos(angle)
        } else {
            libm::sin(angle)
        }
    });
    let bars = rips(circle.as_ref(), 1, 2.0);
    let hole = bars[1]
        .iter()
        .max_by(|a, b| a.ratio().total_cmp(&b.ratio()));
    let [birth, death] = hole.map_or([f64::NAN; 2], |bar| [bar.birth, bar.death]);
    // Naitzat's D-I: nine discs, each of 40 points in a sunflower's order.
    let golden = TAU * (1.5 - 0.5 * 5.0_f64.sqrt());
    let discs: Vec<[f64; 2]> = (0..360)
        .map(|i| {
            let (disc, k) = (i / 40, f64::from(i % 40));
            let (r, angle) = (((k + 0.5) / 40.0).sqrt(), golden * k);
            let shift = [f64::from(4 * (disc % 3)), f64::from(4 * (disc / 3))];
            [
                shift[0] + r * libm::cos(angle),
                shift[1] + r * libm::sin(angle),
            ]
        })
        .collect();
    let (alpha, at) = (Alpha::new(&discs)?, 0.5);
    let parts = 1 + alpha.merges().iter().filter(|&&merge| merge > at).count();
    let holes: Vec<_> = alpha.holes().into_iter().map(|hole| hole.bar).collect();
    Ok(Exhibit::new(
        "Naitzat, Zhitnikov and Lim look at a network as something that simplifies the topology of each class. Around the \
         samples of a class grow discs; how many components and holes their union has, radius by radius, is the class's \
         shape at every scale.",
    )
    .figure("betti", figure)
    .check(Check::equal("20 points on a circle: the hole opens at (Vietoris-Rips)", birth, 0.312_868_9, 5e-8))
    .check(Check::equal("and is filled at", death, 1.782_013_0, 5e-8))
    .check(Check::equal("Naitzat's D-I, nine discs: components", parts as f64, 9.0, 0.0))
    .check(Check::equal("and holes", betti(&holes, at) as f64, 0.0, 0.0)))
}
