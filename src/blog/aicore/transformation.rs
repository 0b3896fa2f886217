//! B3: a matrix as a map of the plane, read off its columns; and which way round weights are stored.

use faer::{Mat, mat};

use super::plane::{
    FIRST, RESULT, SECOND, arrow, background, beside, column, dashed, image, number, operator,
    paper, plus, times, vector,
};
use super::sample::{apply, greatest, normal, rows};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::products;
use crate::plot::{Anchor, Colour, Figure, MatrixStyle, Panel, Point};
use crate::random::RandomState;

const X: Point = [2.0, 1.0];

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let w = mat![[1.0, -0.8], [0.4, 1.2]];
    let (first, second) = (column(w.as_ref(), 0), column(w.as_ref(), 1));
    let basis = [[1.0, 0.0], [0.0, 1.0]].map(|e| image(w.as_ref(), e));
    let combined = products::combination(&X, &[&first, &second])?;
    let mapped = apply(w.as_ref(), &X);

    let mut random = RandomState::new(3);
    let (mut linear, mut orientation, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..100 {
        let w = normal(&mut random, 3, 2);
        let x = normal(&mut random, 5, 2);
        // The code's way: a batch of rows times the (in x out) matrix.
        let batch = &x * w.transpose();
        // The prose's way: W (out x in) times each sample as a column.
        for i in 0..x.nrows() {
            let one = apply(w.as_ref(), &[x[(i, 0)], x[(i, 1)]]);
            orientation.extend((0..3).map(|k| (batch[(i, k)] - one[k]).abs()));
        }
        for j in 0..2 {
            let e = [f64::from(j == 0), f64::from(j == 1)];
            let moved = apply(w.as_ref(), &e);
            columns.extend((0..3).map(|k| (moved[k] - w[(k, j)]).abs()));
        }
        let (c, d) = (random.standard_normal(), random.standard_normal());
        let (u, v) = (random.randn(2), random.randn(2));
        let mixed = apply(w.as_ref(), &products::combination(&[c, d], &[&u, &v])?);
        let (wu, wv) = (apply(w.as_ref(), &u), apply(w.as_ref(), &v));
        let apart = products::combination(&[c, d], &[&wu, &wv])?;
        linear.extend((0..3).map(|k| (mixed[k] - apart[k]).abs()));
    }
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    Ok(Exhibit::new(
        "The first column of $W$ is where the first basis vector lands, the second column where the second lands, and \
         $W x$ is the combination of the columns with the entries of $x$ as coefficients: column $j$ holds what input \
         $j$ contributes to every output. (What is summed up and scaled are the columns of $W$, not the inputs.) \
         Beware of the orientation: the post's prose writes $y = W x$ with $W$ of shape (out × in), its network from \
         scratch writes $X W$ with $W$ of shape (in × out), and Burn's Linear stores (in × out) as well. One is the \
         other's transpose; here $W$ is (out × in), and a batch of rows is $X W^T$.",
    )
    .figure("columns", figure(w, &mapped))
    .table(
        "One layer from 2 inputs to 3 outputs, three ways to write it",
        &["where", "shape of W", "one sample", "batch of n rows"],
        [
            row(["the post's prose; this project's mathematics", "3 × 2 (out × in)", "W x", "X Wᵀ"]),
            row(["the post's network from scratch", "2 × 3 (in × out)", "x W", "X W"]),
            row(["Burn's Linear.weight", "2 × 3 (in × out)", "x W", "X W"]),
            row(["PyTorch's nn.Linear.weight", "3 × 2 (out × in)", "W x", "X Wᵀ"]),
        ],
    )
    .check(Check::zero(
        "the figure's arrows: W e₁ and W e₂ are the columns of W",
        greatest([0, 1].map(|i| (basis[0][i] - first[i]).abs().max((basis[1][i] - second[i]).abs()))),
        0.0,
    ))
    .check(Check::zero(
        "the figure's W x is 2 (first column) + 1 (second column)",
        greatest([0, 1].map(|i| (mapped[i] - combined[i]).abs())),
        1e-12,
    ))
    .check(Check::zero("W e_j is column j, 100 random 3 × 2 matrices", greatest(columns), 0.0))
    .check(Check::zero("W (c u + d v) = c W u + d W v", greatest(linear), 1e-12))
    .check(Check::zero("row i of X Wᵀ is W x_i", greatest(orientation), 1e-12)))
}

