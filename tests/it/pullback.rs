//! The line that separates, pulled back: exact through cells, proved through smooth layers.

use faer::{Mat, MatRef, mat};
use foldspace::figures::{PullBack, Readout};
use foldspace::geometry::Decided;
use foldspace::geometry::border_paths;
use foldspace::geometry::certified_level_set;
use foldspace::geometry::interval::Interval;
use foldspace::geometry::{Bounds, certified_pull_back, level_set};
use foldspace::model::{Activation, Frozen};
use foldspace::random::RandomState;

use super::regions::{cantor, foldspace, formula, hexagon, layer, signed, square};

/// The height over the separating hyperplane at points of the input, divided by what its terms add up to.
fn heights(network: &Frozen, points: &[[f64; 2]]) -> Vec<f64> {
    let readout = Readout::of(network).unwrap();
    let (head, _) = network.split_at(network.layers.len() - 1);
    let points = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
    let hidden = head.forward(points.as_ref());
    hidden
        .row_iter()
        .map(|row| {
            let terms = row.iter().zip(&readout.normal).map(|(h, w)| h * w);
            let (sum, size) = terms.fold((readout.offset, readout.offset.abs()), |(s, t), v| {
                (s + v, t + v.abs())
            });
            sum / size
        })
        .collect()
}

fn length(curve: &[[f64; 2]]) -> f64 {
    curve
        .windows(2)
        .map(|pair| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]))
        .sum()
}

#[test]
fn through_cells_the_line_comes_back_exactly() {
    let network = hexagon();
    let found = PullBack::new(&network, square(3.0), false).unwrap();
    assert_eq!(
        (found.by, found.curves.len(), found.closed),
        ("cells", 1, 1)
    );
    // Six sides, and the first corner again.
    assert_eq!(found.curves[0].len(), 7);
    assert!((length(&found.curves[0]) - 4.0 * 3.0_f64.sqrt()).abs() < 1e-12);
    let mut seen = 0;
    for (network, size) in [
        (hexagon(), 3.0),
        (signed(formula(&[2, 8, 1])), 4.0),
        (through(5, &[16, 16], Activation::Relu), 2.0),
        (through(6, &[32, 2], Activation::LEAKY_RELU), 2.0),
    ] {
        let found = PullBack::new(&network, square(size), false).unwrap();
        let points: Vec<[f64; 2]> = found.curves.iter().flatten().copied().collect();
        seen += usize::from(!points.is_empty());
        for height in heights(&network, &points) {
            assert!(height.abs() < 1e-12, "{height:e}");
        }
        // Between its vertices too, for every edge lies in one cell.
        let middles: Vec<[f64; 2]> = found
            .curves
            .iter()
            .flat_map(|curve| curve.windows(2))
            .map(|pair| [0, 1].map(|axis| 0.5 * (pair[0][axis] + pair[1][axis])))
            .collect();
        assert!(heights(&network, &middles).iter().all(|h| h.abs() < 1e-12));
    }
    assert!(seen == 4, "{seen}");
}

#[test]
fn cantors_border_has_its_pieces() {
    for depth in 1..=5 {
        let decided = Decided::new(&cantor(depth), square(1.0)).unwrap();
        let paths = border_paths(&decided);
        let doubled = 2_usize.pow(depth as u32 - 1);
        // A region is cut off the window's upper or lower side: all paths are open, one per part.
        assert_eq!(paths.len(), doubled);
        assert!(paths.iter().all(|path| !path.line.closed));
        // Straight on at vertices of one line: three pieces per part.
        let bends = paths.iter().map(|path| {
            let turn = |w: &[[f64; 2]]| {
                let u = [w[1][0] - w[0][0], w[1][1] - w[0][1]];
                let v = [w[2][0] - w[1][0], w[2][1] - w[1][1]];
                (u[0] * v[1] - u[1] * v[0]).abs() > 1e-12
            };
            path.line.points.windows(3).filter(|w| turn(w)).count() + 1
        });
        assert_eq!(bends.sum::<usize>(), 3 * doubled);
        assert!(
            paths
                .iter()
                .all(|path| path.cells.len() == path.line.points.len() - 1)
        );
    }
}

