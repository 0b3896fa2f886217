//! What the page may say, as JSON. Whatever has a field that is not known here is refused.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::change::Change;
use super::look::Look;

/// The first message, which has to hold the token.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hello {
    pub token: String,
}

/// A message.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Request {
    /// The next frame, please: the last has been drawn. Nothing is sent without.
    Pull(PageState),
    /// Something is to be different.
    Change(Change),
    /// Train, or stop.
    Train { on: bool },
    /// One epoch.
    Step {},
    /// Epochs a second at most; 0: as many as the machine trains.
    Pace { epochs: f64 },
    /// The branch as a run directory; the server chooses where.
    Save {},
    /// The log of all changes.
    Log {},
}

/// What the page shows so far.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PageState {
    /// The number of the scene.
    pub scene: u64,
    /// The number of the frame; 0: the one there is will do.
    pub frame: u64,
    /// The last epoch of its curve.
    pub epoch: usize,
    /// The last note.
    pub note: u64,
    /// What it wants to see, where it can't compute it.
    #[serde(default)]
    pub look: Option<Look>,
}

/// Reads a message: an object, where serde would take a list for a structure too.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Option<T> {
    text.trim_start()
        .starts_with('{')
        .then(|| serde_json::from_str(text).ok())?
}
