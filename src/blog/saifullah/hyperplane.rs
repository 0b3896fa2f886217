//! A15: the straight line in the embedding, pulled back to input space.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures::{self, Embedding, InputAxes, InputPlane, PullBack, Readout};
use crate::geometry::{Bounds, Grid, level_set};
use crate::model::Frozen;
use crate::plot::ticks::number;
use crate::plot::{Anchor, Colormap, Colour, Figure, Mark, Panel, Point, Stroke};

/// The line and the curve, in the same colour.
pub(super) fn a15(lab: &Lab) -> Result<Exhibit> {
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

    let plane = InputPlane::new(&trained.train, None, &InputAxes::Automatic)?;
    let every_layer = figures::pullback_figure(network, &plane, false, "After training")?;
    let through = PullBack::new(network, plane.bounds()?, false)?;
    let points = through.curves.concat();
    let points = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
    let finer = readout.height(head.forward(points.as_ref()).as_ref());
    let finer = finer
        .into_iter()
        .fold(0.0, |most: f64, h| most.max(h.abs()));

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
    let places = markers(&head, &curves, MARKERS);
    let numbered = |panel: Panel, points: &[Point]| {
        points.iter().enumerate().fold(panel, |panel, (k, &point)| {
            panel
                .mark(Mark::Disc {
                    centre: point,
                    radius: 9.0,
                    fill: Colour::BACKGROUND,
                    outline: Stroke::new(Colour::accent(0), 2.0),
                })
                .label(point, Anchor::Centre, (k + 1).to_string(), Colour::TEXT)
        })
    };
    let images = head.forward(Mat::from_fn(places.len(), 2, |i, j| places[i][j]).as_ref());
    let images = figures::plane_points(images.as_ref());
    let off_line = images
        .iter()
        .map(|h| (readout.normal[0] * h[0] + readout.normal[1] * h[1] + readout.offset).abs());
    let off_line = off_line.fold(0.0, f64::max);
    let embedding = recolour(embedding, vec![readout.line(50.0).to_vec()]);
    let beads = beads(
        &images,
        [readout.normal[0], readout.normal[1]],
        space.y.1 - space.y.0,
    );
    let strings = images.iter().zip(&beads);
    let embedding = strings.fold(embedding, |panel, (&image, &bead)| {
        panel
            .line(vec![image, bead], Stroke::new(Colour::accent(0), 1.2))
            .mark(Mark::Disc {
                centre: image,
                radius: 3.5,
                fill: Colour::accent(0),
                outline: Stroke::new(Colour::BACKGROUND, 1.0),
            })
    });
    let embedding =
        numbered(embedding, &beads).title("embedding: a straight line, $w · h + b = 0$");
    let paper = figures::grid_lines(&grid, &grid.lines(grid.points.as_ref()), 0.25);
    let input = figures::boundary_on(network, &trained.train, bounds, paper)?;
    let input = numbered(recolour(input, curves), &places)
        .title("input space: its pre-image, $w · h(x) + b = 0$")
        .colour_bar(Colormap::Classes, [0.0, 1.0], "probability of class 1");
    let figure = Figure::new("A hyperplane becomes a curve")
        .caption(format!(
            "The straight line in the embedding, and every input of the window that lands on it: equal numbers are the same \
             points. The inputs reach a part of the line only. At each of the curve's {} vertices $w · h(x) + b$ is within \
             {} of zero.",
            vertices.len(),
            number(rounded_up(residual.max(1e-16)))
        ))
        .size(1100, 500)
        .panels(2, [embedding, input]);
    Ok(Exhibit::new(
        "The last layer can draw nothing but a straight line. Followed backwards through the layers before it, the line \
         becomes the curve between the moons. The curve is found as the zero set of $w · h(x) + b$, each vertex refined by \
         root finding, and compared with the contour at one half of the probability that the whole network outputs. The second \
         picture stops at every layer on the way.",
    )
    .figure("pre-image", figure)
    .figure("every-layer", every_layer)
    .check(Check::zero(
        format!("largest |w·h(x) + b| over the {} vertices drawn", vertices.len()),
        residual,
        1e-5,
    ))
    .check(Check::zero(
        format!("the {MARKERS} numbered points of the curve land on the line: largest |w·h + b|"),
        off_line,
        1e-5,
    ))
    .check(Check::zero(
        "the curve that is followed through every layer: largest |w·h + b| where it arrives",
        finer,
        1e-5,
    ))
    .check(Check::at_least("vertices on the curve", vertices.len() as f64, 100.0))
    .check(Check::zero(
        "the 0.5 contour of the probability follows the same curve: largest distance between the two",
        apart,
        1e-6,
    )))
}

