//! Components and holes of each class on the way through the layers, at every scale.

use faer::MatRef;
use serde::Serialize;

use super::history::stroke;
use super::probes::stages;
use super::scatter::class_names;
use super::written::csv_of;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::{Alpha, betti};
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Colour, Dash, Figure, Panel, Scale, Sign, Stroke};
use crate::run::Run;

/// The Betti curves of a class at a site of two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BettiCurve {
    /// The site.
    pub site: String,
    /// The class.
    pub class: usize,
    /// Radii in units of the site's extent, ascending.
    pub radius: Vec<f64>,
    /// Components of the union of discs of that radius.
    pub components: Vec<usize>,
    /// Its holes.
    pub holes: Vec<usize>,
}

/// How many radii are looked at, from a thousandth of the extent to all of it.
const RADII: usize = 120;

/// The curves of all classes at all sites of two dimensions.
///
/// # Errors
/// If there is no such site, the data have no classes, or activations are not finite.
pub fn betti_curves(network: &Frozen, data: &Dataset) -> Result<Vec<BettiCurve>> {
    let labels = data.labels().ok_or_else(|| {
        Error::invalid(
            "betti",
            "a regression has no classes",
            "draw `prediction` or `turns` instead",
        )
    })?;
    let mut curves = Vec::new();
    for (site, points) in stages(network, data.features.as_ref()) {
        if points.ncols() == 2 {
            for class in 0..data.class_count().unwrap_or(0) {
                curves.push(curve(&site, class, points.as_ref(), labels)?);
            }
        }
    }
    if curves.is_empty() {
        return Err(Error::invalid(
            "betti",
            "neither the data nor a layer has two dimensions, where alpha complexes are computed",
            "train with a layer of 2 units, or draw `probes`, which takes any width",
        ));
    }
    Ok(curves)
}

fn curve(
    site: &str,
    class: usize,
    points: MatRef<'_, f64>,
    labels: &[usize],
) -> Result<BettiCurve> {
    let rows = (0..points.nrows()).filter(|&i| labels[i] == class);
    let own: Vec<[f64; 2]> = rows.map(|i| [points[(i, 0)], points[(i, 1)]]).collect();
    let extent = (0..2)
        .map(|j| {
            let column = points.col(j).iter();
            let (low, high) = column.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| {
                (low.min(x), high.max(x))
            });
            high - low
        })
        .fold(0.0, f64::max);
    let extent = if extent > 0.0 { extent } else { 1.0 };
    let alpha = Alpha::new(&own)?;
    let merges = alpha.merges();
    let holes: Vec<_> = alpha.holes().into_iter().map(|hole| hole.bar).collect();
    let radius: Vec<f64> = (0..RADII)
        .map(|k| libm::pow(10.0, -3.0 + 3.0 * k as f64 / (RADII - 1) as f64))
        .collect();
    let at = |r: &f64| r * extent;
    Ok(BettiCurve {
        site: site.to_owned(),
        class,
        components: radius
            .iter()
            .map(|r| alpha.size() - merges.partition_point(|merge| *merge <= at(r)))
            .collect(),
        holes: radius.iter().map(|r| betti(&holes, at(r))).collect(),
        radius,
    })
}

/// The curves of a network on data, a panel per site; `source` begins the caption.
///
/// # Errors
/// As [`betti_curves`].
pub fn betti_figure(network: &Frozen, data: &Dataset, source: &str) -> Result<Figure> {
    let curves = betti_curves(network, data)?;
    let names = class_names(data);
    let mut panels: Vec<Panel> = Vec::new();
    for site in curves.chunk_by(|a, b| a.site == b.site) {
        let most = site.iter().flat_map(|curve| &curve.components).max();
        let mut panel = Panel::new()
            .title(literal(&site[0].site))
            .labels("radius / extent", "count")
            .range(
                [1e-3, 1.0],
                [0.9, 1.3 * (*most.unwrap_or(&1)).max(2) as f64],
            );
        panel.x.scale = Scale::Log;
        panel.y.scale = Scale::Log;
        for curve in site {
            let colour = Colour::class(curve.class);
            for (counts, what, dash) in [
                (&curve.components, "components", Dash::Solid),
                (&curve.holes, "holes", Dash::Dashed),
            ] {
                let look = Stroke {
                    colour,
                    ..stroke(0, 2.0)
                }
                .dash(dash);
                if panels.is_empty() {
                    panel = panel.key(format!("{}: {what}", names[curve.class]), Sign::Line(look));
                }
                // None at all has no place on a logarithmic axis: the curve breaks off.
                let steps: Vec<([f64; 2], bool)> = curve
                    .radius
                    .iter()
                    .zip(counts)
                    .map(|(&r, &count)| ([r, count as f64], count > 0))
                    .collect();
                for piece in steps.chunk_by(|a, b| a.1 == b.1).filter(|piece| piece[0].1) {
                    let points: Vec<[f64; 2]> = piece.iter().map(|step| step.0).collect();
                    panel = panel.line(points, look);
                }
            }
        }
        panels.push(panel);
    }
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns) as u32;
    Ok(Figure::new("Components and holes of each class, layer by layer")
        .caption(format!(
            "{source}. Discs of one radius around all samples of a class cover a region; its components and holes, counted for \
             every radius by alpha complexes, exactly. The longer a count stays, the less it is an accident of the samples. \
             Sites of two dimensions are shown."
        ))
        .size(if columns < 2 { 640 } else { 1000 }, 110 + 350 * rows)
        .panels(columns, panels))
}

/// The curves of a run's epoch as CSV and JSON are made from.
///
/// # Errors
/// As [`betti_curves`], or if the epoch was not captured.
pub fn betti_of_run(run: &Run, epoch: usize) -> Result<(Frozen, Dataset)> {
    Ok((run.frozen(epoch)?, run.split()?.train))
}

/// The curves as CSV.
///
/// # Errors
/// If a line cannot be written.
pub fn betti_csv(curves: &[BettiCurve]) -> Result<Vec<u8>> {
    let header = ["site", "class", "radius_over_extent", "components", "holes"];
    let lines = curves.iter().flat_map(|curve| {
        curve.radius.iter().enumerate().map(|(k, radius)| {
            vec![
                curve.site.clone(),
                curve.class.to_string(),
                format!("{radius:?}"),
                curve.components[k].to_string(),
                curve.holes[k].to_string(),
            ]
        })
    });
    csv_of(&header, lines)
}
