//! B4: transpose, inverse and when there is none, orthogonality.

use faer::{Mat, mat};

use super::plane::{
    FIRST, RESULT, SECOND, arrow, background, beside, column, image, number, paper, plus, times,
};
use super::sample::{apply, distance, greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::orthogonal::{from_matrix, orthogonality_error};
use crate::linalg::{condition_number, inverse, norms, products};
use crate::plot::{Colour, Dash, Figure, Panel, Point, Shape, Sign, Stroke};
use crate::random::RandomState;

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let w = mat![[1.2, 0.8], [-0.4, 1.4]];
    let undo = inverse(w.as_ref())?;
    let flat = mat![[1.0, -0.5], [0.6, -0.3]];
    let exhibit = Exhibit::new(
        "The transpose swaps rows and columns. It carries a vector back through a layer in backpropagation, because \
         $(W x)·y = x·(W^T y)$; it is not the inverse. The inverse undoes $W$, and exists only for a square matrix that \
         flattens nothing. Where $W^T W = I$ the two are the same: such an orthogonal matrix only rotates or reflects, \
         so all lengths and angles survive.",
    )
    .figure("inverse", undoing(&w, &undo, &flat));
    orthogonality(failures(transposes(exhibit, &w, &undo), &flat)?)
}

fn transposes(exhibit: Exhibit, w: &Mat<f64>, undo: &Mat<f64>) -> Exhibit {
    let identity = Mat::<f64>::identity(2, 2);
    let mut random = RandomState::new(4);
    let adjoint = (0..200).map(|_| {
        let w = normal(&mut random, 4, 3);
        let (x, y) = (random.randn(3), random.randn(4));
        let left: f64 = apply(w.as_ref(), &x)
            .iter()
            .zip(&y)
            .map(|(a, b)| a * b)
            .sum();
        let right: f64 = apply(w.transpose(), &y)
            .iter()
            .zip(&x)
            .map(|(a, b)| a * b)
            .sum();
        (left - right).abs()
    });
    let adjoint = greatest(adjoint);
    exhibit
        .check(Check::zero(
            "(W x)·y = x·(Wᵀ y), 200 random 4 × 3 matrices",
            adjoint,
            1e-12,
        ))
        .check(Check::zero(
            "W⁻¹ W = I and W W⁻¹ = I for the figure's W",
            {
                (undo * w - &identity)
                    .norm_max()
                    .max((w * undo - &identity).norm_max())
            },
            1e-12,
        ))
        .check(Check::at_least(
            "the transpose is not the inverse: max |Wᵀ W - I| for the figure's W",
            orthogonality_error(w.as_ref()),
            0.1,
        ))
}

