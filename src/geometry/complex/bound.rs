//! How many cells a network of some widths can have at most.

use super::network;
use crate::error::Result;
use crate::model::Frozen;

/// The most cells that a network from the plane with these widths can have, whatever its weights: the sum over
/// (j_1, ..., j_L) of Π_l C(n_l, j_l), where n_l are the widths and j_l <= min(2, n_1 - j_1, ..., n_(l-1) - j_(l-1), n_l).
/// Where units leak, no dimension is lost to those that are off, and the terms n_k - j_k read n_k. Units of two kinks part
/// space along two parallel lines, and of every pair only lines that are not parallel meet: C(n, j) reads 2^j C(n, j), again
/// without loss.
///
/// Exact below 2^53. Source: T. Serra, C. Tjandraatmadja and S. Ramalingam, *Bounding and Counting Linear Regions of Deep
/// Neural Networks* (2018), theorem 1.
///
/// # Errors
/// As [`Complex::new`](super::Complex::new).
pub fn most_cells(network: &Frozen) -> Result<f64> {
    // How many terms of the sum leave 0, 1 or 2 dimensions.
    let mut ways = [0.0, 0.0, 1.0];
    for link in network::chain(network)? {
        let mut after = [0.0; 3];
        for (dimensions, &count) in ways.iter().enumerate() {
            let kinks = link.bend.kinks.len() as f64;
            if kinks == 0.0 {
                after[dimensions.min(link.units)] += count;
                continue;
            }
            for j in 0..=dimensions.min(link.units) {
                let n = link.units as f64;
                let choices = [1.0, kinks * n, kinks * kinks * n * (n - 1.0) / 2.0][j];
                let left = if link.bend.is_relu() {
                    link.units - j
                } else {
                    link.units
                };
                after[dimensions.min(left)] += count * choices;
            }
        }
        ways = after;
    }
    Ok(ways.iter().sum())
}
