//! Cells of networks whose units have two kinks (hard tanh, ReLU6, hard sigmoid, clip), against polygons cut in fractions and
//! against the same networks written with ReLU.

use faer::{Mat, mat};
use foldspace::geometry::{Bounds, Complex, Folds, topology};
use foldspace::geometry::{Decided, Turn, most_cells, plane_counts};
use foldspace::geometry::{Verdict, certify};
use foldspace::model::{Activation, Frozen};
use foldspace::random::RandomState;
use proptest::prelude::*;
use serde::Deserialize;

use crate::regions::{check, formula, layer, square};

#[derive(Deserialize)]
struct Case {
    activation: String,
    widths: Vec<usize>,
    size: f64,
    cells: usize,
    vertices: usize,
    smallest: f64,
    largest: f64,
}

fn named(name: &str) -> Activation {
    match name {
        "hard_tanh" => Activation::HARD_TANH,
        "relu6" => Activation::RELU6,
        "hard_sigmoid" => Activation::HardSigmoid,
        "clip" => Activation::Clip {
            low: 0.1,
            high: 0.3,
        },
        "leaky_relu" => Activation::LEAKY_RELU,
        other => panic!("{other}"),
    }
}

/// A formula network with another activation.
fn with(widths: &[usize], activation: Activation) -> Frozen {
    let mut network = formula(widths);
    let hidden = network.layers.len() - 1;
    for layer in &mut network.layers[..hidden] {
        layer.activation = activation;
    }
    network
}

#[test]
fn formula_networks_have_the_cells_that_fractions_count() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("reference/two_kinks.json")).unwrap();
    for case in cases {
        let network = with(&case.widths, named(&case.activation));
        let complex = Complex::new(&network, square(case.size)).unwrap();
        let name = format!("{} {:?}", case.activation, case.widths);
        assert_eq!(complex.faces(), case.cells, "{name}");
        assert_eq!(complex.vertices().len(), case.vertices, "{name}");
        let summary = complex.summary();
        for (own, other) in [
            (summary.smallest_area, case.smallest),
            (summary.largest_area, case.largest),
        ] {
            assert!((own - other).abs() <= 1e-9 * other, "{name}: {own} {other}");
        }
        check(&network, &complex);
        let plane = plane_counts(&network).unwrap();
        assert!(plane.mean_degree <= 4.0);
        assert!(plane.cells as f64 <= most_cells(&network).unwrap());
    }
}

#[test]
fn one_layer_of_parallel_pairs_has_the_cells_of_the_closed_form() {
    for n in [1, 2, 7, 33] {
        let mut random = RandomState::new(n as u32);
        let network = Frozen {
            layers: vec![layer(
                Mat::from_fn(n, 2, |_, _| random.standard_normal()),
                random.randn(n),
                Activation::HARD_TANH,
            )],
        };
        // 2n lines, of which every pair meets but the n parallel ones.
        let meetings = 2 * n * (n - 1);
        let counted = plane_counts(&network).unwrap();
        assert_eq!(
            [counted.cells, counted.vertices],
            [1 + 2 * n + meetings, meetings]
        );
        assert_eq!(most_cells(&network).unwrap(), counted.cells as f64);
    }
}

/// The same function with ReLU: clip(z) = low + relu(z - low) - relu(z - high).
fn by_relu(network: &Frozen) -> Frozen {
    let mut layers = Vec::new();
    for given in &network.layers {
        let Activation::Clip { low, high } = given.activation else {
            layers.push(given.clone());
            continue;
        };
        let (n, m) = (given.units(), given.inputs());
        let kink = |i: usize| if i < n { low } else { high };
        layers.push(layer(
            Mat::from_fn(2 * n, m, |i, j| given.weight[(i % n, j)]),
            (0..2 * n).map(|i| given.bias[i % n] - kink(i)).collect(),
            Activation::Relu,
        ));
        let sign = |i: usize, j: usize| match j {
            j if j == i => 1.0,
            j if j == i + n => -1.0,
            _ => 0.0,
        };
        layers.push(layer(
            Mat::from_fn(n, 2 * n, sign),
            vec![low; n],
            Activation::Identity,
        ));
    }
    Frozen { layers }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// Weights of few values: units repeat, run parallel, meet in a point, are dead and flat all over the window.
    #[test]
    fn clipped_networks_have_the_cells_of_their_relu_form(
        numbers in prop::collection::vec(-4_i32..=4, 60),
        widths in prop::collection::vec(1_usize..=4, 1..=3),
        low in -2_i32..=0,
        span in 1_i32..=3,
        scale in prop_oneof![Just(1.0), Just(0.125), Just(f64::powi(2.0, -60)), Just(f64::powi(2.0, 70))],
    ) {
        let mut number = numbers.iter().cycle().map(|&k| f64::from(k) / 2.0);
        let clip = Activation::Clip { low: f64::from(low) * scale, high: f64::from(low + span) * scale };
        let mut before = 2;
        let mut layers = Vec::new();
        for &units in &widths {
            let weight = Mat::from_fn(units, before, |_, _| number.next().unwrap());
            let bias = (0..units).map(|_| scale * number.next().unwrap()).collect();
            layers.push(layer(weight, bias, clip));
            before = units;
        }
        let network = Frozen { layers };
        let other = by_relu(&network);
        let window = square(4.0 * scale);
        let (a, b) = (Complex::new(&network, window).unwrap(), Complex::new(&other, window).unwrap());
        prop_assert_eq!(
            [a.faces(), a.edges(), a.vertices().len()],
            [b.faces(), b.edges(), b.vertices().len()]
        );
        let (mut p, mut q) = (a.turns(network.layers.len()), b.turns(other.layers.len()));
        p.sort();
        q.sort();
        prop_assert_eq!(p, q);
        let (p, q) = (plane_counts(&network).unwrap(), plane_counts(&other).unwrap());
        prop_assert_eq!([p.cells, p.edges, p.vertices], [q.cells, q.edges, q.vertices]);
        prop_assert!(p.cells as f64 <= most_cells(&network).unwrap());
    }
}

