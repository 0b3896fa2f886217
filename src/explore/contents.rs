//! What a page holds: the run's description, its samples, and the weights of its epochs.

use faer::Mat;
use serde_json::{Value, json};

use super::codec::{self, Packed};
use super::join;
use super::spread;
use super::verdicts::judge;
use crate::config::Config;
use crate::data::split::Split;
use crate::data::{Dataset, Source, Target};
use crate::error::{Error, Result};
use crate::figures::{InputAxes, InputPlane};
use crate::geometry::Slice;
use crate::model::Frozen;
use crate::run::Run;
use crate::train::EpochMetrics;

/// How much a page may hold. The page says what is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Numbers in the weights of all epochs together; where there are more, epochs are thinned evenly.
    pub weights: usize,
    /// Samples; where there are more, they are thinned evenly, training and held-out ones alike.
    pub samples: usize,
    /// Numbers in the samples' features.
    pub features: usize,
}

impl Default for Limits {
    /// Two million weights (about 7 MB), two thousand samples.
    fn default() -> Self {
        Self {
            weights: 2_000_000,
            samples: 2_000,
            features: 400_000,
        }
    }
}

/// The page of a run, looking at the plane that `axes` chooses where there are more than two features.
///
/// # Errors
/// Where no epoch was captured, a file is damaged, or one epoch alone is more than `limits` allow.
pub fn page(run: &Run, axes: &InputAxes, limits: Limits) -> Result<String> {
    let place = run.paths.root().display().to_string();
    let captured = run.epochs()?;
    let last = *captured.last().ok_or_else(|| {
        Error::invalid(
            &place,
            "no epoch was captured yet",
            "wait for the first or train again",
        )
    })?;
    let split = run.split()?;
    let size = size(&run.frozen(last)?);
    if size > limits.weights {
        return Err(Error::invalid(
            &place,
            format!(
                "a network of {size} numbers; a page holds {} at most",
                limits.weights
            ),
            "draw it with `foldspace figure` and `foldspace animate` instead",
        ));
    }
    let kept = spread(captured.len(), (limits.weights / size.max(1)).max(1));
    let epochs: Vec<usize> = kept.iter().map(|&k| captured[k]).collect();
    let networks: Vec<Frozen> = epochs
        .iter()
        .map(|&epoch| run.frozen(epoch))
        .collect::<Result<_>>()?;
    let shape = |network: &Frozen| -> Vec<(usize, usize)> {
        let sizes = network.layers.iter();
        sizes.map(|layer| (layer.units(), layer.inputs())).collect()
    };
    if let Some(other) = networks
        .iter()
        .position(|network| shape(network) != shape(&networks[0]))
    {
        return Err(Error::invalid(
            run.paths.weights(epochs[other]).display().to_string(),
            "this epoch's network has other layers than the first one's",
            "restore the file from a copy, or train again",
        ));
    }
    let history = History {
        name: &name(run),
        config: &run.config,
        split: &split,
        captured: captured.len(),
        epochs,
        networks,
        metrics: run.metrics()?,
    };
    history.page(axes, limits)
}

/// A network over its epochs, for a page.
#[derive(Debug)]
pub struct History<'a> {
    /// What the page is called.
    pub name: &'a str,
    /// What was asked for.
    pub config: &'a Config,
    /// The data.
    pub split: &'a Split,
    /// How many epochs were captured, of which `epochs` may be a part.
    pub captured: usize,
    /// The epochs, ascending.
    pub epochs: Vec<usize>,
    /// The network after each of them; all of one shape.
    pub networks: Vec<Frozen>,
    /// An entry per epoch of training.
    pub metrics: Vec<EpochMetrics>,
}

