//! The `foldspace` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    foldspace::cli::run()
}
