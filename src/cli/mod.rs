//! The command line: parses, calls the library, prints. A file per command; the only user of clap.

mod animate;
mod completions;
mod compress;
mod data;
mod devices;
mod draw;
mod export;
mod figure;
mod inspect;
mod interrupt;
mod progress;
mod reproduce;
mod resume;
mod sweep;
mod train;

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
}

#[derive(Debug, Subcommand)]
enum Command {
    Reproduce(reproduce::Arguments),
    Train(train::Arguments),
    Resume(resume::Arguments),
    Sweep(sweep::Arguments),
    Figure(figure::Arguments),
    Draw(draw::Arguments),
    Animate(animate::Arguments),
    Inspect(inspect::Arguments),
    Compress(compress::Arguments),
    Export(export::Arguments),
    Data(data::Arguments),
    Devices(devices::Arguments),
    Completions(completions::Arguments),
}

/// Why a command ends without success.
enum Failure {
    /// Something could not be done: exit code 1, with the error.
    Error(Error),
    /// Something was done and found wanting, and has been reported: exit code 1.
    Reported,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

type Outcome = Result<(), Failure>;

/// Runs the command that the process was started with. Exit code 0: done; 1: failed; 2: not understood.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Reproduce(arguments) => reproduce::run(&arguments, cli.quiet),
        Command::Train(arguments) => train::run(&arguments, cli.quiet),
        Command::Resume(arguments) => resume::run(&arguments, cli.quiet),
        Command::Sweep(arguments) => sweep::run(&arguments, cli.quiet),
        Command::Figure(arguments) => figure::run(&arguments, cli.quiet),
        Command::Draw(arguments) => draw::run(&arguments, cli.quiet),
        Command::Animate(arguments) => animate::run(&arguments, cli.quiet),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Compress(arguments) => compress::run(&arguments, cli.quiet),
        Command::Export(arguments) => export::run(&arguments, cli.quiet),
        Command::Data(arguments) => data::run(&arguments, cli.quiet),
        Command::Devices(arguments) => devices::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Reported) => ExitCode::FAILURE,
        Err(Failure::Error(error)) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
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
            Err(Error::invalid(
                "--epoch",
                format!("epoch {epoch} was not captured"),
                format!(
                    "the captured ones run from {} to {last}; ask for {}",
                    epochs[0],
                    near.join(" or ")
                ),
            ))
        }
        wanted => Ok(wanted.unwrap_or(last)),
    }
}
