//! The graphics adapter that wgpu opens: the only file that knows wgpu.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuBackend, wgpu};

/// The way out where wgpu finds nothing to run on.
pub(super) const REMEDY: &str = "install a Vulkan driver (on Debian and Ubuntu: mesa-vulkan-drivers, or the card \
    vendor's own), or use --backend flex";

/// A graphics adapter that wgpu opened.
pub(super) struct Graphics {
    pub device: Device,
    pub adapter: String,
    pub driver: String,
    pub kind: &'static str,
    /// Emulated on the processor.
    pub software: bool,
}

/// The default graphics adapter, or why there is none. Burn allows one initialisation per process.
pub(super) fn adapter() -> &'static Result<Graphics, String> {
    static GRAPHICS: OnceLock<Result<Graphics, String>> = OnceLock::new();
    GRAPHICS.get_or_init(|| {
        // Drivers are foreign code: where panics unwind, one below wgpu must not end a program that only uses this library.
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
