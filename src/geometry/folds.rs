//! How a piecewise linear network folds the plane: which parts it turns over, which it crushes, and how many points of the
//! input have the same image.
//!
//! On a cell the network is x to A x + b. The sign of det A says whether the cell lands face up or face down, the rank
//! whether it is crushed; both are decided exactly ([`Complex::turns`]). A crease between a cell that is kept and one that
//! is turned over is a fold. The image of a cell is a polygon, and a value has one preimage per polygon that it lies in.
//! The signs of these add up to the degree: how often the image of the window's rim winds around the value.

use faer::{Mat, MatRef};
use serde::Serialize;

use super::complex::{Complex, Turn};
use super::exact::orientation;
use super::slope::slope;
use super::stretch::mean_stretch;
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};
use std::cmp::Ordering;

/// What the first layers of a network, which end in a plane, do to each cell.
#[derive(Debug, Clone)]
pub struct Folds {
    layers: usize,
    /// For each cell, what happens to it.
    pub turns: Vec<Turn>,
    /// For each cell, det A: by how much areas grow, negative where it is turned over.
    pub determinants: Vec<f64>,
    /// For each vertex of the complex, where it lands.
    pub image: Vec<[f64; 2]>,
    corners: Vec<Vec<usize>>,
    /// The creases between cells of which one is kept and one turned over.
    pub creases: Vec<[usize; 2]>,
}

/// How much of a window is turned over or crushed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TurnShare {
    /// What happens.
    pub turn: Turn,
    /// To how many cells.
    pub cells: usize,
    /// Their area, in the square of the window's units.
    pub area: f64,
    /// The area of their images, overlaps counted as often as they are covered.
    pub image_area: f64,
}

/// The points with a given image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Preimages {
    /// How many there are.
    pub count: usize,
    /// Those in cells that are kept, minus those in cells that are turned over.
    pub degree: i64,
}

impl Folds {
    /// Of the first `layers` layers of `network`, whose complex this is; they must end in two units.
    ///
    /// ```
    /// # use faer::mat;
    /// # use foldspace::model::{Activation, Frozen, Layer};
    /// use foldspace::geometry::Turn;
    /// use foldspace::geometry::{Bounds, Complex, Folds};
    ///
    /// // (|x|, y): the left half lands on the right one.
    /// let layer = |weight, units: usize, activation| Layer { name: "fold".into(), weight, bias: vec![0.0; units], activation };
    /// let network = Frozen {
    ///     layers: vec![
    ///         layer(mat![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]], 4, Activation::Relu),
    ///         layer(mat![[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]], 2, Activation::Identity),
    ///     ],
    /// };
    /// let complex = Complex::new(&network, Bounds::new((-1.0, 1.0), (-1.0, 1.0))?)?;
    /// let folds = Folds::new(&network, &complex, 2)?;
    /// assert_eq!(folds.shares(&complex).map(|share| share.area), [2.0, 2.0, 0.0, 0.0]);
    /// assert_eq!(folds.preimages([0.5, 0.25]).count, 2);
    /// assert_eq!(folds.degree_of_rim(&complex, [0.5, 0.25]), 0);
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there are not that many layers, or they do not end in two units.
    pub fn new(network: &Frozen, complex: &Complex, layers: usize) -> Result<Self> {
        let last = layers.checked_sub(1).and_then(|k| network.layers.get(k));
        if last.is_none_or(|last| last.units() != 2) {
            return Err(not_a_plane(network, layers));
        }
        let faces = 0..complex.faces();
        let mut image = vec![[f64::NAN; 2]; complex.vertices().len()];
        let mut corners = Vec::with_capacity(complex.faces());
        let mut determinants = Vec::with_capacity(complex.faces());
        for face in faces {
            let map = complex.map_to(face, layers);
            determinants.push(map.determinant().unwrap_or(0.0));
            let own = complex.corners(face);
            for &vertex in &own {
                if image[vertex][0].is_nan() {
                    let at = map.at(complex.vertices()[vertex]);
                    image[vertex] = [at[0], at[1]];
                }
            }
            corners.push(own);
        }
        let turns = complex.turns(layers);
        for (determinant, turn) in determinants.iter_mut().zip(&turns) {
            // Rounding has no say in the sign.
            if turn.sign() == 0 || (*determinant > 0.0) != (turn.sign() > 0) {
                *determinant = 0.0;
            }
        }
        let creases = (0..complex.edges()).map(|edge| complex.edge(edge));
        let creases = creases.filter(|edge| match edge.sides {
            [Some(a), Some(b)] => turns[a].sign() * turns[b].sign() < 0,
            _ => false,
        });
        Ok(Self {
            layers,
            creases: creases.map(|edge| edge.ends).collect(),
            turns,
            determinants,
            image,
            corners,
        })
    }

