//! How a request is answered: with the page, a socket, or a refusal.
//!
//! A page of some other site that is open in the same browser can send requests to loopback. It gets nothing: a name that it had
//! rebound to 127.0.0.1 fails at `Host`, a socket opened from elsewhere at `Origin`, a load or a frame at `Sec-Fetch-Site` and
//! the policy; and a request without the token is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The bytes of the longest head of a request.
pub const MOST_HEAD: usize = 16 << 10;

/// The lines of the longest head.
const MOST_HEADERS: usize = 64;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The page.
    Page,
    /// The page's headers alone, for `HEAD`.
    Head,
    /// A socket: the value of `Sec-WebSocket-Accept`.
    Socket(String),
    /// A refusal: the status, and what to do.
    Refusal(u16, &'static str),
}

/// Whether a head has come to its end.
pub fn is_whole(head: &[u8]) -> bool {
    head.windows(4).any(|four| four == b"\r\n\r\n")
}

/// Answers the head of a request to the server at `port`.
pub fn answer(head: &[u8], port: u16) -> Answer {
    use Answer::Refusal;
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(head) {
        Ok(httparse::Status::Complete(_)) => {}
        Err(httparse::Error::TooManyHeaders) => return Refusal(431, "send fewer headers"),
        _ => return Refusal(400, "send a request of HTTP/1.1"),
    }
    let request = Request(request);
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    match request.one("host") {
        One::Value(host) if hosts.iter().any(|ours| ours.as_bytes() == host) => {}
        _ => return Refusal(421, "open the address that foldspace printed"),
    }
    if request.0.version != Some(1) {
        return Refusal(505, "send a request of HTTP/1.1");
    }
    if !matches!(request.one("content-length"), One::None | One::Value(b"0"))
        || !matches!(request.one("transfer-encoding"), One::None)
    {
        return Refusal(400, "send no body");
    }
    let path = request.0.path.unwrap_or_default();
    let method = request.0.method.unwrap_or_default();
    if !["GET", "HEAD"].contains(&method) {
        return Refusal(405, "send GET");
    }
    match path {
        "/" => match request.one("sec-fetch-site") {
            One::None | One::Value(b"none" | b"same-origin") if method == "GET" => Answer::Page,
            One::None | One::Value(b"none" | b"same-origin") => Answer::Head,
            _ => Refusal(403, "open the address yourself: other sites may not"),
        },
        "/socket" if method == "GET" => socket(&request, &hosts),
        _ => Refusal(404, "there is one page, at /"),
    }
}

fn socket(request: &Request<'_, '_>, hosts: &[String; 2]) -> Answer {
    use Answer::Refusal;
    let ours = |origin: &[u8]| {
        hosts
            .iter()
            .any(|host| format!("http://{host}").as_bytes() == origin)
    };
    match request.one("origin") {
        One::Value(origin) if ours(origin) => {}
        _ => return Refusal(403, "only the page itself may listen"),
    }
    if !matches!(
        request.one("sec-fetch-site"),
        One::None | One::Value(b"same-origin")
    ) {
        return Refusal(403, "only the page itself may listen");
    }
    let says = |name: &str, word: &str| match request.one(name) {
        One::Value(value) => value
            .split(|&b| b == b',')
            .any(|part| part.trim_ascii().eq_ignore_ascii_case(word.as_bytes())),
        _ => false,
    };
    if !says("upgrade", "websocket") || !says("connection", "upgrade") {
        return Refusal(426, "ask for a web socket");
    }
    if !matches!(request.one("sec-websocket-version"), One::Value(b"13")) {
        return Refusal(426, "ask for version 13");
    }
    let One::Value(key) = request.one("sec-websocket-key") else {
        return Refusal(400, "send one key");
    };
    if STANDARD.decode(key).map_or(0, |key| key.len()) != 16 {
        return Refusal(400, "send a key of 16 bytes");
    }
    Answer::Socket(accept(key))
}

/// The answer to a client's key, RFC 6455, section 4.2.2.
///
/// ```
/// // The example of section 1.3.
/// let accept = foldspace::play::http::accept(b"dGhlIHNhbXBsZSBub25jZQ==");
/// assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
/// ```
pub fn accept(key: &[u8]) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key);
    hash.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(hash.digest().bytes())
}

struct Request<'h, 'b>(httparse::Request<'h, 'b>);

/// A header that should occur at most once.
enum One<'b> {
    None,
    Value(&'b [u8]),
    Several,
}

impl<'b> Request<'_, 'b> {
    fn one(&self, name: &str) -> One<'b> {
        let mut found = self
            .0
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name));
        match (found.next(), found.next()) {
            (None, _) => One::None,
            (Some(header), None) => One::Value(header.value),
            _ => One::Several,
        }
    }
}

/// Headers of all responses: they may not be embedded, read by other pages or cached.
const ALWAYS: &str = "Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Resource-Policy: same-origin\r\n\
    X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n";

/// The page's answer, with the policy that its scripts' hashes make, without a body for `HEAD`.
pub fn page(html: &str, policy: &str, head: bool) -> Vec<u8> {
    let length = html.len();
    let head_text = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n\
         Content-Security-Policy: {policy}; frame-ancestors 'none'\r\n{ALWAYS}Connection: close\r\n\r\n"
    );
    [
        head_text.as_bytes(),
        if head { b"" } else { html.as_bytes() },
    ]
    .concat()
}

/// The answer that opens a socket.
pub fn switching(accept: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}

/// A refusal.
pub fn refusal(status: u16, what: &str) -> Vec<u8> {
    let reason = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        421 => "Misdirected Request",
        426 => "Upgrade Required",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "HTTP Version Not Supported",
    };
    let more = match status {
        405 => "Allow: GET, HEAD\r\n",
        426 => "Upgrade: websocket\r\n",
        _ => "",
    };
    let body = format!("{what}\n");
    format!(
        "HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n{more}\
         Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n{ALWAYS}Connection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
