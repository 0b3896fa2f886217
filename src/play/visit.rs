//! A connection: one request for the page, or a conversation with a page that has the token.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{SyncSender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::http::{self, Answer};
use super::request::{self, Hello, Request};
use super::studio::{Command, News, Shared};
use super::websocket::{self, Failure, Incoming, REFUSED, Reader};
use super::wish::Wish;
use super::{MOST_BYTES, scene};
use crate::explore;

/// How long the head of a request, or the token, may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most that a page may ask for in epochs a second.
const MOST_PACE: f64 = 1e6;

/// After a frame, so many times as long as it took to make passes before the next: most of the machine is to train.
const REST: u32 = 7;

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Visit {
    pub shared: Arc<Shared>,
    pub commands: SyncSender<Command>,
    pub token: String,
    pub page: Arc<explore::Live>,
    pub port: u16,
}

impl Visit {
    /// Hears a connection out, and answers it.
    pub(super) fn answer(&self, mut stream: TcpStream) {
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
                if pull.look.as_ref().is_some_and(|look| !look.is_sound()) {
                    return Err(REFUSED);
                }
                wish.set(pull);
                self.shared.ring();
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

    /// Sends a frame for every wish, until there are no more. A wish that comes while another is waited for takes its place.
    fn send_frames(&self, wish: &Wish, out: &Mutex<TcpStream>) {
        let mut rested = Instant::now();
        while let Some(pull) = wish.take() {
            // Whoever looks elsewhere is answered at once, whoever waits for the next epoch has time.
            let from = match pull.frame {
                0 => Instant::now(),
                _ => rested,
            };
            let news = self.shared.next(&pull, from, || wish.is_overtaken());
            let began = Instant::now();
            let costly = matches!(&news, Some(News::Frame(frame, _)) if frame.is_costly());
            let message = match news {
                Some(News::Scene(scene)) => Ok(Some(scene.message.clone())),
                Some(News::Frame(frame, notes)) => {
                    frame.message(&pull, &notes, &|| wish.is_overtaken())
                }
                None if wish.is_over() || !wish.is_overtaken() => return,
                None => Ok(None),
            };
            if costly {
                rested = Instant::now() + REST * began.elapsed();
            }
            let sent = match message {
                Ok(Some(message)) => websocket::binary(&mut *lock(out), &message),
                Ok(None) => continue,
                Err(failure) => {
                    let out = &mut *lock(out);
                    let _ = websocket::close(out, failure);
                    // Whoever hears the page hears its end.
                    let _ = out.shutdown(Shutdown::Read);
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

/// Ends a connection so that the other side can still read the answer: unread bytes from it would make the system reset the
/// connection.
pub(super) fn finish(mut stream: &TcpStream) {
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

fn lock(out: &Mutex<TcpStream>) -> MutexGuard<'_, TcpStream> {
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
