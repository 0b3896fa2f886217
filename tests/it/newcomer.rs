//! What a newcomer does with a real table, from the file to pictures and answers, each step a process of its own.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::{foldspace, succeeded};

/// What a classifier of many features is looked at with; exact geometry at every epoch of one takes its time.
const SEEN: [&str; 10] = [
    "data",
    "loss",
    "boundary",
    "embedding",
    "confusion",
    "network",
    "weights",
    "spectrum",
    "gradients",
    "betti",
];

struct Newcomer {
    folder: TempDir,
    table: String,
}

impl Newcomer {
    /// Drafts a configuration for a table, trains it, and returns what `train` said.
    fn with(table: &str, target: &str) -> (Self, String) {
        let project = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        let path = if table == "digits" {
            // The first half of those that the gallery shows.
            let all = fs::read_to_string(project.join("configs/digits.csv")).unwrap();
            let half: Vec<&str> = all.lines().take(901).collect();
            let path = folder.path().join("digits.csv");
            fs::write(&path, half.join("\n")).unwrap();
            path
        } else {
            project.join(format!("tests/it/tables/{table}.csv"))
        };
        let new = Self {
            folder,
            table: path.display().to_string(),
        };
        new.ok(&["init", &new.table, "-o", "a.toml", "--target", target]);
        let (_, said) = new.ok(&["train", "a.toml", "--out", "run"]);
        (new, said)
    }

    /// Standard output and error of a command that must succeed.
    fn ok(&self, arguments: &[&str]) -> (String, String) {
        succeeded(self.folder.path(), arguments)
    }

    fn evaluation(&self, arguments: &[&str]) -> serde_json::Value {
        let (json, _) = self.ok(&[&["evaluate", "run", "--json"], arguments].concat());
        serde_json::from_str(&json).unwrap()
    }

    /// These pictures as SVG, all that the run has where none is named; the names of the files, and what was said.
    fn pictures(&self, wanted: &[&str]) -> (Vec<String>, String) {
        let (_, said) = self.ok(&[&["figure", "run"], wanted, &["--format", "svg"]].concat());
        let files = fs::read_dir(self.folder.path().join("run/figures")).unwrap();
        let mut names: Vec<String> = files
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".svg")) {
            let svg =
                fs::read_to_string(self.folder.path().join("run/figures").join(name)).unwrap();
            // What follows "base64," is an image, whose letters may spell anything.
            let mut drawn = svg.split("base64,").enumerate().map(|(part, text)| {
                let end = if part == 0 { None } else { text.find('"') };
                &text[end.unwrap_or(0)..]
            });
            assert!(svg.starts_with("<svg"), "{name}");
            assert!(!drawn.any(|text| text.contains("NaN")), "{name}");
        }
        (names, said)
    }
}

fn accuracy(evaluation: &serde_json::Value, part: usize) -> f64 {
    evaluation["parts"][part]["classes"]["accuracy"]
        .as_f64()
        .unwrap()
}

#[test]
fn digits() {
    let (new, said) = Newcomer::with("digits", "digit");
    // The table is small and the plane narrow: it is said.
    assert!(said.contains("diagnosis: overfitting"), "{said}");
    let judged = new.evaluation(&[]);
    assert!(
        accuracy(&judged, 0) > 0.97 && accuracy(&judged, 1) > 0.7,
        "{judged}"
    );
    let (pictures, said) = new.pictures(&[&SEEN[..], &["filters"]].concat());
    assert_eq!(said, "", "{said}");
    assert!(
        pictures.contains(&"filters.svg".to_owned())
            && pictures.contains(&"confusion.svg".to_owned()),
        "{pictures:?}"
    );
    // The whole table again, without its last column and in another order: the same answers as the evaluation counts.
    let table = fs::read_to_string(&new.table).unwrap();
    let turned: Vec<String> = table
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.rsplit(',').skip(1).collect();
            cells.join(";")
        })
        .collect();
    fs::write(new.folder.path().join("new.csv"), turned.join("\n")).unwrap();
    let (answers, _) = new.ok(&["predict", "run", "--data", "new.csv"]);
    let said = answers
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap());
    let right = table
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').next().unwrap());
    let hits = said
        .zip(right)
        .filter(|(said, right)| said == right)
        .count();
    let whole = new.evaluation(&["--data", &new.table]);
    assert_eq!(hits as f64 / 900.0, accuracy(&whole, 0));
    // The flow's share is the network's own, over 64 features.
    new.ok(&[
        "animate",
        "run",
        "flow",
        "--format",
        "png-frames",
        "--fps",
        "1",
        "--size",
        "400x400",
    ]);
}

