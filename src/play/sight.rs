//! A look at a network, evaluated here: all that a page needs to draw it without its weights.

use std::collections::BTreeSet;

use faer::{Mat, MatRef};
use serde_json::{Value, json};

use super::images::{Images, flat, spaces, views};
use super::look::{Followed, Look, What};
use super::parts::Parts;
use super::shares::{chosen, shares};
use crate::explore;
use crate::geometry::Slice;
use crate::model::{Activation, Frozen, Layer};

/// What holds of every network of a scene: the samples as the page shows them, and the plane.
#[derive(Debug)]
pub(super) struct Ground {
    /// The samples' features as the network sees them, training ones first.
    pub features: Mat<f64>,
    /// How many of them are trained on.
    pub train: usize,
    /// The plane of input space that is shown; `None` where input space is what is shown.
    pub slice: Option<Slice>,
}

/// Points that go through the network at once: their images in all spaces lie in memory.
const CHUNK: usize = 256;

/// Multiplications that the paper of a coarse picture may take: some ten milliseconds.
const WORK: usize = 300_000_000;

/// Squares of the paper along a side, at least.
const LEAST_SQUARES: usize = 8;

/// Numbers of a field.
const MOST_NUMBERS: usize = 1_000_000;

impl Ground {
    /// Whether a look is one at this network.
    pub(super) fn fits(&self, network: &Frozen, look: &Look) -> bool {
        let layers = &network.layers;
        let known = |l: usize, j: usize| layers.get(l).is_some_and(|layer| j < layer.units());
        let plane = self.dimensions() == 2;
        let tiles = look.tiles.iter().enumerate();
        (look.grid[1] > 1) == plane
            && (plane || !matches!(look.what, What::Field(_)))
            && (look.tiles.is_empty() || look.tiles.len() == layers.len())
            && tiles
                .into_iter()
                .all(|(l, units)| units.iter().all(|&j| known(l, j)))
            && look.unit.is_none_or(|(l, j)| known(l, j))
            && match &look.point {
                Followed::Sample(i) => *i < self.features.nrows(),
                Followed::Place(at) => at.len() == self.dimensions(),
            }
    }

    /// Of the picture of input space.
    fn dimensions(&self) -> usize {
        self.features.ncols().min(2)
    }

    /// What a look finds, as a text and numbers; `None` where it was over before the end.
    pub(super) fn see(
        &self,
        network: &Frozen,
        look: &Look,
        over: &dyn Fn() -> bool,
    ) -> Option<(Value, Vec<u8>)> {
        let eye = Eye::new(self, network, look);
        let mut parts = Parts::default();
        let mut head = json!({ "what": match look.what {
            What::Point => "point",
            What::Coarse => "coarse",
            What::Fine => "fine",
            What::Field(_) => "field",
        } });
        if let What::Field(side) = look.what {
            eye.field(&mut parts, side, over)?;
        } else {
            let mut tiles = look.tiles.clone();
            if look.what != What::Point {
                eye.pictures(&mut parts, &mut head, &mut tiles, over)?;
            }
            eye.point(&mut parts);
            head["rows"] = json!(eye.weights(&mut parts, &tiles));
            head["tiles"] = json!(tiles);
        }
        head["parts"] = parts.list();
        Some((head, parts.bytes))
    }
}

/// A network as a look sees it.
struct Eye<'a> {
    ground: &'a Ground,
    look: &'a Look,
    layers: Vec<&'a Layer>,
    /// How many numbers the network has.
    size: usize,
    /// The first layer as it acts on the plane, where that is not all of input space.
    first: Option<Layer>,
    /// Of each layer the place of its affine part among the spaces; the last but one after it is its activation's, if it has one.
    affine: Vec<usize>,
}

impl<'a> Eye<'a> {
    fn new(ground: &'a Ground, network: &'a Frozen, look: &'a Look) -> Self {
        let layers: Vec<&Layer> = network.layers.iter().collect();
        let first = ground.slice.as_ref().and_then(|slice| {
            let alone = layers.iter().take(1).map(|&first| first.clone());
            let alone = Frozen {
                layers: alone.collect(),
            };
            slice.network(&alone).ok()?.layers.pop()
        });
        let mut spaces = 0;
        let affine = layers.iter().map(|layer| {
            let place = spaces;
            spaces += 1 + usize::from(layer.activation != Activation::Identity);
            place
        });
        Self {
            affine: affine.collect(),
            ground,
            look,
            layers,
            size: explore::size(network),
            first,
        }
    }

    /// The layers as they act on the plane.
    fn planar(&self) -> Vec<&Layer> {
        let first = self.first.as_ref().or(self.layers.first().copied());
        first
            .into_iter()
            .chain(self.layers.iter().skip(1).copied())
            .collect()
    }

