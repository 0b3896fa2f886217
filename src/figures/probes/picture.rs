//! The picture of the probes: a strip of layers and epochs, and the curves of accuracy and margin.

use super::super::history::stroke;
use super::{ProbeRow, Probes};
use crate::geometry::Probe;
use crate::plot::text::literal;
use crate::plot::{Anchor, Colour, Dash, Figure, Frame, Mark, Panel, Shape, Sign, Stroke};

impl Probes {
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
}
