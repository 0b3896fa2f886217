//! What is sent to the page. A message is the length of a text (four bytes, little end first), the text (JSON), and numbers.
//!
//! A *scene* describes network, data, settings and branches, and is sent where one of them has changed; a *frame* is
//! an epoch: the weights, and what is new of the curve. Of a network with more than [`MOST_WEIGHTS`] it is what the page's
//! `Look` finds, instead of the weights.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::MOST_WEIGHTS;
use super::bounds::folded;
use super::lab::Lab;
use super::past::Branch;
use super::request::PageState;
use super::sight::Ground;
use super::websocket::{Failure, REFUSED};
use crate::data::config::SETS;
use crate::data::{Source, Target};
use crate::error::Result;
use crate::explore::verdicts::{Verdicts, judge};
use crate::explore::{self, Described, Limits};
use crate::figures::InputAxes;
use crate::model::Frozen;
use crate::train::{EpochMetrics, TrainerState};

/// Multiplications for which a large network is judged: some tens of milliseconds.
const QUICK: usize = 2_000_000_000;

/// What holds until something other than the weights changes.
#[derive(Debug)]
pub struct Scene {
    /// Counted from 1.
    pub number: u64,
    /// The whole message.
    pub message: Vec<u8>,
    /// What looks at the network need, where it is too large for the page.
    pub(super) ground: Option<Arc<Ground>>,
}

/// An epoch.
#[derive(Debug)]
pub struct Frame {
    /// Counted from 1.
    pub number: u64,
    scene: u64,
    head: Value,
    curve: Vec<EpochMetrics>,
    weights: Vec<u8>,
    large: Option<Large>,
}

/// A network that the page can't compute with, and its past as far as it is kept.
#[derive(Debug)]
struct Large {
    ground: Arc<Ground>,
    now: Arc<Frozen>,
    past: BTreeMap<usize, Arc<TrainerState>>,
}

/// Where training stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// Whether epochs follow each other.
    pub training: bool,
    /// All epochs are done.
    pub done: bool,
    /// Epochs a second, as trained lately.
    pub rate: f64,
    /// Epochs a second at most; 0: no bound.
    pub pace: f64,
}

/// The description of a lab, as the page of `explore` has it, and what can be changed.
///
/// # Errors
/// Where data can't be shown on a plane.
pub fn scene(lab: &Lab, number: u64, saves: &str) -> Result<Scene> {
    let (config, split) = (lab.config(), lab.split());
    let network = lab.trainer().frozen();
    let name = split.train.name.clone();
    let limits = Limits::default();
    let Described {
        mut description,
        samples,
        features,
        slice,
    } = explore::describe(
        &name,
        config,
        split,
        &InputAxes::Automatic,
        &network,
        limits,
    )?;
    let others: Vec<Value> = lab
        .others()
        .iter()
        .map(|branch| other(lab, branch, &network))
        .collect::<Result<_>>()?;
    let branch = lab.branch();
    let large = is_large(&network);
    let train = description["samples"]["train"].as_u64().unwrap_or(0);
    let ground = large.then(|| {
        Arc::new(Ground {
            features,
            train: usize::try_from(train).unwrap_or(0),
            slice,
        })
    });
    let drawable = match &split.train.target {
        Target::Classes { .. } => split.train.dimensions() <= 2,
        Target::Values { values, .. } => {
            split.train.dimensions() == 1
                && values.ncols() == 1
                && split.train.target_scale.is_none()
        }
    };
    let live = json!({
        "sets": SETS,
        "settings": config,
        "file": matches!(config.data.source, Source::File { .. }),
        "branch": branch.id,
        "from": branch.from,
        "label": label(branch),
        "earliest": branch.earliest(),
        "others": others,
        "backend": lab.backend().name(),
        "changes": lab.log().steps.len(),
        "drawable": drawable,
        "saves": saves,
        "large": large.then(|| explore::size(&network)),
        "editable": lab.trainer().parameters().layers.iter().map(|layer| layer.narrow.is_none() && layer.norm.is_none()).collect::<Vec<_>>(),
    });
    description["live"] = without_paths(live);
    let text =
        json!({ "kind": "scene", "number": number, "run": description, "samples": samples.text });
    Ok(Scene {
        number,
        message: message(&text, &[]),
        ground,
    })
}

