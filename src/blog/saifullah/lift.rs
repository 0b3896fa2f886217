//! A3: from the plane into space.

use faer::{Mat, mat};

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::geometry::{Bounds, Grid};
use crate::linalg::rank;
use crate::plot::space::{Camera, Point3};
use crate::plot::{Colour, Figure, Panel, Stroke, radius};

/// The lifted moons, flat before the activation and bent after it.
pub(super) fn a3(lab: &Lab) -> Result<Exhibit> {
    let moons = lab.moons_data()?;
    let centre = [0.5, 0.25];
    let points = Mat::from_fn(moons.samples(), 2, |i, j| {
        moons.features[(i, j)] - centre[j]
    });
    // (3 x 2): three units that see two inputs.
    let weight = mat![[1.1, 0.25], [-0.35, 1.3], [0.75, -0.95]];
    let lift = |points: &Mat<f64>| points * weight.transpose();
    let squash = |mut lifted: Mat<f64>| {
        for j in 0..lifted.ncols() {
            for entry in lifted.col_mut(j).iter_mut() {
                *entry = libm::tanh(1.6 * *entry);
            }
        }
        lifted
    };
    let lifted = lift(&points);
    let bent = squash(lifted.clone());

    let combination = Mat::from_fn(points.nrows(), 3, |i, k| {
        points[(i, 0)] * weight.col(0)[k] + points[(i, 1)] * weight.col(1)[k]
    });
    let labels = moons.labels().unwrap_or_default();
    let grid = Grid::new(Bounds::new((-1.7, 1.7), (-1.1, 1.1))?, 13, 9, 41)?;
    let paper = lift(&grid.points);
    let camera = Camera {
        azimuth: 38.0,
        elevation: 24.0,
    };
    let bent_paper = squash(paper.clone());
    let scene = |title: &str, paper: &Mat<f64>, cloud: &Mat<f64>, length: f64| {
        let colours: Vec<Colour> = labels.iter().map(|&label| Colour::class(label)).collect();
        let cloud: Vec<Point3> = points3(cloud);
        let lines = grid.lines(paper.as_ref());
        Panel::diagram()
            .title(title)
            .marks(lines.iter().map(|line| {
                camera.line(
                    &points3(line),
                    Stroke::new(Colour::accent(0).fade(0.45), 1.0),
                )
            }))
            .marks(camera.axes(length, ["$z_1$", "$z_2$", "$z_3$"]))
            .marks(camera.points(&cloud, &colours, radius(cloud.len())))
    };
    let figure = Figure::new("A 3 × 2 matrix places the plane in space")
        .caption(
            "Left: $Wx$ for the moons and their graph paper. The image lies in space but is still a plane, of rank 2, for \
             it is spanned by the two columns of $W$. Right: $tanh(1.6 · Wx)$, entry by entry. Only the non-linearity bends the sheet.",
        )
        .size(1000, 500)
        .panels(
            2,
            [
                scene("$Wx$: lifted, still flat", &paper, &lifted, 2.0),
                scene("$tanh(1.6 · Wx)$: bent", &bent_paper, &bent, 1.25),
            ],
        );
    Ok(Exhibit::new(
        "A matrix with more rows than columns carries its input to a space of more dimensions. What arrives there is a \
         mixture of the matrix's columns, weighted by the input's coordinates, so it never leaves the plane that the two \
         columns span. More room helps only because the activation can then bend that plane.",
    )
    .figure("lift", figure)
    .check(Check::zero(
        "$Wx$ equals $x_1$ (column 1) + $x_2$ (column 2): largest difference",
        (&lifted - &combination).norm_max(),
        1e-15,
    ))
    .check(Check::equal(
        "rank of the lifted moons, of 3 possible",
        rank(lifted.as_ref())? as f64,
        2.0,
        0.0,
    ))
    .check(Check::equal(
        "rank after $tanh(1.6 · Wx)$",
        rank(bent.as_ref())? as f64,
        3.0,
        0.0,
    )))
}

fn points3(points: &Mat<f64>) -> Vec<Point3> {
    (0..points.nrows())
        .map(|i| [points[(i, 0)], points[(i, 1)], points[(i, 2)]])
        .collect()
}
