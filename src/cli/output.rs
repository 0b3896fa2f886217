//! Standard output and standard error: all that the commands print goes through here.
//!
//! A reader that has seen enough and goes (`foldspace inspect RUN | head -1`) is not a failure: the command ends at once,
//! without a word and with exit code 0. Any other trouble, such as a full disk, is one line of error and exit code 1. What goes
//! to standard error goes there if it can: a run must not end because nobody reads its progress.
#![allow(
    clippy::disallowed_methods,
    reason = "the one place that writes to the standard streams"
)]

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use super::{Failure, Outcome};
use crate::error::Error;

/// Prints a line on standard output.
pub(super) fn say(text: impl Display) -> Outcome {
    raw(format!("{text}\n").as_bytes())
}

/// Prints bytes on standard output.
pub(super) fn raw(bytes: &[u8]) -> Outcome {
    told(io::stdout().lock().write_all(bytes))
}

/// Prints a value as JSON, on several lines.
pub(super) fn json(value: &impl serde::Serialize) -> Outcome {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = serde_json::to_writer_pretty(&mut out, value).map_err(io::Error::from);
    told(
        written
            .and_then(|()| out.write_all(b"\n"))
            .and_then(|()| out.flush()),
    )
}

/// Prints a file's path, unless the file is where this line would go, such as `/dev/stdout`.
pub(super) fn wrote(path: &Path) -> Outcome {
    match crate::file::is_stream(path) {
        true => Ok(()),
        false => say(path.display()),
    }
}

/// Prints a line on standard error, if it can be printed.
pub(super) fn note(text: impl Display) {
    let _ = io::stderr()
        .lock()
        .write_all(format!("{text}\n").as_bytes());
}

/// How the process ends, after what is still to be printed.
pub(super) fn end(outcome: Outcome) -> ExitCode {
    match outcome.and_then(|()| told(io::stdout().flush())) {
        Ok(()) | Err(Failure::Unread) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::FAILURE,
        Err(Failure::Stopped) => ExitCode::from(75),
        Err(Failure::Error(error)) if is_unread(&error) => ExitCode::SUCCESS,
        Err(Failure::Error(error)) => {
            note(format_args!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// The help, the version or what is wrong with the arguments.
pub(super) fn usage(error: &clap::Error) -> ExitCode {
    let printed = error.print().and_then(|()| io::stdout().flush());
    match error.use_stderr() {
        // Usage: 2.
        true => ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)),
        false => end(told(printed)),
    }
}

fn told(result: io::Result<()>) -> Outcome {
    result.map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Failure::Unread,
        _ => Failure::Error(Error::io("standard output", "write")(error)),
    })
}

/// Whether a file that was to be written is a pipe whose reader has gone.
fn is_unread(error: &Error) -> bool {
    matches!(error, Error::Io { path, source, .. }
        if source.kind() == ErrorKind::BrokenPipe && crate::file::is_stream(path))
}
