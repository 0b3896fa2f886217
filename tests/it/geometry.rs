//! Geometry: separability, best line, level sets, pull-back, motion, Jacobians.

use std::cmp::Ordering;

use faer::{Mat, MatRef, mat};
use foldspace::geometry::blend;
use foldspace::geometry::convex_hull;
use foldspace::geometry::correct_count;
use foldspace::geometry::determinant_field;
use foldspace::geometry::exact::{orientation, side, sign_of_products};
use foldspace::geometry::{
    Bounds, Grid, Journey, LayerFlow, Separability, Stage, View, best_line, jacobian, level_set,
    linear_separability, pull_back, stretch,
};
use foldspace::model::{Activation, Frozen, Layer};
use proptest::prelude::*;

/// A reproducible number in [-1, 1).
fn noise(seed: u64, k: u64) -> f64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ k.wrapping_mul(0xD1B5_4A32_D192_ED03);
    for _ in 0..3 {
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
    }
    (z >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn layer(inputs: usize, units: usize, activation: Activation, seed: u64) -> Layer {
    let scale = 2.0 / (inputs as f64).sqrt();
    Layer {
        name: format!("layer{seed}"),
        weight: Mat::from_fn(units, inputs, |i, j| {
            scale * noise(seed, (i * inputs + j) as u64)
        }),
        bias: (0..units).map(|i| noise(seed + 1000, i as u64)).collect(),
        activation,
    }
}

fn moons(n: usize, gap: f64) -> (Mat<f64>, Vec<usize>) {
    let points = Mat::from_fn(n, 2, |i, axis| {
        let angle = std::f64::consts::PI * (i / 2) as f64 / (n / 2) as f64;
        let jitter = 0.1 * noise(7, (2 * i + axis) as u64);
        let value = match (i % 2, axis) {
            (0, 0) => libm::cos(angle),
            (0, _) => libm::sin(angle),
            (_, 0) => 1.0 - libm::cos(angle),
            _ => 0.5 - libm::sin(angle) - gap,
        };
        value + jitter
    });
    (points, (0..n).map(|i| i % 2).collect())
}

/// The common point is really a convex combination of each class, to 1e-9.
fn check_proof(points: MatRef<'_, f64>, labels: &[usize], answer: &Separability) {
    let Separability::NotSeparable(proof) = answer else {
        panic!("separable: {answer:?}");
    };
    let extent = points.norm_max().max(1e-300);
    for (class, combination) in [(0, &proof.zero), (1, &proof.one)] {
        assert!(
            combination
                .iter()
                .all(|&(i, weight)| labels[i] == class && weight > 0.0)
        );
        let sum: f64 = combination.iter().map(|&(_, weight)| weight).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        for j in 0..points.ncols() {
            let x: f64 = combination
                .iter()
                .map(|&(i, weight)| weight * points[(i, j)])
                .sum();
            assert!(
                (x - proof.point[j]).abs() < 2e-9 * extent,
                "{x} {}",
                proof.point[j]
            );
        }
    }
}

/// Every point on its side of the hyperplane, the nearest at the stated distance.
fn check_line(points: MatRef<'_, f64>, labels: &[usize], answer: &Separability) -> f64 {
    let Separability::Separable {
        normal,
        offset,
        margin,
        ..
    } = answer
    else {
        panic!("not separable: {answer:?}");
    };
    let mut nearest = f64::INFINITY;
    for (i, &label) in labels.iter().enumerate() {
        let x: Vec<f64> = points.row(i).iter().copied().collect();
        let wanted = [Ordering::Less, Ordering::Greater][label];
        assert_eq!(side(normal, *offset, &x), wanted);
        let height: f64 = normal.iter().zip(&x).map(|(w, x)| w * x).sum::<f64>() + offset;
        nearest = nearest.min(height.abs());
    }
    assert!(
        (nearest - margin).abs() <= 1e-12 * (1.0 + offset.abs()),
        "{nearest} {margin}"
    );
    *margin
}

#[test]
fn signs_are_exact_where_floating_point_is_not() {
    // The classic failure of naive orientation: points almost on the diagonal.
    let ulp = f64::EPSILON / 2.0;
    let (a, b) = ([12.0, 12.0], [24.0, 24.0]);
    assert_eq!(orientation(a, b, [0.5, 0.5]), Ordering::Equal);
    assert_eq!(orientation(a, b, [0.5, 0.5 + ulp]), Ordering::Greater);
    assert_eq!(orientation(a, b, [0.5 + ulp, 0.5]), Ordering::Less);
    assert_eq!(side(&[1e100, -1e100], 1e-3, &[3.0, 3.0]), Ordering::Greater);
}

#[test]
fn interlocking_moons_are_not_separable_and_parted_ones_are() {
    let (points, labels) = moons(1000, 0.0);
    check_proof(
        points.as_ref(),
        &labels,
        &linear_separability(points.as_ref(), &labels).unwrap(),
    );
    let (points, labels) = moons(1000, 1.0);
    let answer = linear_separability(points.as_ref(), &labels).unwrap();
    let margin = check_line(points.as_ref(), &labels, &answer);
    // No direction offers a wider corridor: the hard-margin line.
    for k in 0..20_000 {
        let angle = std::f64::consts::TAU * f64::from(k) / 20_000.0;
        let (c, s) = (libm::cos(angle), libm::sin(angle));
        let heights =
            (0..labels.len()).map(|i| (labels[i], c * points[(i, 0)] + s * points[(i, 1)]));
        let (zero, one): (Vec<_>, Vec<_>) = heights.partition(|&(label, _)| label == 0);
        let high = zero
            .iter()
            .map(|&(_, h)| h)
            .fold(f64::NEG_INFINITY, f64::max);
        let low = one.iter().map(|&(_, h)| h).fold(f64::INFINITY, f64::min);
        assert!(0.5 * (low - high) <= margin + 1e-12);
    }
}

#[test]
fn separability_sees_a_gap_of_a_millionth_of_a_millionth_and_a_touch() {
    for (shift, separable) in [(1e-12, true), (0.0, false), (-1e-12, false)] {
        let points = mat![[0.0, 0.0], [1.0, 0.0], [0.5, shift], [0.5, 1.0], [0.2, 1.0]];
        let answer = linear_separability(points.as_ref(), &[0, 0, 1, 1, 1]).unwrap();
        assert_eq!(answer.is_separable(), separable, "{shift}: {answer:?}");
    }
    // One point in both classes; all points in one place; a constant column.
    let same = mat![[1.0, 5.0], [1.0, 5.0]];
    check_proof(
        same.as_ref(),
        &[0, 1],
        &linear_separability(same.as_ref(), &[0, 1]).unwrap(),
    );
    let line = mat![[1.0, 5.0], [2.0, 5.0], [3.0, 5.0]];
    check_line(
        line.as_ref(),
        &[0, 1, 1],
        &linear_separability(line.as_ref(), &[0, 1, 1]).unwrap(),
    );
    check_proof(
        line.as_ref(),
        &[0, 1, 0],
        &linear_separability(line.as_ref(), &[0, 1, 0]).unwrap(),
    );
}

#[test]
fn separability_refuses_what_it_cannot_judge() {
    let points = mat![[0.0, 1.0], [f64::NAN, 2.0]];
    let refused = |labels: &[usize]| {
        linear_separability(points.as_ref(), labels)
            .unwrap_err()
            .to_string()
    };
    assert!(refused(&[0, 1]).contains("row 1, column 0"));
    assert!(refused(&[0]).contains("1 labels"));
    assert!(refused(&[0, 2]).contains("label 2"));
    assert!(refused(&[0, 0]).contains("has label 1"));
}

/// All line dichotomies of few points, by brute force: the lines through two points, each point of the line on
/// either side of a break, both orders.
fn brute_force(points: &[[f64; 2]], labels: &[usize]) -> usize {
    let n = points.len();
    let ones = labels.iter().sum::<usize>();
    let mut best = ones.max(n - ones);
    for i in 0..n {
        for j in 0..n {
            if points[i] == points[j] {
                continue;
            }
            let (dx, dy) = (points[j][0] - points[i][0], points[j][1] - points[i][1]);
            let mut fixed = [0, 0]; // correct off the line, by which class is left
            let mut on: Vec<(f64, usize)> = Vec::new();
            for (point, &label) in points.iter().zip(labels) {
                match orientation(points[i], points[j], *point) {
                    Ordering::Greater => fixed[label] += 1,
                    Ordering::Less => fixed[1 - label] += 1,
                    Ordering::Equal => on.push((dx * point[0] + dy * point[1], label)),
                }
            }
            on.sort_by(|a, b| a.0.total_cmp(&b.0));
            for cut in 0..=on.len() {
                if cut > 0 && cut < on.len() && on[cut - 1].0 == on[cut].0 {
                    continue;
                }
                let ones_before = on[..cut].iter().map(|o| o.1).sum::<usize>();
                let ones_after = on[cut..].iter().map(|o| o.1).sum::<usize>();
                let before_is_one = ones_before + (on.len() - cut - ones_after);
                for left in fixed {
                    best = best
                        .max(left + before_is_one)
                        .max(left + on.len() - before_is_one);
                }
            }
        }
    }
    best
}

fn small_set() -> impl Strategy<Value = (Vec<[f64; 2]>, Vec<usize>)> {
    // On a small lattice: many collinear and coinciding points, and everything exact.
    (2usize..12).prop_flat_map(|n| {
        (
            prop::collection::vec([0..5i32, 0..5i32].prop_map(|p| p.map(f64::from)), n),
            prop::collection::vec(0usize..2, n),
        )
    })
}

proptest! {
    #[test]
    fn the_best_line_is_the_best((points, labels) in small_set()) {
        let matrix = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
        let line = best_line(matrix.as_ref(), &labels).unwrap();
        prop_assert_eq!(line.correct, brute_force(&points, &labels));
        let counted = correct_count(matrix.as_ref(), &labels, line.normal, line.offset);
        prop_assert_eq!(counted, line.correct);
    }

    #[test]
    fn separable_exactly_if_the_best_line_makes_no_mistake((points, labels) in small_set()) {
        let ones = labels.iter().sum::<usize>();
        prop_assume!(ones > 0 && ones < labels.len());
        let matrix = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
        let answer = linear_separability(matrix.as_ref(), &labels).unwrap();
        prop_assert_eq!(answer.is_separable(), brute_force(&points, &labels) == labels.len());
        if answer.is_separable() {
            check_line(matrix.as_ref(), &labels, &answer);
        } else {
            check_proof(matrix.as_ref(), &labels, &answer);
        }
    }

    #[test]
    fn separability_in_many_dimensions(seed in 0u64..1000, d in 1usize..8, separable: bool) {
        let n = 60;
        let w: Vec<f64> = (0..d).map(|j| noise(seed, 10_000 + j as u64)).collect();
        let mut points = Mat::from_fn(n, d, |i, j| noise(seed, (i * d + j) as u64));
        let height = |points: &Mat<f64>, i: usize| (0..d).map(|j| w[j] * points[(i, j)]).sum::<f64>();
        let heights: Vec<f64> = (0..n).map(|i| height(&points, i)).collect();
        let mut sorted = heights.clone();
        sorted.sort_by(f64::total_cmp);
        let labels: Vec<usize> = heights.iter().map(|h| usize::from(*h > sorted[n / 2])).collect();
        if !separable {
            // The first point of class 0 becomes the mean of class 1.
            let ones: Vec<usize> = (0..n).filter(|&i| labels[i] == 1).collect();
            let zero = labels.iter().position(|&label| label == 0).unwrap();
            for j in 0..d {
                points[(zero, j)] = ones.iter().map(|&i| points[(i, j)]).sum::<f64>() / ones.len() as f64;
            }
        }
        let answer = linear_separability(points.as_ref(), &labels).unwrap();
        if separable {
            check_line(points.as_ref(), &labels, &answer);
        } else {
            check_proof(points.as_ref(), &labels, &answer);
        }
    }

    #[test]
    fn exact_signs_agree_with_integers(terms in prop::collection::vec((-1_000_000_000i64..1_000_000_000, -1_000_000_000i64..1_000_000_000), 1..8)) {
        let exact: i128 = terms.iter().map(|&(a, b)| i128::from(a) * i128::from(b)).sum();
        let products: Vec<(f64, f64)> = terms.iter().map(|&(a, b)| (a as f64, b as f64)).collect();
        prop_assert_eq!(sign_of_products(products.clone()), exact.cmp(&0));
        // And of the sum that misses 0 by one.
        let off = [(-(exact >> 40) as f64, (1u64 << 40) as f64), (-((exact & ((1 << 40) - 1)) as f64), 1.0), (1.0, 1.0)];
        prop_assert_eq!(sign_of_products(products.into_iter().chain(off).collect::<Vec<_>>()), Ordering::Greater);
    }

    #[test]
    fn a_hull_turns_left_and_holds_every_point((points, _) in small_set()) {
        let hull = convex_hull(&points);
        if hull.len() >= 3 {
            for k in 0..hull.len() {
                let (a, b) = (points[hull[k]], points[hull[(k + 1) % hull.len()]]);
                let c = points[hull[(k + 2) % hull.len()]];
                prop_assert_eq!(orientation(a, b, c), Ordering::Greater);
                prop_assert!(points.iter().all(|&p| orientation(a, b, p) != Ordering::Less));
            }
        }
    }

    #[test]
    fn a_layer_moves_continuously_to_exactly_its_output(seed in 0u64..500, mirror: bool) {
        let mut layer = layer(2, 2, Activation::Tanh, seed);
        if mirror {
            for j in 0..2 {
                layer.weight[(0, j)] = -layer.weight[(0, j)];
            }
        }
        let points = Mat::from_fn(9, 2, |i, j| 2.0 * noise(seed + 5, (2 * i + j) as u64));
        let flow = LayerFlow::new(&layer).unwrap();
        prop_assert!((flow.at(Stage::RotateIn, 0.0, points.as_ref()) - &points).norm_max() < 1e-12);
        for pair in Stage::ALL.windows(2) {
            let end = flow.at(pair[0], 1.0, points.as_ref());
            let start = flow.at(pair[1], 0.0, points.as_ref());
            prop_assert!((end - start).norm_max() < 1e-12, "{:?}", pair);
        }
        prop_assert_eq!(flow.at(Stage::Activate, 1.0, points.as_ref()), layer.forward(points.as_ref()));
        // The factors are W's singular values, the sign is the determinant's, and no rotation goes the long way.
        let determinant = layer.weight.determinant();
        prop_assert!((flow.scale[0] * flow.scale[1] - determinant).abs() < 1e-12);
        let mut stretch = flow.scale.map(f64::abs);
        stretch.sort_by(|a, b| b.total_cmp(a));
        let values = layer.weight.singular_values().unwrap();
        prop_assert!((stretch[0] - values[0]).abs() < 1e-12 && (stretch[1] - values[1]).abs() < 1e-12);
        prop_assert!(flow.angle_in.abs() <= std::f64::consts::PI && flow.angle_out.abs() <= std::f64::consts::PI);
    }

    #[test]
    fn jacobians_agree_with_finite_differences(seed in 0u64..200) {
        let network = Frozen { layers: vec![
            layer(3, 7, Activation::Tanh, seed),
            layer(7, 5, Activation::Silu, seed + 1),
            layer(5, 5, Activation::Gelu, seed + 2),
            layer(5, 4, Activation::Softmax, seed + 3),
        ]};
        let x: Vec<f64> = (0..3).map(|j| noise(seed + 9, j)).collect();
        let exact = jacobian(&network, &x).unwrap();
        let h = 1e-5;
        for j in 0..3 {
            let at = |step: f64| network.forward(Mat::from_fn(1, 3, |_, k| x[k] + if k == j { step } else { 0.0 }).as_ref());
            let (up, down) = (at(h), at(-h));
            for i in 0..4 {
                let slope = (up[(0, i)] - down[(0, i)]) / (2.0 * h);
                prop_assert!((slope - exact[(i, j)]).abs() < 1e-8, "{slope} {}", exact[(i, j)]);
            }
        }
    }
}

#[test]
fn circle_and_saddle_have_the_right_topology() {
    let bounds = Bounds::new((-1.0, 1.0), (-1.0, 1.0)).unwrap();
    let saddle = |p: MatRef<'_, f64>| p.row_iter().map(|p| p[0] * p[1]).collect::<Vec<f64>>();
    // Odd resolution: the saddle lies within the middle cell, and the branches must not be joined across it.
    for level in [0.01, -0.01] {
        let curves = level_set(saddle, bounds, [9, 9], level).unwrap();
        assert_eq!(curves.len(), 2, "{level}");
        for curve in &curves {
            assert!(!curve.closed);
            let quadrant = (curve.points[0][0] > 0.0, curve.points[0][1] > 0.0);
            for p in &curve.points {
                assert!((p[0] * p[1] - level).abs() < 1e-12);
                assert_eq!((p[0] > 0.0, p[1] > 0.0), quadrant);
            }
            for end in [curve.points[0], curve.points[curve.points.len() - 1]] {
                assert!(
                    end.iter().any(|x| x.abs() == 1.0),
                    "an open curve ends at the rim"
                );
            }
        }
    }
    // Larger values on the left: a hill's contour runs anticlockwise (positive area), a pit's clockwise.
    for sign in [1.0, -1.0] {
        let hill = |p: MatRef<'_, f64>| {
            p.row_iter()
                .map(|p| -sign * (p[0] * p[0] + p[1] * p[1]))
                .collect::<Vec<f64>>()
        };
        let curves = level_set(hill, bounds, [50, 50], -sign * 0.25).unwrap();
        assert_eq!(curves.len(), 1);
        let p = &curves[0].points;
        let area: f64 = (0..p.len())
            .map(|k| (p[k], p[(k + 1) % p.len()]))
            .map(|(a, b)| 0.5 * (a[0] * b[1] - a[1] * b[0]))
            .sum();
        assert!(
            (area - sign * std::f64::consts::PI * 0.25).abs() < 2e-3,
            "{area}"
        );
    }
    // Through the corners of the lattice, and a kink.
    let diamond = |p: MatRef<'_, f64>| {
        p.row_iter()
            .map(|p| p[0].abs() + p[1].abs())
            .collect::<Vec<f64>>()
    };
    let curves = level_set(diamond, bounds, [8, 8], 0.5).unwrap();
    assert_eq!(curves.len(), 1);
    assert!(
        curves[0].closed
            && curves[0]
                .points
                .iter()
                .all(|p| (p[0].abs() + p[1].abs() - 0.5).abs() < 1e-12)
    );
    let nothing = level_set(diamond, bounds, [8, 8], 5.0).unwrap();
    assert!(nothing.is_empty());
}

