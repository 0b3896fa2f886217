//! Linear probes over a training: when each layer becomes separable, and how widely.

use faer::{Mat, MatRef};
use rayon::prelude::*;
use serde::Serialize;

use super::history::stroke;
use super::training::class_pairs;
use super::written::csv_of;
use crate::error::{Error, Result};
use crate::geometry::{Probe, Prober};
use crate::model::{Activation, Frozen, Moment, Site};
use crate::plot::text::literal;
use crate::plot::{Anchor, Colour, Dash, Figure, Frame, Mark, Panel, Shape, Sign, Stroke};
use crate::run::Run;

/// What a probe found at a site after an epoch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProbeRow {
    /// Epochs done.
    pub epoch: usize,
    /// `input`, the layer's name, or of the last layer its name with `.pre`: before a sigmoid or softmax.
    pub site: String,
    /// The dimensions there.
    pub units: usize,
    /// What was found; `None` where the classes come too close to decide. For more than two classes, that of the worst pair: the
    /// least accuracy, then the least margin.
    #[serde(flatten)]
    pub probe: Option<Probe>,
    /// The captured epoch since which the site stays separable, if it is at the end.
    pub separable_since: Option<usize>,
}

/// All sites after all captured epochs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Probes {
    /// The sites from the input to the output.
    pub sites: Vec<String>,
    /// The captured epochs, ascending.
    pub epochs: Vec<usize>,
    /// Epoch by epoch, in each site by site.
    pub rows: Vec<ProbeRow>,
    /// The number of classes.
    pub classes: usize,
}

impl Probes {
    /// Probes the network after each of `epochs` on `features` (n x inputs) with a label for each row.
    ///
    /// # Errors
    /// If fewer than two classes occur, a network can't be read, or it yields numbers that are not finite.
    pub fn new(
        features: MatRef<'_, f64>,
        labels: &[usize],
        epochs: &[usize],
        network: impl Fn(usize) -> Result<Frozen>,
    ) -> Result<Self> {
        let pairs: Vec<Pair> = class_pairs(labels)
            .into_iter()
            .map(|classes| Pair::new(labels, classes))
            .collect();
        if pairs.is_empty() {
            return Err(Error::invalid(
                "probes",
                "the training data are all of one class",
                "train on data with two classes or more",
            ));
        }
        let mut probers: Vec<Vec<Prober>> = Vec::new();
        let (mut rows, mut sites) = (Vec::new(), Vec::new());
        let mut input: Option<Option<Probe>> = None;
        for &epoch in epochs {
            let network = network(epoch)?;
            let stages = stages(&network, features);
            if let Some((site, _)) = stages.iter().find(|(_, x)| !is_finite(x)) {
                return Err(Error::invalid(
                    format!("probes of {site} after epoch {epoch}"),
                    "some activations are not finite",
                    "look at an earlier epoch, or train with a smaller learning rate",
                ));
            }
            probers.resize(stages.len(), vec![Prober::new(); pairs.len()]);
            let found: Vec<Option<Probe>> = probers
                .par_iter_mut()
                .zip(&stages)
                .enumerate()
                .map(|(k, (probers, (_, points)))| match input {
                    // The data stay.
                    Some(known) if k == 0 => known,
                    _ => worst(probers, &pairs, points),
                })
                .collect();
            input = found.first().copied();
            sites = stages.iter().map(|(site, _)| site.clone()).collect();
            for ((site, points), probe) in stages.into_iter().zip(found) {
                rows.push(ProbeRow {
                    epoch,
                    site,
                    units: points.ncols(),
                    probe,
                    separable_since: None,
                });
            }
        }
        let count = sites.len();
        for k in 0..count {
            let own = rows.iter().skip(k).step_by(count);
            let tail = own
                .rev()
                .take_while(|row| row.probe.is_some_and(|probe| probe.separable));
            let since = tail.last().map(|row| row.epoch);
            for row in rows.iter_mut().skip(k).step_by(count) {
                row.separable_since = since;
            }
        }
        let classes = labels
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len();
        Ok(Self {
            sites,
            epochs: epochs.to_vec(),
            rows,
            classes,
        })
    }

