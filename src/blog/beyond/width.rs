//! E6: the annulus that no network of width 2 surrounds.

use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures;
use crate::geometry::complex::Decided;
use crate::geometry::width::Width;
use crate::geometry::{Bounds, Surrounding, surrounding, topology, width_warning};
use crate::plot::{Figure, Panel};

fn config(hidden: &str) -> String {
    format!(
        "seed = 3\n[data]\nname = 'circles'\nsamples = 400\nnoise = 0.06\nfactor = 0.4\n[model]\nlayers = [{hidden}, \
         {{ units = 1, activation = 'sigmoid' }}]\n[train]\nepochs = 400\nbatch_size = 32\nloss = 'bce'\n\
         optimizer = {{ name = 'adam', lr = 0.01 }}\n[capture]\nevery = 400\n"
    )
}

fn warns(trained: &Trained) -> bool {
    let layers = &trained.network().layers;
    let widths: Vec<Width<'_>> = layers
        .iter()
        .map(|layer| Width {
            name: &layer.name,
            units: layer.units(),
            activation: layer.activation,
        })
        .collect();
    width_warning(2, &widths).is_some()
}

/// The share of training samples that are right.
fn accuracy(trained: &Trained) -> f64 {
    let scores = trained.network().forward(trained.train.features.as_ref());
    let labels = trained.train.labels().unwrap_or_default();
    let right = (0..labels.len()).filter(|&i| usize::from(scores[(i, 0)] > 0.5) == labels[i]);
    right.count() as f64 / labels.len().max(1) as f64
}

/// Two networks on circles: of width 2 in three layers, and of width 3 in one.
pub(super) fn e6(lab: &Lab) -> Result<Exhibit> {
    let relu = |units: usize| format!("{{ units = {units}, activation = 'relu' }}");
    let narrow = lab.train_text(&config(&[relu(2), relu(2), relu(2)].join(", ")), "E6")?;
    let wide = lab.train_text(&config(&relu(6)), "E6")?;
    let data = &narrow.train;
    let bounds = Bounds::around(data.features.as_ref(), 1.0)?;
    let bounded = |trained: &Trained| -> Result<usize> {
        let found = topology(&Decided::new(trained.network(), bounds)?);
        Ok(found.classes.iter().map(|class| class.bounded).sum())
    };
    let panel = |trained: &Trained, title: &str| -> Result<Panel> {
        Ok(figures::boundary(trained.network(), data, bounds)?
            .title(title)
            .note(format!("{:.1} % right", 100.0 * accuracy(trained))))
    };
    let ring = surrounding(data.features.as_ref(), data.labels().unwrap_or_default())?;
    let ratio = match ring {
        Some(Surrounding::Hole { ratio, .. }) => ratio,
        _ => 0.0,
    };
    let figure = Figure::new("Depth does not help where width is missing")
        .caption(
            "Left: three hidden layers of 2 units. Whatever the weights, each part of a region runs out of the picture, so the \
             ring is cut open. Right: a single layer of 6 units closes it.",
        )
        .size(1000, 560)
        .panels(2, [panel(&narrow, "2-2-2-2-1")?, panel(&wide, "2-6-1")?]);
    Ok(Exhibit::new(
        "A network that is nowhere wider than its input, with monotone activations, maps the plane to itself without tearing \
         it, or is a limit of such maps. Then no part of a decision region is bounded (Beise, Dias Da Cruz and Schröder, \
         2021; Olah's annulus). `foldspace train` says so when data ask for it.",
    )
    .figure("annulus", figure)
    .check(Check::holds("the theorem holds of the narrow network", warns(&narrow)))
    .check(Check::holds("and not of the wide one", !warns(&wide)))
    .check(Check::at_least("the ring's hole against the gaps of its points", ratio, 3.0))
    .check(Check::equal(
        "bounded parts of the narrow network's regions",
        bounded(&narrow)? as f64,
        0.0,
        0.0,
    ))
    .check(Check::at_most("accuracy of the narrow network", accuracy(&narrow), 0.99))
    .check(Check::at_least("accuracy of the wide one", accuracy(&wide), 0.99))
    .check(Check::at_least("bounded parts of its regions", bounded(&wide)? as f64, 1.0)))
}
