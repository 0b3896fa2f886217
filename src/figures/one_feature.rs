//! One feature: the score or the classes' probabilities over it, with the samples.

use faer::Mat;

use super::decision::Decision;
use super::scatter::{axis_label, class_names, legible};
use crate::data::{Dataset, Standardiser, Target};
use crate::error::{Error, Result};
use crate::geometry::Bounds;
use crate::model::{Activation, Frozen};
use crate::plot::text::{self, literal};
use crate::plot::ticks::number;
use crate::plot::{
    ClassField, Colormap, Colour, Dash, Face, Field, Figure, Frame, Mark, Panel, Point, Shape,
    Sign, Stroke, class_shape, radius,
};

/// Places at which the network is evaluated.
const PLACES: usize = 481;
/// How far samples are spread up and down, so that they don't hide each other.
const STREWN: f64 = 0.035;
/// Between the strips of samples of several classes.
const STRIP: f64 = 0.055;

/// Data of one feature, in its own units, and the way from there to what the network sees.
#[derive(Debug, Clone)]
pub struct OneFeature {
    data: Dataset,
    /// Mean and deviation, where the network sees the feature standardised.
    scale: Option<(f64, f64)>,
    range: [f64; 2],
}

impl OneFeature {
    /// Of the training data `train` (n x 1) as the network sees them: after `standardiser`, if any.
    ///
    /// # Errors
    /// If there is not one feature, no sample, or more classes than a picture can show.
    pub fn new(train: &Dataset, standardiser: Option<&Standardiser>) -> Result<Self> {
        if train.dimensions() != 1 {
            return Err(Error::invalid(
                "figure",
                format!(
                    "the data has {} features, this picture shows 1",
                    train.dimensions()
                ),
                "draw `boundary` or `data` instead",
            ));
        }
        legible(train)?;
        let features = standardiser.map_or_else(
            || train.features.clone(),
            |standardiser| standardiser.inverse(&train.features),
        );
        let line = Mat::from_fn(features.nrows(), 2, |i, j| {
            if j == 0 { features[(i, 0)] } else { 0.0 }
        });
        let Bounds { x, .. } = Bounds::around(line.as_ref(), 0.08)?;
        Ok(Self {
            data: Dataset {
                features,
                ..train.clone()
            },
            scale: standardiser.map(|s| (s.means[0], s.deviations[0])),
            range: [x.0, x.1],
        })
    }

    /// Shows the feature from `from` to `to` instead of around the samples.
    ///
    /// # Errors
    /// If that is not a range.
    pub fn between(mut self, (from, to): (f64, f64)) -> Result<Self> {
        let Bounds { x, .. } = Bounds::new((from, to), (0.0, 1.0))?;
        self.range = [x.0, x.1];
        Ok(self)
    }

    /// The samples alone: a strip per class, or the target over the feature.
    pub fn samples(&self) -> Figure {
        let panel = match &self.data.target {
            Target::Values { values, names } => {
                let points = self.points(|i| values[(i, 0)]);
                self.panel(&literal(&names[0])).points(
                    points.clone(),
                    Colour::accent(0),
                    radius(points.len()),
                )
            }
            Target::Classes { labels, .. } => {
                let names = class_names(&self.data);
                let rows = names.len() as f64;
                let row = |class: usize| rows - 1.0 - class as f64;
                let points = self.points(|i| row(labels[i]) + 7.0 * STREWN * strewn(i));
                let names = text::distinct(&names, 11.0, Face::Regular, 170.0);
                let mut panel = self
                    .panel("")
                    .range(self.range, [-0.5, rows - 0.5])
                    .marks(by_class(&points, labels, names.len()));
                let places = names.into_iter().enumerate();
                panel.y.names = Some(places.map(|(k, name)| (row(k), name)).collect());
                panel
            }
        };
        let rows = self.data.class_count().unwrap_or(10) as u32;
        Figure::new("Training data")
            .size(720, 150 + (48 * rows).clamp(150, 850))
            .panel(panel)
    }

    /// What `network` makes of the feature: for two classes the probability of the second, for several each one's, for
    /// numbers the prediction, a panel per target.
    ///
    /// # Errors
    /// If the network has another number of inputs, or its last layer is not a classifier.
    pub fn score(&self, network: &Frozen) -> Result<Vec<Panel>> {
        let inputs = network.layers.first().map_or(0, |first| first.inputs());
        if inputs != 1 {
            return Err(Error::matrix(
                "score",
                format!("the network has {inputs} inputs, the data one feature"),
            ));
        }
        match &self.data.target {
            Target::Values { values, names } => (0..values.ncols())
                .map(|k| self.prediction(network, values, k, &names[k]))
                .collect(),
            Target::Classes { labels, .. } => {
                let decision = Decision::of(network)?;
                let classes = decision.classes().unwrap_or(0);
                if Some(classes) != self.data.class_count() {
                    return Err(Error::matrix(
                        "score",
                        format!(
                            "the network decides between {classes} classes, the data has others"
                        ),
                    ));
                }
                let (head, _) = network.split_at(network.layers.len() - 1);
                let probabilities = |xs: &[f64]| -> Mat<f64> {
                    let seen = head.forward(self.seen(xs).as_ref());
                    match &decision {
                        Decision::Two(readout) => {
                            let second = readout.probability(seen.as_ref());
                            Mat::from_fn(xs.len(), 2, |i, class| match class {
                                0 => 1.0 - second[i],
                                _ => second[i],
                            })
                        }
                        Decision::Several(last) => {
                            let mut softmax = last.clone();
                            softmax.activation = Activation::Softmax;
                            softmax.forward(seen.as_ref())
                        }
                    }
                };
                Ok(vec![self.classes(labels, classes, &probabilities)])
            }
        }
    }

