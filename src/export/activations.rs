//! Layers' outputs for the samples: as the hooks recorded it, or computed again from the weights.

use std::collections::BTreeMap;

use faer::Mat;

use crate::capture::CapturedSet;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::{Frozen, Moment, Site};
use crate::run::Run;
use crate::suggest::nearest;

/// Which samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// Those that the network was trained on.
    #[default]
    Train,
    /// Those that were held out.
    Test,
}

/// The outputs of some sites on some samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Per site its name and its output (n x units).
    pub sites: Vec<(String, Mat<f64>)>,
    /// The n samples, as the network sees them.
    pub data: Dataset,
}

impl Activations {
    /// Of a run after an epoch; without `sites`, those that the run captured, or else the layer before the last.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a site is not one of the network or no samples were held out, and as [`Run::frozen`].
    pub fn of(run: &Run, epoch: usize, sites: &[String], part: Part) -> Result<Self> {
        let split = run.split()?;
        let data = match part {
            Part::Train => split.train,
            Part::Test => split.test,
        };
        if data.samples() == 0 {
            return Err(Error::invalid(
                "--on test",
                "this run held no samples out",
                "export the activations on train",
            ));
        }
        let network = run.frozen(epoch)?;
        let captured = &run.config.capture.sites;
        let usual = usual_site(&network);
        let sites: Vec<String> = match (sites, &captured[..]) {
            ([], []) => usual.into_iter().collect(),
            ([], captured) => captured.to_vec(),
            (wanted, _) => wanted.to_vec(),
        };
        let mut recorded = recorded(run, epoch, part, &sites)?;
        let outputs = sites
            .into_iter()
            .map(|site| {
                let output = match recorded.remove(&site) {
                    Some(output) => output,
                    None => computed(&network, &site, &data)?,
                };
                Ok((site, output))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            sites: outputs,
            data,
        })
    }
}

/// The layer before the last, or the only one.
fn usual_site(network: &Frozen) -> Option<String> {
    let layer = network.layers.iter().rev().nth(1).or(network.layers.last());
    layer.map(|layer| layer.name.clone())
}

/// What the hooks recorded of these sites, if they recorded these samples.
fn recorded(
    run: &Run,
    epoch: usize,
    part: Part,
    sites: &[String],
) -> Result<BTreeMap<String, Mat<f64>>> {
    let capture = &run.config.capture;
    let same = match part {
        Part::Train => capture.of == CapturedSet::Train,
        Part::Test => capture.of == CapturedSet::Test,
    };
    if same && sites.iter().any(|site| capture.sites.contains(site)) {
        run.activations(epoch)
    } else {
        Ok(BTreeMap::new())
    }
}

/// A site's output by the weights.
fn computed(network: &Frozen, name: &str, data: &Dataset) -> Result<Mat<f64>> {
    let site = Site::parse(name);
    let Some(position) = network.position(site.layer) else {
        let layers: Vec<&str> = network
            .layers
            .iter()
            .map(|layer| layer.name.as_str())
            .collect();
        let near = nearest(site.layer, layers.iter().copied());
        let guess = near.map_or_else(String::new, |near| format!("did you mean {near}? "));
        return Err(Error::invalid(
            format!("--site {name}"),
            "the network has no such site",
            format!(
                "{guess}There are {}, each also before its activation as NAME.pre",
                layers.join(", ")
            ),
        ));
    };
    let (head, _) = network.split_at(position);
    let before = head.forward(data.features.as_ref());
    let layer = &network.layers[position];
    Ok(match site.moment {
        Moment::Before => layer.affine(before.as_ref()),
        Moment::After => layer.forward(before.as_ref()),
    })
}
