//! The server: one page on loopback, and sockets for whoever has the token.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use super::http;
use super::lab::Lab;
use super::studio::{Command, Shared, Studio};
use super::visit::{Visit, finish};
use crate::error::{Error, Result};
use crate::explore;

/// The most connections at a time.
pub const MOST_CONNECTIONS: usize = 8;

/// Commands that may wait for the thread that trains; a page that sends more is not read from until one is done.
const MOST_COMMANDS: usize = 64;

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    token: String,
    saves: PathBuf,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The token is not for logs.
        let mut server = formatter.debug_struct("Server");
        server.field("address", &self.address);
        server.finish_non_exhaustive()
    }
}

impl Server {
    /// Listens on a free port of 127.0.0.1. Runs will be saved in `saves`.
    ///
    /// # Errors
    /// [`Error::Io`] where this machine has no such port, or no random numbers for the token.
    pub fn bind(saves: &Path) -> Result<Self> {
        let refused = |error| Error::io("127.0.0.1", "listen")(error);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let mut token = [0_u8; 16];
        getrandom::fill(&mut token).map_err(|error| {
            Error::io("the system's random numbers", "read")(std::io::Error::other(
                error.to_string(),
            ))
        })?;
        Ok(Self {
            listener,
            address,
            token: token.iter().map(|byte| format!("{byte:02x}")).collect(),
            saves: saves.to_owned(),
        })
    }

    /// The address to open. The token is in the fragment, which browsers never send.
    pub fn address(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    /// Serves a lab until `stop` is set.
    ///
    /// # Errors
    /// [`Error::Io`] where listening fails.
    pub fn serve(self, lab: impl FnOnce() -> Result<Lab> + Send, stop: &AtomicBool) -> Result<()> {
        let shared = Arc::new(Shared::default());
        let (send, commands) = sync_channel(MOST_COMMANDS);
        let page = Arc::new(explore::live(self.address.port()));
        thread::scope(|scope| {
            let (ready, is_ready) = sync_channel(1);
            let theirs = Arc::clone(&shared);
            let saves = self.saves.clone();
            // Whatever trains stays on one thread from its beginning.
            let trainer = scope.spawn(move || -> Result<()> {
                Studio::new(lab()?, theirs, commands, saves).work(&ready);
                Ok(())
            });
            let served = match is_ready.recv() {
                Ok(()) => self.listen(
                    &Visit {
                        shared: Arc::clone(&shared),
                        commands: send.clone(),
                        token: self.token.clone(),
                        page,
                        port: self.address.port(),
                    },
                    stop,
                ),
                Err(_) => Ok(()),
            };
            let _ = send.send(Command::End);
            match trainer.join() {
                Ok(trained) => trained.and(served),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        })
    }

    fn listen(&self, visit: &Visit, stop: &AtomicBool) -> Result<()> {
        let failed = |error| Error::io(self.address.to_string(), "listen")(error);
        self.listener.set_nonblocking(true).map_err(failed)?;
        let open = Arc::new(AtomicUsize::new(0));
        while !stop.load(Ordering::Relaxed) {
            let stream = match self.listener.accept() {
                Ok((stream, from)) if from.ip().is_loopback() => stream,
                Ok(_) => continue,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    thread::sleep(Duration::from_millis(20));
                    continue;
                }
                // A connection that was given up before it was accepted, or too many open files: later it may work.
                Err(_) => {
                    thread::sleep(Duration::from_millis(100));
                    continue;
                }
            };
            let place = Place::take(&open);
            let visit = visit.clone();
            let begun = thread::Builder::new().name("page".into()).spawn(move || {
                let _ = stream.set_nonblocking(false);
                let _ = stream.set_nodelay(true);
                match place {
                    Some(_place) => visit.answer(stream),
                    None => turn_away(stream),
                }
            });
            drop(begun); // without a thread there is no answer, and the connection closes
        }
        Ok(())
    }
}

/// A place among the connections.
struct Place(Arc<AtomicUsize>);

impl Place {
    fn take(open: &Arc<AtomicUsize>) -> Option<Self> {
        let place = Self(Arc::clone(open));
        (open.fetch_add(1, Ordering::SeqCst) < MOST_CONNECTIONS).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn turn_away(mut stream: TcpStream) {
    let _ = stream.set_write_timeout(Some(Duration::from_millis(200)));
    let _ = stream.write_all(&http::refusal(503, "close another page of this program"));
    finish(&stream);
}