/// Matrices with and without an inverse, and what the library says.
fn failures(exhibit: Exhibit, flat: &Mat<f64>) -> Result<Exhibit> {
    let matrices = [
        ("[[1.2, 0.8], [−0.4, 1.4]]", mat![[1.2, 0.8], [-0.4, 1.4]]),
        ("[[1, −0.5], [0.6, −0.3]]", flat.clone()),
        ("[[1, 2], [2, 4]]", mat![[1.0, 2.0], [2.0, 4.0]]),
        // 0.1 + 0.2 exceeds 0.3 by 5.6e-17: the determinant is not 0, and still nothing can be undone.
        (
            "[[0.1 + 0.2, 0.3], [1, 1]]",
            mat![[0.1 + 0.2, 0.3], [1.0, 1.0]],
        ),
        (
            "[[1, 2, 3], [4, 5, 6]]",
            mat![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        ),
    ];
    let mut table = Vec::new();
    let mut refusals = Vec::new();
    for (name, matrix) in &matrices {
        let answer = match inverse(matrix.as_ref()) {
            Ok(undo) => format!(
                "[[{}, {}], [{}, {}]]",
                number(undo[(0, 0)], 2),
                number(undo[(0, 1)], 2),
                number(undo[(1, 0)], 2),
                number(undo[(1, 1)], 2)
            ),
            Err(error) => {
                refusals.push(error.to_string());
                error.to_string()
            }
        };
        let condition = condition_number(matrix.as_ref())?;
        let condition = if condition < 1e15 {
            number(condition, 2)
        } else {
            "above 10¹⁵".to_owned()
        };
        table.push(vec![
            (*name).to_owned(),
            format!("{} × {}", matrix.nrows(), matrix.ncols()),
            condition,
            answer,
        ]);
    }
    let speaks_of = |word: &str| refusals.iter().filter(|text| text.contains(word)).count() as f64;
    Ok(exhibit
        .table(
            "Which matrices can be undone",
            &["W", "shape", "condition number", "inverse"],
            table,
        )
        .check(Check::equal(
            "matrices of the table that are refused as singular",
            speaks_of("singular"),
            3.0,
            0.0,
        ))
        .check(Check::equal(
            "matrices of the table that are refused as not square",
            speaks_of("square"),
            1.0,
            0.0,
        ))
        .check(Check::equal(
            "matrices of the table that have an inverse",
            (matrices.len() - refusals.len()) as f64,
            1.0,
            0.0,
        )))
}

fn undoing(w: &Mat<f64>, undo: &Mat<f64>, flat: &Mat<f64>) -> Figure {
    let plane = |title: String| {
        Panel::plane("", "")
            .title(title)
            .range([-3.1, 3.1], [-2.6, 2.6])
            .marks(background(4))
    };
    let ink = Colour::accent(0).fade(0.6);
    let basis = |panel: Panel, w: &Mat<f64>| {
        panel
            .mark(arrow(column(w.as_ref(), 0), FIRST))
            .mark(arrow(column(w.as_ref(), 1), SECOND))
    };
    let forth = basis(
        plane("$W$ moves the plane".to_owned()).marks(paper(w.as_ref(), 2, ink)),
        w,
    );
    let forth = forth
        .mark(beside(column(w.as_ref(), 0), [1.0, -0.6], "$W e_1$", FIRST))
        .mark(beside(column(w.as_ref(), 1), [0.5, 1.0], "$W e_2$", SECOND));
    let round = undo * w;
    let back = basis(
        plane("$W^{-1}$ after $W$ brings it back".to_owned()).marks(paper(round.as_ref(), 2, ink)),
        &round,
    );
    let back = back
        .mark(beside([1.0, 0.0], [0.6, -1.0], "$e_1$", FIRST))
        .mark(beside([0.0, 1.0], [-1.0, 0.4], "$e_2$", SECOND));

    // Points that a singular matrix maps to one: they differ by a multiple of the null direction (1, 2).
    let twins: [Point; 3] = [[0.5, -1.4], [1.1, -0.2], [2.0, 1.6]];
    let landed = image(flat.as_ref(), twins[0]);
    let gap = 0.15; // between an arrow's tip and the place, so that both are seen
    let lost = plane("A singular matrix: no way back".to_owned())
        .marks(paper(flat.as_ref(), 2, ink))
        .marks(twins.iter().map(|&twin| crate::plot::Mark::Arrow {
            from: twin,
            to: plus(
                landed,
                times(
                    gap / libm::hypot(twin[0] - landed[0], twin[1] - landed[1]),
                    plus(twin, times(-1.0, landed)),
                ),
            ),
            stroke: Stroke::new(Colour::MUTED, 1.4),
        }))
        .points(twins, SECOND, 5.0)
        .points([landed], RESULT, 6.0)
        .mark(beside(twins[0], [1.0, -0.3], "three points", SECOND))
        .mark(beside(landed, [1.0, -0.35], "one image", RESULT));
    let entries = |w: &Mat<f64>| {
        let entry = |i: usize, j: usize| number(w[(i, j)], 2);
        format!(
            "[{}, {}; {}, {}]",
            entry(0, 0),
            entry(0, 1),
            entry(1, 0),
            entry(1, 1)
        )
    };
    let forth = forth.note(format!("$W$ = {}", entries(w)));
    let back = back.note(format!("$W^{{-1}}$ = {}", entries(undo)));
    let lost = lost.note(format!("$W$ = {}", entries(flat)));
    let determinant = |w: &Mat<f64>| number(w.determinant(), 2);
    Figure::new("Undoing a matrix")
        .caption(format!(
            "$W$ has determinant {}, its inverse {}; together they are the identity. Right: determinant {}, the grid \
             falls onto a line, and nobody can tell from the image which of the points it was.",
            determinant(w),
            determinant(undo),
            determinant(flat),
        ))
        .size(1200, 440)
        .panels(3, [forth, back, lost])
}

/// Lengths and angles before and after: kept by an orthogonal matrix, not by another.
fn orthogonality(exhibit: Exhibit) -> Result<Exhibit> {
    const DIMENSION: usize = 8;
    let mut random = RandomState::new(5);
    let general =
        normal(&mut random, DIMENSION, DIMENSION) * faer::Scale(1.0 / (DIMENSION as f64).sqrt());
    let orthogonal = from_matrix(normal(&mut random, DIMENSION, DIMENSION).as_ref())?;
    let mut seen: [[Vec<Point>; 2]; 2] = Default::default();
    for _ in 0..1000 {
        let (x, y) = (random.randn(DIMENSION), random.randn(DIMENSION));
        for (w, [lengths, angles]) in [&orthogonal, &general].into_iter().zip(&mut seen) {
            let (wx, wy) = (apply(w.as_ref(), &x), apply(w.as_ref(), &y));
            lengths.push([norms::l2(&x), norms::l2(&wx)]);
            angles.push([
                products::angle(&x, &y)?.to_degrees(),
                products::angle(&wx, &wy)?.to_degrees(),
            ]);
        }
    }
    let worst =
        |pairs: &[Point]| greatest(pairs.iter().map(|[before, after]| (after - before).abs()));
    let [[lengths, angles], [other_lengths, other_angles]] = &seen;
    let scatter =
        |title: &str, x: &str, y: &str, range: [f64; 2], other: &[Point], kept: &[Point]| {
            Panel::plane(x, y)
                .title(title)
                .range(range, range)
                .points(&other[..300], SECOND.fade(0.7), 2.8)
                .line(
                    [[range[0]; 2], [range[1]; 2]],
                    Stroke::new(Colour::MUTED, 1.2).dash(Dash::Dashed),
                )
                .points(&kept[..300], FIRST, 2.8)
                .key("orthogonal", Sign::Point(FIRST, Shape::Circle))
                .key("not orthogonal", Sign::Point(SECOND, Shape::Circle))
                .key(
                    "unchanged",
                    Sign::Line(Stroke::new(Colour::MUTED, 1.2).dash(Dash::Dashed)),
                )
        };
    let mut turned = scatter(
        "Angles",
        "angle of $x$ and $y$",
        "angle of $W x$ and $W y$",
        [0.0, 180.0],
        other_angles,
        angles,
    );
    let degrees: Vec<(f64, String)> = (0..5)
        .map(|k| (45.0 * f64::from(k), format!("{}°", 45 * k)))
        .collect();
    (turned.x.names, turned.y.names) = (Some(degrees.clone()), Some(degrees));
    let figure = Figure::new("Orthogonal matrices keep lengths and angles")
        .caption(format!(
            "300 random pairs of vectors in 8 dimensions under a random orthogonal matrix and under one with independent \
             normal entries. Over 1000 pairs the orthogonal one changes no length and no angle (but for rounding); the \
             other one changes lengths by up to {} and angles by up to {}°.",
            number(worst(other_lengths), 1),
            number(worst(other_angles), 0)
        ))
        .size(1000, 520)
        .panels(2, [
            scatter("Lengths", "$‖x‖$", "$‖W x‖$", [0.0, 6.0], other_lengths, lengths),
            turned,
        ]);
    let back: Vec<f64> = (0..200)
        .map(|_| {
            let x = random.randn(DIMENSION);
            distance(
                &apply(orthogonal.transpose(), &apply(orthogonal.as_ref(), &x)),
                &x,
            )
        })
        .collect();
    Ok(exhibit
        .figure("orthogonality", figure)
        .check(Check::zero(
            "max |WᵀW - I| of the orthogonal matrix",
            orthogonality_error(orthogonal.as_ref()),
            1e-12,
        ))
        .check(Check::zero(
            "lengths: most change over 1000 random vectors",
            worst(lengths),
            1e-12,
        ))
        .check(Check::zero(
            "angles: most change over 1000 random pairs, degrees",
            worst(angles),
            1e-10,
        ))
        .check(Check::zero(
            "its transpose undoes it: ‖Wᵀ W x - x‖",
            greatest(back),
            1e-12,
        ))
        .check(Check::at_least(
            "a matrix that is not orthogonal changes angles: most, in degrees",
            worst(other_angles),
            10.0,
        )))
}
