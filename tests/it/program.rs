//! The program as a process: arguments in; an exit code, two streams and files out.

use std::path::Path;
use std::process::{Command, Output};

/// The program with its arguments, to be run in a folder, printing without colours.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldspace"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1");
    command
}

/// Runs it.
pub fn ended(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs it: exit code, standard output, standard error.
pub fn foldspace(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = ended(folder, arguments);
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

/// Runs what must succeed: standard output and standard error.
pub fn succeeded(folder: &Path, arguments: &[&str]) -> (String, String) {
    let (code, printed, said) = foldspace(folder, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {said}");
    (printed, said)
}

/// Runs what must succeed: standard output.
pub fn succeed(folder: &Path, arguments: &[&str]) -> String {
    succeeded(folder, arguments).0
}

/// What a stream says, which is UTF-8.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
