//! The card behind each backend that is not the processor: found once per process, or why there is none.

#[cfg(any(feature = "cuda", feature = "rocm"))]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use super::Backend;
use super::found::{Card, Missing};
#[cfg(feature = "gpu")]
use super::graphics;
#[cfg(feature = "remote")]
use super::remote;

/// The card of a backend. Burn allows one initialisation of each per process.
pub(super) fn card(backend: Backend) -> &'static Result<Card, Missing> {
    static CARDS: [OnceLock<Result<Card, Missing>>; Backend::ALL.len()] =
        [const { OnceLock::new() }; Backend::ALL.len()];
    // On Linux wgpu is Vulkan (see graphics.rs), and Burn would refuse to open the same card under two names.
    let one = cfg!(all(target_os = "linux", feature = "vulkan")) && backend == Backend::Wgpu;
    let backend = if one { Backend::Vulkan } else { backend };
    CARDS[backend as usize].get_or_init(|| find(backend))
}

fn find(backend: Backend) -> Result<Card, Missing> {
    if !backend.is_built_in() {
        return Err(Missing {
            problem: "this program was built without it".to_owned(),
            remedy: absent(backend),
        });
    }
    match backend {
        #[cfg(feature = "gpu")]
        Backend::Wgpu | Backend::Vulkan | Backend::Metal => graphics::open(backend),
        #[cfg(feature = "cuda")]
        Backend::Cuda => runtime(
            burn::tensor::DeviceType::Cuda,
            "no card of NVIDIA's was found",
            "install NVIDIA's driver and CUDA, or use --backend flex",
        ),
        #[cfg(feature = "rocm")]
        Backend::Rocm => runtime(
            burn::tensor::DeviceType::Rocm,
            "no card of AMD's was found",
            "install AMD's driver and ROCm, or use --backend flex",
        ),
        #[cfg(feature = "remote")]
        Backend::Remote => remote::connect(),
        _ => Err(Missing {
            problem: "this backend is not a card".to_owned(),
            remedy: "use --backend flex".to_owned(),
        }),
    }
}

/// The way to a program that has it.
fn absent(backend: Backend) -> String {
    let feature = backend.feature();
    let more = match backend {
        Backend::Wgpu => " (the default has it)",
        Backend::Metal if !cfg!(target_os = "macos") => " on a Mac",
        Backend::Cuda => {
            ", whose build fetches LLVM and whose program takes NVIDIA's driver and CUDA"
        }
        Backend::Rocm => ", whose build fetches LLVM and takes AMD's ROCm",
        _ => "",
    };
    format!("build with `--features {feature}`{more}, or use --backend flex")
}

/// The first card that a vendor's runtime lists. Counting needs no driver; opening a card that is not there would end the
/// program.
#[cfg(any(feature = "cuda", feature = "rocm"))]
fn runtime(kind: burn::tensor::DeviceType, problem: &str, remedy: &str) -> Result<Card, Missing> {
    let missing = |problem: &str| Missing {
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
    };
    // Drivers are foreign code: where panics unwind, one in them must not end a program that only uses this library.
    let found = catch_unwind(AssertUnwindSafe(|| {
        let device = Device::enumerate(kind).into_iter().next()?;
        let name = device.identity().map(|identity| identity.name);
        Some((device, name))
    }));
    match found {
        Ok(Some((device, name))) => Ok(Card {
            device,
            adapter: name.map_or_else(
                || "a card without a name".to_owned(),
                |name| name.to_string(),
            ),
            driver: None,
            kind: "graphics card",
            software: false,
        }),
        Ok(None) => Err(missing(problem)),
        Err(_) => Err(missing("the driver failed while it was being opened")),
    }
}
