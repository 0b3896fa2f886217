//! `foldspace serve-backend`, and the way to what it serves.

use std::net::SocketAddr;

use clap::Args;

use super::Outcome;
use crate::device::Backend;
use crate::error::{Error, Result};

/// Let programs elsewhere train on a device of this machine (`--backend remote`).
///
/// Whoever connects has to know the token, which is read from FOLDSPACE_TOKEN; without one, a server that this machine alone can
/// reach makes one up and prints it. The traffic is not encrypted: across networks, carry it by `ssh -L 4711:127.0.0.1:4711 HOST`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  foldspace serve-backend --backend wgpu\n  \
    FOLDSPACE_TOKEN=... foldspace train configs/moons.toml --backend remote --server ws://127.0.0.1:4711")]
#[cfg_attr(not(feature = "remote"), command(hide = true), allow(dead_code))]
pub(super) struct Arguments {
    /// What computes.
    #[arg(long, default_value = "flex")]
    backend: Backend,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4711")]
    listen: SocketAddr,
}

/// Runs the command.
#[cfg(not(feature = "remote"))]
pub(super) fn run(_arguments: &Arguments) -> Outcome {
    Err(absent().into())
}

/// From now on `--backend remote` means this server.
#[cfg(not(feature = "remote"))]
pub(super) fn reach(_url: &str) -> Result<()> {
    Err(absent())
}

#[cfg(not(feature = "remote"))]
fn absent() -> Error {
    Error::Backend {
        backend: Backend::Remote.name().to_owned(),
        problem: "this program was built without it".to_owned(),
        remedy: "build with `--features remote`".to_owned(),
    }
}

/// Says that a server was named and nothing computed on it: without `--backend remote` this machine does.
#[cfg(feature = "remote")]
pub(super) fn say_if_unused() {
    use crate::device::remote;

    if let Some(url) = remote::server().filter(|_| !remote::was_used()) {
        super::output::note(format_args!(
            "note: nothing was computed on {url}; --backend remote would"
        ));
    }
}

/// Runs the command.
#[cfg(feature = "remote")]
pub(super) fn run(arguments: &Arguments) -> Outcome {
    use crate::device::{remote::TOKEN, server::serve};

    let given = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    if given.is_none() && !arguments.listen.ip().is_loopback() {
        return Err(Error::invalid(
            arguments.listen.to_string(),
            "other machines can reach this address, and there is no token",
            format!("set {TOKEN} to one that is hard to guess, or listen on 127.0.0.1"),
        )
        .into());
    }
    let io = |error: std::io::Error| {
        Error::invalid(
            arguments.listen.to_string(),
            error.to_string(),
            "choose another --listen ADDRESS:PORT",
        )
    };
    let listener = std::net::TcpListener::bind(arguments.listen).map_err(io)?;
    let address = listener.local_addr().map_err(io)?;
    let token = match &given {
        Some(token) => token.clone(),
        None => made_up()?,
    };
    super::output::say(format_args!("ws://{address}"))?;
    if given.is_none() {
        super::output::say(format_args!("{TOKEN}={token}"))?;
    }
    super::output::note(format_args!(
        "{} computes for whoever has the token; Ctrl-C ends it",
        arguments.backend
    ));
    Ok(serve(arguments.backend, listener, &token)?)
}

/// 128 bits of the system's randomness, in hexadecimal.
#[cfg(feature = "remote")]
fn made_up() -> Result<String> {
    use std::fmt::Write;

    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::invalid(
            "the system's randomness",
            error.to_string(),
            format!("set {}", crate::device::remote::TOKEN),
        )
    })?;
    Ok(bytes.iter().fold(String::new(), |mut token, byte| {
        let _ = write!(token, "{byte:02x}");
        token
    }))
}

/// From now on `--backend remote` means this server. Burn's client panics when its server is gone, anywhere and on any thread: a
/// panic while it can't be reached ends the program with an error that says how to go on.
#[cfg(feature = "remote")]
pub(super) fn reach(url: &str) -> Result<()> {
    use crate::device::remote;

    remote::use_server(url)?;
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if remote::is_reachable() {
            return before(panic);
        }
        let error = Error::Backend {
            backend: Backend::Remote.name().to_owned(),
            problem: format!("{} is gone", remote::server().unwrap_or_default()),
            remedy: "start the server again; `foldspace resume RUN` goes on from the run's last checkpoint"
                .to_owned(),
        };
        super::output::end(Err(error.into()));
        // Panics that follow on other threads have nothing to add.
        std::process::exit(1);
    }));
    Ok(())
}
