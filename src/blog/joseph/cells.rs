//! The cells of the spiral's network: where it is one affine map, exactly; for D3, D4, D5 and D7.

use super::{EMBEDDING, classes, input_window};
use crate::blog::{Check, Trained};
use crate::error::Result;
use crate::figures::{self, Series, Tint};
use crate::geometry::complex::most_cells;
use crate::geometry::{Bounds, Complex};
use crate::model::Frozen;
use crate::plot::Figure;

/// The cells of a network over the window of the data that it was trained on.
pub(super) fn of(network: &Frozen, trained: &Trained) -> Result<Complex> {
    Complex::new(network, input_window(&trained.train)?)
}

/// How many cells there are after each captured epoch.
pub(super) struct Counts {
    pub epochs: Vec<usize>,
    pub cells: Vec<usize>,
}

impl Counts {
    pub(super) fn of(trained: &Trained) -> Result<Self> {
        let cells = trained
            .snapshots
            .iter()
            .map(|snapshot| Ok(of(&snapshot.network, trained)?.faces()));
        Ok(Self {
            epochs: trained
                .snapshots
                .iter()
                .map(|snapshot| snapshot.epoch)
                .collect(),
            cells: cells.collect::<Result<_>>()?,
        })
    }

    pub(super) fn first(&self) -> usize {
        self.cells.first().copied().unwrap_or_default()
    }

    pub(super) fn last(&self) -> usize {
        self.cells.last().copied().unwrap_or_default()
    }
}

/// Before and after training, and the count over the epochs.
pub(super) fn figure(trained: &Trained, counts: &Counts) -> Result<Figure> {
    let picture = |network: &Frozen, title: &str| -> Result<_> {
        let complex = of(network, trained)?;
        let mut panel = figures::regions(network, &complex, Tint::Pattern)?
            .labels("$x_1$", "$x_2$")
            .title(title)
            .note(format!("{} cells", complex.faces()));
        panel.legend.clear();
        Ok(panel)
    };
    let numbers = counts.cells.iter().map(|&cells| cells as f64);
    let series = Series {
        label: String::new(),
        epochs: counts.epochs.clone(),
        values: numbers.collect(),
    };
    let history = figures::history(&[series], "cells in the window").title("over the epochs");
    Ok(Figure::new("The cells on which the network is one affine map")
        .caption(
            "Thin lines: where one of the 128 units of the first layer turns on or off. Strong lines: the same for the two of \
             the second, which bend wherever they cross a thin one. Lightness changes across thin lines, hue across strong \
             ones. All cells are exact, the smallest as well.",
        )
        .size(1240, 470)
        .panels(
            3,
            [
                picture(&trained.snapshots[0].network, "before training")?,
                picture(trained.network(), "after training")?,
                history,
            ],
        ))
}

/// Checks that hold in every cell.
pub(super) fn checks(trained: &Trained) -> Result<Vec<Check>> {
    let network = trained.network();
    let complex = of(network, trained)?;
    let window = complex.window();
    let whole = (window.x.1 - window.x.0) * (window.y.1 - window.y.0);
    let (faces, edges, vertices) = (
        complex.faces() as f64,
        complex.edges() as f64,
        complex.vertices().len() as f64,
    );
    let total: f64 = (0..complex.faces()).map(|face| complex.area(face)).sum();
    Ok(vec![
        Check::equal(
            "cells: vertices - edges + cells (Euler)",
            vertices - edges + faces,
            1.0,
            0.0,
        ),
        Check::zero(
            "cells: their areas together, against the window's, relative",
            total / whole - 1.0,
            1e-12,
        ),
        Check::zero(
            "cells: largest difference between a cell's affine map and the network, relative",
            largest_difference(network, &complex),
            1e-12,
        ),
        Check::at_most(
            "cells: no more than any network of these widths can have (Serra et al.)",
            faces,
            most_cells(network)?,
        ),
    ])
}

/// Between maps and the network's scores, at the mean of every cell's corners.
fn largest_difference(network: &Frozen, complex: &Complex) -> f64 {
    let scores = {
        let mut layers = network.layers.clone();
        if let Some(last) = layers.last_mut() {
            last.activation = crate::model::Activation::Identity;
        }
        Frozen { layers }
    };
    let centres: Vec<[f64; 2]> = (0..complex.faces())
        .map(|face| {
            let polygon = complex.polygon(face);
            [0, 1].map(|axis| polygon.iter().map(|p| p[axis]).sum::<f64>() / polygon.len() as f64)
        })
        .collect();
    let truth = scores.forward(faer::Mat::from_fn(centres.len(), 2, |i, j| centres[i][j]).as_ref());
    let differences = centres.iter().enumerate().map(|(face, &centre)| {
        let value = complex.map(face).at(centre)[0];
        (value - truth[(face, 0)]).abs()
    });
    differences.fold(0.0, f64::max) / truth.norm_max()
}

/// Original space in cells, and where the hidden layers put them.
pub(super) fn spaces(trained: &Trained, space: Bounds) -> Result<Figure> {
    let network = trained.network();
    let complex = of(network, trained)?;
    let labels = classes(&trained.train);
    let embedding = trained.last().activations[EMBEDDING].as_ref();
    let names = ["class 0", "class 1"];
    let points = figures::plane_points(trained.train.features.as_ref());
    let mut left = figures::regions(network, &complex, Tint::Pattern)?;
    left.legend.clear();
    let left = left
        .labels("$x_1$", "$x_2$")
        .classes(&points, labels, &names)
        .title("original space");
    let right = figures::moved_regions(&complex, network.layers.len() - 1, space)
        .labels("$h_1$", "$h_2$")
        .classes(&figures::plane_points(embedding), labels, &names)
        .title("the same cells, after the hidden layers");
    Ok(Figure::new("Every cell is moved as one piece")
        .caption(format!(
            "The {} cells of the original space, and where the hidden layers put them: each by one affine map, so that a \
             polygon stays a polygon and neighbours stay neighbours. Cells on which a unit of the second layer is off are \
             crushed to a piece of an axis, those with both off to a point.",
            complex.faces()
        ))
        .size(1060, 540)
        .panels(2, [left, right]))
}