#[test]
fn a_pulled_back_line_maps_onto_the_line() {
    for seed in 0..10 {
        let head = Frozen {
            layers: vec![
                layer(2, 100, Activation::Tanh, seed),
                layer(100, 2, Activation::Tanh, seed + 50),
            ],
        };
        let (w, b) = ([noise(seed, 1), noise(seed, 2)], 0.1 * noise(seed, 3));
        let bounds = Bounds::new((-3.0, 3.0), (-3.0, 3.0)).unwrap();
        let curves = pull_back(&head, &w, b, bounds, [120, 120]).unwrap();
        assert!(!curves.is_empty(), "{seed}");
        for curve in &curves {
            for &[x, y] in &curve.points {
                let h = head.forward(mat![[x, y]].as_ref());
                let height = w[0] * h[(0, 0)] + w[1] * h[(0, 1)] + b;
                assert!(height.abs() < 1e-10, "{height}");
            }
        }
    }
    let head = Frozen {
        layers: vec![layer(2, 3, Activation::Relu, 1)],
    };
    let bounds = Bounds::new((0.0, 1.0), (0.0, 1.0)).unwrap();
    assert!(
        pull_back(&head, &[1.0], 0.0, bounds, [9, 9])
            .unwrap_err()
            .to_string()
            .contains("1 entries")
    );
    assert!(Bounds::new((1.0, 1.0), (0.0, 1.0)).is_err());
}

