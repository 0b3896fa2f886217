//! Sweeps cut into shards: whatever the cut, the order, the kills and the damage, the tables are those of one machine, or there is an
//! error that says why not.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use foldspace::device::Backend;
use foldspace::sweep::{Deal, Gathered, Grid, Identity, Setting, Shard, Sweep, parse_seeds, rows};
use proptest::prelude::*;

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

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldspace"));
    command.args(arguments).current_dir(folder);
    command
}

fn foldspace(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command(folder, arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let (code, stdout, stderr) = foldspace(folder, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {stderr}");
    stdout
}

fn shard(folder: &Path, out: &str, shard: &str) -> String {
    succeed(
        folder,
        &[&SWEEP[..], &["--out", out, "--shard", shard]].concat(),
    )
}

/// Every file of a sweep but its rows.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(directory).unwrap().map(Result::unwrap);
    entries
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
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

fn grid(sizes: &[usize], seeds: u64, folds: usize) -> Grid {
    let settings = sizes.iter().enumerate().map(|(k, &size)| Setting {
        key: format!("k{k}"),
        values: (0..size).map(|value| value.to_string()).collect(),
    });
    let grid = Grid::new(settings.collect(), (0..seeds).collect()).unwrap();
    match folds {
        0 => grid,
        folds => grid.with_folds(folds).unwrap(),
    }
}

proptest! {
    /// Every run belongs to one shard, and two shards differ by at most the cost of one task.
    #[test]
    fn shards_are_a_partition(
        sizes in prop::collection::vec(1_usize..5, 0..3),
        seeds in 1_u64..9,
        folds in prop::sample::select(vec![0_usize, 2, 3]),
        costs in prop::collection::vec(0_u64..1000, 16),
        together in prop::collection::vec(1_usize..4, 16),
        count in 1_usize..40,
    ) {
        let grid = grid(&sizes, seeds, folds);
        let most = grid.combinations();
        let alone = folds > 0;
        let deal = Deal {
            costs: costs[..most].to_vec(),
            together: together[..most].iter().map(|&size| if alone { 1 } else { size }).collect(),
        };
        let mut met = vec![0; grid.runs()];
        let mut loads = Vec::new();
        let mut dearest = 0;
        for index in 0..count {
            let tasks = deal.of_shard(&grid, Shard { index, count });
            let cost = |task: &foldspace::sweep::Task| deal.costs[task.combination] * task.seeds.len() as u64;
            loads.push(tasks.iter().map(cost).sum::<u64>());
            dearest = dearest.max(tasks.iter().map(cost).max().unwrap_or(0));
            for run in tasks.iter().flat_map(|task| task.runs(&grid)) {
                met[run] += 1;
            }
        }
        prop_assert!(met.iter().all(|&times| times == 1), "{met:?}");
        prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= dearest, "{loads:?}");
    }

    /// A run's number and its place are each other's inverse, and numbers ascend as the rows of runs.csv do.
    #[test]
    fn runs_are_numbered_in_order(sizes in prop::collection::vec(1_usize..4, 0..3), seeds in 1_u64..5, folds in prop::sample::select(vec![0_usize, 2, 4])) {
        let grid = grid(&sizes, seeds, folds);
        let places: Vec<_> = (0..grid.runs()).map(|run| grid.place(run)).collect();
        prop_assert!(places.is_sorted());
        for (run, &(combination, seed, fold)) in places.iter().enumerate() {
            prop_assert_eq!(grid.run(combination, seed, fold), run);
            prop_assert!(combination < grid.combinations() && seed < seeds as usize && fold <= folds);
        }
    }
}

/// Grids as people sweep them, cut into 100 shards: the slowest beside the mean, when a run takes what it was estimated to take.
#[test]
fn shards_take_equally_long() {
    for (costs, seeds) in [
        (vec![1, 10, 100], 1370),
        (vec![5, 10, 20, 40, 80], 333),
        ((1..=30).collect::<Vec<u64>>(), 57),
    ] {
        let grid = grid(&[costs.len()], seeds, 0);
        let together = vec![1; costs.len()];
        let deal = Deal { costs, together };
        let load = |index| -> u64 {
            let tasks = deal.of_shard(&grid, Shard { index, count: 100 });
            tasks.iter().map(|task| deal.costs[task.combination]).sum()
        };
        let loads: Vec<u64> = (0..100).map(load).collect();
        let mean = loads.iter().sum::<u64>() as f64 / 100.0;
        let slowest = *loads.iter().max().unwrap() as f64;
        assert!(slowest <= 1.11 * mean, "{slowest} beside {mean}");
    }
}

#[test]
fn however_a_sweep_is_cut_its_files_are_the_same() {
    let folder = folder();
    let root = folder.path();
    let expected = local(root);
    for count in [1, 2, 3, 7, 20] {
        let out = format!("of-{count}");
        // In another order each time: 7 and 20 have no factor in common with 3.
        for turn in 0..count {
            let index = (turn * if count == 3 { 2 } else { 3 } + 1) % count;
            let said = shard(root, &out, &format!("{index}/{count}"));
            let runs = 16 / count + usize::from(16 % count > index);
            assert!(
                said.starts_with(&format!(
                    "shard {index}/{count}: {runs} runs, {runs} of them now"
                )),
                "{said}"
            );
        }
        let said = succeed(root, &["collect", &out]);
        assert!(said.contains("best: epochs 6, lr 0.02"), "{said}");
        assert_same(&expected, &root.join(&out), &out);
    }
    // Once more, and from what a single machine wrote.
    for out in ["of-7", "local"] {
        succeed(root, &["collect", out, "-q"]);
        assert_same(&expected, &root.join(out), "collected again");
    }
}

#[test]
fn folds_are_cut_too_and_curves_can_be_left_out() {
    let folder = folder();
    let root = folder.path();
    let sweep = [
        "sweep",
        "small.toml",
        "--set",
        "train.epochs=1,2",
        "--folds",
        "3",
        "--seeds",
        "0..2",
        "--curves",
        "never",
    ];
    succeed(root, &[&sweep[..], &["--out", "local", "-q"]].concat());
    let expected = files(&root.join("local"));
    assert!(!expected.contains_key("curves.csv") && !expected.contains_key("curves.svg"));
    for index in ["4/5", "0/5", "2/5", "3/5", "1/5"] {
        succeed(
            root,
            &[&sweep[..], &["--out", "cut", "--shard", index]].concat(),
        );
    }
    succeed(root, &["collect", "cut", "-q"]);
    assert_same(&expected, &root.join("cut"), "folds");
    let record = fs::read_to_string(root.join("cut/sweep.toml")).unwrap();
    assert!(record.contains("curves = false") && record.contains("folds = 3"));
}

/// Kills at random moments, of shards and of a sweep on one machine; each goes on from what was done.
#[test]
fn thirty_kills_change_nothing() {
    let folder = folder();
    let root = folder.path();
    // Long enough to be killed in.
    let config = CONFIG.replace("samples = 40", "samples = 200");
    fs::write(root.join("small.toml"), config).unwrap();
    let sweep: Vec<&str> = SWEEP
        .iter()
        .map(|&word| match word {
            "train.epochs=2,6" => "train.epochs=4,12",
            word => word,
        })
        .collect();
    let start = std::time::Instant::now();
    succeed(root, &[&sweep[..], &["--out", "local", "-q"]].concat());
    let whole = start.elapsed();
    let expected = files(&root.join("local"));

    let mut state = 20_u32;
    let mut random = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24)
    };
    let mut kills = 0;
    let mut tries = 0;
    while kills < 30 {
        let (out, cut) = [("alone", None), ("cut", Some("0/2")), ("cut", Some("1/2"))][tries % 3];
        tries += 1;
        assert!(tries < 300, "only {kills} kills");
        if tries.is_multiple_of(15) {
            // From the beginning, or soon nothing is left to kill.
            for out in ["alone", "cut"] {
                let _ = fs::remove_dir_all(root.join(out));
            }
        }
        let mut arguments = [&sweep[..], &["--out", out, "-q", "--jobs", "1"]].concat();
        if let Some(cut) = cut {
            arguments.extend(["--shard", cut]);
        }
        let mut child = command(root, &arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole.mul_f64(0.6 * random()));
        if child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            kills += 1;
        }
        child.wait().unwrap();
    }
    for cut in ["0/2", "1/2"] {
        succeed(
            root,
            &[&sweep[..], &["--out", "cut", "--shard", cut]].concat(),
        );
    }
    succeed(root, &["collect", "cut", "-q"]);
    assert_same(&expected, &root.join("cut"), "killed shards");
    let alone = [&sweep[..], &["--out", "alone", "-q"]].concat();
    let (code, _, stderr) = foldspace(root, &alone);
    assert!(
        code == Some(0) || stderr.contains("this very one"),
        "{stderr}"
    );
    assert_same(&expected, &root.join("alone"), "a killed sweep");
}

