//! A12, A13 and A14: the network, trained, and both views of its training.

use std::sync::Arc;

use faer::Mat;

use crate::anim::{Easing, Moment, Segment, Timeline};
use crate::blog::{Check, Exhibit, Lab, Snapshot, Trained};
use crate::error::Result;
use crate::figures::{self, Series, Stage, Training};
use crate::geometry::linear_separability;
use crate::plot::Figure;

/// The hooked layer.
const EMBEDDING: &str = "embedding";
/// Frames per second of the training animations.
const FPS: u32 = 25;
/// How long the last frame stays, in seconds.
const HOLD: f64 = 2.5;

/// Trains, and looks at how other seeds fare.
pub(super) fn a12(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.moons()?;
    let separable = is_separated(&trained)?;

    let others = lab.seeds(10);
    let config = lab.moons_config()?;
    let mut rows = vec![seed_row(config.seed, &trained, separable)];
    let mut good = 0;
    for seed in 0..others {
        let mut config = config.clone();
        config.seed = seed;
        config.capture.every = config.train.epochs;
        let other = lab.train(&config)?;
        let separable = is_separated(&other)?;
        good += u64::from(separable && other.test_accuracy() >= 0.99);
        rows.push(seed_row(seed, &other, separable));
    }

    let metrics = |of: fn(&crate::train::EpochMetrics) -> Option<f64>| {
        trained
            .reports
            .iter()
            .map(move |report| of(&report.metrics).unwrap_or(f64::NAN))
    };
    let losses = figures::history(
        &[
            Series::from_first("training", metrics(|m| Some(m.train_loss))),
            Series::from_first("held out", metrics(|m| m.test_loss)),
        ],
        "binary cross-entropy",
    );
    let accuracies = figures::history(
        &[
            Series::from_first("training", metrics(|m| m.train_accuracy)),
            Series::from_first("held out", metrics(|m| m.test_accuracy)),
        ],
        "accuracy",
    );
    let figure = Figure::new("2 → 100 tanh → 2 tanh → 1 sigmoid on the moons")
        .caption(format!(
            "{} epochs of mini-batch SGD, seed {}. At the end {:.1} % of the held-out points are right.",
            config.train.epochs,
            config.seed,
            100.0 * trained.test_accuracy()
        ))
        .size(1000, 420)
        .panels(2, [losses.title("loss"), accuracies.title("accuracy")]);
    Ok(Exhibit::new(
        "The post's network, trained for its 150 epochs. The text leaves open how many points there are, how noisy, and \
         which loss, optimiser, learning rate and batch were used; `configs/moons.toml` states the choice. Plain SGD on \
         the full batch would stall near 89 %, so mini-batches it is.\n\n\
         At the end a straight line must separate the two classes in the embedding. That is decided by linear programming \
         on the recorded activations, for the default seed and for others.",
    )
    .figure("training", figure)
    .table(
        "How seeds fare",
        &["seed", "held-out accuracy", "training loss", "embedding separable"],
        rows,
    )
    .check(Check::at_least(
        "accuracy on held-out points, default seed",
        trained.test_accuracy(),
        0.99,
    ))
    .check(Check::holds(
        "the embedding of the training points is linearly separable, default seed",
        separable,
    ))
    .check(Check::at_least(
        format!("other seeds of {others} with both"),
        good as f64,
        (others as f64 * 0.9).floor(),
    )))
}

fn seed_row(seed: u64, trained: &Trained, separable: bool) -> Vec<String> {
    let loss = trained
        .reports
        .last()
        .map_or(f64::NAN, |r| r.metrics.train_loss);
    vec![
        seed.to_string(),
        format!("{:.1} %", 100.0 * trained.test_accuracy()),
        format!("{loss:.4}"),
        if separable { "yes" } else { "no" }.to_owned(),
    ]
}

fn is_separated(trained: &Trained) -> Result<bool> {
    let labels = trained.train.labels().unwrap_or_default();
    let embedding = &trained.last().activations[EMBEDDING];
    Ok(linear_separability(embedding.as_ref(), labels)?.is_separable())
}

/// Both views of the shared training.
fn views(trained: &Trained) -> Result<Training> {
    let stage = |snapshot: &Snapshot| Stage {
        epoch: snapshot.epoch,
        network: snapshot.network.clone(),
        embedding: snapshot.activations[EMBEDDING].clone(),
        accuracy: snapshot
            .epoch
            .checked_sub(1)
            .and_then(|done| trained.reports[done].metrics.test_accuracy),
    };
    Training::new(
        trained.train.clone(),
        trained.snapshots.iter().map(stage).collect(),
    )
}

/// The training's epochs in time: slow while the moons are tangled, with a rest where they first come apart for good, fast
/// once nothing much moves.
struct Pace {
    timeline: Timeline,
    /// The epoch that each segment of the timeline shows.
    epochs: Vec<usize>,
}

impl Pace {
    fn of(views: &Training) -> Result<Self> {
        let separable = views.separable();
        let last = separable.len() - 1;
        let apart = separable.iter().rposition(|&yes| !yes).map_or(0, |k| k + 1);
        let (mut segments, mut epochs) = (Vec::new(), Vec::new());
        let mut epoch = 0;
        loop {
            // Frames that the epoch stays, and how many epochs on the next one is.
            let (frames, step) = match epoch {
                0 => (FPS, 1),
                5 | 10 | 20 => (20, 1),
                1..=20 => (6, 1),
                _ if epoch == last => ((HOLD * f64::from(FPS)) as u32, 1),
                _ if epoch == apart => (35, 1),
                21..=60 => (2, 1),
                _ => (1, 3),
            };
            let seconds = |frames: u32| f64::from(frames) / f64::from(FPS);
            segments.push(Segment::motion("", seconds(1), Easing::Linear));
            epochs.push(epoch);
            if frames > 1 {
                segments.push(Segment::pause(seconds(frames - 1)));
                epochs.push(epoch);
            }
            if epoch == last {
                break;
            }
            // Not past an epoch that has to be shown.
            let next = epoch + step;
            let stops = [apart, last].into_iter().filter(|&stop| stop > epoch);
            epoch = stops.fold(next, usize::min);
        }
        Ok(Self {
            timeline: Timeline::new(FPS, segments)?,
            epochs,
        })
    }

