//! The separating line, seen in every layer: straight in the last, and bent further with every layer that it is pulled back
//! through.

use faer::{Mat, MatRef};
use serde::Serialize;

use super::boundary::SEPARATOR;
use super::decision::{Decision, drawn};
use super::scatter::{axis_label, by_class, plane};
use super::{InputPlane, Readout, plane_points};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::border_paths::border_paths;
use crate::geometry::complex::{Decided, piecewise_linear};
use crate::geometry::{Bounds, View, certified_pull_back, class_borders, pull_back};
use crate::linalg::Pca;
use crate::model::{Frozen, Layer};
use crate::plot::text::literal;
use crate::plot::{Colour, Dash, Figure, Panel, Point, Stroke};

/// Cells along each side of the lattice that smooth curves are traced on: fine, since their images are drawn too.
const CELLS: usize = 192;
/// The same for tables over many epochs.
const TABLE_CELLS: usize = 96;
/// The level that a certificate's quadtree is refined to along the curve at least.
const COARSEST: u32 = 7;
/// Panels per row at most.
const LAYERS_PER_ROW: usize = 3;

/// The curves on which a network is undecided, in its input plane.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PullBack {
    /// How they were found: `cells` (exactly, as edges of the complex), `lattice` or `certificate`.
    pub by: &'static str,
    /// Cells along each side of the lattice, where there is one.
    pub lattice: Option<usize>,
    /// The curves; a closed one repeats its first point.
    pub curves: Vec<Vec<Point>>,
    /// How many are closed.
    pub closed: usize,
    /// Of a certificate, the share of the window in which nothing was decided; absent without one.
    pub undecided: Option<f64>,
}

impl PullBack {
    /// Of `network` on the plane, within `window`. Exact where it is piecewise linear; else traced on a lattice, or, to
    /// `certify`, on a quadtree that proves the topology.
    ///
    /// # Errors
    /// If the network's last layer is not a classifier; with `certify`, if it decides between more than two classes.
    pub fn new(network: &Frozen, window: Bounds, certify: bool) -> Result<Self> {
        Self::on(network, window, certify, CELLS)
    }

    /// The same for a line of a table: a smooth network's curves on a coarser lattice.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub(super) fn for_table(network: &Frozen, window: Bounds, certify: bool) -> Result<Self> {
        Self::on(network, window, certify, TABLE_CELLS)
    }

    fn on(network: &Frozen, window: Bounds, certify: bool, cells: usize) -> Result<Self> {
        let decision = Decision::of(network)?;
        let (head, _) = network.split_at(network.layers.len().saturating_sub(1));
        if piecewise_linear(&head).layers.len() == head.layers.len() {
            let paths = border_paths(&Decided::new(network, window)?);
            let curves: Vec<_> = paths.into_iter().map(|path| path.line).collect();
            return Ok(Self::of("cells", curves, None));
        }
        if !certify {
            let curves = match &decision {
                Decision::Two(readout) => {
                    pull_back(&head, &readout.normal, readout.offset, window, [cells; 2])?
                }
                Decision::Several(last) => class_borders(
                    |points| last.forward(head.forward(points).as_ref()),
                    window,
                    [cells; 2],
                )?,
            };
            return Ok(Self {
                lattice: Some(cells),
                ..Self::of("lattice", curves, None)
            });
        }
        let Decision::Two(readout) = decision else {
            return Err(Error::invalid(
                "--certify",
                "the network parts more than two classes, and the proof is written for one curve",
                "draw `pullback` without it",
            ));
        };
        let found = certified_pull_back(&head, &readout.normal, readout.offset, window, COARSEST)?;
        Ok(Self::of(
            "certificate",
            found.curves,
            Some(found.undecided_share),
        ))
    }

    fn of(
        by: &'static str,
        curves: Vec<crate::geometry::Polyline>,
        undecided: Option<f64>,
    ) -> Self {
        Self {
            by,
            lattice: None,
            closed: curves.iter().filter(|curve| curve.closed).count(),
            curves: curves.into_iter().map(drawn).collect(),
            undecided,
        }
    }

    fn words(&self) -> String {
        let n = self.curves.len();
        let curves = match (n, self.closed) {
            (0, _) => "no curve in this window".to_owned(),
            (1, 0) => "one curve".to_owned(),
            (1, 1) => "one closed curve".to_owned(),
            (n, 0) => format!("{n} curves"),
            (n, closed) => format!("{n} curves, {closed} of them closed"),
        };
        match (self.by, self.undecided) {
            ("cells", _) => format!("{curves}, exact: creases of one unit more behind the network"),
            (_, Some(share)) if share > 0.0 => {
                format!("{curves}, certified but for {:.2e} of the window", share)
            }
            (_, Some(_)) => {
                format!("{curves}, and certainly no other: proved in interval arithmetic")
            }
            _ => format!(
                "{curves}, traced on {CELLS} × {CELLS} cells: what is smaller can be missed (--certify proves)"
            ),
        }
    }
}