    /// The same for any function that gives a probability per class (n x k) for places along the feature; `None` for a
    /// regression.
    pub(super) fn score_of(&self, probabilities: &dyn Fn(&[f64]) -> Mat<f64>) -> Option<Panel> {
        let classes = self.data.class_count()?;
        let labels = self.data.labels()?;
        Some(self.classes(labels, classes, probabilities))
    }

    /// Probabilities over the feature, the regions behind them, and the samples in strips.
    fn classes(
        &self,
        labels: &[usize],
        classes: usize,
        probabilities: &dyn Fn(&[f64]) -> Mat<f64>,
    ) -> Panel {
        let names = class_names(&self.data);
        let xs = self.places();
        let p = probabilities(&xs);
        let curve = |class: usize| -> Vec<Point> {
            xs.iter()
                .enumerate()
                .map(|(i, &x)| [x, p[(i, class)]])
                .collect()
        };
        let borders = borders(&xs, &p, probabilities);
        let two = classes == 2;
        // Two classes stand at 0 and 1, where their probability is; several in strips below.
        let place = |i: usize| match two {
            true => labels[i] as f64 + STREWN * strewn(i),
            false => -0.08 - STRIP * labels[i] as f64 + 0.4 * STREWN * strewn(i),
        };
        let bottom = if two {
            -0.12
        } else {
            -0.1 - STRIP * classes as f64
        };
        let y = [bottom, if two { 1.12 } else { 1.05 }];
        let mut panel = if two {
            self.panel(&format!("probability of {}", names[1]))
        } else {
            self.panel("probability")
        }
        .frame(Frame::Box)
        .range(self.range, y)
        .mark(self.regions(&p, classes, y));
        panel = panel.line(
            [[self.range[0], 0.5], [self.range[1], 0.5]],
            Stroke::new(Colour::AXIS, 1.0).dash(Dash::Dashed),
        );
        for x in borders {
            panel = panel.line(
                [[x, y[0]], [x, y[1]]],
                Stroke::new(Colour::TEXT, 1.4).dash(Dash::Dotted),
            );
        }
        if two {
            panel = panel.line(curve(1), Stroke::new(Colour::TEXT, 2.2));
        } else {
            for class in 0..classes {
                panel = panel.line(curve(class), Stroke::new(Colour::TEXT.fade(0.7), 3.0));
                panel = panel.line(curve(class), Stroke::new(Colour::class(class), 2.0));
            }
        }
        let points = self.points(place);
        panel = panel.marks(by_class(&points, labels, classes));
        for (class, name) in names.iter().enumerate() {
            let sign = Sign::Point(Colour::class(class), class_shape(class));
            panel = panel.key(name.as_str(), sign);
        }
        let quarters = (0..=4).map(|k| 0.25 * f64::from(k));
        panel.y.names = Some(quarters.map(|v| (v, number(v))).collect());
        panel
    }

    /// The likeliest class over the feature, as a band behind everything.
    fn regions(&self, p: &Mat<f64>, classes: usize, y: [f64; 2]) -> Mark {
        let (low, high) = ([self.range[0], y[0]], [self.range[1], y[1]]);
        if classes == 2 {
            return Mark::Field {
                field: Field {
                    columns: p.nrows(),
                    rows: 1,
                    values: p.col(1).iter().map(|p| 0.5 + 0.6 * (p - 0.5)).collect(),
                    range: [0.0, 1.0],
                    colormap: Colormap::Classes,
                    smooth: true,
                },
                low,
                high,
            };
        }
        Mark::Classes {
            field: ClassField {
                columns: p.nrows(),
                rows: 1,
                classes,
                probabilities: p
                    .row_iter()
                    .flat_map(|row| row.iter().copied().collect::<Vec<f64>>())
                    .collect(),
                strength: 0.6,
                logarithms: true,
            },
            low,
            high,
        }
    }