fn identity(folder: &Path) -> Identity {
    let settings = ["train.epochs=2,6", "train.optimizer.lr=0.02,1e9"];
    let settings = settings.iter().map(|text| text.parse().unwrap()).collect();
    let seeds = Some(parse_seeds("4,0..3").unwrap());
    let sweep = Sweep::new(&folder.join("small.toml"), settings, seeds, Backend::Flex).unwrap();
    Identity::new(&sweep, "small", true).unwrap()
}

/// The runs of a file, with all that is known of them.
fn read(bytes: &[u8], identity: &Identity) -> Result<BTreeMap<usize, String>, String> {
    let mut met = BTreeMap::new();
    rows::read(
        BufReader::new(bytes),
        Path::new("rows.csv"),
        identity,
        |_, row| {
            met.insert(row.run, format!("{row:?}"));
            Ok(())
        },
    )
    .map(|_| met)
    .map_err(|error| error.to_string())
}

#[test]
fn a_file_cut_at_any_byte_holds_its_whole_lines_and_no_other() {
    let folder = folder();
    let root = folder.path();
    shard(root, "cut", "1/3");
    let identity = identity(root);
    assert_eq!(
        Identity::read(&root.join("cut")).unwrap().unwrap().id(),
        identity.id()
    );
    let file = rows_files(&root.join("cut")).remove(0);
    let bytes = fs::read(&file).unwrap();
    let whole = read(&bytes, &identity).unwrap();
    assert_eq!(whole.len(), 5);
    for end in 0..bytes.len() {
        let cut = read(&bytes[..end], &identity).unwrap();
        let lines = bytes[..end].iter().filter(|&&byte| byte == b'\n').count();
        assert_eq!(cut.len(), lines.saturating_sub(1), "{end} bytes");
        assert!(cut.iter().all(|(run, row)| whole[run] == *row));
    }
    // Damage makes no other run of a run.
    for (place, turned) in (0..bytes.len()).map(|place| (place, 1 << (place % 7))) {
        let mut damaged = bytes.clone();
        damaged[place] ^= turned;
        match read(&damaged, &identity) {
            Ok(rows) => assert!(
                rows.iter().all(|(run, row)| whole.get(run) == Some(row)) && rows.len() >= 3,
                "byte {place}"
            ),
            Err(error) => {
                let header = bytes.iter().position(|&byte| byte == b'\n').unwrap();
                assert!(place <= header, "byte {place}: {error}");
            }
        }
    }
    // The sweep goes on from a cut file, wherever it was cut.
    for index in ["0/3", "2/3"] {
        shard(root, "cut", index);
    }
    let expected = local(root);
    for end in [0, 7, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&file, &bytes[..end]).unwrap();
        for left in rows_files(&root.join("cut")) {
            let name = left.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with("1-of-3") && left != file {
                fs::remove_file(left).unwrap();
            }
        }
        let (code, stdout, stderr) = foldspace(root, &["collect", "cut"]);
        assert_eq!((code, &stdout[..]), (Some(1), "1\n"), "{stderr}");
        assert!(stderr.contains("in shards 1 of 3"), "{stderr}");
        shard(root, "cut", "1/3");
        succeed(root, &["collect", "cut", "-q"]);
        assert_same(&expected, &root.join("cut"), "a cut file");
    }
}

