//! The server of `foldspace play` against those who are not its page.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::play_page::Play;

const TINY: &str = "
    [data]
    name = 'moons'
    samples = 40
    [model]
    layers = [{ units = 2, activation = 'tanh' }, { units = 1, activation = 'sigmoid' }]
    [train]
    epochs = 50
    loss = 'bce'
    optimizer = { name = 'sgd', lr = 0.1 }";

fn play() -> Play {
    Play::start(&["it.toml"], &[("it.toml", TINY)])
}

fn connect(play: &Play) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", play.port())).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream
}

/// The whole answer to some bytes.
fn ask(play: &Play, request: &[u8]) -> String {
    let mut stream = connect(play);
    // A server that refuses early may close before all is sent.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .unwrap_or(0)
}

/// Headers in place of those of an honest request; `~` stands for the port.
fn request(play: &Play, line: &str, headers: &[&str]) -> Vec<u8> {
    let text = [&[line], headers, &["", ""]].concat().join("\r\n");
    text.replace('~', &play.port().to_string()).into_bytes()
}

const KEY: &str = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";

#[test]
fn hostile_requests_get_nothing() {
    let play = play();
    let host = "Host: 127.0.0.1:~";
    let origin = "Origin: http://127.0.0.1:~";
    let socket = [
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        KEY,
    ];
    let get = "GET / HTTP/1.1";
    let ws = "GET /socket HTTP/1.1";
    let with = |headers: &[&'static str]| -> Vec<&'static str> { [headers, &socket[..]].concat() };
    let long = format!("X: {}", "a".repeat(17_000));
    let many: Vec<String> = (0..70).map(|k| format!("X{k}: 1")).collect();
    let many: Vec<&str> = std::iter::once(host)
        .chain(many.iter().map(String::as_str))
        .collect();
    let table: Vec<(&str, &str, Vec<&str>, u16)> = vec![
        ("no host", get, vec![], 421),
        ("a rebound name", get, vec!["Host: evil.example:~"], 421),
        (
            "a name that begins like ours",
            get,
            vec!["Host: 127.0.0.1:~.evil.example"],
            421,
        ),
        ("another port", get, vec!["Host: 127.0.0.1:1"], 421),
        ("no port", get, vec!["Host: 127.0.0.1"], 421),
        ("all addresses", get, vec!["Host: 0.0.0.0:~"], 421),
        ("two hosts", get, vec![host, host], 421),
        (
            "two hosts, one of another",
            get,
            vec![host, "Host: evil.example"],
            421,
        ),
        (
            "a load from another site",
            get,
            vec![host, "Sec-Fetch-Site: cross-site"],
            403,
        ),
        (
            "a load from another port",
            get,
            vec![host, "Sec-Fetch-Site: same-site"],
            403,
        ),
        (
            "a fetch site of two kinds",
            get,
            vec![host, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"],
            403,
        ),
        (
            "a post",
            "POST / HTTP/1.1",
            vec![host, "Content-Length: 0"],
            405,
        ),
        (
            "a preflight",
            "OPTIONS /socket HTTP/1.1",
            vec![host, origin],
            405,
        ),
        ("a body", get, vec![host, "Content-Length: 3"], 400),
        (
            "a body in parts",
            get,
            vec![host, "Transfer-Encoding: chunked"],
            400,
        ),
        (
            "two lengths",
            get,
            vec![host, "Content-Length: 0", "Content-Length: 5"],
            400,
        ),
        ("a file", "GET /etc/passwd HTTP/1.1", vec![host], 404),
        (
            "a way up",
            "GET /../../etc/passwd HTTP/1.1",
            vec![host],
            404,
        ),
        (
            "a way up, encoded",
            "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1",
            vec![host],
            404,
        ),
        (
            "another server",
            "GET http://evil.example/ HTTP/1.1",
            vec![host],
            404,
        ),
        ("a question", "GET /?token=1 HTTP/1.1", vec![host], 404),
        (
            "a proxy's wish",
            "CONNECT evil.example:443 HTTP/1.1",
            vec![host],
            405,
        ),
        ("an old version", "GET / HTTP/1.0", vec![host], 505),
        ("a long head", get, vec![host, &long], 431),
        ("many headers", get, many, 431),
        ("a folded header", get, vec![host, "X: a\r\n b"], 400),
        ("a header without a name", get, vec![host, ": a"], 400),
        ("no HTTP", "hello", vec![], 400),
        ("TLS", "\u{16}\u{3}\u{1}", vec![], 400),
        ("a socket without an origin", ws, with(&[host]), 403),
        (
            "a socket from another site",
            ws,
            with(&[host, "Origin: http://evil.example"]),
            403,
        ),
        (
            "a socket from a file",
            ws,
            with(&[host, "Origin: null"]),
            403,
        ),
        (
            "a socket from another port",
            ws,
            with(&[host, "Origin: http://127.0.0.1:1"]),
            403,
        ),
        (
            "a socket from https",
            ws,
            with(&[host, "Origin: https://127.0.0.1:~"]),
            403,
        ),
        (
            "a socket from a name that begins like ours",
            ws,
            with(&[host, "Origin: http://127.0.0.1:~.evil.example"]),
            403,
        ),
        (
            "a socket from two origins",
            ws,
            with(&[host, origin, "Origin: http://evil.example"]),
            403,
        ),
        (
            "a socket across sites",
            ws,
            with(&[host, origin, "Sec-Fetch-Site: cross-site"]),
            403,
        ),
        (
            "a socket with a rebound name",
            ws,
            with(&["Host: evil.example:~", origin]),
            421,
        ),
        ("a socket that is none", ws, vec![host, origin], 426),
        (
            "a socket of an old version",
            ws,
            vec![
                host,
                origin,
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 8",
                KEY,
            ],
            426,
        ),
        (
            "a socket with a short key",
            ws,
            vec![
                host,
                origin,
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: YQ==",
            ],
            400,
        ),
        (
            "a socket without a key",
            ws,
            vec![
                host,
                origin,
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
            ],
            400,
        ),
    ];
    for (what, line, headers, expected) in &table {
        let answer = ask(&play, &request(&play, line, headers));
        assert_eq!(status(&answer), *expected, "{what}: {answer}");
        assert!(
            !answer.contains(play.token()) && !answer.contains("<html"),
            "{what}: {answer}"
        );
        assert!(
            !answer.to_lowercase().contains("access-control-allow"),
            "{what}"
        );
    }
    // Honest ones still get the page, which nobody embeds, and which holds no token.
    for headers in [
        vec![host],
        vec!["Host: localhost:~", "Sec-Fetch-Site: none"],
        vec![host, "Sec-Fetch-Site: same-origin"],
    ] {
        let answer = ask(&play, &request(&play, get, &headers));
        assert_eq!(status(&answer), 200, "{answer}");
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        for says in [
            "frame-ancestors 'none'",
            "default-src 'none'",
            "script-src 'sha256-",
            "Cross-Origin-Opener-Policy: same-origin",
            "Cross-Origin-Resource-Policy: same-origin",
            "X-Content-Type-Options: nosniff",
            "Cache-Control: no-store",
            "Referrer-Policy: no-referrer",
        ] {
            assert!(head.contains(says), "{says}: {head}");
        }
        assert!(
            !head.contains("unsafe-") && !head.to_lowercase().contains("access-control"),
            "{head}"
        );
        assert!(body.contains("</html>") && !body.contains(play.token()));
    }
    let head = ask(&play, &request(&play, "HEAD / HTTP/1.1", &[host]));
    assert!(status(&head) == 200 && head.ends_with("\r\n\r\n"), "{head}");
}

/// A client of the socket.
struct Socket(TcpStream);

impl Socket {
    fn open(play: &Play) -> Self {
        let mut stream = connect(play);
        let origin = "Origin: http://127.0.0.1:~";
        let headers = [
            "Host: 127.0.0.1:~",
            origin,
            "Upgrade: websocket",
            "Connection: keep-alive, Upgrade",
            "Sec-WebSocket-Version: 13",
            KEY,
        ];
        stream
            .write_all(&request(play, "GET /socket HTTP/1.1", &headers))
            .unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        assert!(
            head.starts_with("HTTP/1.1 101 ") && head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
            "{head}"
        );
        Self(stream)
    }

    fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | kind, 0x80 | 127];
        frame.extend((payload.len() as u64).to_be_bytes());
        frame.extend([0; 4]);
        frame.extend(payload);
        let _ = self.0.write_all(&frame);
    }

    fn say(&mut self, message: &Value) {
        self.send(1, message.to_string().as_bytes());
    }

    /// The next frame's kind and payload; `None` where the connection was cut.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.0.read_exact(&mut head).ok()?;
        let length = match head[1] {
            126 => {
                let mut long = [0; 2];
                self.0.read_exact(&mut long).ok()?;
                u64::from(u16::from_be_bytes(long))
            }
            127 => {
                let mut long = [0; 8];
                self.0.read_exact(&mut long).ok()?;
                u64::from_be_bytes(long)
            }
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.0.read_exact(&mut payload).ok()?;
        Some((head[0] & 0xf, payload))
    }

    /// The code with which the server closes; 0 where it only cuts.
    fn closes(&mut self) -> u16 {
        while let Some((kind, payload)) = self.frame() {
            if kind == 8 {
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
        0
    }

    /// A message's text and numbers.
    fn hear(&mut self) -> (Value, Vec<u8>) {
        let (kind, bytes) = self.frame().unwrap();
        assert_eq!(kind, 2);
        let length = u32::from_le_bytes(bytes[..4].try_into().unwrap()) as usize;
        (
            serde_json::from_slice(&bytes[4..4 + length]).unwrap(),
            bytes[4 + length..].to_vec(),
        )
    }

    fn hello(play: &Play) -> Self {
        let mut socket = Self::open(play);
        socket.say(&json!({ "token": play.token() }));
        socket
    }

    fn pull(&mut self, scene: u64, frame: u64) -> (Value, Vec<u8>) {
        self.say(&json!({ "pull": { "scene": scene, "frame": frame, "epoch": 0, "note": 0 } }));
        self.hear()
    }
}

#[test]
fn nobody_without_the_token_is_listened_to() {
    let play = play();
    let token = play.token();
    let wrong = format!(
        "{}{}",
        if token.starts_with('0') { "1" } else { "0" },
        &token[1..]
    );
    let firsts: Vec<(&str, Value)> = vec![
        (
            "no token",
            json!({ "pull": { "scene": 0, "frame": 0, "epoch": 0, "note": 0 } }),
        ),
        ("a wrong token", json!({ "token": wrong })),
        ("an empty token", json!({ "token": "" })),
        ("a part of the token", json!({ "token": &token[..31] })),
        (
            "more than the token",
            json!({ "token": format!("{token}0") }),
        ),
        (
            "a token and more",
            json!({ "token": token, "path": "/etc/passwd" }),
        ),
        ("no object", json!([token])),
    ];
    for (what, first) in firsts {
        let mut socket = Socket::open(&play);
        socket.say(&first);
        assert_eq!(socket.closes(), 1008, "{what}");
    }
    let mut socket = Socket::open(&play);
    socket.send(2, token.as_bytes());
    assert_eq!(socket.closes(), 1003);
    // Who says nothing is not waited for.
    let began = Instant::now();
    let mut socket = Socket::open(&play);
    assert_eq!(socket.closes(), 1008);
    assert!(
        (4..9).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
    // With the token there are a scene and a frame.
    let mut socket = Socket::hello(&play);
    let (scene, _) = socket.pull(0, 0);
    assert_eq!(scene["kind"], "scene");
    let (frame, numbers) = socket.pull(1, 0);
    assert_eq!(
        (&frame["kind"], &frame["epoch"]),
        (&json!("frame"), &json!(0))
    );
    assert_eq!(numbers.len(), 4 * (2 * 3 + 3));
}

#[test]
fn what_is_not_understood_ends_the_conversation() {
    let play = play();
    let bad: Vec<(&str, Value)> = vec![
        ("an unknown wish", json!({ "run": { "command": "ls" } })),
        ("an unknown field", json!({ "save": { "path": "/etc" } })),
        ("a name for a run", json!({ "save": { "name": "../../x" } })),
        (
            "an unknown field of a change",
            json!({ "change": { "csv": { "name": "a", "text": "b", "path": "/etc/passwd" } } }),
        ),
        ("an unknown change", json!({ "change": { "exec": {} } })),
        (
            "a negative epoch",
            json!({ "change": { "rewind": { "epoch": -1 } } }),
        ),
        ("two wishes", json!({ "save": {}, "log": {} })),
        ("a hurry", json!({ "pace": { "epochs": 1e300 } })),
        ("a negative pace", json!({ "pace": { "epochs": -1.0 } })),
        ("a list", json!([])),
        ("a number", json!(7)),
        (
            "a look of nothing",
            json!({ "pull": { "scene": 0, "frame": 0, "epoch": 0, "note": 0, "look": {} } }),
        ),
        (
            "a look for ever",
            look(0, "grid", json!([100_000, 100_000])),
        ),
        (
            "a window without an end",
            look(0, "window", json!([0, 1e300, 0, 1])),
        ),
        (
            "a field of all that there is",
            look(0, "what", json!({ "field": 65_536 })),
        ),
        (
            "an unknown field of a look",
            look(0, "path", json!("/etc/passwd")),
        ),
    ];
    for (what, message) in bad {
        let mut socket = Socket::hello(&play);
        socket.say(&message);
        assert_eq!(socket.closes(), 1008, "{what}");
    }
    let mut socket = Socket::hello(&play);
    socket.send(1, &vec![b'['; 600_000]);
    assert_eq!(socket.closes(), 1008, "deep");
    let mut socket = Socket::hello(&play);
    socket.send(1, &vec![b' '; (1 << 20) + 1]);
    assert_eq!(socket.closes(), 1009, "too big");
    let mut socket = Socket::hello(&play);
    socket.send(9, b"echo");
    assert_eq!(socket.frame(), Some((0xa, b"echo".to_vec())));
    // A change that makes no sense is answered with a note, and the conversation goes on.
    socket.say(&json!({ "change": { "set": { "assignments": ["train.optimizer.lr=-1"] } } }));
    std::thread::sleep(Duration::from_millis(300));
    let scene = socket.pull(0, 0).0["number"].as_u64().unwrap();
    let (frame, _) = socket.pull(scene, 0);
    assert!(frame["notes"].to_string().contains("lr"), "{frame}");
    assert!(
        !play.folder.path().join("artifacts").exists(),
        "nothing was saved"
    );
}

/// A pull with a look, one entry of which is another.
fn look(scene: u64, key: &str, value: Value) -> Value {
    let mut look = json!({
        "number": 7, "what": "coarse", "point": { "sample": 0 }, "tiles": [], "window": [-2, 3, -2, 2], "grid": [21, 17]
    });
    look[key] = value;
    json!({ "pull": { "scene": scene, "frame": 0, "epoch": 0, "note": 0, "look": look } })
}

#[test]
fn looks_at_what_is_not_there_end_the_conversation() {
    let wide = TINY.replace(
        "{ units = 2,",
        "{ units = 250, activation = 'relu' }, { units = 250,",
    );
    let play = Play::start(&["it.toml"], &[("it.toml", &wide)]);
    let mut socket = Socket::hello(&play);
    let (scene, _) = socket.pull(0, 0);
    assert_eq!(scene["run"]["live"]["large"], json!(750 + 62_750 + 251));
    let scene = scene["number"].as_u64().unwrap();
    // Without a look there are no numbers.
    let (frame, numbers) = socket.pull(scene, 0);
    assert!(frame["sight"].is_null() && numbers.is_empty(), "{frame}");
    for (what, key, value) in [
        ("a unit that is not there", "unit", json!([1, 250])),
        ("a layer that is not there", "unit", json!([3, 0])),
        (
            "a tile that is not there",
            "tiles",
            json!([[0], [250], [0]]),
        ),
        ("tiles of other layers", "tiles", json!([[0], [0]])),
        (
            "a sample that is not there",
            "point",
            json!({ "sample": 40 }),
        ),
        ("a place on a line", "point", json!({ "place": [0.5] })),
        ("a line of a plane", "grid", json!([21, 1])),
    ] {
        let mut socket = Socket::hello(&play);
        socket.say(&look(scene, key, value));
        assert_eq!(socket.closes(), 1008, "{what}");
    }
    // An epoch that is not there is the one before it that is.
    socket.say(&look(scene, "epoch", json!(30)));
    let (frame, numbers) = socket.hear();
    assert_eq!(
        (&frame["sight"]["epoch"], &frame["sight"]["look"]),
        (&json!(0), &json!(7))
    );
    let parts = frame["sight"]["parts"].as_array().unwrap();
    let size = |part: &Value| {
        let bytes = match part[1].as_str().unwrap() {
            "f64" => 8,
            "f32" => 4,
            "u16" => 2,
            _ => 1,
        };
        bytes * part[2].as_u64().unwrap()
    };
    assert_eq!(parts.iter().map(size).sum::<u64>(), numbers.len() as u64);
    // A look of another scene gets the scene.
    socket.say(&look(scene + 1, "unit", json!([9, 9])));
    assert_eq!(socket.hear().0["kind"], "scene");
    // What comes while something is waited for takes its place: one answer.
    socket.say(
        &json!({ "pull": { "scene": scene, "frame": frame["number"], "epoch": 0, "note": 0 } }),
    );
    std::thread::sleep(Duration::from_millis(200));
    socket.say(&look(scene, "what", json!({ "field": 32 })));
    let (frame, numbers) = socket.hear();
    assert_eq!(frame["sight"]["what"], "field");
    assert_eq!(numbers.len(), 2 * 32 * 32);
}

#[test]
fn slow_ones_and_many_ones_are_turned_away() {
    let play = play();
    // Half a request, and then nothing.
    let began = Instant::now();
    let mut slow = connect(&play);
    slow.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
    let mut answer = String::new();
    let _ = slow.read_to_string(&mut answer);
    assert_eq!(status(&answer), 408, "{answer}");
    assert!(
        (4..9).contains(&began.elapsed().as_secs()),
        "{:?}",
        began.elapsed()
    );
    // A byte a time is no way around that.
    let began = Instant::now();
    let mut slow = connect(&play);
    slow.set_read_timeout(Some(Duration::from_millis(50)))
        .unwrap();
    let mut byte = [0];
    loop {
        if slow.write_all(b"G").is_err() || slow.read(&mut byte).is_ok() {
            break;
        }
        std::thread::sleep(Duration::from_millis(300));
        assert!(began.elapsed().as_secs() < 12, "it waits for ever");
    }
    // Eight sockets, and no ninth.
    let sockets: Vec<Socket> = (0..8).map(|_| Socket::hello(&play)).collect();
    let page = request(&play, "GET / HTTP/1.1", &["Host: 127.0.0.1:~"]);
    assert_eq!(status(&ask(&play, &page)), 503);
    drop(sockets);
    let began = Instant::now();
    while status(&ask(&play, &page)) != 200 {
        assert!(began.elapsed().as_secs() < 10, "places are not given back");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn every_play_has_a_port_and_a_token_of_its_own() {
    let (a, b) = (play(), play());
    assert_ne!(a.port(), b.port());
    assert_ne!(a.token(), b.token());
    for play in [&a, &b] {
        assert_eq!(play.token().len(), 32);
        assert!(play.token().chars().all(|c| c.is_ascii_hexdigit()));
    }
    let mut socket = Socket::open(&a);
    socket.say(&json!({ "token": b.token() }));
    assert_eq!(socket.closes(), 1008);
}
