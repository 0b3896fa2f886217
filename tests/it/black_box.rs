//! Borders of functions of which nothing is known but their values: where they are, and how often was asked.

use std::cell::Cell;

use faer::{Mat, MatRef};
use foldspace::geometry::{Bounds, black_box};
use proptest::prelude::*;

fn window() -> Bounds {
    Bounds::new((-1.5, 2.0), (-1.0, 1.0)).unwrap()
}

/// Scores of two classes, from how far class 1 is ahead.
fn two(lead: impl Fn(f64, f64) -> f64) -> impl Fn(MatRef<'_, f64>) -> Mat<f64> {
    move |points| {
        Mat::from_fn(points.nrows(), 2, |i, class| {
            let lead = lead(points[(i, 0)], points[(i, 1)]);
            if class == 1 { lead } else { 0.0 }
        })
    }
}

#[test]
fn a_smooth_border_is_exact_and_asked_for_rarely() {
    let asked = Cell::new(0);
    let circle = two(|x, y| 0.8 * 0.8 - x * x - y * y);
    let counted = |points: MatRef<'_, f64>| {
        asked.set(asked.get() + points.nrows());
        circle(points)
    };
    let found = black_box(counted, window()).unwrap();
    assert_eq!(found.borders.len(), 1);
    assert!(found.borders[0].closed);
    for p in &found.borders[0].points {
        assert!((libm::hypot(p[0], p[1]) - 0.8).abs() < 1e-12, "{p:?}");
    }
    // All the way round: by the perimeter of the polygon.
    let points = &found.borders[0].points;
    let around: f64 = (0..points.len())
        .map(|k| (points[k], points[(k + 1) % points.len()]))
        .map(|(a, b)| libm::hypot(a[0] - b[0], a[1] - b[1]))
        .sum();
    assert!(
        (around - std::f64::consts::TAU * 0.8).abs() < 1e-3,
        "{around}"
    );
    assert_eq!(found.evaluations, asked.get());
    assert!(found.evaluations < 8000, "{}", found.evaluations);
}

#[test]
fn steps_are_found_to_a_thousandth_of_a_cell() {
    // A forest of three trees: votes in thirds, a staircase.
    let votes = |x: f64, y: f64| {
        let trees = [x > 0.2, x + 0.0 * y > 0.7, y > 0.1];
        trees.iter().filter(|&&vote| vote).count() as f64 / 3.0 - 0.5
    };
    let found = black_box(two(votes), window()).unwrap();
    // Two of three: right of 0.7, or right of 0.2 and above 0.1.
    let [width, height] = [3.5 / 128.0, 2.0 / 128.0];
    let mut corners = 0;
    for p in found.borders.iter().flat_map(|line| &line.points) {
        let on = |x: f64, at: f64, cell: f64| (x - at).abs() < 1e-3 * cell;
        let upright = on(p[0], 0.2, width) || on(p[0], 0.7, width);
        let level = on(p[1], 0.1, height);
        assert!(upright || level, "{p:?}");
        corners += usize::from(upright && level);
    }
    assert_eq!(found.borders.len(), 1, "{:?}", found.borders.len());
    assert!(corners <= 2);
    assert!(found.evaluations < 8000, "{}", found.evaluations);
}

#[test]
fn several_classes_meet_where_their_scores_do() {
    // The nearest of five places: Voronoi cells, whose borders are the perpendicular bisectors.
    let places = [
        [-1.0, -0.5],
        [1.2, -0.6],
        [0.3, 0.4],
        [-0.7, 0.7],
        [1.6, 0.8],
    ];
    let square =
        |p: [f64; 2], q: [f64; 2]| (p[0] - q[0]) * (p[0] - q[0]) + (p[1] - q[1]) * (p[1] - q[1]);
    let scores = |points: MatRef<'_, f64>| {
        Mat::from_fn(points.nrows(), 5, |i, class| {
            -square([points[(i, 0)], points[(i, 1)]], places[class])
        })
    };
    let found = black_box(scores, window()).unwrap();
    let cell = libm::hypot(3.5, 2.0) / 128.0;
    for line in &found.borders {
        let ends = line.points.len() - 1;
        for (k, &p) in line.points.iter().enumerate() {
            let mut distances: Vec<f64> = places.iter().map(|&q| square(p, q)).collect();
            distances.sort_by(f64::total_cmp);
            let apart = distances[1] - distances[0];
            // Where three meet, the place is known to a cell; everywhere else exactly.
            let most = if k == 0 || k == ends {
                5.0 * cell
            } else {
                1e-11
            };
            assert!(apart < most, "{p:?}: {apart}");
        }
    }
    assert!(found.evaluations < 8000, "{}", found.evaluations);
    // Every cell of the field is given the class that wins there, but for cells on a border.
    let wrong = (0..found.cells * found.cells)
        .filter(|&cell| {
            let middle = |k: usize, (from, to): (f64, f64)| {
                from + (to - from) * (k as f64 + 0.5) / found.cells as f64
            };
            let (x, y) = (
                middle(cell % found.cells, window().x),
                middle(cell / found.cells, window().y),
            );
            let nearest = (0..5)
                .min_by(|&a, &b| square([x, y], places[a]).total_cmp(&square([x, y], places[b])));
            nearest != Some(found.winners[cell])
        })
        .count();
    assert!(wrong < 600, "{wrong}");
}

#[test]
fn what_is_no_function_of_classes_is_refused() {
    let one = |points: MatRef<'_, f64>| Mat::zeros(points.nrows(), 1);
    let none = |_: MatRef<'_, f64>| Mat::zeros(0, 2);
    let nan = |points: MatRef<'_, f64>| Mat::from_fn(points.nrows(), 2, |_, _| f64::NAN);
    assert!(
        black_box(one, window())
            .unwrap_err()
            .to_string()
            .contains("at least two")
    );
    assert!(
        black_box(none, window())
            .unwrap_err()
            .to_string()
            .contains("0 x 2 scores")
    );
    assert!(
        black_box(nan, window())
            .unwrap_err()
            .to_string()
            .contains("not finite")
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the coefficients: every vertex lies on the border or where pieces meet, no border ends inside the window.
    #[test]
    fn borders_lie_on_the_border_and_end_at_the_rim(c in prop::array::uniform5(-1.0..1.0_f64), steep in 0.5..6.0_f64) {
        let lead = move |x: f64, y: f64| {
            c[0] + c[1] * x + c[2] * y + c[3] * libm::sin(steep * x) + c[4] * libm::cos(steep * y * x)
        };
        let found = black_box(two(lead), window()).unwrap();
        let rim = |p: &[f64; 2]| {
            let near = |x: f64, (from, to): (f64, f64)| (x - from).abs() < 1e-9 || (x - to).abs() < 1e-9;
            near(p[0], window().x) || near(p[1], window().y)
        };
        for line in &found.borders {
            for p in &line.points {
                prop_assert!(lead(p[0], p[1]).abs() < 1e-9, "{:?}", p);
            }
            if !line.closed {
                prop_assert!(rim(&line.points[0]) && rim(line.points.last().unwrap()));
            }
        }
    }
}
