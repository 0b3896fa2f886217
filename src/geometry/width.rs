//! Networks too narrow for their data: where every part of a decision region runs to infinity, no class can surround another.
//!
//! A network that is nowhere wider than its input before it narrows, with monotone activations, maps the space to itself
//! without tearing it (or is a limit of such maps), and then forgets a direction. What it cannot tell apart is unbounded, and
//! so is every part of a decision region: a ring around a disc stays a ring. One unit more than inputs lifts that.
//!
//! Source: H.-P. Beise, S. Dias Da Cruz and U. Schröder, *On decision regions of narrow deep neural networks* (2021); C. Olah,
//! *Neural networks, manifolds, and topology* (2014), the annulus.

use faer::MatRef;
use serde::Serialize;

use super::alpha::Alpha;
use super::linking::{Point3, linking_number, ring};
use crate::error::Result;
use crate::model::Activation;

/// A layer as far as the theorem looks at it.
#[derive(Debug, Clone, Copy)]
pub struct Width<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its units.
    pub units: usize,
    /// What follows the affine map.
    pub activation: Activation,
}

/// What cannot be learned, and whether the data ask for it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WidthWarning {
    /// Who proved it.
    pub theorem: &'static str,
    /// The number of inputs.
    pub inputs: usize,
    /// The first layer that is narrower.
    pub layer: String,
    /// How many dimensions it narrows to; two outputs that are compared narrow to one.
    pub narrows_to: usize,
    /// Why the data need a region that is bounded; `None` where they do not, or have more than three features.
    pub enclosure: Option<Surrounding>,
}

/// A class that encloses another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Surrounding {
    /// In the plane: the points of `class` close a ring around most of those of `other`.
    Hole {
        /// The class around.
        class: usize,
        /// The class inside.
        other: usize,
        /// How many times as wide the ring's hole is as the gaps between its points: death by birth in H1.
        ratio: f64,
    },
    /// In space: both classes are rings, and linked.
    Link {
        /// A class.
        class: usize,
        /// Another.
        other: usize,
        /// Gauss's linking number; its sign is that of the order in which the points happen to come.
        linking_number: i64,
    },
}

/// A hole counts if it is this many times as wide as the gaps around it.
const WIDE: f64 = 3.0;