    fn epoch(&self, moment: &Moment) -> usize {
        self.epochs[moment.segment]
    }
}

/// Figure 6(a): the embedding over training, with still pictures of the start, the middle and the end.
pub(super) fn a13(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.moons()?;
    let views = Arc::new(views(&trained)?);
    let separable = views.separable();
    let last = separable.len() - 1;
    let first_separable = separable.iter().position(|&yes| yes);
    let since = 1 + separable.iter().rposition(|&yes| !yes).unwrap_or(0);
    let stills = [0, 5, 20, last]
        .into_iter()
        .map(|step| {
            let panel = views.embedding(step.min(last))?;
            Ok(panel.title(format!("epoch {}", step.min(last))))
        })
        .collect::<Result<Vec<_>>>()?;
    let replayed = replay_error(&trained);
    let figure = Figure::new("The embedding learns to be separable")
        .caption(format!(
            "The 2-unit layer before training and after some epochs, with the graph paper of the input plane warped along. \
             The line is the last layer's. By linear programming the classes are separable from epoch {since} on."
        ))
        .size(920, 960)
        .panels(2, stills);
    let pace = Pace::of(&views)?;
    let timeline = pace.timeline.clone();
    let (separable_at_start, separable_at_end) = (separable[0], separable[last]);
    Ok(Exhibit::new(format!(
        "The post's favourite picture: the plane of the embedding over the epochs. At first the network does something \
         arbitrary to the data; then the sheet is stretched and folded until a straight line has each class on its own \
         side. Every frame asks by linear programming whether such a line exists: first in epoch {}, and from epoch {since} \
         on without a break.",
        first_separable.map_or_else(|| "none".to_owned(), |epoch| epoch.to_string())
    ))
    .figure("stages", figure)
    .player(
        "Drag the epoch yourself: the embedding, every layer, every point",
        &format!("depth={}", 2 * (trained.network().layers.len() - 1)),
        trained.page("moons")?,
    )
    .animation(
        "embedding",
        "The embedding over 150 epochs: two tangled moons are pulled apart until a straight line separates them",
        timeline,
        move |moment: &Moment| Ok(Figure::new("").size(560, 600).panel(views.embedding(pace.epoch(moment))?)),
    )
    .check(Check::holds("before training the classes are tangled (not separable)", !separable_at_start))
    .check(Check::holds("after the last epoch they are separable", separable_at_end))
    .check(Check::zero(
        "recorded activations (Burn, f32) against the frozen network (f64): largest difference over all epochs",
        replayed,
        1e-5,
    )))
}

/// How far the hook's records are from what the saved weights give.
fn replay_error(trained: &Trained) -> f64 {
    trained
        .snapshots
        .iter()
        .map(|snapshot| {
            let (head, _) = snapshot.network.split_at(snapshot.network.layers.len() - 1);
            let again: Mat<f64> = head.forward(trained.train.features.as_ref());
            (&again - &snapshot.activations[EMBEDDING]).norm_max()
        })
        .fold(0.0, f64::max)
}

/// Figure 6(b): the decision boundary over the same training, alone and side by side with the embedding.
pub(super) fn a14(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.moons()?;
    let views = Arc::new(views(&trained)?);
    let pace = Arc::new(Pace::of(&views)?);
    let timeline = pace.timeline.clone();
    let same = Arc::clone(&pace);
    let alone = Arc::clone(&views);
    let last = views.stages().len() - 1;
    let figure = Figure::new("The same network, seen from input space")
        .caption(
            "The decision boundary before training, after 5, after 20 and after all 150 epochs. Colour is the probability \
             of class 1; on the line it is one half. The graph paper is the one that the embedding warps.",
        )
        .size(980, 800)
        .panels(
            2,
            [0, 5, 20, last]
                .into_iter()
                .map(|step| {
                    let panel = views.boundary(step.min(last))?;
                    Ok(panel.title(format!("epoch {}", step.min(last))))
                })
                .collect::<Result<Vec<_>>>()?,
        );
    let final_accuracy = trained.test_accuracy();
    let first_accuracy = trained.reports[0].metrics.test_accuracy.unwrap_or(f64::NAN);
    Ok(Exhibit::new(
        "The other view of the same epochs: what the straight line in the embedding looks like from where the data came. \
         The two animations run in step; the last one shows them side by side.",
    )
    .figure("stages", figure)
    .animation(
        "boundary",
        "The decision boundary over 150 epochs: from almost straight to a curve between the moons",
        timeline.clone(),
        move |moment: &Moment| Ok(Figure::new("").size(640, 500).panel(alone.boundary(same.epoch(moment))?)),
    )
    .animation(
        "side-by-side",
        "Embedding and decision boundary over the same 150 epochs, side by side",
        timeline,
        move |moment: &Moment| views.side_by_side(pace.epoch(moment)),
    )
    .check(Check::at_least(
        "held-out accuracy grows from the first epoch to the last",
        final_accuracy - first_accuracy,
        0.01,
    )))
}