/// A network with weights from a seed, whose border runs through one point.
fn through(seed: u32, widths: &[usize], activation: Activation) -> Frozen {
    let mut random = RandomState::new(seed);
    let mut inputs = 2;
    let layers = widths.iter().map(|&units| {
        let weight = Mat::from_fn(units, inputs, |_, _| 1.5 * random.standard_normal());
        inputs = units;
        layer(weight, random.randn(units), activation)
    });
    let mut layers: Vec<_> = layers.collect();
    layers.push(layer(
        Mat::from_fn(1, inputs, |_, _| random.standard_normal()),
        vec![0.0],
        Activation::Sigmoid,
    ));
    // Through one point for certain.
    let mut network = Frozen { layers };
    let (head, last) = network.split_at(widths.len());
    let score = last.layers[0].affine(head.forward(mat![[0.3, 0.2]].as_ref()).as_ref());
    network.layers[widths.len()].bias[0] = -score[(0, 0)];
    network
}

#[test]
fn through_smooth_layers_its_vertices_lie_on_it() {
    for (seed, widths, activation) in [
        (1, &[6, 2][..], Activation::Tanh),
        (2, &[4, 3, 2], Activation::Silu),
        (3, &[8], Activation::Gelu),
        (4, &[3, 2], Activation::Softplus),
    ] {
        let network = through(seed, widths, activation);
        for certify in [false, true] {
            let found = PullBack::new(&network, square(1.5), certify).unwrap();
            let points: Vec<[f64; 2]> = found.curves.iter().flatten().copied().collect();
            assert!(!points.is_empty(), "{seed}");
            for height in heights(&network, &points) {
                assert!(height.abs() < 1e-12, "{seed} {certify} {height:e}");
            }
        }
    }
}

#[test]
fn a_circle_that_a_lattice_misses_is_found() {
    let window = Bounds::new((-1.0, 0.9), (-1.1, 1.0)).unwrap();
    let cell = 1.9 / 64.0;
    let (radius, centre) = (cell / 2000.0, [0.137, -0.215]);
    let circle = |[x, y]: [Interval; 2]| {
        let (x, y) = (
            x - Interval::point(centre[0]),
            y - Interval::point(centre[1]),
        );
        [
            x * x + y * y - Interval::point(radius * radius),
            x * 2.0,
            y * 2.0,
        ]
    };
    let found = certified_level_set(circle, window, 4).unwrap();
    assert_eq!((found.curves.len(), found.undecided.len()), (1, 0));
    assert!(found.curves[0].closed && found.leaves < 2000);
    for p in &found.curves[0].points {
        let r = libm::hypot(p[0] - centre[0], p[1] - centre[1]);
        assert!((r / radius - 1.0).abs() < 1e-6, "{r}");
    }
    let sampled = |points: MatRef<'_, f64>| {
        let r = |p: faer::RowRef<'_, f64>| libm::hypot(p[0] - centre[0], p[1] - centre[1]);
        points.row_iter().map(|p| r(p) - radius).collect()
    };
    assert!(level_set(sampled, window, [64; 2], 0.0).unwrap().is_empty());
    // The same of a network: the sum of three softplus is lowest at one point, and a little above it a small ring.
    let mut network = hexagon();
    network.layers[0].activation = Activation::Softplus;
    network.layers[1].bias = vec![3.0 * std::f64::consts::LN_2 + 1e-9];
    network.layers[0].bias = vec![0.01, 0.02, 0.03];
    let readout = Readout::of(&network).unwrap();
    let (head, _) = network.split_at(1);
    // Lowered until the ring is that small: its height is that of the lowest point, found by descent, plus 1e-10.
    let lowest = {
        let sum = |x: [f64; 2]| {
            let z = head.forward(Mat::from_fn(1, 2, |_, j| x[j]).as_ref());
            z.row(0).iter().sum::<f64>()
        };
        let mut x = [0.0; 2];
        let mut step = 0.1;
        while step > 1e-9 {
            let next = [[step, 0.0], [-step, 0.0], [0.0, step], [0.0, -step]]
                .map(|d| [x[0] + d[0], x[1] + d[1]])
                .into_iter()
                .min_by(|a, b| sum(*a).total_cmp(&sum(*b)))
                .unwrap();
            if sum(next) < sum(x) {
                x = next;
            } else {
                step *= 0.5;
            }
        }
        sum(x)
    };
    let found = certified_pull_back(&head, &readout.normal, lowest + 1e-9, square(1.0), 3).unwrap();
    assert_eq!((found.curves.len(), found.undecided.len()), (1, 0));
    assert!(found.curves[0].closed);
    let width = length(&found.curves[0].points) / std::f64::consts::PI;
    assert!((1e-5..1e-3).contains(&width), "{width}");
    let none = certified_pull_back(&head, &readout.normal, lowest - 1e-9, square(1.0), 3).unwrap();
    assert!(none.curves.is_empty() && none.undecided.is_empty());
}

