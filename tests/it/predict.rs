//! `foldspace predict`, `evaluate` and `compare`: files with columns in another order, missing, unknown, as processes.

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use tempfile::TempDir;

use crate::program::{ended, text};

/// A line of the table that the runs are trained on: two numbers, a city, true or false, and a class that they decide.
fn line(i: usize) -> [String; 5] {
    let (a, b) = (100.0 + (i * 7 % 23) as f64, (i * 5 % 17) as f64 / 100.0);
    let city = ["Rom", "Bern", "Oslo"][i % 3];
    let kind = if a + 300.0 * b > 135.0 { "high" } else { "low" };
    [
        a.to_string(),
        b.to_string(),
        city.to_owned(),
        i.is_multiple_of(2).to_string(),
        kind.to_owned(),
    ]
}

const HEADER: [&str; 5] = ["a", "b", "city", "open", "kind"];

struct Trained {
    folder: TempDir,
}

/// A run of classes and one of numbers, trained once.
static TRAINED: LazyLock<Trained> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<String> = (0..60).map(|i| line(i).join(",")).collect();
    fs::write(
        folder.path().join("t.csv"),
        format!("{}\n{}\n", HEADER.join(","), rows.join("\n")),
    )
    .unwrap();
    for (target, run) in [("kind", "classes"), ("a", "numbers")] {
        let made = ended(
            folder.path(),
            &[
                "init",
                "t.csv",
                "--target",
                target,
                "-o",
                "t.toml",
                "--overwrite",
            ],
        );
        assert!(made.status.success(), "{}", text(&made.stderr));
        let trained = ended(
            folder.path(),
            &["train", "t.toml", "--out", run, "--epochs", "30", "-q"],
        );
        assert!(trained.status.success(), "{}", text(&trained.stderr));
    }
    Trained { folder }
});

fn at(name: &str) -> PathBuf {
    TRAINED.folder.path().join(name)
}

