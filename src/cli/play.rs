//! `foldspace play`: a network in training, and a page to play with it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::Args;

use super::{Outcome, interrupt, output};
use crate::config::Config;
use crate::device::Backend;
use crate::error::{Error, Result};
use crate::play::{Lab, Log, Server};

/// Play with a network in the browser while it trains here.
///
/// Without a configuration: two moons, 2 to 100 to 2 to 1. On the page: other data, points drawn or dropped as a table, any
/// network, loss and optimiser, weights changed by hand, back to any epoch, and branches to compare. A network may have a million
/// parameters; above 50 000 the program evaluates it, and the page draws what it is sent. Ctrl-C ends it.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace play --open\n  foldspace play configs/iris.toml\n  \
    foldspace play artifacts/runs/play-1/play.json"
)]
pub(super) struct Arguments {
    /// The configuration (TOML), or the log of an earlier play (play.json), which is played again first.
    config: Option<PathBuf>,
    /// Where to compute: auto, flex, ndarray, wgpu, or another that `foldspace devices` lists.
    #[arg(long, default_value = "auto", value_name = "NAME")]
    backend: Backend,
    /// Where the page's "save as a run" puts its runs, play-1, play-2 ...
    #[arg(
        short,
        long,
        default_value = "artifacts/runs",
        value_name = "DIRECTORY"
    )]
    out: PathBuf,
    /// Any value of the configuration, such as train.optimizer.lr=0.05.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Open the page in the browser.
    #[arg(long)]
    open: bool,
}

/// The moons of post A, with its network.
const MOONS: &str = include_str!("../../configs/moons.toml");

/// What is played.
enum Begin {
    Config(Box<Config>),
    Log(Log),
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let begin = begin(arguments)?;
    let folder = Folder::new()?;
    let server = Server::bind(&arguments.out)?;
    let address = server.address();
    let stop = interrupt::listen();
    let lab = || {
        let lab = match &begin {
            Begin::Config(config) => Lab::new(config, arguments.backend, &folder.0)?,
            Begin::Log(log) => Lab::replay(log, arguments.backend, &folder.0)?,
        };
        if !quiet {
            output::note(format_args!("backend {}; Ctrl-C ends it", lab.backend()));
        }
        super::notes(&lab.split().notes, quiet);
        Ok(lab)
    };
    if arguments.open {
        open(&address);
    }
    output::say(&address)?;
    server.serve(lab, stop)?;
    Ok(())
}

fn begin(arguments: &Arguments) -> Result<Begin> {
    let Some(path) = &arguments.config else {
        return begin_with(Config::parse(MOONS, "configs/moons.toml", &arguments.set));
    };
    if path.extension().is_none_or(|ending| ending != "json") {
        return begin_with(Config::from_file(path, &arguments.set));
    }
    if let Some(set) = arguments.set.first() {
        return Err(Error::invalid(
            format!("--set {set}"),
            "a log is played as it was",
            "change the value on the page",
        ));
    }
    let text = std::fs::read_to_string(path).map_err(Error::io(path, "read"))?;
    Log::parse(&text, &path.display().to_string()).map(Begin::Log)
}

fn begin_with(config: Result<Config>) -> Result<Begin> {
    Ok(Begin::Config(Box::new(config?)))
}

/// Tables from the page lie here, until the program ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self> {
        let path = std::env::temp_dir().join(format!("foldspace-play-{}", std::process::id()));
        let made = private(&path);
        made.map_err(Error::io(&path, "create the directory"))?;
        Ok(Self(path))
    }
}

/// Makes a directory that only this user can read.
fn private(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        // Left by a process that had our number and was killed.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            std::fs::remove_dir_all(path)?;
            builder.create(path)
        }
        made => made,
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Opens an address in the user's browser; where that fails, the address is printed all the same.
fn open(address: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command
        .args(arguments)
        .arg(address)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Err(error) = command.spawn() {
        output::note(format_args!(
            "no browser could be opened ({program}: {error}); open the address yourself"
        ));
    }
}