/// What a layer's view shows.
struct Shown {
    panel: Panel,
    explained: f64,
}

/// The panels: the input, and every hidden layer of two units or more, with data and curves. `network` takes the plane that
/// `dataset` lies in.
///
/// # Errors
/// If a number is not finite.
pub fn pullback_panels(
    network: &Frozen,
    dataset: &Dataset,
    window: Bounds,
    found: &PullBack,
) -> Result<Vec<Panel>> {
    let label = |axis: usize| dataset.feature_names.get(axis).map(|name| axis_label(name));
    let [x, y] = [0, 1].map(|axis| label(axis).unwrap_or_default());
    let decision = Decision::of(network)?;
    let hidden = network.layers.len().saturating_sub(1);
    let (head, _) = network.split_at(hidden);
    let mut input = plane(window, &x, &y)
        .mark(decision.regions(window, 0.7, |points| head.forward(points)))
        .title("Input");
    input = by_class(
        super::input_plane::roomy(input, window),
        &plane_points(dataset.features.as_ref()),
        dataset,
    );
    for curve in &found.curves {
        input = input.line(curve.clone(), SEPARATOR);
    }
    let mut panels = vec![input];
    let mut data = dataset.features.clone();
    let points: Vec<Point> = found.curves.iter().flatten().copied().collect();
    let mut curve = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
    for (k, layer) in network.layers[..hidden].iter().enumerate() {
        data = layer.forward(data.as_ref());
        curve = layer.forward(curve.as_ref());
        if layer.units() < 2 {
            continue;
        }
        let last = (k + 1 == hidden).then_some(&decision);
        let shown = view(layer, dataset, data.as_ref(), curve.as_ref(), found, last)?;
        let title = match shown.explained {
            share if share < 0.999_5 => {
                format!(
                    "{}: {:.0} % of the variance",
                    literal(&layer.name),
                    100.0 * share
                )
            }
            _ => literal(&layer.name),
        };
        panels.push(shown.panel.title(title));
    }
    // One legend is enough.
    for panel in panels.iter_mut().skip(1) {
        panel.legend.clear();
    }
    Ok(panels)
}

/// A layer's output with the data and the curves: as it is for two units; for more, its principal plane, or for the last
/// layer the plane that contains the normal of the separating hyperplane, on which that is a straight line.
fn view(
    layer: &Layer,
    dataset: &Dataset,
    data: MatRef<'_, f64>,
    curve: MatRef<'_, f64>,
    found: &PullBack,
    last: Option<&Decision>,
) -> Result<Shown> {
    let (view, labels) = match last {
        Some(Decision::Two(readout)) if layer.units() > 2 => (
            along_normal(readout, data)?,
            ["along the normal", "across it"].map(str::to_owned),
        ),
        _ => {
            let axes = if layer.units() == 2 {
                ["unit 1", "unit 2"]
            } else {
                ["PC 1", "PC 2"]
            };
            (View::of(data)?, axes.map(str::to_owned))
        }
    };
    let seen = view.project(data);
    let line = plane_points(view.project(curve).as_ref());
    // The data set the window: the curve leaves it where the input's window ends.
    let bounds = Bounds::around(seen.as_ref(), 0.14)?;
    let mut panel = plane(bounds, &labels[0], &labels[1]);
    if let Some(decision) = last
        && layer.units() == 2
    {
        panel = panel.mark(decision.regions(bounds, 0.7, |points| points.to_owned()));
        if let Decision::Two(readout) = decision {
            // All of the line; what the input's window reaches of it is drawn over it.
            let reach = 4.0 * (bounds.x.1 - bounds.x.0 + bounds.y.1 - bounds.y.0);
            let thin = Stroke::new(Colour::TEXT.fade(0.7), 1.0).dash(Dash::Dashed);
            panel = panel.line(readout.line(reach).to_vec(), thin);
        }
    }
    panel = by_class(
        super::input_plane::roomy(panel, bounds),
        &plane_points(seen.as_ref()),
        dataset,
    );
    let mut from = 0;
    for piece in &found.curves {
        panel = panel.line(line[from..from + piece.len()].to_vec(), SEPARATOR);
        from += piece.len();
    }
    Ok(Shown {
        panel,
        explained: view.explained,
    })
}