impl History<'_> {
    /// The page.
    ///
    /// # Errors
    /// Where there is no network, or it does not take the data's features.
    pub fn page(&self, axes: &InputAxes, limits: Limits) -> Result<String> {
        let Some(first) = self.networks.first() else {
            return Err(Error::invalid(
                self.name,
                "there is no epoch to show",
                "train one",
            ));
        };
        let rows: Vec<Vec<f64>> = self.networks.iter().map(parameters).collect();
        let weights = codec::pack(&rows);
        let Described {
            mut description,
            samples,
            ..
        } = describe(self.name, self.config, self.split, axes, first, limits)?;
        description["epochs"] = json!(self.epochs);
        description["captured"] = json!(self.captured);
        description["weightWidth"] = json!(weights.width);
        description["metrics"] = metrics(&self.metrics);
        description["verdicts"] =
            json!(judge(&self.epochs, &self.networks, &self.split.train, true));
        Ok(join::page(
            &format!("{}: foldspace", self.name),
            &[
                ("run", &join::inert(&description.to_string())),
                ("samples", &samples.text),
                ("weights", &weights.text),
            ],
        ))
    }
}

/// What a page knows of a run besides its epochs.
#[derive(Debug)]
pub struct Described {
    /// Everything but the samples.
    pub description: Value,
    /// The samples, packed.
    pub samples: Packed,
    /// The samples' features as the network sees them, training ones first.
    pub features: Mat<f64>,
    /// The plane of input space that is shown; `None` where input space is what is shown.
    pub slice: Option<Slice>,
}

/// What a page knows of a run besides its epochs; `network` stands for all of them.
///
/// # Errors
/// Where the network does not take the data's features, or they can't be shown on a plane.
pub fn describe(
    name: &str,
    config: &Config,
    split: &Split,
    axes: &InputAxes,
    network: &Frozen,
    limits: Limits,
) -> Result<Described> {
    let d = split.train.dimensions();
    if network
        .layers
        .first()
        .is_none_or(|first| first.inputs() != d)
    {
        return Err(Error::invalid(
            name,
            format!("the data has {d} features, which is not what the network takes"),
            "restore the data that the run was trained on",
        ));
    }
    let plane = (d > 1)
        .then(|| InputPlane::new(&split.train, split.standardiser.as_ref(), axes))
        .transpose()?;
    let (rows, counts) = samples(&split.train, &split.test, plane.as_ref(), limits);
    let samples = codec::pack(&rows);
    let description = json!({
        "format": 1,
        "program": env!("CARGO_PKG_VERSION"),
        "name": name,
        "data": split.train.name,
        "loss": serde_json::to_value(config.train.loss).unwrap_or(Value::Null),
        "target": target(&split.train),
        "features": split.train.feature_names,
        "standardised": split.standardiser.as_ref().map(|s| json!({ "means": s.means, "deviations": s.deviations })),
        "plane": plane.as_ref().map(description_of),
        "samples": counts,
        "sampleWidth": samples.width,
        "layers": network.layers.iter().map(|layer| json!({
            "name": layer.name,
            "inputs": layer.inputs(),
            "units": layer.units(),
            "activation": serde_json::to_value(layer.activation).unwrap_or(Value::Null),
        })).collect::<Vec<_>>(),
        "config": configuration(config),
    });
    Ok(Described {
        description,
        samples,
        features: Mat::from_fn(rows.len(), d, |i, j| rows[i][j]),
        slice: plane.and_then(|plane| plane.slice().cloned()),
    })
}

