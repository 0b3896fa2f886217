//! D1 and D2: the spiral, and the proof that no straight line separates it.

use super::{classes, input_window};
use crate::blog::{Check, Exhibit, Lab};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::figures;
use crate::geometry::best_line::correct_count;
use crate::geometry::{Separability, best_line, linear_separability};
use crate::plot::{Anchor, Colour, Figure, Stroke};

/// All points, training and held out.
fn whole(lab: &Lab) -> Result<Dataset> {
    let config = lab.spiral_config()?;
    config.data.load(config.seed, std::path::Path::new("."))
}

/// The data.
pub(super) fn d1(lab: &Lab) -> Result<Exhibit> {
    let data = whole(lab)?;
    let first = classes(&data).iter().filter(|&&label| label == 0).count();
    let figure = Figure::new("Two spiral arms, 1000 points")
        .caption(
            "Each arm winds 1.25 times around the centre; along any ray the arms lie 1 apart. The points are jittered by \
             normal noise of standard deviation 0.1.",
        )
        .size(660, 600)
        .panel(figures::data(&data, input_window(&data)?));
    Ok(Exhibit::new(
        "The post's data: two classes wound around each other. The text gives the number of points; turns and noise are \
         ours, in `configs/spiral.toml`. A fifth of the points is held out and never trained on.",
    )
    .figure("spiral", figure)
    .check(Check::equal("points", data.samples() as f64, 1000.0, 0.0))
    .check(Check::equal("points of class 0", first as f64, 500.0, 0.0))
    .check(Check::equal("dimensions", data.dimensions() as f64, 2.0, 0.0)))
}

/// Not separable, as a linear program decides; and the best that a line can do.
pub(super) fn d2(lab: &Lab) -> Result<Exhibit> {
    let data = whole(lab)?;
    let (points, labels) = (data.features.as_ref(), classes(&data));
    let Separability::NotSeparable(proof) = linear_separability(points, labels)? else {
        return Err(Error::invalid(
            "configs/spiral.toml",
            "a straight line separates this spiral",
            "give it more turns or noise",
        ));
    };
    let best = best_line(points, labels)?;
    let recount = correct_count(points, labels, best.normal, best.offset);
    let [a, b] = best.normal;
    let foot = [-best.offset * a, -best.offset * b];
    let far = |t: f64| [foot[0] - t * b, foot[1] + t * a];
    let common = [proof.point[0], proof.point[1]];
    let figure = Figure::new("The best straight line leaves two points in five on the wrong side")
        .caption(format!(
            "Of all straight lines this one has the most points on their own side: {} of {}, where guessing has half. The black point is a weighted mean of \
             points of class 0, and of points of class 1 as well; no line can have it on both sides.",
            best.correct,
            data.samples()
        ))
        .size(660, 620)
        .panel(
            figures::data(&data, input_window(&data)?)
                .line(vec![far(-20.0), far(20.0)], Stroke::new(Colour::TEXT, 2.2))
                .points([common], Colour::BACKGROUND, 7.5)
                .points([common], Colour::TEXT, 5.0)
                .label(
                    [common[0], common[1] - 0.16],
                    Anchor::Top,
                    "a mean of either class",
                    Colour::TEXT,
                )
                .note(format!("{:.1} % right", 100.0 * best.accuracy)),
        );
    Ok(Exhibit::new(
        "That no line separates the arms is plain to see, and here it is proven: linear programming finds one point that is \
         a weighted mean of either class. A separating line would have it on both of its sides. The best line of all is \
         found exactly, by turning a line about every point: among all 1000 points. (Items D4 and D7 ask for the best line on \
         the 800 training points; that is another line with another share.)",
    )
    .figure("best-line", figure)
    .check(Check::zero(
        "the same point from either class: distance of the two means, in half extents of the data",
        proof.gap,
        1e-9,
    ))
    .check(Check::equal(
        "points on their side of the best line, counted again in exact arithmetic",
        recount as f64,
        best.correct as f64,
        0.0,
    ))
    .check(Check::at_most("accuracy of the best straight line", best.accuracy, 0.7)))
}