/// How many points are followed from the one picture to the other.
const MARKERS: usize = 6;

/// Points of the longest curve, evenly spread: along the curve and along its image together, each counted as 1.
fn markers(head: &Frozen, curves: &[Vec<Point>], count: usize) -> Vec<Point> {
    let Some(curve) = curves.iter().max_by_key(|curve| curve.len()) else {
        return Vec::new();
    };
    let image = head.forward(Mat::from_fn(curve.len(), 2, |i, j| curve[i][j]).as_ref());
    let lengths = |points: &[Point]| -> Vec<f64> {
        let mut sums = vec![0.0];
        for pair in points.windows(2) {
            let step = libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
            sums.push(sums[sums.len() - 1] + step);
        }
        let whole = sums[sums.len() - 1].max(f64::MIN_POSITIVE);
        sums.iter().map(|sum| sum / whole).collect()
    };
    let (here, there) = (
        lengths(curve),
        lengths(&figures::plane_points(image.as_ref())),
    );
    (0..count)
        .map(|k| {
            let wanted = 2.0 * (k as f64 + 0.5) / count as f64;
            let reached = (0..curve.len()).find(|&i| here[i] + there[i] >= wanted);
            curve[reached.unwrap_or(curve.len() - 1)]
        })
        .collect()
}

/// Where to write the numbers of points on a line, so that none hides another: off the line, above it where the way goes on
/// to the right and below where it comes back, and apart from each other. `extent`: the height of the panel in data units.
fn beads(images: &[Point], normal: [f64; 2], extent: f64) -> Vec<Point> {
    let length = libm::hypot(normal[0], normal[1]).max(f64::MIN_POSITIVE);
    let up = if normal[1] < 0.0 { -1.0 } else { 1.0 } / length;
    let across = [normal[0] * up, normal[1] * up];
    let along = [across[1], -across[0]];
    let at = |image: &Point| image[0] * along[0] + image[1] * along[1];
    let places: Vec<f64> = images.iter().map(at).collect();
    let is_above = |k: usize| match k {
        0 => places.get(1).is_none_or(|next| *next >= places[0]),
        _ => places[k] >= places[k - 1],
    };
    let mut moved = places.clone();
    for side in [true, false] {
        let mut row: Vec<usize> = (0..places.len()).filter(|&k| is_above(k) == side).collect();
        row.sort_by(|&a, &b| places[a].total_cmp(&places[b]));
        // Neighbours that are too near step aside, each by half.
        for pair in std::iter::repeat_n(&row, 100).flat_map(|row| row.windows(2)) {
            let missing = (0.068 * extent - (moved[pair[1]] - moved[pair[0]])).max(0.0);
            moved[pair[0]] -= missing / 2.0;
            moved[pair[1]] += missing / 2.0;
        }
    }
    let bead = |k: usize| {
        let off = if is_above(k) { 0.06 } else { -0.06 } * extent;
        let step = moved[k] - places[k];
        [0, 1].map(|i| images[k][i] + step * along[i] + off * across[i])
    };
    (0..images.len()).map(bead).collect()
}

/// The least number with one digit that is not below `value`.
fn rounded_up(value: f64) -> f64 {
    let power = libm::pow(10.0, libm::floor(libm::log10(value)));
    (value / power).ceil() * power
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
