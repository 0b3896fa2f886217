//! A11: the squashing functions, as curves and as what they do to the plane.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, Grid};
use crate::model::{Activation, Layer};
use crate::plot::{Colour, Dash, Figure, Panel, Stroke};

/// Curves and warped graph paper of ReLU, tanh, sigmoid and softmax.
pub(super) fn a11(_lab: &Lab) -> Result<Exhibit> {
    let elementwise = [
        ("ReLU: $max(0, z)$", Activation::Relu, Dash::Solid),
        ("tanh", Activation::Tanh, Dash::Dashed),
        (
            "sigmoid: $1/(1 + e^{-z})$",
            Activation::Sigmoid,
            Dash::Dotted,
        ),
    ];
    let curves = elementwise
        .iter()
        .enumerate()
        .fold(Panel::new(), |panel, (i, &(name, activation, dash))| {
            let points: Vec<[f64; 2]> = (-400..=400)
                .map(|k| {
                    let z = f64::from(k) / 100.0;
                    [z, activation.value(z).unwrap_or(z)]
                })
                .collect();
            panel.curve(name, points, Stroke::new(Colour::accent(i), 2.4).dash(dash))
        })
        .labels("$z$", "activation")
        .range([-4.0, 4.0], [-1.25, 2.5]);
    let curve_figure = Figure::new("Three activations that act on one number")
        .caption(
            "ReLU cuts off what is negative and is linear on either side; tanh squashes into (−1, 1), the sigmoid into \
             (0, 1). Softmax acts on all units of a sample at once and is shown on the plane below.",
        )
        .size(720, 460)
        .panel(curves);

    let grid = Grid::new(Bounds::new((-3.0, 3.0), (-3.0, 3.0))?, 25, 25, 121)?;
    let plain = Bounds::new((-3.2, 3.2), (-3.2, 3.2))?;
    let mut panels = vec![
        figures::plane(plain, "$z_1$", "$z_2$")
            .title("before")
            .marks(figures::warped(&grid, 0.6, |points| points.to_owned())),
    ];
    let images = [
        ("ReLU", Activation::Relu, (-0.4, 3.2)),
        ("tanh", Activation::Tanh, (-1.15, 1.15)),
        ("sigmoid", Activation::Sigmoid, (-0.08, 1.08)),
        ("softmax", Activation::Softmax, (-0.08, 1.08)),
    ];
    for (name, activation, range) in images {
        let bounds = Bounds::new(range, range)?;
        let mut panel = figures::plane(bounds, "$a_1$", "$a_2$").title(name);
        if activation == Activation::Softmax {
            // The image is a line, drawn once; the paper's lines all fall on it.
            panel = panel.line(
                [[0.0, 1.0], [1.0, 0.0]],
                Stroke::new(Colour::accent(0), 3.0),
            );
        } else {
            panel = panel.marks(figures::warped(&grid, 0.6, |points| {
                apply(activation, points.to_owned())
            }));
        }
        panels.push(panel);
    }
    let paper_figure = Figure::new("What they do to graph paper")
        .caption(
            "The plane before and after each. ReLU keeps one quadrant and collapses the other three, two onto the axes and one into the \
             origin; tanh and sigmoid \
             press everything into a square; softmax of two units leaves a line, for its outputs sum to 1.",
        )
        .size(1040, 780)
        .panels(3, panels);

    let image = |activation| apply(activation, grid.points.clone());
    let [relu, tanh, sigmoid, softmax] = [
        image(Activation::Relu),
        image(Activation::Tanh),
        image(Activation::Sigmoid),
        image(Activation::Softmax),
    ];
    let least = |m: &Mat<f64>| {
        (0..m.nrows())
            .map(|i| m[(i, 0)].min(m[(i, 1)]))
            .fold(f64::INFINITY, f64::min)
    };
    let doubled = apply(Activation::Relu, faer::Scale(2.0) * &grid.points);
    let sums = (0..softmax.nrows())
        .map(|i| (softmax[(i, 0)] + softmax[(i, 1)] - 1.0).abs())
        .fold(0.0, f64::max);
    Ok(Exhibit::new(
        "An affine map moves space rigidly or stretches it evenly; an activation bends it. Applied to each coordinate it \
         squashes the plane along its axes, which is why the affine map before it matters: it chooses what lies along the \
         axes when the squashing comes.",
    )
    .figure("curves", curve_figure)
    .figure("paper", paper_figure)
    .check(Check::zero(
        "ReLU keeps the quadrant of two positive coordinates, and collapses two others onto the axes and one into the \
         origin: points of the graph paper for which that is not so",
        collapsed_wrongly(&grid.points, &relu),
        0.0,
    ))
    .check(Check::at_least("ReLU leaves nothing negative: smallest coordinate", least(&relu), 0.0))
    .check(Check::zero(
        "ReLU is linear along rays: largest |ReLU(2z) - 2 ReLU(z)|",
        (doubled - faer::Scale(2.0) * &relu).norm_max(),
        0.0,
    ))
    .check(Check::at_most("tanh stays within (-1, 1): largest |a|", tanh.norm_max(), 1.0))
    .check(Check::at_least("the sigmoid stays above 0: smallest coordinate", least(&sigmoid), 0.0))
    .check(Check::at_most("and below 1: largest coordinate", sigmoid.norm_max(), 1.0))
    .check(Check::zero("softmax outputs sum to 1: largest difference", sums, 1e-15))
    .check(Check::zero(
        "tanh is a sigmoid, stretched: largest |tanh(z) - (2σ(2z) - 1)|",
        (faer::Scale(2.0) * apply(Activation::Sigmoid, faer::Scale(2.0) * &grid.points)
            - Mat::from_fn(grid.points.nrows(), 2, |_, _| 1.0)
            - &tanh)
            .norm_max(),
        1e-15,
    )))
}

/// How many points of the plane are not where ReLU should put their quadrant.
fn collapsed_wrongly(points: &Mat<f64>, image: &Mat<f64>) -> f64 {
    let wrong = |i: &usize| {
        (0..2).any(|j| {
            let (z, a) = (points[(*i, j)], image[(*i, j)]);
            if z > 0.0 { a != z } else { a != 0.0 }
        })
    };
    (0..points.nrows()).filter(wrong).count() as f64
}

/// The activation of every row.
fn apply(activation: Activation, points: Mat<f64>) -> Mat<f64> {
    let units = points.ncols();
    let layer = Layer {
        name: String::new(),
        weight: Mat::identity(units, units),
        bias: vec![0.0; units],
        activation,
    };
    layer.activate(points)
}
