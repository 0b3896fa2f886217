//! The training loss of every run: a panel per combination, the same axes for all.

use super::{labels, seeds, shown};
use crate::plot::{Colour, Face, Figure, Panel, Scale, Stroke};
use crate::sweep::{Results, Trial, summary};

/// Decades of loss below the highest that are shown.
const DECADES: f64 = 8.0;

/// One panel per combination: each seed a thin line, their median a bold one.
pub(super) fn curves(results: &Results) -> Figure {
    let (combinations, note) = shown(results);
    let columns = columns(results, &combinations);
    let rows = combinations.len().div_ceil(columns);
    let (width, height) = match columns {
        1 => (620, 400),
        2 => (380, 270),
        3 => (300, 215),
        4 => (260, 190),
        _ => (226, 172),
    };
    let of_shown = || combinations.iter().flat_map(|&c| results.trials_of(c));
    let last_epoch = of_shown()
        .filter_map(|trial| trial.curve.last())
        .map(|last| last.epoch)
        .max()
        .unwrap_or(1);
    let losses = losses(of_shown());
    let (titles, named) = labels(
        results,
        &combinations,
        13.5,
        Face::SemiBold,
        f64::from(width) - 60.0,
    );
    let panels: Vec<Panel> = combinations
        .iter()
        .zip(titles)
        .enumerate()
        .map(|(i, (&combination, title))| {
            let mut panel = panel(results.trials_of(combination), losses[0]);
            // A blank keeps the room that a label takes, so that all panels are of one size.
            let below = i + columns >= combinations.len();
            panel = panel
                .labels(
                    if below { "epoch" } else { " " },
                    if i % columns == 0 {
                        "training loss"
                    } else {
                        " "
                    },
                )
                .range([0.0, last_epoch as f64], losses)
                .title(title);
            panel.y.scale = Scale::Log;
            panel
        })
        .collect();
    let diverged = results.trials.iter().any(|trial| trial.diverged.is_some());
    let thin = match results.grid.replicates() {
        1 => format!("The loss of the run with {}.", seeds(results)),
        _ => format!("Thin: each of {}. Bold: their median.", seeds(results)),
    };
    let ended = if diverged {
        " Broken orange lines end where training diverged."
    } else {
        ""
    };
    Figure::new(format!(
        "Training loss: {}",
        crate::plot::text::literal(&results.name)
    ))
    .caption(format!("{thin}{ended}{named}{note}"))
    .size(
        36 + (width * columns as u32).max(420),
        100 + height * rows as u32,
    )
    .panels(columns, panels)
}

/// A row per value of the first of two settings, a column per value of the second; else a grid with few gaps.
fn columns(results: &Results, combinations: &[usize]) -> usize {
    const MOST: usize = 6;
    let count = combinations.len();
    if let [first, second] = results.grid.swept()[..]
        && second.values.len() <= MOST
        && count == first.values.len() * second.values.len()
    {
        return second.values.len();
    }
    let root = |x: usize| (x as f64).sqrt().ceil() as usize;
    (root(count)..=root(2 * count).min(MOST))
        .rev()
        .min_by_key(|&columns| count.div_ceil(columns) * columns - count)
        .unwrap_or(count.max(1))
}

/// From where to where the shared axis of losses reaches: over the runs that did not diverge, as far as there are any.
fn losses<'a>(trials: impl Iterator<Item = &'a Trial> + Clone) -> [f64; 2] {
    let sound = trials.clone().any(|trial| trial.diverged.is_none());
    let values = trials
        .filter(|trial| !sound || trial.diverged.is_none())
        .flat_map(|trial| &trial.curve)
        .map(|epoch| epoch.train_loss)
        .filter(|&loss| loss > 0.0);
    let [low, high] = values
        .map(|loss| [loss, loss])
        .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
        .unwrap_or([0.1, 1.0]);
    let low = low.max(high * libm::pow(10.0, -DECADES));
    let air = libm::pow((high / low).max(1.5), 0.06);
    [low / air, high * air]
}

/// The lines of one combination; a loss below the axis, 0 say, is drawn on it.
fn panel(trials: &[Trial], floor: f64) -> Panel {
    let thin = if trials.len() == 1 { 2.0 } else { 0.9 };
    let strength = (8.0 / trials.len().max(1) as f64).clamp(0.25, 0.6);
    let strength = if trials.len() == 1 { 1.0 } else { strength };
    let mut panel = Panel::new();
    for trial in trials {
        let stroke = match trial.diverged {
            None => Stroke::new(Colour::accent(2).fade(strength), thin),
            Some(_) => Stroke::new(Colour::accent(1).fade(0.8), thin.max(1.2))
                .dash(crate::plot::Dash::Dashed),
        };
        panel = lines(
            panel,
            trial
                .curve
                .iter()
                .map(|epoch| [epoch.epoch as f64, epoch.train_loss.max(floor)])
                .collect(),
            stroke,
        );
    }
    if trials.len() < 2 {
        return panel;
    }
    lines(
        panel,
        middle(trials)
            .into_iter()
            .map(|[epoch, loss]| [epoch, loss.max(floor)])
            .collect(),
        Stroke::new(Colour::TEXT, 2.4),
    )
}

/// A line, or a point where there is only one epoch.
fn lines(panel: Panel, points: Vec<[f64; 2]>, stroke: Stroke) -> Panel {
    if points.len() == 1 {
        return panel.points(points, stroke.colour, stroke.width.max(1.8));
    }
    panel.line(points, stroke)
}

/// The median over the runs at every kept epoch. A run that stopped early keeps its last loss, one that diverged counts as
/// worse than any; the line ends where half of the runs have diverged.
fn middle(trials: &[Trial]) -> Vec<[f64; 2]> {
    let mut epochs: Vec<usize> = trials
        .iter()
        .flat_map(|trial| trial.curve.iter().map(|epoch| epoch.epoch))
        .collect();
    epochs.sort_unstable();
    epochs.dedup();
    let loss_at = |trial: &Trial, epoch: usize| {
        let behind = trial.curve.partition_point(|line| line.epoch <= epoch);
        let over = trial.curve.last().is_none_or(|last| last.epoch < epoch);
        match behind.checked_sub(1) {
            Some(line) if !(over && trial.diverged.is_some()) => trial.curve[line].train_loss,
            _ => f64::INFINITY,
        }
    };
    epochs
        .into_iter()
        .map(|epoch| {
            let mut losses: Vec<f64> = trials.iter().map(|trial| loss_at(trial, epoch)).collect();
            losses.sort_by(f64::total_cmp);
            [epoch as f64, summary::median(&losses)]
        })
        .take_while(|[_, loss]| loss.is_finite())
        .collect()
}
