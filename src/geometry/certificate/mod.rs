//! Is a network one to one? Proved where it is, and two points with one image where it is not.
//!
//! Rules, from cheap to expensive. A layer whose activation rises strictly and whose matrix has independent columns is one to
//! one, and so is a chain of them. A layer of ReLU units with fewer than twice as many units as inputs is not (M. Puthawala et
//! al., *Globally Injective ReLU Networks*, 2022). A map from a rectangle to the plane whose determinant keeps its sign has as
//! many preimages of a value as the rim's image winds around it; where that image is a simple curve, one at most. Determinants of
//! piecewise linear networks are decided exactly on their cells, those of smooth ones by interval arithmetic on a quadtree. What
//! no rule decides is undecided, with the share of the rectangle.

mod linear;
mod smooth;

use faer::Mat;
use serde::Serialize;

use super::boundary::level_set;
use super::complex::piecewise_linear;
use super::interval::Interval;
use super::{Bounds, enclosure};
use crate::error::{Error, Result};
use crate::model::{Activation, Frozen, Layer};

/// Two points of the input with one image.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Witness {
    /// The points.
    pub points: [[f64; 2]; 2],
    /// How far apart their images are, computed in `f64`: only rounding, where the theorem used applies.
    pub residual: f64,
}

/// Whether a map is one to one.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// No two points have one image.
    Injective {
        /// By which rule.
        rule: String,
        /// Of a map to the plane, a lower bound of |det J|.
        least_determinant: Option<f64>,
    },
    /// Some two points have one image.
    Folds {
        /// By which rule.
        rule: String,
        /// Two such points of the input plane; absent where the proof did not give them.
        witness: Option<Witness>,
    },
    /// Neither was proved.
    Undecided {
        /// The share of the rectangle that the proof does not cover.
        share: f64,
        /// What is missing.
        why: String,
    },
}

/// What is known of a layer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerVerdict {
    /// Its name.
    pub layer: String,
    /// Of the layer alone, on all of the space that it reads.
    pub alone: Verdict,
    /// Of the network from the rectangle up to this layer.
    pub from_input: Verdict,
}

/// Decides for every layer of `network`, from two inputs, whether it and the network up to it are one to one on `domain`. A
/// softmax or sigmoid at the very end of more units than one is left out.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::Bounds;
/// use foldspace::geometry::{Verdict, certify};
/// use foldspace::model::{Activation, Frozen, Layer};
/// let layer = |weight, activation| Frozen {
///     layers: vec![Layer { name: "hidden".into(), weight, bias: vec![0.0; 2], activation }],
/// };
/// let domain = Bounds::new((-1.0, 1.0), (-1.0, 1.0))?;
/// let turned = layer(mat![[1.0, 2.0], [3.0, 4.0]], Activation::Tanh);
/// assert!(matches!(certify(&turned, domain)?[0].from_input, Verdict::Injective { .. }));
/// let cut = layer(mat![[1.0, 2.0], [3.0, 4.0]], Activation::Relu);
/// assert!(matches!(certify(&cut, domain)?[0].from_input, Verdict::Folds { witness: Some(_), .. }));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the network does not have two inputs, its layers do not fit, or a weight is not finite.
pub fn certify(network: &Frozen, domain: Bounds) -> Result<Vec<LayerVerdict>> {
    let mut width = 2;
    for (position, layer) in network.layers.iter().enumerate() {
        if layer.inputs() != width {
            return Err(super::complex::misfit(layer, width, position));
        }
        width = layer.units();
        let weights = layer.weight.col_iter().flat_map(|column| column.iter());
        if !weights.chain(&layer.bias).all(|w| w.is_finite()) {
            return Err(Error::invalid(
                format!("layer {}", layer.name),
                "it has weights that are not finite",
                "ask for an earlier epoch",
            ));
        }
    }
    let alone: Vec<Verdict> = network.layers.iter().map(alone).collect();
    (1..=network.layers.len())
        .map(|layers| {
            let (mut head, _) = network.split_at(layers);
            // Softmax and sigmoid of the scores at the end, which are what is looked at.
            if let Some(last) = head.layers.last_mut()
                && layers == network.layers.len()
                && last.units() > 1
                && matches!(last.activation, Activation::Softmax | Activation::Sigmoid)
            {
                last.activation = Activation::Identity;
            }
            let chain = alone[..layers]
                .iter()
                .all(|verdict| matches!(verdict, Verdict::Injective { .. }));
            Ok(LayerVerdict {
                layer: network.layers[layers - 1].name.clone(),
                alone: alone[layers - 1].clone(),
                from_input: if chain {
                    Verdict::Injective {
                        rule: "every layer up to it is".to_owned(),
                        least_determinant: least(&head, domain),
                    }
                } else {
                    from_input(&head, domain)?
                },
            })
        })
        .collect()
}