#[test]
fn two_processes_on_one_shard_count_once() {
    let folder = folder();
    let root = folder.path();
    let expected = local(root);
    let arguments = [&SWEEP[..], &["--out", "twice", "--shard", "0/1", "-q"]].concat();
    let children: Vec<_> = (0..2)
        .map(|_| command(root, &arguments).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(rows_files(&root.join("twice")).len(), 2);
    succeed(root, &["collect", "twice", "-q"]);
    assert_same(&expected, &root.join("twice"), "two processes");
    // A copy of a file changes nothing either.
    let file = rows_files(&root.join("twice")).remove(0);
    fs::copy(&file, root.join("twice/shards/a copy.csv")).unwrap();
    succeed(root, &["collect", "twice", "-q"]);
    assert_same(&expected, &root.join("twice"), "a copy");
}

/// A line with another text in place of some of it, and the checksum that makes it whole.
fn forged(line: &str, from: &str, to: &str) -> String {
    let (run, rest) = line.split_once(',').unwrap();
    let (_, body) = rest.split_once(',').unwrap();
    assert!(body.contains(from), "no {from} in {body}");
    let body = body.replacen(from, to, 1);
    let crc = crc32fast::hash(format!("{run},{body}").as_bytes());
    format!("{run},{crc:08x},{body}")
}

/// A rows file with one line of another, forged.
fn forge(directory: &Path, name: &str, from: &str, to: &str) {
    let file = rows_files(directory).remove(0);
    let text = fs::read_to_string(file).unwrap();
    let mut lines = text.lines();
    let header = lines.next().unwrap();
    let line = lines.find(|line| line.contains(from)).unwrap();
    let text = format!("{header}\n{}\n", forged(line, from, to));
    fs::write(directory.join("shards").join(name), text).unwrap();
}

#[test]
fn results_that_differ_are_an_error_that_names_both_files() {
    let folder = folder();
    let root = folder.path();
    let directory = root.join("local");
    let expected = local(root);
    let first = rows_files(&directory).remove(0);
    let other = directory.join("shards/altered.csv");

    // Other vectors are the same run: no error, and a note.
    let identity = Identity::read(&directory).unwrap().unwrap();
    let own = Gathered::read(&directory, &identity).unwrap().vectors;
    let own = own.iter().next().unwrap().clone();
    forge(&directory, "altered.csv", &format!(",{own},"), ",plain,");
    let (code, _, stderr) = foldspace(root, &["collect", "local"]);
    assert_eq!(code, Some(0), "{stderr}");
    if own != "plain" {
        assert!(
            stderr.contains(&format!("computed with {own} and plain vectors")),
            "{stderr}"
        );
    }

    // A number, an epoch of the curve.
    for (from, to) in [("4,2,", "4,7,"), (" 2:", " 3:")] {
        forge(&directory, "altered.csv", from, to);
        let (code, stdout, stderr) = foldspace(root, &["collect", "local"]);
        assert_eq!((code, &stdout[..]), (Some(1), ""));
        for file in [&first, &other] {
            let name = file.file_name().unwrap().to_str().unwrap();
            assert!(stderr.contains(name), "{stderr}");
        }
        assert!(stderr.contains("ended otherwise"), "{stderr}");
        // Shards see it as well.
        let (code, _, stderr) = foldspace(
            root,
            &[&SWEEP[..], &["--out", "local", "--shard", "0/1"]].concat(),
        );
        assert!(
            code == Some(1) && stderr.contains("ended otherwise"),
            "{stderr}"
        );
    }

    // Another backend.
    forge(&directory, "altered.csv", ",flex,", ",wgpu,");
    let (code, _, stderr) = foldspace(root, &["collect", "local"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.contains("was computed on wgpu, and the sweep on flex"),
        "{stderr}"
    );
    fs::remove_file(other).unwrap();
    assert_same(&expected, &directory, "an error writes nothing");
}

#[test]
fn another_sweep_is_refused() {
    let folder = folder();
    let root = folder.path();
    shard(root, "cut", "0/2");
    let before = fs::read(root.join("cut/sweep.toml")).unwrap();
    let with = |more: &[&str]| {
        let arguments = [&SWEEP[..], &["--out", "cut", "--shard", "1/2"], more].concat();
        let (code, _, stderr) = foldspace(root, &arguments);
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("cut/sweep.toml: this is another sweep: ") && stderr.contains("--out"),
            "{stderr}"
        );
        stderr
    };
    assert!(
        with(&["--backend", "ndarray"]).contains("backend is \"flex\" there, \"ndarray\" here")
    );
    assert!(with(&["--curves", "never"]).contains("curves is true there, false here"));
    assert!(with(&["--folds", "2"]).contains("folds is absent there, 2 here"));
    assert!(with(&["--set", "data.noise=0.2"]).contains("set is ["));
    fs::write(
        root.join("small.toml"),
        CONFIG.replace("lr = 0.1", "lr = 0.1, betas = [0.8, 0.9]"),
    )
    .unwrap();
    assert!(
        with(&[]).contains("config.train.optimizer.betas is [0.9, 0.999] there, [0.8, 0.9] here")
    );
    fs::write(root.join("small.toml"), CONFIG).unwrap();
    assert_eq!(fs::read(root.join("cut/sweep.toml")).unwrap(), before);

    // A sweep on one machine doesn't run into that of shards, nor over it.
    let (code, _, stderr) = foldspace(root, &[&SWEEP[..], &["--out", "cut"]].concat());
    assert!(
        code == Some(1)
            && stderr.contains("shards of this sweep are here")
            && stderr.contains("--missing"),
        "{stderr}"
    );
    for more in ["--overwrite", "--missing", "--json"] {
        let arguments = [&SWEEP[..], &["--out", "cut", "--shard", "1/2", more]].concat();
        assert_eq!(foldspace(root, &arguments).0, Some(2), "{more}");
    }

    // Rows of another sweep, a stranger's table, and a record that was altered.
    succeed(
        root,
        &[
            "sweep",
            "small.toml",
            "--seeds",
            "0",
            "--out",
            "other",
            "-q",
        ],
    );
    let foreign = rows_files(&root.join("other")).remove(0);
    let target = root.join("cut/shards/x.csv");
    for (text, problem) in [
        (fs::read(&foreign).unwrap(), "rows of another sweep"),
        (b"a,b\n1,2\n".to_vec(), "no file of rows"),
    ] {
        fs::write(&target, text).unwrap();
        let (code, _, stderr) = foldspace(root, &["collect", "cut"]);
        assert!(
            code == Some(1) && stderr.contains("x.csv") && stderr.contains(problem),
            "{stderr}"
        );
    }
    fs::remove_file(target).unwrap();
    let text = String::from_utf8(before).unwrap();
    for (from, to, problem) in [
        (
            "name = \"small\"",
            "name = \"large\"",
            "rows of another sweep",
        ),
        ("costs = \"", "costs = \"1,", "what 4 combinations cost"),
        (
            "curves = true",
            "curves = maybe",
            "altered, or another version",
        ),
    ] {
        fs::write(root.join("cut/sweep.toml"), text.replacen(from, to, 1)).unwrap();
        let (code, _, stderr) = foldspace(root, &["collect", "cut"]);
        assert!(code == Some(1) && stderr.contains(problem), "{stderr}");
    }
    fs::remove_file(root.join("cut/sweep.toml")).unwrap();
    let (code, _, stderr) = foldspace(root, &["collect", "cut"]);
    assert!(
        code == Some(1) && stderr.contains("sweep.toml is missing"),
        "{stderr}"
    );
    let (code, _, stderr) = foldspace(root, &["collect", "nowhere"]);
    assert!(
        code == Some(1) && stderr.contains("no such directory"),
        "{stderr}"
    );
}

/// The data file is part of what a sweep is, its place is not.
#[test]
fn edited_data_are_another_sweep() {
    let table = |shift: f64| {
        let line = |i: u32| format!("{},{}\n", f64::from(i) + shift, i % 2);
        (0..40)
            .map(line)
            .fold("x,y\n".to_owned(), |all, line| all + &line)
    };
    let config = CONFIG.replace(
        "name = 'moons'\nsamples = 40",
        "path = 'points.csv'\ntarget = 'y'",
    );
    let folder = tempfile::tempdir().unwrap();
    let places = ["here", "there"].map(|name| folder.path().join(name));
    for place in &places {
        fs::create_dir(place).unwrap();
        fs::write(place.join("small.toml"), &config).unwrap();
        fs::write(place.join("points.csv"), table(0.0)).unwrap();
    }
    let [here, there] = &places;
    let out = folder.path().join("out").display().to_string();
    shard(here, &out, "0/2");
    shard(there, &out, "1/2");
    succeed(there, &["collect", &out, "-q"]);
    fs::write(there.join("points.csv"), table(0.5)).unwrap();
    let arguments = [&SWEEP[..], &["--out", &out, "--shard", "1/2"]].concat();
    let (code, _, stderr) = foldspace(there, &arguments);
    assert!(code == Some(1) && stderr.contains("files is ["), "{stderr}");
}

#[test]
fn what_is_missing_is_listed_and_done_here() {
    let folder = folder();
    let root = folder.path();
    let expected = local(root);
    for index in ["3/7", "0/7", "6/7"] {
        shard(root, "cut", index);
    }
    let (code, stdout, stderr) = foldspace(root, &["collect", "cut"]);
    assert_eq!((code, &stdout[..]), (Some(1), "1-2,4-5\n"));
    assert!(
        stderr.contains("cut: 9 of 16 runs are missing, in shards 1-2,4-5 of 7; run these (sbatch --array=1-2,4-5)"),
        "{stderr}"
    );
    assert!(!root.join("cut/runs.csv").exists());
    let (code, stdout, _) = foldspace(root, &["collect", "cut", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!(code, Some(1));
    assert_eq!(report["missing_shards"], serde_json::json!([1, 2, 4, 5]));
    assert_eq!(
        (&report["runs"], &report["missing"]),
        (&16.into(), &9.into())
    );

    let (code, _, stderr) = foldspace(root, &["collect", "cut", "--partial"]);
    assert_eq!(code, Some(0));
    assert!(stderr.contains("9 of 16 runs are missing"), "{stderr}");
    let runs = fs::read_to_string(root.join("cut/runs.csv")).unwrap();
    assert_eq!(runs.lines().count(), 8);

    succeed(
        root,
        &[&SWEEP[..], &["--out", "cut", "--missing", "-q"]].concat(),
    );
    assert_same(&expected, &root.join("cut"), "--missing");
    // Nothing is left to do, and that is no failure.
    succeed(
        root,
        &[&SWEEP[..], &["--out", "cut", "--missing", "-q"]].concat(),
    );
    assert!(shard(root, "cut", "5/7").contains("2 runs, 0 of them now"));
    assert!(shard(root, "cut", "25/30").contains("0 runs, 0 of them now"));
}

#[test]
fn a_shard_that_fails_before_a_run_leaves_others_alone() {
    let folder = folder();
    let root = folder.path();
    let bad = [
        "sweep",
        "small.toml",
        "--set",
        "model.layers.0.batch_norm=true",
        "--set",
        "train.batch_size=1",
        "--out",
    ];
    let (code, _, stderr) = foldspace(root, &[&bad[..], &["cut", "--shard", "0/2"]].concat());
    assert!(code == Some(1) && stderr.contains("batch norm"), "{stderr}");
    // A sweep on one machine leaves nothing, and what was there before stays until a run has ended.
    let (code, _, _) = foldspace(root, &[&bad[..], &["alone"]].concat());
    assert_eq!((code, root.join("alone").exists()), (Some(1), false));
    let expected = local(root);
    let (code, _, _) = foldspace(root, &[&bad[..], &["local", "--overwrite"]].concat());
    assert_eq!(code, Some(1));
    assert_same(&expected, &root.join("local"), "an overwrite that failed");
}

#[cfg(unix)]
#[test]
fn a_sweep_that_is_asked_to_stop_says_so_with_its_exit_code_and_goes_on() {
    let folder = folder();
    let root = folder.path();
    fs::write(
        root.join("small.toml"),
        CONFIG.replace("samples = 40", "samples = 400"),
    )
    .unwrap();
    let seeds: [&str; 6] = [
        "sweep",
        "small.toml",
        "--set",
        "train.epochs=150",
        "--seeds",
        "0..8",
    ];
    for (out, more) in [("cut", &["--shard", "0/1"][..]), ("alone", &[])] {
        let arguments = [&seeds[..], &["--out", out, "--jobs", "1"], more].concat();
        let child = command(root, &arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Until a run has ended.
        let rows = || {
            rows_files(&root.join(out))
                .first()
                .and_then(|file| fs::read_to_string(file).ok())
                .map_or(0, |text| text.lines().count())
        };
        while rows() < 2 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &pid])
                .status()
                .unwrap()
                .success()
        );
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(75), "{stderr}");
        assert!(
            stderr.contains("of 8 runs have ended; the same command goes on"),
            "{stderr}"
        );
        assert!(!root.join(out).join("runs.csv").exists());
        succeed(root, &arguments);
    }
    succeed(root, &["collect", "cut", "-q"]);
    let expected = files(&root.join("alone"));
    assert_same(&expected, &root.join("cut"), "stopped");
    let rows = fs::read_to_string(root.join("cut/runs.csv")).unwrap();
    assert_eq!(rows.lines().count(), 9);
}
