//! The warning that a network is too narrow to surround a class, and when the data make it matter.

use std::f64::consts::TAU;
use std::path::Path;

use faer::Mat;
use foldspace::config::Config;
use foldspace::geometry::Width;
use foldspace::geometry::{Surrounding, surrounding, width_warning};
use foldspace::geometry::{linking_number, ring};
use foldspace::model::Activation;

use crate::program::{succeed, succeeded};

fn config(data: &str, hidden: &[usize], activation: &str, seed: u64, more: &str) -> String {
    let layers: Vec<String> = hidden
        .iter()
        .map(|units| format!("{{ units = {units}, activation = '{activation}' }}"))
        .collect();
    format!(
        "seed = {seed}\n[data]\n{data}\n[model]\nlayers = [{}, {{ units = 1, activation = 'sigmoid' }}]\n\
         [train]\nepochs = 1\nloss = 'bce'\noptimizer = {{ name = 'sgd', lr = 0.1 }}\n{more}",
        layers.join(", ")
    )
}

/// `train` and `inspect --json` of a configuration.
fn trained(directory: &Path, text: &str) -> (String, serde_json::Value, bool) {
    let file = directory.join("net.toml");
    std::fs::write(&file, text).unwrap();
    let train = ["train", "--overwrite", "--out", "run", "net.toml"];
    let (_, said) = succeeded(directory, &train);
    let inspected = succeed(directory, &["inspect", "--json", "run"]);
    let record = directory.join("run/width_warning.json").exists();
    (said, serde_json::from_str(&inspected).unwrap(), record)
}

#[test]
fn circles_and_two_units_warn_and_three_or_gelu_do_not() {
    let directory = tempfile::tempdir().unwrap();
    let circles = "name = 'circles'\nnoise = 0.05";
    let (said, json, record) = trained(directory.path(), &config(circles, &[2, 2], "tanh", 1, ""));
    let line = said.lines().find(|line| line.contains("Beise")).unwrap();
    assert!(
        line.contains("surrounds") && line.contains("warnings.width = false"),
        "{line}"
    );
    let warning = &json["width_warning"];
    assert_eq!(warning["enclosure"]["kind"], "hole");
    assert!(warning["enclosure"]["ratio"].as_f64().unwrap() >= 3.0);
    assert_eq!(warning["narrows_to"], 1);
    assert!(record);
    for (hidden, activation, more) in [
        (&[3][..], "tanh", ""),
        (&[2, 2], "gelu", ""),
        (&[2, 2], "tanh", "[warnings]\nwidth = false\n"),
    ] {
        let text = config(circles, hidden, activation, 1, more);
        let (said, json, record) = trained(directory.path(), &text);
        assert!(!said.contains("Beise"), "{text}");
        assert!(json["width_warning"].is_null() && !record, "{text}");
    }
}

#[test]
fn the_theorem_is_read_layer_by_layer() {
    let layers = |units: &[usize], activation: Activation| -> Vec<Width<'static>> {
        let layer = |&units: &usize| Width {
            name: "layer",
            units,
            activation,
        };
        units.iter().map(layer).collect()
    };
    let holds = |inputs: usize, units: &[usize]| {
        width_warning(inputs, &layers(units, Activation::Relu)).map(|warning| warning.narrows_to)
    };
    assert_eq!(holds(2, &[2, 2, 1]), Some(1));
    // Two outputs that are compared are one.
    assert_eq!(holds(2, &[2, 2]), Some(1));
    // Three classes are cells of the last plane, and may be bounded.
    assert_eq!(holds(2, &[2, 3]), None);
    // Behind the narrow layer width is of no use; before it it is.
    assert_eq!(holds(3, &[3, 2, 50, 1]), Some(2));
    assert_eq!(holds(3, &[4, 2, 1]), None);
    assert_eq!(holds(5, &[1]), Some(1));
    let bends_back = Activation::LeakyRelu { slope: -1.0 };
    assert_eq!(width_warning(2, &layers(&[2, 1], bends_back)), None);
}