    /// Of a run.
    ///
    /// # Errors
    /// As [`new`](Self::new), and if the run is a regression.
    pub fn of_run(run: &Run) -> Result<Self> {
        let train = run.split()?.train;
        let labels = train.labels().ok_or_else(|| {
            Error::invalid(
                "probes",
                "a regression has no classes to tell apart",
                "draw `prediction` or `turns` instead",
            )
        })?;
        Self::new(train.features.as_ref(), labels, &run.epochs()?, |epoch| {
            run.frozen(epoch)
        })
    }

    /// The table as JSON.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn json(&self) -> Result<Vec<u8>> {
        super::written::json_of(self)
    }

    /// A site's rows, epoch by epoch.
    pub fn of_site(&self, site: usize) -> impl Iterator<Item = &ProbeRow> {
        self.rows.iter().skip(site).step_by(self.sites.len().max(1))
    }

    /// The strip of layers and epochs, and the curves of accuracy and margin below.
    pub fn figure(&self) -> Figure {
        let sites = self.sites.len();
        let mut caption = String::from(
            "Can a hyperplane tell the classes apart in this layer? Blue: yes, proven in exact arithmetic, the darker the wider \
             the margin. Orange: no, proven as well, the darker the more samples the best hyperplane has right. The margin \
             is Euclidean, in units of the distance of the farthest sample from the mean, so that layers compare.",
        );
        if self.classes > 2 {
            caption += " Of several classes, the pair that is told apart worst.";
        }
        let beyond = self.rows.iter().any(|row| {
            row.probe
                .is_some_and(|probe| probe.accuracy < probe.accuracy_at_most)
        });
        if beyond {
            caption += " Where the best hyperplane is not known, the accuracy is that of the best that was found.";
        }
        let height = 640 + 34 * sites as u32;
        Figure::new("Linear probes: where and when the classes come apart")
            .caption(caption)
            .size(960, height)
            .panels(1, [self.strip(), self.accuracies(), self.margins()])
    }

    fn range(&self) -> [f64; 2] {
        let edges = self.edges();
        [edges[0], edges[edges.len() - 1]]
    }

    /// Where the cells of the epochs begin and end.
    fn edges(&self) -> Vec<f64> {
        let at = |k: usize| self.epochs[k] as f64;
        let last = self.epochs.len() - 1;
        let first_step = if last > 0 { at(1) - at(0) } else { 1.0 };
        let last_step = if last > 0 {
            at(last) - at(last - 1)
        } else {
            1.0
        };
        let mut edges = vec![at(0) - 0.5 * first_step];
        edges.extend((0..last).map(|k| 0.5 * (at(k) + at(k + 1))));
        edges.push(at(last) + 0.5 * last_step);
        edges
    }

    fn strip(&self) -> Panel {
        let sites = self.sites.len();
        let widest = self
            .rows
            .iter()
            .filter_map(|row| row.probe?.margin)
            .fold(f64::MIN_POSITIVE, f64::max);
        let edges = self.edges();
        let mut panel = Panel::new()
            .frame(Frame::Box)
            .labels("epoch", "")
            .range(self.range(), [-0.5, sites as f64 - 0.5]);
        panel.y.names = Some(
            (0..sites)
                .map(|k| ((sites - 1 - k) as f64, self.label(k)))
                .collect(),
        );
        for k in 0..sites {
            let y = (sites - 1 - k) as f64;
            let mut cells: Vec<(f64, f64, Colour)> = Vec::new();
            for (e, row) in self.of_site(k).enumerate() {
                let fill = match row.probe {
                    None => continue,
                    Some(Probe {
                        margin: Some(margin),
                        ..
                    }) => Colour::accent(2).fade(0.35 + 0.65 * (margin / widest).sqrt()),
                    Some(probe) => {
                        Colour::accent(1).fade(0.15 + 0.85 * (2.0 * probe.accuracy - 1.0).max(0.0))
                    }
                };
                let (x0, x1) = (edges[e], edges[e + 1]);
                match cells.last_mut() {
                    Some((_, end, same)) if *end == x0 && *same == fill => *end = x1,
                    _ => cells.push((x0, x1, fill)),
                }
            }
            for (x0, x1, fill) in cells {
                let (low, high) = (y - 0.42, y + 0.42);
                panel = panel.polygon([[x0, low], [x1, low], [x1, high], [x0, high]], fill);
            }
            panel = panel.mark(self.verdict(k, y));
        }
        let sign = |accent: usize| Sign::Point(Colour::accent(accent), Shape::Square);
        panel
            .key("separable", sign(2))
            .key("not separable", sign(1))
    }

    /// The words at the right end of a site's row.
    fn verdict(&self, site: usize, y: f64) -> Mark {
        let last = self.of_site(site).last();
        let text = match last.map(|row| (row.separable_since, row.probe)) {
            Some((Some(since), _)) if since == self.epochs[0] => "separable throughout".to_owned(),
            Some((Some(since), _)) => format!("separable since epoch {since}"),
            Some((None, Some(probe))) => {
                let about = if probe.accuracy < probe.accuracy_at_most {
                    "at least"
                } else {
                    "best line"
                };
                format!("not separable: {about} {:.1} %", 100.0 * probe.accuracy)
            }
            _ => "undecided: too close to tell".to_owned(),
        };
        Mark::Text {
            at: [self.range()[1], y],
            offset: [-8.0, 0.0],
            text,
            anchor: Anchor::Right,
            size: 12.5,
            colour: Colour::TEXT,
            halo: true,
            bold: true,
        }
    }

    fn label(&self, site: usize) -> String {
        let units = self.of_site(site).next().map_or(0, |row| row.units);
        format!("{} ({units})", literal(&self.sites[site]))
    }

    fn accuracies(&self) -> Panel {
        let [from, to] = self.range();
        let values = |row: &ProbeRow| Some(100.0 * row.probe?.accuracy);
        let all = self.rows.iter().filter_map(values);
        let low = all.fold(100.0, f64::min);
        let panel = Panel::new()
            .labels("epoch", "best hyperplane (%)")
            .range([from, to], [(low - 2.0).max(0.0), 101.0]);
        self.curves(panel, values)
    }

    fn margins(&self) -> Panel {
        let [from, to] = self.range();
        let values = |row: &ProbeRow| row.probe?.margin;
        let most = self.rows.iter().filter_map(values).fold(0.0, f64::max);
        let panel = Panel::new().labels("epoch", "margin / radius").range(
            [from, to],
            [0.0, if most > 0.0 { 1.08 * most } else { 1.0 }],
        );
        let mut panel = self.curves(panel, values);
        // The curves above have the same.
        panel.legend.clear();
        if most > 0.0 {
            panel
        } else {
            panel.note("no layer is separable at a captured epoch")
        }
    }

    /// A curve per site, in pieces where some epochs have no value.
    fn curves(&self, mut panel: Panel, value: impl Fn(&ProbeRow) -> Option<f64>) -> Panel {
        for k in 0..self.sites.len() {
            let stroke = stroke(k, 2.2);
            panel = panel.key(self.label(k), Sign::Line(stroke));
            let rows: Vec<&ProbeRow> = self.of_site(k).collect();
            for piece in rows.chunk_by(|a, b| value(a).is_some() == value(b).is_some()) {
                let points: Vec<[f64; 2]> = piece
                    .iter()
                    .filter_map(|row| Some([row.epoch as f64, value(row)?]))
                    .collect();
                if let [point] = points[..] {
                    panel = panel.points([point], stroke.colour, 2.5);
                } else if !points.is_empty() {
                    panel = panel.line(points, stroke);
                }
            }
            if let Some(since) = rows.first().and_then(|row| row.separable_since)
                && since > self.epochs[0]
            {
                let [low, high] = panel.y.range.unwrap_or([0.0, 1.0]);
                let x = since as f64;
                let thin = Stroke::new(stroke.colour, 1.0).dash(Dash::Dotted);
                panel = panel.line([[x, low], [x, high]], thin);
            }
        }
        panel
    }

    /// The table as CSV: a line per epoch and site.
    ///
    /// # Errors
    /// If a line cannot be written.
    pub fn csv(&self) -> Result<Vec<u8>> {
        let header = [
            "epoch",
            "site",
            "units",
            "separable",
            "margin_over_radius",
            "gap",
            "radius",
            "accuracy",
            "accuracy_at_most",
            "separable_since",
        ];
        let lines = self.rows.iter().map(|row| {
            let number = |of: fn(&Probe) -> f64| {
                row.probe
                    .map_or_else(String::new, |probe| format!("{:?}", of(&probe)))
            };
            let margin = row.probe.and_then(|probe| probe.margin);
            vec![
                row.epoch.to_string(),
                row.site.clone(),
                row.units.to_string(),
                row.probe
                    .map_or_else(|| "undecided".into(), |probe| probe.separable.to_string()),
                margin.map_or_else(String::new, |margin| format!("{margin:?}")),
                number(|probe| probe.gap),
                number(|probe| probe.radius),
                number(|probe| probe.accuracy),
                number(|probe| probe.accuracy_at_most),
                row.separable_since
                    .map_or_else(String::new, |since| since.to_string()),
            ]
        });
        csv_of(&header, lines)
    }
}

