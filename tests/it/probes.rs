//! Linear probes: separability counted against Cover, margins against scikit-learn and closed forms.

use faer::{Mat, mat};
use foldspace::figures::Probes;
use foldspace::geometry::line_bounds;
use foldspace::geometry::nearest;
use foldspace::geometry::{
    Prober, Separability, best_line, linear_separability, separability_from,
};
use foldspace::model::{Activation, Frozen, Layer};
use proptest::prelude::*;

use crate::program::{foldspace, succeed};

/// `probes.py` has the same.
fn generator(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = (1_103_515_245 * state + 12_345) % (1 << 31);
        state as f64 / f64::from(1 << 30) - 1.0
    }
}

fn svc_set(seed: u64) -> (Mat<f64>, Vec<usize>) {
    let (d, n) = (1 + seed as usize % 12, 20 + 7 * (seed as usize % 10));
    let mut number = generator(seed + 1);
    let mut points = Mat::zeros(n, d);
    for i in 0..n {
        for j in 0..d {
            points[(i, j)] = number();
        }
    }
    let labels: Vec<usize> = (0..n).map(|i| i % 2).collect();
    for i in 0..n {
        let sign = if labels[i] == 1 { 1.0 } else { -1.0 };
        points[(i, 0)] = sign * (points[(i, 0)].abs() + 0.0625);
        for j in 1..d {
            points[(i, j)] += 0.5 * points[(i, 0)];
        }
    }
    (points, labels)
}

#[test]
fn as_many_labellings_are_separable_as_cover_counts() {
    // T. Cover (1965): 2 Σ_{k <= d} C(n - 1, k) of the labellings of n points in general position.
    for (d, counts) in [
        (2, &[(4, 14), (5, 22), (6, 32), (7, 44)][..]),
        (3, &[(5, 30), (6, 52)][..]),
    ] {
        for &(n, expected) in counts {
            for seed in 0..3 {
                let mut number = generator(17 * n as u64 + seed);
                let points = Mat::from_fn(n, d, |_, _| number());
                let separable = (0..1_u32 << n).filter(|code| {
                    let labels: Vec<usize> = (0..n).map(|i| (code >> i & 1) as usize).collect();
                    let ones: usize = labels.iter().sum();
                    // With a single class any far hyperplane will do.
                    ones == 0
                        || ones == n
                        || linear_separability(points.as_ref(), &labels)
                            .unwrap()
                            .is_separable()
                });
                assert_eq!(separable.count(), expected, "{n} points, {d} dimensions");
            }
        }
    }
}

fn layer(name: &str, weight: Mat<f64>, bias: Vec<f64>, activation: Activation) -> Layer {
    Layer {
        name: name.into(),
        weight,
        bias,
        activation,
    }
}

