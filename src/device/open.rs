//! From a backend's name to a Burn device, what `auto` chooses, and what `foldspace devices` shows of each.

use burn::tensor::Device;
use serde::Serialize;

use super::Backend;
use super::card::card;
use crate::error::{Error, Result};

/// From this many parameters times samples per step and thread on, a graphics card is worth its overhead.
///
/// A training step of a small network is some sixty operations, and launching one on a graphics card costs tens
/// of microseconds (2 ms per step on an H200), in which each processor core multiplies some 30 million numbers.
pub const LARGE_JOB: usize = 32_000_000;

/// What `auto` stands for: the backend, and the rule that chose it.
///
/// `parameters` counts the network's weights and biases, `batch` the samples of one step. A software adapter
/// (Vulkan emulated on the processor) is never chosen.
pub fn choose(parameters: usize, batch: usize) -> (Backend, String) {
    let size = parameters.saturating_mul(batch);
    let large = LARGE_JOB.saturating_mul(rayon::current_num_threads());
    if size < large {
        let reason = format!(
            "{parameters} parameters x {batch} samples per step is below {large}: a processor is faster"
        );
        return (Backend::Flex, reason);
    }
    match card(Backend::Wgpu) {
        Ok(found) if !found.software => (
            Backend::Wgpu,
            format!(
                "{parameters} parameters x {batch} samples per step reaches {large}: {} is faster",
                found.adapter
            ),
        ),
        Ok(found) => (
            Backend::Flex,
            format!(
                "the only graphics adapter, {}, is emulated in software",
                found.adapter
            ),
        ),
        Err(_) => (
            Backend::Flex,
            "there is no graphics adapter; see `foldspace devices`".to_owned(),
        ),
    }
}

/// Opens a backend's device, without autodiff; [`Backend::Auto`] opens `flex`.
///
/// # Errors
/// [`Error::Backend`] where there is no adapter or the driver refuses. Never panics.
pub fn open(backend: Backend) -> Result<Device> {
    match backend {
        Backend::Auto | Backend::Flex => Ok(Device::flex()),
        Backend::Ndarray => Ok(ndarray()),
        backend => match card(backend) {
            Ok(found) => Ok(found.device.clone()),
            Err(missing) => Err(Error::Backend {
                backend: backend.name().to_owned(),
                problem: missing.problem.clone(),
                remedy: missing.remedy.clone(),
            }),
        },
    }
}

/// Burn deprecates this backend in favour of `flex` and removes it with 0.23; until then the project offers
/// both, because comparing them is one of its tests.
#[allow(deprecated)]
fn ndarray() -> Device {
    Device::ndarray()
}

/// One backend as `foldspace devices` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackendReport {
    /// The name to give to `--backend`.
    pub backend: Backend,
    /// Whether this program was built with it.
    pub built_in: bool,
    /// Whether it can be used here.
    pub available: bool,
    /// What it computes on, such as the graphics card's name.
    pub adapter: Option<String>,
    /// The driver and its version.
    pub driver: Option<String>,
    /// A remark: why it is missing and what to do, or what to know about it.
    pub note: String,
}

/// What each backend finds on this machine. Opens the cards, which takes a moment.
pub fn report() -> Vec<BackendReport> {
    let of = |backend: Backend| match backend {
        Backend::Auto => None,
        Backend::Flex => Some(processor(backend, "what auto chooses for small jobs")),
        Backend::Ndarray => Some(processor(backend, "deprecated by Burn in favour of flex")),
        backend => Some(of_card(backend)),
    };
    let mut reports: Vec<_> = Backend::ALL.into_iter().filter_map(of).collect();
    // Available ones first.
    reports.sort_by_key(|report| !report.built_in);
    reports
}

fn processor(backend: Backend, note: &str) -> BackendReport {
    BackendReport {
        backend,
        built_in: true,
        available: true,
        adapter: Some(format!(
            "processor, {} threads",
            std::thread::available_parallelism().map_or(1, usize::from)
        )),
        driver: None,
        note: note.to_owned(),
    }
}

fn of_card(backend: Backend) -> BackendReport {
    let report = |note: String| BackendReport {
        backend,
        built_in: backend.is_built_in(),
        available: false,
        adapter: None,
        driver: None,
        note,
    };
    match card(backend) {
        Ok(found) => BackendReport {
            available: true,
            adapter: Some(found.adapter.clone()),
            driver: found.driver.clone(),
            ..report(if found.software {
                "emulated in software: right, but slower than flex".to_owned()
            } else if backend == Backend::Wgpu {
                format!("{}; auto chooses it for large jobs", found.kind)
            } else {
                found.kind.to_owned()
            })
        },
        Err(missing) => report(format!("{}; {}", missing.problem, missing.remedy)),
    }
}
