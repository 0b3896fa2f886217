//! How a network folds the plane: the input tinted by what happens to it, and beside it how often each place of the image
//! is covered.

mod sheet;

use faer::Mat;
use serde::Serialize;
use sheet::{Sheet, tint};

use super::scatter::{axis_label, by_class, plane};
use super::{InputPlane, plane_points};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::complex::{Turn, piecewise_linear};
use crate::geometry::folds::{planes, sampled_length_factors, sheets};
use crate::geometry::{Bounds, Complex, length_factors};
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Colormap, Colour, Field, Figure, Mark, Panel, Point, Shape, Sign, Stroke};

/// Cells along each side of the lattice of values whose preimages are counted.
const VALUES: usize = 220;
/// Cells along each side of the lattice on which a smooth network's folds are traced; odd, so that axes of symmetry fall
/// between its corners.
const SMOOTH_CELLS: usize = 127;
/// The same for tables over many epochs.
const TABLE_CELLS: usize = 63;
/// The line along which the plane is folded.
const CREASE: Stroke = Stroke::new(Colour::accent(3), 2.0);

/// The numbers behind the picture.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FoldNumbers {
    /// The layer whose plane the input is mapped to.
    pub layer: String,
    /// Whether they are exact, from the cells of a piecewise linear network, or taken at the points of a lattice.
    pub exact: bool,
    /// The share of the window that keeps its orientation.
    pub kept: f64,
    /// The share that is turned over.
    pub over: f64,
    /// The share that is crushed to a line.
    pub line: f64,
    /// The share that is crushed to a point.
    pub point: f64,
    /// The share of the lattice at which a smooth network's sign is lost to rounding.
    pub undecided: f64,
    /// The largest number of points of the window with one image, found among the centres of a lattice of values.
    pub most_preimages: u32,
    /// For 0, 1, 2, ..., how many of these values have that many preimages.
    pub values: Vec<usize>,
    /// ∫ det J over the window: the area that the rim's image encloses.
    pub signed_area: f64,
}

/// A line of `folds.csv`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerFolds {
    /// The layer.
    pub layer: String,
    /// By how much short segments of the window are lengthened on the way to it, on average over places and directions.
    pub length_factor: f64,
    /// Where it is a plane, what is folded there.
    pub folds: Option<FoldNumbers>,
}

/// The picture of one layer's folds: two panels, words, and numbers.
#[derive(Debug, Clone)]
pub struct FoldPicture {
    /// The input plane, and the layer's.
    pub panels: [Panel; 2],
    /// What a caption says about them.
    pub words: String,
    /// What they are drawn from.
    pub numbers: FoldNumbers,
}

impl FoldPicture {
    /// Of the first `layers` layers of `network`, which takes the plane that `dataset` lies in; they must end in two units.
    ///
    /// # Errors
    /// If they do not, or a layer of theirs is a softmax.
    pub fn new(network: &Frozen, dataset: &Dataset, window: Bounds, layers: usize) -> Result<Self> {
        Self::on(network, dataset, window, layers, SMOOTH_CELLS)
    }

