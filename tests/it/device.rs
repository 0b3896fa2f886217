//! Backends: names, reports, and machines without a graphics adapter.

use std::process::Command;

use burn::tensor::{Device, Tensor};
use foldspace::device::{self, Backend};
use foldspace::error::Error;

use crate::program::succeed;

/// The graphics device, if there is one. Its absence is said, or with `FOLDSPACE_REQUIRE_WGPU=1` fails.
pub fn wgpu() -> Option<Device> {
    match device::open(Backend::Wgpu) {
        Ok(device) => Some(device),
        Err(error) => {
            assert_ne!(
                std::env::var("FOLDSPACE_REQUIRE_WGPU").as_deref(),
                Ok("1"),
                "{error}"
            );
            println!("skipped on wgpu: {error}");
            None
        }
    }
}

#[test]
fn names_are_read_and_mistakes_explained() {
    for backend in Backend::ALL {
        assert_eq!(backend.name().parse::<Backend>().unwrap(), backend);
    }
    assert_eq!("Flex".parse::<Backend>().unwrap(), Backend::Flex);
    let message = |name: &str| name.parse::<Backend>().unwrap_err().to_string();
    assert!(message("wgpo").ends_with("did you mean wgpu?"));
    let all = "choose one of auto, ndarray, flex, wgpu, vulkan, metal, cuda, rocm, remote";
    assert!(message("tensorrt").ends_with(all));
}

#[test]
fn every_backend_that_opens_computes() {
    for report in device::report() {
        assert!(!report.note.is_empty());
        assert_eq!(report.available, report.adapter.is_some(), "{report:?}");
        let device = match device::open(report.backend) {
            Ok(device) => device,
            Err(_) => {
                assert!(!report.available);
                continue;
            }
        };
        assert!(report.available);
        let x = Tensor::<2>::from_floats([[1.0, 2.0], [3.0, 4.0]], &device);
        let product = x.clone().matmul(x).into_data();
        assert_eq!(
            product.iter::<f32>().collect::<Vec<_>>(),
            [7.0, 10.0, 15.0, 22.0]
        );
        // Opening again is fine, though Burn initialises wgpu only once.
        assert!(device::open(report.backend).is_ok());
    }
}

/// `foldspace devices` lists every backend, and what this program lacks says how it would be built in.
#[test]
fn what_is_not_built_in_says_how_it_would_be() {
    let reports = device::report();
    assert_eq!(reports.len(), Backend::ALL.len() - 1);
    for report in reports.iter().filter(|report| !report.built_in) {
        let feature = format!("build with `--features {}`", report.backend.feature());
        let error = device::open(report.backend).unwrap_err().to_string();
        for text in [&report.note, &error] {
            assert!(
                text.contains(&feature) && text.contains("--backend flex"),
                "{text}"
            );
        }
        assert!(!report.available && report.adapter.is_none());
    }
    let listed = succeed(".".as_ref(), &["devices"]);
    for report in &reports {
        let line = listed
            .lines()
            .find(|line| line.starts_with(report.backend.name()))
            .unwrap();
        assert_eq!(line.contains(" absent "), !report.built_in, "{line}");
    }
}

#[test]
fn small_jobs_stay_on_the_processor() {
    let (backend, reason) = device::choose(505, 32);
    assert_eq!(backend, Backend::Flex);
    assert!(reason.contains("505 parameters x 32 samples"), "{reason}");
    // A large one goes to a graphics card only if there is a real one.
    let (backend, reason) = device::choose(1_000_000, 1_000_000);
    let hardware = device::report().into_iter().any(|report| {
        report.backend == Backend::Wgpu && report.available && !report.note.contains("software")
    });
    assert_eq!(backend == Backend::Wgpu, hardware, "{reason}");
}

/// The loader of Vulkan drivers reads its variables once, so this needs a process of its own.
#[test]
fn without_an_adapter_there_is_one_clear_line() {
    const CHILD: &str = "FOLDSPACE_TEST_NO_ADAPTER";
    if std::env::var_os(CHILD).is_some() {
        let error = device::open(Backend::Wgpu).expect_err("there is no driver");
        assert!(matches!(error, Error::Backend { .. }));
        let message = error.to_string();
        assert_eq!(message.lines().count(), 1, "{message}");
        let remedy = match cfg!(feature = "gpu") {
            true => "Vulkan driver",
            false => "build with `--features gpu`",
        };
        assert!(
            message.contains(remedy) && message.contains("--backend flex"),
            "{message}"
        );
        assert!(device::report().iter().any(|report| !report.available));
        assert_eq!(device::choose(1_000_000, 1_000_000).0, Backend::Flex);
        println!("child: {message}");
        return;
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "device::without_an_adapter_there_is_one_clear_line",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .env("VK_DRIVER_FILES", "/nonexistent")
        .env("VK_ICD_FILENAMES", "/nonexistent")
        .env("__EGL_VENDOR_LIBRARY_FILENAMES", "/nonexistent")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("child: backend wgpu: "), "{text}");
    assert!(!text.contains("panicked"), "{text}");
}

/// A card has to beat every thread of the processor.
#[test]
fn a_large_job_is_large_for_every_thread() {
    let said = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        let pool = pool.build().unwrap();
        pool.install(|| device::choose(device::LARGE_JOB, 2).1)
    };
    assert!(!said(2).contains("a processor is faster"), "{}", said(2));
    assert!(said(3).contains("is below 96000000: a processor is faster"));
}
