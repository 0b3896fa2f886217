//! `foldspace devices`: what each backend finds on this machine.

use clap::Args;

use super::{Outcome, output};
use crate::device;

/// Show what each backend finds on this machine, and why another is missing.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  foldspace devices")]
pub(super) struct Arguments {}

/// Runs the command.
pub(super) fn run(_arguments: &Arguments) -> Outcome {
    for report in device::report() {
        let state = match (report.available, report.built_in) {
            (true, _) => "ready",
            (false, true) => "missing",
            (false, false) => "absent",
        };
        let found = [report.adapter, report.driver].into_iter().flatten();
        let words: Vec<String> = found.chain([report.note]).collect();
        output::say(format_args!(
            "{:<8} {state:<8} {}",
            report.backend,
            words.join("; ")
        ))?;
    }
    Ok(())
}
