//! A15: the straight line in the embedding, pulled back to input space.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures::{self, Embedding, Readout};
use crate::geometry::{Bounds, Grid, level_set};
use crate::plot::{Colormap, Colour, Figure, Panel, Point, Stroke};

/// The line and the curve, in the same colour.
pub fn a15(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.moons()?;
    let network = trained.network();
    let readout = Readout::of(network)?;
    let (head, _) = network.split_at(network.layers.len() - 1);
    let bounds = Bounds::around(trained.train.features.as_ref(), 0.12)?;
    let curves = figures::boundary_curves(network, bounds)?;

    let vertices: Vec<Point> = curves.iter().flatten().copied().collect();
    let matrix = Mat::from_fn(vertices.len(), 2, |i, j| vertices[i][j]);
    let residual = readout
        .height(head.forward(matrix.as_ref()).as_ref())
        .into_iter()
        .map(f64::abs)
        .fold(0.0, f64::max);
    // The contour of the whole network's output, traced without knowing that its last layer is a line.
    let contour = level_set(
        |points| network.forward(points).col(0).iter().copied().collect(),
        bounds,
        [figures::BOUNDARY_CELLS; 2],
        0.5,
    )?;
    let contour: Vec<Point> = contour.into_iter().flat_map(|curve| curve.points).collect();
    let apart = farthest(&vertices, &contour).max(farthest(&contour, &vertices));

    let curve = Stroke::new(Colour::accent(0), 3.4);
    let grid = Grid::new(bounds, 21, 17, 61)?;
    let layers = &network.layers;
    let activations = &trained.last().activations["embedding"];
    let space =
        figures::embedding_bounds(layers[layers.len() - 2].activation, activations.as_ref())?;
    let recolour = |panel: Panel, lines: Vec<Vec<Point>>| {
        lines
            .into_iter()
            .fold(panel, |panel, line| panel.line(line, curve))
    };
    let embedding = figures::embedding(&Embedding {
        network,
        activations: activations.as_ref(),
        dataset: &trained.train,
        grid: &grid,
        bounds: space,
    })?;
    let embedding = recolour(embedding, vec![readout.line(50.0).to_vec()])
        .title("embedding: a straight line, $w · h + b = 0$");
    let input = recolour(figures::boundary(network, &trained.train, bounds)?, curves)
        .title("input space: its pre-image, $w · h(x) + b = 0$")
        .colour_bar(Colormap::Classes, [0.0, 1.0], "probability of class 1");
    let figure = Figure::new("A hyperplane becomes a curve")
        .caption(format!(
            "The same set of points twice: the straight line in the embedding, and every input that lands on it. At each of \
             the curve's {} vertices the distance from zero of $w · h(x) + b$ is below {:.0e}.",
            vertices.len(),
            residual.max(1e-16)
        ))
        .size(1100, 500)
        .panels(2, [embedding, input]);
    Ok(Exhibit::new(
        "The last layer can draw nothing but a straight line. Followed backwards through the layers before it, the line \
         becomes the curve between the moons. The curve is found as the zero set of $w · h(x) + b$, each vertex refined by \
         root finding, and compared with the contour at one half of the probability that the whole network outputs.",
    )
    .figure("pre-image", figure)
    .check(Check::zero(
        format!("largest |w·h(x) + b| over the {} vertices drawn", vertices.len()),
        residual,
        1e-5,
    ))
    .check(Check::at_least("vertices on the curve", vertices.len() as f64, 100.0))
    .check(Check::zero(
        "the 0.5 contour of the probability follows the same curve: largest distance between the two",
        apart,
        1e-6,
    )))
}

/// The largest distance from a point of `from` to the nearest point of `to`; infinite where `to` is empty.
fn farthest(from: &[Point], to: &[Point]) -> f64 {
    from.iter()
        .map(|a| {
            to.iter()
                .map(|b| libm::hypot(a[0] - b[0], a[1] - b[1]))
                .fold(f64::INFINITY, f64::min)
        })
        .fold(0.0, f64::max)
}
