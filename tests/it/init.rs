//! `foldspace init`: configurations that fit people's files, as processes.

use std::fs;

use foldspace::config::Config;
use foldspace::data::Target;

use crate::program::{ended, text};

/// What is drafted for a file, read again: the configuration and what was said.
fn drafted(name: &str, contents: &[u8], arguments: &[&str]) -> (Config, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), contents).unwrap();
    let all = [&["init", name, "-o", "a.toml"][..], arguments].concat();
    let output = ended(folder.path(), &all);
    let said = text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let train = ["train", "a.toml", "--epochs", "1", "--out", "run", "-q"];
    let trained = ended(folder.path(), &train);
    assert!(trained.status.success(), "{}", text(&trained.stderr));
    (
        Config::from_file(&folder.path().join("a.toml"), &[]).unwrap(),
        said,
    )
}

/// Forty lines of a table.
fn lines(header: &str, line: impl Fn(usize) -> String) -> Vec<u8> {
    let lines: Vec<String> = (0..40).map(line).collect();
    format!("{header}\n{}\n", lines.join("\n")).into_bytes()
}

fn outputs(config: &Config) -> (usize, &'static str, &'static str) {
    let last = config.model.layers.last().unwrap();
    (last.units, last.activation.name(), config.train.loss.name())
}

#[test]
fn classes_by_word_and_by_number() {
    let words = lines("a,b,kind", |i| {
        format!("{},{},{}", i * 7 % 11, i, ["x", "y", "z"][i % 3])
    });
    let (config, said) = drafted("a.csv", &words, &[]);
    assert_eq!(outputs(&config), (3, "softmax", "cross_entropy"));
    assert!(
        said.contains("the last column, kind, is taken for the target"),
        "{said}"
    );
    // A target is found by its name where it does not stand last.
    let first = lines("Class,a,b", |i| format!("{},{},{}", i % 2, i * 7 % 11, i));
    let (config, said) = drafted("a.csv", &first, &[]);
    assert_eq!(outputs(&config), (1, "sigmoid", "bce"));
    assert!(!said.contains("the last column"), "{said}");
}

#[test]
fn numbers_whole_and_not() {
    for value in [
        |i: usize| format!("{}", 3 * i + 20),
        |i: usize| format!("{}.5", i / 2),
    ] {
        let table = lines("a,b,price", |i| {
            format!("{},{},{}", i * 7 % 11, i, value(i))
        });
        let (config, _) = drafted("a.csv", &table, &[]);
        assert_eq!(outputs(&config), (1, "identity", "mse"));
        assert!(config.data.standardise_targets && config.data.standardise);
    }
}

#[test]
fn what_programs_and_people_write() {
    // Quotes, a separator, decimal commas, a name with a quote, missing values, text with few and with many values.
    let table = lines("id;\"Größe \"\"cm\"\"\";city;name;label", |i| {
        let size = if i == 7 {
            String::new()
        } else {
            format!("1{},{}", i % 9, i % 10)
        };
        format!(
            "{i};{size};{};\"person {i}\";{}",
            ["Rom", "Bern"][i % 2],
            ["yes", "no"][i % 5 % 2]
        )
    });
    let (config, said) = drafted("a.csv", &table, &[]);
    assert_eq!(outputs(&config), (1, "sigmoid", "bce"));
    assert!(
        said.contains("name: it holds text with 40 distinct values"),
        "{said}"
    );
    assert!(
        said.contains("every value of city becomes a feature"),
        "{said}"
    );
    assert!(said.contains("1 values are missing"), "{said}");
    assert!(said.contains("id: "), "{said}");
}

#[test]
fn features_that_have_the_size_of_one_stay_as_they_are() {
    let table = lines("a,b,label", |i| {
        format!(
            "{},{},{}",
            i as f64 / 10.0 - 2.0,
            (i * 7 % 40) as f64 / 10.0 - 2.0,
            i % 2
        )
    });
    let (config, _) = drafted("a.csv", &table, &[]);
    assert!(!config.data.standardise);
}

#[test]
fn a_file_without_a_header_and_numpys_arrays() {
    let table: Vec<String> = (0..30)
        .map(|i| format!("{},{},{}", i * 7 % 11, i, i % 2))
        .collect();
    let (config, said) = drafted("a.csv", table.join("\n").as_bytes(), &[]);
    assert_eq!(outputs(&config), (1, "sigmoid", "bce"));
    assert!(said.contains("the last column, x3"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let made = ended(
        folder.path(),
        &["data", "spiral", "--samples", "60", "-o", "a.npz"],
    );
    assert!(made.status.success());
    let drafted = ended(folder.path(), &["init", "a.npz"]);
    assert!(drafted.status.success(), "{}", text(&drafted.stderr));
    let config = Config::from_file(&folder.path().join("a.toml"), &[]).unwrap();
    let set = config.data.load(1, folder.path()).unwrap();
    assert!(matches!(set.target, Target::Classes { .. }));
    let trained = ended(folder.path(), &["train", "a.toml", "--epochs", "1", "-q"]);
    assert!(trained.status.success(), "{}", text(&trained.stderr));
}

#[test]
fn another_target_and_refusals() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a.csv"),
        lines("a,b,label", |i| format!("{},{},{}", i, i * 7 % 11, i % 2)),
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let output = ended(folder.path(), arguments);
        (output.status.code(), text(&output.stderr))
    };
    assert_eq!(run(&["init", "a.csv", "--target", "a"]).0, Some(0));
    let config = Config::from_file(&folder.path().join("a.toml"), &[]).unwrap();
    assert_eq!(outputs(&config), (1, "identity", "mse"));
    let (code, said) = run(&["init", "a.csv"]);
    assert!(
        code == Some(1) && said.contains("add --overwrite"),
        "{said}"
    );
    let (code, said) = run(&["init", "a.csv", "--overwrite", "--target", "lable"]);
    assert!(
        code == Some(1) && said.contains("did you mean label?"),
        "{said}"
    );
    fs::write(folder.path().join("same.csv"), "a,label\n1,x\n2,x\n").unwrap();
    let (code, said) = run(&["init", "same.csv"]);
    assert!(
        code == Some(1) && said.contains("every sample is of class x"),
        "{said}"
    );
    let (code, said) = run(&["init", "nothing.csv"]);
    assert!(code == Some(1) && said.contains("nothing.csv"), "{said}");
    assert_eq!(run(&["init"]).0, Some(2));
}

/// Uncommenting every key that stands at its default changes nothing.
#[test]
fn what_stands_in_comments_are_the_defaults() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("a.csv"),
        lines("a,b,label", |i| format!("{},{},{}", i, i * 7 % 11, i % 2)),
    )
    .unwrap();
    assert!(ended(folder.path(), &["init", "a.csv"]).status.success());
    let path = folder.path().join("a.toml");
    let written = fs::read_to_string(&path).unwrap();
    let plain = Config::from_file(&path, &[]).unwrap().resolved();
    let is_key = |line: &str| {
        line.split_once(" = ")
            .is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
    };
    let mut opened = 0;
    let lines: Vec<String> = written
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if is_key(rest) => {
                opened += 1;
                rest.to_owned()
            }
            _ => line.to_owned(),
        })
        .collect();
    fs::write(&path, lines.join("\n")).unwrap();
    assert!(opened > 8, "{written}");
    assert_eq!(Config::from_file(&path, &[]).unwrap().resolved(), plain);
}