    fn on(
        network: &Frozen,
        dataset: &Dataset,
        window: Bounds,
        layers: usize,
        cells: usize,
    ) -> Result<Self> {
        let sheet = Sheet::new(network, window, layers, cells)?;
        let (head, _) = network.split_at(layers.min(network.layers.len()));
        let label = |axis: usize| dataset.feature_names.get(axis).map(|name| axis_label(name));
        let [x, y] = [0, 1].map(|axis| label(axis).unwrap_or_default());
        let mut input = plane(window, &x, &y);
        input.marks.extend(sheet.input);
        for (turn, share) in sheet.numbers.shares() {
            if share > 0.0 {
                input = input.key(words(turn), Sign::Point(tint(turn), Shape::Square));
            }
        }
        for crease in &sheet.creases {
            input = input.line(crease.clone(), CREASE);
        }
        if !sheet.creases.is_empty() {
            input = input.key("fold", Sign::Line(CREASE));
        }
        let input = by_class(input, &plane_points(dataset.features.as_ref()), dataset);
        let landed = head.forward(dataset.features.as_ref());
        let forward = |points: &[Point]| {
            let points = Mat::from_fn(points.len(), 2, |i, j| points[i][j]);
            plane_points(head.forward(points.as_ref()).as_ref())
        };
        let corners = Mat::from_fn(sheet.landed.len(), 2, |i, j| sheet.landed[i][j]);
        let bounds = Bounds::around(corners.as_ref(), 0.06)?;
        let counts = sheets(sheet.images.iter().cloned(), bounds, VALUES);
        let most = counts.iter().copied().max().unwrap_or(0);
        let mut values = vec![0; most as usize + 1];
        counts.iter().for_each(|&count| values[count as usize] += 1);
        let name = literal(&sheet.numbers.layer);
        let mut image = plane(
            bounds,
            &format!("{name}, unit 1"),
            &format!("{name}, unit 2"),
        )
        .mark(Mark::Field {
            field: Field {
                columns: VALUES,
                rows: VALUES,
                values: counts.iter().map(|&count| shade(count, most)).collect(),
                range: [0.0, 1.0],
                colormap: Colormap::Grey,
                smooth: false,
            },
            low: [bounds.x.0, bounds.y.0],
            high: [bounds.x.1, bounds.y.1],
        })
        .line(sheet.rim, Stroke::new(Colour::MUTED, 1.0));
        for crease in &sheet.creases {
            image = image.line(forward(crease), CREASE);
        }
        for count in 1..=most.min(5) {
            let colour = Colour::TEXT.fade(shade(count, most));
            let sheets = if count == 5 && most > 5 {
                format!("5 to {most}")
            } else {
                count.to_string()
            };
            image = image.key(sheets, Sign::Point(colour, Shape::Square));
        }
        let image = by_class(
            super::input_plane::roomy(image, bounds),
            &plane_points(landed.as_ref()),
            dataset,
        );
        let numbers = FoldNumbers {
            most_preimages: most,
            values,
            ..sheet.numbers
        };
        Ok(Self {
            panels: [
                super::input_plane::roomy(input, window).title("Input"),
                image.title(format!("{name}: how many points land here")),
            ],
            words: numbers.words(),
            numbers,
        })
    }
}

/// How dark a place is that is covered `count` times.
fn shade(count: u32, most: u32) -> f64 {
    match count {
        0 => 0.0,
        _ => 0.12 + 0.5 * f64::from(count - 1) / f64::from(most.saturating_sub(1).clamp(2, 6)),
    }
    .min(0.7)
}

fn words(turn: Turn) -> &'static str {
    match turn {
        Turn::Kept => "kept",
        Turn::Over => "turned over",
        Turn::Line => "crushed to a line",
        Turn::Point => "to a point",
    }
}

impl FoldNumbers {
    fn shares(&self) -> [(Turn, f64); 4] {
        let shares = [self.kept, self.over, self.line, self.point];
        std::array::from_fn(|k| (Turn::ALL[k], shares[k]))
    }

    fn words(&self) -> String {
        let percent = |share: f64| format!("{:.1} %", 100.0 * share);
        let mut parts = Vec::new();
        for (turn, share) in self.shares() {
            if share > 0.0 {
                parts.push(format!("{} {}", percent(share), words(turn)));
            }
        }
        let origin = if self.exact {
            "by the signs of the cells' determinants, decided exactly".to_owned()
        } else {
            let lost = if self.undecided > 0.0 {
                format!(", of which {} are undecided", percent(self.undecided))
            } else {
                String::new()
            };
            format!("by the Jacobian at the corners of {SMOOTH_CELLS} × {SMOOTH_CELLS} cells{lost}")
        };
        let most = match self.most_preimages {
            0 | 1 => "No value seen has more than one preimage".to_owned(),
            n => format!("A value has up to {n} preimages"),
        };
        format!(
            "Of the window, {} ({origin}). {most}, among {VALUES} × {VALUES} values.",
            parts.join(", ")
        )
    }
}