#[test]
fn cassinis_ovals_join_where_they_do() {
    // (x² + y²)² - 2 (x² - y²) = b: two ovals for b < 0, one for b > 0, and a lemniscate between, which crosses itself.
    let cassini = |b: f64| {
        move |[x, y]: [Interval; 2]| {
            let (xx, yy) = (x * x, y * y);
            let r = xx + yy;
            [
                r * r - (xx - yy) * 2.0 - Interval::point(b),
                (r - Interval::point(1.0)) * x * 4.0,
                (r + Interval::point(1.0)) * y * 4.0,
            ]
        }
    };
    let window = Bounds::new((-2.0, 2.1), (-1.3, 1.2)).unwrap();
    for (b, ovals) in [
        (-0.5, 2),
        (-1e-6, 2),
        (-1e-9, 2),
        (1e-9, 1),
        (1e-6, 1),
        (2.0, 1),
    ] {
        let found = certified_level_set(cassini(b), window, 3).unwrap();
        assert_eq!(found.curves.len(), ovals, "{b}");
        assert!(found.undecided.is_empty() && found.curves.iter().all(|curve| curve.closed));
        let [inside, outside] = found.regions;
        assert_eq!(
            [inside.components, inside.bounded, inside.holes],
            [ovals, ovals, 0]
        );
        assert_eq!(
            [outside.components, outside.bounded, outside.holes],
            [1, 0, ovals]
        );
    }
    let found = certified_level_set(cassini(0.0), window, 3).unwrap();
    assert!(found.undecided_share > 0.0 && found.undecided_share < 1e-9);
    assert!(
        found
            .undecided
            .iter()
            .all(|b| b.x.0.abs() < 1e-4 && b.y.0.abs() < 1e-4)
    );
    // Nothing there, and a line along the rim's corner.
    let none = certified_level_set(cassini(-1.5), window, 3).unwrap();
    assert!(none.curves.is_empty() && none.undecided.is_empty());
}

#[test]
fn curves_that_graze_the_rim_are_seen() {
    // A circle that looks into the window by a millionth, and one that does not.
    let circle = |x0: f64| {
        move |[x, y]: [Interval; 2]| {
            let x = x - Interval::point(x0);
            [x * x + y * y - Interval::point(1.0), x * 2.0, y * 2.0]
        }
    };
    let window = Bounds::new((0.0, 2.0), (-1.0, 1.3)).unwrap();
    let inside = certified_level_set(circle(-1.0 + 1e-6), window, 2).unwrap();
    assert_eq!((inside.curves.len(), inside.undecided.len()), (1, 0));
    assert!(!inside.curves[0].closed);
    let outside = certified_level_set(circle(-1.0 - 1e-6), window, 2).unwrap();
    assert!(outside.curves.is_empty() && outside.undecided.is_empty());
}

