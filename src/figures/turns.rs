//! What training does to each matrix: its singular values and directions over the epochs, the balance of its units.

use faer::Mat;
use serde::Serialize;

use super::history::stroke;
use super::written::csv_of;
use crate::error::{Error, Result};
use crate::linalg::{Followed, balance, follow};
use crate::model::{Activation, Frozen};
use crate::plot::text::literal;
use crate::plot::{Anchor, Colour, Figure, Frame, Mark, Panel, Stroke};
use crate::run::Run;

/// A weight matrix over the epochs.
#[derive(Debug, Clone)]
struct Matrix {
    layer: String,
    shape: [usize; 2],
    path: Vec<Followed>,
}

/// The balance of a hidden layer's units, epoch by epoch.
#[derive(Debug, Clone)]
struct Balance {
    layer: String,
    units: Vec<Vec<f64>>,
    /// Whether gradient flow keeps it: the activation is homogeneous.
    kept: bool,
}

/// All weights of a network over the epochs.
#[derive(Debug, Clone)]
pub struct Turns {
    epochs: Vec<usize>,
    matrices: Vec<Matrix>,
    balances: Vec<Balance>,
}

/// A singular triplet of a layer after an epoch.
#[derive(Debug, Clone, Serialize)]
struct TurnRow<'a> {
    epoch: usize,
    layer: &'a str,
    index: usize,
    singular_value: f64,
    /// How far the right and the left singular vector have turned since the first epoch, degrees.
    right_turned: f64,
    left_turned: f64,
}

/// Curves that a panel shows, the largest singular values.
const SHOWN: usize = 6;

/// Ellipses in a strip.
const STRIP: usize = 6;

impl Turns {
    /// Follows the weights of `networks`, one per epoch, all of one shape.
    ///
    /// # Errors
    /// If there is none, shapes differ, or a weight is not finite.
    pub fn new(epochs: &[usize], networks: &[Frozen]) -> Result<Self> {
        let Some(first) = networks.first().filter(|_| networks.len() == epochs.len()) else {
            return Err(Error::matrix("turns", "there is no network"));
        };
        let mut matrices = Vec::new();
        let mut balances = Vec::new();
        for (k, layer) in first.layers.iter().enumerate() {
            let own = networks
                .iter()
                .map(|network| network.layers[k].weight.as_ref());
            matrices.push(Matrix {
                layer: layer.name.clone(),
                shape: [layer.units(), layer.inputs()],
                path: follow(own)?,
            });
            if k + 1 == first.layers.len() {
                continue;
            }
            let units = networks.iter().map(|network| {
                let (own, next) = (&network.layers[k], &network.layers[k + 1]);
                balance(own.weight.as_ref(), &own.bias, next.weight.as_ref())
            });
            balances.push(Balance {
                layer: layer.name.clone(),
                units: units.collect(),
                kept: matches!(
                    layer.activation,
                    Activation::Relu | Activation::LeakyRelu { .. } | Activation::Identity
                ),
            });
        }
        Ok(Self {
            epochs: epochs.to_vec(),
            matrices,
            balances,
        })
    }

