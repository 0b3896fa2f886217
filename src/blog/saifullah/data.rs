//! A5: the data.

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, Separability, best_line, linear_separability};
use crate::plot::{Colour, Dash, Figure, Sign, Stroke};

/// The moons, with the best that a straight line can do.
pub(super) fn a5(lab: &Lab) -> Result<Exhibit> {
    let moons = lab.moons_data()?;
    let labels = moons.labels().unwrap_or_default();
    let points = moons.features.as_ref();
    let bounds = Bounds::around(points, 0.1)?;
    let best = best_line(points, labels)?;
    let verdict = linear_separability(points, labels)?;
    let gap = match &verdict {
        Separability::NotSeparable(common) => common.gap,
        Separability::Separable { .. } => f64::INFINITY,
    };

    let readout = figures::Readout {
        normal: best.normal.to_vec(),
        offset: best.offset,
    };
    let stroke = Stroke::new(Colour::TEXT, 2.0).dash(Dash::Dashed);
    let percent = 100.0 * best.accuracy;
    let panel = figures::data(&moons, bounds)
        .line(readout.line(100.0), stroke)
        .key(
            format!("the best straight line: {percent:.1} %"),
            Sign::Line(stroke),
        );
    let figure = Figure::new("Two moons")
        .caption(format!(
            "{} points, noise 0.1. No straight line separates the classes: linear programming finds a point that lies in \
             both convex hulls. The best line there is gets {percent:.1} % right.",
            moons.samples()
        ))
        .size(720, 540)
        .panel(panel);
    Ok(Exhibit::new(
        "Whether a straight line separates two classes is a question for linear programming, not for the eye: either \
         there is a line with every point on its own side, or there is a point that is a mixture of points of either \
         class, and then no line can be right. Here there is such a point. The line drawn is the best of all lines, found \
         by trying every way in which a line can cut the points in two.",
    )
    .figure("moons", figure)
    .check(Check::holds(
        "the moons are not linearly separable (linear programming)",
        !verdict.is_separable(),
    ))
    .check(Check::zero(
        "the hulls share a point: distance between the two mixtures, relative to the data's extent",
        gap,
        1e-9,
    ))
    .check(Check::at_most(
        "accuracy of the best straight line",
        best.accuracy,
        0.95,
    )))
}
