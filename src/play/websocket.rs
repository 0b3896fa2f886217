//! Messages over a socket, the server's side of RFC 6455.
//!
//! `tungstenite` would do, but it switches features of `bytes` on, and so builds all of Burn anew. What a server needs of
//! the protocol, without extensions, is a header of up to 14 bytes.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

/// What a client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message of text.
    Text(String),
    /// An echo is wanted of this.
    Ping(Vec<u8>),
    /// The end.
    Close,
}

/// Why a socket ends: the code of section 7.4.1, and a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub code: u16,
    /// The word.
    pub reason: &'static str,
}

/// What a socket ends with where the other side is gone.
pub const GONE: Failure = Failure {
    code: 1006,
    reason: "gone",
};
/// What a socket ends with where a rule of the protocol or of ours is broken.
pub const REFUSED: Failure = Failure {
    code: 1008,
    reason: "refused",
};
const BROKEN: Failure = Failure {
    code: 1002,
    reason: "protocol error",
};
const NOT_TEXT: Failure = Failure {
    code: 1003,
    reason: "send text",
};
const NOT_UTF8: Failure = Failure {
    code: 1007,
    reason: "send UTF-8",
};
const TOO_BIG: Failure = Failure {
    code: 1009,
    reason: "too big",
};

/// Reads the messages of a client, each of at most a given number of bytes.
#[derive(Debug)]
pub struct Reader<R> {
    from: R,
    most: usize,
    /// A message whose end has not come.
    begun: Option<Vec<u8>>,
    /// When the first message must have come.
    by: Option<Instant>,
}

/// How long a frame may take once it has begun.
const PATIENCE: Duration = Duration::from_secs(30);

impl<R: Read> Reader<R> {
    /// Nothing is read yet.
    pub fn new(from: R, most: usize) -> Self {
        Self {
            from,
            most,
            begun: None,
            by: None,
        }
    }

    /// Sets a time by which messages must have come, or lifts it. The socket must wake up from reading now and then.
    pub fn by(&mut self, deadline: Option<Instant>) {
        self.by = deadline;
    }

    /// The next message.
    ///
    /// # Errors
    /// A [`Failure`] after which nothing more should be read.
    pub fn message(&mut self) -> Result<Incoming, Failure> {
        loop {
            let mut head = [0; 2];
            self.fill(&mut head[..1], self.by)?;
            let deadline = Some(self.by.unwrap_or_else(|| Instant::now() + PATIENCE));
            self.fill(&mut head[1..], deadline)?;
            let (last, kind) = (head[0] & 0x80 != 0, head[0] & 0x0f);
            // No extension was agreed on, and clients have to mask.
            if head[0] & 0x70 != 0 || head[1] & 0x80 == 0 {
                return Err(BROKEN);
            }
            let length = match head[1] & 0x7f {
                126 => {
                    let mut long = [0; 2];
                    self.fill(&mut long, deadline)?;
                    u64::from(u16::from_be_bytes(long))
                }
                127 => {
                    let mut long = [0; 8];
                    self.fill(&mut long, deadline)?;
                    u64::from_be_bytes(long)
                }
                short => u64::from(short),
            };
            let control = kind & 0x8 != 0;
            if control && (!last || length > 125) {
                return Err(BROKEN);
            }
            let held = self.begun.as_ref().map_or(0, Vec::len);
            let room = if control { 125 } else { self.most - held };
            let length = usize::try_from(length)
                .ok()
                .filter(|&length| length <= room)
                .ok_or(TOO_BIG)?;
            let mut mask = [0; 4];
            self.fill(&mut mask, deadline)?;
            let mut payload = vec![0; length];
            self.fill(&mut payload, deadline)?;
            for (byte, key) in payload.iter_mut().zip(mask.iter().cycle()) {
                *byte ^= key;
            }
            match (kind, self.begun.take()) {
                (0x8, _) => return Ok(Incoming::Close),
                (0x9, begun) => {
                    self.begun = begun;
                    return Ok(Incoming::Ping(payload));
                }
                (0xa, begun) => self.begun = begun,
                (0x1, None) if last => return text(payload),
                (0x1, None) => self.begun = Some(payload),
                (0x0, Some(mut begun)) => {
                    begun.extend(payload);
                    if last {
                        return text(begun);
                    }
                    self.begun = Some(begun);
                }
                (0x2, None) => return Err(NOT_TEXT),
                _ => return Err(BROKEN),
            }
        }
    }

    /// Reads as many bytes as there is room for.
    fn fill(&mut self, room: &mut [u8], deadline: Option<Instant>) -> Result<(), Failure> {
        use std::io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
        let mut done = 0;
        while done < room.len() {
            if deadline.is_some_and(|deadline| Instant::now() > deadline) {
                return Err(REFUSED);
            }
            match self.from.read(&mut room[done..]) {
                Ok(0) => return Err(GONE),
                Ok(read) => done += read,
                Err(error) if error.kind() == Interrupted => {}
                Err(error) if matches!(error.kind(), WouldBlock | TimedOut) => {}
                Err(_) => return Err(GONE),
            }
        }
        Ok(())
    }
}

fn text(bytes: Vec<u8>) -> Result<Incoming, Failure> {
    String::from_utf8(bytes)
        .map(Incoming::Text)
        .map_err(|_| NOT_UTF8)
}