fn from_input(head: &Frozen, domain: Bounds) -> Result<Verdict> {
    let layers = &head.layers;
    let units = layers.last().map_or(2, Layer::units);
    if layers
        .iter()
        .any(|layer| layer.activation == Activation::Softmax)
    {
        return Ok(undecided(1.0, "a hidden softmax has no enclosure here"));
    }
    if units == 1 {
        return onto_a_line(head, domain);
    }
    if piecewise_linear(head).layers.len() == layers.len() {
        return linear::decide(head, domain);
    }
    if units == 2 {
        return smooth::decide(head, domain);
    }
    Ok(undecided(
        1.0,
        "no rule covers a smooth map to more than two dimensions that is not a chain of layers which are one to one",
    ))
}

fn undecided(share: f64, why: &str) -> Verdict {
    Verdict::Undecided {
        share,
        why: why.to_owned(),
    }
}

/// A layer on the whole space that it reads.
fn alone(layer: &Layer) -> Verdict {
    let (units, inputs) = (layer.units(), layer.inputs());
    let folds = |rule: String| Verdict::Folds {
        rule,
        witness: None,
    };
    if units < inputs {
        return folds(match units {
            1 => format!("one unit cannot tell {inputs} dimensions apart"),
            _ => format!("{units} units cannot tell {inputs} dimensions apart"),
        });
    }
    if let Activation::Clip { .. } | Activation::HardSigmoid = layer.activation {
        return folds(format!(
            "far out every {} unit is flat",
            layer.activation.name()
        ));
    }
    match rises(layer.activation) {
        Some(true) if independent(layer) => Verdict::Injective {
            rule: format!(
                "{} rises strictly, and the columns of W are independent",
                layer.activation.name()
            ),
            least_determinant: None,
        },
        Some(true) if units == 2 && inputs == 2 => folds("det W = 0".to_owned()),
        Some(true) => undecided(
            1.0,
            "whether the columns of W are independent is lost to rounding",
        ),
        Some(false) if units < 2 * inputs => folds(format!(
            "{units} {} units for {inputs} inputs, and it takes twice as many (Puthawala et al.)",
            layer.activation.name()
        )),
        _ => undecided(1.0, "no rule for this activation on the whole space"),
    }
}

/// Whether an activation rises strictly; `Some(false)` for ReLU, `None` for what has no rule.
fn rises(activation: Activation) -> Option<bool> {
    match activation {
        Activation::Identity | Activation::Softplus | Activation::Tanh | Activation::Sigmoid => {
            Some(true)
        }
        Activation::LeakyRelu { slope } if slope > 0.0 => Some(true),
        Activation::Elu { alpha } if alpha > 0.0 => Some(true),
        // Falling strictly serves as well.
        Activation::ScaledTanh { a, b } if a * b != 0.0 => Some(true),
        Activation::Relu => Some(false),
        _ => None,
    }
}

