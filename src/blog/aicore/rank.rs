//! B6: the rank of a weight matrix is the dimension of what it can reach.

use faer::{Mat, mat};

use super::plane::{FIRST, RESULT, SECOND, background, image, number, paper, rimless, vector};
use super::sample::{apply, column, distance, greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::{norms, products, rank, svd};
use crate::plot::space::{Camera, Point3};
use crate::plot::{Colour, Dash, Figure, Mark, Panel, Point, Shape, Sign, Stroke};
use crate::random::RandomState;

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let line = mat![[1.0, 0.5], [0.6, 0.3]];
    let lifted = mat![[1.1, 0.2], [0.3, 1.0], [0.5, 0.7]];
    let exhibit = Exhibit::new(
        "The rank is the number of independent columns, so it is the dimension of the range: everything that $W x$ can \
         be. What is missing went to the null space, the inputs that $W$ sends to zero, and the two dimensions add up \
         to the number of inputs. A layer from 2 to 100 units has rank 2 at most: its image is a plane in 100 \
         dimensions, and only the activation can bend it. A matrix of low rank can be written as two thin factors, \
         which is how weights are compressed (B15).",
    )
    .figure("reach", figure(&line, &lifted)?);
    measured(exhibit, &line, &lifted)
}

fn measured(exhibit: Exhibit, line: &Mat<f64>, lifted: &Mat<f64>) -> Result<Exhibit> {
    let mut random = RandomState::new(7);
    // (100 x 3)(3 x 50): fifty inputs, a hundred outputs, through a bottleneck of three.
    let (a, b) = (normal(&mut random, 100, 3), normal(&mut random, 3, 50));
    let w = &a * &b;
    let inputs = normal(&mut random, 1000, 50);
    let outputs = &inputs * w.transpose();

    let parts = svd(w.as_ref())?;
    let found = rank(w.as_ref())?;
    let directions: Vec<Vec<f64>> = (0..50).map(|j| column(parts.v.as_ref(), j)).collect();
    let nullity = directions
        .iter()
        .filter(|v| norms::l2(&apply(w.as_ref(), v)) < 1e-10 * parts.s[0])
        .count();
    // Any output is a combination of the first three left singular vectors ...
    let basis = parts.u.subcols(0, found);
    let outside = (0..outputs.nrows()).map(|i| {
        let y: Vec<f64> = outputs.row(i).iter().copied().collect();
        distance(&y, &apply(basis, &apply(basis.transpose(), &y))) / norms::l2(&y)
    });
    let outside = greatest(outside);
    // ... and most targets are not: what is left of a random one.
    let target = random.randn(100);
    let left =
        distance(&target, &apply(basis, &apply(basis.transpose(), &target))) / norms::l2(&target);

    let row = |name: &str, w: &Mat<f64>| -> Result<Vec<String>> {
        let rank = rank(w.as_ref())?;
        Ok(vec![
            name.to_owned(),
            format!("{} × {}", w.nrows(), w.ncols()),
            rank.to_string(),
            (w.ncols() - rank).to_string(),
            (w.nrows() * w.ncols()).to_string(),
            (rank * (w.nrows() + w.ncols())).to_string(),
        ])
    };
    let table = vec![
        row("figure, middle", line)?,
        row("figure, right", lifted)?,
        row("a product (100 × 3)(3 × 50)", &w)?,
    ];
    Ok(exhibit
        .table(
            "Rank, what is lost, and what the factors need",
            &[
                "W",
                "shape (out × in)",
                "rank",
                "dimension of the null space",
                "entries",
                "entries of two factors",
            ],
            table,
        )
        .check(Check::equal(
            "rank of the 2 × 2 matrix that flattens the plane",
            rank(line.as_ref())? as f64,
            1.0,
            0.0,
        ))
        .check(Check::equal(
            "rank of the 3 × 2 matrix that lifts the plane",
            rank(lifted.as_ref())? as f64,
            2.0,
            0.0,
        ))
        .check(Check::equal(
            "rank of (100 × 3)(3 × 50)",
            found as f64,
            3.0,
            0.0,
        ))
        .check(Check::equal(
            "rank of its outputs on 1000 random inputs",
            rank(outputs.as_ref())? as f64,
            3.0,
            0.0,
        ))
        .check(Check::equal(
            "rank + number of directions that W sends to zero = number of inputs",
            (found + nullity) as f64,
            50.0,
            0.0,
        ))
        .check(Check::zero(
            "share of an output that lies outside the range: most of 1000",
            outside,
            1e-12,
        ))
        .check(Check::at_least(
            "share of a random target that the range misses",
            left,
            0.9,
        )))
}

