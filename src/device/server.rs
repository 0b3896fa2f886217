//! This machine's device for others, through Burn's remote backend. The traffic is not encrypted, see `remote.rs`.

use std::net::TcpListener;

use burn::server::{RemoteServer, TokenAuthorizer, WebSocketTransport};

use super::{Backend, open};
use crate::error::{Error, Result};

/// Lets whoever has the token compute on a device of this machine, until Ctrl-C or SIGTERM.
///
/// # Errors
/// [`Error::Backend`] for an empty token, a backend that is not here, and where the socket fails.
pub fn serve(backend: Backend, listener: TcpListener, token: &str) -> Result<()> {
    let refused = |problem: String, remedy: &str| Error::Backend {
        backend: backend.name().to_owned(),
        problem,
        remedy: remedy.to_owned(),
    };
    if backend == Backend::Remote {
        return Err(refused(
            "a server can't serve another one's device".to_owned(),
            "choose a device of this machine, such as --backend flex",
        ));
    }
    let authorizer = TokenAuthorizer::new(token)
        .map_err(|error| refused(error.to_string(), "set FOLDSPACE_TOKEN"))?;
    RemoteServer::new([open(backend)?])
        .with_authorizer(authorizer)
        .serve(WebSocketTransport::from_listener(listener))
        .map_err(|error| {
            refused(
                error.to_string(),
                "listen elsewhere, or serve another backend",
            )
        })
}
