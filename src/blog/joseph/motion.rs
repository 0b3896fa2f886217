//! D6 and D7: space in motion, with activations and without.

use std::sync::Arc;

use faer::Mat;

use super::{EMBEDDING, classes};
use crate::anim::Moment;
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures::Flow;
use crate::geometry::best_line;
use crate::model::{Activation, Layer};
use crate::plot::Figure;

/// Frames per second.
const FPS: u32 = 20;

/// The network as a motion of space.
pub fn d6(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let flow = Arc::new(Flow::new(trained.network(), &trained.train)?);
    let landing = flow.landing();
    let recorded = &trained.last().activations[EMBEDDING];
    let off = (&landing - recorded).norm_max() / recorded.norm_max();
    let figure = Figure::new("From the spiral to a straight line, in six stages")
        .caption(
            "Graph paper and data on their way through 2 → 128 → 2. A layer's matrix rotates, stretches and rotates, its \
             bias shifts, and ReLU folds. What has 128 dimensions is seen in projection; the pictures say how much of the \
             data's variance that shows.",
        )
        .size(1200, 860)
        .panels(3, flow.stills()?);
    let exhibit = Exhibit::new(
        "What a network does, as a motion. Every matrix is taken apart into a rotation, a stretch along the axes and \
         another rotation (its singular value decomposition); then comes the bias, then the activation. Rotations and \
         shifts change nothing that matters; a stretch neither. Only ReLU folds the sheet, along straight creases, once in \
         128 dimensions and once in 2.\n\n\
         Then the last layer draws its straight line, and the way back shows what that line is in the original space.",
    )
    .figure("stages", figure)
    .check(Check::zero(
        "the motion ends where the hook recorded the points: largest difference, relative",
        off,
        1e-5,
    ))
    .check(Check::zero(
        "one motion without a jump: largest distance between the end of a leg and the start of the next, relative",
        flow.largest_jump(),
        2e-3,
    ))
    .check(Check::equal(
        "training points on their side of the line at the end",
        flow.accuracy().unwrap_or(f64::NAN),
        1.0,
        0.0,
    ));
    animated(
        exhibit,
        flow,
        "Graph paper and two spiral arms are rotated, stretched and folded until a straight line separates the classes; \
         then everything flows back and the line becomes the decision boundary",
    )
}

/// The same network with identity in place of ReLU.
pub fn d7(lab: &Lab) -> Result<Exhibit> {
    let mut config = lab.spiral_config()?;
    for layer in &mut config.model.layers {
        if layer.activation == Activation::Relu {
            layer.activation = Activation::Identity;
        }
    }
    config.capture.every = config.train.epochs;
    let linear = lab.train(&config)?;
    let labels = classes(&linear.train);
    let best = best_line(linear.train.features.as_ref(), labels)?;
    let flow = Arc::new(Flow::new(linear.network(), &linear.train)?);
    let accuracy = flow.accuracy().unwrap_or(f64::NAN);
    let stills = flow.stills()?;
    let figure = Figure::new("Without activations the spiral stays a spiral")
        .caption(format!(
            "The same layers, trained in the same way, without ReLU. The sheet is turned, stretched and shifted, but it \
             stays flat: straight lines stay straight. At the end {:.1} % of the training points are on their side; the \
             best straight line in the original space has {:.1} %.",
            100.0 * accuracy,
            100.0 * best.accuracy
        ))
        .size(1060, 960)
        .panels(2, stills);
    let exhibit = Exhibit::new(format!(
        "Take the activations out and nothing else: what is left is one matrix after another, and that is one matrix. \
         Whatever the training does, the embedding is a linear image of the spiral, and the last layer's line the image of \
         some line in the original space. So no training can beat the best line's {:.1} %; this one reaches {:.1} %, and \
         {:.1} % on held-out points.",
        100.0 * best.accuracy,
        100.0 * accuracy,
        100.0 * linear.test_accuracy()
    ))
    .figure("stages", figure)
    .check(Check::zero(
        "the hidden layers together are one affine map: largest difference, relative",
        composed_error(&linear),
        1e-12,
    ))
    .check(Check::at_most(
        "training accuracy cannot exceed the best straight line's",
        accuracy,
        best.accuracy,
    ))
    .check(Check::at_least(
        "training accuracy stays near the best straight line's",
        accuracy,
        best.accuracy - 0.1,
    ))
    .check(Check::at_most(
        "accuracy on held-out points stays far from the network's with ReLU",
        linear.test_accuracy(),
        0.75,
    ));
    animated(
        exhibit,
        flow,
        "Without activations graph paper and spiral are only turned, stretched and shifted; no line separates the classes",
    )
}

fn animated(exhibit: Exhibit, flow: Arc<Flow>, alt: &str) -> Result<Exhibit> {
    let timeline = flow.timeline(FPS)?;
    Ok(exhibit.animation("flow", alt, timeline, move |moment: &Moment| flow.draw(moment)))
}

/// How far the recorded embedding is from the product of the matrices applied to the data, relative.
fn composed_error(linear: &Trained) -> f64 {
    let network = linear.network();
    let hidden = &network.layers[..network.layers.len() - 1];
    let mut weight: Mat<f64> = Mat::identity(2, 2);
    let mut bias: Mat<f64> = Mat::zeros(2, 1);
    for Layer { weight: w, bias: b, .. } in hidden {
        weight = w * weight;
        bias = w * bias;
        for (i, b) in b.iter().enumerate() {
            bias[(i, 0)] += b;
        }
    }
    let (head, _) = network.split_at(hidden.len());
    let points = linear.train.features.as_ref();
    let image = head.forward(points);
    let product = points * weight.transpose();
    let product = Mat::from_fn(product.nrows(), product.ncols(), |i, j| product[(i, j)] + bias[(j, 0)]);
    (&image - &product).norm_max() / image.norm_max()
}
