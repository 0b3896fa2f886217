//! The cells of piecewise linear networks, against an exact oracle in fractions, closed forms and theorems.

use std::collections::BTreeMap;

use faer::Mat;
use foldspace::geometry::{Bounds, Complex, Topology, topology};
use foldspace::geometry::{Decided, most_cells, plane_counts};
use foldspace::model::{Activation, Frozen, Layer};
use foldspace::random::RandomState;
use proptest::prelude::*;
use serde::Deserialize;

use crate::program;

pub fn square(size: f64) -> Bounds {
    Bounds::new((-size, size), (-size, size)).unwrap()
}

pub fn layer(weight: Mat<f64>, bias: Vec<f64>, activation: Activation) -> Layer {
    Layer {
        name: String::from("layer"),
        weight,
        bias,
        activation,
    }
}

/// W^l_ij = f32(sqrt(4/m) sin(12.9898(i+1) + 78.233(j+1) + 37.719 l)), b^l_i = f32(0.5 sin(93.9737(i+1) + 11.135 l)), ReLU
/// after every layer but the last.
pub fn formula(widths: &[usize]) -> Frozen {
    let layers = (1..widths.len()).map(|l| {
        let (n, m) = (widths[l], widths[l - 1]);
        let weight = Mat::from_fn(n, m, |i, j| {
            let angle = 12.9898 * (i + 1) as f64 + 78.233 * (j + 1) as f64 + 37.719 * l as f64;
            f64::from((libm::sin(angle) * (4.0 / m as f64).sqrt()) as f32)
        });
        let bias = (0..n).map(|i| {
            f64::from((libm::sin(93.9737 * (i + 1) as f64 + 11.135 * l as f64) * 0.5) as f32)
        });
        let activation = if l + 1 < widths.len() {
            Activation::Relu
        } else {
            Activation::Identity
        };
        layer(weight, bias.collect(), activation)
    });
    Frozen {
        layers: layers.collect(),
    }
}

fn counts(complex: &Complex) -> [usize; 3] {
    [complex.faces(), complex.edges(), complex.vertices().len()]
}