    /// How many layers lead to the plane that it is folded onto.
    pub fn layers(&self) -> usize {
        self.layers
    }

    /// Counts and areas: kept, turned over, crushed to a line, crushed to a point.
    pub fn shares(&self, complex: &Complex) -> [TurnShare; 4] {
        Turn::ALL.map(|turn| {
            let faces = (0..self.turns.len()).filter(|&face| self.turns[face] == turn);
            faces.fold(
                TurnShare {
                    turn,
                    cells: 0,
                    area: 0.0,
                    image_area: 0.0,
                },
                |share, face| TurnShare {
                    cells: share.cells + 1,
                    area: share.area + complex.area(face),
                    image_area: share.image_area
                        + self.determinants[face].abs() * complex.area(face),
                    ..share
                },
            )
        })
    }

    /// The polygon on which a cell lands, in the order of its corners.
    ///
    /// # Panics
    /// If there is no such cell.
    pub fn polygon(&self, face: usize) -> Vec<[f64; 2]> {
        let corners = self.corners[face].iter();
        corners.map(|&vertex| self.image[vertex]).collect()
    }

    /// How many points of the window have this image, crushed cells left out. A value on the image of a crease counts
    /// towards one of its sides, as exact comparisons of the rounded images decide.
    pub fn preimages(&self, value: [f64; 2]) -> Preimages {
        let mut found = Preimages {
            count: 0,
            degree: 0,
        };
        for (face, turn) in self.turns.iter().enumerate() {
            if turn.sign() == 0 {
                continue;
            }
            let turns = winding(self.corners[face].iter().map(|&v| self.image[v]), value);
            found.count += usize::from(turns != 0);
            found.degree += turns;
        }
        found
    }

    /// How often the image of the window's rim winds around a value, anticlockwise: the degree, without looking inside.
    pub fn degree_of_rim(&self, complex: &Complex, value: [f64; 2]) -> i64 {
        let rim = rim(complex);
        winding(rim.iter().map(|&vertex| self.image[vertex]), value)
    }

    /// The area that the image of the window's rim encloses, by the shoelace formula: Σ det A times the cell's area.
    pub fn rim_area(&self, complex: &Complex) -> f64 {
        let rim = rim(complex);
        let origin = rim.first().map_or([0.0; 2], |&vertex| self.image[vertex]);
        let at = |k: usize| {
            let [x, y] = self.image[rim[k % rim.len()]];
            [x - origin[0], y - origin[1]]
        };
        let cross = |[a, b]: [f64; 2], [c, d]: [f64; 2]| a * d - b * c;
        (0..rim.len()).map(|k| cross(at(k), at(k + 1))).sum::<f64>() / 2.0
    }
}

/// The vertices along the rim, anticlockwise.
pub fn rim(complex: &Complex) -> Vec<usize> {
    let mut after = vec![usize::MAX; complex.vertices().len()];
    let mut start = 0;
    for edge in (0..complex.edges()).map(|edge| complex.edge(edge)) {
        let [a, b] = edge.ends;
        match edge.sides {
            [Some(_), None] => (after[a], start) = (b, a),
            [None, Some(_)] => (after[b], start) = (a, b),
            _ => {}
        }
    }
    let mut rim = vec![start];
    loop {
        let next = after[rim[rim.len() - 1]];
        if next == start || next == usize::MAX {
            return rim;
        }
        rim.push(next);
    }
}

/// How often a closed polygon winds around a point, anticlockwise: crossings of the ray to the right, exactly.
pub fn winding(polygon: impl Iterator<Item = [f64; 2]> + Clone, point: [f64; 2]) -> i64 {
    let after = polygon.clone().skip(1).chain(polygon.clone().take(1));
    let mut turns = 0;
    for (a, b) in polygon.zip(after) {
        let (from, to) = (a[1] <= point[1], b[1] <= point[1]);
        if from != to {
            let side = orientation(a, b, point);
            turns += match (from, side) {
                (true, Ordering::Greater) => 1,
                (false, Ordering::Less) => -1,
                _ => 0,
            };
        }
    }
    turns
}

/// By how much each layer lengthens short segments of the window: for every layer, the mean over the window and over all
/// directions u of ‖J u‖, J the Jacobian from the input to that layer.
///
/// Networks with He's initial weights shorten with depth: J. Hanin, R. Jeong and D. Rolnick, *Deep ReLU Networks Preserve
/// Expected Length* (2021).
pub fn length_factors(network: &Frozen, complex: &Complex) -> Vec<f64> {
    let whole: f64 = (0..complex.faces()).map(|face| complex.area(face)).sum();
    let of = |layers: usize| {
        let faces = 0..complex.faces();
        let sum: f64 = faces
            .map(|face| {
                complex.area(face) * mean_stretch(complex.map_to(face, layers).matrix.as_ref())
            })
            .sum();
        sum / whole
    };
    (1..=network.layers.len()).map(of).collect()
}

