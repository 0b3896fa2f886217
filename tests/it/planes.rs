//! Planes through spaces of many dimensions, and the borders of several classes on them.

use faer::{Mat, MatRef};
use foldspace::data::{Dataset, Target};
use foldspace::figures::{Flow, InputAxes, InputPlane};
use foldspace::geometry::{Bounds, Slice, class_borders};
use foldspace::linalg::Pca;
use foldspace::model::{Activation, Frozen, Layer, LayerConfig, ModelConfig, initialise};
use foldspace::random::Generator;

fn points(n: usize, d: usize, seed: u64) -> Mat<f64> {
    let numbers = Generator::new(seed).randn(n * d);
    Mat::from_fn(n, d, |i, j| f64::from(numbers[i * d + j]))
}

fn network(inputs: usize, outputs: usize) -> Frozen {
    let config = ModelConfig::new(vec![
        LayerConfig::new(7, Activation::Tanh),
        LayerConfig::new(outputs, Activation::Softmax),
    ]);
    let mut network = initialise(&config, inputs, &mut Generator::new(3)).unwrap();
    for layer in &mut network.layers {
        layer.weight *= faer::Scale(3.0);
    }
    network
}

#[test]
fn a_network_on_a_plane_is_the_network_at_the_points_of_the_plane() {
    let data = points(40, 5, 1);
    let (slice, shares) = Slice::principal(data.as_ref()).unwrap();
    let network = network(5, 3);
    let plane = points(30, 2, 2);
    let here = slice.network(&network).unwrap().forward(plane.as_ref());
    let there = network.forward(slice.lift(plane.as_ref()).as_ref());
    assert!((here - there).norm_max() < 1e-12);
    // Up and down again is where one began; down is where the principal components say.
    let again = slice.project(slice.lift(plane.as_ref()).as_ref());
    assert!((again - &plane).norm_max() < 1e-12);
    let pca = Pca::fit(data.as_ref(), 2).unwrap();
    assert!((slice.project(data.as_ref()) - pca.transform(data.as_ref())).norm_max() < 1e-12);
    assert_eq!(shares.to_vec(), pca.explained_variance_ratio);
    let layer = slice.projection("down");
    assert!((layer.forward(data.as_ref()) - slice.project(data.as_ref())).norm_max() < 1e-12);
}

#[test]
fn planes_that_are_none_are_refused() {
    let axes =
        |a: [f64; 3], b: [f64; 3]| Mat::from_fn(3, 2, |i, j| if j == 0 { a[i] } else { b[i] });
    let new = |axes: Mat<f64>| Slice::new(vec![0.0; 3], axes).map_err(|error| error.to_string());
    assert!(
        new(axes([1.0, 0.0, 0.0], [0.0; 3]))
            .unwrap_err()
            .contains("no length")
    );
    assert!(
        new(axes([1.0, 0.0, 0.0], [1.0, 1.0, 0.0]))
            .unwrap_err()
            .contains("right angle")
    );
    assert!(new(Mat::identity(2, 2)).unwrap_err().contains("3 entries"));
    let slice = new(axes([2.0, 0.0, 0.0], [0.0, 0.0, 0.5])).unwrap();
    assert!(slice.network(&network(2, 3)).is_err());
}

/// The largest and the second largest score of each row.
fn top_two(scores: MatRef<'_, f64>) -> Vec<[f64; 2]> {
    let sorted = |row: usize| {
        let mut scores: Vec<f64> = scores.row(row).iter().copied().collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        [scores[0], scores[1]]
    };
    (0..scores.nrows()).map(sorted).collect()
}