/// Whether the theorem holds for a network of `inputs` inputs and these layers.
///
/// ```
/// use foldspace::geometry::{Width, width_warning};
/// use foldspace::model::Activation::{Sigmoid, Tanh};
/// let layers = |units: &[usize]| -> Vec<Width<'static>> {
///     let hidden = units.iter().map(|&units| Width { name: "hidden", units, activation: Tanh });
///     hidden.chain([Width { name: "output", units: 1, activation: Sigmoid }]).collect()
/// };
/// assert_eq!(width_warning(2, &layers(&[2, 2])).unwrap().layer, "output");
/// assert_eq!(width_warning(2, &layers(&[3])), None);
/// ```
pub fn width_warning(inputs: usize, layers: &[Width<'_>]) -> Option<WidthWarning> {
    let last = layers.len().checked_sub(1)?;
    for (k, layer) in layers.iter().enumerate() {
        // Two outputs are compared: what decides is their difference.
        let compared = k == last && layer.units == 2;
        let units = if compared { 1 } else { layer.units };
        if units > inputs || (k < last && !monotone(layer.activation)) {
            return None;
        }
        if units < inputs {
            return Some(WidthWarning {
                theorem: "Beise, Dias Da Cruz and Schröder (2021)",
                inputs,
                layer: layer.name.to_owned(),
                narrows_to: units,
                enclosure: None,
            });
        }
    }
    None
}

/// Whether greater inputs never give smaller outputs, or never greater ones.
fn monotone(activation: Activation) -> bool {
    match activation {
        Activation::Identity
        | Activation::Relu
        | Activation::Softplus
        | Activation::Tanh
        | Activation::Sigmoid
        | Activation::ScaledTanh { .. }
        | Activation::Clip { .. }
        | Activation::HardSigmoid => true,
        Activation::LeakyRelu { slope } => slope >= 0.0,
        Activation::Elu { alpha } => alpha >= 0.0,
        Activation::Gelu
        | Activation::GeluTanh
        | Activation::Silu
        | Activation::HardSwish
        | Activation::Softmax => false,
    }
}

impl WidthWarning {
    /// The warning in one line; `names` are the classes'.
    pub fn sentence(&self, names: &[String]) -> String {
        let name = |class: usize| {
            names
                .get(class)
                .map_or_else(|| class.to_string(), |name| format!("`{name}`"))
        };
        let data = match self.enclosure {
            None => "so no class can surround another".to_owned(),
            Some(Surrounding::Hole {
                class,
                other,
                ratio,
            }) => format!(
                "but {} surrounds {} in these data (a hole {ratio:.1} times as wide as the gaps around it): the network \
                 cannot learn that",
                name(class),
                name(other)
            ),
            Some(Surrounding::Link {
                class,
                other,
                linking_number,
            }) => format!(
                "but {} and {} are linked rings in these data (linking number {linking_number}): the network cannot learn that",
                name(class),
                name(other)
            ),
        };
        format!(
            "no layer is wider than the {} inputs before {} narrows to {}, and the activations are monotone: every part of a \
             decision region runs to infinity ({}), {data}; make a hidden layer {} units wide, or silence this with \
             warnings.width = false",
            self.inputs,
            self.layer,
            self.narrows_to,
            self.theorem,
            self.inputs + 1
        )
    }
}

/// A class that encloses another, in the plane or in space; the one that does so most clearly.
///
/// # Errors
/// If a coordinate is not finite.
pub fn surrounding(points: MatRef<'_, f64>, labels: &[usize]) -> Result<Option<Surrounding>> {
    let classes = labels.iter().max().map_or(0, |most| most + 1);
    match points.ncols() {
        2 => in_the_plane(&by_class::<2>(points, labels, classes)),
        3 => Ok(in_space(&by_class::<3>(points, labels, classes))),
        _ => Ok(None),
    }
}

fn by_class<const D: usize>(
    points: MatRef<'_, f64>,
    labels: &[usize],
    classes: usize,
) -> Vec<Vec<[f64; D]>> {
    let mut found = vec![Vec::new(); classes];
    for (i, &label) in labels.iter().enumerate() {
        found[label].push(std::array::from_fn(|j| points[(i, j)]));
    }
    found
}

fn in_the_plane(classes: &[Vec<[f64; 2]>]) -> Result<Option<Surrounding>> {
    let mut clearest: Option<(f64, Surrounding)> = None;
    for (class, own) in classes.iter().enumerate() {
        let alpha = Alpha::new(own)?;
        for hole in alpha.holes() {
            let ratio = hole.bar.ratio();
            if ratio < WIDE {
                break;
            }
            for (other, points) in classes
                .iter()
                .enumerate()
                .filter(|&(other, _)| other != class)
            {
                let inside = alpha
                    .inside(&hole, points)
                    .into_iter()
                    .filter(|&it| it)
                    .count();
                if 2 * inside > points.len() && clearest.is_none_or(|(known, _)| ratio > known) {
                    let found = Surrounding::Hole {
                        class,
                        other,
                        ratio,
                    };
                    clearest = Some((ratio, found));
                }
            }
        }
    }
    Ok(clearest.map(|(_, found)| found))
}

fn in_space(classes: &[Vec<Point3>]) -> Option<Surrounding> {
    let rings: Vec<Option<Vec<Point3>>> = classes.iter().map(|points| ring(points)).collect();
    for (class, first) in rings.iter().enumerate() {
        for (other, second) in rings.iter().enumerate().skip(class + 1) {
            if let (Some(first), Some(second)) = (first, second)
                && let Some(number) = linking_number(first, second)
                && number != 0
            {
                return Some(Surrounding::Link {
                    class,
                    other,
                    linking_number: number,
                });
            }
        }
    }
    None
}
