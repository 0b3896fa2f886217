//! The `[capture]` table: what a run keeps besides its metrics, and how often.

use serde::{Deserialize, Serialize};

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
    /// The layers whose outputs on the whole training set are kept: `NAME` after the activation, `NAME.pre` before it.
    pub sites: Vec<String>,
    /// Whether to keep gradients too: every parameter's on the epoch's last batch, and the loss's with respect to
    /// every site.
    pub gradients: bool,
}

impl Default for CaptureConfig {
    fn default() -> Self {
        Self {
            every: 1,
            sites: Vec::new(),
            gradients: false,
        }
    }
}

impl CaptureConfig {
    /// Whether an epoch, of so many, is captured.
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
}
