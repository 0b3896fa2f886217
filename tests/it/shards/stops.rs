//! Killed, stopped, cut short, done twice: nothing is lost but what had not ended, and nothing counts twice.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use foldspace::device::Backend;
use foldspace::sweep::{Identity, Sweep, parse_seeds, rows};

use super::{
    CONFIG, SWEEP, assert_same, command, files, folder, foldspace, local, rows_files, shard,
    succeed,
};

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

/// A process killed between writing what sweep it is and giving that its name leaves a file, which the next one removes.
#[test]
fn a_draft_that_a_kill_left_is_removed() {
    let folder = folder();
    let root = folder.path();
    shard(root, "cut", "0/2");
    let draft = root.join("cut/.sweep.toml.node7-4711-18ebb6abc4b450f2");
    fs::write(&draft, "half of").unwrap();
    let other = root.join("cut/.sweep.toml~");
    fs::write(&other, "an editor's").unwrap();
    shard(root, "cut", "1/2");
    assert!(!draft.exists() && other.exists());
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
