//! The cells of a piecewise linear network: the plane, creased where each unit switches.

use std::str::FromStr;

use super::scatter::plane;
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::geometry::complex::{Complex, most_cells};
use crate::model::Frozen;
use crate::plot::text::literal;
use crate::plot::{Colormap, Colour, Figure, Mark, Panel, Role, Sign, Stroke};

/// What the colour of a cell shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tint {
    /// Which units are on: cells on either side of a crease differ, and the first layer's creases change the lightness, later
    /// ones the hue.
    #[default]
    Pattern,
    /// The cell's area.
    Area,
    /// By how much the network stretches there, at most.
    Slope,
    /// By how much areas grow on the way to the plane that the last layer reads, or to two outputs; negative where the
    /// plane is turned over.
    Determinant,
}

impl Tint {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Pattern, Self::Area, Self::Slope, Self::Determinant];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pattern => "pattern",
            Self::Area => "area",
            Self::Slope => "slope",
            Self::Determinant => "determinant",
        }
    }
}

impl FromStr for Tint {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|tint| tint.name() == text)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::name);
                let remedy = match crate::suggest::nearest(text, names) {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!("choose among {}", names.join(", ")),
                };
                Error::invalid(text, "cells have no such colour", remedy)
            })
    }
}

/// The cells of `network`, whose complex this is, over the complex's window. The legend names the layers by their lines.
///
/// # Errors
/// If they are to be coloured by determinant, and neither the layer before the last nor the last has two units.
pub fn regions(network: &Frozen, complex: &Complex, tint: Tint) -> Result<Panel> {
    let mut panel = plane(complex.window(), "", "");
    let colours = match tint {
        Tint::Pattern => by_pattern(complex),
        _ => {
            let scale = Shade::new(network, complex, tint)?;
            let colours = scale.colours();
            panel = panel.colour_bar(scale.colormap, scale.range, scale.label);
            colours
        }
    };
    panel.marks.extend(
        colours
            .into_iter()
            .enumerate()
            .map(|(face, fill)| Mark::Polygon {
                points: complex.polygon(face),
                fill,
            }),
    );
    let pens = Pens::new(complex);
    for segment in complex.segments() {
        panel.marks.push(Mark::Line {
            points: segment.ends.to_vec(),
            stroke: pens.of(segment.crease.layer),
        });
    }
    for (layer, stroke) in pens.strokes {
        let layer = &network.layers[layer];
        let units = layer.units();
        let label = format!(
            "{} ({units} unit{})",
            literal(&layer.name),
            if units == 1 { "" } else { "s" }
        );
        panel = panel.key(label, Sign::Line(stroke));
    }
    Ok(panel)
}

/// The same as a figure, with its counts in words.
///
/// # Errors
/// As [`regions`], or if the network has no cells.
pub fn regions_figure(network: &Frozen, complex: &Complex, tint: Tint) -> Result<Figure> {
    let summary = complex.summary();
    let colour = match tint {
        Tint::Pattern => {
            "Neighbours differ in the units that are on: in lightness across creases of the first layer, in \
             hue across those of later ones."
        }
        Tint::Area => "Colour is the cell's area.",
        Tint::Slope => "Colour is the largest factor by which the network stretches a direction.",
        Tint::Determinant => {
            "Colour is the factor by which areas grow, negative where the plane is turned over."
        }
    };
    let caption = format!(
        "{} cells on which the network is one affine map, between {} edges and {} vertices, all exact. Half the cells cover at \
         most {} % of the window. Networks of these widths have at most {:.0} in the whole plane. {colour}",
        summary.cells,
        summary.edges,
        summary.vertices,
        share(100.0 * summary.median_area / window_area(complex)),
        most_cells(network)?
    );
    Ok(Figure::new("Cells")
        .caption(caption)
        .size(720, 700)
        .panel(regions(network, complex, tint)?))
}

/// A number in two significant digits.
fn share(number: f64) -> String {
    let leading = libm::floor(libm::log10(number.max(1e-12))) as i32;
    let digits = usize::try_from(1 - leading).unwrap_or(0);
    format!("{number:.digits$}")
}

fn window_area(complex: &Complex) -> f64 {
    let window = complex.window();
    (window.x.1 - window.x.0) * (window.y.1 - window.y.0)
}

/// How strong the lighter and the darker tint are, of few cells and of thousands.
const STRENGTH: [[f64; 2]; 2] = [[0.13, 0.34], [0.16, 0.30]];

