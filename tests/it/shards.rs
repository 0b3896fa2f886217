//! Sweeps cut into shards: whatever the cut, the order, the kills and the damage, the tables are those of one machine, or there is an
//! error that says why not.

mod cuts;
mod stops;
mod strangers;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{command, foldspace, succeed};

const CONFIG: &str = "seed = 3
[data]
name = 'moons'
samples = 40
[model]
layers = [
    { units = 4, activation = 'tanh' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 3
batch_size = 16
loss = 'bce'
optimizer = { name = 'adam', lr = 0.1 }
";

/// Two settings, one of which changes what a run costs.
const SWEEP: [&str; 8] = [
    "sweep",
    "small.toml",
    "--set",
    "train.epochs=2,6",
    "--set",
    "train.optimizer.lr=0.02,1e9",
    "--seeds",
    "4,0..3",
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("small.toml"), CONFIG).unwrap();
    folder
}

fn shard(folder: &Path, out: &str, shard: &str) -> String {
    succeed(
        folder,
        &[&SWEEP[..], &["--out", out, "--shard", shard]].concat(),
    )
}

/// Every file of a sweep but its rows, and but what a kill may leave: a table or picture that is not renamed yet.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| !(name.starts_with('.') && name.ends_with(".partial")))
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

fn rows_files(directory: &Path) -> Vec<PathBuf> {
    foldspace::sweep::gather::files(directory).unwrap()
}

/// The files of the sweep on one machine, which shards are held against.
fn local(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    succeed(folder, &[&SWEEP[..], &["--out", "local", "-q"]].concat());
    let files = files(&folder.join("local"));
    assert_eq!(files.len(), 10, "{:?}", files.keys());
    files
}

fn assert_same(expected: &BTreeMap<String, Vec<u8>>, directory: &Path, why: &str) {
    let files = files(directory);
    assert!(
        files.keys().eq(expected.keys()),
        "{why}: {:?}",
        files.keys()
    );
    for (name, bytes) in &files {
        assert!(bytes == &expected[name], "{why}: {name} differs");
    }
}