#[test]
fn a_grid_has_straight_lines_and_a_linear_map_keeps_them_so() {
    let bounds = Bounds::new((-2.0, 2.0), (-1.0, 3.0)).unwrap();
    let grid = Grid::new(bounds, 5, 3, 11).unwrap();
    assert_eq!(grid.points.nrows(), 8 * 11);
    let affine = layer(2, 2, Activation::Identity, 3);
    for line in grid.image(|points| affine.forward(points)) {
        let p = |i: usize| [line[(i, 0)], line[(i, 1)]];
        for i in 1..10 {
            let (a, b, c) = (p(0), p(i), p(10));
            let cross = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
            assert!(cross.abs() < 1e-12);
        }
    }
    assert!(Grid::new(bounds, 1, 3, 11).is_err());
}

#[test]
fn stretch_and_determinant_of_a_network() {
    let network = Frozen {
        layers: vec![
            layer(2, 6, Activation::Tanh, 1),
            layer(6, 2, Activation::Tanh, 2),
        ],
    };
    let points = Mat::from_fn(20, 2, |i, j| noise(11, (2 * i + j) as u64));
    let values = stretch(&network, points.as_ref()).unwrap();
    let determinants = determinant_field(&network, points.as_ref()).unwrap();
    for (i, determinant) in determinants.iter().enumerate() {
        assert!((values[(i, 0)] * values[(i, 1)] - determinant.abs()).abs() < 1e-12);
        assert!(values[(i, 0)] >= values[(i, 1)]);
    }
    let head = Frozen {
        layers: network.layers[..1].to_vec(),
    };
    assert!(
        determinant_field(&head, points.as_ref())
            .unwrap_err()
            .to_string()
            .contains("6 x 2")
    );
}