/// How many layers there are up to the selected one, with it: by name, or by its number from 0 as in `layers.0`; the last that is
/// a plane where none is named.
///
/// # Errors
/// If there is no such layer, or none is a plane.
pub fn layers_to(network: &Frozen, layer: Option<&str>) -> Result<usize> {
    let names = || network.layers.iter().map(|layer| layer.name.as_str());
    let Some(wanted) = layer else {
        return planes(network).pop().ok_or_else(|| {
            Error::invalid(
                "folds",
                "no layer has 2 units, so the plane is mapped to no plane",
                "give the network a layer of 2 units, or draw `regions --tint slope`",
            )
        });
    };
    let position = network.position(wanted).or_else(|| {
        let number = wanted.parse::<usize>().ok()?;
        (number < network.layers.len()).then_some(number)
    });
    position.map(|k| k + 1).ok_or_else(|| {
        let remedy = match crate::suggest::nearest(wanted, names()) {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => format!("choose among {}", names().collect::<Vec<_>>().join(", ")),
        };
        Error::invalid(
            "--layer",
            format!("the network has no layer {wanted}"),
            remedy,
        )
    })
}

/// The picture of a network on a plane of its inputs; `source` begins the caption.
///
/// # Errors
/// As [`FoldPicture::new`] and [`layers_to`].
pub fn folds_figure(
    network: &Frozen,
    plane: &InputPlane,
    layer: Option<&str>,
    source: &str,
) -> Result<Figure> {
    let window = plane.bounds()?;
    let on_plane = plane.network(network)?;
    let layers = layers_to(&on_plane, layer)?;
    let picture = FoldPicture::new(&on_plane, plane.data(), window, layers)?;
    let factors = factors(&on_plane, window)?;
    let lengths: Vec<String> = on_plane
        .layers
        .iter()
        .zip(&factors)
        .map(|(layer, factor)| format!("{} {factor:.3}", literal(&layer.name)))
        .collect();
    let caption = format!(
        "{source}. {} Mean factor by which lengths grow from the input: {}. {}",
        picture.words,
        lengths.join(", "),
        plane.note()
    );
    Ok(Figure::new("Folds")
        .caption(caption)
        .size(1080, 640)
        .panels(2, picture.panels))
}

/// By how much lengths grow to every layer.
fn factors(network: &Frozen, window: Bounds) -> Result<Vec<f64>> {
    if piecewise_linear(network).layers.len() == network.layers.len() {
        return Ok(length_factors(network, &Complex::new(network, window)?));
    }
    let n = 32;
    let place = |(from, to): (f64, f64), k: usize| from + (to - from) * (k as f64 + 0.5) / n as f64;
    let points = Mat::from_fn(n * n, 2, |k, axis| match axis {
        0 => place(window.x, k % n),
        _ => place(window.y, k / n),
    });
    sampled_length_factors(network, points.as_ref())
}

/// The numbers of every layer of a network on the plane.
///
/// # Errors
/// If the network does not take the plane.
pub fn fold_table(network: &Frozen, dataset: &Dataset, window: Bounds) -> Result<Vec<LayerFolds>> {
    let factors = factors(network, window)?;
    let layers = network.layers.iter().zip(factors).enumerate();
    let rows = layers.map(|(k, (layer, length_factor))| {
        // A softmax over two units crushes the plane to a line: there is nothing to show.
        let folds = (layer.units() == 2)
            .then(|| FoldPicture::on(network, dataset, window, k + 1, TABLE_CELLS).ok())
            .flatten();
        LayerFolds {
            layer: layer.name.clone(),
            length_factor,
            folds: folds.map(|picture| picture.numbers),
        }
    });
    Ok(rows.collect())
}

/// A line per epoch and layer.
pub(super) fn csv(rows: &[(usize, Vec<LayerFolds>)]) -> Result<Vec<u8>> {
    let header = [
        "epoch",
        "layer",
        "length_factor",
        "kept",
        "turned_over",
        "line",
        "point",
        "undecided",
        "most_preimages",
        "signed_area",
    ];
    let lines = rows.iter().flat_map(|(epoch, layers)| {
        layers.iter().map(move |layer| {
            let mut line = vec![
                epoch.to_string(),
                layer.layer.clone(),
                format!("{:?}", layer.length_factor),
            ];
            match &layer.folds {
                Some(folds) => {
                    for share in [
                        folds.kept,
                        folds.over,
                        folds.line,
                        folds.point,
                        folds.undecided,
                    ] {
                        line.push(format!("{share:?}"));
                    }
                    line.push(folds.most_preimages.to_string());
                    line.push(format!("{:?}", folds.signed_area));
                }
                None => line.extend(std::iter::repeat_n(String::new(), 7)),
            }
            line
        })
    });
    super::written::csv_of(&header, lines)
}
