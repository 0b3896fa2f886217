//! Sizes and names of pictures: what is too small is refused with what is not, and no picture overwrites that of another epoch.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::program::ended;

const CONFIG: &str = "seed = 3\n[data]\nname = \"moons\"\nsamples = 60\nnoise = 0.1\ntest_fraction = 0.25\n[model]\nlayers = [{ units = 6, activation = \"tanh\" }, \
                      { units = 2, activation = \"tanh\", name = \"embedding\" }, { units = 1, activation = \"sigmoid\" }]\n\
                      [train]\nepochs = 4\nloss = \"bce\"\noptimizer = { name = \"adam\", lr = 0.05 }\n";

fn trained() -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.toml"), CONFIG).unwrap();
    let output = ended(folder.path(), &["train", "a.toml", "--out", "run"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{said}");
    (folder, said)
}

/// The size that a refusal names.
fn least(said: &str) -> String {
    let (_, rest) = said
        .split_once("give at least --size ")
        .unwrap_or_else(|| panic!("no size in {said}"));
    rest.split([',', ' ']).next().unwrap().to_owned()
}

#[test]
fn a_size_without_room_is_refused_with_the_least_that_has() {
    let (folder, _) = trained();
    for (command, name) in [
        ("figure", "data"),
        ("figure", "loss"),
        ("figure", "boundary"),
        ("figure", "embedding"),
        ("figure", "confusion"),
        ("figure", "network"),
        ("figure", "weights"),
        ("figure", "spectrum"),
        ("figure", "turns"),
        ("animate", "boundary"),
    ] {
        for size in ["50x50", "0x0", "900x20", "20x900"] {
            let arguments = [command, "run", name, "--size", size];
            let output = ended(folder.path(), &arguments);
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{name} {size}: {said}");
            let least = least(&said);
            let sides = |size: &str| -> Vec<u32> {
                size.split('x').map(|side| side.parse().unwrap()).collect()
            };
            let (wanted, least_sides) = (sides(size), sides(&least));
            assert!(
                least_sides[0] >= wanted[0] && least_sides[1] >= wanted[1],
                "{name}: {said}"
            );
            assert!(
                least_sides.iter().all(|&side| side < 1400),
                "{name}: {said}"
            );
            // It works at what it names.
            if size != "20x900" {
                let arguments = [command, "run", name, "--size", &least];
                let output = ended(folder.path(), &arguments);
                let said = String::from_utf8(output.stderr).unwrap();
                assert!(output.status.success(), "{name} at {least}: {said}");
            }
        }
    }
    // All of them at once: those without room are left out and said; where none has, that is an error.
    let none = ended(folder.path(), &["figure", "run", "--size", "40x40"]);
    assert_eq!(none.status.code(), Some(1));
    let said = String::from_utf8(none.stderr).unwrap();
    assert!(said.contains("give at least --size"), "{said}");
}

#[test]
fn no_picture_overwrites_that_of_another_epoch() {
    let (folder, _) = trained();
    let figures = folder.path().join("run/figures");
    let draw = |more: &[&str]| {
        let output = ended(
            folder.path(),
            &[
                &[
                    "figure", "run", "boundary", "loss", "betti", "--format", "svg",
                ],
                more,
            ]
            .concat(),
        );
        assert!(output.status.success());
    };
    draw(&[]);
    let last = fs::read(figures.join("boundary.svg")).unwrap();
    draw(&["--epoch", "1"]);
    draw(&["--epoch", "3"]);
    assert_eq!(fs::read(figures.join("boundary.svg")).unwrap(), last);
    let of = |name: &str| fs::read(figures.join(name)).unwrap();
    assert_ne!(of("boundary-epoch-1.svg"), last);
    assert_ne!(of("boundary-epoch-1.svg"), of("boundary-epoch-3.svg"));
    assert_ne!(of("betti-epoch-1.csv"), of("betti.csv"));
    // What is of the whole training has one name.
    assert!(!figures.join("loss-epoch-1.svg").exists());
}

#[test]
fn training_ends_with_what_the_run_takes_on_the_disk() {
    let (folder, said) = trained();
    let line = said
        .lines()
        .find(|line| line.starts_with("note: the run takes"))
        .unwrap_or_else(|| panic!("{said}"));
    assert!(line.contains("of 5 captured epochs: weights 0.0"), "{line}");
    assert!(!line.contains("activations"), "none were captured: {line}");
    let weights: u64 = fs::read_dir(folder.path().join("run/weights"))
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().len())
        .sum();
    let expected = format!("weights {:.3} MB", weights as f64 * 1e-6);
    assert!(line.contains(&expected), "{line} is not {expected}");
    assert!(!line.contains("capture.every"), "it is small: {line}");
}