#[test]
fn views_of_a_wide_layer() {
    let points = Mat::from_fn(200, 2, |i, j| noise(3, (2 * i + j) as u64));
    let wide = layer(2, 64, Activation::Relu, 8);
    // The affine image of a plane is a plane: its view shows all of it.
    let z = wide.affine(points.as_ref());
    let flat = View::of(z.as_ref()).unwrap();
    assert!((flat.explained - 1.0).abs() < 1e-12);
    let y = wide.activate(z.clone());
    let bent = View::of(y.as_ref()).unwrap();
    assert!(bent.explained > 0.5 && bent.explained < 0.999);
    // Alignment moves the picture only within its plane, and closer.
    let from = flat.project(z.as_ref());
    let aligned = bent.aligned_to(from.as_ref(), y.as_ref()).unwrap();
    let (before, after) = (bent.project(y.as_ref()), aligned.project(y.as_ref()));
    assert!((before.norm_l2() - after.norm_l2()).abs() < 1e-9);
    assert!((&after - &from).norm_l2() <= (&before - &from).norm_l2() + 1e-12);
    for k in 0..360 {
        let turn =
            foldspace::linalg::transform2d::rotation(f64::from(k) * std::f64::consts::PI / 180.0);
        assert!((&after - &from).norm_l2() <= (&after * turn - &from).norm_l2() + 1e-9);
    }
    assert_eq!(blend(from.as_ref(), after.as_ref(), 0.0), from);
    assert_eq!(blend(from.as_ref(), after.as_ref(), 1.0), after);
}