/// The settings name files by their names alone.
fn without_paths(mut live: Value) -> Value {
    for pointer in ["/settings/data/path", "/settings/model/weights"] {
        if let Some(place) = live.pointer_mut(pointer)
            && let Some(path) = place.as_str()
        {
            let name = std::path::Path::new(path).file_name();
            *place = json!(name.map(|name| name.to_string_lossy().into_owned()));
        }
    }
    live
}

fn is_large(network: &Frozen) -> bool {
    explore::size(network) > MOST_WEIGHTS
}

/// A branch that was left, to compare with: its curve, and its weights where the network has the same shape and the page
/// computes with it.
fn other(lab: &Lab, branch: &Branch, now: &Frozen) -> Result<Value> {
    let setting = &branch.last().setting;
    let size = folded(&setting.config, setting.split.train.dimensions());
    // The end of a large one may take seconds to train again.
    let small = size.is_some_and(|size| size <= MOST_WEIGHTS) && !is_large(now);
    let end = small.then(|| lab.end_of(branch)).transpose()?;
    let end = end.map(|state| state.parameters.fold()).filter(|end| {
        end.layers.len() == now.layers.len()
            && end.layers.iter().zip(&now.layers).all(|(a, b)| {
                (a.units(), a.inputs(), a.activation) == (b.units(), b.inputs(), b.activation)
            })
    });
    Ok(json!({
        "id": branch.id,
        "label": label(branch),
        "epoch": branch.epoch(),
        "curve": branch.curve.rows().iter().map(|row| json!([row.epoch, row.train_loss])).collect::<Vec<_>>(),
        "weights": end.as_ref().map(explore::parameters),
    }))
}

/// A branch in a few words: its network, its optimiser, how far it went.
fn label(branch: &Branch) -> String {
    let config = &branch.last().setting.config;
    let units: Vec<String> = config
        .model
        .layers
        .iter()
        .map(|layer| layer.units.to_string())
        .collect();
    let optimizer = &config.train.optimizer;
    let name = format!("{:?}", optimizer.name).to_lowercase();
    let batch = config
        .train
        .batch_size
        .map_or("full batch".to_owned(), |size| format!("batches of {size}"));
    format!(
        "{}, {} units, {name} {}, {batch}",
        branch.last().setting.split.train.name,
        units.join("-"),
        optimizer.lr
    )
}

/// The network as it is now, in this scene.
pub fn frame(lab: &Lab, number: u64, scene: &Scene, standing: Standing) -> Frame {
    let network = lab.trainer().frozen();
    let branch = lab.branch();
    let mut head = json!({
        "kind": "frame", "number": number, "scene": scene.number,
        "epoch": lab.epoch(), "epochs": lab.config().train.epochs, "branch": branch.id, "stride": branch.curve.stride(),
        "training": standing.training, "done": standing.done, "pace": standing.pace,
        "rate": (standing.rate * 10.0).round() / 10.0,
        "last": branch.lines.last().map(|line| row(&line.metrics)),
        "changes": lab.log().steps.len(),
    });
    // Proofs take longer than epochs: they are for a network that stands still, and those of separability for a small one.
    if !standing.training {
        let (train, large) = (&lab.split().train, scene.ground.is_some());
        let quick = !large || explore::size(&network) * train.samples() <= QUICK;
        let networks = std::slice::from_ref(&network);
        let verdict = quick.then(|| first(judge(&[lab.epoch()], networks, train, !large)));
        head["verdict"] = verdict.unwrap_or_else(|| json!({}));
    }
    let (mut weights, mut large) = (Vec::new(), None);
    match &scene.ground {
        Some(ground) => {
            let past = past(lab);
            head["kept"] = past.keys().copied().chain([lab.epoch()]).collect();
            large = Some(Large {
                ground: Arc::clone(ground),
                now: Arc::new(network),
                past,
            });
        }
        None => {
            let (bytes, width) = packed(&explore::parameters(&network));
            weights = bytes;
            head["width"] = json!(width);
        }
    }
    Frame {
        number,
        scene: scene.number,
        head,
        curve: branch.curve.rows().to_vec(),
        weights,
        large,
    }
}

