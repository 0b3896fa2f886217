//! The cells of a run: the picture of an epoch, the table of all.

use rayon::prelude::*;
use serde::Serialize;

use super::scatter::axis_label;
use super::{InputAxes, InputPlane, Tint, regions, regions_figure};
use crate::error::{Error, Result};
use crate::geometry::complex::{Complex, ComplexData, Decided, Summary, most_cells};
use crate::geometry::{Bounds, topology};
use crate::model::Frozen;
use crate::plot::{Figure, Panel};
use crate::run::Run;

/// A run's cells, epoch by epoch, over the window of its data.
#[derive(Debug)]
pub struct RunRegions {
    run: Run,
    plane: InputPlane,
    window: Bounds,
}

/// The cells of a network on a plane of its inputs, with what the caption calls the network.
pub(super) fn cells_of(
    network: &Frozen,
    plane: &InputPlane,
    tint: Tint,
    source: &str,
) -> Result<Figure> {
    let window = plane.bounds()?;
    let on_plane = plane.network(network)?;
    let complex = Complex::new(&on_plane, window)?;
    let mut figure = regions_figure(&on_plane, &complex, tint)?;
    figure.caption = format!("{source}. {} {}", figure.caption, plane.note());
    let (width, height) = super::input_plane::canvas(window);
    figure = figure.size(width, height);
    let panels = figure.panels.into_iter();
    figure.panels = panels.map(|panel| labelled(panel, plane, window)).collect();
    Ok(figure)
}

/// A panel over `window` whose axes are the plane's.
fn labelled(panel: Panel, plane: &InputPlane, window: Bounds) -> Panel {
    let names = &plane.data().feature_names;
    let label = |axis: usize| {
        names
            .get(axis)
            .map_or_else(String::new, |name| axis_label(name))
    };
    super::input_plane::roomy(panel.labels(label(0), label(1)), window)
}

/// A line of `regions.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RegionsRow {
    /// Epochs done.
    pub epoch: usize,
    /// Counts and areas within the window.
    #[serde(flatten)]
    pub summary: Summary,
    /// The most cells that a network of these widths can have in the whole plane (Serra et al., 2018).
    pub most_cells: f64,
}

impl RunRegions {
    /// Chooses the plane and the window: of two features the data with some air, of more the plane that `axes` say.
    ///
    /// # Errors
    /// As [`InputPlane::new`].
    pub fn new(run: &Run, axes: &InputAxes) -> Result<Self> {
        let split = run.split()?;
        let plane = InputPlane::new(&split.train, split.standardiser.as_ref(), axes)?;
        Ok(Self {
            window: plane.bounds()?,
            run: run.clone(),
            plane,
        })
    }

    /// The network after an epoch, as it acts on the plane, and its complex.
    ///
    /// # Errors
    /// If the epoch was not captured, or the network has no cells.
    pub fn complex(&self, epoch: usize) -> Result<(Frozen, Complex)> {
        let network = self.plane.network(&self.run.frozen(epoch)?)?;
        let complex = Complex::new(&network, self.window)?;
        Ok((network, complex))
    }

    /// The picture after an epoch.
    ///
    /// # Errors
    /// As [`complex`](Self::complex) and [`regions`].
    pub fn figure(&self, epoch: usize, tint: Tint) -> Result<Figure> {
        let source = format!("After epoch {epoch}");
        cells_of(&self.run.frozen(epoch)?, &self.plane, tint, &source)
    }

    /// A picture of the animation over epochs.
    ///
    /// # Errors
    /// As [`figure`](Self::figure).
    pub fn frame(&self, epoch: usize, tint: Tint) -> Result<Figure> {
        let (network, complex) = self.complex(epoch)?;
        let panel = regions(&network, &complex, tint)?;
        let note = format!("epoch {epoch} · {} cells", complex.faces());
        Ok(Figure::new("")
            .size(560, 530)
            .panel(self.labelled(panel).note(note)))
    }

    pub(super) fn labelled(&self, panel: Panel) -> Panel {
        labelled(panel, &self.plane, self.window)
    }

