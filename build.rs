//! Makes the program smaller, where the linker can: one copy of the functions that came out alike, which are a third of it, since most
//! of what it is built of is not optimised (on Windows Rust asks for that by itself), and addresses in packed form for the loader,
//! which are an eighth.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// LLVM's linker knows it, which Rust brings along for x86-64; GNU's does not.
const FOLD: &str = "-Wl,--icf=all";

/// Both linkers know it; glibc reads it from 2.36 on, musl from 1.2.4 on. A program says so to an older glibc, which then refuses to
/// start it.
const PACK: &str = "-Wl,-z,pack-relative-relocs";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let is_program = is("PROFILE", "release") && env::var_os("CARGO_FEATURE_CLI").is_some();
    if !is_program || !is("CARGO_CFG_TARGET_OS", "linux") {
        return;
    }
    if link(FOLD).is_some() {
        println!("cargo::rustc-link-arg-bins={FOLD}");
    }
    // For another kind of machine, what its loader reads can't be tried here.
    if variable("HOST") == variable("TARGET")
        && link(PACK).is_some_and(|trial| succeeds(&mut Command::new(trial)))
    {
        println!("cargo::rustc-link-arg-bins={PACK}");
    }
}

/// An empty program that was linked with a flag, if the linker in use knows it.
fn link(flag: &str) -> Option<PathBuf> {
    let directory = variable("OUT_DIR");
    let (source, program) = (
        Path::new(&directory).join("trial.rs"),
        Path::new(&directory).join("trial"),
    );
    std::fs::write(&source, "fn main() {}\n").ok()?;
    let mut compiler = Command::new(variable("RUSTC"));
    compiler.args(["--target", &variable("TARGET")]);
    compiler.args(["-C", &format!("link-arg={flag}"), "-o"]);
    compiler.arg(&program);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        compiler.args(["-C", &format!("linker={linker}")]);
    }
    let flags = variable("CARGO_ENCODED_RUSTFLAGS");
    compiler.args(flags.split('\u{1f}').filter(|flag| !flag.is_empty()));
    compiler.arg(source);
    succeeds(&mut compiler).then_some(program)
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
