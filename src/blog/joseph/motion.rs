//! D6 and D7: space in motion, with activations and without.

use std::sync::Arc;

use faer::{Mat, MatRef};

use super::{EMBEDDING, cells, classes, collapsed, input_window};
use crate::anim::Moment;
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures::{self, Beside, Flow, Readout};
use crate::geometry::{Grid, best_line};
use crate::linalg::{Pca, svd};
use crate::model::{Activation, Layer};
use crate::plot::{Colour, Figure, Frame, Panel, Stroke};

/// Frames per second, and those of a GIF alone, as `animate flow` has them.
const FPS: u32 = 20;
const GIF_FPS: u32 = 15;

/// The network as a motion of space.
pub(super) fn d6(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let flow = Arc::new(Flow::new(trained.network(), &trained.train)?);
    let landing = flow.landing();
    let recorded = &trained.last().activations[EMBEDDING];
    let off = (&landing - recorded).norm_max() / recorded.norm_max();
    let mut unbent = trained.network().clone();
    for layer in &mut unbent.layers {
        if layer.activation == Activation::Relu {
            layer.activation = Activation::Identity;
        }
    }
    let beside = Beside::new(
        Arc::clone(&flow),
        Arc::new(Flow::new(&unbent, &trained.train)?),
    );
    let [flat, folded] = before_and_after_the_fold(&trained)?;
    let labels = classes(&trained.train);
    let [flat, folded] = [
        best_line(flat.as_ref(), labels)?.accuracy,
        best_line(folded.as_ref(), labels)?.accuracy,
    ];
    let figure = Figure::new("From the spiral to a straight line, in six stages")
        .caption(
            "Graph paper and data on their way through 2 → 128 → 2. The first layer lays the sheet flat into 128 \
             dimensions; the picture turns to the two directions that the second layer reads; then ReLU folds, and the \
             arms come apart. The notes say how much of the data's variance is seen.",
        )
        .size(1200, 860)
        .panels(3, flow.stills()?);
    let (timeline, gif) = (beside.timeline(FPS)?, beside.timeline(GIF_FPS)?);
    let exhibit = Exhibit::new(format!(
        "What a network does, as a motion. Every matrix is taken apart into a rotation, a stretch along the axes and \
         another rotation (its singular value decomposition); then comes the bias, then the activation. None of this but \
         the activation can untangle anything. The first layer lays the plane flat into 128 dimensions, and the picture \
         turns to the two directions there that the second layer reads: still a flat sheet, on which the best straight \
         line has {:.1} % on its side. Then ReLU folds the sheet, along straight creases, and from the same side, with the \
         camera at rest, a straight line has {:.1} %. What follows is one more linear map and a second fold, in the plane, \
         which catches only {:.1} % of the points.\n\n\
         On the right the same weights with ReLU taken out, on the same clock: nothing ever folds, and the spiral stays a \
         spiral. (Item D7 trains such a network, which helps it little.) At the end the last layer draws its straight line, and the way back shows what that line is in the original space.",
        100.0 * flat,
        100.0 * folded,
        100.0 * collapsed(recorded.as_ref())
    ))
    .animation(
        "side-by-side",
        "Two sheets of graph paper with two spiral arms go through the same layers. On the left ReLU folds the sheet and the \
         arms come apart; on the right, with ReLU taken out, the sheet stays flat and the spiral a spiral",
        timeline,
        move |moment: &Moment| beside.draw(moment),
    )
    .as_gif(gif)
    .check(Check::at_most(
        "seen along the directions that layer 2 reads, before the fold: accuracy of the best straight line",
        flat,
        0.75,
    ))
    .check(Check::at_least(
        "seen along the same directions after the fold",
        folded,
        0.95,
    ))
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
    let exhibit = exhibit.player(
        "Walk through it yourself: every epoch, every layer, every point",
        "depth=0",
        trained.page("spiral")?,
    );
    animated(
        exhibit,
        flow,
        "Graph paper and two spiral arms are rotated, stretched and folded until a straight line separates the classes; \
         then everything flows back and the line becomes the decision boundary",
    )
}

