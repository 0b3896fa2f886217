//! `foldspace inspect`: what the matrices of a network are like.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, output};
use crate::error::{Error, Result};
use crate::figures::{InputAxes, RunRegions};
use crate::geometry::certificate::{LayerVerdict, Verdict, certify};
use crate::geometry::complex::{ComplexSummary, PlaneCounts, most_cells, plane_counts};
use crate::geometry::{Bounds, WidthWarning};
use crate::inspect::{LayerReport, inspect};
use crate::model::{Frozen, import, weights};

/// Show the matrices of a run or a weights file, layer by layer.
///
/// Shape, parameters, norms, rank, condition, singular values; determinant and eigenvalues where square; for a run, units whose
/// output is the same for every sample, the lengths of the last gradients, and how many cells a piecewise linear network has.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace inspect artifacts/runs/moons\n  \
    foldspace inspect artifacts/runs/moons/weights/epoch-000150.safetensors --json\n  \
    foldspace inspect artifacts/runs/moons --certify --domain -1,2,-1,1\n  \
    foldspace inspect net.pt")]
pub(super) struct Arguments {
    /// A run directory, or a weights file: safetensors, or PyTorch's with a state dict or a checkpoint, whatever it is called.
    path: PathBuf,
    /// After which captured epoch of a run; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Prove for every layer whether the network up to it is one to one on the window of the data, or find two points with one
    /// image.
    #[arg(long)]
    certify: bool,
    /// Another rectangle for --certify, in the coordinates of the input plane, such as -1,1,-1,1.
    #[arg(
        long,
        value_name = "X0,X1,Y0,Y1",
        value_delimiter = ',',
        num_args = 1,
        allow_hyphen_values = true,
        requires = "certify"
    )]
    domain: Vec<f64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let (reports, gradients, cells, narrow) = if arguments.path.is_file() {
        (of_file(&arguments.path)?, Vec::new(), None, None)
    } else {
        let (reports, gradients) = of_run(&arguments.path, arguments.epoch, quiet)?;
        (
            reports,
            gradients,
            Some(Cells::of(&arguments.path, arguments.epoch)),
            narrow(&arguments.path)?,
        )
    };
    let certificate = match arguments.certify {
        true => Some(certified(arguments)?),
        false => None,
    };
    if arguments.json {
        let json = serde_json::json!({
            "layers": reports,
            "gradient_norms": gradients.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "certificate": certificate,
            "cells": cells.as_ref().and_then(|cells| cells.as_ref().ok()),
            "width_warning": narrow.as_ref().map(|(warning, _)| warning),
        });
        return output::say(format_args!("{json:#}"));
    }
    for report in &reports {
        print(report)?;
    }
    for (name, norm) in &gradients {
        output::say(format_args!(
            "gradient of {name}: length {norm:.3e} on the last batch"
        ))?;
    }
    match &cells {
        Some(Ok(cells)) => cells.print()?,
        Some(Err(reason)) => output::say(format_args!("cells: not counted: {reason}"))?,
        None => {}
    }
    if let Some(certificate) = certificate {
        certificate.print()?;
    }
    if let Some((_, sentence)) = narrow {
        output::say(format_args!("width: {sentence}"))?;
    }
    Ok(())
}

/// What was proved, and where.
#[derive(serde::Serialize)]
struct Certificate {
    domain: [[f64; 2]; 2],
    /// What the plane is, where it is not all of input space.
    #[serde(skip_serializing_if = "String::is_empty")]
    plane: String,
    layers: Vec<LayerVerdict>,
}

impl Certificate {
    fn print(&self) -> Outcome {
        let [[x0, x1], [y0, y1]] = self.domain;
        output::say(format_args!(
            "one to one on [{x0:.4}, {x1:.4}] x [{y0:.4}, {y1:.4}]?"
        ))?;
        if !self.plane.is_empty() {
            output::say(format_args!("  {}", self.plane))?;
        }
        for LayerVerdict {
            layer,
            alone,
            from_input,
        } in &self.layers
        {
            output::say(format_args!(
                "  {layer}, from the input: {}",
                said(from_input)
            ))?;
            output::say(format_args!(
                "  {layer}, alone, everywhere: {}",
                said(alone)
            ))?;
        }
        Ok(())
    }
}

/// A verdict in words.
fn said(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Injective {
            rule,
            least_determinant,
        } => {
            let least = least_determinant.map_or_else(String::new, |least| {
                format!("; |det J| at least {least:.3e}")
            });
            format!("injective: {rule}{least}")
        }
        Verdict::Folds { rule, witness } => {
            let points = witness.map_or_else(String::new, |witness| {
                let [p, q] = witness.points;
                format!(
                    "; ({:.6}, {:.6}) and ({:.6}, {:.6}) have one image, to {:.1e}",
                    p[0], p[1], q[0], q[1], witness.residual
                )
            });
            format!("not injective: {rule}{points}")
        }
        Verdict::Undecided { share, why } => {
            format!("undecided on {:.4} % of it: {why}", 100.0 * share)
        }
    }
}

