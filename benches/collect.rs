//! What cutting a sweep costs: `foldspace collect` of a million simulated runs (seconds, MB), the start of a shard among many
//! combinations, and the writing of rows.
//!
//! `cargo bench --bench collect -- [RUNS] [DIRECTORY]`; a directory keeps what was made.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use foldspace::device::Backend;
use foldspace::sweep::{Identity, Outcome, Recorder, Setting, Shard, Sweep, Trial, rows};
use foldspace::train::EpochMetrics;

const CONFIG: &str = "seed = 3
[data]
name = 'moons'
samples = 200
[model]
layers = [
    { units = 4, activation = 'tanh' },
    { units = 2, activation = 'tanh', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 40
batch_size = 32
loss = 'bce'
optimizer = { name = 'adam', lr = 0.1 }
";

/// Files of rows.
const FILES: usize = 100;

fn main() {
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|word| !word.starts_with("--"));
    let runs = arguments
        .next()
        .map_or(1_000_000, |runs| runs.parse().expect("a number of runs"));
    let kept = arguments.next().map(PathBuf::from);
    let scratch = tempfile::tempdir().expect("a directory");
    let root = kept.as_deref().unwrap_or(scratch.path());
    fs::create_dir_all(root).expect("a directory");
    let config = root.join("moons.toml");
    fs::write(&config, CONFIG).expect("a file");

    rows_of_a_process(&config, root);
    for combinations in [1_000, 100_000] {
        start(&config, root, combinations);
    }
    collect(&config, root, runs);
}

fn sweep(config: &Path, settings: &[String], seeds: u64) -> Sweep {
    let settings: Vec<Setting> = settings
        .iter()
        .map(|text| text.parse().expect("a setting"))
        .collect();
    Sweep::new(config, settings, Some((0..seeds).collect()), Backend::Flex).expect("a sweep")
}

fn numbers(count: usize) -> String {
    let values: Vec<String> = (1..=count)
        .map(|k| format!("{}", k as f64 / 1000.0))
        .collect();
    values.join(",")
}

/// How long a line takes, of a run with 40 epochs.
fn rows_of_a_process(config: &Path, root: &Path) {
    let sweep = sweep(config, &[], 20_000);
    let identity = Identity::new(&sweep, "moons", true).expect("an identity");
    let recorder = Recorder::create(&root.join("rows"), &identity, Shard::WHOLE).expect("a file");
    let start = Instant::now();
    for run in 0..20_000 {
        recorder
            .record(run, &trial(run as u64, 0.3, 40), "flex")
            .expect("a row");
    }
    recorder.finish().expect("a file");
    let each = start.elapsed() / 20_000;
    println!(
        "a row with 40 epochs: {each:?}, {:.3} % of a run of 40 ms",
        100.0 * each.as_secs_f64() / 0.04
    );
}

/// A shard that has nothing to do: the time to know that.
fn start(config: &Path, root: &Path, combinations: usize) {
    let rates = numbers(combinations / 10);
    let start = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_foldspace"))
        .arg("sweep")
        .arg(config)
        .args(["--set", &format!("train.optimizer.lr={rates}")])
        .args(["--set", "train.epochs=1,2,3,4,5,6,7,8,9,10"])
        .args(["--shard", "999999/1000000", "--out"])
        .arg(root.join(format!("empty-{combinations}")))
        .stdout(Stdio::null())
        .status()
        .expect("a process");
    assert!(status.success());
    println!(
        "a shard of {combinations} combinations starts in {:.2?}",
        start.elapsed()
    );
}

/// Simulated runs in many files, then `collect`.
fn collect(config: &Path, root: &Path, runs: usize) {
    let settings = [
        "train.optimizer.lr=0.001,0.003,0.01,0.03,0.1",
        "model.layers.0.units=2,3,4,6,8,12,16,24,32,64",
        "train.batch_size=8,32",
    ];
    let sweep = sweep(config, &settings.map(str::to_owned), runs as u64 / 100);
    let identity = Identity::new(&sweep, "moons", false).expect("an identity");
    let out = root.join("million");
    fs::create_dir_all(out.join("shards")).expect("a directory");
    identity.settle(&out).expect("a record");
    let mut files: Vec<BufWriter<File>> = (0..FILES)
        .map(|k| {
            let file = File::create(out.join(format!("shards/{k}-of-{FILES}.host-{k}-0.csv")));
            let mut file = BufWriter::new(file.expect("a file"));
            file.write_all(rows::header(&identity).as_bytes())
                .expect("a header");
            file
        })
        .collect();
    for run in 0..identity.grid().runs() {
        let (combination, seed, _) = identity.grid().place(run);
        let trial = trial(
            (seed + 7919 * combination) as u64,
            combination as f64 / 100.0,
            1,
        );
        let line = rows::line(&identity, run, &Outcome::new(&trial), "flex", &[]);
        files[run % FILES]
            .write_all(line.as_bytes())
            .expect("a row");
    }
    drop(files);
    let start = Instant::now();
    let mut child = Command::new(env!("CARGO_BIN_EXE_foldspace"))
        .arg("collect")
        .arg(&out)
        .stdout(Stdio::null())
        .spawn()
        .expect("a process");
    let mut peak = 0;
    while child.try_wait().expect("a process").is_none() {
        peak = peak.max(held(child.id()));
        std::thread::sleep(Duration::from_millis(2));
    }
    println!(
        "collect of {} runs: {:.2?}, {peak} MB at most",
        identity.grid().runs(),
        start.elapsed()
    );
}

/// The most memory that a process has held, MB.
fn held(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1000
}

/// A run as it might be: better where the learning rate and the network are larger, now and then diverged.
fn trial(seed: u64, quality: f64, epochs: usize) -> Trial {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x1234_5678;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    let spread = (random() + random() + random()) / 3.0 - 0.5;
    let right = (40.0 * (0.7 + 0.28 * quality + 0.3 * spread).clamp(0.2, 1.0)).round() / 40.0;
    let diverged = random() > 0.995;
    let last = EpochMetrics {
        epoch: epochs,
        train_loss: 1.1 - right + 0.1 * random(),
        train_accuracy: Some(right),
        test_loss: Some(1.2 - right + 0.1 * random()),
        test_accuracy: Some(right),
        learning_rate: 0.1,
        grad_norm: 1.0,
    };
    Trial {
        combination: 0,
        seed,
        fold: 0,
        curve: (1..=epochs)
            .map(|epoch| EpochMetrics { epoch, ..last })
            .collect(),
        last: Some(last),
        best: Some((epochs, right)),
        separable: (!diverged).then_some(right > 0.9),
        diverged: diverged.then_some(epochs),
    }
}
