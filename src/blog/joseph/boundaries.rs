//! D4: a linear model's decision boundary beside the network's.

use super::{cells, classes, input_window};
use crate::blog::{Check, Exhibit, Lab};
use crate::capture::CaptureConfig;
use crate::error::Result;
use crate::figures::{self, Readout};
use crate::geometry::best_line;
use crate::model::{Activation, LayerConfig};
use crate::plot::{Colormap, Figure, Point};

/// Logistic regression, trained as the network was, and the network.
pub(super) fn d4(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let mut config = lab.spiral_config()?;
    config.model.layers = vec![LayerConfig::new(1, Activation::Sigmoid)];
    config.capture = CaptureConfig {
        every: config.train.epochs,
        ..CaptureConfig::default()
    };
    let linear = lab.train(&config)?;

    let bounds = input_window(&trained.train)?;
    let labels = classes(&trained.train);
    let readout = Readout::of(linear.network())?;
    let linear_accuracy = readout.accuracy(linear.train.features.as_ref(), labels);
    let best = best_line(trained.train.features.as_ref(), labels)?;
    let length = libm::hypot(readout.normal[0], readout.normal[1]);
    let off_line = |[x, y]: Point| {
        (readout.normal[0] * x + readout.normal[1] * y + readout.offset).abs() / length
    };
    let straight = figures::boundary_curves(linear.network(), bounds)?;
    let bend = straight
        .iter()
        .flatten()
        .map(|&p| off_line(p))
        .fold(0.0, f64::max);
    let curves = figures::boundary_curves(trained.network(), bounds)?;
    let turning = curves.iter().map(|curve| turns(curve)).fold(0.0, f64::max);

    let panels = [
        figures::boundary(linear.network(), &trained.train, bounds)?
            .title("linear model: a straight line")
            .note(format!(
                "{:.1} % on held-out points",
                100.0 * linear.test_accuracy()
            )),
        figures::boundary(trained.network(), &trained.train, bounds)?
            .title("network: a curve")
            .note(format!(
                "{:.1} % on held-out points",
                100.0 * trained.test_accuracy()
            ))
            .colour_bar(Colormap::Classes, [0.0, 1.0], "probability of class 1"),
    ];
    let figure = Figure::new("Decision boundaries")
        .caption(format!(
            "Logistic regression (2 → 1 sigmoid) and the network (2 → 128 → 2 → 1), trained alike. The linear model has \
             {:.1} % of the training points right, the best of all lines {:.1} %. The network's boundary turns through \
             {turning:.0}° between the arms, once on either side of the centre.",
            100.0 * linear_accuracy,
            100.0 * best.accuracy
        ))
        .size(980, 500)
        .panels(2, panels);
    Ok(Exhibit::new(
        "The usual way to look at a classifier: colour the plane by what it says. Without a hidden layer the border is a \
         straight line, whatever the training; with hidden layers it follows the arms.",
    )
    .figure("boundaries", figure)
    .check(Check::zero(
        "linear model: largest distance of its boundary from a straight line",
        bend,
        1e-9,
    ))
    .check(Check::at_most(
        "linear model: training accuracy, against the best straight line's",
        linear_accuracy,
        best.accuracy,
    ))
    .check(Check::equal(
        "linear model: cells of the plane, counted exactly",
        cells::of(linear.network(), &trained)?.faces() as f64,
        1.0,
        0.0,
    ))
    .check(Check::at_least("network: the widest turn of its boundary, in degrees", turning, 360.0))
    .check(Check::at_least(
        "network: accuracy on held-out points",
        trained.test_accuracy(),
        0.95,
    )))
}

/// The largest change of direction between any two pieces of a curve, in degrees; full turns count.
fn turns(curve: &[Point]) -> f64 {
    let pieces: Vec<Point> = curve
        .windows(2)
        .map(|pair| [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]])
        .collect();
    let turn = |pair: &[Point]| {
        let [a, b] = [pair[0], pair[1]];
        libm::atan2(a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1])
    };
    let (mut heading, mut least, mut most) = (0.0, 0.0_f64, 0.0_f64);
    for pair in pieces.windows(2) {
        heading += turn(pair);
        least = least.min(heading);
        most = most.max(heading);
    }
    (most - least).to_degrees()
}
