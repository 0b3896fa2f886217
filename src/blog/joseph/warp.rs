//! D5: where the data were, and where the hidden layers have put them.

use super::{EMBEDDING, cells, classes, collapsed, input_window};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::{Error, Result};
use crate::figures::{self, Embedding, Readout};
use crate::geometry::{Grid, Separability, linear_separability};
use crate::plot::{Colour, Dash, Figure, Stroke};

/// Original space beside the penultimate layer's output, with the widest corridor between the classes.
pub(super) fn d5(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let network = trained.network();
    let labels = classes(&trained.train);
    let embedding = trained.last().activations[EMBEDDING].as_ref();
    let Separability::Separable {
        normal,
        offset,
        margin,
        ..
    } = linear_separability(embedding, labels)?
    else {
        return Err(Error::invalid(
            "configs/spiral.toml",
            "the embedding of the training points is not linearly separable",
            "train for more epochs or choose another seed",
        ));
    };
    let before = linear_separability(trained.train.features.as_ref(), labels)?;
    let readout = Readout::of(network)?;
    let bounds = input_window(&trained.train)?;
    let layers = &network.layers;
    let space = figures::embedding_bounds(layers[layers.len() - 2].activation, embedding)?;
    let grid = Grid::new(bounds, 21, 21, 401)?;
    let side = |shift: f64| {
        let edge = Readout {
            normal: normal.clone(),
            offset: offset + shift,
        };
        edge.line(1e3).to_vec()
    };
    let edge = Stroke::new(Colour::MUTED, 1.4).dash(Dash::Dashed);
    let right = figures::embedding(&Embedding {
        network,
        activations: embedding,
        dataset: &trained.train,
        grid: &grid,
        bounds: space,
    })?
    .line(side(margin), edge)
    .line(side(-margin), edge)
    .title("output of the penultimate layer")
    .note("separable by a straight line");
    let names = ["class 0", "class 1"];
    let points = figures::plane_points(trained.train.features.as_ref());
    let left = figures::plane(bounds, "$x_1$", "$x_2$")
        .marks(figures::warped(&grid, 0.4, |points| points.to_owned()))
        .classes(&points, labels, &names)
        .title("original space")
        .note("not separable by a straight line");
    let held_out = {
        let (head, _) = network.split_at(layers.len() - 1);
        let moved = head.forward(trained.test.features.as_ref());
        readout.accuracy(moved.as_ref(), classes(&trained.test))
    };
    let figure = Figure::new("The hidden layers have untangled the spiral")
        .caption(format!(
            "The 800 training points before and after the hidden layers, with the graph paper of the original space. Solid: \
             the last layer's line. Dashed: the widest empty corridor between the classes, {:.2} wide. {:.1} % of the \
             points lie on an axis.",
            2.0 * margin,
            100.0 * collapsed(embedding)
        ))
        .size(1060, 540)
        .panels(2, [left, right]);
    Ok(Exhibit::new(format!(
        "Cut off the last layer and look at what it gets. The same points that no line could separate now lie on either \
         side of one. Linear programming finds such a line and exact arithmetic confirms it for every training point; the \
         best one keeps {margin:.2} from the nearest point. The line of the network itself has {:.1} % of the training \
         points on their side and {:.1} % of the held-out ones.",
        100.0 * readout.accuracy(embedding, labels),
        100.0 * held_out
    ))
    .figure("spaces", figure)
    .figure("cells", cells::spaces(&trained, space)?)
    .check(Check::holds(
        "original space: not linearly separable",
        !before.is_separable(),
    ))
    .check(Check::at_least(
        "penultimate layer: separable, with this distance between the best line and the nearest point",
        margin,
        1e-3,
    ))
    .check(Check::equal(
        "penultimate layer: the last layer's own line has every training point on its side",
        readout.accuracy(embedding, labels),
        1.0,
        0.0,
    ))
    .check(Check::at_least("the same line on held-out points", held_out, 0.95)))
}