#[test]
fn goodfellows_xor_network_has_its_margin_in_the_hidden_layer() {
    // Deep Learning, section 6.1: h = relu(W x + c), f = h_1 - 2 h_2.
    let network = Frozen {
        layers: vec![
            layer(
                "hidden",
                mat![[1.0, 1.0], [1.0, 1.0]],
                vec![0.0, -1.0],
                Activation::Relu,
            ),
            layer("output", mat![[1.0, -2.0]], vec![0.0], Activation::Identity),
        ],
    };
    let corners = mat![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
    let probes = Probes::new(corners.as_ref(), &[0, 0, 1, 1], &[7], |_| {
        Ok(network.clone())
    })
    .unwrap();
    assert_eq!(probes.sites, ["input", "hidden", "output"]);
    let at = |site: usize| probes.of_site(site).next().unwrap();
    let input = at(0).probe.unwrap();
    assert_eq!(
        (input.separable, input.accuracy, input.accuracy_at_most),
        (false, 0.75, 0.75)
    );
    assert_eq!(at(0).separable_since, None);
    let hidden = at(1).probe.unwrap();
    let margin = hidden.margin.unwrap() * hidden.radius;
    assert!((margin - 0.5 / 5.0_f64.sqrt()).abs() < 1e-15, "{margin}");
    assert!(hidden.gap <= 1e-9);
    // The output is 0 for one class and 1 for the other.
    let output = at(2).probe.unwrap();
    assert_eq!(output.margin.unwrap() * output.radius, 0.5);
    assert_eq!(at(2).separable_since, Some(7));
}

#[test]
fn margins_are_those_of_support_vector_machines() {
    let expected: serde_json::Value =
        serde_json::from_str(include_str!("reference/probes.json")).unwrap();
    let expected = expected["margins"].as_array().unwrap();
    assert_eq!(expected.len(), 50);
    for (seed, expected) in expected.iter().enumerate() {
        let (points, labels) = svc_set(seed as u64);
        let verdict = linear_separability(points.as_ref(), &labels).unwrap();
        let Separability::Separable { margin, gap, .. } = verdict else {
            panic!("{seed}");
        };
        let svc = expected.as_f64().unwrap();
        assert!((margin - svc).abs() <= 1e-6, "{seed}: {margin}, SVC {svc}");
        assert!(gap <= 1e-9, "{seed}: gap {gap}");
    }
}

/// Noise with class 1 shifted along all axes; `step` moves every point a little.
fn drifting(seed: u64, n: usize, d: usize, shift: f64, step: f64) -> (Mat<f64>, Vec<usize>) {
    let mut number = generator(seed);
    let labels: Vec<usize> = (0..n).map(|i| i % 2).collect();
    let points = Mat::from_fn(n, d, |i, j| {
        let own = if labels[i] == 1 { shift } else { 0.0 };
        own + number() + step * libm::sin((i + 3 * j) as f64)
    });
    (points, labels)
}

#[test]
fn a_warm_start_changes_no_answer() {
    for (d, shift) in [(3, 0.2), (3, 2.5), (8, 0.1), (8, 1.8), (24, 0.0), (24, 0.9)] {
        let mut start = Vec::new();
        for step in 0..8 {
            let (points, labels) = drifting(5, 80, d, shift, 0.02 * f64::from(step));
            let (warm, corral) = separability_from(points.as_ref(), &labels, &start).unwrap();
            start = corral;
            let cold = linear_separability(points.as_ref(), &labels).unwrap();
            match (warm, cold) {
                (
                    Separability::Separable { margin: a, gap, .. },
                    Separability::Separable { margin: b, .. },
                ) => {
                    assert!((a - b).abs() <= 1e-9 && gap <= 1e-9, "{a} {b} {gap}");
                }
                (Separability::NotSeparable(a), Separability::NotSeparable(_)) => {
                    assert!(a.gap <= 1e-9);
                }
                other => panic!("{d} {shift} {step}: {other:?}"),
            }
        }
    }
    // A start from other data altogether, with rows that are not there, harms nothing.
    let (points, labels) = drifting(9, 40, 5, 2.2, 0.0);
    let nonsense = [(0, 1, 0.5), (400, 3, 0.2), (1, 0, 0.3)];
    let (verdict, _) = separability_from(points.as_ref(), &labels, &nonsense).unwrap();
    assert!(verdict.is_separable());
}

#[test]
fn duplicates_and_flat_clouds_are_judged_too() {
    // ReLU's leftovers: copies of a few points, in a plane within ten dimensions.
    let flat = Mat::from_fn(60, 10, |i, j| {
        let (u, v) = ((i % 7) as f64, (i % 3) as f64);
        if j % 2 == 0 { u } else { u * v }
    });
    let labels: Vec<usize> = (0..60).map(|i| usize::from(i % 7 > 3)).collect();
    let verdict = linear_separability(flat.as_ref(), &labels).unwrap();
    let Separability::Separable { margin, gap, .. } = verdict else {
        panic!()
    };
    assert!(margin > 0.1 && gap < 1e-9, "{margin} {gap}");
    let other: Vec<usize> = (0..60).map(|i| usize::from(i % 7 == 3)).collect();
    assert!(
        !linear_separability(flat.as_ref(), &other)
            .unwrap()
            .is_separable()
    );
    // All points in one place have no radius and no margin.
    let same = Mat::from_fn(4, 3, |_, j| j as f64);
    let probe = Prober::new().probe(same.as_ref(), &[0, 1, 0, 1]).unwrap();
    assert_eq!((probe.separable, probe.accuracy), (false, 0.5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn bounds_hold_the_best_line(seed in 0_u64..10_000, n in 4_usize..60, lattice: bool) {
        let mut number = generator(seed);
        let points = Mat::from_fn(n, 2, |_, _| {
            let x = number();
            if lattice { (3.0 * x).round() } else { x }
        });
        let labels: Vec<usize> = (0..n).map(|_| usize::from(number() > 0.0)).collect();
        let [low, high] = line_bounds(points.as_ref(), &labels);
        let best = best_line(points.as_ref(), &labels).unwrap().correct;
        prop_assert!(low <= best && best <= high, "{} {} {}", low, best, high);
        if !lattice {
            prop_assert_eq!(low, high);
        }
    }

    #[test]
    fn the_nearest_points_are_optimal(seed in 0_u64..10_000, d in 1_usize..9, shift in 0.0..3.0) {
        // Optimal exactly if no point of a hull lies deeper than the bridge's own ends: that is the gap.
        let (points, labels) = drifting(seed, 30, d, shift, 0.0);
        let rows: Vec<f64> = (0..30).flat_map(|i| (0..d).map(move |j| (i, j))).map(|at| points[at]).collect();
        let found = nearest(&rows, d, &labels, &[]);
        let sum: f64 = found.corral.iter().map(|corner| corner.2).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
        prop_assert!(found.corral.iter().all(|&(zero, one, weight)| labels[zero] == 0 && labels[one] == 1 && weight > 0.0));
        prop_assert!(found.corral.len() <= d + 1);
        prop_assert!(found.distance < 1e-9 || found.gap < 1e-9, "{} {}", found.distance, found.gap);
    }
}

#[test]
fn the_program_draws_probes_turns_and_betti_curves_with_their_tables() {
    let directory = tempfile::tempdir().unwrap();
    let text = |data: &str, loss: &str| {
        format!(
            "[data]\n{data}\n[model]\nlayers = [{{ units = 4, activation = 'relu' }}, {{ units = 1{} }}]\n[train]\n\
             epochs = 3\nloss = '{loss}'\noptimizer = {{ name = 'sgd', lr = 0.1 }}\n",
            if loss == "bce" {
                ", activation = 'sigmoid'"
            } else {
                ""
            }
        )
    };
    let root = directory.path();
    for (name, data, loss) in [
        ("moons", "name = 'moons'\nsamples = 60", "bce"),
        ("curve", "name = 'quadratic'", "mse"),
    ] {
        let file = directory.path().join(format!("{name}.toml"));
        std::fs::write(file, text(data, loss)).unwrap();
        succeed(root, &["train", &format!("{name}.toml"), "--out", name]);
    }
    let drawn = [
        "figure", "moons", "probes", "turns", "betti", "--json", "--format", "svg", "--out", "out",
    ];
    succeed(root, &drawn);
    let lines = |file: &str| {
        let text = std::fs::read_to_string(directory.path().join("out").join(file)).unwrap();
        text.lines().count()
    };
    // Four captured epochs; the input, the hidden layer and the score; 2 + 1 singular values; 4 units; 2 classes at the input.
    assert_eq!(lines("probes.csv"), 1 + 4 * 3);
    assert_eq!(lines("turns.csv"), 1 + 4 * (2 + 1));
    assert_eq!(lines("balance.csv"), 1 + 4 * 4);
    assert_eq!(lines("betti.csv"), 1 + 2 * 120);
    for file in [
        "probes.json",
        "turns.json",
        "betti.json",
        "probes.svg",
        "turns.svg",
        "betti.svg",
    ] {
        assert!(lines(file) > 0);
    }
    // What has no classes is refused with a way out.
    for figure in ["probes", "betti"] {
        let (code, _, said) = foldspace(root, &["figure", "curve", figure]);
        assert!(code != Some(0) && said.contains("turns"), "{said}");
    }
}
