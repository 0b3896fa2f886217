//! `--backend` to a Burn [`Device`]: the only place that knows which backends exist.
//!
//! Burn picks the backend at run time through its `Device`, so models carry no backend type. What can go wrong
//! (no adapter, a driver too old, a name that does not exist) is an `Err` of one line that says what to do.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::str::FromStr;
use std::sync::OnceLock;

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuBackend, wgpu};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What `--backend` accepts.
///
/// ```
/// use foldspace::device::Backend;
/// assert_eq!("flex".parse::<Backend>().unwrap(), Backend::Flex);
/// let error = "flx".parse::<Backend>().unwrap_err();
/// assert!(error.to_string().contains("did you mean flex?"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// Let [`choose`] decide by the size of the job.
    #[default]
    Auto,
    /// Burn's older processor backend, on the `ndarray` crate.
    Ndarray,
    /// Burn's processor backend in plain Rust.
    Flex,
    /// A graphics card through Vulkan, Metal or DirectX.
    Wgpu,
}

impl Backend {
    /// All of them, in the order in which `foldspace devices` lists them.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Ndarray, Self::Flex, Self::Wgpu];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ndarray => "ndarray",
            Self::Flex => "flex",
            Self::Wgpu => "wgpu",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.to_lowercase();
        Self::ALL
            .into_iter()
            .find(|backend| backend.name() == wanted)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name);
                let hint = match crate::suggest::nearest(&wanted, names) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("choose one of {}", names.join(", ")),
                };
                Error::Backend {
                    backend: name.to_owned(),
                    problem: "there is no such backend".to_owned(),
                    remedy: hint,
                }
            })
    }
}

/// From this many parameters times samples per step on, a graphics card is worth its overhead.
///
/// A training step of a small network is some sixty operations, and launching one on a graphics card costs tens
/// of microseconds: milliseconds per step, in which one processor core multiplies some 30 million numbers.
pub const LARGE_JOB: usize = 32_000_000;

/// What `auto` stands for: the backend, and the rule that chose it.
///
/// `parameters` counts the network's weights and biases, `batch` the samples of one step. A software adapter
/// (Vulkan emulated on the processor) is never chosen.
pub fn choose(parameters: usize, batch: usize) -> (Backend, String) {
    let size = parameters.saturating_mul(batch);
    if size < LARGE_JOB {
        let reason = format!(
            "{parameters} parameters x {batch} samples per step is below {LARGE_JOB}: a processor is faster"
        );
        return (Backend::Flex, reason);
    }
    match graphics() {
        Ok(found) if !found.software => (
            Backend::Wgpu,
            format!(
                "{parameters} parameters x {batch} samples per step reaches {LARGE_JOB}: {} is faster",
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
        Backend::Wgpu => match graphics() {
            Ok(found) => Ok(found.device.clone()),
            Err(problem) => Err(Error::Backend {
                backend: backend.name().to_owned(),
                problem: problem.clone(),
                remedy: DRIVER_REMEDY.to_owned(),
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

/// The way out where wgpu finds nothing to run on.
const DRIVER_REMEDY: &str = "install a Vulkan driver (on Debian and Ubuntu: mesa-vulkan-drivers, or the card \
    vendor's own), or use --backend flex";

/// One backend as `foldspace devices` shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BackendReport {
    /// The name to give to `--backend`.
    pub backend: Backend,
    /// Whether it can be used here.
    pub available: bool,
    /// What it computes on, such as the graphics card's name.
    pub adapter: Option<String>,
    /// The driver and its version.
    pub driver: Option<String>,
    /// A remark: why it is missing and what to do, or what to know about it.
    pub note: String,
}

/// What each backend finds on this machine. Opens the graphics adapter, which takes a moment.
pub fn report() -> Vec<BackendReport> {
    let processor = |backend, note: &str| BackendReport {
        backend,
        available: true,
        adapter: Some(format!(
            "processor, {} threads",
            std::thread::available_parallelism().map_or(1, usize::from)
        )),
        driver: None,
        note: note.to_owned(),
    };
    let wgpu = match graphics() {
        Ok(found) => BackendReport {
            backend: Backend::Wgpu,
            available: true,
            adapter: Some(found.adapter.clone()),
            driver: Some(found.driver.clone()),
            note: if found.software {
                "emulated in software: right, but slower than flex".to_owned()
            } else {
                format!("{}; auto chooses it for large jobs", found.kind)
            },
        },
        Err(problem) => BackendReport {
            backend: Backend::Wgpu,
            available: false,
            adapter: None,
            driver: None,
            note: format!("{problem}; {DRIVER_REMEDY}"),
        },
    };
    vec![
        processor(Backend::Flex, "what auto chooses for small jobs"),
        processor(Backend::Ndarray, "deprecated by Burn in favour of flex"),
        wgpu,
    ]
}

/// A graphics adapter that wgpu opened.
struct Graphics {
    device: Device,
    adapter: String,
    driver: String,
    kind: &'static str,
    software: bool,
}

/// The default graphics adapter, or why there is none. Burn allows one initialisation per process.
fn graphics() -> &'static Result<Graphics, String> {
    static GRAPHICS: OnceLock<Result<Graphics, String>> = OnceLock::new();
    GRAPHICS.get_or_init(|| {
        // Drivers are foreign code: a panic below wgpu must not end the program either.
        catch_unwind(AssertUnwindSafe(open_graphics)).unwrap_or_else(|_| {
            Err("the graphics driver failed while it was being opened".to_owned())
        })
    })
}

fn open_graphics() -> Result<Graphics, String> {
    let mut options = Device::wgpu_options();
    // Left to itself, wgpu goes on to look for OpenGL, whose libraries write warnings to the terminal.
    if cfg!(target_os = "linux") {
        options = options.graphics_api(WgpuBackend::Vulkan);
    }
    let (device, setup) = options
        .init_with_setup()
        .map_err(|error| one_line(&error.to_string()))?;
    let info = setup.adapter.get_info();
    let software = info.device_type == wgpu::DeviceType::Cpu;
    Ok(Graphics {
        device,
        driver: format!("{} {} ({:?})", info.driver, info.driver_info, info.backend),
        kind: match info.device_type {
            wgpu::DeviceType::IntegratedGpu => "integrated graphics",
            wgpu::DeviceType::DiscreteGpu => "graphics card",
            wgpu::DeviceType::VirtualGpu => "virtual graphics",
            wgpu::DeviceType::Cpu => "software",
            wgpu::DeviceType::Other => "unknown kind",
        },
        adapter: info.name,
        software,
    })
}

/// The first line of a foreign message, without a trailing full stop.
fn one_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default().trim();
    line.trim_end_matches('.').to_owned()
}