/// A tint per cell: three bits, of which every unit flips some. A unit of the first layer flips the one for lightness, so a plane
/// of lines becomes a chessboard; later ones flip the two for the hue. What a cell looks like depends on its pattern alone, so
/// nothing flickers from one epoch to the next.
fn by_pattern(complex: &Complex) -> Vec<Colour> {
    let mut codes = Vec::with_capacity(complex.faces());
    let layers = complex.layers();
    let turns: Vec<u8> = layers
        .iter()
        .enumerate()
        .flat_map(|(depth, &units)| {
            (0..units).map(move |unit| if depth == 0 { 1 } else { [2, 4, 6][unit % 3] })
        })
        .collect();
    for face in 0..complex.faces() {
        let pattern = complex.pattern(face);
        let on = pattern.iter().zip(&turns).filter(|(on, _)| *on);
        codes.push(on.fold(0, |code, (_, turn)| code ^ turn));
    }
    part(complex, &mut codes);
    let few = (200.0 / complex.faces() as f64).min(1.0);
    let strength = [0, 1].map(|k| few * STRENGTH[0][k] + (1.0 - few) * STRENGTH[1][k]);
    let hues = [2, 1, 0, 3].map(Colour::accent);
    let colour = |code: u8| hues[usize::from(code >> 1)].fade(strength[usize::from(code & 1)]);
    codes.into_iter().map(colour).collect()
}

/// Where several creases coincide, their flips may cancel out; then the cell with the higher number takes the next tint that none
/// of its neighbours has.
fn part(complex: &Complex, codes: &mut [u8]) {
    let mut neighbours: Vec<Vec<usize>> = vec![Vec::new(); codes.len()];
    let mut clashes: Vec<usize> = Vec::new();
    for edge in 0..complex.edges() {
        if let [Some(a), Some(b)] = complex.edge(edge).sides {
            neighbours[a].push(b);
            neighbours[b].push(a);
            if codes[a] == codes[b] {
                clashes.push(a.max(b));
            }
        }
    }
    clashes.sort_unstable();
    for face in clashes {
        let taken: Vec<u8> = neighbours[face].iter().map(|&other| codes[other]).collect();
        let own = codes[face];
        let free = (0..8)
            .map(|step| (own + step) % 8)
            .find(|code| !taken.contains(code));
        codes[face] = free.unwrap_or(own);
    }
}

/// How lines are drawn, layer by layer: the thinner the more cells there are, later layers over earlier ones.
struct Pens {
    strokes: Vec<(usize, Stroke)>,
}

impl Pens {
    fn new(complex: &Complex) -> Self {
        let thin = (1.1 * libm::pow(150.0 / complex.faces() as f64, 0.3)).clamp(0.35, 1.1);
        let mut drawn: Vec<usize> = complex
            .segments()
            .iter()
            .map(|segment| segment.crease.layer)
            .collect();
        drawn.sort_unstable();
        drawn.dedup();
        let strokes = drawn.into_iter().enumerate().map(|(depth, layer)| {
            let stroke = match depth {
                0 => Stroke::new(Colour::TEXT.fade(0.45), thin),
                depth => Stroke::new(Colour::TEXT.fade(0.85), thin + 0.3 * depth.min(3) as f64),
            };
            (layer, stroke)
        });
        Self {
            strokes: strokes.collect(),
        }
    }

    fn of(&self, layer: usize) -> Stroke {
        let found = self.strokes.iter().find(|(drawn, _)| *drawn == layer);
        found.map_or(Stroke::new(Colour::TEXT, 1.0), |(_, stroke)| *stroke)
    }
}

/// Numbers per cell, and their colours.
struct Shade {
    values: Vec<f64>,
    colormap: Colormap,
    range: [f64; 2],
    label: String,
}

