//! The `foldspace` program.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use std::process::ExitCode;

fn main() -> ExitCode {
    foldspace::allocator::keep_freed_memory();
    foldspace::cli::run()
}