    /// Of a run's captured epochs.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of_run(run: &Run) -> Result<Self> {
        let epochs = run.epochs()?;
        let networks: Vec<Frozen> = epochs
            .iter()
            .map(|&epoch| run.frozen(epoch))
            .collect::<Result<_>>()?;
        Self::new(&epochs, &networks)
    }

    /// How many epochs there are.
    pub fn len(&self) -> usize {
        self.epochs.len()
    }

    /// Never: there is at least one epoch.
    pub fn is_empty(&self) -> bool {
        self.epochs.is_empty()
    }

    /// Two panels per matrix, one per hidden layer for its balance, one per 2 x 2 matrix for what it does to a circle.
    pub fn figure(&self) -> Figure {
        let mut panels: Vec<Panel> = Vec::new();
        for matrix in &self.matrices {
            panels.extend(self.curves(matrix));
        }
        for balance in &self.balances {
            panels.push(self.balance(balance));
        }
        for matrix in self.square() {
            panels.push(self.strip(matrix));
        }
        let mut caption = String::from(
            "Left: the singular values of each weight matrix, each followed through crossings by its vectors. Right: how far \
             the right singular vectors, the directions of the input that the matrix looks at, have turned since the first \
             epoch.",
        );
        if !self.balances.is_empty() {
            caption += " Balance: for every hidden unit, the squared length of the weights and the bias into it minus that of \
                        the weights out of it. Small steps of gradient descent keep it where the activation is homogeneous, \
                        as ReLU is.";
        }
        if self.square().next().is_some() {
            caption += " Ellipses: what a 2 × 2 matrix does to the unit circle, with its two axes.";
        }
        let rows = panels.len().div_ceil(2) as u32;
        Figure::new("What training does to each matrix")
            .caption(caption)
            .size(1000, 130 + 270 * rows)
            .panels(2, panels)
    }

    /// What each matrix does to a circle, or the square of its largest directions, after the epoch at `step`.
    pub fn frame(&self, step: usize) -> Figure {
        let panels: Vec<Panel> = self
            .matrices
            .iter()
            .map(|matrix| self.moment(matrix, step))
            .collect();
        let columns = panels.len().clamp(1, 3);
        let rows = panels.len().div_ceil(columns) as u32;
        Figure::new("")
            .size(360 * columns as u32, 20 + 370 * rows)
            .panels(columns, panels)
    }

    /// The two leading input directions, as long as the matrix stretches them; and where they were at first.
    fn moment(&self, matrix: &Matrix, step: usize) -> Panel {
        let [_, inputs] = matrix.shape;
        let all = matrix.path.iter().flat_map(|at| &at.s);
        let reach = 1.15 * all.fold(f64::MIN_POSITIVE, |most, s| most.max(*s));
        let (first, now) = (&matrix.path[0], &matrix.path[step]);
        let name = literal(&matrix.layer);
        let note = format!("epoch {}", self.epochs[step]);
        if inputs != 2 {
            let values = now.s.iter().enumerate().take(SHOWN);
            let mut panel = Panel::new()
                .labels("", "singular value")
                .title(format!("{name}: sizes"))
                .range([-0.6, now.s.len().min(SHOWN) as f64 - 0.4], [0.0, reach])
                .note(note);
            panel.x.names = Some(Vec::new());
            for (k, &s) in values {
                let x = k as f64;
                let bar = [[x - 0.3, 0.0], [x + 0.3, 0.0], [x + 0.3, s], [x - 0.3, s]];
                panel = panel.polygon(bar, stroke(k, 1.0).colour.fade(0.8));
            }
            return panel;
        }
        let mut panel = Panel::plane("$x_1$", "$x_2$")
            .title(format!("{name}: what it stretches"))
            .range([-reach, reach], [-reach, reach])
            .note(note);
        for (at, fade) in [(first, 0.25), (now, 1.0)] {
            let shape = sized(at, &at.v);
            panel = panel.line(shape, Stroke::new(Colour::TEXT.fade(fade), 1.4));
            for k in 0..at.s.len() {
                let tip = [0, 1].map(|i| at.s[k] * at.v[(i, k)]);
                panel = panel.mark(Mark::Arrow {
                    from: [0.0, 0.0],
                    to: tip,
                    stroke: Stroke::new(Colour::accent(k).fade(fade), 2.2),
                });
            }
        }
        panel
    }

    fn square(&self) -> impl Iterator<Item = &Matrix> {
        self.matrices.iter().filter(|matrix| matrix.shape == [2, 2])
    }

    fn curves(&self, matrix: &Matrix) -> [Panel; 2] {
        let count = matrix.path[0].s.len();
        let shown = self.largest(matrix);
        let [units, inputs] = matrix.shape;
        let more = if shown.len() < count {
            format!(", the largest {SHOWN} of {count}")
        } else {
            String::new()
        };
        let name = literal(&matrix.layer);
        let mut sizes = Panel::new()
            .labels("epoch", "singular value")
            .title(format!("{name} ({units} × {inputs}){more}"));
        let mut angles = Panel::new()
            .labels("epoch", "turned by (°)")
            .title(format!("{name}: right singular vectors"));
        let mut most = 1.0_f64;
        for (place, &k) in shown.iter().enumerate() {
            let stroke = stroke(place, 2.0);
            let points = |of: &dyn Fn(&Followed) -> f64| -> Vec<[f64; 2]> {
                let at = self.epochs.iter().zip(&matrix.path);
                at.map(|(&epoch, at)| [epoch as f64, of(at)]).collect()
            };
            sizes = sizes.line(points(&|at| at.s[k]), stroke);
            let turned = points(&|at| at.turned(&matrix.path[0], k));
            most = turned.iter().fold(most, |most, point| most.max(point[1]));
            angles = angles.line(turned, stroke);
        }
        let from = self.epochs[0] as f64;
        let to = (self.epochs[self.epochs.len() - 1] as f64).max(from + 1.0);
        let tallest = matrix
            .path
            .iter()
            .flat_map(|at| &at.s)
            .fold(0.0_f64, |a, &b| a.max(b));
        let ceiling = if tallest > 0.0 { 1.08 * tallest } else { 1.0 };
        if inputs == 1 {
            angles = angles.note("one input has one direction");
        }
        [
            sizes.range([from, to], [0.0, ceiling]),
            angles.range([from, to], [0.0, 1.08 * most]),
        ]
    }

    /// The triplets to show: those that are largest at some epoch.
    fn largest(&self, matrix: &Matrix) -> Vec<usize> {
        let count = matrix.path[0].s.len();
        let peak = |k: usize| matrix.path.iter().map(|at| at.s[k]).fold(0.0, f64::max);
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| peak(b).total_cmp(&peak(a)).then(a.cmp(&b)));
        order.truncate(SHOWN);
        order.sort_unstable();
        order
    }

    fn balance(&self, balance: &Balance) -> Panel {
        let units = balance.units[0].len();
        let width = if units > 20 { 0.7 } else { 1.6 };
        let fade = if units > 20 { 0.55 } else { 1.0 };
        let mut panel = Panel::new().labels("epoch", "in − out").title(format!(
            "balance of {}'s {units} units",
            literal(&balance.layer)
        ));
        for unit in 0..units {
            let at = self.epochs.iter().zip(&balance.units);
            let points: Vec<[f64; 2]> = at.map(|(&epoch, at)| [epoch as f64, at[unit]]).collect();
            let colour = stroke(unit % 6, 1.0).colour.fade(fade);
            panel = panel.line(points, Stroke::new(colour, width));
        }
        if balance.kept {
            panel
        } else {
            panel.note("not homogeneous: nothing keeps it")
        }
    }

    /// Ellipses along the epochs.
    fn strip(&self, matrix: &Matrix) -> Panel {
        let last = self.epochs.len() - 1;
        let count = STRIP.min(last + 1);
        let steps: Vec<usize> = (0..count)
            .map(|k| if count > 1 { k * last / (count - 1) } else { 0 })
            .collect();
        let largest = steps
            .iter()
            .flat_map(|&step| &matrix.path[step].s)
            .fold(f64::MIN_POSITIVE, |most, s| most.max(*s));
        let mut panel = Panel::diagram().title(format!("{} of a circle", literal(&matrix.layer)));
        panel = panel.frame(Frame::Bare);
        for (k, &step) in steps.iter().enumerate() {
            let at = &matrix.path[step];
            let shift = 2.4 * k as f64;
            let place = |p: [f64; 2]| [shift + p[0] / largest, p[1] / largest];
            let image: Vec<[f64; 2]> = sized(at, &at.u).into_iter().map(place).collect();
            panel = panel
                .polygon(image.clone(), Colour::accent(2).fade(0.12))
                .line(image, Stroke::new(Colour::TEXT, 1.2));
            for i in 0..2 {
                let tip = [0, 1].map(|row| at.s[i] * at.u[(row, i)]);
                panel = panel.arrow(place([0.0, 0.0]), place(tip), stroke(i, 1.0).colour);
            }
            let label = format!("epoch {}", self.epochs[step]);
            panel = panel.label([shift, -1.15], Anchor::Top, label, Colour::MUTED);
        }
        panel
    }

    fn rows(&self) -> impl Iterator<Item = TurnRow<'_>> {
        self.epochs
            .iter()
            .enumerate()
            .flat_map(move |(step, &epoch)| {
                self.matrices.iter().flat_map(move |matrix| {
                    let (first, at) = (&matrix.path[0], &matrix.path[step]);
                    (0..at.s.len()).map(move |index| TurnRow {
                        epoch,
                        layer: &matrix.layer,
                        index,
                        singular_value: at.s[index],
                        right_turned: at.turned(first, index),
                        left_turned: at.left_turned(first, index),
                    })
                })
            })
    }

    /// The tables as CSV, by file name: singular triplets, and the balance of every unit.
    ///
    /// # Errors
    /// If a line cannot be written.
    pub fn csv(&self) -> Result<[(&'static str, Vec<u8>); 2]> {
        let header = [
            "epoch",
            "layer",
            "index",
            "singular_value",
            "right_turned_degrees",
            "left_turned_degrees",
        ];
        let turns = self.rows().map(|row| {
            vec![
                row.epoch.to_string(),
                row.layer.to_owned(),
                row.index.to_string(),
                format!("{:?}", row.singular_value),
                format!("{:?}", row.right_turned),
                format!("{:?}", row.left_turned),
            ]
        });
        let balances = self.epochs.iter().enumerate().flat_map(|(step, epoch)| {
            self.balances.iter().flat_map(move |balance| {
                let units = balance.units[step].iter().enumerate();
                units.map(move |(unit, value)| {
                    vec![
                        epoch.to_string(),
                        balance.layer.clone(),
                        unit.to_string(),
                        format!("{value:?}"),
                    ]
                })
            })
        });
        Ok([
            ("turns.csv", csv_of(&header, turns)?),
            (
                "balance.csv",
                csv_of(&["epoch", "layer", "unit", "balance"], balances)?,
            ),
        ])
    }

    /// The triplets as JSON.
    ///
    /// # Errors
    /// If they cannot be written.
    pub fn json(&self) -> Result<Vec<u8>> {
        super::written::json_of(&self.rows().collect::<Vec<_>>())
    }
}

/// A closed ellipse whose axes are the columns of `axes` (2 x 1 or 2), as long as the singular values.
fn sized(at: &Followed, axes: &Mat<f64>) -> Vec<[f64; 2]> {
    (0..=96)
        .map(|i| {
            let angle = std::f64::consts::TAU * f64::from(i) / 96.0;
            let circle = [libm::cos(angle), libm::sin(angle)];
            [0, 1].map(|row| {
                let terms = (0..at.s.len()).map(|k| at.s[k] * circle[k] * axes[(row, k)]);
                terms.sum()
            })
        })
        .collect()
}
