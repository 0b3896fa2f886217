//! The program as a person meets it: a process with arguments, an exit code, two streams, and files.

use std::path::Path;
use std::process::Command;

use crate::program::{command, ended, foldspace, succeed, text};

/// A short training that every test can afford.
const CONFIG: &str = "seed = 1
[data]
name = 'moons'
samples = 60
[model]
layers = [
    { units = 8, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 6
batch_size = 16
loss = 'bce'
optimizer = { name = 'sgd', lr = 0.1 }
[capture]
sites = ['embedding']
";

fn folder_with_config() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.toml"), CONFIG).unwrap();
    folder
}

#[test]
fn train_then_draw_then_animate() {
    let folder = folder_with_config();
    let root = folder.path();
    let printed = succeed(root, &["train", "small.toml"]);
    assert!(printed.contains("epoch 6: loss"), "{printed}");
    let run = root.join("artifacts/runs/small");
    for file in [
        "config.toml",
        "metrics.csv",
        "weights/epoch-000000.safetensors",
        "weights/epoch-000006.safetensors",
        "activations/epoch-000006.safetensors",
        "checkpoint/epoch-000006.safetensors",
        "checkpoint/best.safetensors",
    ] {
        assert!(run.join(file).exists(), "{file}");
    }
    let drawn = succeed(root, &["figure", "artifacts/runs/small", "--dpi", "96"]);
    assert_eq!(drawn.lines().count(), 37, "{drawn}");
    for line in drawn.lines() {
        if line.ends_with(".csv") {
            // A header, and rows that have a cell for each of its names.
            let table = std::fs::read_to_string(root.join(line)).unwrap();
            let cells: Vec<usize> = table.lines().map(|row| row.split(',').count()).collect();
            assert!(cells.len() > 1 && cells[0] > 1, "{line}: {table}");
            assert!(
                cells.iter().all(|&count| count == cells[0]),
                "{line}: {table}"
            );
            continue;
        }
        assert!(
            std::fs::metadata(root.join(line)).unwrap().len() > 500,
            "{line}"
        );
    }
    let moving = succeed(
        root,
        &[
            "animate",
            "artifacts/runs/small",
            "training",
            "--size",
            "400x200",
            "--format",
            "gif,apng",
        ],
    );
    for line in moving.lines() {
        assert!(
            std::fs::metadata(root.join(line)).unwrap().len() > 1000,
            "{line}"
        );
    }
    assert_eq!(moving.lines().count(), 2);

    let inspected = succeed(root, &["inspect", "artifacts/runs/small"]);
    assert!(
        inspected.contains("embedding: 2 x 8, tanh, 18 parameters"),
        "{inspected}"
    );
    assert!(
        inspected.contains("gradient of embedding.weight"),
        "{inspected}"
    );
    let file = "artifacts/runs/small/weights/epoch-000003.safetensors";
    let json: serde_json::Value =
        serde_json::from_str(&succeed(root, &["inspect", file, "--json"])).unwrap();
    assert_eq!(json["layers"][0]["shape"], serde_json::json!([8, 2]));
    assert_eq!(json["layers"][0]["rank"], 2);

    let compressed = succeed(root, &["compress", "artifacts/runs/small", "--rank", "1"]);
    assert!(
        compressed.contains("numbers: 45 before, 33 after"),
        "{compressed}"
    );
    let path = compressed.lines().last().unwrap();
    let again = succeed(root, &["inspect", path]);
    assert!(again.contains("embedding.narrow: 1 x 8"), "{again}");
}

#[test]
fn two_runs_give_the_same_bytes_with_one_thread_and_with_two() {
    let folder = folder_with_config();
    let root = folder.path();
    for backend in ["flex", "ndarray"] {
        for (name, threads) in [("one", "1"), ("two", "2"), ("again", "2")] {
            let out = format!("{backend}-{name}");
            for arguments in [
                vec!["train", "small.toml", "--backend", backend, "--out", &out],
                vec!["figure", &out, "boundary", "embedding", "--dpi", "96"],
            ] {
                let status = command(root, &arguments)
                    .arg("--quiet")
                    .env("RAYON_NUM_THREADS", threads)
                    .status()
                    .unwrap();
                assert!(status.success());
            }
        }
        for file in [
            "config.toml",
            "metrics.csv",
            "gradients.csv",
            "weights/epoch-000006.safetensors",
            "activations/epoch-000003.safetensors",
            "checkpoint/epoch-000006.safetensors",
            "checkpoint/best.safetensors",
            "figures/boundary.svg",
            "figures/boundary.png",
            "figures/embedding.svg",
        ] {
            let bytes = |name: &str| {
                std::fs::read(root.join(format!("{backend}-{name}")).join(file)).unwrap()
            };
            assert!(
                bytes("one") == bytes("two"),
                "{backend}: {file} depends on the threads"
            );
            assert!(
                bytes("two") == bytes("again"),
                "{backend}: {file} differs from run to run"
            );
        }
    }
}

#[test]
fn reproduce_writes_the_gallery_and_its_checks() {
    let folder = tempfile::tempdir().unwrap();
    let printed = succeed(
        folder.path(),
        &["reproduce", "A8", "B10", "--out", "gallery", "--dpi", "96"],
    );
    assert!(printed.starts_with("2 items"), "{printed}");
    let gallery = folder.path().join("gallery");
    let page = std::fs::read_to_string(gallery.join("index.html")).unwrap();
    for word in [
        "id=\"A8\"",
        "id=\"B10\"",
        "A8-angles.svg",
        "checked claims hold",
    ] {
        assert!(page.contains(word), "{word}");
    }
    let checks: serde_json::Value =
        serde_json::from_slice(&std::fs::read(gallery.join("checks.json")).unwrap()).unwrap();
    let checks = checks.as_array().unwrap();
    assert!(checks.len() > 10);
    for check in checks {
        for key in [
            "id",
            "statement",
            "measured",
            "expected",
            "tolerance",
            "pass",
        ] {
            assert!(check.get(key).is_some(), "{key} in {check}");
        }
        assert_eq!(check["pass"], true, "{check}");
    }
}

#[test]
fn the_list_names_every_item() {
    let folder = tempfile::tempdir().unwrap();
    let list = succeed(folder.path(), &["reproduce", "--list"]);
    for (letter, count) in [('A', 16), ('B', 16), ('C', 10), ('D', 8)] {
        for number in 1..=count {
            assert!(
                list.contains(&format!("  {letter}{number} ")),
                "{letter}{number}"
            );
        }
    }
}

#[test]
fn completions_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = succeed(folder.path(), &["completions", shell]);
        for command in ["train", "sweep", "figure", "export", "completions"] {
            assert!(script.contains(command), "{shell}: {command}");
        }
    }
}