    /// A regression's prediction over the feature, with the samples.
    fn prediction(
        &self,
        network: &Frozen,
        values: &Mat<f64>,
        target: usize,
        name: &str,
    ) -> Result<Panel> {
        let xs = self.places();
        let output = network.forward(self.seen(&xs).as_ref());
        if output.ncols() != values.ncols() {
            return Err(Error::matrix(
                "score",
                format!(
                    "the network has {} outputs, the data {} targets",
                    output.ncols(),
                    values.ncols()
                ),
            ));
        }
        let output = self.data.in_units(output);
        let curve: Vec<Point> = xs
            .iter()
            .enumerate()
            .map(|(i, &x)| [x, output[(i, target)]])
            .collect();
        let points = self.points(|i| values[(i, target)]);
        let heights = Mat::from_fn(
            points.len(),
            2,
            |i, j| if j == 0 { points[i][1] } else { 0.0 },
        );
        // The data set the window, so that it stays from epoch to epoch.
        let Bounds { x: (low, high), .. } = Bounds::around(heights.as_ref(), 0.15)?;
        let count = points.len();
        Ok(self
            .panel(&literal(name))
            .range(self.range, [low, high])
            .key("samples", Sign::Point(Colour::accent(0), Shape::Circle))
            .points(points, Colour::accent(0), radius(count))
            .curve("prediction", curve, Stroke::new(Colour::accent(1), 2.4)))
    }

    fn panel(&self, y: &str) -> Panel {
        let name = self.data.feature_names.first();
        let x = name.map_or_else(String::new, |name| axis_label(name));
        let mut panel = Panel::new().labels(x, y);
        panel.x.range = Some(self.range);
        panel
    }

    fn places(&self) -> Vec<f64> {
        let [from, to] = self.range;
        let along = |k: usize| k as f64 / (PLACES - 1) as f64;
        (0..PLACES)
            .map(|k| from * (1.0 - along(k)) + to * along(k))
            .collect()
    }

    /// What the network sees of places along the feature (n x 1).
    fn seen(&self, xs: &[f64]) -> Mat<f64> {
        Mat::from_fn(xs.len(), 1, |i, _| match self.scale {
            Some((mean, deviation)) => (xs[i] - mean) / deviation,
            None => xs[i],
        })
    }

    fn points(&self, height: impl Fn(usize) -> f64) -> Vec<Point> {
        let features = self.data.features.col(0);
        features
            .iter()
            .enumerate()
            .map(|(i, &x)| [x, height(i)])
            .collect()
    }
}

/// A number in [-1, 1] for each sample, spread evenly (the golden section's multiples).
fn strewn(i: usize) -> f64 {
    2.0 * (i as f64 * 0.618_033_988_749_895).fract() - 1.0
}

/// The samples by class, each with its colour and marker.
fn by_class(points: &[Point], labels: &[usize], classes: usize) -> Vec<Mark> {
    (0..classes)
        .map(|class| Mark::Points {
            points: points
                .iter()
                .zip(labels)
                .filter(|&(_, &label)| label == class)
                .map(|(&point, _)| point)
                .collect(),
            colour: Colour::class(class),
            radius: radius(points.len()),
            shape: class_shape(class),
            ring: true,
        })
        .collect()
}

/// Where the likeliest class changes, found by bisection between neighbouring places.
fn borders(xs: &[f64], p: &Mat<f64>, probabilities: &dyn Fn(&[f64]) -> Mat<f64>) -> Vec<f64> {
    let best = |p: &Mat<f64>, i: usize| {
        (0..p.ncols()).fold(0, |best, class| {
            if p[(i, class)] > p[(i, best)] {
                class
            } else {
                best
            }
        })
    };
    let mut found = Vec::new();
    for i in 1..xs.len() {
        let (left, right) = (best(p, i - 1), best(p, i));
        if left == right {
            continue;
        }
        let (mut from, mut to) = (xs[i - 1], xs[i]);
        for _ in 0..40 {
            let middle = 0.5 * from + 0.5 * to;
            if best(&probabilities(&[middle]), 0) == left {
                from = middle;
            } else {
                to = middle;
            }
        }
        found.push(0.5 * from + 0.5 * to);
    }
    found
}

/// The picture of one network: its panels, titled.
pub(super) fn figure(line: &OneFeature, network: &Frozen, source: &str) -> Result<Figure> {
    Ok(titled(line, line.score(network)?, source))
}

/// Panels of a score, titled; `source` names the model.
pub(super) fn titled(line: &OneFeature, panels: Vec<Panel>, source: &str) -> Figure {
    let caption = if line.data.labels().is_none() {
        "The prediction over the only feature, with the samples."
    } else if line.data.class_count() == Some(2) {
        "The probability over the only feature; the samples stand at 0 and 1, strewn a little. Dotted: where the \
         decision changes."
    } else {
        "Each class's probability over the only feature, and the samples below. Dotted: where the likeliest class \
         changes."
    };
    let columns = panels.len().min(2);
    let rows = panels.len().div_ceil(columns.max(1)) as u32;
    Figure::new("Score over the feature")
        .caption(format!("{source}. {caption}"))
        .size(if columns < 2 { 720 } else { 1040 }, 100 + 420 * rows)
        .panels(columns, panels)
}

/// A label inside the picture, as animations carry it.
pub(super) fn with_note(mut panels: Vec<Panel>, note: &str) -> Vec<Panel> {
    for panel in &mut panels {
        note.clone_into(&mut panel.note);
    }
    panels
}