/// A file of some lines with these columns.
fn file(name: &str, columns: &[&str], rows: impl Iterator<Item = usize>) -> String {
    let cells = |i: usize| {
        let line = line(i);
        let cell = |column: &&str| match HEADER.iter().position(|name| name == column) {
            Some(at) => line[at].clone(),
            None => "77".to_owned(),
        };
        columns.iter().map(cell).collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = rows.map(cells).collect();
    fs::write(
        at(name),
        format!("{}\n{}\n", columns.join(","), rows.join("\n")),
    )
    .unwrap();
    name.to_owned()
}

/// The answers, without where each sample stands.
fn answers(arguments: &[&str]) -> (Vec<String>, String) {
    let output = ended(TRAINED.folder.path(), &[&["predict"], arguments].concat());
    assert!(
        output.status.success(),
        "{arguments:?}: {}",
        text(&output.stderr)
    );
    let lines = text(&output.stdout);
    let rows = lines
        .lines()
        .map(|line| line.split_once(',').unwrap().1.to_owned());
    (rows.collect(), text(&output.stderr))
}

fn refused(arguments: &[&str]) -> String {
    let output = ended(TRAINED.folder.path(), arguments);
    let said = text(&output.stderr);
    assert_eq!(
        output.status.code(),
        Some(1),
        "{arguments:?}: {}{said}",
        text(&output.stdout)
    );
    assert!(output.stdout.is_empty());
    said
}

#[test]
fn columns_are_found_by_name() {
    let whole = file("whole.csv", &HEADER, 0..60);
    let (expected, said) = answers(&["classes", "--data", &whole]);
    assert_eq!(
        (expected.len(), said.as_str()),
        (61, "note: true and false are 1 and 0 in open\n")
    );
    assert_eq!(expected[0], "prediction,probability high,probability low");
    // Another order, no target, columns that nobody asked for.
    let order = file("order.csv", &["open", "city", "b", "extra", "a"], 0..60);
    let (other, said) = answers(&["classes", "--data", &order]);
    assert_eq!(other, expected);
    assert!(said.contains("not trained on extra"), "{said}");
    // One line alone is standardised by the training part, not by itself.
    let one = file("one.csv", &["a", "b", "city", "open"], 17..18);
    assert_eq!(answers(&["classes", "--data", &one]).0[1], expected[18]);
    // Semicolons and decimal commas.
    let commas = fs::read_to_string(at("order.csv"))
        .unwrap()
        .replace(',', ";")
        .replace('.', ",");
    fs::write(at("commas.csv"), commas).unwrap();
    assert_eq!(answers(&["classes", "--data", "commas.csv"]).0, expected);
    // The probabilities add up, and the larger one decides.
    for row in &expected[1..] {
        let cells: Vec<&str> = row.split(',').collect();
        let p: Vec<f64> = cells[1..]
            .iter()
            .map(|cell| cell.parse().unwrap())
            .collect();
        assert!((p[0] + p[1] - 1.0).abs() < 1e-12);
        assert_eq!(cells[0], if p[1] > p[0] { "low" } else { "high" });
    }
}

/// Numbers are in the target's unit: a is about 110, and the network knows it well enough.
#[test]
fn numbers_are_in_their_unit() {
    let whole = file("w2.csv", &["b", "city", "open", "kind"], 0..60);
    let (rows, _) = answers(&["numbers", "--data", &whole, "-o", "/dev/stdout"]);
    assert_eq!(rows[0], "prediction");
    let mean = rows[1..]
        .iter()
        .map(|row| row.parse::<f64>().unwrap())
        .sum::<f64>()
        / 60.0;
    assert!((mean - 111.0).abs() < 4.0, "{mean}");
}

#[test]
fn what_does_not_fit_is_refused_with_the_way_out() {
    let lacking = file("lacking.csv", &["a", "open"], 0..5);
    let said = refused(&["predict", "classes", "--data", &lacking]);
    assert!(
        said.contains("the columns b, city are missing") && said.contains("there are a, open"),
        "{said}"
    );
    fs::write(at("word.csv"), "a,b,city,open\n1,x,Rom,true\n").unwrap();
    let said = refused(&["predict", "classes", "--data", "word.csv"]);
    assert!(
        said.contains("word.csv:2, column b: `x` is not a finite number"),
        "{said}"
    );
    fs::write(
        at("city.csv"),
        "a,b,city,open\n1,2,Rom,true\n1,2,Paris,false\n",
    )
    .unwrap();
    let said = refused(&["predict", "classes", "--data", "city.csv"]);
    assert!(
        said.contains("city.csv:3, column city: `Paris` is a value that was not there in training"),
        "{said}"
    );
    fs::write(at("twice.csv"), "a,a,b,city,open\n1,1,2,Rom,true\n").unwrap();
    let said = refused(&["predict", "classes", "--data", "twice.csv"]);
    assert!(said.contains("column a is named twice"), "{said}");
    fs::write(
        at("headless.csv"),
        "100,0.1,Rom,true\n105,0.2,Bern,false\n110,0.1,Oslo,true\n",
    )
    .unwrap();
    let said = refused(&["predict", "classes", "--data", "headless.csv"]);
    assert!(
        said.contains("put the names of the columns into the first line"),
        "{said}"
    );
    let said = refused(&["predict", "classes", "--data", "nothing.csv"]);
    assert!(said.contains("nothing.csv"), "{said}");
    fs::write(at("empty.csv"), "a,b,city,open\n").unwrap();
    let said = refused(&["predict", "classes", "--data", "empty.csv"]);
    assert!(said.contains("no samples below the header"), "{said}");
    let gz = [&b"\x1f\x8b"[..], &[0; 20]].concat();
    fs::write(at("a.gz"), gz).unwrap();
    assert!(refused(&["predict", "classes", "--data", "a.gz"]).contains("gunzip"));
    let said = refused(&["predict", "classes", "--data", "whole.csv", "--epoch", "99"]);
    assert!(said.contains("epoch 99 was not captured"), "{said}");
}

#[test]
fn missing_values_are_an_error_filled_or_left_out() {
    fs::write(
        at("holes.csv"),
        "a,b,city,open\n100,0.1,Rom,true\n,0.1,Bern,true\n105,,Oslo,\n",
    )
    .unwrap();
    let said = refused(&["predict", "classes", "--data", "holes.csv"]);
    assert!(
        said.contains("values are missing in 2 samples, the first in line 3 (a)"),
        "{said}"
    );
    assert!(said.contains("--missing mean"), "{said}");
    let (dropped, said) = answers(&["classes", "--data", "holes.csv", "--missing", "drop"]);
    assert_eq!(dropped.len(), 2);
    assert!(said.contains("2 of 3 samples are left out"), "{said}");
    let (filled, _) = answers(&["classes", "--data", "holes.csv", "--missing", "mean"]);
    assert_eq!((filled.len(), &filled[1]), (4, &dropped[1]));
    // The mean is the training part's, not this file's: the same line alone gets the same answer.
    fs::write(at("hole.csv"), "a,b,city,open\n,0.1,Bern,true\n").unwrap();
    let (alone, _) = answers(&["classes", "--data", "hole.csv", "--missing", "mean"]);
    assert_eq!(alone[1], filled[2]);
}

#[test]
fn evaluation_of_a_run_and_of_a_file() {
    let json = |arguments: &[&str]| -> serde_json::Value {
        let output = ended(TRAINED.folder.path(), arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let own = json(&["evaluate", "classes", "--json"]);
    let parts = own["parts"].as_array().unwrap();
    assert_eq!(
        (parts[0]["part"].as_str(), parts[1]["part"].as_str()),
        (Some("training"), Some("held out"))
    );
    assert_eq!(parts[0]["classes"]["samples"], 48);
    // The whole file is both parts together.
    let whole = file("e.csv", &["kind", "open", "city", "b", "a"], 0..60);
    let all = json(&["evaluate", "classes", "--data", &whole, "--json"]);
    let sum = |part: &serde_json::Value| -> u64 {
        let rows = part["classes"]["confusion"].as_array().unwrap();
        (0..rows.len()).map(|k| rows[k][k].as_u64().unwrap()).sum()
    };
    assert_eq!(sum(&all["parts"][0]), sum(&parts[0]) + sum(&parts[1]));
    let loss = |part: &serde_json::Value| part["loss"].as_f64().unwrap();
    let mean = (48.0 * loss(&parts[0]) + 12.0 * loss(&parts[1])) / 60.0;
    assert!((loss(&all["parts"][0]) - mean).abs() < 1e-9);
    let numbers = json(&["evaluate", "numbers", "--json"]);
    assert!(
        numbers["parts"][0]["numbers"][0]["rmse"].as_f64().unwrap() < 8.0,
        "{numbers}"
    );

    let output = ended(
        TRAINED.folder.path(),
        &["evaluate", "classes", "--data", &whole, "--out", "pictures"],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(at("pictures/confusion.svg").is_file() && at("pictures/confusion.png").is_file());
    let said = text(&output.stdout);
    assert!(
        said.contains("precision") && said.contains("truth \\ said"),
        "{said}"
    );
    for (run, name) in [("classes", "confusion"), ("numbers", "residuals")] {
        let output = ended(TRAINED.folder.path(), &["figure", run, name]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let said = refused(&["figure", "numbers", "confusion"]);
    assert!(said.contains("draw `residuals`"), "{said}");
}

#[test]
fn a_file_that_does_not_say_what_is_right() {
    let none = file("none.csv", &["a", "b", "city", "open"], 0..5);
    let said = refused(&["evaluate", "classes", "--data", &none]);
    assert!(
        said.contains("there is no target column")
            && said.contains("`foldspace predict` needs none"),
        "{said}"
    );
    fs::write(
        at("strange.csv"),
        "a,b,city,open,kind\n1,2,Rom,true,high\n1,2,Rom,false,middle\n",
    )
    .unwrap();
    let said = refused(&["evaluate", "classes", "--data", "strange.csv"]);
    assert!(
        said.contains("line 3 is of class middle, which was not there in training"),
        "{said}"
    );
    assert!(said.contains("the network knows high, low"), "{said}");
    // One class alone can be judged, and a sample without an answer is left out.
    fs::write(
        at("few.csv"),
        "a,b,city,open,kind\n101,0.01,Rom,true,low\n102,0.01,Rom,false,\n",
    )
    .unwrap();
    let output = ended(
        TRAINED.folder.path(),
        &["evaluate", "classes", "--data", "few.csv"],
    );
    let said = text(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 of 2 samples have no target"),
        "{said}"
    );
}

#[test]
fn runs_beside_each_other() {
    let output = ended(
        TRAINED.folder.path(),
        &[
            "train",
            "t.toml",
            "--out",
            "other",
            "--epochs",
            "5",
            "--set",
            "model.layers.0.units=3",
            "-q",
        ],
    );
    assert!(output.status.success(), "{}", text(&output.stderr));
    let output = ended(TRAINED.folder.path(), &["compare", "numbers", "other"]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    for expected in [
        "model.layers.0.units",
        "train.epochs",
        "held out: R2",
        "training: RMSE",
    ] {
        assert!(said.contains(expected), "{said}");
    }
    assert!(!said.contains("train.loss"), "{said}");
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
    // Other samples are held out: it is said.
    let output = ended(
        TRAINED.folder.path(),
        &[
            "train", "t.toml", "--out", "seed", "--epochs", "2", "--seed", "3", "-q",
        ],
    );
    assert!(output.status.success());
    let output = ended(TRAINED.folder.path(), &["compare", "numbers", "seed"]);
    assert!(text(&output.stderr).contains("do not hold out the same samples"));
    assert_eq!(
        ended(TRAINED.folder.path(), &["compare", "numbers"])
            .status
            .code(),
        Some(2)
    );
}