/// Sends a message in one frame of this kind: 1 text, 2 binary, 8 close, 10 pong.
fn send(to: &mut impl Write, kind: u8, payload: &[u8]) -> std::io::Result<()> {
    let mut frame = Vec::with_capacity(payload.len() + 10);
    frame.push(0x80 | kind);
    match payload.len() {
        length @ ..126 => frame.push(length as u8),
        length @ ..0x1_0000 => {
            frame.push(126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    to.write_all(&frame)
}

/// Sends a binary message.
///
/// # Errors
/// Where the other side is gone.
pub fn binary(to: &mut impl Write, payload: &[u8]) -> std::io::Result<()> {
    send(to, 0x2, payload)
}

/// Answers a ping.
///
/// # Errors
/// Where the other side is gone.
pub fn pong(to: &mut impl Write, payload: &[u8]) -> std::io::Result<()> {
    send(to, 0xa, payload)
}

/// Says that this is the end, and why.
///
/// # Errors
/// Where the other side is gone already.
pub fn close(to: &mut impl Write, failure: Failure) -> std::io::Result<()> {
    let code = if failure.code == 1006 {
        1000
    } else {
        failure.code
    };
    send(
        to,
        0x8,
        &[&code.to_be_bytes()[..], failure.reason.as_bytes()].concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8]) -> Result<Incoming, Failure> {
        Reader::new(bytes, 100_000).message()
    }

    fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match payload.len() {
            length @ ..126 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        let mask = [1, 2, 3, 4];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
        frame
    }

    #[test]
    fn the_examples_of_the_rfc() {
        // Section 5.7: "Hello", masked; and a server's unmasked answer.
        let hello = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(read(&hello), Ok(Incoming::Text("Hello".into())));
        let ping = [
            0x89, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(read(&ping), Ok(Incoming::Ping(b"Hello".to_vec())));
        let mut sent = Vec::new();
        send(&mut sent, 1, b"Hello").unwrap();
        assert_eq!(sent, [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        let mut sent = Vec::new();
        binary(&mut sent, &[7; 256]).unwrap();
        assert_eq!(sent[..4], [0x82, 0x7e, 0x01, 0x00]);
        let mut sent = Vec::new();
        binary(&mut sent, &vec![7; 65536]).unwrap();
        assert_eq!(sent[..10], [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn a_ping_may_come_amid_a_message() {
        let bytes = [
            masked(0x01, b"Hel"),
            masked(0x89, b"?"),
            masked(0x8a, b""),
            masked(0x80, b"lo"),
        ]
        .concat();
        let mut reader = Reader::new(&bytes[..], 10);
        assert_eq!(reader.message(), Ok(Incoming::Ping(b"?".to_vec())));
        assert_eq!(reader.message(), Ok(Incoming::Text("Hello".into())));
        assert_eq!(reader.message(), Err(GONE));
    }

    #[test]
    fn what_breaks_the_rules_ends_it() {
        let cases: [(&str, Vec<u8>, u16); 10] = [
            ("no mask", vec![0x81, 0x01, b'a'], 1002),
            ("an extension", masked(0xc1, b"a"), 1002),
            ("an unknown kind", masked(0x83, b"a"), 1002),
            ("binary", masked(0x82, b"a"), 1003),
            ("not UTF-8", masked(0x81, &[0xff]), 1007),
            ("more without a beginning", masked(0x80, b"a"), 1002),
            ("a ping in parts", masked(0x09, b"a"), 1002),
            ("a long ping", masked(0x89, &[0; 126]), 1002),
            (
                "too long",
                [vec![0x81, 0xff], (1_u64 << 40).to_be_bytes().to_vec()].concat(),
                1009,
            ),
            ("cut off", vec![0x81, 0x85, 1, 2], 1006),
        ];
        for (what, bytes, code) in cases {
            assert_eq!(read(&bytes).unwrap_err().code, code, "{what}");
        }
        let twice = [masked(0x01, b"a"), masked(0x01, b"b")].concat();
        assert_eq!(read(&twice).unwrap_err().code, 1002);
        // The bound is on the message, not on its parts.
        let parts = [masked(0x01, &[b'a'; 60]), masked(0x80, &[b'a'; 60])].concat();
        assert_eq!(
            Reader::new(&parts[..], 100).message().unwrap_err().code,
            1009
        );
    }

    proptest! {
        #[test]
        fn any_text_in_any_parts_comes_through(text in ".{0,300}", cuts in prop::collection::vec(0_usize..1000, 0..4)) {
            let bytes = text.as_bytes();
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            places.sort_unstable();
            let mut frames = Vec::new();
            let mut from = 0;
            for (k, to) in places.iter().copied().chain([bytes.len()]).enumerate() {
                let last = k == places.len();
                frames.extend(masked(if last { 0x80 } else { 0 } | u8::from(k == 0), &bytes[from..to]));
                from = to;
            }
            prop_assert_eq!(read(&frames), Ok(Incoming::Text(text)));
        }

        #[test]
        fn no_bytes_are_too_bad(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes[..], 1000);
            for _ in 0..200 {
                if reader.message().is_err() {
                    break;
                }
            }
        }
    }
}