/// What the page calls the run: its directory's name.
fn name(run: &Run) -> String {
    let absolute = std::path::absolute(run.paths.root());
    let path = absolute.unwrap_or_else(|_| run.paths.root().to_path_buf());
    path.file_name().map_or_else(
        || "run".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// Every number of a network: per layer the weight, row by row, then the bias.
pub fn parameters(network: &Frozen) -> Vec<f64> {
    let mut numbers = Vec::new();
    for layer in &network.layers {
        for row in layer.weight.row_iter() {
            numbers.extend(row.iter().copied());
        }
        numbers.extend(&layer.bias);
    }
    numbers
}

/// How many numbers a network has.
pub fn size(network: &Frozen) -> usize {
    let layers = network.layers.iter();
    layers
        .map(|layer| layer.units() * (layer.inputs() + 1))
        .sum()
}

/// What is predicted. Targets that training saw standardised are so on the page too, like the network's own outputs.
fn target(train: &Dataset) -> Value {
    match &train.target {
        Target::Classes { names, .. } => json!({ "kind": "classes", "names": names }),
        Target::Values { names, .. } => {
            let standardised = match train.target_scale {
                Some(_) => " (standardised)",
                None => "",
            };
            let names = names.iter().map(|name| format!("{name}{standardised}"));
            json!({ "kind": "values", "names": names.collect::<Vec<_>>() })
        }
    }
}

/// The plane x = o + A p, and the note on it.
fn description_of(plane: &InputPlane) -> Value {
    json!({
        "names": plane.data().feature_names,
        "note": plane.note(),
        "slice": plane.slice().map(|slice| json!({
            "origin": slice.origin,
            "axes": slice.axes.col_iter().map(|axis| axis.iter().copied().collect::<Vec<f64>>()).collect::<Vec<_>>(),
        })),
    })
}

/// A row per kept sample, training ones first: features as the network sees them, where it lies on the plane, and the
/// label or targets.
fn samples(
    train: &Dataset,
    test: &Dataset,
    plane: Option<&InputPlane>,
    limits: Limits,
) -> (Vec<Vec<f64>>, Value) {
    let all = train.samples() + test.samples();
    let most = limits
        .samples
        .min((limits.features / train.dimensions()).max(20));
    let share = |part: &Dataset| {
        let n = part.samples();
        if all <= most {
            n
        } else {
            (n * most / all).max(n.min(1))
        }
    };
    let mut rows = Vec::new();
    let mut kept = [0, 0];
    for (part, kept) in [train, test].into_iter().zip(&mut kept) {
        let places = spread(part.samples(), share(part));
        *kept = places.len();
        let on_plane: Option<Mat<f64>> = match plane {
            _ if part.samples() == 0 => None,
            Some(plane) => plane
                .slice()
                .map(|slice| slice.project(part.features.as_ref())),
            None => None,
        };
        for i in places {
            let mut row: Vec<f64> = part.features.row(i).iter().copied().collect();
            if let Some(on_plane) = &on_plane {
                row.extend(on_plane.row(i).iter());
            }
            match &part.target {
                Target::Classes { labels, .. } => row.push(labels[i] as f64),
                Target::Values { values, .. } => match &part.target_scale {
                    Some(scale) => row.extend(
                        (0..values.ncols())
                            .map(|k| (values[(i, k)] - scale.means[k]) / scale.deviations[k]),
                    ),
                    None => row.extend(values.row(i).iter()),
                },
            }
            rows.push(row);
        }
    }
    let counts = json!({
        "train": kept[0], "test": kept[1], "allTrain": train.samples(), "allTest": test.samples(),
    });
    (rows, counts)
}

/// Epoch, losses and accuracies, a row per epoch.
fn metrics(rows: &[EpochMetrics]) -> Value {
    let number = |x: f64| {
        if x.is_finite() {
            json!(significant(x))
        } else {
            Value::Null
        }
    };
    let rows = rows.iter().map(|m| {
        let optional = |x: Option<f64>| x.map_or(Value::Null, number);
        json!([
            m.epoch,
            number(m.train_loss),
            optional(m.train_accuracy),
            optional(m.test_loss),
            optional(m.test_accuracy)
        ])
    });
    rows.collect()
}

/// Six digits: they are read, not computed with.
fn significant(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

/// The configuration, with the names of files but not where they lie on this machine.
fn configuration(config: &Config) -> String {
    let mut config = config.clone();
    let bare = |path: &mut std::path::PathBuf| {
        if let Some(name) = path.file_name() {
            *path = name.into();
        }
    };
    if let Source::File { path, .. } = &mut config.data.source {
        bare(path);
    }
    if let Some(path) = &mut config.model.weights {
        bare(path);
    }
    toml::to_string(&config).unwrap_or_default()
}
