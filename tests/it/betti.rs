//! Components, holes and cavities of point clouds, against gudhi, ripser and the data sets of Naitzat et al.

use std::f64::consts::PI;

use faer::Mat;
use foldspace::geometry::{Alpha, Bar, betti, rips};

/// `betti.py` has the same.
fn cloud(seed: u64, n: usize, d: usize) -> Mat<f64> {
    let mut state = seed;
    let mut points = Mat::zeros(n, d);
    for i in 0..n {
        for j in 0..d {
            state = (1_103_515_245 * state + 12_345) % (1 << 31);
            points[(i, j)] = state as f64 / f64::from(1 << 30) - 1.0;
        }
    }
    points
}

fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("reference/betti.json")).unwrap()
}

fn numbers(value: &serde_json::Value) -> Vec<f64> {
    let entries = value.as_array().unwrap().iter();
    entries.map(|entry| entry.as_f64().unwrap()).collect()
}

fn pairs(value: &serde_json::Value) -> Vec<[f64; 2]> {
    let entries = value.as_array().unwrap().iter();
    entries
        .map(|entry| numbers(entry).try_into().unwrap())
        .collect()
}

/// Bars as sorted pairs.
fn sorted(bars: impl IntoIterator<Item = Bar>) -> Vec<[f64; 2]> {
    let finite = bars.into_iter().filter(|bar| bar.death.is_finite());
    let mut pairs: Vec<[f64; 2]> = finite.map(|bar| [bar.birth, bar.death]).collect();
    pairs.sort_by(|a, b| a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1])));
    pairs
}

fn assert_same(own: &[[f64; 2]], other: &[[f64; 2]], tolerance: f64) {
    // Bars of a length that is the other program's rounding are no difference.
    let long = |bars: &[[f64; 2]]| -> Vec<[f64; 2]> {
        let long = bars.iter().filter(|bar| bar[1] - bar[0] > 10.0 * tolerance);
        long.copied().collect()
    };
    let (own, other) = (long(own), long(other));
    assert_eq!(own.len(), other.len());
    for (a, b) in own.iter().zip(&other) {
        assert!(
            (a[0] - b[0]).abs() <= tolerance && (a[1] - b[1]).abs() <= tolerance,
            "{a:?} {b:?}"
        );
    }
}

#[test]
fn alpha_complexes_are_gudhis() {
    for (seed, expected) in reference()["alpha"].as_array().unwrap().iter().enumerate() {
        let points = cloud(seed as u64, 40 + 20 * seed, 2);
        let points: Vec<[f64; 2]> = (0..points.nrows())
            .map(|i| [points[(i, 0)], points[(i, 1)]])
            .collect();
        let alpha = Alpha::new(&points).unwrap();
        let merges = alpha.merges();
        let h0 = numbers(&expected["h0"]);
        assert_eq!(merges.len(), h0.len());
        assert!(merges.iter().zip(&h0).all(|(a, b)| (a - b).abs() <= 1e-12));
        let holes = sorted(alpha.holes().into_iter().map(|hole| hole.bar));
        assert!(holes.len() > 5);
        assert_same(&holes, &pairs(&expected["h1"]), 1e-12);
    }
}

#[test]
fn rips_complexes_are_ripsers() {
    let mut cavities = 0;
    for (seed, expected) in reference()["rips"].as_array().unwrap().iter().enumerate() {
        // On a sphere, so that there are cavities.
        let points = cloud(50 + seed as u64, 26, 3);
        let length = |i: usize| {
            (0..3)
                .map(|j| points[(i, j)] * points[(i, j)])
                .sum::<f64>()
                .sqrt()
        };
        let points = Mat::from_fn(26, 3, |i, j| points[(i, j)] / length(i));
        let own = rips(points.as_ref(), 2, 1.95);
        for (bars, expected) in own.into_iter().zip(expected.as_array().unwrap()) {
            // ripser computes in single precision.
            assert_same(&sorted(bars), &pairs(expected), 1e-6);
        }
        cavities += expected[2].as_array().unwrap().len();
    }
    assert!(cavities > 0);
}

