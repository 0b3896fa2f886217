//! E1 and E2: cells, and what decision regions are made of.

use super::formula;
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures::{self, Tint};
use crate::geometry::complex::{Decided, plane_counts};
use crate::geometry::{Bounds, Complex, topology};
use crate::model::Activation;
use crate::plot::Figure;

fn square(half: f64) -> Result<Bounds> {
    Bounds::new((-half, half), (-half, half))
}

/// The cells of networks whose weights are a formula, with the counts that an oracle in fractions gives.
pub(super) fn e1(_: &Lab) -> Result<Exhibit> {
    let known = [
        (&[2, 8, 1][..], 1.0, 26, Some(37)),
        (&[2, 16, 1], 1.0, 94, Some(137)),
        (&[2, 16, 16, 1], 1.0, 133, Some(1224)),
        (&[2, 32, 32, 1], 4.0, 1174, None),
    ];
    let (mut panels, mut checks) = (Vec::new(), Vec::new());
    for (widths, half, cells, plane) in known {
        let network = formula(widths);
        let complex = Complex::new(&network, square(half)?)?;
        let name: Vec<String> = widths.iter().map(usize::to_string).collect();
        let name = name.join("-");
        let mut panel = figures::regions(&network, &complex, Tint::Pattern)?
            .labels("$x_1$", "$x_2$")
            .title(name.clone())
            .note(format!("{} cells", complex.faces()));
        panel.legend.clear();
        panels.push(panel);
        checks.push(Check::equal(
            format!("{name}: cells on [-{half}, {half}]², by an oracle in fractions"),
            complex.faces() as f64,
            f64::from(cells),
            0.0,
        ));
        let euler = complex.vertices().len() as f64 - complex.edges() as f64;
        checks.push(Check::equal(
            format!("{name}: vertices - edges + cells (Euler)"),
            euler + complex.faces() as f64,
            1.0,
            0.0,
        ));
        if let Some(plane) = plane {
            let found = plane_counts(&network)?;
            checks.push(Check::equal(
                format!("{name}: cells of the whole plane"),
                found.cells as f64,
                f64::from(plane),
                0.0,
            ));
            checks.push(Check::at_most(
                format!("{name}: mean number of a cell's sides in the plane (Gaines and Bi)"),
                found.mean_degree,
                4.0,
            ));
        }
    }
    let figure = Figure::new("A piecewise linear network is a map of countries")
        .caption(
            "On each cell the network is one affine map; its borders are where a unit turns on or off, and those of a deeper \
             unit bend where they cross a shallower one's. Nothing is sampled: corners are decided in integers where rounding \
             might err, so that no cell is missed and none is invented.",
        )
        .size(1000, 1030)
        .panels(2, panels);
    let exhibit = Exhibit::new(
        "A network of ReLU units cuts its input into convex cells. They are usually counted by looking at activation patterns \
         on a grid, which misses what lies between grid points, or with tolerances, which go wrong where borders meet. These \
         are all there are. The weights are a formula, so that other programs can be held against it.",
    );
    let exhibit = exhibit.figure("cells", figure);
    Ok(checks.into_iter().fold(exhibit, Exhibit::check))
}

/// The decision regions of a small network: parts, border, area.
pub(super) fn e2(_: &Lab) -> Result<Exhibit> {
    let mut network = formula(&[2, 8, 1]);
    if let Some(last) = network.layers.last_mut() {
        // Positive scores are class 1.
        last.activation = Activation::Sigmoid;
    }
    let decided = Decided::new(&network, square(4.0)?)?;
    let found = topology(&decided);
    let (negative, positive) = (found.classes[0], found.classes[1]);
    let panel = figures::decided_panel(&decided)
        .labels("$x_1$", "$x_2$")
        .note(format!("{} straight pieces of border", found.pieces));
    let near = Decided::new(&network, Bounds::new((-1.6, -0.6), (-1.5, -0.5))?)?;
    let near = figures::decided_panel(&near)
        .labels("$x_1$", "$x_2$")
        .title("the islands, from near by");
    let figure = Figure::new("Two islands and two peninsulas")
        .caption(format!(
            "The network 2-8-1 is positive on {} parts of this window, {} of which do not reach its rim: islands, which no \
             sampling can be sure to have found all of. White lines are the cells' borders; within a cell the border of the \
             regions is straight.",
            positive.components, positive.bounded
        ))
        .size(1040, 580)
        .panels(2, [panel, near]);
    let count = |what: &str, measured: usize, expected: f64| {
        Check::equal(what, measured as f64, expected, 0.0)
    };
    let euler = |class: crate::geometry::topology::ClassTopology| {
        class.components as f64 - class.holes as f64
    };
    Ok(Exhibit::new(
        "How many parts does a decision region have, and are there holes in them? Cells of one class that share an edge belong \
         to one part; holes follow from Euler's formula. Both are counts, not estimates.",
    )
    .figure("parts", figure)
    .check(count("parts of the positive region", positive.components, 4.0))
    .check(count("those inside the window", positive.bounded, 2.0))
    .check(count("parts of the negative region", negative.components, 1.0))
    .check(count("straight pieces of the border", found.pieces, 23.0))
    .check(Check::equal("length of the border", found.length, 18.273_151, 5e-7))
    .check(Check::equal("positive area", positive.area, 14.002_578, 5e-7))
    .check(Check::equal(
        "Euler characteristics: positive + negative - border",
        euler(positive) + euler(negative) - found.border_euler as f64,
        1.0,
        0.0,
    )))
}
