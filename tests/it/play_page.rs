//! The page of `foldspace play` in a real browser: it trains, goes back, takes points and tables, and asks nobody else for anything.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::browser::Browser;

/// The program at play, in a folder of its own.
pub struct Play {
    process: Child,
    pub address: String,
    pub folder: tempfile::TempDir,
}

impl Play {
    pub fn start(arguments: &[&str], files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut process = Command::new(env!("CARGO_BIN_EXE_foldspace"))
            .arg("play")
            .args(["--backend", "flex"])
            .args(arguments)
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .env("TMPDIR", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut address).unwrap();
        Self {
            process,
            address: address.trim().to_owned(),
            folder,
        }
    }

    pub fn port(&self) -> u16 {
        let (_, rest) = self.address.split_once("127.0.0.1:").unwrap();
        rest.split('/').next().unwrap().parse().unwrap()
    }

    pub fn token(&self) -> &str {
        self.address.split_once("token=").unwrap().1
    }

    /// Where the page's runs are saved.
    pub fn saved(&self, k: usize) -> PathBuf {
        self.folder.path().join(format!("artifacts/runs/play-{k}"))
    }

    pub fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_foldspace"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env("NO_COLOR", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn open(browser: &mut Browser, play: &Play) {
    browser.call("Page.navigate", json!({ "url": play.address }));
    browser.wait("globalThis.played && played.page && foldspace.state.firstPicture > 0");
}

/// The page and its socket were asked for, and nothing else; nothing complained.
fn quiet(browser: &mut Browser, play: &Play) {
    let ours = format!("http://127.0.0.1:{}/", play.port());
    for request in browser.requests() {
        assert!(request == ours || request.starts_with(&format!("{ours}#")), "it asked for {request}");
    }
    let sockets: Vec<&Value> = browser
        .events
        .iter()
        .filter(|event| event["method"] == "Network.webSocketCreated")
        .map(|event| &event["params"]["url"])
        .collect();
    let socket = format!("ws://127.0.0.1:{}/socket", play.port());
    assert!(sockets.iter().all(|url| **url == json!(socket)), "{sockets:?}");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    browser.events.clear();
}

#[test]
fn it_opens_and_trains() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let play = Play::start(&[], &[]);
    open(&mut browser, &play);
    browser.screenshot("play-1");
    browser.evaluate("document.getElementById('play').click()");
    browser.wait("played.frame.epoch > 20");
    browser.evaluate("document.getElementById('play').click()");
    browser.wait("!played.frame.training && played.frame.verdict");
    browser.screenshot("play-2");
    let tall = json!({ "width": 1280, "height": 2600, "deviceScaleFactor": 1, "mobile": false });
    browser.call("Emulation.setDeviceMetricsOverride", tall);
    std::thread::sleep(std::time::Duration::from_millis(600));
    browser.screenshot("play-3");
    quiet(&mut browser, &play);
}