/// The samples of two classes.
struct Pair {
    rows: Vec<usize>,
    sides: Vec<usize>,
}

impl Pair {
    fn new(labels: &[usize], [a, b]: [usize; 2]) -> Self {
        let rows: Vec<usize> = (0..labels.len())
            .filter(|&row| labels[row] == a || labels[row] == b)
            .collect();
        let sides = rows.iter().map(|&row| usize::from(labels[row] == b));
        Self {
            sides: sides.collect(),
            rows,
        }
    }
}

/// The result of the worst separated pair; `None` if a pair comes too close to decide.
fn worst(probers: &mut [Prober], pairs: &[Pair], points: &Mat<f64>) -> Option<Probe> {
    let mut worst: Option<Probe> = None;
    for (prober, pair) in probers.iter_mut().zip(pairs) {
        let probe = if pair.rows.len() == points.nrows() {
            prober.probe(points.as_ref(), &pair.sides)
        } else {
            let own = Mat::from_fn(pair.rows.len(), points.ncols(), |i, j| {
                points[(pair.rows[i], j)]
            });
            prober.probe(own.as_ref(), &pair.sides)
        };
        let probe = probe.ok()?;
        let key = |probe: &Probe| (probe.accuracy, probe.margin.unwrap_or(0.0));
        if worst.is_none_or(|known| key(&probe) < key(&known)) {
            worst = Some(probe);
        }
    }
    worst
}

/// The data at every site on the way through the network.
pub(super) fn stages(network: &Frozen, features: MatRef<'_, f64>) -> Vec<(String, Mat<f64>)> {
    let mut stages = vec![("input".to_owned(), features.to_owned())];
    let last = network.layers.len().saturating_sub(1);
    for (k, layer) in network.layers.iter().enumerate() {
        let affine = layer.affine(stages[k].1.as_ref());
        // A squashing activation at the end would only round the scores.
        let squash = matches!(layer.activation, Activation::Sigmoid | Activation::Softmax);
        let (moment, value) = if k == last && squash {
            (Moment::Before, affine)
        } else {
            (Moment::After, layer.activate(affine))
        };
        let site = Site {
            layer: &layer.name,
            moment,
        };
        stages.push((site.to_string(), value));
    }
    stages
}

fn is_finite(points: &Mat<f64>) -> bool {
    (0..points.ncols()).all(|j| points.col(j).iter().all(|x| x.is_finite()))
}