    /// The place of a layer's answers among the spaces.
    fn answers(&self, l: usize) -> usize {
        self.affine[l] + usize::from(self.layers[l].activation != Activation::Identity)
    }

    fn scores(&self) -> usize {
        self.affine.last().copied().unwrap_or(0)
    }

    fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |last| last.units())
    }

    /// Samples and paper in every space; units' shares; the chosen unit.
    fn pictures(
        &self,
        parts: &mut Parts,
        head: &mut Value,
        tiles: &mut Vec<Vec<usize>>,
        over: &dyn Fn() -> bool,
    ) -> Option<()> {
        let Ground {
            features,
            train,
            slice,
        } = self.ground;
        let n = features.nrows();
        let rows = |places: &[usize]| {
            Mat::from_fn(places.len(), features.ncols(), |r, j| {
                features[(places[r], j)]
            })
        };
        // Planes through wide spaces are those of some samples, as on a page that computes itself.
        let every = (n / 240).max(1);
        let (used, rest): (Vec<usize>, Vec<usize>) = (0..n).partition(|i| i % every == 0);
        let begin = rows(&used);
        let inside = spaces(&self.layers, &begin);
        let start = match slice {
            Some(slice) => slice.project(begin.as_ref()),
            None => flat(begin.as_ref()),
        };
        let views = views(start, &inside);
        let unit = self.look.unit;
        let watched = unit.map(|(l, j)| (self.answers(l), j));
        let mut samples = Images::new(n, &views, self.scores(), self.outputs(), watched);
        samples.put(&used, &inside);
        for places in rest.chunks(CHUNK) {
            samples.put(places, &spaces(&self.layers, &rows(places)));
        }
        let trained = used.iter().filter(|&i| i < train).count();
        let answers = (0..self.layers.len()).map(|l| inside[self.answers(l)].as_ref());
        let answers: Vec<MatRef<'_, f64>> = answers.map(|all| all.subrows(0, trained)).collect();
        let shares = shares(&self.layers, &answers);
        if tiles.is_empty() {
            *tiles = chosen(&shares, &self.layers);
        }

        let fine = self.look.what == What::Fine;
        let [nx, ny] = self.look.grid;
        let stride = if fine { 1 } else { stride([nx, ny], self.size) };
        let [across, up] = [(nx - 1) / stride + 1, (ny - 1) / stride + 1];
        let columns = tiles.iter().enumerate();
        let columns = columns.flat_map(|(l, units)| units.iter().map(move |&j| (l, j)));
        let columns = columns.map(|(l, j)| (self.answers(l), j));
        let columns = columns.chain(unit.map(|(l, j)| (self.affine[l], j)));
        let mut paper = Images::new(across * up, &views, self.scores(), self.outputs(), columns);
        let planar = self.planar();
        let all: Vec<usize> = (0..across * up).collect();
        for places in all.chunks(CHUNK) {
            if fine && over() {
                return None;
            }
            let points = self.grid(places, [across, up], stride);
            paper.put(places, &spaces(&planar, &points));
        }

        let range = samples.columns.first().map(|(.., column)| {
            let trained = column.iter().take(*train);
            trained.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], &x| {
                [low.min(x), high.max(x)]
            })
        });
        head["stride"] = json!(stride);
        head["range"] = json!(range);
        head["shown"] = views
            .iter()
            .map(|view| json!(view.as_ref().map(|view| view.explained)))
            .collect();
        for view in views.iter().flatten() {
            parts.f32("mean", view.mean.iter().copied());
            parts.f32(
                "axes",
                view.axes
                    .col_iter()
                    .flat_map(|axis| axis.iter().copied().collect::<Vec<_>>()),
            );
        }
        let chosen = unit.and_then(|_| paper.columns.pop());
        for (name, images) in [("samples", samples), ("paper", paper)] {
            for picture in images.pictures {
                parts.floats(name, &picture);
            }
            parts.floats(&format!("{name} scores"), &images.scores);
            if name == "paper" {
                for (.., column) in images.columns {
                    parts.bytes("tile", &column);
                }
            }
        }
        if let Some((.., column)) = chosen {
            parts.floats("unit", &column);
        }
        for shares in shares {
            parts.f32("shares", shares);
        }
        Some(())
    }

    /// Points of the paper, or of a field, `across` times `up` of them, each `stride` points of the full paper from the next.
    fn grid(&self, places: &[usize], [across, up]: [usize; 2], stride: usize) -> Mat<f64> {
        let [x0, x1, y0, y1] = self.look.window;
        let at = |low: f64, high: f64, k: usize, count: usize| {
            low + (high - low) * (k * stride) as f64 / ((count - 1) * stride).max(1) as f64
        };
        Mat::from_fn(
            places.len(),
            self.ground.dimensions(),
            |r, axis| match axis {
                0 => at(x0, x1, places[r] % across, across),
                _ => at(y0, y1, places[r] / across, up),
            },
        )
    }

    /// What the last layer, and the chosen unit, say of places all over the window.
    fn field(&self, parts: &mut Parts, side: usize, over: &dyn Fn() -> bool) -> Option<()> {
        let fits = (MOST_NUMBERS / self.outputs().max(1)).isqrt();
        let side = side.min(fits).max(2);
        let chosen = self.look.unit.map(|(l, j)| (self.affine[l], j));
        let mut images = Images::new(side * side, &[], self.scores(), self.outputs(), chosen);
        let planar = self.planar();
        let all: Vec<usize> = (0..side * side).collect();
        for places in all.chunks(CHUNK) {
            if over() {
                return None;
            }
            images.put(
                places,
                &spaces(&planar, &self.grid(places, [side, side], 1)),
            );
        }
        parts.shorts("field", &images.scores);
        for (.., column) in &images.columns {
            parts.shorts("field of the unit", column);
        }
        Some(())
    }

    /// The followed point before every activation.
    fn point(&self, parts: &mut Parts) {
        let features = &self.ground.features;
        let point = match (&self.look.point, &self.ground.slice) {
            (Followed::Sample(i), _) => Mat::from_fn(1, features.ncols(), |_, j| features[(*i, j)]),
            (Followed::Place(at), slice) => {
                let place = Mat::from_fn(1, at.len(), |_, j| at[j]);
                slice
                    .as_ref()
                    .map_or_else(|| place.clone(), |slice| slice.lift(place.as_ref()))
            }
        };
        let spaces = spaces(&self.layers, &point);
        let sums = self
            .affine
            .iter()
            .flat_map(|&place| spaces[place].row(0).iter().copied().collect::<Vec<_>>());
        parts.f64("sums", sums);
    }

    /// The weights of the units whose numbers the page shows, and which units those are: those with a tile, the chosen one, some of the layer
    /// after it, the outputs, and the corners of a matrix as a formula has it.
    fn weights(&self, parts: &mut Parts, tiles: &[Vec<usize>]) -> Vec<Vec<usize>> {
        let last = self.layers.len() - 1;
        let rows = self.layers.iter().enumerate().map(|(l, layer)| {
            let units = layer.units();
            let mut rows: BTreeSet<usize> = [0, 1, 2, 3, 4, units - 1].into();
            rows.extend(tiles.get(l).into_iter().flatten());
            rows.extend(self.look.unit.filter(|&(at, _)| at == l).map(|(_, j)| j));
            if l == last || self.look.unit.is_some_and(|(at, _)| at + 1 == l) {
                rows.extend(0..10);
            }
            rows.into_iter().filter(|&j| j < units).collect::<Vec<_>>()
        });
        let rows: Vec<Vec<usize>> = rows.collect();
        let mut numbers = Vec::new();
        for (layer, rows) in self.layers.iter().zip(&rows) {
            for &j in rows {
                numbers.extend(layer.weight.row(j).iter());
                numbers.push(layer.bias[j]);
            }
        }
        // What is trained has 32 bits; what is folded together has more.
        if numbers.iter().all(|&x| f64::from(x as f32) == x) {
            parts.f32("weights", numbers);
        } else {
            parts.f64("weights", numbers);
        }
        rows
    }
}

/// Points from one of a coarse paper to the next: a divisor of both sides, the least with which the paper is quick.
fn stride([nx, ny]: [usize; 2], size: usize) -> usize {
    let coarse =
        |s: usize| (nx - 1) / s < LEAST_SQUARES || (ny > 1 && (ny - 1) / s < LEAST_SQUARES);
    let divisors = (1..nx).filter(|s| (nx - 1) % s == 0 && (ny - 1) % s == 0);
    let allowed = divisors.filter(|&s| s == 1 || !coarse(s));
    let mut last = 1;
    for s in allowed {
        last = s;
        if ((nx - 1) / s + 1) * ((ny - 1) / s + 1) * size <= WORK {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::stride;

    #[test]
    fn a_coarse_paper_has_whole_squares() {
        assert_eq!(stride([65, 49], 90_000), 1);
        assert_eq!(stride([65, 49], 1_000_000), 4);
        assert_eq!(stride([65, 49], usize::MAX / 10_000), 4);
        assert_eq!(stride([401, 1], 1_000_000), 2);
        assert_eq!(stride([2, 2], usize::MAX / 10), 1);
        // Two sides without a common divisor.
        assert_eq!(stride([62, 60], 1_000_000), 1);
    }
}