#[test]
fn iris_is_drawn_animated_and_exported() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/configs/iris.toml");
    let quick = ["--epochs", "3", "--quiet"];
    succeed(
        root,
        &[&["train", config, "--out", "iris"][..], &quick].concat(),
    );
    let drawn = succeed(root, &["figure", "iris", "--dpi", "96"]);
    assert_eq!(drawn.lines().count(), 34, "{drawn}");
    let pair = ["--features", "petal_length_cm,petal_width_cm"];
    let drawn = [
        "figure",
        "iris",
        "data",
        "boundary",
        "embedding",
        "--theme",
        "dark",
        "--format",
        "svg",
    ];
    assert_eq!(
        succeed(root, &[&drawn[..], &pair].concat()).lines().count(),
        3
    );
    for name in ["training", "embedding", "boundary", "flow"] {
        let moving = [
            "animate", "iris", name, "--size", "280x220", "--fps", "8", "--out", "moving",
        ];
        let written = succeed(root, &[&moving[..], &pair].concat());
        assert!(
            std::fs::metadata(root.join(written.trim())).unwrap().len() > 1000,
            "{name}"
        );
    }
    // A flow as a GIF alone has 15 frames per second, with another format 25.
    for (formats, frames) in [("gif", 15), ("gif,apng", 25)] {
        let flow = [
            "animate", "iris", "flow", "--size", "280x220", "--format", formats, "--out", "moving",
        ];
        let written = succeed(root, &[&flow[..], &pair].concat());
        let file = std::fs::File::open(root.join(written.lines().next().unwrap())).unwrap();
        let mut decoder = gif::DecodeOptions::new().read_info(file).unwrap();
        let mut delays = Vec::new();
        while let Some(frame) = decoder.read_next_frame().unwrap() {
            delays.push(u32::from(frame.delay));
        }
        let least = delays.iter().min().unwrap();
        assert_eq!(*least, 100 / frames, "{formats}");
    }
    for format in ["npz", "csv", "safetensors", "tensorboard", "projector"] {
        for line in succeed(root, &["export", "iris", "--format", format]).lines() {
            assert!(
                std::fs::metadata(root.join(line)).unwrap().len() > 50,
                "{line}"
            );
        }
    }
}