/// What holds of every complex: Euler's formula, areas, turning direction, patterns on either side of every edge, and on
/// every cell a map that is the network.
pub fn check(network: &Frozen, complex: &Complex) {
    let [faces, edges, vertices] = counts(complex);
    assert_eq!(vertices + faces, edges + 1);
    let window = complex.window();
    let whole = (window.x.1 - window.x.0) * (window.y.1 - window.y.0);
    let total: f64 = (0..faces).map(|face| complex.area(face)).sum();
    assert!((total - whole).abs() < 1e-12 * whole, "{total} of {whole}");
    let mut degrees = 0;
    let scale = network
        .forward(
            Mat::from_fn(4, 2, |i, j| {
                let (low, high) = if j == 0 { window.x } else { window.y };
                if (i >> j) & 1 == 0 { low } else { high }
            })
            .as_ref(),
        )
        .norm_max()
        .max(1.0);
    for face in 0..faces {
        assert!(complex.area(face) >= 0.0);
        let polygon = complex.polygon(face);
        degrees += polygon.len();
        let n = polygon.len() as f64;
        let mut points: Vec<[f64; 2]> = polygon.clone();
        points.push([0, 1].map(|axis| polygon.iter().map(|p| p[axis]).sum::<f64>() / n));
        let map = complex.map(face);
        for point in points {
            let truth = network.forward(Mat::from_fn(1, 2, |_, j| point[j]).as_ref());
            for (k, value) in map.at(point).into_iter().enumerate() {
                let difference = (value - truth[(0, k)]).abs();
                assert!(difference <= 1e-12 * scale, "{difference:e} in cell {face}");
            }
        }
    }
    // In straight pieces the creases are as long as in edges.
    let length = |[p, q]: [[f64; 2]; 2]| libm::hypot(q[0] - p[0], q[1] - p[1]);
    let creased = (0..edges)
        .map(|edge| complex.edge(edge))
        .filter(|edge| edge.crease.is_some());
    let in_edges: f64 = creased
        .map(|edge| length(edge.ends.map(|vertex| complex.vertices()[vertex])))
        .sum();
    let segments = complex.segments();
    let in_pieces: f64 = segments.iter().map(|segment| length(segment.ends)).sum();
    assert!(
        (in_edges - in_pieces).abs() <= 1e-9 * in_edges,
        "{in_edges} {in_pieces}"
    );
    for edge in 0..edges {
        let edge = complex.edge(edge);
        assert_ne!(edge.ends[0], edge.ends[1]);
        match (edge.sides, edge.crease) {
            ([Some(a), Some(b)], Some(crease)) => {
                degrees -= 2;
                // A unit has an entry per kink.
                let kinks = |layer: &Layer| layer.activation.kinks().map_or(0, |kinks| kinks.len());
                let before: usize = network.layers[..crease.layer]
                    .iter()
                    .map(|layer| kinks(layer) * layer.units())
                    .sum();
                let own = kinks(&network.layers[crease.layer]);
                let on = |face: usize| {
                    let pattern: Vec<bool> = complex.pattern(face).iter().collect();
                    pattern[before + crease.unit * own..][..own].to_vec()
                };
                assert_ne!(on(a), on(b), "the unit of a crease turns on or off there");
            }
            ([Some(_), None] | [None, Some(_)], None) => degrees -= 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(degrees, 0);
}

/// Faces, edges and vertices in the windows of half width 1 and 4, and faces in the whole plane, by Regioncam and by exact
/// fractions.
type Expected = (&'static [usize], [usize; 3], [usize; 3], Option<usize>);

const TABLE: [Expected; 8] = [
    (&[2, 3, 1], [3, 10, 8], [7, 19, 13], Some(7)),
    (&[2, 8, 1], [26, 61, 36], [37, 84, 48], Some(37)),
    (&[2, 16, 1], [94, 205, 112], [133, 284, 152], Some(137)),
    (&[2, 8, 8, 1], [50, 114, 65], [108, 241, 134], Some(184)),
    (
        &[2, 16, 16, 1],
        [133, 291, 159],
        [421, 896, 476],
        Some(1224),
    ),
    (&[2, 32, 32, 1], [454, 956, 503], [1174, 2424, 1251], None),
    (
        &[2, 100, 2, 1],
        [2520, 5141, 2622],
        [4793, 9694, 4902],
        None,
    ),
    (
        &[2, 128, 2, 2],
        [3900, 7928, 4029],
        [7892, 15925, 8034],
        None,
    ),
];

#[test]
fn the_formula_networks_have_the_cells_that_others_count() {
    for (widths, small, large, plane) in TABLE {
        let network = formula(widths);
        for (size, expected) in [(1.0, small), (4.0, large)] {
            let complex = Complex::new(&network, square(size)).unwrap();
            assert_eq!(counts(&complex), expected, "{widths:?} in {size}");
            if complex.faces() < 1200 {
                check(&network, &complex);
            }
        }
        let counted = plane_counts(&network).unwrap();
        assert!(
            plane.is_none_or(|cells| cells == counted.cells),
            "{widths:?}: {}",
            counted.cells
        );
        assert!(counted.mean_degree <= 4.0);
        assert!(counted.cells as f64 <= most_cells(&network).unwrap());
        // Euler's formula for the plane with one point more, at infinity, where all edges without an end meet.
        assert!(counted.vertices + counted.cells > counted.edges);
    }
}

#[derive(Deserialize)]
struct Case {
    name: String,
    weights: Vec<Vec<Vec<f64>>>,
    biases: Vec<Vec<f64>>,
    slope: f64,
    window: [f64; 4],
    faces: usize,
    vertices: usize,
    /// Areas, and how many units are on.
    cells: Vec<(f64, usize)>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("reference/regions.json")).unwrap()
}

impl Case {
    fn network(&self) -> Frozen {
        let last = self.weights.len() - 1;
        let layers = self.weights.iter().zip(&self.biases).enumerate();
        let layers = layers.map(|(k, (w, b))| {
            let activation = match k {
                k if k == last => Activation::Identity,
                _ if self.slope == 0.0 => Activation::Relu,
                _ => Activation::LEAKY_RELU,
            };
            layer(
                Mat::from_fn(w.len(), w[0].len(), |i, j| w[i][j]),
                b.clone(),
                activation,
            )
        });
        Frozen {
            layers: layers.collect(),
        }
    }
}

#[test]
fn degenerate_networks_have_the_cells_that_fractions_count() {
    for case in cases() {
        let network = case.network();
        let [x0, x1, y0, y1] = case.window;
        let complex = Complex::new(&network, Bounds::new((x0, x1), (y0, y1)).unwrap()).unwrap();
        assert_eq!(complex.faces(), case.faces, "{}", case.name);
        assert_eq!(complex.vertices().len(), case.vertices, "{}", case.name);
        check(&network, &complex);
        let mut cells: Vec<(f64, usize)> = (0..case.faces)
            .map(|face| (complex.area(face), complex.pattern(face).on()))
            .collect();
        cells.sort_by(|a, b| a.0.total_cmp(&b.0));
        // By area first: equal areas may stand in any order.
        let count = |cells: &[(f64, usize)]| {
            let mut on: BTreeMap<usize, (usize, f64)> = BTreeMap::new();
            for &(area, units) in cells {
                let entry = on.entry(units).or_default();
                *entry = (entry.0 + 1, entry.1 + area);
            }
            on
        };
        for (ours, theirs) in cells.iter().zip(&case.cells) {
            assert!((ours.0 - theirs.0).abs() < 1e-12, "{}", case.name);
        }
        let (ours, theirs) = (count(&cells), count(&case.cells));
        assert!(ours.keys().eq(theirs.keys()), "{}", case.name);
        for (a, b) in ours.values().zip(theirs.values()) {
            assert_eq!(a.0, b.0, "{}", case.name);
            assert!((a.1 - b.1).abs() < 1e-12, "{}", case.name);
        }
    }
    let named = |name: &str| cases().into_iter().find(|case| case.name == name).unwrap();
    assert_eq!(named("five units twice").faces, 37);
    assert_eq!(named("nearly concurrent").faces, 7);
}

#[test]
fn zeros_are_decided_in_integers_where_doubles_do_not() {
    let case = |name: &str| {
        cases()
            .into_iter()
            .find(|case| case.name == name)
            .unwrap()
            .network()
    };
    for name in [
        "five units twice",
        "concurrent at a point that is no double",
        "nearly concurrent",
    ] {
        let complex = Complex::new(&case(name), square(4.0)).unwrap();
        assert!(complex.exact_signs() > 0, "{name}");
    }
    // And hardly any of a network in general position.
    let complex = Complex::new(&formula(&[2, 32, 32, 1]), square(4.0)).unwrap();
    assert!(complex.exact_signs() < 10);
}

#[test]
fn lines_in_general_position_have_the_cells_of_the_closed_form() {
    for n in [1, 2, 5, 20, 64] {
        let mut random = RandomState::new(n as u32);
        let network = Frozen {
            layers: vec![layer(
                Mat::from_fn(n, 2, |_, _| random.standard_normal()),
                random.randn(n),
                Activation::Relu,
            )],
        };
        let counted = plane_counts(&network).unwrap();
        let cells = 1 + n + n * (n - 1) / 2;
        assert_eq!(
            [counted.cells, counted.edges, counted.vertices],
            [cells, n * n, n * (n - 1) / 2]
        );
        let degree = 2.0 * (n * n) as f64 / cells as f64;
        assert!((counted.mean_degree - degree).abs() < 1e-12 && degree <= 4.0);
        assert_eq!(most_cells(&network).unwrap(), cells as f64);
    }
}

/// 1 - 2|x| of either coordinate, `depth` times.
pub fn folds(depth: usize) -> Frozen {
    let mut layers = Vec::new();
    for k in 0..depth {
        // x, -x, y, -y from the plane; or from the four units before, of which two make |x| and two |y|.
        let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
        let weight = if k == 0 {
            Mat::from_fn(4, 2, |i, j| if i / 2 == j { sign(i) } else { 0.0 })
        } else {
            Mat::from_fn(
                4,
                4,
                |i, j| if i / 2 == j / 2 { -2.0 * sign(i) } else { 0.0 },
            )
        };
        let bias = (0..4).map(|i| if k == 0 { 0.0 } else { sign(i) }).collect();
        layers.push(layer(weight, bias, Activation::Relu));
    }
    let out = Mat::from_fn(2, 4, |i, j| if i == j / 2 { -2.0 } else { 0.0 });
    layers.push(layer(out, vec![1.0, 1.0], Activation::Identity));
    Frozen { layers }
}

#[test]
fn folding_l_times_makes_4_to_the_l_cells_that_cover_the_square_each() {
    for depth in 1..=5 {
        let network = folds(depth);
        let complex = Complex::new(&network, square(1.0)).unwrap();
        let cells = 4_usize.pow(depth as u32);
        assert_eq!(complex.faces(), cells);
        check(&network, &complex);
        for face in 0..cells {
            let determinant = complex.map(face).determinant().unwrap();
            assert_eq!(determinant.abs() * complex.area(face), 4.0);
        }
    }
}

#[test]
fn random_networks_have_about_half_the_square_of_their_units() {
    // B. Hanin and D. Rolnick (2019): whatever the depth, about N²/2 cells; 64 units, He weights, N(0, 1) biases, 12 seeds.
    for (widths, share) in [
        (&[64][..], 1.02),
        (&[32, 32], 1.01),
        (&[16; 4], 1.03),
        (&[8; 8], 0.97),
    ] {
        let mut total = 0;
        for seed in 0..12 {
            let mut random = RandomState::new(seed);
            let mut inputs = 2;
            let layers = widths.iter().map(|&units| {
                let deviation = (2.0 / inputs as f64).sqrt();
                let weight =
                    Mat::from_fn(units, inputs, |_, _| deviation * random.standard_normal());
                inputs = units;
                layer(weight, random.randn(units), Activation::Relu)
            });
            let network = Frozen {
                layers: layers.collect(),
            };
            let counted = plane_counts(&network).unwrap();
            assert!(counted.mean_degree <= 4.0);
            assert!(counted.cells as f64 <= most_cells(&network).unwrap());
            total += counted.cells;
        }
        let measured = f64::from(total as u32) / 12.0 / 2048.0;
        println!("{widths:?}: {measured:.3} times N²/2, published {share}");
        assert!((measured - share).abs() < 0.12, "{widths:?}: {measured}");
    }
}

/// Serra's sum, term by term.
fn serra(widths: &[usize], left: &[usize]) -> f64 {
    let Some((&n, rest)) = widths.split_first() else {
        return 1.0;
    };
    let most = left.iter().copied().min().unwrap().min(n);
    (0..=most)
        .map(|j| {
            let choose = (0..j).fold(1.0, |c, k| c * (n - k) as f64 / (k + 1) as f64);
            choose * serra(rest, &[left, &[n - j]].concat())
        })
        .sum()
}

#[test]
fn the_bound_of_serra_is_its_sum() {
    for widths in [
        &[3][..],
        &[1, 5],
        &[2, 9, 4],
        &[16, 16],
        &[4, 1, 7, 3],
        &[100, 2],
    ] {
        let all: Vec<usize> = [&[2], widths, &[1]].concat();
        let bound = most_cells(&formula(&all)).unwrap();
        assert_eq!(bound, serra(widths, &[2]), "{widths:?}");
    }
}

/// The network with its hidden units in another order.
fn permuted(network: &Frozen, random: &mut RandomState) -> Frozen {
    let mut layers = network.layers.clone();
    for k in 0..layers.len() - 1 {
        let units = layers[k].units();
        let order = random.permutation(units);
        let (weight, bias) = (layers[k].weight.clone(), layers[k].bias.clone());
        layers[k].weight = Mat::from_fn(units, weight.ncols(), |i, j| weight[(order[i], j)]);
        layers[k].bias = order.iter().map(|&i| bias[i]).collect();
        let next = layers[k + 1].weight.clone();
        layers[k + 1].weight = Mat::from_fn(next.nrows(), units, |i, j| next[(i, order[j])]);
    }
    Frozen { layers }
}

#[test]
fn the_order_of_units_changes_nothing() {
    let mut random = RandomState::new(7);
    let nets = cases().into_iter().map(|case| case.network());
    for network in nets.chain([formula(&[2, 16, 16, 1])]) {
        let complex = Complex::new(&network, square(2.0)).unwrap();
        let other = permuted(&network, &mut random);
        let shuffled = Complex::new(&other, square(2.0)).unwrap();
        assert_eq!(counts(&complex), counts(&shuffled));
        let areas = |complex: &Complex| {
            let mut areas: Vec<f64> = (0..complex.faces())
                .map(|face| complex.area(face))
                .collect();
            areas.sort_by(f64::total_cmp);
            areas
        };
        for (a, b) in areas(&complex).into_iter().zip(areas(&shuffled)) {
            assert!((a - b).abs() < 1e-11);
        }
        let [a, b] = [&network, &other].map(|network| plane_counts(network).unwrap());
        assert_eq!(a, b);
    }
}

#[test]
fn a_large_window_shows_what_the_plane_has() {
    // Of small integers every vertex lies near.
    for case in cases().iter().filter(|case| case.name.starts_with("small")) {
        let network = case.network();
        let plane = plane_counts(&network).unwrap();
        let window = Complex::new(&network, square(1e7)).unwrap();
        assert_eq!(plane.cells, window.faces(), "{}", case.name);
        assert!((plane.mean_degree - window.mean_degree()).abs() < 1e-12);
    }
}

#[test]
fn scores_count_and_smooth_layers_are_refused() {
    let mut network = formula(&[2, 8, 3]);
    let plain = counts(&Complex::new(&network, square(1.0)).unwrap());
    for readout in [Activation::Softmax, Activation::Sigmoid] {
        network.layers[1].activation = readout;
        assert_eq!(counts(&Complex::new(&network, square(1.0)).unwrap()), plain);
    }
    network.layers[0].activation = Activation::Tanh;
    let refused = Complex::new(&network, square(1.0)).unwrap_err().to_string();
    assert!(
        refused.contains("tanh") && refused.contains("no cells") && refused.contains("boundary"),
        "{refused}"
    );
    network.layers[0].activation = Activation::Sigmoid;
    assert!(
        plane_counts(&network)
            .unwrap_err()
            .to_string()
            .contains("sigmoid")
    );
    network.layers[0].activation = Activation::Relu;
    network.layers[0].weight[(3, 1)] = f64::NAN;
    assert!(
        Complex::new(&network, square(1.0))
            .unwrap_err()
            .to_string()
            .contains("finite")
    );
    let space = Frozen {
        layers: vec![layer(Mat::zeros(2, 3), vec![0.0; 2], Activation::Relu)],
    };
    let refused = Complex::new(&space, square(1.0)).unwrap_err().to_string();
    assert!(
        refused.contains("3 inputs") && refused.contains("--features"),
        "{refused}"
    );
}

#[test]
fn networks_without_bends_have_one_cell() {
    let network = Frozen {
        layers: vec![layer(
            Mat::identity(2, 2),
            vec![0.5, 0.5],
            Activation::Identity,
        )],
    };
    let complex = Complex::new(&network, square(1.0)).unwrap();
    assert_eq!(counts(&complex), [1, 4, 4]);
    check(&network, &complex);
    assert_eq!(plane_counts(&network).unwrap().cells, 1);
    assert_eq!(most_cells(&network).unwrap(), 1.0);
    let none = Frozen { layers: Vec::new() };
    assert_eq!(
        Complex::new(&none, square(1.0))
            .unwrap()
            .map(0)
            .at([0.25, -0.5]),
        [0.25, -0.5]
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Weights over many orders of magnitude, many of them zero or equal.
    #[test]
    fn any_network_has_a_sound_complex(
        seed in 0_u32..1_000_000,
        widths in proptest::collection::vec(1_usize..7, 1..4),
        spread in 0_i32..12,
        leaky in any::<bool>(),
    ) {
        let mut random = RandomState::new(seed);
        let mut number = || {
            let kind = random.randint(0, 5);
            let exponent = random.randint(-i64::from(spread), i64::from(spread) + 1) as i32;
            match kind {
                0 => 0.0,
                1 => 1.0,
                _ => libm::ldexp(random.standard_normal(), exponent),
            }
        };
        let activation = if leaky { Activation::LEAKY_RELU } else { Activation::Relu };
        let mut inputs = 2;
        let mut layers = Vec::new();
        for &units in &widths {
            let weight = Mat::from_fn(units, inputs, |_, _| number());
            let bias = (0..units).map(|_| number()).collect();
            layers.push(layer(weight, bias, activation));
            inputs = units;
        }
        layers.push(layer(Mat::from_fn(1, inputs, |_, _| number()), vec![number()], Activation::Identity));
        let network = Frozen { layers };
        let complex = Complex::new(&network, square(2.0)).unwrap();
        let [faces, edges, vertices] = counts(&complex);
        prop_assert_eq!(vertices + faces, edges + 1);
        let total: f64 = (0..faces).map(|face| complex.area(face)).sum();
        prop_assert!((total - 16.0).abs() < 1e-10);
        let plane = plane_counts(&network).unwrap();
        prop_assert!(plane.mean_degree <= 4.0 && plane.cells >= faces);
        prop_assert!(plane.cells as f64 <= most_cells(&network).unwrap());
        // No sample has a pattern that no cell has.
        let patterns: Vec<Vec<bool>> = (0..faces).map(|face| complex.pattern(face).iter().collect()).collect();
        for _ in 0..50 {
            let mut x = Mat::from_fn(1, 2, |_, _| random.uniform(-2.0, 2.0));
            let mut pattern = Vec::new();
            for layer in &network.layers[..widths.len()] {
                let z = layer.affine(x.as_ref());
                pattern.extend(z.row(0).iter().map(|&z| z > 0.0));
                x = layer.activate(z);
            }
            let near = x.norm_max() > 0.0;
            prop_assert!(!near || patterns.contains(&pattern), "{:?}", pattern);
        }
    }
}

const RUN: &str = "seed = 3
[data]
name = 'spiral'
samples = 120
[model]
layers = [
    { units = 12, activation = 'relu' },
    { units = 4, activation = 'leaky_relu', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 3
loss = 'bce'
optimizer = { name = 'adam', lr = 0.02 }
";

pub fn foldspace(folder: &std::path::Path, arguments: &[&str]) -> (bool, String) {
    let (code, printed, said) = program::foldspace(folder, arguments);
    (code == Some(0), printed + &said)
}

#[test]
fn a_run_shows_its_cells() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::write(root.join("small.toml"), RUN).unwrap();
    let run = "artifacts/runs/small";
    let succeed = |arguments: &[&str]| {
        let (done, said) = foldspace(root, arguments);
        assert!(done, "{arguments:?}: {said}");
        said
    };
    let refuse = |arguments: &[&str], words: &[&str]| {
        let (done, said) = foldspace(root, arguments);
        assert!(
            !done && words.iter().all(|word| said.contains(word)),
            "{arguments:?}: {said}"
        );
    };
    succeed(&["train", "small.toml"]);
    let said = succeed(&[
        "figure", run, "regions", "--tint", "slope", "--json", "--dpi", "96",
    ]);
    let endings: Vec<&str> = said
        .lines()
        .map(|line| line.rsplit('.').next().unwrap())
        .collect();
    assert_eq!(endings, ["svg", "png", "csv", "json"]);
    let figures = root.join(run).join("figures");
    let table = std::fs::read_to_string(figures.join("regions.csv")).unwrap();
    assert_eq!(table.lines().count(), 5, "{table}");
    assert!(table.starts_with("epoch,cells,edges,vertices,smallest_area,median_area,largest_area,mean_degree,most_cells\n0,"));
    let last: Vec<f64> = table
        .lines()
        .last()
        .unwrap()
        .split(',')
        .map(|cell| cell.parse().unwrap())
        .collect();
    let json = std::fs::read_to_string(figures.join("regions.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let list = |name: &str| json[name].as_array().unwrap();
    assert_eq!(last[0], 3.0);
    for (name, count) in [
        ("faces", last[1]),
        ("edges", last[2]),
        ("vertices", last[3]),
    ] {
        assert_eq!(list(name).len() as f64, count);
    }
    assert_eq!(last[3] - last[2] + last[1], 1.0);
    let window = |axis: usize| {
        json["window"][axis][1].as_f64().unwrap() - json["window"][axis][0].as_f64().unwrap()
    };
    let total: f64 = list("faces")
        .iter()
        .map(|face| face["area"].as_f64().unwrap())
        .sum();
    assert!((total / (window(0) * window(1)) - 1.0).abs() < 1e-12);
    let on = list("faces")[0]["on"].as_str().unwrap();
    assert_eq!(on.split(' ').map(str::len).collect::<Vec<_>>(), [12, 4]);
    // Two hidden layers of 12 and 4 leave no plane to measure areas in; the picture says what to draw instead.
    refuse(
        &["figure", run, "regions", "--tint", "determinant"],
        &["2 units", "slope"],
    );
    refuse(
        &["figure", run, "regions", "--tint", "patern"],
        &["did you mean pattern?"],
    );
    refuse(&["figure", run, "loss", "--json"], &["regions"]);
    refuse(&["animate", run, "training", "--tint", "area"], &["--tint"]);
    let said = succeed(&["animate", run, "regions", "--size", "300x280"]);
    assert!(root.join(said.trim()).metadata().unwrap().len() > 5000);

    let said = succeed(&["figure", run, "topology", "--json", "--format", "svg"]);
    assert_eq!(said.lines().count(), 3);
    let table = std::fs::read_to_string(figures.join("topology.csv")).unwrap();
    assert!(table.starts_with(
        "epoch,class,components,bounded,holes,area,border_pieces,border_length\n0,0,"
    ));
    assert_eq!(table.lines().count(), 1 + 4 * 2);
    let json = std::fs::read_to_string(figures.join("topology.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let areas = [0, 1].map(|class| json["classes"][class]["area"].as_f64().unwrap());
    assert!(((areas[0] + areas[1]) / total - 1.0).abs() < 1e-12);

    let said = succeed(&["inspect", run]);
    assert!(
        said.contains(&format!("cells: {} in the window", last[1])),
        "{said}"
    );
    let said = succeed(&["inspect", run, "--json"]);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["cells"]["window"]["cells"].as_f64(), Some(last[1]));
    assert!(json["cells"]["plane"]["cells"].as_f64() >= Some(last[1]));

    let smooth = "--set=model.layers=[{units=4,activation='tanh'},{units=1,activation='sigmoid'}]";
    succeed(&[
        "train",
        "small.toml",
        smooth,
        "--out",
        "smooth",
        "--epochs",
        "1",
    ]);
    refuse(
        &["figure", "smooth", "regions"],
        &["tanh", "no cells", "boundary"],
    );
    refuse(&["animate", "smooth", "regions"], &["tanh", "no cells"]);
    assert!(succeed(&["inspect", "smooth"]).contains("cells: not counted: layer layers.0: tanh"));
    // What a smooth network has not is no news; the parts of its regions are counted on a certified border.
    let said = succeed(&["figure", "smooth", "--format", "svg"]);
    assert!(
        !said.contains("regions") && said.contains("topology.svg"),
        "{said}"
    );
}

/// The topology of a network's decision within a square.
fn decided(network: &Frozen, size: f64) -> Topology {
    let found = topology(&Decided::new(network, square(size)).unwrap());
    let euler: i64 = found
        .classes
        .iter()
        .map(|class| class.components as i64 - class.holes as i64)
        .sum();
    assert_eq!(euler - found.border_euler, 1, "{found:?}");
    let whole: f64 = found.classes.iter().map(|class| class.area).sum();
    assert!((whole - 4.0 * size * size).abs() < 1e-11);
    found
}

/// The same network whose last unit says class 1 where it is above 0.
pub fn signed(mut network: Frozen) -> Frozen {
    network.layers.last_mut().unwrap().activation = Activation::Sigmoid;
    network
}

fn parts(found: &Topology, class: usize) -> [usize; 3] {
    let class = found.classes[class];
    [class.components, class.bounded, class.holes]
}

#[test]
fn the_regions_of_the_formula_network() {
    let found = decided(&signed(formula(&[2, 8, 1])), 4.0);
    assert_eq!(parts(&found, 1)[..2], [4, 2]);
    // Two of the other class's holes are the bounded parts.
    assert_eq!(parts(&found, 0)[0], 1);
    assert_eq!(parts(&found, 0)[2], 2);
    assert_eq!(found.pieces, 23);
    assert!((found.length - 18.273_151).abs() < 5e-7, "{}", found.length);
    assert!(
        (found.classes[1].area - 14.002_578).abs() < 5e-7,
        "{}",
        found.classes[1].area
    );
}

/// Three units at 120 degrees; class 1 where the sum of their ReLU is below 1.
pub fn hexagon() -> Frozen {
    let angle = |k: usize| std::f64::consts::TAU * k as f64 / 3.0;
    let weight = Mat::from_fn(3, 2, |i, j| {
        if j == 0 {
            libm::cos(angle(i))
        } else {
            libm::sin(angle(i))
        }
    });
    Frozen {
        layers: vec![
            layer(weight, vec![0.0; 3], Activation::Relu),
            layer(
                Mat::from_fn(1, 3, |_, _| -1.0),
                vec![1.0],
                Activation::Sigmoid,
            ),
        ],
    }
}

#[test]
fn three_units_fold_the_plane_to_a_hexagon() {
    let network = hexagon();
    assert_eq!(Complex::new(&network, square(3.0)).unwrap().faces(), 6);
    let found = decided(&network, 3.0);
    assert_eq!(found.pieces, 6);
    assert_eq!((parts(&found, 1), parts(&found, 0)), ([1, 1, 0], [1, 0, 1]));
    let root = 3.0_f64.sqrt();
    assert!((found.classes[1].area - 2.0 * root).abs() < 1e-12);
    assert!((found.length - 4.0 * root).abs() < 1e-12);
}

/// Class 1 above (A^k(x) + 1) / 2 with A(x) = max(-3x + 1, 0, 3x - 2): every step folds the graph into twice as many
/// notches. Source: M. Lewandowski et al., *CantorNet* (2024).
pub fn cantor(depth: usize) -> Frozen {
    let mut layers = Vec::new();
    for k in 0..depth {
        // The two sides of A, and y + 2, which is never off.
        let weight = if k == 0 {
            faer::mat![[-3.0, 0.0], [3.0, 0.0], [0.0, 1.0]]
        } else {
            faer::mat![[-3.0, -3.0, 0.0], [3.0, 3.0, 0.0], [0.0, 0.0, 1.0]]
        };
        let bias = vec![1.0, -2.0, if k == 0 { 2.0 } else { 0.0 }];
        layers.push(layer(weight, bias, Activation::Relu));
    }
    layers.push(layer(
        faer::mat![[-0.5, -0.5, 1.0]],
        vec![-2.5],
        Activation::Sigmoid,
    ));
    Frozen { layers }
}

#[test]
fn cantors_network_has_twice_the_parts_with_every_layer() {
    for depth in 1..=5 {
        let found = decided(&cantor(depth), 1.0);
        let doubled = 2_usize.pow(depth as u32 - 1);
        assert_eq!(found.classes[1].components, doubled);
        assert_eq!(found.pieces, 3 * doubled);
        let area = libm::pow(2.0 / 3.0, depth as f64) / 2.0;
        assert!((found.classes[1].area - area).abs() < 1e-12);
    }
}

#[test]
fn narrow_networks_enclose_little() {
    let mut random = RandomState::new(11);
    let mut enclosed = 0;
    for (widths, most) in [(&[2, 2][..], 0), (&[2, 2, 2, 2], 0), (&[3], 1)] {
        for _ in 0..200 {
            let mut inputs = 2;
            let mut layers = Vec::new();
            for &units in widths.iter().chain([&1]) {
                let weight = Mat::from_fn(units, inputs, |_, _| random.standard_normal());
                layers.push(layer(weight, random.randn(units), Activation::Relu));
                inputs = units;
            }
            // A. Beise et al. (2021): no wider than the input, no bounded part. E. Grigsby and K. Lindsey (2022): with one
            // unit more, at most one.
            let found = decided(&signed(Frozen { layers }), 20.0);
            let bounded: usize = found.classes.iter().map(|class| class.bounded).sum();
            assert!(bounded <= most, "{widths:?}: {found:?}");
            enclosed += bounded;
        }
    }
    assert!(enclosed > 0, "some do enclose a part");
}

#[test]
fn the_highest_of_several_scores_wins() {
    let network = formula(&[2, 8, 5]);
    let decided = Decided::new(&network, square(2.0)).unwrap();
    let found = topology(&decided);
    assert_eq!(found.classes.len(), 5);
    for face in 0..decided.complex.faces() {
        let polygon = decided.complex.polygon(face);
        let n = polygon.len() as f64;
        let centre = [0, 1].map(|axis| polygon.iter().map(|p| p[axis]).sum::<f64>() / n);
        let scores = network.forward(Mat::from_fn(1, 2, |_, j| centre[j]).as_ref());
        if decided.complex.area(face) > 1e-9 {
            let best = (0..5).fold(0, |best, k| {
                if scores[(0, k)] > scores[(0, best)] {
                    k
                } else {
                    best
                }
            });
            assert_eq!(decided.class[face], best);
        }
    }
    // Two softmax units are one unit of their difference.
    let two = formula(&[2, 8, 2]);
    let mut one = two.clone();
    let last = two.layers[1].clone();
    one.layers[1] = layer(
        Mat::from_fn(1, 8, |_, j| last.weight[(1, j)] - last.weight[(0, j)]),
        vec![last.bias[1] - last.bias[0]],
        Activation::Sigmoid,
    );
    let [a, b] = [two, one].map(|network| topology(&Decided::new(&network, square(4.0)).unwrap()));
    assert_eq!(
        [0, 1].map(|class| parts(&a, class)),
        [0, 1].map(|class| parts(&b, class))
    );
    assert!((a.length - b.length).abs() < 1e-9);
    let mut relu = formula(&[2, 8, 1]);
    relu.layers[1].activation = Activation::Relu;
    let refused = Decided::new(&relu, square(1.0)).unwrap_err().to_string();
    assert!(refused.contains("scores"), "{refused}");
}
