//! Which units of a layer matter most to the next.

use faer::MatRef;

use crate::model::Layer;

/// Units of a layer that get a tile where the page has not chosen: those with the largest share.
const TILES: usize = 8;

/// A share per unit of every layer but the last: how far what the next layer adds up moves on average when the unit is held at
/// its mean. `answers` are what the layers answer on some samples, (n x units) each.
pub(super) fn shares(layers: &[&Layer], answers: &[MatRef<'_, f64>]) -> Vec<Vec<f64>> {
    let pairs = answers.iter().zip(layers.iter().skip(1));
    let shares = pairs.map(|(answers, next)| {
        let units = answers.col_iter().zip(next.weight.col_iter());
        let moved = units.map(|(answer, outward)| {
            let mean = answer.iter().sum::<f64>() / answer.nrows().max(1) as f64;
            let moves: f64 = answer.iter().map(|x| (x - mean).abs()).sum();
            moves * outward.norm_l1()
        });
        let moved: Vec<f64> = moved.collect();
        let sum: f64 = moved.iter().sum();
        moved
            .iter()
            .map(|x| if sum > 0.0 { x / sum } else { 0.0 })
            .collect()
    });
    shares.collect()
}

/// The units that get a tile: all of few, else those with the largest share.
pub(super) fn chosen(shares: &[Vec<f64>], layers: &[&Layer]) -> Vec<Vec<usize>> {
    let layers = layers.iter().enumerate().map(|(l, layer)| {
        let mut units: Vec<usize> = (0..layer.units()).collect();
        if let Some(shares) = shares.get(l) {
            // As the page orders them, which has them in 32 bits.
            units.sort_by(|&a, &b| (shares[b] as f32).total_cmp(&(shares[a] as f32)));
        }
        units.truncate(TILES);
        units.sort_unstable();
        units
    });
    layers.collect()
}