#[test]
fn every_help_has_an_example() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "reproduce",
        "train",
        "resume",
        "sweep",
        "collect",
        "figure",
        "animate",
        "inspect",
        "compress",
        "export",
        "data",
        "devices",
        "completions",
    ] {
        let help = succeed(folder.path(), &[command, "--help"]);
        assert!(help.contains("Example"), "{command}: {help}");
        assert!(help.contains(&format!("foldspace {command}")), "{command}");
    }
}

#[test]
fn a_data_set_is_written_and_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    succeed(
        root,
        &[
            "data",
            "moons",
            "--samples",
            "50",
            "--noise",
            "0.1",
            "--seed",
            "7",
            "-o",
            "moons.csv",
        ],
    );
    let csv = std::fs::read_to_string(root.join("moons.csv")).unwrap();
    assert_eq!(csv.lines().next(), Some("x1,x2,label"));
    assert_eq!(csv.lines().count(), 51);
    let config = CONFIG.replace(
        "name = 'moons'\nsamples = 60",
        "path = 'moons.csv'\ntarget = 'label'",
    );
    std::fs::write(root.join("own.toml"), config).unwrap();
    succeed(root, &["train", "own.toml", "--quiet"]);
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_run_that_can_be_resumed() {
    let folder = folder_with_config();
    let root = folder.path();
    let endless = [
        "train",
        "small.toml",
        "--epochs",
        "100000",
        "--set",
        "capture.every=100000",
    ];
    let child = command(root, &endless)
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let metrics = root.join("artifacts/runs/small/metrics.csv");
    let enough = || std::fs::read_to_string(&metrics).is_ok_and(|text| text.lines().count() > 5);
    for _ in 0..600 {
        if enough() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    assert!(enough(), "training did not get going within a minute");
    let interrupted = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(interrupted.success());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("foldspace resume"),
        "{}",
        text(&output.stderr)
    );

    let lines = |text: String| text.lines().count();
    let before = lines(std::fs::read_to_string(&metrics).unwrap());
    let epochs = (before + 2).to_string();
    succeed(
        root,
        &[
            "resume",
            "artifacts/runs/small",
            "--epochs",
            &epochs,
            "--quiet",
        ],
    );
    assert_eq!(
        lines(std::fs::read_to_string(&metrics).unwrap()),
        before + 3
    );
}

/// Arguments, what the message must contain, and the exit code.
struct Bad {
    arguments: &'static [&'static str],
    says: &'static [&'static str],
    code: i32,
}

const fn bad(arguments: &'static [&'static str], says: &'static [&'static str], code: i32) -> Bad {
    Bad {
        arguments,
        says,
        code,
    }
}

