//! Space in motion: graph paper and data flow through a network, layer by layer, to where a straight line separates the
//! classes; and the line, or the lines between several classes, flows back to become the decision boundary (item D6).

use faer::{Mat, MatRef};

use super::boundary::SEPARATOR;
use super::camera::{between, growing, lattice, window};
use super::decision::Decision;
use super::legs::{Act, Leg, Legs};
use super::paper::Paper;
use super::scatter::by_target;
use super::{boundary_curves, plane, plane_points};
use crate::anim::{Easing, Moment, Segment, Timeline};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::geometry::journey::Track;
use crate::geometry::{Bounds, Slice, Stage};
use crate::model::Frozen;
use crate::plot::{Colour, Figure, Frame, Mark, Panel, Point, Stroke};

mod beside;
mod words;

pub use beside::Beside;

/// Lines of graph paper along each axis.
const LINES: usize = 17;
/// The animation's size in pixels of 1/96 inch.
const SIZE: (u32, u32) = (560, 530);
/// Regions are tinted paler than in a still, so that the points stay in front.
const STRENGTH: f64 = 0.65;

/// A network's motion, planned. Any network from the plane will do: layers from the plane to the plane rotate, stretch,
/// rotate, shift and bend; wide layers are seen in the projection that shows most, and the picture says how much.
#[derive(Debug)]
pub struct Flow {
    way: Legs,
    network: Frozen,
    /// The layers before the last as they act on the plane that input space is seen on.
    head_on_plane: Frozen,
    dataset: Dataset,
    grid: Paper,
    /// The way of everything that moves through each leg: of the grid, the data, the decision boundary.
    tracks: Vec<Track>,
    samples: usize,
    /// The vertices of each piece of the decision boundary.
    curves: Vec<usize>,
    /// What the last layer decides about the space before it, where that is a plane.
    decision: Option<Decision>,
    /// The window at the start, and at the end of each leg.
    windows: Vec<Bounds>,
    /// A short note on the plane.
    remark: String,
    /// What the segments of the timeline show; pauses show nothing of their own.
    scenes: Vec<(Scene, f64, f64)>,
}

/// What a movement of the animation shows.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Scene {
    /// A leg of the way.
    Leg(usize),
    /// The separating line appears.
    Line,
    /// The way back.
    Back,
    /// Input space again, divided by what the line has become.
    Home,
}

impl Flow {
    /// Plans the flow of `dataset` (n x 2) through `network`; for more features see [`from_slice`](Self::from_slice).
    ///
    /// The last layer draws the line and is not part of the motion.
    ///
    /// # Errors
    /// If the data are not in the plane or do not fit the network, or there is nothing before the last layer.
    pub fn new(network: &Frozen, dataset: &Dataset) -> Result<Self> {
        Self::plan(network, dataset, None)
    }

