//! `foldspace inspect`: what the matrices of a network are like.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, output};
use crate::error::{Error, Result};
use crate::figures::{InputAxes, RunRegions};
use crate::geometry::complex::{PlaneCounts, Summary, most_cells, plane_counts};
use crate::inspect::{LayerReport, inspect};
use crate::model::{Frozen, import, weights};

/// Show the matrices of a run or a weights file, layer by layer.
///
/// Shape, parameters, norms, rank, condition, singular values; determinant and eigenvalues where square; for a run, units
/// that say the same of every sample, the lengths of the last gradients, and how many cells a piecewise linear network has.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  foldspace inspect artifacts/runs/moons\n  \
    foldspace inspect artifacts/runs/moons/weights/epoch-000150.safetensors --json\n  \
    foldspace inspect net.pt")]
pub struct Arguments {
    /// A run directory, or a weights file: safetensors, or PyTorch's with a state dict or a checkpoint, whatever it is called.
    path: PathBuf,
    /// After which captured epoch of a run; by default the last.
    #[arg(long, value_name = "N")]
    epoch: Option<usize>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let (reports, gradients, cells) = if arguments.path.is_file() {
        (of_file(&arguments.path)?, Vec::new(), None)
    } else {
        let (reports, gradients) = of_run(&arguments.path, arguments.epoch, quiet)?;
        (
            reports,
            gradients,
            Some(Cells::of(&arguments.path, arguments.epoch)),
        )
    };
    if arguments.json {
        let json = serde_json::json!({
            "layers": reports,
            "gradient_norms": gradients.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            "cells": cells.as_ref().and_then(|cells| cells.as_ref().ok()),
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
    Ok(())
}

/// The cells of a run's network on the plane of its data.
#[derive(serde::Serialize)]
struct Cells {
    window: Summary,
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
            "cells: {} in the window of the data, between {} edges and {} vertices; {} in the whole plane, of {:.3} sides in \
             the mean; at most {:.0} with these widths",
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
