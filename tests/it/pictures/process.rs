//! The program as a process: what it draws of files that people have, and what it says.

use std::path::Path;
use std::process::Output;

use crate::program::command;

fn foldspace(arguments: &[&str], fonts: &Path, directory: &Path) -> Output {
    command(directory, arguments)
        .env("FOLDSPACE_FONTS", fonts)
        .output()
        .unwrap()
}

fn config(data: &str, outputs: &str) -> String {
    format!(
        "seed = 1\n[data]\n{data}\n[[model.layers]]\nunits = 4\nactivation = \"tanh\"\n[[model.layers]]\nunits = 2\n\
         activation = \"tanh\"\n{outputs}\n[train]\nepochs = 2\noptimizer = {{ name = \"sgd\", lr = 0.1 }}\n{}\n",
        if outputs.contains("units = 1\n") {
            "loss = \"bce\""
        } else {
            "loss = \"cross_entropy\""
        }
    )
}

const TWO: &str = "[[model.layers]]\nunits = 1\nactivation = \"sigmoid\"";

/// Trains on a table and returns the directory that holds it and the run.
fn trained(csv: &str, data: &str, outputs: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data.csv"), csv).unwrap();
    let config = config(&format!("path = \"data.csv\"\n{data}"), outputs);
    std::fs::write(folder.path().join("run.toml"), config).unwrap();
    let done = foldspace(
        &["train", "run.toml", "--out", "run"],
        folder.path(),
        folder.path(),
    );
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    folder
}

fn table(names: [&str; 2], header: &str) -> String {
    let mut csv = format!("{header}\n");
    for i in 0..60 {
        let t = f64::from(i) * 0.7;
        let x = libm::cos(t) + f64::from(i % 2);
        csv += &format!("{x},{},\"{}\"\n", libm::sin(t), names[i as usize % 2]);
    }
    csv
}

#[test]
fn names_in_other_scripts_are_drawn_with_the_fonts_there_are() {
    let folder = trained(
        &table(["кошка", "قطة"], "длина,масса,вид"),
        "target = \"вид\"",
        TWO,
    );
    let draw = |fonts: &Path, out: &str| {
        let done = foldspace(
            &["figure", "run", "data", "--format", "svg", "--out", out],
            fonts,
            folder.path(),
        );
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(done.status.success(), "{said}");
        (
            std::fs::read_to_string(folder.path().join(out).join("data.svg")).unwrap(),
            said,
        )
    };
    // No fonts at all: boxes, and a word about it.
    let (boxed, said) = draw(&folder.path().join("run"), "none");
    assert!(
        said.contains("note: no font on this machine has U+0430")
            && said.contains("FOLDSPACE_FONTS"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/fonts");
    let (drawn, said) = draw(&fonts, "some");
    assert_eq!(said, "");
    let (again, _) = draw(&fonts, "again");
    assert_eq!(drawn, again);
    for svg in [&boxed, &drawn] {
        for name in ["кошка", "قطة", "длина", "масса"] {
            assert!(svg.contains(&format!("aria-label=\"{name}\"")), "{name}");
        }
    }
    let outline = |svg: &str, name: &str| {
        let line = svg
            .lines()
            .find(|line| line.contains(&format!("\"{name}\"")))
            .unwrap();
        line.split(" d=").nth(1).unwrap().len()
    };
    assert!(outline(&boxed, "кошка") != outline(&drawn, "кошка"));
}

#[test]
fn letters_join_and_run_from_right_to_left() {
    // قطة: the shaper gives the initial, the medial and the final form, so three glyphs unlike those of lone letters.
    let folder = trained(&table(["قطة", "ة ط ق"], "x,y,label"), "", TWO);
    let fonts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/fixtures/fonts");
    let done = foldspace(
        &["figure", "run", "data", "--format", "svg"],
        &fonts,
        folder.path(),
    );
    assert!(done.status.success());
    let svg = std::fs::read_to_string(folder.path().join("run/figures/data.svg")).unwrap();
    let path = |name: &str| -> Vec<(f64, usize)> {
        let line = svg
            .lines()
            .find(|line| line.contains(&format!("aria-label=\"{name}\"")))
            .unwrap();
        let path = line.split(" d=\"").nth(1).unwrap();
        // Where each contour starts, and how many curves it has.
        path.split('M')
            .skip(1)
            .map(|contour| {
                let x = contour
                    .split([' ', 'L', 'Q', 'C'])
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap();
                (x, contour.matches(['L', 'Q', 'C']).count())
            })
            .collect()
    };
    let (joined, apart) = (path("قطة"), path("ة ط ق"));
    let curves = |path: &[(f64, usize)]| {
        let mut counts: Vec<usize> = path.iter().map(|(_, curves)| *curves).collect();
        counts.sort_unstable();
        counts
    };
    assert_ne!(
        curves(&joined),
        curves(&apart),
        "joined letters have other forms"
    );
}

#[test]
fn one_feature_has_its_picture_and_its_film() {
    let mut csv = String::from("length ($),kind\n");
    for i in 0..60 {
        csv += &format!(
            "{},{}\n",
            f64::from(i * 37 % 60) / 10.0,
            if i * 37 % 60 < 30 { "short" } else { "long" }
        );
    }
    let folder = trained(&csv, "target = \"kind\"", TWO);
    for arguments in [
        &["figure", "run", "data", "boundary", "--format", "svg"][..],
        &[
            "animate", "run", "boundary", "--format", "gif", "--out", "film",
        ],
    ] {
        let done = foldspace(arguments, folder.path(), folder.path());
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
    let svg = std::fs::read_to_string(folder.path().join("run/figures/boundary.svg")).unwrap();
    assert!(
        svg.contains("aria-label=\"length ($)\"") && svg.contains("aria-label=\"probability of"),
        "{svg}"
    );
    let refused = foldspace(&["animate", "run", "flow"], folder.path(), folder.path());
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        said.contains("one feature") && said.contains("boundary"),
        "{said}"
    );
}

#[test]
fn data_beyond_what_training_holds_are_refused_at_once() {
    for (scale, offset, word) in [
        ("1e299", "0", "beyond"),
        ("1e-290", "0", "all as"),
        ("1e-3", "1000000000", "all as"),
    ] {
        let (scale, offset): (f64, f64) = (scale.parse().unwrap(), offset.parse().unwrap());
        let mut csv = String::from("x,y,label\n");
        for i in 0..40 {
            csv += &format!(
                "{:?},{},{}\n",
                offset + scale * libm::sin(f64::from(i)),
                i % 7,
                i % 2
            );
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("data.csv"), &csv).unwrap();
        std::fs::write(
            folder.path().join("run.toml"),
            config("path = \"data.csv\"", TWO),
        )
        .unwrap();
        let refused = foldspace(
            &["train", "run.toml", "--out", "run"],
            folder.path(),
            folder.path(),
        );
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{said}");
        assert!(
            said.contains("feature x")
                && said.contains(word)
                && said.contains("standardise = true"),
            "{said}"
        );
        // And the way out leads somewhere, to every picture.
        let folder = trained(&csv, "standardise = true", TWO);
        let done = foldspace(
            &["figure", "run", "--format", "svg,pdf"],
            folder.path(),
            folder.path(),
        );
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{said}");
        for name in ["data", "loss", "boundary", "embedding"] {
            assert!(
                folder
                    .path()
                    .join(format!("run/figures/{name}.svg"))
                    .exists(),
                "{name}: {said}"
            );
            assert!(
                folder
                    .path()
                    .join(format!("run/figures/{name}.pdf"))
                    .exists(),
                "{name}: {said}"
            );
        }
    }
}