#[test]
fn sixths_are_exact() {
    // hard_sigmoid(z) + hard_sigmoid(-z) is 1, and three equal ones are three times one: nothing of the second layer bends.
    let network = Frozen {
        layers: vec![
            layer(
                mat![[1.1, 0.3], [-1.1, -0.3], [0.7, -0.9], [0.7, -0.9]],
                vec![0.1, -0.1, 0.2, 0.2],
                Activation::HardSigmoid,
            ),
            layer(
                mat![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]],
                vec![-1.0, 0.0],
                Activation::Relu,
            ),
        ],
    };
    let complex = Complex::new(&network, square(8.0)).unwrap();
    let (first, _) = network.split_at(1);
    assert_eq!(
        complex.faces(),
        Complex::new(&first, square(8.0)).unwrap().faces()
    );
    assert_eq!(complex.faces(), 9);
    assert!(complex.turns(2).into_iter().all(|turn| turn == Turn::Point));
    check(&network, &complex);
}

#[test]
fn a_box_is_kept_and_what_is_around_it_crushed() {
    let box_of = |activation| Frozen {
        layers: vec![layer(
            mat![[1.0, 0.0], [0.0, 1.0]],
            vec![0.0, 0.0],
            activation,
        )],
    };
    let network = box_of(Activation::HARD_TANH);
    let complex = Complex::new(&network, square(2.0)).unwrap();
    assert_eq!(
        [complex.faces(), complex.edges(), complex.vertices().len()],
        [9, 24, 16]
    );
    let folds = Folds::new(&network, &complex, 1).unwrap();
    let shares = folds.shares(&complex);
    assert_eq!(shares.map(|share| share.cells), [1, 0, 4, 4]);
    assert_eq!(shares.map(|share| share.area), [4.0, 0.0, 8.0, 4.0]);
    assert_eq!(folds.rim_area(&complex), 4.0);
    let verdict = &certify(&network, square(2.0)).unwrap()[0];
    let Verdict::Folds {
        witness: Some(witness),
        ..
    } = &verdict.from_input
    else {
        panic!("{verdict:?}");
    };
    assert_eq!(witness.residual, 0.0);
    assert!(matches!(verdict.alone, Verdict::Folds { .. }));
    // Inside the box nothing is flat.
    let verdict = &certify(&network, square(0.9)).unwrap()[0];
    assert!(matches!(verdict.from_input, Verdict::Injective { .. }));
    let patterns: Vec<String> = complex
        .data()
        .faces
        .into_iter()
        .map(|face| face.on)
        .collect();
    for text in ["00", "01", "02", "10", "11", "12", "20", "21", "22"] {
        assert!(patterns.iter().any(|on| on == text), "{text}");
    }
}

#[test]
fn a_bump_of_hard_sigmoids_is_one_bounded_part() {
    // Above 3/2 where all four are flat on top: 6x6 window, the box |x|, |y| <= 1 and a rim around it.
    let walls = layer(
        mat![[12.0, 0.0], [-12.0, 0.0], [0.0, 12.0], [0.0, -12.0]],
        vec![15.0; 4],
        Activation::HardSigmoid,
    );
    let output = layer(mat![[1.0, 1.0, 1.0, 1.0]], vec![-3.5], Activation::Sigmoid);
    let network = Frozen {
        layers: vec![walls, output],
    };
    let window = Bounds::new((-3.0, 3.0), (-3.0, 3.0)).unwrap();
    let found = topology(&Decided::new(&network, window).unwrap());
    assert_eq!(
        [found.classes[1].components, found.classes[1].bounded],
        [1, 1]
    );
    assert_eq!(
        [found.classes[0].components, found.classes[0].holes],
        [1, 1]
    );
    // hard_sigmoid(15 - 12 |x|) is 1 up to |x| = 1 and 1/2 at 5/4; at a corner both add up: a square with its corners cut.
    assert_eq!(found.pieces, 8);
    assert!((found.classes[1].area - (6.25 - 4.0 * 0.25 * 0.25 / 2.0)).abs() < 1e-12);
    assert_eq!(found.border_euler, 0);
}

#[test]
fn what_bends_smoothly_is_still_refused_with_a_way_out() {
    for activation in [Activation::HardSwish, Activation::Tanh] {
        let network = with(&[2, 4, 1], activation);
        let said = Complex::new(&network, square(1.0)).unwrap_err().to_string();
        assert!(said.contains("no cells"), "{said}");
        assert!(said.contains("hard_tanh"), "{said}");
    }
}