/// How many of the polygons, the images of an oriented net's faces, lie over each cell's centre in a lattice of `cells` x
/// `cells`, row by row from below.
pub fn sheets(
    polygons: impl Iterator<Item = Vec<[f64; 2]>>,
    window: super::Bounds,
    cells: usize,
) -> Vec<u32> {
    let mut counts = vec![0; cells * cells];
    let step = |(from, to): (f64, f64)| (to - from) / cells as f64;
    let (dx, dy) = (step(window.x), step(window.y));
    for polygon in polygons {
        let range = |axis: usize, from: f64, step: f64| {
            let ends = polygon
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), p| {
                    (low.min(p[axis]), high.max(p[axis]))
                });
            let place = |v: f64| ((v - from) / step - 0.5).clamp(-1.0, cells as f64);
            let (low, high) = (place(ends.0).ceil(), place(ends.1).floor());
            (low.max(0.0) as usize)..((high + 1.0).clamp(0.0, cells as f64) as usize)
        };
        for row in range(1, window.y.0, dy) {
            for column in range(0, window.x.0, dx) {
                let centre = [
                    window.x.0 + (column as f64 + 0.5) * dx,
                    window.y.0 + (row as f64 + 0.5) * dy,
                ];
                if winding(polygon.iter().copied(), centre) != 0 {
                    counts[row * cells + column] += 1;
                }
            }
        }
    }
    counts
}

/// The layers of a network that end in a plane, each as the number of layers up to and including it.
pub fn planes(network: &Frozen) -> Vec<usize> {
    let layers = network.layers.iter().enumerate();
    layers
        .filter(|(_, layer)| layer.units() == 2)
        .map(|(k, _)| k + 1)
        .collect()
}

/// The refusal of a layer that is not a plane, naming those that are.
pub(crate) fn not_a_plane(network: &Frozen, layers: usize) -> Error {
    let name = |layers: usize| {
        let layer = layers.checked_sub(1).and_then(|k| network.layers.get(k));
        layer.map_or("the input", |layer| layer.name.as_str())
    };
    let planes: Vec<&str> = planes(network).into_iter().map(name).collect();
    let units = layers
        .checked_sub(1)
        .and_then(|k| network.layers.get(k))
        .map_or(2, crate::model::Layer::units);
    Error::invalid(
        format!("layer {}", name(layers)),
        format!("it has {units} units, and what is folded is a plane onto a plane"),
        if planes.is_empty() {
            "no layer has 2 units; give the network one, or draw `regions --tint slope`".to_owned()
        } else {
            format!("ask for a layer with 2 units: {}", planes.join(", "))
        },
    )
}

/// [`length_factors`] of a smooth network: by its Jacobian at `points` (n x 2), such as those of a lattice.
///
/// # Errors
/// If the network does not fit the plane.
pub fn sampled_length_factors(network: &Frozen, points: MatRef<'_, f64>) -> Result<Vec<f64>> {
    let n = points.nrows();
    let mut point = points.to_owned();
    // Columns of the Jacobians: how everything moves with x, and with y.
    let mut along = [0, 1].map(|axis| Mat::from_fn(n, 2, |_, j| f64::from(u8::from(j == axis))));
    let mut factors = Vec::with_capacity(network.layers.len());
    for (position, layer) in network.layers.iter().enumerate() {
        if layer.inputs() != point.ncols() {
            return Err(super::complex::misfit(layer, point.ncols(), position));
        }
        let z = layer.affine(point.as_ref());
        point = layer.activate(z.clone());
        along = along.map(|column| bent(layer, &z, &point, column * layer.weight.transpose()));
        let stretch = |i: usize| {
            let jacobian = Mat::from_fn(layer.units(), 2, |unit, axis| along[axis][(i, unit)]);
            mean_stretch(jacobian.as_ref())
        };
        factors.push((0..n).map(stretch).sum::<f64>() / n.max(1) as f64);
    }
    Ok(factors)
}

/// What the activation does to directions (n x units): Φ' times each.
fn bent(layer: &Layer, z: &Mat<f64>, y: &Mat<f64>, mut moved: Mat<f64>) -> Mat<f64> {
    if layer.activation == Activation::Softmax {
        for i in 0..moved.nrows() {
            let units = 0..moved.ncols();
            let mean: f64 = units.clone().map(|k| y[(i, k)] * moved[(i, k)]).sum();
            units.for_each(|k| moved[(i, k)] = y[(i, k)] * (moved[(i, k)] - mean));
        }
        return moved;
    }
    for unit in 0..moved.ncols() {
        let z = z.col(unit).iter();
        for (moved, &z) in moved.col_mut(unit).iter_mut().zip(z) {
            *moved *= slope(layer.activation, z).unwrap_or(1.0);
        }
    }
    moved
}
