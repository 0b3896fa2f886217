//! What training leaves behind after an epoch: lines in the tables, the weights, and what `[capture]` asks for.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use burn::module::Module;
use faer::Mat;

use super::{Paths, Run, captures, log};
use crate::capture::{CapturedSet, Recorder, lattice};
use crate::data::split::Split;
use crate::error::{Error, Result};
use crate::model::store::Array;
use crate::model::{Mlp, Parameters, mlp, weights};
use crate::train::{EpochReport, Samples, Trainer};

/// What `timing.csv` says of an epoch: how long it took, and when it was done, in seconds since 1970.
const TIMING: [&str; 3] = ["epoch", "seconds", "unix_time"];

/// Adds the last column to a table of an older version, which has no times.
pub(super) fn renew_timing(paths: &Paths) -> Result<()> {
    let path = paths.timing();
    let (names, rows) = log::read_cells(&path)?;
    if names.len() + 1 != TIMING.len() {
        return Ok(());
    }
    let rows = rows.iter().map(|row| {
        let cells: Vec<String> = row.iter().map(f64::to_string).collect();
        format!("{},\n", cells.join(","))
    });
    let text = format!("{}\n{}", TIMING.join(","), rows.collect::<String>());
    crate::file::write(&path, text.as_bytes())
}

/// Adds an epoch that was just done to the tables.
pub(super) fn epoch(paths: &Paths, report: &EpochReport) -> Result<()> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(f64::NAN, |now| now.as_micros() as f64 / 1e6);
    epoch_at(paths, report, now)
}

/// Adds an epoch to the tables that was done at `now`, in seconds since 1970.
pub(super) fn epoch_at(paths: &Paths, report: &EpochReport, now: f64) -> Result<()> {
    let epoch = report.metrics.epoch;
    log::append(&paths.metrics(), &report.metrics)?;
    let (names, norms): (Vec<&str>, Vec<f64>) = report
        .gradient_norms
        .iter()
        .map(|(name, norm)| (name.as_str(), *norm))
        .unzip();
    let numbered = |cells: Vec<f64>| std::iter::once(epoch as f64).chain(cells);
    let names = std::iter::once("epoch").chain(names);
    log::append_cells(&paths.gradient_norms(), names, numbered(norms))?;
    log::append_cells(&paths.timing(), TIMING, numbered(vec![report.seconds, now]))
}

/// Keeps the weights of a network, which stands for the trainer's as it is now, and what `[capture]` asks for besides.
pub(super) fn network(
    run: &Run,
    split: &Split,
    trainer: &Trainer,
    network: &Mlp,
    parameters: &Parameters,
) -> Result<()> {
    let epoch = trainer.epoch();
    check(run, epoch, parameters)?;
    weights::write(&run.paths.weights(epoch), parameters)?;
    let capture = &run.config.capture;
    if capture.gradients && epoch > 0 {
        let gradients = trainer.gradients().into_iter();
        let named = gradients.map(|gradient| (gradient.name, gradient.values));
        write_matrices(
            run,
            "gradients",
            |epoch| run.paths.gradients(epoch),
            epoch,
            named,
        )?;
    }
    if capture.sites.is_empty() {
        return Ok(());
    }
    let values = activations(run, split, trainer, network);
    write_matrices(
        run,
        "activations",
        |epoch| run.paths.activations(epoch),
        epoch,
        values,
    )
}

/// Refuses a network whose training has diverged: what was kept before stays.
pub(super) fn check(run: &Run, epoch: usize, parameters: &Parameters) -> Result<()> {
    if parameters.is_finite() {
        return Ok(());
    }
    Err(Error::Diverged {
        epoch,
        quantity: "a parameter",
        value: f64::NAN,
        learning_rate: run.config.train.learning_rate(epoch),
    })
}

/// What the sites say of the captured points in evaluation, and on request the loss's gradient with respect to each. The
/// points of a grid stand beside it as `input`.
fn activations(
    run: &Run,
    split: &Split,
    trainer: &Trainer,
    network: &Mlp,
) -> Vec<(String, Mat<f64>)> {
    let capture = &run.config.capture;
    let loss = run.config.train.loss;
    let mut recorder = Recorder::new(capture.sites.iter().cloned());
    let mut values = Vec::new();
    let device = trainer.samples().inputs.device();
    let samples = match capture.of {
        CapturedSet::Train => trainer.samples().clone(),
        CapturedSet::Test => Samples::upload(&split.test, loss, &device),
        CapturedSet::Grid => {
            let points = lattice(&split.train.features);
            let inputs = mlp::upload(points.as_ref(), &device);
            network.valid().forward_with(inputs, &mut recorder);
            values.push(("input".to_owned(), points));
            return with_recorded(values, recorder);
        }
    };
    if capture.gradients {
        recorder = recorder.with_gradients();
        let output = network.forward_with(samples.inputs, &mut recorder);
        let last = network.last_activation().unwrap_or_default();
        let backward = samples
            .targets
            .autodiff()
            .loss(loss, last, output)
            .backward();
        for site in &capture.sites {
            let gradient = recorder.gradient(site, &backward).map(mlp::download);
            values.extend(gradient.map(|gradient| (format!("{site}.gradient"), gradient)));
        }
    } else {
        let network = network.valid();
        network.forward_with(samples.inputs, &mut recorder);
    }
    with_recorded(values, recorder)
}

/// What was recorded, added to some values.
fn with_recorded(
    mut values: Vec<(String, Mat<f64>)>,
    recorder: Recorder,
) -> Vec<(String, Mat<f64>)> {
    let recorded = recorder.into_values().into_iter();
    values.extend(recorded.map(|(site, value)| (site, mlp::download(value))));
    values
}

/// Writes matrices by name, as `f32`.
fn write_matrices(
    run: &Run,
    kind: &str,
    place: impl Fn(usize) -> PathBuf,
    epoch: usize,
    matrices: impl IntoIterator<Item = (String, Mat<f64>)>,
) -> Result<()> {
    let array = |(name, matrix): (String, Mat<f64>)| {
        let rows = (0..matrix.nrows()).flat_map(|i| matrix.row(i).iter().map(|&x| x as f32));
        let array = Array {
            shape: vec![matrix.nrows(), matrix.ncols()],
            values: rows.collect(),
        };
        (name, array)
    };
    let arrays = matrices.into_iter().map(array).collect();
    let capture = &run.config.capture;
    let packed_every = capture.compress.then_some(capture.every);
    captures::write(kind, epoch, place, &arrays, packed_every)
}