#[test]
fn moons_blobs_xor_and_spirals_enclose_nothing() {
    for data in [
        "name = 'moons'\nnoise = 0.1",
        "name = 'blobs'",
        "name = 'xor'",
        "name = 'spiral'",
    ] {
        for seed in 0..100 {
            let text = config(data, &[2], "tanh", seed, "");
            let config = Config::parse(&text, "net.toml", &[]).unwrap();
            let split = config.data.load_split(config.seed, Path::new(".")).unwrap();
            let labels = split.train.labels().unwrap();
            let found = surrounding(split.train.features.as_ref(), labels).unwrap();
            assert_eq!(found, None, "{data}, seed {seed}");
        }
    }
}

/// A circle of `n` points in space, spanned by two axes, its points a little off by `noise`.
fn circle(n: usize, centre: [f64; 3], axes: [usize; 2], noise: f64) -> Vec<[f64; 3]> {
    (0..n)
        .map(|i| {
            let angle = TAU * i as f64 / n as f64;
            let mut point = centre;
            point[axes[0]] += libm::cos(angle);
            point[axes[1]] += libm::sin(angle);
            for (j, x) in point.iter_mut().enumerate() {
                *x += noise * libm::sin((31 * i + 17 * j) as f64 * 12.9898);
            }
            point
        })
        .collect()
}

#[test]
fn linked_rings_are_told_from_unlinked_ones() {
    let flat = circle(40, [0.0; 3], [0, 1], 0.0);
    let linked = circle(30, [1.0, 0.0, 0.0], [0, 2], 0.0);
    let apart = circle(30, [3.5, 0.0, 0.0], [0, 2], 0.0);
    let number = linking_number(&flat, &linked).unwrap();
    assert_eq!(number.abs(), 1);
    let reversed: Vec<_> = linked.iter().rev().copied().collect();
    assert_eq!(linking_number(&flat, &reversed), Some(-number));
    assert_eq!(linking_number(&linked, &flat), Some(number));
    assert_eq!(linking_number(&flat, &apart), Some(0));
    // Twice around: the torus link (2, 4) has linking number 2.
    let strand = |phase: f64| -> Vec<[f64; 3]> {
        (0..200)
            .map(|i| {
                let t = TAU * f64::from(i) / 200.0;
                let r = 2.0 + libm::cos(2.0 * t + phase);
                [
                    r * libm::cos(t),
                    r * libm::sin(t),
                    libm::sin(2.0 * t + phase),
                ]
            })
            .collect()
    };
    let twice = linking_number(&strand(0.0), &strand(std::f64::consts::PI)).unwrap();
    assert_eq!(twice.abs(), 2);

    // As clouds, in no order and with noise.
    let shuffled = |points: Vec<[f64; 3]>| -> Vec<[f64; 3]> {
        let n = points.len();
        (0..n).map(|i| points[(7 * i + 3) % n]).collect()
    };
    for (other, is_linked) in [([1.0, 0.0, 0.0], true), ([3.5, 0.0, 0.0], false)] {
        let zero = shuffled(circle(60, [0.0; 3], [0, 1], 0.04));
        let one = shuffled(circle(60, other, [0, 2], 0.04));
        assert!(ring(&zero).is_some());
        let points = Mat::from_fn(
            120,
            3,
            |i, j| if i < 60 { zero[i][j] } else { one[i - 60][j] },
        );
        let labels: Vec<usize> = (0..120).map(|i| i / 60).collect();
        let found = surrounding(points.as_ref(), &labels).unwrap();
        match found {
            Some(Surrounding::Link { linking_number, .. }) => {
                assert!(is_linked && linking_number.abs() == 1);
            }
            other => assert!(!is_linked && other.is_none(), "{other:?}"),
        }
    }
}