/// The plane spanned by the normal of the separating hyperplane and the direction at a right angle to it along which the
/// data spread most.
fn along_normal(readout: &Readout, data: MatRef<'_, f64>) -> Result<View> {
    let k = data.ncols();
    let length = readout.normal.iter().map(|w| w * w).sum::<f64>().sqrt();
    let (pca, full) = (Pca::fit(data, 2)?, View::of(data)?);
    if length == 0.0 || !length.is_finite() {
        return Ok(full);
    }
    let normal: Vec<f64> = readout.normal.iter().map(|w| w / length).collect();
    let n = data.nrows();
    let rest = Mat::from_fn(n, k, |i, j| {
        let along: f64 = (0..k)
            .map(|m| (data[(i, m)] - pca.mean[m]) * normal[m])
            .sum();
        data[(i, j)] - pca.mean[j] - along * normal[j]
    });
    let across = Pca::fit(rest.as_ref(), 2)?;
    let variance = |axis: &dyn Fn(usize) -> f64| {
        (0..n)
            .map(|i| {
                let along: f64 = (0..k).map(|j| (data[(i, j)] - pca.mean[j]) * axis(j)).sum();
                along * along
            })
            .sum::<f64>()
    };
    let second = |j: usize| across.components[(0, j)];
    let total: f64 = (0..k).map(|m| variance(&|j| f64::from(j == m))).sum();
    let seen = variance(&|j| normal[j]) + variance(&second);
    Ok(View {
        explained: if total > 0.0 {
            (seen / total).min(1.0)
        } else {
            1.0
        },
        axes: Mat::from_fn(
            k,
            2,
            |j, axis| if axis == 0 { normal[j] } else { second(j) },
        ),
        mean: pca.mean,
    })
}

/// The picture of a network on a plane of its inputs; `source` begins the caption.
///
/// # Errors
/// As [`PullBack::new`] and [`pullback_panels`].
pub fn pullback_figure(
    network: &Frozen,
    plane: &InputPlane,
    certify: bool,
    source: &str,
) -> Result<Figure> {
    let window = plane.bounds()?;
    let on_plane = plane.network(network)?;
    parts_classes(&on_plane, plane.data())?;
    let found = PullBack::new(&on_plane, window, certify)?;
    let panels = pullback_panels(&on_plane, plane.data(), window, &found)?;
    let straight = match panels.len() {
        1 => "",
        _ => {
            " Behind the last hidden layer it is straight; every layer that it is pulled back through bends it."
        }
    };
    let caption = format!(
        "{source}. What separates, in every layer's view: {}.{straight} {}",
        found.words(),
        plane.note()
    );
    Ok(arranged(panels).caption(caption))
}

/// Refuses a regression, and a network that decides between other classes than the data have.
///
/// # Errors
/// If so.
pub(super) fn parts_classes(network: &Frozen, dataset: &Dataset) -> Result<()> {
    let Some(classes) = dataset.class_count() else {
        return Err(Error::invalid(
            "pullback",
            "a regression has no classes to part",
            "draw `prediction`, `residuals` or `folds` instead",
        ));
    };
    match Decision::of(network)?.classes() {
        Some(parted) if parted != classes => Err(Error::invalid(
            "pullback",
            format!("the network parts {parted} classes, the data have {classes}"),
            "give data of the classes that the network was trained on",
        )),
        _ => Ok(()),
    }
}

/// Panels in rows of three at most.
pub(super) fn arranged(panels: Vec<Panel>) -> Figure {
    let columns = match panels.len() {
        4 => 2,
        n => n.clamp(1, LAYERS_PER_ROW),
    };
    let rows = panels.len().div_ceil(columns) as u32;
    Figure::new("The separating line, pulled back")
        .size(40 + 400 * columns as u32, 130 + 390 * rows)
        .panels(columns, panels)
}

/// A line per epoch.
pub(super) fn csv(rows: &[(usize, PullBack)]) -> Result<Vec<u8>> {
    let header = [
        "epoch",
        "by",
        "lattice",
        "curves",
        "closed",
        "length",
        "undecided",
    ];
    let lines = rows.iter().map(|(epoch, found)| {
        let length: f64 = found
            .curves
            .iter()
            .flat_map(|curve| curve.windows(2))
            .map(|pair| libm::hypot(pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]))
            .fold(0.0, |sum, piece| sum + piece);
        vec![
            epoch.to_string(),
            found.by.to_owned(),
            found.lattice.map_or_else(String::new, |n| n.to_string()),
            found.curves.len().to_string(),
            found.closed.to_string(),
            format!("{length:?}"),
            found
                .undecided
                .map_or_else(String::new, |share| format!("{share:?}")),
        ]
    });
    super::written::csv_of(&header, lines)
}
