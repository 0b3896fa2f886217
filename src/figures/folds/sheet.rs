//! What a picture of folds is drawn from: pieces of the input, tinted, their images, and the folds.

use faer::Mat;

use super::FoldNumbers;
use crate::error::Result;
use crate::figures::plane_points;
use crate::geometry::complex::{Turn, piecewise_linear};
use crate::geometry::folds::{Folds, not_a_plane, planes, rim};
use crate::geometry::{Bounds, Complex, fold_curve};
use crate::model::Frozen;
use crate::plot::{Colormap, Colour, Field, Mark, Point};

/// The strength of the tints of what is kept and what is turned over.
const KEPT: f64 = 0.2;
const OVER: f64 = 0.52;

/// What is drawn: the input tinted, images of its pieces, and the folds.
pub(super) struct Sheet {
    pub input: Vec<Mark>,
    pub images: Vec<Vec<Point>>,
    /// Where vertices or corners of the lattice land.
    pub landed: Vec<Point>,
    pub creases: Vec<Vec<Point>>,
    pub rim: Vec<Point>,
    pub numbers: FoldNumbers,
}

impl Sheet {
    /// Exact where the layers are piecewise linear, else on a lattice of `cells` cells along each side.
    pub(super) fn new(
        network: &Frozen,
        window: Bounds,
        layers: usize,
        cells: usize,
    ) -> Result<Self> {
        if !planes(network).contains(&layers) {
            return Err(not_a_plane(network, layers));
        }
        let (head, _) = network.split_at(layers);
        if piecewise_linear(&head).layers.len() == layers {
            Self::exact(&head, window, layers)
        } else {
            Self::smooth(&head, window, layers, cells)
        }
    }

    fn exact(head: &Frozen, window: Bounds, layers: usize) -> Result<Self> {
        let complex = Complex::new(head, window)?;
        let folds = Folds::new(head, &complex, layers)?;
        let whole: f64 = (0..complex.faces()).map(|face| complex.area(face)).sum();
        let shares = folds.shares(&complex).map(|share| share.area / whole);
        let faces = 0..complex.faces();
        let upright = faces
            .clone()
            .filter(|&face| folds.turns[face].sign() != 0)
            .map(|face| folds.polygon(face));
        let vertices = complex.vertices();
        let rim = rim(&complex);
        let closed = rim.iter().chain(rim.first());
        Ok(Self {
            images: upright.collect(),
            landed: folds.image.clone(),
            input: faces
                .map(|face| Mark::Polygon {
                    points: complex.polygon(face),
                    fill: tint(folds.turns[face]),
                })
                .collect(),
            creases: folds
                .creases
                .iter()
                .map(|ends| ends.map(|vertex| vertices[vertex]).to_vec())
                .collect(),
            rim: closed.map(|&vertex| folds.image[vertex]).collect(),
            numbers: FoldNumbers {
                layer: name(head, layers),
                exact: true,
                kept: shares[0],
                over: shares[1],
                line: shares[2],
                point: shares[3],
                undecided: 0.0,
                most_preimages: 0,
                values: Vec::new(),
                signed_area: folds.rim_area(&complex),
            },
        })
    }

    fn smooth(head: &Frozen, window: Bounds, layers: usize, n: usize) -> Result<Self> {
        let found = fold_curve(head, layers, window, n)?;
        let [kept, over, undecided] = found.shares();
        let corner = |k: usize| {
            let place = |(from, to): (f64, f64), k: usize| {
                let t = k as f64 / n as f64;
                from * (1.0 - t) + to * t
            };
            [place(window.x, k % (n + 1)), place(window.y, k / (n + 1))]
        };
        let corners = Mat::from_fn((n + 1) * (n + 1), 2, |k, axis| corner(k)[axis]);
        let landed = plane_points(head.forward(corners.as_ref()).as_ref());
        let mut images = Vec::new();
        for row in 0..n {
            for column in 0..n {
                let at = |row: usize, column: usize| landed[row * (n + 1) + column];
                let [a, b] = [at(row, column), at(row, column + 1)];
                let [c, d] = [at(row + 1, column + 1), at(row + 1, column)];
                images.push(vec![a, b, c]);
                images.push(vec![a, c, d]);
            }
        }
        // A square around each corner of the lattice; the outer ones reach half a cell beyond the window.
        let half = |(from, to): (f64, f64)| 0.5 * (to - from) / n as f64;
        let (dx, dy) = (half(window.x), half(window.y));
        let value = |&sign: &i8| match sign {
            0 => 0.5,
            1 => 0.5 + 0.5 * KEPT,
            _ => 0.5 - 0.5 * OVER,
        };
        let input = vec![Mark::Field {
            field: Field {
                columns: n + 1,
                rows: n + 1,
                values: found.signs.iter().map(value).collect(),
                range: [0.0, 1.0],
                colormap: Colormap::Diverging,
                smooth: false,
            },
            low: [window.x.0 - dx, window.y.0 - dy],
            high: [window.x.1 + dx, window.y.1 + dy],
        }];
        let around = (0..=n)
            .chain((1..=n).map(|row| row * (n + 1) + n))
            .chain((0..n).rev().map(|column| n * (n + 1) + column))
            .chain((0..n).rev().map(|row| row * (n + 1)));
        let rim: Vec<Point> = around.map(|k| landed[k]).collect();
        let twice: f64 = rim
            .windows(2)
            .map(|w| w[0][0] * w[1][1] - w[0][1] * w[1][0])
            .sum();
        let creases = found.curves.into_iter().map(|curve| {
            let closing = curve.points.first().copied().filter(|_| curve.closed);
            curve.points.into_iter().chain(closing).collect()
        });
        Ok(Self {
            input,
            images,
            landed,
            creases: creases.collect(),
            rim,
            numbers: FoldNumbers {
                layer: name(head, layers),
                exact: false,
                kept,
                over,
                line: 0.0,
                point: 0.0,
                undecided,
                most_preimages: 0,
                values: Vec::new(),
                signed_area: twice / 2.0,
            },
        })
    }
}

fn name(network: &Frozen, layers: usize) -> String {
    network.layers[layers - 1].name.clone()
}

/// How what happens to a piece of the input is tinted.
pub(super) fn tint(turn: Turn) -> Colour {
    match turn {
        Turn::Kept => Colour::accent(2).fade(KEPT),
        Turn::Over => Colour::accent(1).fade(OVER),
        Turn::Line => Colour::TEXT.fade(0.16),
        Turn::Point => Colour::TEXT.fade(0.42),
    }
}