/// The texts of an SVG file with text, with where they stand.
fn texts(svg: &str) -> Vec<String> {
    let parts = svg.split("<text").skip(1);
    let inner = parts.filter_map(|part| part.split_once('>')?.1.split_once("</text>"));
    let plain = |text: &str| -> String {
        let mut inside = false;
        let kept = text.chars().filter(|&c| match c {
            '<' => {
                inside = true;
                false
            }
            '>' => {
                inside = false;
                false
            }
            _ => !inside,
        });
        kept.collect()
    };
    inner.map(|(text, _)| plain(text)).collect()
}

fn drawn(folder: &Path, name: &str) -> Vec<String> {
    let output = ended(
        folder,
        &["figure", "run", name, "--format", "svg", "--svg-text"],
    );
    assert!(output.status.success());
    let svg = fs::read_to_string(folder.join(format!("run/figures/{name}.svg"))).unwrap();
    texts(&svg)
}

/// Samples far from all others are outside the window of the embedding, and the caption says how many; without any it says nothing.
#[test]
fn what_the_window_of_an_embedding_leaves_out_is_said() {
    let config = "seed = 1\n[data]\npath = \"a.csv\"\ntarget = \"c\"\ntest_fraction = 0.0\n[model]\nlayers = [{ units = 2, activation = \"identity\" }, \
                  { units = 1, activation = \"sigmoid\" }]\n[train]\nepochs = 1\nloss = \"bce\"\noptimizer = { name = \"sgd\", lr = 0.001 }\n";
    for far in [0, 2] {
        let folder = tempfile::tempdir().unwrap();
        let mut table = String::from("a,b,c\n");
        for i in 0..200 {
            let t = f64::from(i) * 0.031;
            table += &format!("{},{},{}\n", libm::sin(t), libm::cos(3.0 * t), i % 2);
        }
        for k in 0..far {
            table += &format!("{},{},{k}\n", 4000 + k, 9000 - k);
        }
        fs::write(folder.path().join("a.csv"), table).unwrap();
        fs::write(folder.path().join("a.toml"), config).unwrap();
        let output = ended(folder.path(), &["train", "a.toml", "--out", "run"]);
        assert!(output.status.success(), "{output:?}");
        let said = drawn(folder.path(), "embedding").join(" ");
        let sentence = format!("The window leaves out {far} of {} samples", 200 + far);
        assert_eq!(said.contains(&sentence), far > 0, "{said}");
        assert_eq!(said.contains("leaves out"), far > 0, "{said}");
    }
}

/// Singular values are counted, so their axis has whole numbers, however few there are.
#[test]
fn singular_values_have_whole_numbers_along_their_axis() {
    let (folder, _) = trained();
    let texts = drawn(folder.path(), "spectrum");
    // 2 -> 6 -> 2 -> 1: two, two values and one. The numbers below come first.
    let start = texts
        .iter()
        .position(|text| text.starts_with("After epoch"));
    let below: Vec<&String> = texts.iter().skip(start.unwrap() + 1).take(3).collect();
    assert!(
        below[..2] == ["1", "2"] && below[2].contains('.'),
        "{texts:?}"
    );
}