#[test]
fn wine() {
    let (new, said) = Newcomer::with("wine", "cultivar");
    assert!(!said.contains("diagnosis"), "{said}");
    let judged = new.evaluation(&[]);
    assert!(
        accuracy(&judged, 0) == 1.0 && accuracy(&judged, 1) > 0.9,
        "{judged}"
    );
    assert_eq!(new.pictures(&[]).1, "");
    new.ok(&[
        "figure",
        "run",
        "boundary",
        "--features",
        "alcohol,proline",
        "--format",
        "svg",
    ]);
    new.ok(&[
        "figure",
        "run",
        "boundary",
        "--features",
        "hue,proline",
        "--format",
        "svg",
    ]);
    for name in [
        "boundary",
        "boundary-alcohol-proline",
        "boundary-hue-proline",
    ] {
        assert!(
            new.folder
                .path()
                .join(format!("run/figures/{name}.svg"))
                .is_file(),
            "{name}"
        );
    }
}

#[test]
fn breast_cancer() {
    let (new, _) = Newcomer::with("breast_cancer", "diagnosis");
    let judged = new.evaluation(&[]);
    assert!(
        accuracy(&judged, 0) > 0.98 && accuracy(&judged, 1) > 0.93,
        "{judged}"
    );
    let names = &judged["parts"][1]["classes"]["classes"];
    assert_eq!(
        (names[0]["name"].as_str(), names[1]["name"].as_str()),
        (Some("benign"), Some("malignant"))
    );
    assert_eq!(new.pictures(&SEEN).1, "");
}

#[test]
fn diabetes() {
    let (new, said) = Newcomer::with("diabetes", "progression");
    assert!(!said.contains("diagnosis"), "{said}");
    let judged = new.evaluation(&[]);
    let r2 = |part: usize| judged["parts"][part]["numbers"][0]["r2"].as_f64().unwrap();
    // A straight line explains 0.52 of the table; without scaling the network got -1.77.
    assert!(r2(0) > 0.5 && r2(1) > 0.4, "{judged}");
    let (pictures, said) = new.pictures(&[]);
    assert_eq!(said, "");
    assert!(
        pictures.contains(&"residuals.svg".to_owned())
            && !pictures.contains(&"boundary.svg".to_owned()),
        "{pictures:?}"
    );
    // What moves of a regression is chosen.
    new.ok(&[
        "animate",
        "run",
        "--format",
        "png-frames",
        "--fps",
        "1",
        "--size",
        "400x400",
    ]);
    let (answers, _) = new.ok(&["predict", "run", "--data", &new.table]);
    let mean = answers
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap().parse::<f64>().unwrap())
        .sum::<f64>()
        / 442.0;
    // The table's own mean is 152.1.
    assert!((mean - 152.1).abs() < 10.0, "{mean}");
    let late = ["figure", "run", "loss", "--epoch", "1000"];
    let (_, _, said) = foldspace(new.folder.path(), &late);
    assert!(
        said.contains("ask for 100; the captured ones are 0, 1, 2")
            && said.contains("99, 100 (101 of them"),
        "{said}"
    );
}

/// Two runs are drawn over the same axes, whatever their gradients.
#[test]
fn gradients_have_an_axis_that_two_runs_share() {
    let ticks = |table: &str, target: &str| {
        let (new, _) = Newcomer::with(table, target);
        new.ok(&[
            "figure",
            "run",
            "gradients",
            "--format",
            "svg",
            "--svg-text",
        ]);
        let svg = fs::read_to_string(new.folder.path().join("run/figures/gradients.svg")).unwrap();
        // Where the labels of the upright axis stand.
        let mut at: Vec<String> = svg
            .split("<text")
            .filter(|text| text.contains("10"))
            .filter_map(|text| {
                text.split(" y=\"")
                    .nth(1)?
                    .split('"')
                    .next()
                    .map(str::to_owned)
            })
            .collect();
        at.sort();
        at
    };
    let wine = ticks("wine", "cultivar");
    assert!(wine.len() > 2, "{wine:?}");
    assert_eq!(wine, ticks("diabetes", "progression"));
}
