//! The complex of a classifier, its decision included: cells on which one class wins.

use super::chain::{Bend, Link};
use super::{Complex, network};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::{Activation, Frozen};

/// A [`Complex`] that is also cut where the decision changes, and the class that wins on each cell.
///
/// The decision is one layer more: a unit for every pair of classes. So patterns have these units at their end, creases on
/// which the decision changes lie in a layer after the network's last, and maps end there.
#[derive(Debug)]
pub struct Decided {
    /// Its cells.
    pub complex: Complex,
    /// For each cell, the class; of classes with equal scores all over the cell, the lowest.
    pub class: Vec<usize>,
    /// How many classes there are.
    pub classes: usize,
}

impl Decided {
    /// Of a network that ends in one sigmoid unit (class 1 where its score is above 0), one identity unit (above 1/2), or
    /// identity, sigmoid or softmax units for several classes, of which the highest score wins.
    ///
    /// # Errors
    /// As [`Complex::new`], and if the network has no last layer or it ends in another activation.
    pub fn new(network: &Frozen, window: Bounds) -> Result<Self> {
        let mut chain = network::chain(network)?;
        let last = network.layers.last();
        let Some(last) = last.filter(|last| {
            use Activation::{Identity, Sigmoid, Softmax};
            matches!(last.activation, Identity | Sigmoid | Softmax) && last.units() > 0
        }) else {
            return Err(Error::invalid(
                "decision",
                "the network does not end in scores of classes",
                "its last layer must be one sigmoid unit, or a softmax or identity unit per class",
            ));
        };
        let units = last.units();
        let mut pairs = Vec::new();
        let mut link = Link {
            inputs: units,
            units: 0,
            weight: Vec::new(),
            bias: Vec::new(),
            bend: Bend::leaky(0.0),
        };
        if units == 1 {
            link.weight.push(1.0);
            let half = last.activation == Activation::Identity;
            link.bias.push(if half { -0.5 } else { 0.0 });
        } else {
            // The later one of a pair wins where its score is higher.
            for later in 1..units {
                for earlier in 0..later {
                    pairs.push([earlier, later]);
                    link.weight.extend((0..units).map(|k| match k {
                        k if k == later => 1.0,
                        k if k == earlier => -1.0,
                        _ => 0.0,
                    }));
                    link.bias.push(0.0);
                }
            }
        }
        link.units = link.bias.len();
        chain.push(link);
        let refined = network::refined(network, &chain, network::rectangle(window)?)?;
        let complex = Complex::of(refined, chain, window);
        let level = &complex.refined.levels[complex.refined.levels.len() - 1];
        let class = (0..complex.faces()).map(|face| {
            if units == 1 {
                return usize::from(level.is_on(face, 0));
            }
            let beaten = |class: usize| {
                pairs.iter().enumerate().any(|(unit, &[earlier, later])| {
                    let later_wins = level.is_on(face, unit);
                    (earlier == class && later_wins) || (later == class && !later_wins)
                })
            };
            (0..units).find(|&class| !beaten(class)).unwrap_or(0)
        });
        Ok(Self {
            class: class.collect(),
            classes: units.max(2),
            complex,
        })
    }
}