#[test]
fn regions_are_counted_and_measured() {
    // Below zero between two circles of radius 1 and 2.
    let ring = |[x, y]: [Interval; 2]| {
        let r = x * x + y * y;
        let (a, b) = (r - Interval::point(1.0), r - Interval::point(4.0));
        [a * b, (a + b) * x * 2.0, (a + b) * y * 2.0]
    };
    let window = Bounds::new((-3.0, 3.1), (-2.9, 3.0)).unwrap();
    let found = certified_level_set(ring, window, 8).unwrap();
    let [between, beside] = found.regions;
    assert_eq!(
        [between.components, between.bounded, between.holes],
        [1, 1, 1]
    );
    assert_eq!([beside.components, beside.bounded, beside.holes], [2, 1, 1]);
    let exact = 3.0 * std::f64::consts::PI;
    assert!((between.area - exact).abs() < 2e-3, "{}", between.area);
    assert!((between.area + beside.area - 6.1 * 5.9).abs() < 1e-9);
    // One that the window cuts into two pieces.
    let cut = Bounds::new((-0.5, 0.4), (-2.9, 3.0)).unwrap();
    let found = certified_level_set(ring, cut, 6).unwrap();
    let [between, beside] = found.regions;
    assert_eq!(
        [between.components, between.bounded, between.holes],
        [2, 0, 0]
    );
    assert_eq!([beside.components, beside.bounded, beside.holes], [3, 0, 0]);
    assert_eq!(found.curves.len(), 4);
    // No curve at all.
    let far = Bounds::new((5.0, 6.0), (5.0, 6.5)).unwrap();
    let [none, all] = certified_level_set(ring, far, 2).unwrap().regions;
    assert_eq!((none.components, all.components), (0, 1));
    assert!((all.area - 1.5).abs() < 1e-12);
}

const RUN: &str = "seed = 3
[data]
name = 'circles'
samples = 80
[model]
layers = [
    { units = 6, activation = 'ACTIVATION' },
    { units = 2, activation = 'ACTIVATION', name = 'embedding' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 2
loss = 'bce'
optimizer = { name = 'adam', lr = 0.02 }
";

#[test]
fn a_run_shows_its_line_in_every_layer() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (activation, by) in [("leaky_relu", "cells"), ("tanh", "certificate")] {
        let toml = RUN.replace("ACTIVATION", activation);
        std::fs::write(root.join("small.toml"), toml).unwrap();
        let run = format!("artifacts/runs/{activation}");
        let succeed = |arguments: &[&str]| {
            let (done, said) = foldspace(root, arguments);
            assert!(done, "{arguments:?}: {said}");
            said
        };
        succeed(&["train", "small.toml", "--out", &run]);
        let said = succeed(&[
            "figure",
            &run,
            "pullback",
            "--certify",
            "--json",
            "--format",
            "svg",
        ]);
        assert_eq!(said.lines().count(), 3, "{said}");
        let figures = root.join(&run).join("figures");
        let table = std::fs::read_to_string(figures.join("pullback.csv")).unwrap();
        assert!(table.starts_with("epoch,by,lattice,curves,closed,length,undecided\n0,"));
        assert_eq!(table.matches(by).count(), 3, "{table}");
        let json = std::fs::read_to_string(figures.join("pullback.json")).unwrap();
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(json["by"], by);
        assert_eq!(json["undecided"].is_null(), by == "cells");
    }
    let (done, said) = foldspace(
        root,
        &["figure", "artifacts/runs/tanh", "loss", "--certify"],
    );
    assert!(!done && said.contains("pullback"), "{said}");
    let (done, said) = foldspace(
        root,
        &[
            "animate",
            "artifacts/runs/tanh",
            "pullback",
            "--size",
            "520x220",
        ],
    );
    assert!(done, "{said}");
}

#[test]
fn what_has_no_proof_is_refused() {
    let mut network = through(1, &[4, 2], Activation::Tanh);
    network.layers[2] = layer(
        mat![[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]],
        vec![0.0; 3],
        Activation::Softmax,
    );
    assert_eq!(
        PullBack::new(&network, square(1.0), false).unwrap().by,
        "lattice"
    );
    let refused = PullBack::new(&network, square(1.0), true)
        .unwrap_err()
        .to_string();
    assert!(
        refused.contains("--certify") && refused.contains("two classes"),
        "{refused}"
    );
}