#[test]
fn bad_input_is_answered_with_one_clear_error_and_leaves_nothing_behind() {
    let folder = folder_with_config();
    let root = folder.path();
    let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
    write("key.toml", &CONFIG.replace("epochs", "epohcs"));
    write("type.toml", &CONFIG.replace("epochs = 6", "epochs = 'six'"));
    write(
        "activation.toml",
        &CONFIG.replace("'sigmoid'", "'sigmoidal'"),
    );
    write("syntax.toml", "[data\n");
    write("loss.toml", &CONFIG.replace("'bce'", "'cross_entropy'"));
    write(
        "site.toml",
        &CONFIG.replace("['embedding']", "['embeding']"),
    );
    let own = |file: &str| {
        CONFIG.replace(
            "name = 'moons'\nsamples = 60",
            &format!("path = '{file}'\ntarget = 'label'"),
        )
    };
    write("hole.csv", "x1,x2,label\n1,2,0\n3,,1\n");
    write("hole.toml", &own("hole.csv"));
    write("ragged.csv", "x1,x2,label\n1,2,0\n3,4\n");
    write("ragged.toml", &own("ragged.csv"));
    write("nan.csv", "x1,x2,label\n1,2,0\n3,NaN,1\n");
    write("nan.toml", &own("nan.csv"));
    write("single.csv", "x1,x2,label\n1,2,0\n3,4,0\n");
    write("single.toml", &own("single.csv"));
    write(
        "number.csv",
        "x1,x2,label\n1,2,0.5\n3,4,1.7\n2,2,0.1\n9,1,0.3\n4,5,0.9\n",
    );
    write("number.toml", &own("number.csv"));
    write("target.csv", "x1,x2,lable\n1,2,0\n3,4,1\n");
    write("target.toml", &own("target.csv"));
    write("missing.toml", &own("nowhere.csv"));
    write("file", "not a directory");
    let reference = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reference");
    std::fs::copy(reference.join("npz_objects.npz"), root.join("objects.npz")).unwrap();
    std::fs::copy(reference.join("npz_f8.npz"), root.join("arrays.npz")).unwrap();
    write("broken.npz", "PK and nothing more");
    for (name, options) in [
        ("objects", ""),
        ("broken", ""),
        ("arrays", "features = 'features'"),
    ] {
        let text = own(&format!("{name}.npz")).replace("target = 'label'", options);
        write(&format!("{name}.toml"), &text);
    }
    let trained = [
        "train",
        "small.toml",
        "--out",
        "trained",
        "--epochs",
        "2",
        "--quiet",
    ];
    succeed(root, &trained);
    let swept = [
        "sweep",
        "small.toml",
        "--out",
        "swept",
        "--set",
        "train.epochs=1",
        "--quiet",
    ];
    succeed(root, &swept);

    let cases = [
        bad(
            &["train", "key.toml"],
            &["key.toml", "epohcs", "did you mean epochs"],
            1,
        ),
        bad(&["train", "type.toml"], &["type.toml", "epochs"], 1),
        bad(
            &["train", "activation.toml"],
            &["activation.toml", "sigmoidal"],
            1,
        ),
        bad(&["train", "syntax.toml"], &["syntax.toml:1"], 1),
        bad(&["train", "loss.toml"], &["cross_entropy"], 1),
        bad(
            &["train", "site.toml"],
            &["embeding", "did you mean embedding"],
            1,
        ),
        bad(&["train", "hole.toml"], &["hole.csv", "3", "x2"], 1),
        bad(&["train", "ragged.toml"], &["ragged.csv", "3"], 1),
        bad(&["train", "nan.toml"], &["nan.csv", "x2"], 1),
        bad(&["train", "single.toml"], &["single.csv", "class"], 1),
        bad(&["train", "number.toml"], &["bce", "classes"], 1),
        bad(&["train", "target.toml"], &["label", "lable"], 1),
        bad(&["train", "missing.toml"], &["nowhere.csv"], 1),
        bad(
            &["train", "nowhere.toml"],
            &["nowhere.toml", "cannot read"],
            1,
        ),
        bad(
            &["train", "small.toml", "--out", "file/run"],
            &["file/run"],
            1,
        ),
        bad(
            &["train", "small.toml", "--out", "/proc/run"],
            &["/proc/run"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "model.layers.0.rank=3"],
            &["model.layers[0].rank", "2 inputs"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.epohcs=3"],
            &["epohcs"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "nonsense"],
            &["nonsense"],
            1,
        ),
        bad(
            &["train", "small.toml", "--epochs", "0"],
            &["--epochs", "0 is not in 1"],
            2,
        ),
        bad(
            &["train", "small.toml", "--epochs", "many"],
            &["--epochs"],
            2,
        ),
        bad(
            &["train", "small.toml", "--backend", "cuda9"],
            &["cuda9"],
            2,
        ),
        bad(
            &["train", "small.toml", "--set", "data.samples=0"],
            &["samples"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "data.noise=-1"],
            &["noise"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "data.samples=1000000000000"],
            &["samples"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "model.layers.0.units=0"],
            &["units"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "model.layers.0.units=100000000000",
            ],
            &["model.layers"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.optimizer.lr=-1"],
            &["lr"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.optimizer.lr=1e300",
                "--out",
                "diverged",
            ],
            &["diverged", "epoch"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.schedule.name=linear"],
            &["train.schedule", "linear"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.schedule={name='step'}",
            ],
            &["step_size is missing"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.schedule={name='cosine',tmax=3}",
            ],
            &["tmax", "did you mean t_max?"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.schedule={name='exponential',gamma=-1}",
            ],
            &["train.schedule.gamma", "-1"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.warmup.epochs=100"],
            &["train.warmup.epochs", "100"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.clip.norm=0"],
            &["train.clip.norm", "0"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.clip.length=1"],
            &["train.clip", "length"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.clip={norm=1,value=1}",
            ],
            &["train.clip"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.early_stopping.patience=0",
            ],
            &["train.early_stopping.patience"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.early_stopping.patience=3",
                "--set",
                "data.test_fraction=0",
            ],
            &["train.early_stopping.monitor", "train_loss"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "train.early_stopping={patience=3,monitor='accuracy'}",
            ],
            &["accuracy", "test_loss"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "train.keep_last=0"],
            &["train.keep_last"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "model.layers.1.rank=3"],
            &["model.layers[1].rank", "use 1 to 2"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "model.layers.0.dropout=1.5"],
            &["model.layers[0].dropout", "1.5"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "model.layers.2.dropout=0.5"],
            &["model.layers[2].dropout"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "model.layers.0.batch_norm=true",
                "--set",
                "train.batch_size=1",
            ],
            &["train.batch_size", "batch norm"],
            1,
        ),
        bad(&["train"], &["Usage"], 2),
        bad(
            &["sweep", "small.toml", "--set", "train.epohcs=1,2"],
            &["train.epohcs=1", "did you mean epochs"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--set", "train.epochs=2,many"],
            &["train.epochs=many"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--set", "train.optimizer.lr"],
            &["--set train.optimizer.lr", "no =", "lr=0.01,0.1"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--set", "train.optimizer.lr=0.1,0.1"],
            &["--set train.optimizer.lr=0.1,0.1", "twice"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--set", "capture.sites=['embedding'"],
            &["not closed"],
            1,
        ),
        bad(
            &[
                "sweep",
                "small.toml",
                "--set",
                "train.epochs=1",
                "--set",
                "train.epochs=2",
            ],
            &["--set train.epochs", "set twice", "commas"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--set", "seed=1,2"],
            &["seed=1,2", "--seeds"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--seeds", "5..5"],
            &["--seeds 5..5", "empty"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--seeds", "1;2"],
            &["--seeds 1;2", "0..20"],
            1,
        ),
        bad(
            &[
                "sweep",
                "small.toml",
                "--seeds",
                "0..5000000",
                "--set",
                "train.epochs=1,2,3",
            ],
            &["3 combinations", "15000000 runs", "10000000"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--out", "swept"],
            &["swept", "a sweep here already", "--overwrite"],
            1,
        ),
        bad(
            &["sweep", "small.toml", "--out", "file/sweep"],
            &["file/sweep", "cannot create"],
            1,
        ),
        bad(
            &[
                "sweep",
                "small.toml",
                "--set",
                "model.layers.0.batch_norm=true",
                "--set",
                "train.batch_size=8,1",
            ],
            &["batch norm", "run batch_size 1, seed 1"],
            1,
        ),
        bad(&["sweep", "small.toml", "--jobs", "0"], &["--jobs"], 2),
        bad(
            &["sweep", "nowhere.toml"],
            &["nowhere.toml", "cannot read"],
            1,
        ),
        bad(&["figure", "nowhere"], &["nowhere", "no run here"], 1),
        bad(
            &["figure", "nowhere", "boundry"],
            &["boundry", "boundary"],
            2,
        ),
        bad(&["animate", "nowhere"], &["nowhere", "no run here"], 1),
        bad(&["inspect", "nowhere"], &["nowhere", "no run here"], 1),
        bad(&["inspect", "hole.csv"], &["hole.csv"], 1),
        bad(
            &["compress", "nowhere", "--rank", "2"],
            &["nowhere", "no run here"],
            1,
        ),
        bad(&["compress", "nowhere", "--rank", "0"], &["--rank"], 2),
        bad(&["resume", "nowhere"], &["nowhere", "no run here"], 1),
        bad(&["resume", "nowhere", "--from", "last"], &["--from"], 2),
        bad(&["resume", "nowhere", "--backend", "cuda9"], &["cuda9"], 2),
        bad(&["reproduce", "A99"], &["A99", "--list"], 1),
        bad(&["reproduce", "--format", "webm"], &["webm"], 2),
        bad(
            &["reproduce", "A8", "--out", "file/gallery"],
            &["file/gallery"],
            1,
        ),
        bad(
            &["data", "moon", "-o", "moon.csv"],
            &["moon", "did you mean moons"],
            1,
        ),
        bad(
            &["data", "moons", "-o", "moons.xls"],
            &["moons.xls", ".csv"],
            1,
        ),
        bad(
            &["data", "moons", "--samples", "0", "-o", "none.csv"],
            &["samples"],
            1,
        ),
        bad(
            &["data", "moons", "--set", "turns=2", "-o", "turns.csv"],
            &["turns"],
            1,
        ),
        bad(&["nonsense"], &["nonsense"], 2),
        bad(
            &["train", "objects.toml"],
            &["objects.npz", "array y", "pickled"],
            1,
        ),
        bad(
            &["train", "broken.toml"],
            &["broken.npz", "not a whole .npz archive"],
            1,
        ),
        bad(
            &["train", "arrays.toml"],
            &["arrays.npz", "no array features", "data.features"],
            1,
        ),
        bad(
            &["train", "arrays.toml", "--set", "data.samples=3"],
            &["data.samples", ".npz"],
            1,
        ),
        bad(
            &["train", "small.toml", "--set", "capture.of=all"],
            &["all"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "capture.of=test",
                "--set",
                "data.test_fraction=0",
            ],
            &["capture.of", "held out"],
            1,
        ),
        bad(
            &[
                "train",
                "small.toml",
                "--set",
                "capture.of=grid",
                "--set",
                "capture.gradients=true",
            ],
            &["capture.gradients", "grid"],
            1,
        ),
        bad(&["data", "moons", "-o", "file/moons.npz"], &["file"], 1),
        bad(
            &["data", "moons", "-o", "moons.npy"],
            &["moons.npy", ".npz"],
            1,
        ),
        bad(
            &["export", "nowhere", "--format", "npz"],
            &["nowhere", "no run here"],
            1,
        ),
        bad(
            &["export", "nowhere", "--format", "hdf5"],
            &["hdf5", "safetensors"],
            2,
        ),
        bad(&["export", "nowhere"], &["--format"], 2),
        bad(
            &["export", "trained", "--format", "npz", "--epoch", "3"],
            &["--epoch", "not captured", "ask for 2"],
            1,
        ),
        bad(
            &["export", "trained", "--format", "csv", "--site", "embeding"],
            &["embeding", "did you mean embedding", "layers.0"],
            1,
        ),
        bad(
            &[
                "export",
                "trained",
                "--format",
                "tensorboard",
                "--what",
                "weights",
            ],
            &["weights", "safetensors"],
            1,
        ),
        bad(
            &[
                "export",
                "trained",
                "--format",
                "npz",
                "--out",
                "file/a.npz",
            ],
            &["file"],
            1,
        ),
        bad(
            &["figure", "trained", "boundary", "--features", "x1"],
            &["--features", "a plane has 2"],
            1,
        ),
        bad(
            &["figure", "trained", "boundary", "--features", "x1,y"],
            &["no feature y", "x1, x2"],
            1,
        ),
        bad(
            &["figure", "trained", "residuals"],
            &["classes", "`boundary`"],
            1,
        ),
        bad(
            &["animate", "trained", "boundary", "--features", "x1,x1"],
            &["x1", "twice"],
            1,
        ),
        bad(&["completions", "tcsh"], &["tcsh", "bash"], 2),
    ];
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "diverged")
            .collect();
        names.sort();
        names
    };
    let before = files();
    for case in cases {
        let output = ended(root, case.arguments);
        let (stderr, stdout) = (text(&output.stderr), text(&output.stdout));
        let context = format!(
            "{:?}: exit {:?}\n{stderr}{stdout}",
            case.arguments,
            output.status.code()
        );
        assert_eq!(output.status.code(), Some(case.code), "{context}");
        for word in case.says {
            assert!(stderr.contains(word), "no {word:?} in {context}");
        }
        assert!(!stderr.contains("panicked"), "{context}");
        if case.code == 1 {
            let errors = stderr
                .lines()
                .filter(|line| line.starts_with("error: "))
                .count();
            assert_eq!(errors, 1, "{context}");
        }
        assert_eq!(files(), before, "something was left behind by {context}");
    }
    // What diverged keeps its last good checkpoint.
    let kept = root.join("diverged/checkpoint/epoch-000000.safetensors");
    assert!(kept.exists());
}

/// Notes on a file come once, on stderr, and not with `--quiet`; what is refused names the way out.
#[test]
fn notes_on_data_are_printed_once_on_stderr() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rows: String = (0..20)
        .map(|i| {
            format!(
                "{};{},5;{},25;{}\n",
                i,
                i % 7,
                i % 3,
                ["Äpfel", "Birnen"][i % 2]
            )
        })
        .collect();
    let text = format!("\u{feff};Länge;Breite;Sorte\r\n{rows}");
    std::fs::write(root.join("obst.csv"), &text).unwrap();
    let config = |keys: &str, loss: &str| {
        let last = if loss == "bce" { "sigmoid" } else { "identity" };
        format!(
            "[data]\npath = 'obst.csv'\n{keys}\n[model]\nlayers = [{{ units = 1, activation = '{last}' }}]\n\
            [train]\nepochs = 2\nloss = '{loss}'\noptimizer = {{ name = 'sgd', lr = 0.1 }}"
        )
    };
    std::fs::write(root.join("obst.toml"), config("target = 'Sorte'", "bce")).unwrap();
    let run = |arguments: &[&str]| foldspace(root, arguments);
    for command in [
        &["train", "obst.toml", "--out", "run"][..],
        &["resume", "run", "--epochs", "3"],
        &["sweep", "obst.toml", "--seeds", "0..2", "--out", "swept"],
    ] {
        let (code, stdout, stderr) = run(command);
        assert_eq!(code, Some(0), "{stderr}");
        for says in [
            "note: obst.csv is read as separated by `;`, with decimal commas\n",
            "note: the first column is left out",
        ] {
            assert_eq!(stderr.matches(says).count(), 1, "{command:?}: {stderr}");
        }
        assert!(!stdout.contains("note:"), "{stdout}");
    }
    let (code, _, stderr) = run(&["train", "obst.toml", "--out", "quiet", "--quiet"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));

    // Whole-number targets: the message names the cure.
    std::fs::write(
        root.join("obst.csv"),
        (0..30).fold(String::from("x,y\n"), |all, i| {
            all + &format!("0.{i},{i}\n")
        }),
    )
    .unwrap();
    std::fs::write(
        root.join("wrong.toml"),
        config("target = 'y'", "cross_entropy"),
    )
    .unwrap();
    let (code, _, stderr) = run(&["train", "wrong.toml"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("1 outputs for 30 classes")
            && stderr.contains("data.task = \"regression\""),
        "{stderr}"
    );
    std::fs::write(root.join("right.toml"), config("target = 'y'", "mse")).unwrap();
    assert_eq!(run(&["train", "right.toml"]).0, Some(0));
}
