//! E9: handwritten digits in the plane that a layer of two units makes of them.

use std::sync::Arc;

use faer::Mat;

use crate::anim::{Easing, Moment, Segment, Timeline};
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::data::Dataset;
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, linear_separability};
use crate::plot::{Colour, Figure, Mark, Panel, Point};

/// The hooked layer.
const EMBEDDING: &str = "embedding";
/// Pixels along a side of a digit's picture.
const SIDE: usize = 8;
/// Full ink.
const INK: f64 = 16.0;
/// No two pictures that are drawn are closer than this share of the window's width.
const APART: f64 = 0.03;
/// The share of the window's width that a picture takes.
const WIDTH: f64 = 0.028;
/// Frames per second, frames per epoch, and seconds that the last frame stays.
const FPS: u32 = 25;
const FRAMES: [u32; 3] = [10, 3, 1];
const HOLD: f64 = 3.0;

/// The embedding, each digit's picture at its place, and how it came about.
pub(super) fn e9(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.digits()?;
    let embedding = &trained.last().activations[EMBEDDING];
    let labels = trained.train.labels().unwrap_or_default();
    let parted = parted(embedding, labels)?;
    let test = trained.test_accuracy();
    let at_end = trained.reports[trained.reports.len() - 1]
        .metrics
        .train_accuracy;
    let points = figures::plane_points(embedding.as_ref());
    let bounds = Bounds::around(embedding.as_ref(), 0.05)?;
    let places = spread(&points, APART * (bounds.x.1 - bounds.x.0));

    let dots = scene(&trained, trained.snapshots.len() - 1, bounds)?
        .title("every training sample")
        .note(format!(
            "{parted} of 45 pairs of classes linearly separable"
        ));
    let pictures = figures::plane(bounds, "$h_1$", "$h_2$")
        .title("some of them, each digit's picture at its place")
        .note(format!("{} of {}", places.len(), points.len()))
        .marks(places.iter().flat_map(|&sample| {
            let width = WIDTH * (bounds.x.1 - bounds.x.0);
            picture(
                &trained.train,
                sample,
                points[sample],
                labels[sample],
                width,
            )
        }));
    let figure = Figure::new("Handwritten digits in two dimensions")
        .caption(format!(
            "What the 2-unit layer of 64 → 32 → 2 → 10 makes of 8 × 8 pixels, after {} epochs. The classes stand like the spokes of a wheel, \
             so that straight lines can part each from each other one. {:.1} % of held-out digits are right.",
            trained.config.train.epochs,
            100.0 * test
        ))
        .size(1180, 660)
        .panels(2, [dots, pictures]);

    let last = trained.snapshots.len() - 1;
    let (timeline, shown) = pace(last)?;
    let moving = Arc::clone(&trained);
    Ok(Exhibit::new(
        "The 1797 digits of 8 × 8 pixels that scikit-learn calls load_digits, from the UCI repository (E. Alpaydin and \
         C. Kaynak, Optical Recognition of Handwritten Digits, 1998, doi.org/10.24432/C50P49, CC BY 4.0), in 64 dimensions. \
         A layer of two units has to put ten classes into one plane so that ten straight-edged regions can tell them apart. \
         Whether each class can be cut off from each other one by a straight line is decided by linear programming.",
    )
    .figure("embedding", figure)
    .animation(
        "embedding",
        "Ten classes of handwritten digits start as one knot in the plane and are pulled apart into ten spokes of a wheel",
        timeline,
        move |moment: &Moment| {
            let step = shown[moment.segment];
            let snapshot = &moving.snapshots[step];
            let accuracy = snapshot
                .epoch
                .checked_sub(1)
                .and_then(|done| moving.reports[done].metrics.test_accuracy)
                .map_or_else(
                    || "untrained".to_owned(),
                    |share| format!("{:.1} % on held-out digits", 100.0 * share),
                );
            let panel = scene(&moving, step, bounds)?
                .title(format!("epoch {}", snapshot.epoch))
                .note(accuracy);
            Ok(Figure::new("").size(640, 690).panel(panel))
        },
    )
    .check(Check::equal(
        "samples, training and held out",
        (trained.train.samples() + trained.test.samples()) as f64,
        1797.0,
        0.0,
    ))
    .check(Check::at_least("accuracy on held-out digits", test, 0.9))
    .check(Check::at_least(
        "accuracy on training digits",
        at_end.unwrap_or(f64::NAN),
        0.95,
    ))
    .check(Check::at_least(
        "pairs of classes that a straight line separates in the embedding of the training digits, of 45",
        parted as f64,
        45.0,
    )))
}

