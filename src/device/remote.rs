//! Another machine's device through Burn's remote backend, whose operations travel over a WebSocket.
//!
//! The traffic is not encrypted. Across networks that are not trusted, a tunnel (`ssh -L`) carries it.

use std::net::{TcpStream, ToSocketAddrs};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use burn::remote::RemoteHost;
use burn::tensor::Device;

use super::Backend;
use super::found::{Card, Missing};
use crate::error::{Error, Result};

/// The environment variable that holds the token which server and client share.
pub const TOKEN: &str = "FOLDSPACE_TOKEN";

const PATIENCE: Duration = Duration::from_secs(2);

static SERVER: OnceLock<String> = OnceLock::new();
static USED: AtomicBool = AtomicBool::new(false);

/// From now on [`Backend::Remote`] is the first device that this server has, such as `ws://127.0.0.1:4711`. Connects to nothing yet.
///
/// # Errors
/// [`Error::Backend`] where this is not the address of a WebSocket, or another server was named before.
pub fn use_server(url: &str) -> Result<()> {
    let refused = |problem: String, remedy: &str| Error::Backend {
        backend: Backend::Remote.name().to_owned(),
        problem,
        remedy: remedy.to_owned(),
    };
    let host = url.strip_prefix("ws://").unwrap_or_default();
    let port = host
        .rsplit_once(':')
        .map(|(_, port)| port.trim_end_matches('/').parse::<u16>());
    if !matches!(port, Some(Ok(_))) {
        let problem = format!("{url:?} is not a server's address");
        return Err(refused(
            problem,
            "write ws://HOST:PORT, as `foldspace serve-backend` prints it",
        ));
    }
    if SERVER.get_or_init(|| url.to_owned()) != url {
        let problem = "this process computes on another server already".to_owned();
        return Err(refused(problem, "use one server per process"));
    }
    Ok(())
}

/// The server that was named.
pub fn server() -> Option<&'static str> {
    SERVER.get().map(String::as_str)
}

/// Whether this process has tried to compute on it.
pub fn was_used() -> bool {
    USED.load(Ordering::Relaxed)
}

/// Whether something listens where the named server should; waits two seconds at most.
pub fn is_reachable() -> bool {
    let host = server().and_then(|url| url.strip_prefix("ws://"));
    let host = host.map(|host| host.trim_end_matches('/'));
    let addresses = host.and_then(|host| host.to_socket_addrs().ok());
    addresses.is_some_and(|mut all| {
        all.any(|address| TcpStream::connect_timeout(&address, PATIENCE).is_ok())
    })
}

/// Connects to the server that was named.
pub(super) fn connect() -> std::result::Result<Card, Missing> {
    let Some(url) = server() else {
        return Err(Missing {
            problem: "no server is named".to_owned(),
            remedy: "name it with --server ws://HOST:PORT; `foldspace serve-backend` starts one"
                .to_owned(),
        });
    };
    USED.store(true, Ordering::Relaxed);
    let token = std::env::var(TOKEN).unwrap_or_default();
    let host = RemoteHost::websocket(url).with_credential(token.as_str());
    let device = Device::remote_options(&host)
        .init()
        .map_err(|error| Missing {
            problem: format!("{url}: {error}"),
            remedy: format!(
                "see that `foldspace serve-backend` runs there and that {TOKEN} holds its token"
            ),
        })?;
    Ok(Card {
        device,
        adapter: url.to_owned(),
        driver: None,
        kind: "computes on another machine",
        software: false,
    })
}
