//! What training leaves behind after an epoch: lines in the tables, the weights, and what `[capture]` asks for.

use burn::module::Module;
use faer::Mat;

use super::reader::write_matrices;
use super::{Paths, Run, log};
use crate::capture::Recorder;
use crate::error::{Error, Result};
use crate::model::{Mlp, Parameters, mlp, weights};
use crate::train::{EpochReport, Trainer};

/// Adds an epoch to the tables.
pub(super) fn epoch(paths: &Paths, report: &EpochReport) -> Result<()> {
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
    let names = ["epoch", "seconds"];
    log::append_cells(&paths.timing(), names, numbered(vec![report.seconds]))
}

/// Keeps the weights of `network`, which stands for the trainer's as it is now, and what `[capture]` asks for besides.
pub(super) fn network(run: &Run, trainer: &Trainer, network: &Mlp) -> Result<()> {
    let epoch = trainer.epoch();
    let parameters = network.to_parameters();
    check(run, epoch, &parameters)?;
    weights::write(&run.paths.weights(epoch), &parameters)?;
    let capture = &run.config.capture;
    if capture.gradients && epoch > 0 {
        let gradients = trainer.gradients().into_iter();
        let named = gradients.map(|gradient| (gradient.name, gradient.values));
        write_matrices(&run.paths.gradients(epoch), "gradients", named)?;
    }
    if capture.sites.is_empty() {
        return Ok(());
    }
    let values = activations(run, trainer, network);
    write_matrices(&run.paths.activations(epoch), "activations", values)
}

/// Refuses a network that training has blown up: what was kept before it stays.
pub(super) fn check(run: &Run, epoch: usize, parameters: &Parameters) -> Result<()> {
    if parameters.is_finite() {
        return Ok(());
    }
    Err(Error::Diverged {
        epoch,
        loss: f64::NAN,
        learning_rate: run.config.train.learning_rate(epoch),
    })
}

/// What the sites say of the training set in evaluation, and on request the loss's gradient with respect to each.
fn activations(run: &Run, trainer: &Trainer, network: &Mlp) -> Vec<(String, Mat<f64>)> {
    let capture = &run.config.capture;
    let mut recorder = Recorder::new(capture.sites.iter().cloned());
    let samples = trainer.samples().clone();
    let mut values = Vec::new();
    if capture.gradients {
        recorder = recorder.with_gradients();
        let output = network.forward_with(samples.inputs, &mut recorder);
        let last = network.last_activation().unwrap_or_default();
        let loss = run.config.train.loss;
        let backward = samples.targets.loss(loss, last, output).backward();
        for site in &capture.sites {
            let gradient = recorder.gradient(site, &backward).map(mlp::download);
            values.extend(gradient.map(|gradient| (format!("{site}.gradient"), gradient)));
        }
    } else {
        let network = network.valid();
        network.forward_with(samples.inner().inputs, &mut recorder);
    }
    let recorded = recorder.into_values().into_iter();
    values.extend(recorded.map(|(site, value)| (site, mlp::download(value))));
    values
}