    /// Plans the flow of `dataset` (n x d, d more than 2): its samples themselves go through all of every layer, and are seen
    /// on `slice` before the first. The graph paper and the decision boundary are those of `slice`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_slice(network: &Frozen, dataset: &Dataset, slice: &Slice) -> Result<Self> {
        Self::plan(network, dataset, Some(slice))
    }

    fn plan(network: &Frozen, dataset: &Dataset, slice: Option<&Slice>) -> Result<Self> {
        super::scatter::legible(dataset)?;
        let data = dataset.features.as_ref();
        let seen = match slice {
            Some(slice) => slice.project(data),
            None => data.to_owned(),
        };
        let on_plane = match slice {
            Some(slice) => slice.network(network)?,
            None => network.clone(),
        };
        let before_last = network.layers.len().saturating_sub(1);
        let (head, _) = network.split_at(before_last);
        let (head_on_plane, _) = on_plane.split_at(before_last);
        let way = Legs::new(&head, slice, data)?;
        if way.legs.is_empty() {
            return Err(Error::matrix(
                "flow",
                "the network has no layer before the last one, or none that moves the data",
            ));
        }
        let ends_in_plane = head.layers.last().is_some_and(|layer| layer.units() == 2);
        let decision = match Decision::of(network) {
            Ok(decision) if ends_in_plane && decision.classes() == dataset.class_count() => {
                Some(decision)
            }
            _ => None,
        };
        let paper = Bounds::around(seen.as_ref(), 0.08)?;
        let curves = if decision.is_some() {
            boundary_curves(&on_plane, paper)?
        } else {
            Vec::new()
        };
        let grid = Paper::new(&head_on_plane, paper, LINES)?;
        let vertices: Vec<Point> = curves.iter().flatten().copied().collect();
        let (paper_rows, rows) = (grid.points.nrows(), grid.points.nrows() + data.nrows());
        let drawn = Mat::from_fn(paper_rows + vertices.len(), 2, |i, j| {
            if i < paper_rows {
                grid.points[(i, j)]
            } else {
                vertices[i - paper_rows][j]
            }
        });
        let drawn = match slice {
            Some(slice) => slice.lift(drawn.as_ref()),
            None => drawn,
        };
        let points = Mat::from_fn(rows + vertices.len(), data.ncols(), |i, j| {
            if i < paper_rows {
                drawn[(i, j)]
            } else if i < rows {
                data[(i - paper_rows, j)]
            } else {
                drawn[(i - data.nrows(), j)]
            }
        });
        let mut windows = vec![window(seen.as_ref())?];
        for leg in &way.legs {
            windows.push(window(way.at(leg, 1.0, data).as_ref())?);
        }
        let tracks = way.legs.iter().map(|leg| way.track(leg, points.as_ref()));
        let tracks = tracks.collect();
        let mut flow = Self {
            scenes: Vec::new(),
            remark: String::new(),
            dataset: dataset.clone(),
            samples: data.nrows(),
            curves: curves.iter().map(Vec::len).collect(),
            network: network.clone(),
            head_on_plane,
            way,
            grid,
            tracks,
            decision,
            windows,
        };
        flow.scenes = flow.direct();
        Ok(flow)
    }

    /// The same flow, with a note on the plane of input space, shown where the picture has no other note.
    #[must_use]
    pub fn remark(mut self, remark: &str) -> Self {
        remark.clone_into(&mut self.remark);
        self
    }

    /// What is shown when: (scene, seconds, pause after it).
    fn direct(&self) -> Vec<(Scene, f64, f64)> {
        let legs = self.way.legs.iter().enumerate().map(|(i, leg)| {
            let (seconds, pause) = match leg.act {
                Act::Stage(Stage::Translate) => (0.6, 0.4),
                Act::Activate => (2.6, 1.2),
                Act::Stage(Stage::Activate) => (1.4, 0.8),
                Act::Turn | Act::Affine => (1.6, 0.8),
                Act::Stage(_) => (0.8, 0.3),
            };
            (Scene::Leg(i), seconds, pause)
        });
        let mut scenes: Vec<_> = legs.collect();
        if self.decision.is_some() {
            scenes.push((Scene::Line, 0.8, 1.6));
            scenes.push((Scene::Back, 0.4 * self.way.legs.len() as f64, 0.2));
            scenes.push((Scene::Home, 0.6, 2.2));
        }
        scenes
    }

    /// When which movement is shown, at `fps` frames per second.
    ///
    /// # Errors
    /// If `fps` is out of range.
    pub fn timeline(&self, fps: u32) -> Result<Timeline> {
        // However few frames there are, each movement has one.
        let frame = 1.0 / f64::from(fps.max(1));
        let mut segments = vec![Segment::pause(frame.max(1.0))];
        for &(scene, seconds, pause) in &self.scenes {
            segments.push(Segment::motion(
                self.caption(scene),
                frame.max(seconds),
                Easing::Smooth,
            ));
            segments.push(Segment::pause(frame.max(pause)));
        }
        Timeline::new(fps, segments)
    }

    /// The picture of a moment of [`Self::timeline`].
    ///
    /// # Errors
    /// If a number of the network is not finite.
    ///
    /// # Panics
    /// If the moment is not one of this flow's timeline.
    pub fn draw(&self, moment: &Moment) -> Result<Figure> {
        // A pause, then movement and pause in turn: movement k is segment 2 k + 1.
        let (scene, ..) = self.scenes[(moment.segment - 1) / 2];
        let panel = self.during(scene, moment.eased)?;
        Ok(Figure::new("").size(SIZE.0, SIZE.1).panel(panel))
    }

    /// A movement as far as `t`, under its name.
    fn during(&self, scene: Scene, t: f64) -> Result<Panel> {
        let panel = match scene {
            Scene::Leg(leg) => self.on_the_way(leg, t)?,
            Scene::Line => self.separated(t)?,
            Scene::Back => self.on_the_way_back(t, 0.0)?,
            Scene::Home => self.on_the_way_back(1.0, t)?,
        };
        // A note that comes and goes must not move the plot.
        let note = if panel.note.is_empty() {
            " "
        } else {
            &panel.note
        }
        .to_owned();
        Ok(panel.title(self.caption(scene)).note(note))
    }

    /// Still pictures of the start, of the end of every affine map, turn and activation, and of the separating line.
    ///
    /// # Errors
    /// If a number of the network is not finite.
    pub fn stills(&self) -> Result<Vec<Panel>> {
        let legs = &self.way.legs;
        let mut stills = vec![
            self.on_the_way(0, 0.0)?
                .title("input space")
                .note("the plane as it is"),
        ];
        for (i, leg) in legs.iter().enumerate() {
            let next = legs.get(i + 1);
            let goes_on = |next: &Leg| {
                let affine =
                    |leg: &Leg| matches!(leg.act, Act::Stage(stage) if stage != Stage::Activate);
                next.layer == leg.layer && affine(next) && affine(leg)
            };
            if next.is_some_and(goes_on) {
                continue;
            }
            let at_line = next.is_none() && self.decision.is_some();
            let panel = if at_line {
                self.separated(1.0)?
            } else {
                self.on_the_way(i, 1.0)?
            };
            let what = match leg.act {
                Act::Turn => self.caption(Scene::Leg(i)),
                Act::Affine | Act::Stage(_) if !leg.act.is_activation() => {
                    format!("{}: $Wx + b$", self.layer_name(leg.layer))
                }
                _ => self.caption(Scene::Leg(i)),
            };
            let then = if at_line { ", then the line" } else { "" };
            stills.push(panel.title(what + then));
        }
        Ok(stills)
    }

    /// The share of the data on the right side of the last layer's line or lines; `None` where there is none.
    pub fn accuracy(&self) -> Option<f64> {
        let (decision, labels) = (self.decision.as_ref()?, self.dataset.labels()?);
        Some(decision.accuracy(self.landing().as_ref(), labels))
    }

    /// Where the data are at the end of the motion (n x 2).
    pub fn landing(&self) -> Mat<f64> {
        let legs = &self.way.legs;
        let data = self.dataset.features.as_ref();
        self.way.at(&legs[legs.len() - 1], 1.0, data)
    }

    /// The largest distance between a coordinate at the end of a leg and at the start of the next, as a share of the largest
    /// coordinate: the trace of legs that hardly move anything and are not shown.
    pub fn largest_jump(&self) -> f64 {
        let pairs = self.tracks.windows(2).map(|pair| {
            let (end, start) = (pair[0].at(1.0), pair[1].at(0.0));
            (&start - &end).norm_max() / end.norm_max()
        });
        pairs.fold(0.0, f64::max)
    }

    fn on_the_way(&self, leg: usize, t: f64) -> Result<Panel> {
        let moved = self.tracks[leg].at(t);
        let window = between(self.windows[leg], self.windows[leg + 1], t)?;
        // The share of the variance holds once the view is reached.
        let seen = if t < 1.0 {
            self.remark.clone()
        } else {
            self.seen(&self.way.legs[leg])
        };
        Ok(self.scene(moved.as_ref(), window, None).note(seen))
    }

    /// The end of the way, with the line drawn as far as `t` and the half-planes tinted as much.
    fn separated(&self, t: f64) -> Result<Panel> {
        let last = self.way.legs.len() - 1;
        let moved = self.tracks[last].at(1.0);
        let window = self.windows[last + 1];
        let panel = self.scene(moved.as_ref(), window, self.half_planes(window, t));
        self.lines(panel.note(self.remark.clone()), window, t, 1.0)
    }

    /// The last layer's line grown as far as `t`, or its lines as strong as `t`, and all of it as strong as `strength`.
    fn lines(&self, panel: Panel, window: Bounds, t: f64, strength: f64) -> Result<Panel> {
        let stroke = |strength: f64| Stroke::new(SEPARATOR.colour.fade(strength), SEPARATOR.width);
        Ok(match &self.decision {
            Some(Decision::Two(readout)) => {
                panel.line(growing(readout, window, t), stroke(strength))
            }
            Some(several) => several
                .borders(window, |points| points.to_owned())?
                .into_iter()
                .fold(panel, |panel, border| {
                    panel.line(border, stroke(t * strength))
                }),
            None => panel,
        })
    }

    /// The way back: the half-planes fade, and the line goes along. At the end (`t` = 1) it divides input space, which is tinted
    /// by as much as `tint`.
    fn on_the_way_back(&self, t: f64, tint: f64) -> Result<Panel> {
        let legs = self.way.legs.len();
        let position = (1.0 - t) * legs as f64;
        let leg = (position.floor() as usize).min(legs - 1);
        let along = position - leg as f64;
        let moved = self.tracks[leg].at(along);
        let window = between(self.windows[leg], self.windows[leg + 1], along)?;
        let leaving = 1.0 - 12.0 * t;
        let field = if tint > 0.0 {
            self.input_space(window, tint)
        } else {
            self.half_planes(window, leaving)
        };
        let scene = self.scene(moved.as_ref(), window, field);
        let mut panel = scene.note(self.remark.clone());
        if leaving > 0.0 {
            panel = self.lines(panel, window, 1.0, leaving)?;
        }
        let mut start = self.grid.points.nrows() + self.samples;
        for &length in &self.curves {
            panel = panel.line(
                plane_points(moved.as_ref().subrows(start, length)),
                SEPARATOR,
            );
            start += length;
        }
        Ok(panel)
    }

    /// The last layer's regions where the motion ends, as strong as `tint`.
    fn half_planes(&self, window: Bounds, tint: f64) -> Option<Mark> {
        let decision = self.decision.as_ref().filter(|_| tint > 0.0)?;
        Some(decision.regions(window, STRENGTH * tint, |points| points.to_owned()))
    }

    /// The network's regions in input space, as strong as `tint`.
    fn input_space(&self, window: Bounds, tint: f64) -> Option<Mark> {
        let decision = self.decision.as_ref()?;
        Some(decision.regions(window, STRENGTH * tint, |points| {
            self.head_on_plane.forward(points)
        }))
    }

    /// Graph paper and data where they are, over a field or blank paper.
    fn scene(&self, moved: MatRef<'_, f64>, window: Bounds, field: Option<Mark>) -> Panel {
        let mut panel = plane(window, "", "").frame(Frame::Cross);
        if let Some(field) = field {
            panel = panel.mark(field);
        }
        let lines = self.grid.lines(moved);
        let paper = lines.iter().enumerate().map(|(i, line)| Mark::Line {
            points: plane_points(line.as_ref()),
            stroke: Stroke::new(
                Colour::accent(if i < self.grid.lines_x { 0 } else { 2 }).fade(0.42),
                1.1,
            ),
        });
        let data = plane_points(moved.subrows(self.grid.points.nrows(), self.samples));
        let panel = panel.marks(lattice(window)).marks(paper);
        by_target(panel, &data, &self.dataset)
    }
}