#[test]
fn twenty_points_on_a_circle_have_the_hole_that_is_known() {
    // Vietoris-Rips: from the side of the polygon to the chord over seven of its sides (Adamaszek and Adams, 2017).
    let circle = Mat::from_fn(20, 2, |i, j| {
        let angle = 2.0 * PI * i as f64 / 20.0;
        if j == 0 {
            libm::cos(angle)
        } else {
            libm::sin(angle)
        }
    });
    let bars = rips(circle.as_ref(), 1, 2.0);
    let hole = bars[1]
        .iter()
        .max_by(|a, b| a.ratio().total_cmp(&b.ratio()))
        .unwrap();
    assert!(
        (hole.birth - 0.312_868_9).abs() < 5e-8 && (hole.death - 1.782_013_0).abs() < 5e-8,
        "{hole:?}"
    );
    assert_eq!(
        bars[1]
            .iter()
            .filter(|bar| bar.death - bar.birth > 1e-12)
            .count(),
        1
    );
    // The alpha complex: from half a side to the circle's radius.
    let points: Vec<[f64; 2]> = (0..20).map(|i| [circle[(i, 0)], circle[(i, 1)]]).collect();
    let hole = Alpha::new(&points).unwrap().holes()[0].bar;
    assert!((hole.birth - libm::sin(PI / 20.0)).abs() < 1e-15 && (hole.death - 1.0).abs() < 1e-14);
}

/// Nine copies of a shape, side by side.
fn nine(shape: &[Vec<f64>]) -> Mat<f64> {
    let d = shape[0].len();
    Mat::from_fn(9 * shape.len(), d, |i, j| {
        let (copy, at) = (i / shape.len(), &shape[i % shape.len()]);
        let shift = [5.0 * (copy % 3) as f64, 5.0 * (copy / 3) as f64, 0.0];
        at[j] + shift[j]
    })
}

fn numbers_at(points: &Mat<f64>, dimension: usize, at: f64) -> Vec<usize> {
    let bars = rips(points.as_ref(), dimension, at);
    bars.iter().map(|bars| betti(bars, at)).collect()
}

#[test]
fn the_data_sets_of_naitzat_have_their_betti_numbers() {
    // Topology of deep neural networks (2020), table 1: nine discs, nine rings, nine spheres.
    let golden = PI * (3.0 - 5.0_f64.sqrt());
    let disc: Vec<Vec<f64>> = (0..24)
        .map(|k| {
            let (r, angle) = (((k as f64 + 0.5) / 24.0).sqrt(), golden * k as f64);
            vec![r * libm::cos(angle), r * libm::sin(angle)]
        })
        .collect();
    let discs = nine(&disc);
    assert_eq!(numbers_at(&discs, 1, 0.75), [9, 0]);
    let points: Vec<[f64; 2]> = (0..discs.nrows())
        .map(|i| [discs[(i, 0)], discs[(i, 1)]])
        .collect();
    let alpha = Alpha::new(&points).unwrap();
    let at = 0.5;
    let apart = alpha.merges().iter().filter(|&&merge| merge > at).count();
    assert_eq!(apart + 1, 9);
    let holes = alpha.holes();
    assert_eq!(
        holes
            .iter()
            .filter(|hole| hole.bar.birth <= at && at < hole.bar.death)
            .count(),
        0
    );

    let ring: Vec<Vec<f64>> = (0..20)
        .map(|k| {
            let angle = 2.0 * PI * f64::from(k) / 20.0;
            vec![libm::cos(angle), libm::sin(angle), 0.2 * f64::from(k % 2)]
        })
        .collect();
    assert_eq!(numbers_at(&nine(&ring), 2, 0.7), [9, 9, 0]);

    let sphere: Vec<Vec<f64>> = (0..40)
        .map(|k| {
            let z = 1.0 - 2.0 * (f64::from(k) + 0.5) / 40.0;
            let (r, angle) = ((1.0 - z * z).sqrt(), golden * f64::from(k));
            vec![r * libm::cos(angle), r * libm::sin(angle), z]
        })
        .collect();
    assert_eq!(numbers_at(&nine(&sphere), 2, 1.0), [9, 0, 9]);
}

#[test]
fn few_points_and_copies_have_no_holes() {
    for points in [
        &[][..],
        &[[1.0, 2.0]],
        &[[1.0, 2.0]; 4],
        &[[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]],
    ] {
        let alpha = Alpha::new(points).unwrap();
        assert!(alpha.holes().is_empty());
        assert_eq!(alpha.merges().len(), alpha.size().saturating_sub(1));
    }
    assert!(Alpha::new(&[[f64::NAN, 0.0]]).is_err());
}
