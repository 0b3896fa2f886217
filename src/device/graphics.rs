//! The graphics adapter that wgpu opens: the only file that knows wgpu.

use std::panic::{AssertUnwindSafe, catch_unwind};

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuBackend, wgpu};

use super::Backend;
use super::found::{Card, Missing};

/// The way out where wgpu finds nothing to run on.
const REMEDY: &str = "install a Vulkan driver (on Debian and Ubuntu: mesa-vulkan-drivers, or the card \
    vendor's own), or use --backend flex";

/// The default adapter of one of wgpu's backends.
///
/// # Errors
/// Why there is none.
pub(super) fn open(backend: Backend) -> Result<Card, Missing> {
    let interface = match backend {
        Backend::Metal => WgpuBackend::Metal,
        Backend::Vulkan => WgpuBackend::Vulkan,
        // Left to itself, wgpu goes on to look for OpenGL, whose libraries write warnings to the terminal.
        _ if cfg!(target_os = "linux") => WgpuBackend::Vulkan,
        _ => WgpuBackend::Auto,
    };
    // Drivers are foreign code: where panics unwind, one below wgpu must not end a program that only uses this library.
    let opened = catch_unwind(AssertUnwindSafe(|| adapter(interface)));
    let opened = opened
        .unwrap_or_else(|_| Err("the graphics driver failed while it was being opened".to_owned()));
    opened.map_err(|problem| Missing {
        problem,
        remedy: match backend {
            Backend::Metal if !cfg!(target_os = "macos") => {
                "Metal is on Macs alone: use --backend wgpu or flex".to_owned()
            }
            _ => REMEDY.to_owned(),
        },
    })
}

fn adapter(interface: WgpuBackend) -> Result<Card, String> {
    let options = Device::wgpu_options().graphics_api(interface);
    let (device, setup) = options
        .init_with_setup()
        .map_err(|error| one_line(&error.to_string()))?;
    let info = setup.adapter.get_info();
    let software = info.device_type == wgpu::DeviceType::Cpu;
    Ok(Card {
        device,
        driver: Some(format!(
            "{} {} ({:?})",
            info.driver, info.driver_info, info.backend
        )),
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
