//! The `[capture]` table: what a run keeps besides its metrics, and how often.

use serde::{Deserialize, Serialize};

use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::model::{ModelConfig, Site};
use crate::suggest::nearest;

/// What is kept while a network trains. Weights are small and every figure can be drawn from them, so they are
/// kept after each epoch unless `every` says otherwise.
///
/// ```
/// use foldspace::capture::CaptureConfig;
/// let config: CaptureConfig = toml::from_str("sites = ['layers.0.pre', 'embedding']").unwrap();
/// assert_eq!(config.every, 1);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaptureConfig {
    /// Epochs from one capture to the next; the initial network and the last epoch are always captured.
    pub every: usize,
    /// The layers whose outputs are kept: `NAME` after the activation, `NAME.pre` before it.
    pub sites: Vec<String>,
    /// On which points.
    pub of: CapturedSet,
    /// Whether to keep gradients too: every parameter's on the epoch's last batch, and the loss's with respect to
    /// every site.
    pub gradients: bool,
    /// Whether activations and gradients are kept in fewer bytes, in a file format of our own, rather than as safetensors, which
    /// other programs read. Nothing is lost.
    pub compress: bool,
}

/// The points whose activations are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CapturedSet {
    /// The samples that the network is trained on.
    #[default]
    Train,
    /// Those that are held out.
    Test,
    /// A lattice over the plane of two features, see [`lattice`](super::lattice).
    Grid,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self {
            every: 1,
            sites: Vec::new(),
            of: CapturedSet::Train,
            gradients: false,
            compress: false,
        }
    }
}

impl CaptureConfig {
    /// Whether an epoch is captured, given how many there are.
    pub fn wants(&self, epoch: usize, last: usize) -> bool {
        epoch.is_multiple_of(self.every.max(1)) || epoch == last
    }

    /// Refuses sites that the network does not have.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the nearest site there is.
    pub fn validate(&self, model: &ModelConfig) -> Result<()> {
        if self.every == 0 {
            return Err(Error::invalid(
                "capture.every",
                "every 0 epochs is never",
                "use at least 1",
            ));
        }
        if self.gradients && self.of == CapturedSet::Grid {
            return Err(Error::invalid(
                "capture.gradients",
                "the points of a grid have no targets, so the loss has no gradient there",
                "capture of = \"train\" or \"test\", or gradients = false",
            ));
        }
        let names = model.names();
        let unknown = |site: &&String| !names.iter().any(|name| name == Site::parse(site).layer);
        let Some(site) = self.sites.iter().find(unknown) else {
            return Ok(());
        };
        let remedy = match nearest(Site::parse(site).layer, names.iter().map(String::as_str)) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => format!("the layers are {}", names.join(", ")),
        };
        Err(Error::invalid(
            "capture.sites",
            format!("the network has no layer for {site:?}"),
            remedy,
        ))
    }

    /// Refuses points that the data does not have.
    ///
    /// # Errors
    /// [`Error::Invalid`] where nothing is held out, or where a grid is asked for and there are not 2 features.
    pub fn check(&self, split: &Split) -> Result<()> {
        let refuse =
            |problem: String, remedy: &str| Err(Error::invalid("capture.of", problem, remedy));
        let features = split.train.dimensions();
        match self.of {
            CapturedSet::Test if !self.sites.is_empty() && split.test.samples() == 0 => refuse(
                "no samples are held out".to_owned(),
                "give data.test_fraction more than 0, or capture of = \"train\"",
            ),
            CapturedSet::Grid if features != 2 => refuse(
                format!("a grid covers a plane, but the data has {features} features"),
                "capture of = \"train\" or \"test\"",
            ),
            _ => Ok(()),
        }
    }
}