    /// Counts and areas of every epoch.
    ///
    /// # Errors
    /// As [`complex`](Self::complex).
    pub fn table(&self, epochs: &[usize]) -> Result<Vec<RegionsRow>> {
        let rows = epochs.par_iter().map(|&epoch| {
            let (network, complex) = self.complex(epoch)?;
            Ok(RegionsRow {
                epoch,
                summary: complex.summary(),
                most_cells: most_cells(&network)?,
            })
        });
        rows.collect()
    }

    /// The network after an epoch, with the decision as one layer more.
    ///
    /// # Errors
    /// As [`complex`](Self::complex), and if the run is a regression or its network decides nothing.
    pub fn decided(&self, epoch: usize) -> Result<Decided> {
        let network = self.plane.network(&self.run.frozen(epoch)?)?;
        let decided = Decided::new(&network, self.window)?;
        match self.plane.data().class_count() {
            Some(classes) if classes == decided.classes => Ok(decided),
            _ => Err(Error::invalid(
                "topology",
                "the run's data have no classes, or not as many as the network decides between",
                "draw `regions` or `prediction` instead",
            )),
        }
    }

    /// The data on the plane, whose window this is.
    pub(super) fn plane(&self) -> &InputPlane {
        &self.plane
    }

    /// The files with the numbers behind `regions`, by name: the table of every captured epoch, and where it is asked for
    /// the complex of one.
    ///
    /// # Errors
    /// As [`complex`](Self::complex).
    pub fn files(&self, epoch: usize, json: bool) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let table = self.table(&self.run.epochs()?)?;
        let mut files = vec![("regions.csv", regions_csv(&table)?)];
        if json {
            files.push(("regions.json", json_of(&self.data(epoch)?)?));
        }
        Ok(files)
    }

    /// The same behind `topology`.
    ///
    /// # Errors
    /// As [`decided`](Self::decided).
    pub fn topology_files(&self, epoch: usize, json: bool) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let epochs = self.run.epochs()?;
        let rows = epochs
            .par_iter()
            .map(|&epoch| Ok((epoch, topology(&self.decided(epoch)?))));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut files = vec![(
            "topology.csv",
            super::topology::csv(self.plane.data(), &rows)?,
        )];
        if json {
            files.push(("topology.json", json_of(&topology(&self.decided(epoch)?))?));
        }
        Ok(files)
    }

    /// Vertices, edges and cells with their maps after an epoch.
    ///
    /// # Errors
    /// As [`complex`](Self::complex).
    pub fn data(&self, epoch: usize) -> Result<ComplexData> {
        Ok(self.complex(epoch)?.1.data())
    }
}

/// The table as CSV.
///
/// # Errors
/// If a line cannot be written.
pub fn regions_csv(rows: &[RegionsRow]) -> Result<Vec<u8>> {
    let header = [
        "epoch",
        "cells",
        "edges",
        "vertices",
        "smallest_area",
        "median_area",
        "largest_area",
        "mean_degree",
        "most_cells",
    ];
    let rows = rows.iter().map(|row| {
        let s = row.summary;
        let counts = [row.epoch, s.cells, s.edges, s.vertices].map(|count| count.to_string());
        let numbers = [
            s.smallest_area,
            s.median_area,
            s.largest_area,
            s.mean_degree,
            row.most_cells,
        ];
        counts
            .into_iter()
            .chain(numbers.map(|number| format!("{number:?}")))
            .collect()
    });
    csv_of(&header, rows)
}

/// A table as CSV.
pub(super) fn csv_of(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let refuse =
        |error: &dyn std::fmt::Display| Error::invalid("table", error.to_string(), "report this");
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer
        .write_record(header)
        .map_err(|error| refuse(&error))?;
    for row in rows {
        writer.write_record(row).map_err(|error| refuse(&error))?;
    }
    writer.into_inner().map_err(|error| refuse(&error))
}

fn json_of(value: &impl Serialize) -> Result<Vec<u8>> {
    serde_json::to_vec(value)
        .map_err(|error| Error::invalid("JSON", error.to_string(), "report this"))
}