fn figure(line: &Mat<f64>, lifted: &Mat<f64>) -> Result<Figure> {
    let parts = svd(line.as_ref())?;
    let range: Point = [parts.u[(0, 0)], parts.u[(1, 0)]];
    let null: Point = [parts.v[(0, 1)], parts.v[(1, 1)]];
    // Three families of inputs; a family differs only by multiples of the null direction, so it lands on one place.
    let row: Point = [parts.v[(0, 0)], parts.v[(1, 0)]];
    let family = |k: f64| -> Vec<Point> {
        (-8..=8)
            .map(|t| [0, 1].map(|i| 1.5 * k * row[i] + 0.25 * f64::from(t) * null[i]))
            .collect()
    };
    let families = [
        (-1.0, SECOND, Shape::Square),
        (0.0, RESULT, Shape::Circle),
        (1.0, FIRST, Shape::Diamond),
    ];
    let plane = |title: &str, x: &str, y: &str| {
        Panel::plane(x, y)
            .title(title)
            .range([-2.7, 2.7], [-2.7, 2.7])
            .marks(background(3))
    };
    let ink = Colour::accent(0).fade(0.45);
    let far = |[x, y]: Point| [[-9.0 * x, -9.0 * y], [9.0 * x, 9.0 * y]];
    let null_stroke = Stroke::new(Colour::TEXT, 1.6).dash(Dash::Dashed);
    let mut before = plane("Inputs", "$x_1$", "$x_2$")
        .marks(paper(Mat::<f64>::identity(2, 2).as_ref(), 3, ink))
        .line(far(null), null_stroke)
        .key("null space: $W x = 0$", Sign::Line(null_stroke));
    let range_stroke = Stroke::new(Colour::TEXT, 1.6);
    let mut after = plane("Rank 1: everything on a line", "$y_1$", "$y_2$")
        .marks(paper(line.as_ref(), 3, ink))
        .line(far(range), range_stroke)
        .key("range: all $W x$", Sign::Line(range_stroke));
    for (k, colour, shape) in families {
        let dots = |points: Vec<Point>, radius| Mark::Points {
            points,
            colour,
            radius,
            shape,
            ring: true,
        };
        let landed: Vec<Point> = family(k)
            .into_iter()
            .map(|p| image(line.as_ref(), p))
            .collect();
        before = before.mark(dots(family(k), 4.0));
        after = after.mark(dots(landed, 6.5));
    }
    let stretch = products::dot(&range, &image(line.as_ref(), row))?;
    Ok(Figure::new("Low rank: a flattened world")
        .caption(format!(
            "Left and middle: $W$ = [[1, 0.5], [0.6, 0.3]] keeps one direction (stretched by {}) and loses the other; \
             each family of 17 inputs becomes one point. Right: a 3 × 2 matrix has rank 2 at most, so the plane that it \
             lifts into space is still a plane.",
            number(stretch, 2)
        ))
        .size(1200, 460)
        .panels(3, [before, after, plane_in_space(lifted)]))
}

fn plane_in_space(w: &Mat<f64>) -> Panel {
    let camera = Camera {
        azimuth: 52.0,
        elevation: 20.0,
    };
    let lift = |x: f64, y: f64| -> Point { camera.point(place(w, x, y)) };
    let mut panel = Panel::diagram()
        .title("Rank 2 in space: a plane")
        .range([-2.0, 2.0], [-1.3, 2.2])
        .polygon(
            [
                lift(-1.5, -1.5),
                lift(1.5, -1.5),
                lift(1.5, 1.5),
                lift(-1.5, 1.5),
            ],
            Colour::accent(0).fade(0.14),
        )
        .marks(camera.axes(2.0, ["$y_1$", "$y_2$", "$y_3$"]));
    for k in -3..=3 {
        let k = 0.5 * f64::from(k);
        for ends in [[lift(k, -1.5), lift(k, 1.5)], [lift(-1.5, k), lift(1.5, k)]] {
            panel = panel.line(ends, Stroke::new(Colour::accent(0).fade(0.3), 1.0));
        }
    }
    for ((x, y), colour, name) in [
        ((1.0, 0.0), FIRST, "$W e_1$"),
        ((0.0, 1.0), SECOND, "$W e_2$"),
    ] {
        panel = panel.marks(vector(lift(x, y), colour, name).map(rimless));
    }
    panel
}

/// W (x, y), a point of space.
fn place(w: &Mat<f64>, x: f64, y: f64) -> Point3 {
    std::array::from_fn(|i| w[(i, 0)] * x + w[(i, 1)] * y)
}
