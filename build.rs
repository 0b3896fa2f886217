//! Has the linker keep one copy of the functions that came out alike, where it can: they are a third of the program, since most of
//! what it is built of is not optimised. On Windows Rust asks for that by itself.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

const FOLD: &str = "-Wl,--icf=all";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_program = is("PROFILE", "release") && env::var_os("CARGO_FEATURE_CLI").is_some();
    if is_program && is("CARGO_CFG_TARGET_OS", "linux") && links(FOLD) {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
}

/// Whether the linker in use knows a flag. LLVM's does, which Rust brings along for x86-64; GNU's does not.
fn links(flag: &str) -> bool {
    let variable = |name: &str| env::var(name).unwrap_or_default();
    let directory = variable("OUT_DIR");
    let source = Path::new(&directory).join("trial.rs");
    if std::fs::write(&source, "fn main() {}\n").is_err() {
        return false;
    }
    let mut compiler = Command::new(variable("RUSTC"));
    compiler.args(["--target", &variable("TARGET")]);
    compiler.args(["-C", &format!("link-arg={flag}"), "-o"]);
    compiler.arg(Path::new(&directory).join("trial"));
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.args(["-C", &format!("linker={linker}")]);
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    compiler.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    compiler
        .arg(source)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    compiler.status().is_ok_and(|status| status.success())
}
