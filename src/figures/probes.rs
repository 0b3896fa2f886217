//! Linear probes over a training: when each layer becomes separable, and how widely.

mod picture;

use faer::{Mat, MatRef};
use rayon::prelude::*;
use serde::Serialize;

use super::training::class_pairs;
use super::written::csv_of;
use crate::error::{Error, Result};
use crate::geometry::{Probe, Prober};
use crate::model::{Activation, Frozen, Moment, Site};
use crate::run::Run;

/// What a probe found at a site after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeRow {
    /// Epochs done.
    pub epoch: usize,
    /// `input`, the layer's name, or of the last layer its name with `.pre`: before a sigmoid or softmax.
    pub site: String,
    /// The dimensions there.
    pub units: usize,
    /// What was found; `None` where the classes come too close to decide. For more than two classes, that of the worst pair: the
    /// least accuracy, then the least margin.
    #[serde(flatten)]
    pub probe: Option<Probe>,
    /// The captured epoch since which the site stays separable, if it is at the end.
    pub separable_since: Option<usize>,
}

/// All sites after all captured epochs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probes {
    /// The sites from the input to the output.
    pub sites: Vec<String>,
    /// The captured epochs, ascending.
    pub epochs: Vec<usize>,
    /// Epoch by epoch, in each site by site.
    pub rows: Vec<ProbeRow>,
    /// The number of classes.
    pub classes: usize,
}

impl Probes {
    /// Probes the network after each of `epochs` on `features` (n x inputs) with a label for each row.
    ///
    /// # Errors
    /// If fewer than two classes occur, a network can't be read, or it yields numbers that are not finite.
    pub fn new(
        features: MatRef<'_, f64>,
        labels: &[usize],
        epochs: &[usize],
        network: impl Fn(usize) -> Result<Frozen>,
    ) -> Result<Self> {
        let pairs: Vec<Pair> = class_pairs(labels)
            .into_iter()
            .map(|classes| Pair::new(labels, classes))
            .collect();
        if pairs.is_empty() {
            return Err(Error::invalid(
                "probes",
                "the training data are all of one class",
                "train on data with two classes or more",
            ));
        }
        let mut probers: Vec<Vec<Prober>> = Vec::new();
        let (mut rows, mut sites) = (Vec::new(), Vec::new());
        let mut input: Option<Option<Probe>> = None;
        for &epoch in epochs {
            let network = network(epoch)?;
            let stages = stages(&network, features);
            if let Some((site, _)) = stages.iter().find(|(_, x)| !is_finite(x)) {
                return Err(Error::invalid(
                    format!("probes of {site} after epoch {epoch}"),
                    "some activations are not finite",
                    "look at an earlier epoch, or train with a smaller learning rate",
                ));
            }
            probers.resize(stages.len(), vec![Prober::new(); pairs.len()]);
            let found: Vec<Option<Probe>> = probers
                .par_iter_mut()
                .zip(&stages)
                .enumerate()
                .map(|(k, (probers, (_, points)))| match input {
                    // The data stay.
                    Some(known) if k == 0 => known,
                    _ => worst(probers, &pairs, points),
                })
                .collect();
            input = found.first().copied();
            sites = stages.iter().map(|(site, _)| site.clone()).collect();
            for ((site, points), probe) in stages.into_iter().zip(found) {
                rows.push(ProbeRow {
                    epoch,
                    site,
                    units: points.ncols(),
                    probe,
                    separable_since: None,
                });
            }
        }
        let count = sites.len();
        for k in 0..count {
            let own = rows.iter().skip(k).step_by(count);
            let tail = own
                .rev()
                .take_while(|row| row.probe.is_some_and(|probe| probe.separable));
            let since = tail.last().map(|row| row.epoch);
            for row in rows.iter_mut().skip(k).step_by(count) {
                row.separable_since = since;
            }
        }
        let classes = labels
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        Ok(Self {
            sites,
            epochs: epochs.to_vec(),
            rows,
            classes,
        })
    }