#[test]
fn borders_lie_where_the_two_highest_scores_are_equal_and_nowhere_is_one_missing() {
    let mut scores = network(2, 5);
    scores.layers[1].activation = Activation::Identity;
    let bounds = Bounds::new((-3.0, 3.0), (-3.0, 3.0)).unwrap();
    let cells = 60;
    let borders = class_borders(|points| scores.forward(points), bounds, [cells, cells]).unwrap();
    let vertices: Vec<[f64; 2]> = borders
        .iter()
        .flat_map(|border| border.points.clone())
        .collect();
    assert!(vertices.len() > 100, "{}", vertices.len());
    let at = Mat::from_fn(vertices.len(), 2, |i, axis| vertices[i][axis]);
    let gaps: Vec<f64> = top_two(scores.forward(at.as_ref()).as_ref())
        .into_iter()
        .map(|[first, second]| first - second)
        .collect();
    // Vertices are exact; only where three regions meet is a border cut on a straight piece.
    let exact = gaps.iter().filter(|gap| **gap < 1e-12).count();
    assert!(
        exact + 3 * 2 * borders.len() >= gaps.len(),
        "{exact} of {}",
        gaps.len()
    );
    assert!(gaps.iter().all(|gap| *gap < 0.02), "{gaps:?}");

    // Along scan lines, the winner only changes within a cell of a border.
    let n = 1500;
    let place = |k: usize| -3.0 + 6.0 * k as f64 / (n - 1) as f64;
    for line in 0..7 {
        let y = -2.7 + 0.9 * f64::from(line);
        let points = Mat::from_fn(n, 2, |k, axis| if axis == 0 { place(k) } else { y });
        let values = scores.forward(points.as_ref());
        let winner = |row: usize| {
            (0..5)
                .max_by(|&a, &b| values[(row, a)].total_cmp(&values[(row, b)]))
                .unwrap()
        };
        for k in 1..n {
            if winner(k) != winner(k - 1) {
                let nearest = vertices
                    .iter()
                    .map(|v| libm::hypot(v[0] - place(k), v[1] - y))
                    .fold(f64::INFINITY, f64::min);
                assert!(
                    nearest < 1.5 * 6.0 / f64::from(cells as u32),
                    "{} {y}: {nearest}",
                    place(k)
                );
            }
        }
    }
}

#[test]
fn a_closed_region_has_a_closed_border() {
    // Class 1 wins inside the unit circle, class 0 outside; class 2 nowhere.
    let scores = |points: MatRef<'_, f64>| {
        Mat::from_fn(points.nrows(), 3, |i, class| match class {
            0 => points[(i, 0)] * points[(i, 0)] + points[(i, 1)] * points[(i, 1)],
            1 => 1.0,
            _ => -5.0,
        })
    };
    let bounds = Bounds::new((-2.0, 2.1), (-2.0, 2.2)).unwrap();
    let borders = class_borders(scores, bounds, [30, 30]).unwrap();
    assert_eq!(borders.len(), 1);
    assert!(borders[0].closed);
    let none = |points: MatRef<'_, f64>| Mat::zeros(points.nrows(), 1);
    assert!(class_borders(none, bounds, [30, 30]).is_err());
}

/// What the flow says of the data is what the network says of them, however many features there are: the samples that move
/// are the samples, not their shadows on a plane.
#[test]
fn the_flow_classifies_as_the_network_does() {
    let number = |seed: usize, k: usize| {
        let mixed = (k * 7919 + seed * 104_729 + k * k * 31) % 2003;
        mixed as f64 / 1001.0 - 1.0
    };
    let layer = |seed: usize, inputs: usize, units: usize, activation: Activation| Layer {
        name: format!("layer {seed}"),
        weight: Mat::from_fn(units, inputs, |i, j| number(seed, i * inputs + j)),
        bias: (0..units).map(|i| 0.3 * number(seed + 50, i)).collect(),
        activation,
    };
    for features in [3, 4, 7, 30] {
        for classes in [2, 3, 10] {
            let seed = features * 11 + classes;
            let last = match classes {
                2 => layer(seed, 2, 1, Activation::Sigmoid),
                _ => layer(seed, 2, classes, Activation::Softmax),
            };
            let network = Frozen {
                layers: vec![
                    layer(seed + 1, features, 9, Activation::Relu),
                    layer(seed + 2, 9, 2, Activation::Tanh),
                    last,
                ],
            };
            let samples = 150;
            let dataset = Dataset::new(
                "random",
                Mat::from_fn(samples, features, |i, j| number(seed + 3, i * features + j)),
                (0..features).map(|j| format!("f{j}")).collect(),
                Target::Classes {
                    labels: (0..samples).map(|i| i % classes).collect(),
                    names: (0..classes).map(|k| k.to_string()).collect(),
                },
            )
            .unwrap();
            let plane = InputPlane::new(&dataset, None, &InputAxes::Automatic).unwrap();
            let slice = plane.slice().unwrap();
            let flow = Flow::from_slice(&network, &dataset, slice).unwrap();
            assert_eq!(
                flow.accuracy(),
                foldspace::inspect::accuracy(&network, &dataset),
                "{features} features, {classes} classes"
            );
            // It begins where the inputs are seen, and ends where the network ends.
            let (head, _) = network.split_at(2);
            let ends = head.forward(dataset.features.as_ref());
            assert!((flow.landing() - ends).norm_max() < 1e-12);
            assert!(flow.largest_jump() < 1e-2);
        }
    }
}