/// Whether the columns of W are independent, by elimination in intervals; exactly for (2 x 2).
fn independent(layer: &Layer) -> bool {
    let (units, inputs) = (layer.units(), layer.inputs());
    let w = &layer.weight;
    if units == 2 && inputs == 2 {
        let products = [(w[(0, 0)], w[(1, 1)]), (-w[(0, 1)], w[(1, 0)])];
        return super::exact::sign_of_products(products).is_ne();
    }
    let mut rows: Vec<Vec<Interval>> = (0..units)
        .map(|i| (0..inputs).map(|j| Interval::point(w[(i, j)])).collect())
        .collect();
    for column in 0..inputs {
        let Some(pivot) = (column..units)
            .filter(|&i| rows[i][column].sign() != 0)
            .max_by(|&a, &b| rows[a][column].least().total_cmp(&rows[b][column].least()))
        else {
            return false;
        };
        rows.swap(column, pivot);
        let lead = rows[column].clone();
        for row in &mut rows[column + 1..] {
            // Without division: p row - r lead, scaled by a power of two so that nothing overflows.
            let (p, r) = (lead[column], row[column]);
            let size = p.low.abs().max(p.high.abs());
            let scale = libm::exp2(-libm::floor(libm::log2(size)));
            for k in column..inputs {
                row[k] = (row[k] * p - lead[k] * r) * scale;
            }
        }
    }
    true
}

/// A lower bound of |det J| on the domain; `None` where the head does not end in a plane, or the bound is zero.
fn least(head: &Frozen, domain: Bounds) -> Option<f64> {
    let parts = super::fold_curve::parts(head, head.layers.len()).ok()?;
    let cells = 16;
    let side = |(from, to): (f64, f64), k: usize| {
        let at = |k: usize| from + (to - from) * k as f64 / cells as f64;
        Interval::new(at(k), if k + 1 == cells { to } else { at(k + 1) })
    };
    let mut least = f64::INFINITY;
    for k in 0..cells * cells {
        let ranges = [side(domain.x, k % cells), side(domain.y, k / cells)];
        least = least.min(smooth::determinant(&parts, ranges).least());
    }
    (least > 0.0).then_some(least)
}

/// No continuous map from the plane to a line is one to one: two points of one level.
fn onto_a_line(head: &Frozen, domain: Bounds) -> Result<Verdict> {
    let centre = [
        0.5 * (domain.x.0 + domain.x.1),
        0.5 * (domain.y.0 + domain.y.1),
    ];
    let level = value(head, centre)[0];
    let height =
        |points: faer::MatRef<'_, f64>| head.forward(points).col(0).iter().copied().collect();
    let curves = level_set(height, domain, [16; 2], level)?;
    let ends = curves
        .first()
        .map(|curve| [curve.points[0], curve.points[curve.points.len() / 2]]);
    // Where it is constant there is no curve.
    let points = ends.unwrap_or([[domain.x.0, domain.y.0], [domain.x.1, domain.y.1]]);
    let found = witness(head, points);
    let scale = 1.0 + level.abs();
    Ok(Verdict::Folds {
        rule: "no continuous map from the plane to a line is one to one".to_owned(),
        witness: (found.residual < 1e-9 * scale).then_some(found),
    })
}

/// The output at a point.
fn value(head: &Frozen, at: [f64; 2]) -> Vec<f64> {
    let output = head.forward(Mat::from_fn(1, 2, |_, j| at[j]).as_ref());
    output.row(0).iter().copied().collect()
}

fn witness(head: &Frozen, points: [[f64; 2]; 2]) -> Witness {
    let [p, q] = points.map(|at| value(head, at));
    Witness {
        points,
        residual: p
            .iter()
            .zip(&q)
            .fold(0.0, |most: f64, (p, q)| most.max((p - q).abs())),
    }
}

/// The part of an enclosure that the proofs read.
fn enclosed(head: &[Layer], ranges: [Interval; 2]) -> Vec<enclosure::Enclosure> {
    enclosure::enclose_layers(head, &enclosure::start(ranges), ranges)
}
