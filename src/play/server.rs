//! The server: one page on loopback, and sockets for who has the token.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{self, Answer};
use super::lab::Lab;
use super::request::{self, Hello, Pull, Request};
use super::studio::{Command, Shared, Studio};
use super::websocket::{self, Failure, Incoming, REFUSED, Reader};
use super::{MOST_BYTES, scene};
use crate::error::{Error, Result};
use crate::explore;

/// How long the head of a request, or the token, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Connections at a time.
pub const MOST_CONNECTIONS: usize = 8;

/// The most that a page may ask for in epochs a second.
const MOST_PACE: f64 = 1e6;

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

    /// The address to open. The token is in the fragment, which browsers send to nobody.
    pub fn address(&self) -> String {
        format!("http://{}/#token={}", self.address, self.token)
    }

    /// Serves a lab until `stop` is set.
    ///
    /// # Errors
    /// [`Error::Io`] where listening fails.
    pub fn serve(self, lab: impl FnOnce() -> Result<Lab> + Send, stop: &AtomicBool) -> Result<()> {
        let shared = Arc::new(Shared::default());
        let (send, commands) = channel();
        let page = Arc::new(explore::live(self.address.port()));
        thread::scope(|scope| {
            let (ready, is_ready) = sync_channel(1);
            let theirs = Arc::clone(&shared);
            let saves = self.saves.clone();
            // What trains stays on one thread from its beginning.
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
                // A connection that was given up before it was accepted, or too many files: there may be better times.
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

/// Ends a connection so that the other side can still read the answer: what it sent and nobody read would make the system cut it.
fn finish(mut stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_millis(100)));
    let mut rest = [0; 4096];
    for _ in 0..16 {
        if stream.read(&mut rest).is_ok_and(|read| read > 0) {
            continue;
        }
        break;
    }
}

/// What every connection needs.
#[derive(Clone)]
struct Visit {
    shared: Arc<Shared>,
    commands: Sender<Command>,
    token: String,
    page: Arc<explore::Live>,
    port: u16,
}

impl Visit {
    fn answer(&self, mut stream: TcpStream) {
        let deadline = Instant::now() + PATIENCE;
        let _ = stream.set_write_timeout(Some(Duration::from_secs(20)));
        let head = match head(&stream, deadline) {
            Ok(head) => head,
            Err(status) => {
                let _ = stream.write_all(&http::refusal(
                    status,
                    "send a request of HTTP/1.1 within 5 seconds",
                ));
                return finish(&stream);
            }
        };
        let (html, policy) = (&self.page.html, &self.page.policy);
        let bytes = match http::answer(&head, self.port) {
            Answer::Page => http::page(html, policy, false),
            Answer::Head => http::page(html, policy, true),
            Answer::Refusal(status, what) => http::refusal(status, what),
            Answer::Socket(accept) => {
                if stream.write_all(&http::switching(&accept)).is_ok() {
                    self.listen(stream);
                }
                return;
            }
        };
        let _ = stream.write_all(&bytes);
        finish(&stream);
    }

    /// Hears a page, and sends it what it asks for.
    fn listen(&self, stream: TcpStream) {
        // Reading wakes up now and then, to look at the time.
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        let (Ok(read), Ok(write)) = (stream.try_clone(), stream.try_clone()) else {
            return;
        };
        let out = Arc::new(Mutex::new(write));
        let mut reader = Reader::new(read, MOST_BYTES);
        reader.by(Some(Instant::now() + PATIENCE));
        let end = match self.greet(&mut reader) {
            Ok(()) => {
                reader.by(None);
                self.converse(&mut reader, &out)
            }
            Err(failure) => failure,
        };
        let _ = websocket::close(&mut *lock(&out), end);
        finish(&stream);
    }

    /// The first message is the token.
    fn greet(&self, reader: &mut Reader<TcpStream>) -> Result<(), Failure> {
        let Incoming::Text(text) = reader.message()? else {
            return Err(REFUSED);
        };
        let hello: Hello = request::parse(&text).ok_or(REFUSED)?;
        // Every byte is looked at, so that the time tells nothing.
        let (given, ours) = (hello.token.as_bytes(), self.token.as_bytes());
        let different = given
            .iter()
            .zip(ours)
            .fold(given.len() ^ ours.len(), |sum, (a, b)| {
                sum | usize::from(a ^ b)
            });
        if different == 0 { Ok(()) } else { Err(REFUSED) }
    }

    fn converse(&self, reader: &mut Reader<TcpStream>, out: &Arc<Mutex<TcpStream>>) -> Failure {
        let wish = Arc::new(Wish::default());
        let sender = {
            let (visit, wish, out) = (self.clone(), Arc::clone(&wish), Arc::clone(out));
            thread::Builder::new()
                .name("frames".into())
                .spawn(move || visit.send_frames(&wish, &out))
        };
        let failure = loop {
            match reader.message() {
                Ok(Incoming::Text(text)) => {
                    if let Err(failure) = self.obey(&text, &wish, out) {
                        break failure;
                    }
                }
                Ok(Incoming::Ping(payload)) => {
                    if websocket::pong(&mut *lock(out), &payload).is_err() {
                        break websocket::GONE;
                    }
                }
                Ok(Incoming::Close) => break websocket::GONE,
                Err(failure) => break failure,
            }
        };
        wish.end();
        self.shared.ring();
        if let Ok(sender) = sender {
            let _ = sender.join();
        }
        failure
    }

    fn obey(&self, text: &str, wish: &Wish, out: &Mutex<TcpStream>) -> Result<(), Failure> {
        let request: Request = request::parse(text).ok_or(Failure {
            code: 1008,
            reason: "not understood",
        })?;
        let command = match request {
            Request::Pull(pull) => {
                wish.set(pull);
                return Ok(());
            }
            Request::Change(change) => Command::Change(change),
            Request::Train { on } => Command::Train(on),
            Request::Step {} => Command::Step,
            Request::Pace { epochs } if (0.0..=MOST_PACE).contains(&epochs) => {
                // Less than one in a minute would look like none.
                Command::Pace(if epochs == 0.0 {
                    0.0
                } else {
                    epochs.max(1.0 / 60.0)
                })
            }
            Request::Pace { .. } => return Err(REFUSED),
            Request::Save {} => Command::Save,
            Request::Log {} => {
                let (to, log) = channel();
                self.commands
                    .send(Command::Log(to))
                    .map_err(|_| websocket::GONE)?;
                let text = log.recv().map_err(|_| websocket::GONE)?;
                let message =
                    scene::message(&serde_json::json!({ "kind": "log" }), text.as_bytes());
                return websocket::binary(&mut *lock(out), &message).map_err(|_| websocket::GONE);
            }
        };
        self.commands.send(command).map_err(|_| websocket::GONE)
    }

    /// Sends a frame for every wish, until there are no more.
    fn send_frames(&self, wish: &Wish, out: &Mutex<TcpStream>) {
        while let Some(pull) = wish.take() {
            let Some(message) = self.shared.next(pull, || wish.is_over()) else {
                return;
            };
            if websocket::binary(&mut *lock(out), &message).is_err() {
                return;
            }
        }
    }
}

/// The page's wish for a frame.
#[derive(Default)]
struct Wish {
    wanted: Mutex<(Option<Pull>, bool)>,
    bell: Condvar,
}

impl Wish {
    fn set(&self, pull: Pull) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(pull);
        self.bell.notify_one();
    }

    fn end(&self) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.bell.notify_one();
    }

    fn is_over(&self) -> bool {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Waits for the next wish; `None` where there will be none.
    fn take(&self) -> Option<Pull> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if wanted.1 {
                return None;
            }
            if let Some(pull) = wanted.0.take() {
                return Some(pull);
            }
            wanted = self
                .bell
                .wait(wanted)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn lock(out: &Mutex<TcpStream>) -> std::sync::MutexGuard<'_, TcpStream> {
    out.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The head of a request, or the status of a refusal.
fn head(mut stream: &TcpStream, deadline: Instant) -> Result<Vec<u8>, u16> {
    let mut head = Vec::new();
    let mut part = [0; 4096];
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(408);
        }
        let _ = stream.set_read_timeout(Some(left));
        match stream.read(&mut part) {
            Ok(0) => return Err(400),
            Ok(read) => head.extend(&part[..read]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(408),
        }
        if http::is_whole(&head) {
            return if head.len() <= http::MOST_HEAD {
                Ok(head)
            } else {
                Err(431)
            };
        }
        if head.len() > http::MOST_HEAD {
            return Err(431);
        }
    }
}
