//! The command line: parses, calls the library, prints. A file per command; the only user of clap.

mod animate;
mod collect;
mod compare;
mod completions;
mod compress;
mod data;
mod devices;
mod draw;
mod evaluate;
mod explore;
mod export;
mod figure;
mod init;
mod inspect;
mod interrupt;
mod output;
mod play;
mod predict;
mod progress;
mod reproduce;
mod resume;
mod serve_backend;
mod sweep;
mod sweep_report;
mod train;
mod width;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::{Error, Result as Done};
use crate::run::Run;

/// Shows what a neural network is: matrices that move space, activations that bend it.
#[derive(Debug, Parser)]
#[command(name = "foldspace", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print nothing but errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Where `--backend remote` computes, such as ws://127.0.0.1:4711; its token is read from FOLDSPACE_TOKEN.
    #[arg(long, global = true, value_name = "URL", hide = cfg!(not(feature = "remote")))]
    server: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Reproduce(reproduce::Arguments),
    Init(init::Arguments),
    Train(train::Arguments),
    Resume(resume::Arguments),
    Sweep(sweep::Arguments),
    Collect(collect::Arguments),
    Predict(predict::Arguments),
    Evaluate(evaluate::Arguments),
    Compare(compare::Arguments),
    Figure(figure::Arguments),
    Draw(draw::Arguments),
    Animate(animate::Arguments),
    Inspect(inspect::Arguments),
    Compress(compress::Arguments),
    Export(export::Arguments),
    Explore(explore::Arguments),
    Play(play::Arguments),
    Data(data::Arguments),
    Devices(devices::Arguments),
    ServeBackend(serve_backend::Arguments),
    Completions(completions::Arguments),
}

/// Why a command ends without success.
enum Failure {
    /// Something could not be done: exit code 1, with the error.
    Error(Error),
    /// Something was done but a check failed, and this has been reported: exit code 1.
    Reported,
    /// The reader of the output has gone: not a failure.
    Unread,
    /// Asked to stop before the end: exit code 75, for which schedulers run a task again (`EX_TEMPFAIL` of sysexits.h).
    Stopped,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

type Outcome = Result<(), Failure>;

/// Runs the command that the process was started with. Exit code 0: done, or nobody reads what it prints any more; 1: failed;
/// 2: not understood; 75: a sweep was asked to stop before its end.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return output::usage(&error),
    };
    if let Some(Err(error)) = cli.server.as_deref().map(serve_backend::reach) {
        return output::end(Err(error.into()));
    }
    let outcome = match cli.command {
        Command::Reproduce(arguments) => reproduce::run(&arguments, cli.quiet),
        Command::Init(arguments) => init::run(&arguments, cli.quiet),
        Command::Train(arguments) => train::run(&arguments, cli.quiet),
        Command::Resume(arguments) => resume::run(&arguments, cli.quiet),
        Command::Sweep(arguments) => sweep::run(&arguments, cli.quiet),
        Command::Collect(arguments) => collect::run(&arguments, cli.quiet),
        Command::Predict(arguments) => predict::run(&arguments, cli.quiet),
        Command::Evaluate(arguments) => evaluate::run(&arguments, cli.quiet),
        Command::Compare(arguments) => compare::run(&arguments, cli.quiet),
        Command::Figure(arguments) => figure::run(&arguments, cli.quiet),
        Command::Draw(arguments) => draw::run(&arguments, cli.quiet),
        Command::Animate(arguments) => animate::run(&arguments, cli.quiet),
        Command::Inspect(arguments) => inspect::run(&arguments, cli.quiet),
        Command::Compress(arguments) => compress::run(&arguments, cli.quiet),
        Command::Export(arguments) => export::run(&arguments, cli.quiet),
        Command::Explore(arguments) => explore::run(&arguments, cli.quiet),
        Command::Play(arguments) => play::run(&arguments, cli.quiet),
        Command::Data(arguments) => data::run(&arguments, cli.quiet),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::ServeBackend(arguments) => serve_backend::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    if !cli.quiet {
        #[cfg(feature = "remote")]
        serve_backend::say_if_unused();
        say_what_is_missing();
    }
    output::end(outcome)
}

/// Opens a run to look at; notes it where its data have been edited since.
fn opened(path: &std::path::Path, quiet: bool) -> Done<Run> {
    let run = Run::open(path)?;
    if let Some(remark) = run.remark_on_data().filter(|_| !quiet) {
        output::note(remark);
    }
    Ok(run)
}

/// Prints what was recognised in the data, or may go wrong with them, once and on stderr.
fn notes(notes: &[String], quiet: bool) {
    if !quiet {
        for note in notes {
            output::note(format_args!("note: {note}"));
        }
    }
}

/// Prints the characters that a picture could only show by their code points, in one line.
fn say_what_is_missing() {
    const MOST: usize = 12;
    let missing = crate::plot::text::take_missing();
    if missing.is_empty() {
        return;
    }
    let codes = missing
        .iter()
        .take(MOST)
        .map(|&sign| format!("U+{:04X}", u32::from(sign)));
    let codes: Vec<String> = codes.collect();
    let more = match missing.len().checked_sub(MOST) {
        Some(more @ 1..) => format!(" and {more} more"),
        _ => String::new(),
    };
    output::note(format!(
        "note: no font on this machine has {}{more}; pictures show their code points in boxes. Install fonts that have them \
         (such as Noto), or name a directory of fonts in FOLDSPACE_FONTS",
        codes.join(", ")
    ));
}

/// The epoch that was asked for, or the last one that was captured.
fn captured_epoch(run: &Run, wanted: Option<usize>) -> Done<usize> {
    let epochs = run.epochs()?;
    let place = run.paths.root().display().to_string();
    let last = epochs.last().copied().ok_or_else(|| {
        Error::invalid(
            &place,
            "no epoch was captured yet",
            "wait for the first or train again",
        )
    })?;
    match wanted {
        Some(epoch) if !epochs.contains(&epoch) => {
            let below = epochs.iter().rfind(|&&captured| captured < epoch);
            let above = epochs.iter().find(|&&captured| captured > epoch);
            let near: Vec<String> = below
                .into_iter()
                .chain(above)
                .map(usize::to_string)
                .collect();
            let listed: Vec<String> = epochs.iter().map(usize::to_string).collect();
            let captured = match listed.len().checked_sub(16) {
                Some(1..) => format!(
                    "{}, ..., {} ({} of them, by capture.every = {})",
                    listed[..12].join(", "),
                    listed[listed.len() - 3..].join(", "),
                    listed.len(),
                    run.config.capture.every
                ),
                _ => listed.join(", "),
            };
            Err(Error::invalid(
                "--epoch",
                format!("epoch {epoch} was not captured"),
                format!(
                    "ask for {}; the captured ones are {captured}",
                    near.join(" or ")
                ),
            ))
        }
        wanted => Ok(wanted.unwrap_or(last)),
    }
}