fn figure(w: Mat<f64>, mapped: &[f64]) -> Figure {
    let (first, second) = (column(w.as_ref(), 0), column(w.as_ref(), 1));
    let target: Point = [mapped[0], mapped[1]];
    let plane = |title: &str, x: &str, y: &str| {
        Panel::plane(x, y)
            .title(title)
            .range([-2.6, 3.6], [-2.1, 3.45])
    };
    let before = plane("Before: $x$ = (2, 1)", "$x_1$", "$x_2$")
        .marks(background(8))
        .marks(paper(
            Mat::<f64>::identity(2, 2).as_ref(),
            8,
            Colour::accent(0).fade(0.45),
        ))
        .mark(dashed([[0.0, 0.0], [2.0, 0.0]], FIRST))
        .mark(dashed([[2.0, 0.0], X], SECOND))
        .marks(vector(X, RESULT, "$x$"))
        .mark(arrow([1.0, 0.0], FIRST))
        .mark(beside([1.0, 0.0], [0.0, -1.0], "$e_1$", FIRST))
        .mark(arrow([0.0, 1.0], SECOND))
        .mark(beside([0.0, 1.0], [-1.0, 0.2], "$e_2$", SECOND));
    let after = plane("After: $W x$", "$y_1$", "$y_2$")
        .marks(background(8))
        .marks(paper(w.as_ref(), 8, Colour::accent(0).fade(0.45)))
        .mark(dashed([[0.0, 0.0], times(2.0, first)], FIRST))
        .mark(dashed(
            [times(2.0, first), plus(times(2.0, first), second)],
            SECOND,
        ))
        .marks(vector(target, RESULT, "$W x$"))
        .mark(arrow(first, FIRST))
        .mark(beside(first, [1.0, -0.5], "$W e_1$", FIRST))
        .mark(arrow(second, SECOND))
        .mark(beside(second, [-1.0, 0.3], "$W e_2$", SECOND));
    let w = rows(w.as_ref());
    let style = MatrixStyle::diverging(&w);
    let x: Vec<Vec<f64>> = X.iter().map(|&x| vec![x]).collect();
    let y: Vec<Vec<f64>> = target.iter().map(|&y| vec![y]).collect();
    let name = |panel: Panel, at: f64, text: &str, colour| {
        panel.label([at, 2.3], Anchor::Bottom, text, colour)
    };
    let mut numbers = Panel::diagram()
        .title("The same in numbers")
        .range([-0.4, 6.3], [-1.9, 3.7])
        .matrix(&w, [0.0, 2.0], 1.0, style)
        .matrix(&x, [2.65, 2.0], 1.0, style)
        .matrix(&y, [5.0, 2.0], 1.0, style)
        .mark(operator([4.3, 1.0], "="));
    for (at, text, colour) in [
        (0.5, "$W e_1$", FIRST),
        (1.5, "$W e_2$", SECOND),
        (3.15, "$x$", RESULT),
        (5.5, "$W x$", RESULT),
    ] {
        numbers = name(numbers, at, text, colour);
    }
    Figure::new("The columns of a matrix are the images of the basis vectors")
        .caption(format!(
            "The grid stays a grid of parallel, evenly spaced lines and the origin stays put. $W x$ is two steps along the \
             first column and one along the second, as $x$ was along $e_1$ and $e_2$: ({}, {}).",
            number(target[0], 1),
            number(target[1], 1)
        ))
        .size(1200, 440)
        .panels(3, [before, after, numbers])
}
