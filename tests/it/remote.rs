//! A server in a process of its own, and training on it: `foldspace serve-backend` and `--backend remote`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use foldspace::run::Run;

const TOKEN: &str = "open sesame";
const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/moons.toml");

struct Server {
    process: Child,
    url: String,
}

impl Server {
    /// Started, and listening: it says where.
    fn start(listen: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_foldspace"))
            .args(["serve-backend", "--listen", listen])
            .env("FOLDSPACE_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        lines.read_line(&mut url).unwrap();
        Self {
            process,
            url: url.trim().to_owned(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn client(token: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldspace"));
    command.args(arguments).env("FOLDSPACE_TOKEN", token);
    command
}

fn train(folder: &Path, name: &str, epochs: usize, more: &[&str]) -> Command {
    let run = folder.join(name);
    let epochs = format!("train.epochs={epochs}");
    let fixed = [
        "train",
        CONFIG,
        "--set",
        "data.samples=120",
        "--set",
        &epochs,
        "--out",
        run.to_str().unwrap(),
    ];
    client(TOKEN, &[&fixed, more].concat())
}

fn losses(run: &Path) -> Vec<f64> {
    let metrics = Run::open(run).unwrap().metrics().unwrap();
    metrics.iter().map(|epoch| epoch.train_loss).collect()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn losses_and_activations_are_those_of_this_machine() {
    let server = Server::start("127.0.0.1:0");
    let folder = tempfile::tempdir().unwrap();
    let away = ["--backend", "remote", "--server", &server.url];
    for (name, more) in [("away", away.as_slice()), ("here", &["--backend", "flex"])] {
        let output = train(folder.path(), name, 6, more).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    let [away, here] = ["away", "here"].map(|name| folder.path().join(name));
    let (far, near) = (losses(&away), losses(&here));
    assert_eq!(far.len(), 6);
    for (far, near) in far.iter().zip(&near) {
        assert!((far - near).abs() <= 1e-5, "{far} is not {near}");
    }
    let [far, near] = [&away, &here].map(|run| {
        let run = Run::open(run).unwrap();
        let last = *run.epochs().unwrap().last().unwrap();
        run.activations(last).unwrap()
    });
    let (far, near) = (far.values(), near.values());
    assert_ne!(far.len(), 0);
    for (far, near) in far.zip(near) {
        let apart = (far.as_ref() - near.as_ref()).norm_max();
        assert!(apart <= 1e-4, "{apart}");
    }
}

#[test]
fn who_does_not_know_the_token_or_the_server_is_told() {
    let server = Server::start("127.0.0.1:0");
    let gone = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("ws://{}", listener.local_addr().unwrap())
    };
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, &[&str], &str); 5] = [
        (
            "wrong",
            &["--server", &server.url],
            "FOLDSPACE_TOKEN holds its token",
        ),
        (
            "",
            &["--server", &server.url],
            "FOLDSPACE_TOKEN holds its token",
        ),
        (
            TOKEN,
            &["--server", &gone],
            "`foldspace serve-backend` runs there",
        ),
        (TOKEN, &["--server", "localhost"], "ws://HOST:PORT"),
        (TOKEN, &[], "name it with --server"),
    ];
    for (token, more, remedy) in cases {
        let mut command = train(
            folder.path(),
            "run",
            2,
            &[&["--backend", "remote"], more].concat(),
        );
        let output = command.env("FOLDSPACE_TOKEN", token).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(remedy) && said.lines().count() <= 3, "{said}");
        assert!(!folder.path().join("run/metrics.csv").exists());
    }
    // A server alone chooses no backend, and whoever thought so is told.
    let here = ["--server", &server.url];
    let output = train(folder.path(), "here", 2, &here).output().unwrap();
    assert!(output.status.success());
    assert!(
        said(&output).contains("--backend remote would"),
        "{}",
        said(&output)
    );
    // Nobody but this machine without a token.
    let mut open = client("", &["serve-backend", "--listen", "0.0.0.0:0"]);
    let output = open.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("set FOLDSPACE_TOKEN"));
}

/// The server is killed in the middle of a run: an error and no panic, and `resume` on a new server ends where an undisturbed run ends.
#[test]
fn a_run_outlives_its_server() {
    let server = Server::start("127.0.0.1:0");
    let folder = tempfile::tempdir().unwrap();
    let away = ["--backend", "remote", "--server", &server.url];
    let whole = train(folder.path(), "whole", 60, &away).output().unwrap();
    assert!(whole.status.success(), "{}", said(&whole));

    let mut cut = train(folder.path(), "cut", 60, &away);
    let cut = cut
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = folder.path().join("cut/checkpoint");
    let began = Instant::now();
    while !checkpoint.exists() {
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "no checkpoint was written"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(server);
    let output = cut.wait_with_output().unwrap();
    let words = said(&output);
    assert_eq!(output.status.code(), Some(1), "{words}");
    assert!(
        words.contains("is gone") && words.contains("`foldspace resume RUN`"),
        "{words}"
    );
    assert!(!words.contains("panicked"), "{words}");

    let server = Server::start("127.0.0.1:0");
    let run = folder.path().join("cut");
    let resume = ["resume", run.to_str().unwrap(), "--server", &server.url];
    let output = client(TOKEN, &resume).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(losses(&run), losses(&folder.path().join("whole")));
}
