//! `foldspace completions`: what a shell needs to complete commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Outcome, output};

/// Print completions for a shell: bash, elvish, fish, powershell, zsh.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace completions bash > ~/.local/share/bash-completion/completions/foldspace\n  \
    foldspace completions fish > ~/.config/fish/completions/foldspace.fish"
)]
pub(super) struct Arguments {
    /// The shell.
    shell: Shell,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(
        arguments.shell,
        &mut Cli::command(),
        "foldspace",
        &mut script,
    );
    // The generator itself panics where the reader has gone.
    output::raw(&script)
}