/// Numbers as they are sent, and the bytes that each takes.
fn packed(numbers: &[f64]) -> (Vec<u8>, usize) {
    let narrow = numbers
        .iter()
        .all(|&x| f64::from(x as f32).to_bits() == x.to_bits() || x.is_nan());
    if narrow {
        let bytes = numbers.iter().flat_map(|&x| (x as f32).to_le_bytes());
        (bytes.collect(), 4)
    } else {
        (numbers.iter().flat_map(|x| x.to_le_bytes()).collect(), 8)
    }
}

/// The states of this network that are kept, of epochs before the newest. Of two of one epoch, as an edit leaves them, the later.
fn past(lab: &Lab) -> BTreeMap<usize, Arc<TrainerState>> {
    let now = lab.setting();
    let same = lab.branch().segments.iter().filter(|segment| {
        segment.setting.config.model == now.config.model
            && segment.setting.split.train.dimensions() == now.split.train.dimensions()
    });
    let states = same.flat_map(|segment| segment.states());
    let before = states.filter(|state| state.epoch < lab.epoch());
    before
        .map(|state| (state.epoch, Arc::clone(state)))
        .collect()
}

fn first(verdicts: Verdicts) -> Value {
    json!({
        "separable": verdicts.separable.first(),
        "rank": verdicts.rank.first(),
        "dead": verdicts.dead.first(),
    })
}

/// As the page of `explore` has them: epoch, losses and accuracies.
fn row(metrics: &EpochMetrics) -> Value {
    json!([
        metrics.epoch,
        metrics.train_loss,
        metrics.train_accuracy,
        metrics.test_loss,
        metrics.test_accuracy
    ])
}

impl Frame {
    /// Whether this is what a page may look at: of a large network, none of another scene than the page knows.
    pub(super) fn suits(&self, pull: &PageState) -> bool {
        self.large.is_none() || self.scene == pull.scene
    }

    /// Whether it takes from training to make a message of it.
    pub(super) fn is_costly(&self) -> bool {
        self.large.is_some() && self.head["training"] == json!(true)
    }

    /// The message to a page that has what `pull` says, with notes that are new to it. Of a large network it takes a while to make,
    /// and `None` is the answer where that was `over` before its end.
    pub(super) fn message(
        &self,
        pull: &PageState,
        notes: &[(u64, String)],
        over: &dyn Fn() -> bool,
    ) -> std::result::Result<Option<Vec<u8>>, Failure> {
        let mut head = self.head.clone();
        let known = if pull.scene == self.scene {
            pull.epoch
        } else {
            0
        };
        head["curve"] = self
            .curve
            .iter()
            .filter(|metrics| metrics.epoch > known)
            .map(row)
            .collect();
        head["notes"] = notes
            .iter()
            .map(|(number, text)| json!([number, text]))
            .collect();
        let (Some(large), Some(look)) = (&self.large, &pull.look) else {
            return Ok(Some(message(&head, &self.weights)));
        };
        // What is kept becomes thinner: the last before the one that was asked for.
        let wanted = look.epoch.unwrap_or(usize::MAX);
        let newest = self.head["epoch"]
            .as_u64()
            .is_none_or(|epoch| wanted as u64 >= epoch);
        let then = large.past.range(..=wanted).next_back().filter(|_| !newest);
        let (epoch, network) =
            match then.or_else(|| large.past.first_key_value().filter(|_| !newest)) {
                Some((epoch, state)) => (json!(epoch), Arc::new(state.parameters.fold())),
                None => (self.head["epoch"].clone(), Arc::clone(&large.now)),
            };
        if !large.ground.fits(&network, look) {
            return Err(REFUSED);
        }
        let Some((sight, numbers)) = large.ground.see(&network, look, over) else {
            return Ok(None);
        };
        head["sight"] = sight;
        head["sight"]["epoch"] = epoch;
        head["sight"]["look"] = json!(look.number);
        Ok(Some(message(&head, &numbers)))
    }
}

/// A text and numbers as one message.
pub fn message(text: &Value, numbers: &[u8]) -> Vec<u8> {
    let text = text.to_string();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], text.as_bytes(), numbers].concat()
}