/// The embedding at a snapshot, by class.
fn scene(trained: &Trained, step: usize, bounds: Bounds) -> Result<Panel> {
    let points = figures::plane_points(trained.snapshots[step].activations[EMBEDDING].as_ref());
    let names: Vec<String> = (0..10).map(|digit| digit.to_string()).collect();
    Ok(figures::plane(bounds, "$h_1$", "$h_2$").classes(
        &points,
        trained.train.labels().unwrap_or_default(),
        &names,
    ))
}

/// How many pairs of classes a straight line separates.
fn parted(points: &Mat<f64>, labels: &[usize]) -> Result<usize> {
    let mut parted = 0;
    for a in 0..10 {
        for b in a + 1..10 {
            let rows: Vec<usize> = (0..labels.len())
                .filter(|&i| labels[i] == a || labels[i] == b)
                .collect();
            let own: Vec<usize> = rows.iter().map(|&i| usize::from(labels[i] == b)).collect();
            let both = Mat::from_fn(rows.len(), 2, |i, j| points[(rows[i], j)]);
            parted += usize::from(linear_separability(both.as_ref(), &own)?.is_separable());
        }
    }
    Ok(parted)
}

/// Samples no two of which are closer than `apart` along both axes, the first ones where several would do.
fn spread(points: &[Point], apart: f64) -> Vec<usize> {
    let mut chosen: Vec<usize> = Vec::new();
    for (i, p) in points.iter().enumerate() {
        let free = |&j: &usize| {
            (points[j][0] - p[0]).abs() >= apart || (points[j][1] - p[1]).abs() >= apart
        };
        if chosen.iter().all(free) {
            chosen.push(i);
        }
    }
    chosen
}

/// A digit as squares of ink in its class's colour, `width` wide around `centre`.
fn picture(data: &Dataset, sample: usize, centre: Point, label: usize, width: f64) -> Vec<Mark> {
    let pixel = width / SIDE as f64;
    let mut marks = Vec::new();
    for row in 0..SIDE {
        for column in 0..SIDE {
            let ink = data.features[(sample, row * SIDE + column)] / INK;
            if ink < 0.15 {
                continue;
            }
            let left = centre[0] - 0.5 * width + column as f64 * pixel;
            let top = centre[1] + 0.5 * width - row as f64 * pixel;
            marks.push(Mark::Polygon {
                points: vec![
                    [left, top],
                    [left + pixel, top],
                    [left + pixel, top - pixel],
                    [left, top - pixel],
                ],
                fill: Colour::class(label).fade(ink),
            });
        }
    }
    marks
}

/// The epochs in time, slow at first; and the snapshot of each segment.
fn pace(last: usize) -> Result<(Timeline, Vec<usize>)> {
    let (mut segments, mut shown) = (Vec::new(), Vec::new());
    for step in 0..=last {
        let frames = match step {
            0 => FPS,
            _ if step == last => (HOLD * f64::from(FPS)) as u32,
            1..=10 => FRAMES[0],
            11..=40 => FRAMES[1],
            _ => FRAMES[2],
        };
        let seconds = |frames: u32| f64::from(frames) / f64::from(FPS);
        segments.push(Segment::motion("", seconds(1), Easing::Linear));
        shown.push(step);
        if frames > 1 {
            segments.push(Segment::pause(seconds(frames - 1)));
            shown.push(step);
        }
    }
    Ok((Timeline::new(FPS, segments)?, shown))
}