fn certified(arguments: &Arguments) -> Result<Certificate> {
    let path = &arguments.path;
    let domain = match arguments.domain[..] {
        [] => None,
        [x0, x1, y0, y1] => Some(Bounds::new((x0, x1), (y0, y1))?),
        _ => {
            return Err(Error::invalid(
                "--domain",
                format!("{} numbers, and a rectangle has 4", arguments.domain.len()),
                "write it as -1,1,-1,1",
            ));
        }
    };
    let (network, window, plane) = if path.is_file() {
        if !import::is_ours(path)? {
            return Err(Error::invalid(
                path.display().to_string(),
                "it names no activations, and what is one to one depends on them",
                "certify a run, or weights that foldspace wrote",
            ));
        }
        (weights::read(path)?, None, String::new())
    } else {
        let run = crate::run::Run::open(path)?;
        let epoch = super::captured_epoch(&run, arguments.epoch)?;
        let regions = RunRegions::new(&run, &InputAxes::Automatic)?;
        (
            regions.network(epoch)?,
            Some(regions.window()),
            regions.note().to_owned(),
        )
    };
    let Some(domain) = domain.or(window) else {
        return Err(Error::invalid(
            "--certify",
            "a weights file has no data, and so no window",
            "give one: --domain -1,1,-1,1",
        ));
    };
    Ok(Certificate {
        domain: [domain.x, domain.y].map(|(from, to)| [from, to]),
        plane,
        layers: certify(&network, domain)?,
    })
}

/// Whether a run's network is too narrow for some data, and the sentence that says so.
fn narrow(path: &Path) -> Result<Option<(WidthWarning, String)>> {
    let run = crate::run::Run::open(path)?;
    let split = run.split()?;
    let warning = super::width::warning(&run, &split)?;
    Ok(warning.map(|warning| {
        let sentence = warning.sentence(super::width::names(&split.train));
        (warning, sentence)
    }))
}

/// The cells of a run's network on the plane of its data.
#[derive(serde::Serialize)]
struct Cells {
    window: ComplexSummary,
    plane: PlaneCounts,
    most_cells: f64,
}

impl Cells {
    fn of(path: &Path, epoch: Option<usize>) -> Result<Self> {
        let run = crate::run::Run::open(path)?;
        let epoch = super::captured_epoch(&run, epoch)?;
        let (network, complex) = RunRegions::new(&run, &InputAxes::Automatic)?.complex(epoch)?;
        Ok(Self {
            window: complex.summary(),
            plane: plane_counts(&network)?,
            most_cells: most_cells(&network)?,
        })
    }

    fn print(&self) -> Outcome {
        output::say(format_args!(
            "cells: {} in the window of the data, between {} edges and {} vertices; {} in the whole plane, of {:.3} sides on \
            average; at most {:.0} with these widths",
            self.window.cells,
            self.window.edges,
            self.window.vertices,
            self.plane.cells,
            self.plane.mean_degree,
            self.most_cells
        ))
    }
}

/// A file of ours describes its network; another program's holds matrices.
fn of_file(path: &Path) -> Result<Vec<LayerReport>> {
    if import::is_ours(path)? {
        return inspect(&weights::read(path)?, None);
    }
    let mut reports = inspect(&import::matrices(path)?, None)?;
    for report in &mut reports {
        report.activation = None;
    }
    Ok(reports)
}

type Reports = (Vec<LayerReport>, Vec<(String, f64)>);

fn of_run(path: &Path, epoch: Option<usize>, quiet: bool) -> Result<Reports> {
    let run = super::opened(path, quiet)?;
    let epoch = super::captured_epoch(&run, epoch)?;
    let network: Frozen = run.frozen(epoch)?;
    let reports = inspect(&network, Some(run.split()?.train.features.as_ref()))?;
    let gradients = if epoch == 0 {
        Vec::new()
    } else {
        let (names, rows) = run.gradient_norms()?;
        let row = rows.get(epoch - 1).ok_or_else(|| {
            Error::invalid(
                path.display().to_string(),
                "gradients.csv is too short",
                "resume the run",
            )
        })?;
        names.into_iter().zip(row.iter().copied()).collect()
    };
    Ok((reports, gradients))
}

fn print(report: &LayerReport) -> Outcome {
    let [units, inputs] = report.shape;
    output::say(format_args!(
        "{}: {units} x {inputs}{}, {} parameters",
        report.name,
        report
            .activation
            .map_or_else(String::new, |activation| format!(", {}", activation.name())),
        report.parameters
    ))?;
    output::say(format_args!(
        "  norms: Frobenius {:.4}, spectral {:.4}; rank {}; condition {}",
        report.frobenius_norm,
        report.spectral_norm,
        report.rank,
        report.condition.map_or_else(
            || String::from("infinite"),
            |condition| format!("{condition:.3}")
        )
    ))?;
    let shown: Vec<String> = report
        .singular_values
        .iter()
        .take(8)
        .map(|value| format!("{value:.4}"))
        .collect();
    let more = if report.singular_values.len() > 8 {
        " ..."
    } else {
        ""
    };
    output::say(format_args!("  singular values: {}{more}", shown.join(" ")))?;
    if let (Some(determinant), Some(eigenvalues)) = (report.determinant, &report.eigenvalues) {
        let values: Vec<String> = eigenvalues
            .iter()
            .take(8)
            .map(|[re, im]| {
                if *im == 0.0 {
                    format!("{re:.4}")
                } else {
                    format!("{re:.4}{im:+.4}i")
                }
            })
            .collect();
        output::say(format_args!(
            "  determinant {determinant:.4e}; eigenvalues: {}",
            values.join(" ")
        ))?;
    }
    if let Some(dead) = report.dead_units.filter(|&dead| dead > 0) {
        output::say(format_args!(
            "  {dead} of {units} units say the same of every sample"
        ))?;
    }
    if let Some(share) = report.saturated.filter(|&share| share > 0.0) {
        output::say(format_args!(
            "  {:.1} % of the outputs are saturated",
            100.0 * share
        ))?;
    }
    Ok(())
}
