//! Chromium, driven over `--remote-debugging-pipe`: messages of the DevTools protocol, JSON that ends in a NUL.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};

/// A browser with one page.
pub struct Browser {
    process: Child,
    commands: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    sent: u64,
    /// What the page reported: console messages, requests, exceptions.
    pub events: Vec<Value>,
    /// Its profile, gone with it.
    _profile: tempfile::TempDir,
}

const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(90);

impl Browser {
    /// Starts Chromium. Where there is none the test is skipped with a word, or fails where one was installed.
    pub fn start() -> Option<Self> {
        let found = NAMES.into_iter().find(|name| {
            let version = Command::new(name)
                .arg("--version")
                .stderr(Stdio::null())
                .output();
            version.is_ok_and(|output| output.status.success())
        });
        let Some(name) = found else {
            assert!(
                std::env::var_os("FOLDSPACE_REQUIRE_CHROMIUM").is_none(),
                "FOLDSPACE_REQUIRE_CHROMIUM is set, and there is no Chromium"
            );
            eprintln!("skipped: there is no Chromium on this machine");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // The browser reads commands from descriptor 3 and answers on 4; a shell gives it ours.
        let mut process = Command::new("sh")
            .args([
                "-c",
                "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>/dev/null",
                "sh",
                name,
            ])
            .args([
                "--headless=new",
                "--window-size=1280,1000",
                "--remote-debugging-pipe",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, answers) = channel();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            let mut message = Vec::new();
            while output
                .read_until(0, &mut message)
                .is_ok_and(|read| read > 0)
            {
                message.pop();
                let Ok(value) = serde_json::from_slice(&message) else {
                    return;
                };
                if send.send(value).is_err() {
                    return;
                }
                message.clear();
            }
        });
        let mut browser = Self {
            commands: process.stdin.take().unwrap(),
            process,
            answers,
            session: String::new(),
            sent: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let attached = browser.call(
            "Target.attachToTarget",
            json!({ "targetId": target["targetId"], "flatten": true }),
        );
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network", "Accessibility"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Sends a command and waits for its answer.
    pub fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.sent += 1;
        let mut message = json!({ "id": self.sent, "method": method, "params": parameters });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.commands
            .write_all(message.to_string().as_bytes())
            .unwrap();
        self.commands.write_all(&[0]).unwrap();
        self.commands.flush().unwrap();
        loop {
            let answer = self.answers.recv_timeout(PATIENCE);
            let answer = answer.unwrap_or_else(|error| panic!("{method}: {error}"));
            if answer["id"] == json!(self.sent) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
            if answer["id"].is_null() {
                self.events.push(answer);
            }
        }
    }

    /// The value of a JavaScript expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let answer = self.call(
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        assert!(
            answer["exceptionDetails"].is_null(),
            "{expression}: {}",
            answer["exceptionDetails"]
        );
        answer["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub fn wait(&mut self, expression: &str) {
        let began = Instant::now();
        while self.evaluate(&format!("Boolean({expression})")) != json!(true) {
            if began.elapsed() >= PATIENCE {
                let says = self.evaluate("document.getElementById('status')?.textContent");
                let complaints = self.complaints();
                panic!(
                    "never true: {expression}; the page says {says} and complains {complaints:?}"
                );
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Opens a file with a fragment and waits for the first picture.
    pub fn open(&mut self, file: &Path, fragment: &str) {
        self.call("Page.navigate", json!({ "url": "about:blank" }));
        let url = format!("file://{}#{fragment}", file.display());
        self.call("Page.navigate", json!({ "url": url }));
        self.wait("globalThis.foldspace && foldspace.state.firstPicture > 0");
    }

    /// Presses and releases a key, by its DOM name.
    pub fn press(&mut self, key: &str) {
        let code = match key {
            "PageUp" => 33,
            "PageDown" => 34,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "Tab" => 9,
            "Enter" => 13,
            other => panic!("no code for {other}"),
        };
        for kind in ["rawKeyDown", "keyUp"] {
            self.call(
                "Input.dispatchKeyEvent",
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code }),
            );
        }
    }

    /// A drag of the pointer from one place of the window to another, in CSS pixels.
    pub fn drag(&mut self, from: [f64; 2], to: [f64; 2]) {
        let middle = [(from[0] + to[0]) / 2.0, (from[1] + to[1]) / 2.0];
        for (kind, [x, y], buttons) in [
            ("mouseMoved", from, 0),
            ("mousePressed", from, 1),
            ("mouseMoved", middle, 1),
            ("mouseMoved", to, 1),
            ("mouseReleased", to, 0),
        ] {
            self.call(
                "Input.dispatchMouseEvent",
                json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": buttons, "clickCount": 1 }),
            );
        }
    }

    /// A picture of the window, for looking at: written where FOLDSPACE_SCREENSHOTS says.
    pub fn screenshot(&mut self, name: &str) {
        let Some(folder) = std::env::var_os("FOLDSPACE_SCREENSHOTS") else {
            return;
        };
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(answer["data"].as_str().unwrap())
            .unwrap();
        std::fs::write(Path::new(&folder).join(format!("{name}.png")), bytes).unwrap();
    }

    /// The addresses that were asked for, without those inside the page.
    pub fn requests(&self) -> Vec<String> {
        let sent = self
            .events
            .iter()
            .filter(|event| event["method"] == "Network.requestWillBeSent");
        sent.filter_map(|event| event["params"]["request"]["url"].as_str())
            .filter(|url| {
                !["blob:", "data:", "about:"]
                    .iter()
                    .any(|inside| url.starts_with(inside))
            })
            .map(str::to_owned)
            .collect()
    }

    /// Errors and warnings of the console, exceptions, violations of the policy.
    pub fn complaints(&self) -> Vec<String> {
        let complaint = |event: &&Value| match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => ["error", "warning", "assert"]
                .contains(&event["params"]["type"].as_str().unwrap_or_default()),
            Some("Log.entryAdded") => ["error", "warning"].contains(
                &event["params"]["entry"]["level"]
                    .as_str()
                    .unwrap_or_default(),
            ),
            _ => false,
        };
        self.events
            .iter()
            .filter(complaint)
            .map(|event| event["params"].to_string())
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
