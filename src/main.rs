//! The `foldspace` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    foldspace::allocator::keep_freed_memory();
    foldspace::cli::run()
}
