//! What is sent to the page. A message is the length of a text (four bytes, little end first), the text (JSON), and numbers.
//!
//! A *scene* describes network, data, settings and branches, and is sent where one of them has changed; a *frame* is
//! an epoch: the weights, and what is new of the curve.

use serde_json::{Value, json};

use super::lab::Lab;
use super::past::Branch;
use super::request::PageState;
use crate::data::config::SETS;
use crate::data::{Source, Target};
use crate::error::Result;
use crate::explore::verdicts::{Verdicts, judge};
use crate::explore::{self, Limits};
use crate::figures::InputAxes;
use crate::model::Frozen;
use crate::train::EpochMetrics;

/// What holds until something other than the weights changes.
#[derive(Debug)]
pub struct Scene {
    /// Counted from 1.
    pub number: u64,
    /// The whole message.
    pub message: Vec<u8>,
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
    let (mut description, samples) = explore::describe(
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
        "editable": lab.trainer().parameters().layers.iter().map(|layer| layer.narrow.is_none() && layer.norm.is_none()).collect::<Vec<_>>(),
    });
    description["live"] = without_paths(live);
    let text =
        json!({ "kind": "scene", "number": number, "run": description, "samples": samples.text });
    Ok(Scene {
        number,
        message: message(&text, &[]),
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

/// A branch that was left, to compare with: its curve, and its weights where the network has the same shape.
fn other(lab: &Lab, branch: &Branch, now: &Frozen) -> Result<Value> {
    let end = lab.end_of(branch)?.parameters.fold();
    let same = end.layers.len() == now.layers.len()
        && end.layers.iter().zip(&now.layers).all(|(a, b)| {
            (a.units(), a.inputs(), a.activation) == (b.units(), b.inputs(), b.activation)
        });
    Ok(json!({
        "id": branch.id,
        "label": label(branch),
        "epoch": branch.epoch(),
        "curve": branch.curve.rows().iter().map(|row| json!([row.epoch, row.train_loss])).collect::<Vec<_>>(),
        "weights": same.then(|| explore::parameters(&end)),
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

/// The network as it is now.
pub fn frame(lab: &Lab, number: u64, scene: u64, standing: Standing) -> Frame {
    let network = lab.trainer().frozen();
    let numbers = explore::parameters(&network);
    let narrow = numbers
        .iter()
        .all(|&x| f64::from(x as f32).to_bits() == x.to_bits() || x.is_nan());
    let weights = if narrow {
        numbers
            .iter()
            .flat_map(|&x| (x as f32).to_le_bytes())
            .collect()
    } else {
        numbers.iter().flat_map(|x| x.to_le_bytes()).collect()
    };
    let branch = lab.branch();
    // Proofs take longer than epochs: they are for a network that stands still.
    let verdict =
        (!standing.training).then(|| judge(&[lab.epoch()], &[network], &lab.split().train));
    Frame {
        number,
        scene,
        head: json!({
            "kind": "frame", "number": number, "scene": scene,
            "epoch": lab.epoch(), "epochs": lab.config().train.epochs, "branch": branch.id, "stride": branch.curve.stride(),
            "training": standing.training, "done": standing.done, "pace": standing.pace,
            "rate": (standing.rate * 10.0).round() / 10.0,
            "width": if narrow { 4 } else { 8 },
            "last": branch.lines.last().map(|line| row(&line.metrics)),
            "changes": lab.log().steps.len(),
            "verdict": verdict.map(first),
        }),
        curve: branch.curve.rows().to_vec(),
        weights,
    }
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
    /// The message to a page that has what `pull` says, with notes that are new to it.
    pub(super) fn message(&self, pull: PageState, notes: &[(u64, String)]) -> Vec<u8> {
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
        message(&head, &self.weights)
    }
}

/// A text and numbers as one message.
pub fn message(text: &Value, numbers: &[u8]) -> Vec<u8> {
    let text = text.to_string();
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes()[..], text.as_bytes(), numbers].concat()
}
