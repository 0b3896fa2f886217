//! Altered results, files of other sweeps, other settings: refused, with the reason and a way out.

use std::fs;
use std::path::Path;

use foldspace::sweep::Identity;
use foldspace::sweep::gather::Gathered;

use super::{
    CONFIG, SWEEP, assert_same, files, folder, foldspace, local, rows_files, shard, succeed,
};

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
        (b"a,b\n1,2\n".to_vec(), "not a file of a sweep's rows"),
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

/// A loss may overflow where training goes on; the same one twice is no contradiction.
#[test]
fn a_loss_that_is_no_number_counts_once_too() {
    let folder = folder();
    let directory = folder.path().join("local");
    local(folder.path());
    let file = rows_files(&directory).remove(0);
    let text = fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().take(2).collect();
    let loss = lines[1].split(',').nth(6).unwrap();
    assert!(loss.parse::<f64>().unwrap() > 0.0, "{loss}");
    fs::remove_file(file).unwrap();
    for name in ["a.csv", "b.csv"] {
        let line = forged(lines[1], &format!(",{loss},"), ",NaN,");
        let text = format!("{}\n{line}\n", lines[0]);
        fs::write(directory.join("shards").join(name), text).unwrap();
    }
    let identity = Identity::read(&directory).unwrap().unwrap();
    assert_eq!(Gathered::read(&directory, &identity).unwrap().ended(), 1);
}

/// Shards may be at work though no run of theirs has ended, and tables may be all that there is.
#[test]
fn what_others_have_begun_or_finished_is_never_swept_over() {
    let folder = folder();
    let root = folder.path();
    shard(root, "begun", "17/20");
    shard(root, "begun", "18/20");
    let rows = rows_files(&root.join("begun"));
    assert_eq!(rows.len(), 2);
    let sweep = [&SWEEP[..], &["--out", "begun"]].concat();
    let (code, _, stderr) = foldspace(root, &sweep);
    assert!(
        code == Some(1)
            && stderr.contains("shards of this sweep are here, and 16 runs are missing"),
        "{stderr}"
    );
    let (code, _, stderr) = foldspace(root, &[&sweep[..], &["--folds", "2"]].concat());
    assert!(
        code == Some(1) && stderr.contains("another one: folds is absent there"),
        "{stderr}"
    );
    assert_eq!(rows_files(&root.join("begun")), rows);

    let expected = local(root);
    fs::remove_file(root.join("local/sweep.toml")).unwrap();
    let (code, _, stderr) = foldspace(
        root,
        &[&SWEEP[..], &["--out", "local", "--shard", "0/2"]].concat(),
    );
    assert!(
        code == Some(1) && stderr.contains("the tables of a sweep here"),
        "{stderr}"
    );
    let mut left = files(&root.join("local"));
    left.insert("sweep.toml".to_owned(), expected["sweep.toml"].clone());
    assert!(left == expected);
}