/// The same network with identity in place of ReLU.
pub(super) fn d7(lab: &Lab) -> Result<Exhibit> {
    let linear = lab.spiral_without_activations()?;
    let labels = classes(&linear.train);
    let best = best_line(linear.train.features.as_ref(), labels)?;
    let flow = Arc::new(Flow::new(linear.network(), &linear.train)?);
    let accuracy = flow.accuracy().unwrap_or(f64::NAN);
    let magnified = Magnified::new(&linear)?;
    let mut stills = flow.stills()?;
    let last = stills.pop();
    stills.truncate(2);
    stills.extend(last);
    stills.push(magnified.panel);
    let figure = Figure::new("Without activations a spiral stays a spiral")
        .caption(format!(
            "The same layers, trained in the same way, without ReLU. The sheet is turned, shifted and stretched, in the end \
             {:.0} times more along one direction than across; stretched as much across, and not turned, the spiral is still there. \
             {:.1} % of the training points are on their side of the line; the best line of all has {:.1} %.",
            magnified.stretch,
            100.0 * accuracy,
            100.0 * best.accuracy
        ))
        .size(1060, 980)
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
    .check(Check::equal(
        "cells of the plane on which the network is one affine map, counted exactly",
        cells::of(linear.network(), &linear)?.faces() as f64,
        1.0,
        0.0,
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
    let exhibit = exhibit.player(
        "Walk through it yourself, without activations",
        "depth=0",
        linear.page("spiral without activations")?,
    );
    animated(
        exhibit,
        flow,
        "Without activations graph paper and spiral are only turned, stretched and shifted; no line separates the classes",
    )
}

/// The training points along the two directions that the second layer reads (n x 2), before and after the first layer's
/// activation.
fn before_and_after_the_fold(trained: &Trained) -> Result<[Mat<f64>; 2]> {
    let [first, second] = [0, 1].map(|layer| &trained.network().layers[layer]);
    let read = svd(second.weight.as_ref())?.v;
    let flat = first.affine(trained.train.features.as_ref());
    let folded = first.activate(flat.clone());
    Ok([&flat * &read, &folded * &read])
}

fn animated(exhibit: Exhibit, flow: Arc<Flow>, alt: &str) -> Result<Exhibit> {
    let (timeline, gif) = (flow.timeline(FPS)?, flow.timeline(GIF_FPS)?);
    let draw = move |moment: &Moment| flow.draw(moment);
    Ok(exhibit.animation("flow", alt, timeline, draw).as_gif(gif))
}

/// How far the recorded embedding is from the product of the matrices applied to the data, relative.
fn composed_error(linear: &Trained) -> f64 {
    let network = linear.network();
    let hidden = &network.layers[..network.layers.len() - 1];
    let mut weight: Mat<f64> = Mat::identity(2, 2);
    let mut bias: Mat<f64> = Mat::zeros(2, 1);
    for Layer {
        weight: w, bias: b, ..
    } in hidden
    {
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
    let product = Mat::from_fn(product.nrows(), product.ncols(), |i, j| {
        product[(i, j)] + bias[(j, 0)]
    });
    (&image - &product).norm_max() / image.norm_max()
}

/// The embedding of a network without activations, stretched across its long direction until it is as wide as long: one
/// symmetric map more, so nothing turns, and nothing hides behind a long stretch.
struct Magnified {
    panel: Panel,
    /// How many times the data's deviation along is that across.
    stretch: f64,
}

impl Magnified {
    fn new(linear: &Trained) -> Result<Self> {
        let network = linear.network();
        let (head, _) = network.split_at(network.layers.len() - 1);
        let pca = Pca::fit(head.forward(linear.train.features.as_ref()).as_ref(), 2)?;
        let deviations = [0, 1].map(|k| pca.explained_variance[k].sqrt());
        let stretch = deviations[0] / deviations[1];
        let across = [pca.components[(1, 0)], pca.components[(1, 1)]];
        // h -> m + (I + (s - 1) v vᵀ)(h - m), v the direction across.
        let magnify = |points: MatRef<'_, f64>| {
            let h = head.forward(points);
            Mat::from_fn(h.nrows(), 2, |i, k| {
                let off: f64 = (0..2).map(|j| (h[(i, j)] - pca.mean[j]) * across[j]).sum();
                h[(i, k)] + (stretch - 1.0) * off * across[k]
            })
        };
        // The same line: w · h + b with h taken back, h - m = (I + (1 / s - 1) v vᵀ)(y - m).
        let readout = Readout::of(network)?;
        let along: f64 = (0..2).map(|j| readout.normal[j] * across[j]).sum();
        let normal: Vec<f64> = (0..2)
            .map(|k| readout.normal[k] + (1.0 / stretch - 1.0) * along * across[k])
            .collect();
        let at_mean: f64 = (0..2)
            .map(|j| (readout.normal[j] - normal[j]) * pca.mean[j])
            .sum();
        let line = Readout {
            offset: readout.offset + at_mean,
            normal,
        };
        let moved = magnify(linear.train.features.as_ref());
        let window = figures::flow_window(moved.as_ref())?;
        let reach = 4.0 * (window.x.1 - window.x.0 + window.y.1 - window.y.0);
        let grid = Grid::new(input_window(&linear.train)?, 21, 21, 2)?;
        let panel = figures::plane(window, "", "")
            .frame(Frame::Cross)
            .marks(figures::warped(&grid, 0.4, magnify))
            .dots(
                &figures::plane_points(moved.as_ref()),
                classes(&linear.train),
            )
            .class_keys(&["class 0", "class 1"])
            .line(line.line(reach), Stroke::new(Colour::TEXT, 2.2))
            .title(format!(
                "the same, {stretch:.0} × wider across the line of points"
            ))
            .note("nothing is turned");
        Ok(Self { panel, stretch })
    }
}
