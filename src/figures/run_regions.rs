//! The cells of a run: the picture of an epoch, the table of all.

use rayon::prelude::*;
use serde::Serialize;

use super::scatter::axis_label;
use super::topology_table::{self, Counted};
use super::written::{csv_of, json_of};
use super::{InputAxes, InputPlane, Readout, Tint, regions, regions_figure};
use crate::error::{Error, Result};
use crate::geometry::complex::{
    Complex, ComplexData, ComplexSummary, Decided, most_cells, piecewise_linear,
};
use crate::geometry::{Bounds, CertifiedCurve, certified_pull_back, topology};
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
    window: Bounds,
    tint: Tint,
    source: &str,
) -> Result<Figure> {
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
    pub summary: ComplexSummary,
    /// The most cells that a network of these widths can have in the whole plane (Serra et al., 2018).
    pub most_cells: f64,
}

impl RunRegions {
    /// Chooses the plane and the window: for two features around the data with a margin, for more the plane that `axes` choose.
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

    /// The network after an epoch, as it acts on the plane.
    ///
    /// # Errors
    /// If the epoch was not captured.
    pub fn network(&self, epoch: usize) -> Result<Frozen> {
        self.plane.network(&self.run.frozen(epoch)?)
    }

    /// A caption's note on the plane; empty where it is all of input space.
    pub fn note(&self) -> &str {
        self.plane.note()
    }

    /// The window of the plane that figures look through.
    pub fn window(&self) -> Bounds {
        self.window
    }

    /// The picture after an epoch.
    ///
    /// # Errors
    /// As [`complex`](Self::complex) and [`regions`].
    pub fn figure(&self, epoch: usize, tint: Tint) -> Result<Figure> {
        let source = format!("After epoch {epoch}");
        cells_of(
            &self.run.frozen(epoch)?,
            &self.plane,
            self.window,
            tint,
            &source,
        )
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
    /// As [`complex`](Self::complex), and if the run is a regression or its network is not a classifier.
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

    /// The certified border of a smooth network after an epoch; none of a network with cells, or of more than two classes.
    ///
    /// # Errors
    /// If the epoch was not captured, or the border takes too many squares.
    pub fn certified(&self, epoch: usize) -> Result<Option<CertifiedCurve>> {
        let network = self.plane.network(&self.run.frozen(epoch)?)?;
        let (head, _) = network.split_at(network.layers.len().saturating_sub(1));
        if piecewise_linear(&head).layers.len() == head.layers.len()
            || self.plane.data().class_count() != Some(2)
        {
            return Ok(None);
        }
        let Ok(readout) = Readout::of(&network) else {
            return Ok(None);
        };
        let (normal, offset) = (&readout.normal, readout.offset);
        certified_pull_back(&head, normal, offset, self.window, 7).map(Some)
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
        let count = |epoch: usize| match self.certified(epoch)? {
            Some(certified) => Ok(Counted::of_certificate(&certified)),
            None => Ok(Counted::of_cells(&topology(&self.decided(epoch)?))),
        };
        let rows = epochs.par_iter().map(|&epoch| Ok((epoch, count(epoch)?)));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut files = vec![(
            "topology.csv",
            topology_table::csv(self.plane.data(), &rows)?,
        )];
        if json {
            let bytes = match self.certified(epoch)? {
                Some(certified) => json_of(&Counted::of_certificate(&certified))?,
                None => json_of(&topology(&self.decided(epoch)?))?,
            };
            files.push(("topology.json", bytes));
        }
        Ok(files)
    }

    /// The picture of how the network folds the plane after an epoch, up to a layer: the last of two units where none is
    /// named.
    ///
    /// # Errors
    /// As [`folds_figure`](super::folds_figure).
    pub fn folds(&self, epoch: usize, layer: Option<&str>) -> Result<Figure> {
        let source = format!("After epoch {epoch}");
        super::folds_figure(&self.run.frozen(epoch)?, &self.plane, layer, &source)
    }

    /// A picture of the animation of folds over epochs.
    ///
    /// # Errors
    /// As [`folds`](Self::folds).
    pub fn folds_frame(&self, epoch: usize, layer: Option<&str>) -> Result<Figure> {
        let network = self.plane.network(&self.run.frozen(epoch)?)?;
        let layers = super::layers_to(&network, layer)?;
        let picture = super::FoldPicture::new(&network, self.plane.data(), self.window, layers)?;
        let [input, image] = picture.panels;
        let numbers = picture.numbers;
        let note = format!(
            "epoch {epoch} · {:.1} % turned over, {:.1} % crushed",
            100.0 * numbers.over,
            100.0 * (numbers.line + numbers.point)
        );
        Ok(Figure::new("")
            .size(1000, 540)
            .panels(2, [input.note(note), image]))
    }

    /// The files with the numbers behind `folds`.
    ///
    /// # Errors
    /// As [`fold_table`](super::fold_table).
    pub fn folds_files(&self, epoch: usize, json: bool) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let of = |epoch: usize| {
            let network = self.plane.network(&self.run.frozen(epoch)?)?;
            super::fold_table(&network, self.plane.data(), self.window)
        };
        let epochs = self.run.epochs()?;
        let rows = epochs.par_iter().map(|&epoch| Ok((epoch, of(epoch)?)));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut files = vec![("folds.csv", super::folds::csv(&rows)?)];
        if json {
            files.push(("folds.json", json_of(&of(epoch)?)?));
        }
        Ok(files)
    }

    /// The separating line, pulled back through every layer, after an epoch; with a proof of its topology where the network is
    /// smooth and `certify` asks for one.
    ///
    /// # Errors
    /// As [`pullback_figure`](super::pullback_figure).
    pub fn pullback(&self, epoch: usize, certify: bool) -> Result<Figure> {
        let source = format!("After epoch {epoch}");
        super::pullback_figure(&self.run.frozen(epoch)?, &self.plane, certify, &source)
    }

    /// A picture of its animation over epochs.
    ///
    /// # Errors
    /// As [`pullback`](Self::pullback).
    pub fn pullback_frame(&self, epoch: usize) -> Result<Figure> {
        let network = self.plane.network(&self.run.frozen(epoch)?)?;
        super::pullback::parts_classes(&network, self.plane.data())?;
        let found = super::PullBack::new(&network, self.window, false)?;
        let mut panels = super::pullback_panels(&network, self.plane.data(), self.window, &found)?;
        panels[0].note = format!("epoch {epoch}");
        let mut figure = super::pullback::arranged(panels);
        figure.title.clear();
        Ok(figure)
    }

    /// The files with the numbers behind `pullback`.
    ///
    /// # Errors
    /// As [`PullBack::new`](super::PullBack::new).
    pub fn pullback_files(
        &self,
        epoch: usize,
        certify: bool,
        json: bool,
    ) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let network = |epoch: usize| self.plane.network(&self.run.frozen(epoch)?);
        let of = |epoch: usize| super::PullBack::for_table(&network(epoch)?, self.window, certify);
        let epochs = self.run.epochs()?;
        let rows = epochs.par_iter().map(|&epoch| Ok((epoch, of(epoch)?)));
        let rows = rows.collect::<Result<Vec<_>>>()?;
        let mut files = vec![("pullback.csv", super::pullback::csv(&rows)?)];
        if json {
            files.push((
                "pullback.json",
                json_of(&super::PullBack::new(
                    &network(epoch)?,
                    self.window,
                    certify,
                )?)?,
            ));
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
