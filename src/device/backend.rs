//! The names that `--backend` takes.

use std::fmt;
use std::str::FromStr;

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
    /// Let [`choose`](super::choose) decide by the size of the job.
    #[default]
    Auto,
    /// Burn's older processor backend, on the `ndarray` crate.
    Ndarray,
    /// Burn's processor backend in plain Rust.
    Flex,
    /// A graphics card through Vulkan, Metal or DirectX.
    Wgpu,
    /// A graphics card through Vulkan alone, its kernels compiled to SPIR-V.
    Vulkan,
    /// One of Apple's, its kernels compiled to Metal's own language.
    Metal,
    /// One of NVIDIA's through CUDA.
    Cuda,
    /// One of AMD's through ROCm.
    Rocm,
    /// A device of another machine, which `foldspace serve-backend` serves there.
    Remote,
}

impl Backend {
    /// All of them, in the order in which `foldspace devices` lists them.
    pub const ALL: [Self; 9] = [
        Self::Auto,
        Self::Ndarray,
        Self::Flex,
        Self::Wgpu,
        Self::Vulkan,
        Self::Metal,
        Self::Cuda,
        Self::Rocm,
        Self::Remote,
    ];

    /// The cargo feature that builds it in.
    pub fn feature(self) -> &'static str {
        match self {
            Self::Auto | Self::Ndarray | Self::Flex => "train",
            Self::Wgpu => "gpu",
            other => other.name(),
        }
    }

    /// Whether this program was built with it.
    pub fn is_built_in(self) -> bool {
        match self {
            Self::Auto | Self::Ndarray | Self::Flex => cfg!(feature = "train"),
            Self::Wgpu => cfg!(feature = "gpu"),
            Self::Vulkan => cfg!(feature = "vulkan"),
            Self::Metal => cfg!(feature = "metal"),
            Self::Cuda => cfg!(feature = "cuda"),
            Self::Rocm => cfg!(feature = "rocm"),
            Self::Remote => cfg!(feature = "remote"),
        }
    }

    /// Whether a card computes, or another machine, and not this one's processor.
    pub fn is_card(self) -> bool {
        !matches!(self, Self::Auto | Self::Ndarray | Self::Flex)
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ndarray => "ndarray",
            Self::Flex => "flex",
            Self::Wgpu => "wgpu",
            Self::Vulkan => "vulkan",
            Self::Metal => "metal",
            Self::Cuda => "cuda",
            Self::Rocm => "rocm",
            Self::Remote => "remote",
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