#[test]
fn a_journey_is_continuous_from_the_plane_to_the_embedding() {
    let network = Frozen {
        layers: vec![
            layer(2, 2, Activation::Tanh, 30),
            layer(2, 40, Activation::Relu, 31),
            layer(40, 17, Activation::Tanh, 32),
            layer(17, 2, Activation::Relu, 33),
            layer(2, 2, Activation::Identity, 34),
            layer(2, 1, Activation::Sigmoid, 35),
        ],
    };
    let data = Mat::from_fn(100, 2, |i, j| noise(77, (2 * i + j) as u64));
    let grid = Grid::new(Bounds::around(data.as_ref(), 0.1).unwrap(), 5, 5, 9).unwrap();
    let journey = Journey::new(&network, data.as_ref()).unwrap();
    assert_eq!(journey.steps.len(), 5 + 2 + 2 + 2 + 5);
    let points = grid.points.as_ref();
    assert!((journey.at(0, 0.0, points) - &grid.points).norm_max() < 1e-12);
    for step in 1..journey.steps.len() {
        let (end, start) = (
            journey.at(step - 1, 1.0, points),
            journey.at(step, 0.0, points),
        );
        assert!(
            (end - start).norm_max() < 1e-12,
            "{:?}",
            journey.steps[step]
        );
    }
    let (head, _) = network.split_at(5);
    let last = journey.at(journey.steps.len() - 1, 1.0, points);
    assert_eq!(last, head.forward(points));
    // From the plane to a plane in 40 dimensions nothing is lost; what the activation bends is.
    assert!((journey.steps[5].explained - 1.0).abs() < 1e-12);
    assert!(journey.steps[6].explained < 0.999);
    assert!(Journey::new(&network, data.subcols(0, 1)).is_err());
}
