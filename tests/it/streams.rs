//! What happens where printing or writing goes into a pipe nobody reads, a full disk, a link or a device.
#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::program::{command, succeed, text};

const CONFIG: &str = "seed = 1
[data]
name = 'moons'
samples = 40
[model]
layers = [
    { units = 8, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 2
loss = 'bce'
optimizer = { name = 'sgd', lr = 0.1 }
";

/// A folder with a configuration and a run of it.
fn folder_with_run() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), CONFIG).unwrap();
    succeed(folder.path(), &["train", "small.toml", "--out", "run"]);
    folder
}

/// Every command, in a form that prints.
const PRINTING: [&[&str]; 22] = [
    &["--help"],
    &["--version"],
    &["help"],
    &["train", "--help"],
    &["inspect", "--help"],
    &["reproduce", "--list"],
    &["devices"],
    &["completions", "bash"],
    &["completions", "zsh"],
    &["data", "moons", "--samples", "10", "-o", "moons.csv"],
    &["train", "small.toml", "--out", "again", "--overwrite"],
    &["resume", "run"],
    &["sweep", "small.toml", "--seeds", "0..2", "--overwrite"],
    &[
        "sweep",
        "small.toml",
        "--seeds",
        "0..2",
        "--overwrite",
        "--json",
    ],
    &["figure", "run", "loss", "--format", "svg"],
    &[
        "animate",
        "run",
        "embedding",
        "--size",
        "300x300",
        "--fps",
        "5",
    ],
    &["inspect", "run"],
    &["inspect", "run", "--json"],
    &["inspect", "run/weights/epoch-000002.safetensors"],
    &["compress", "run", "--rank", "1"],
    &["export", "run", "--format", "csv"],
    &["export", "run", "--format", "tensorboard"],
];

#[test]
fn a_full_disk_behind_standard_output_is_one_line_of_error() {
    let folder = folder_with_run();
    for arguments in PRINTING {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(folder.path(), arguments)
            .stdout(full)
            .output()
            .unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {errors}");
        let last = errors.lines().last().unwrap();
        assert!(
            last.starts_with("error: standard output: cannot write: "),
            "{arguments:?}: {errors}"
        );
        assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    }
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let folder = folder_with_run();
    for arguments in PRINTING {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(folder.path(), arguments)
            .stdout(writer)
            .output()
            .unwrap();
        let errors = text(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        // A software Vulkan speaks for itself.
        let ours = errors
            .lines()
            .filter(|line| !line.contains("XDG_RUNTIME_DIR"));
        let ours: String = ours.collect();
        assert!(
            !ours.contains("error") && !ours.contains("panicked"),
            "{arguments:?}: {errors}"
        );
    }
}

#[test]
fn training_goes_on_where_nobody_can_read_its_progress() {
    let folder = folder_with_run();
    let root = folder.path();
    let expected = fs::read(root.join("run/metrics.csv")).unwrap();
    let full = || Stdio::from(OpenOptions::new().write(true).open("/dev/full").unwrap());
    let unread = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for (name, stream) in [("full", full()), ("unread", unread())] {
        let mut command = command(root, &["train", "small.toml", "--out", name]);
        let output = command.stderr(stream).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{name}");
        assert_eq!(
            fs::read(root.join(name).join("metrics.csv")).unwrap(),
            expected
        );
    }
    // What fails fails all the same.
    for stream in [full(), unread()] {
        let output = command(root, &["inspect", "nowhere"])
            .stderr(stream)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1));
    }
    for stream in [full(), unread()] {
        let output = command(root, &["inspect"]).stderr(stream).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
    }
}

const DATA: [&str; 5] = ["data", "moons", "--samples", "10", "-o"];

fn write_data(folder: &Path, to: &str) -> Output {
    command(folder, &[&DATA[..], &[to]].concat())
        .output()
        .unwrap()
}

#[test]
fn a_symbolic_link_stays_one_and_its_target_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir(root.join("deep")).unwrap();
    fs::write(root.join("deep/real.csv"), "old").unwrap();
    // A chain of two, relative to where each link lies.
    symlink("real.csv", root.join("deep/middle.csv")).unwrap();
    symlink("deep/middle.csv", root.join("link.csv")).unwrap();
    symlink("deep/new.csv", root.join("dangling.csv")).unwrap();
    for (link, real) in [
        ("link.csv", "deep/real.csv"),
        ("dangling.csv", "deep/new.csv"),
    ] {
        assert!(write_data(root, link).status.success());
        assert!(root.join(link).is_symlink(), "{link}");
        assert!(
            fs::read_to_string(root.join(real))
                .unwrap()
                .starts_with("x1,x2,label\n")
        );
        assert!(!root.join(real).is_symlink());
    }
    assert!(root.join("deep/middle.csv").is_symlink());
    let left: Vec<_> = fs::read_dir(root.join("deep")).unwrap().collect();
    assert_eq!(left.len(), 3, "nothing is left beside the files");

    symlink("b.csv", root.join("a.csv")).unwrap();
    symlink("a.csv", root.join("b.csv")).unwrap();
    let output = write_data(root, "a.csv");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("a.csv: its symbolic links go round in a circle"));
}

#[test]
fn a_device_is_written_into_and_stays_one() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    symlink("/dev/null", root.join("null.csv")).unwrap();
    symlink("/dev/full", root.join("full.csv")).unwrap();
    let output = write_data(root, "null.csv");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = write_data(root, "full.csv");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).starts_with("error: full.csv: cannot write: "));
    for device in ["/dev/null", "/dev/full"] {
        assert!(fs::metadata(device).unwrap().file_type().is_char_device());
    }
    for link in ["null.csv", "full.csv"] {
        assert!(root.join(link).is_symlink());
    }
}

#[test]
fn a_named_pipe_is_written_into() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = {
        let pipe = pipe.clone();
        std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    let output = write_data(folder.path(), "pipe.csv");
    assert!(output.status.success(), "{}", text(&output.stderr));
    let read = reader.join().unwrap();
    assert!(
        read.starts_with("x1,x2,label\n") && read.lines().count() == 11,
        "{read}"
    );
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_by_its_name_gets_the_file_and_nothing_else() {
    let folder = folder_with_run();
    let root = folder.path();
    let export = ["export", "run", "--format", "csv", "--out"];
    succeed(root, &[&export[..], &["table.csv"]].concat());
    let expected = fs::read(root.join("table.csv")).unwrap();
    for name in ["/dev/stdout", "/proc/self/fd/1", "/dev/fd/1"] {
        let arguments = [&export[..], &[name]].concat();
        assert!(succeed(root, &arguments).as_bytes() == expected, "{name}");
        // Into a file that has something in it, as the shell's `>>` does it.
        fs::write(root.join("log"), "before\n").unwrap();
        let log = OpenOptions::new()
            .append(true)
            .open(root.join("log"))
            .unwrap();
        assert!(
            command(root, &arguments)
                .stdout(log)
                .status()
                .unwrap()
                .success()
        );
        assert!(
            fs::read(root.join("log")).unwrap() == [b"before\n", &expected[..]].concat(),
            "{name}"
        );
        // Into a new one, as `>` does it.
        let new = File::create(root.join("new")).unwrap();
        assert!(
            command(root, &arguments)
                .stdout(new)
                .status()
                .unwrap()
                .success()
        );
        assert!(fs::read(root.join("new")).unwrap() == expected, "{name}");
    }
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let arguments = [&export[..], &["/dev/stdout"]].concat();
    let output = command(root, &arguments).stdout(writer).output().unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new())
    );
}