    /// Of a run.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the run is a regression.
    pub fn of_run(run: &Run) -> Result<Self> {
        let train = run.split()?.train;
        let labels = train.labels().ok_or_else(|| {
            Error::invalid(
                "probes",
                "a regression has no classes to tell apart",
                "draw `prediction` or `turns` instead",
            )
        })?;
        Self::new(train.features.as_ref(), labels, &run.epochs()?, |epoch| {
            run.frozen(epoch)
        })
    }

    /// The table as JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn json(&self) -> Result<Vec<u8>> {
        super::written::json_of(self)
    }

    /// A site's rows, epoch by epoch.
    pub fn of_site(&self, site: usize) -> impl Iterator<Item = &ProbeRow> {
        self.rows.iter().skip(site).step_by(self.sites.len().max(1))
    }

    /// The table as CSV: a line per epoch and site.
    ///
    /// # Errors
    /// If a line cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let header = [
            "epoch",
            "site",
            "units",
            "separable",
            "margin_over_radius",
            "gap",
            "radius",
            "accuracy",
            "accuracy_at_most",
            "separable_since",
        ];
        let lines = self.rows.iter().map(|row| {
            let number = |of: fn(&Probe) -> f64| {
                row.probe
                    .map_or_else(String::new, |probe| format!("{:?}", of(&probe)))
            };
            let margin = row.probe.and_then(|probe| probe.margin);
            vec![
                row.epoch.to_string(),
                row.site.clone(),
                row.units.to_string(),
                row.probe
                    .map_or_else(|| "undecided".into(), |probe| probe.separable.to_string()),
                margin.map_or_else(String::new, |margin| format!("{margin:?}")),
                number(|probe| probe.gap),
                number(|probe| probe.radius),
                number(|probe| probe.accuracy),
                number(|probe| probe.accuracy_at_most),
                row.separable_since
                    .map_or_else(String::new, |since| since.to_string()),
            ]
        });
        csv_of(&header, lines)
    }
}

/// The samples of two classes.
struct Pair {
    rows: Vec<usize>,
    sides: Vec<usize>,
}

impl Pair {
    fn new(labels: &[usize], [a, b]: [usize; 2]) -> Self {
        let rows: Vec<usize> = (0..labels.len())
            .filter(|&row| labels[row] == a || labels[row] == b)
            .collect();
        let sides = rows.iter().map(|&row| usize::from(labels[row] == b));
        Self {
            sides: sides.collect(),
            rows,
        }
    }
}

/// The result of the worst separated pair; `None` if a pair comes too close to decide.
fn worst(probers: &mut [Prober], pairs: &[Pair], points: &Mat<f64>) -> Option<Probe> {
    let mut worst: Option<Probe> = None;
    for (prober, pair) in probers.iter_mut().zip(pairs) {
        let probe = if pair.rows.len() == points.nrows() {
            prober.probe(points.as_ref(), &pair.sides)
        } else {
            let own = Mat::from_fn(pair.rows.len(), points.ncols(), |i, j| {
                points[(pair.rows[i], j)]
            });
            prober.probe(own.as_ref(), &pair.sides)
        };
        let probe = probe.ok()?;
        let key = |probe: &Probe| (probe.accuracy, probe.margin.unwrap_or(0.0));
        if worst.is_none_or(|known| key(&probe) < key(&known)) {
            worst = Some(probe);
        }
    }
    worst
}

/// The data at every site on the way through the network.
pub(super) fn stages(network: &Frozen, features: MatRef<'_, f64>) -> Vec<(String, Mat<f64>)> {
    let mut stages = vec![("input".to_owned(), features.to_owned())];
    let last = network.layers.len().saturating_sub(1);
    for (k, layer) in network.layers.iter().enumerate() {
        let affine = layer.affine(stages[k].1.as_ref());
        // A squashing activation at the end would only round the scores.
        let squash = matches!(layer.activation, Activation::Sigmoid | Activation::Softmax);
        let (moment, value) = if k == last && squash {
            (Moment::Before, affine)
        } else {
            (Moment::After, layer.activate(affine))
        };
        let site = Site {
            layer: &layer.name,
            moment,
        };
        stages.push((site.to_string(), value));
    }
    stages
}

fn is_finite(points: &Mat<f64>) -> bool {
    (0..points.ncols()).all(|j| points.col(j).iter().all(|x| x.is_finite()))
}