impl Shade {
    fn new(network: &Frozen, complex: &Complex, tint: Tint) -> Result<Self> {
        let faces = 0..complex.faces();
        let logarithm = |value: f64| libm::log10(value.max(1e-300));
        let (values, label): (Vec<f64>, String) = match tint {
            Tint::Area | Tint::Pattern => (
                faces.map(|face| logarithm(complex.area(face))).collect(),
                String::from("area, as a power of 10"),
            ),
            Tint::Slope => (
                faces.map(|face| complex.map(face).slope()).collect(),
                String::from("steepest slope"),
            ),
            Tint::Determinant => {
                let layers = planar(network)?;
                let values = faces.map(|face| {
                    complex
                        .map_to(face, layers)
                        .determinant()
                        .unwrap_or_default()
                });
                let layer = literal(&network.layers[layers - 1].name);
                (
                    values.collect(),
                    format!("determinant, from input to {layer}"),
                )
            }
        };
        let (low, mut high) = spread(&values);
        if tint == Tint::Area {
            // The largest cells are few, but cover most of the picture.
            high = values.iter().copied().fold(high, f64::max);
        }
        let (colormap, range) = if tint == Tint::Determinant {
            let size = low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
            (Colormap::Diverging, [-size, size])
        } else {
            (Colormap::Sequential, [low, high])
        };
        Ok(Self {
            values,
            colormap,
            range,
            label,
        })
    }

    fn colours(&self) -> Vec<Colour> {
        let [low, high] = self.range;
        let share = |value: &f64| ((value - low) / (high - low)).clamp(0.0, 1.0);
        let colour = |value: &f64| Colour::new(Role::Scale(self.colormap, share(value)));
        self.values.iter().map(colour).collect()
    }
}

/// The ends of the scale: the 2nd and 98th percentile, so that a few slivers don't take all colours.
fn spread(values: &[f64]) -> (f64, f64) {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len() - 1;
    let at = |share: f64| sorted[(share * last as f64).round() as usize];
    let (low, high) = if sorted.len() < 50 {
        (sorted[0], sorted[last])
    } else {
        (at(0.02), at(0.98))
    };
    if high > low {
        (low, high)
    } else {
        (low - 0.5, low + 0.5)
    }
}

/// After how many layers the network is in a plane again: all of them, or all but the last.
fn planar(network: &Frozen) -> Result<usize> {
    let n = network.layers.len();
    (n.saturating_sub(1)..=n)
        .rev()
        .find(|&layers| layers > 0 && network.layers[layers - 1].units() == 2)
        .ok_or_else(|| {
            Error::invalid(
                "determinant",
                "neither the last layer nor the one before has 2 units, so no area is mapped to an area",
                "colour the cells by `slope` instead",
            )
        })
}

/// The cells where the network's first `layers` layers, which end in a plane, put them: in the tints of [`regions`], and as
/// translucent, so that what is folded over shows.
///
/// # Panics
/// If there are fewer layers, or they do not end in two units.
pub fn moved_regions(complex: &Complex, layers: usize, window: Bounds) -> Panel {
    let mut panel = plane(window, "", "");
    for (face, fill) in by_pattern(complex).into_iter().enumerate() {
        let map = complex.map_to(face, layers);
        let image = complex.polygon(face).into_iter().map(|corner| {
            let image = map.at(corner);
            [image[0], image[1]]
        });
        let points: Vec<_> = image.collect();
        let thin = Stroke::new(Colour::TEXT.fade(0.25), 0.4);
        panel.marks.push(Mark::Polygon {
            points: points.clone(),
            fill: fill.fade(0.8),
        });
        panel.marks.push(Mark::Line {
            points,
            stroke: thin,
        });
    }
    panel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Activation, Layer};
    use faer::Mat;

    #[test]
    fn neighbours_have_tints_of_their_own() {
        // Two layers; of the first, units 0 and 3, and 1 and 4, have the same crease.
        let number = |i: usize, j: usize| libm::sin(1.0 + 12.9 * i as f64 + 78.2 * j as f64);
        let layer = |units: usize, inputs: usize, distinct: usize| Layer {
            name: String::from("hidden"),
            weight: Mat::from_fn(units, inputs, |i, j| number(i % distinct, j)),
            bias: (0..units).map(|i| 0.3 * number(i % distinct, 7)).collect(),
            activation: Activation::Relu,
        };
        let network = Frozen {
            layers: vec![layer(5, 2, 3), layer(12, 5, 12)],
        };
        let window = Bounds::new((-2.0, 2.0), (-2.0, 2.0)).unwrap();
        let complex = Complex::new(&network, window).unwrap();
        let colours = by_pattern(&complex);
        let mut borders = 0;
        for edge in 0..complex.edges() {
            if let [Some(a), Some(b)] = complex.edge(edge).sides {
                assert_ne!(colours[a], colours[b]);
                borders += 1;
            }
        }
        assert!(borders > 20, "{borders}");
    }
}
