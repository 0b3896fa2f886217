//! The training loss of every run: a panel per combination, the same axes for all.

use super::{labels, quantile, seeds, shown};
use crate::plot::{Colour, Face, Figure, Panel, Scale, Stroke};
use crate::sweep::{Curve, Results};

/// Decades of loss below the highest that are shown.
const DECADES: f64 = 8.0;

/// With more runs than that, their lines would be one area: bands show how they are distributed.
const MOST_LINES: usize = 100;

/// One panel per combination: each seed a thin line, their median a bold one; bands in place of very many lines.
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
    let of_shown = || combinations.iter().flat_map(|&c| results.curves_of(c));
    let last_epoch = of_shown()
        .filter_map(|curve| curve.losses.last())
        .map(|last| last[0])
        .fold(1.0, f64::max);
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
            let mut panel = panel(results.curves_of(combination), losses);
            // A blank label keeps the room of a label, so that all panels have one size.
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
                .range([0.0, last_epoch], losses)
                .title(title);
            panel.y.scale = Scale::Log;
            panel
        })
        .collect();
    let diverged = of_shown().any(|curve| curve.diverged);
    let (runs, each) = (results.grid.replicates(), results.curves_each());
    let banded = each > MOST_LINES;
    let those = match runs == each {
        true => seeds(results),
        false => format!("the first {each} of {runs} runs each"),
    };
    let thin = match each {
        1 => format!("The loss of the run with {}.", seeds(results)),
        _ if banded => format!(
            "Over {those}: the median, and bands that hold half and nine tenths of the runs."
        ),
        _ => format!("Thin: each of {those}. Bold: their median."),
    };
    let ended = match (diverged, banded) {
        (true, true) => " A run that diverged counts as higher than any from then on.",
        (true, false) => " Broken orange lines end where training diverged.",
        _ => "",
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
fn losses<'a>(curves: impl Iterator<Item = &'a Curve> + Clone) -> [f64; 2] {
    let sound = curves.clone().any(|curve| !curve.diverged);
    let values = curves
        .filter(|curve| !sound || !curve.diverged)
        .flat_map(|curve| &curve.losses)
        .map(|&[_, loss]| loss)
        .filter(|&loss| loss > 0.0);
    let [low, high] = values
        .map(|loss| [loss, loss])
        .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])
        .unwrap_or([0.1, 1.0]);
    let low = low.max(high * libm::pow(10.0, -DECADES));
    let air = libm::pow((high / low).max(1.5), 0.06);
    [low / air, high * air]
}

/// What is drawn of one combination; a loss below the axis, 0 say, is drawn on it.
fn panel(curves: &[Curve], [floor, ceiling]: [f64; 2]) -> Panel {
    let shares = spread(curves);
    if curves.len() > MOST_LINES {
        let inside = |[epoch, loss]: [f64; 2]| [epoch, loss.clamp(floor, ceiling)];
        let mut panel = Panel::new();
        for (low, high, strength) in [(0, 4, 0.22), (1, 3, 0.4)] {
            let upper = shares[high].iter().map(|&point| inside(point));
            let lower = shares[low].iter().rev().map(|&point| inside(point));
            let outline: Vec<[f64; 2]> = upper.chain(lower).collect();
            panel = panel.polygon(outline, Colour::accent(2).fade(strength));
        }
        return middle(panel, &shares[2], floor);
    }
    let thin = if curves.len() == 1 { 2.0 } else { 0.9 };
    let strength = (8.0 / curves.len().max(1) as f64).clamp(0.25, 0.6);
    let strength = if curves.len() == 1 { 1.0 } else { strength };
    let mut panel = Panel::new();
    for curve in curves {
        let stroke = match curve.diverged {
            false => Stroke::new(Colour::accent(2).fade(strength), thin),
            true => Stroke::new(Colour::accent(1).fade(0.8), thin.max(1.2))
                .dash(crate::plot::Dash::Dashed),
        };
        let losses = curve.losses.iter();
        panel = lines(
            panel,
            losses
                .map(|&[epoch, loss]| [epoch, loss.max(floor)])
                .collect(),
            stroke,
        );
    }
    if curves.len() < 2 {
        return panel;
    }
    middle(panel, &shares[2], floor)
}

/// The line of the medians, which ends where half of the runs have diverged.
fn middle(panel: Panel, medians: &[[f64; 2]], floor: f64) -> Panel {
    let finite = medians.iter().take_while(|[_, loss]| loss.is_finite());
    lines(
        panel,
        finite
            .map(|&[epoch, loss]| [epoch, loss.max(floor)])
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

/// The shares of the losses below which 5, 25, 50, 75 and 95 % of the runs lie, at every kept epoch. A run that stopped early
/// keeps its last loss, one that diverged counts as worse than any.
fn spread(curves: &[Curve]) -> [Vec<[f64; 2]>; 5] {
    let mut epochs: Vec<f64> = curves
        .iter()
        .flat_map(|curve| curve.losses.iter().map(|&[epoch, _]| epoch))
        .collect();
    epochs.sort_by(f64::total_cmp);
    epochs.dedup();
    let loss_at = |curve: &Curve, epoch: f64| {
        let behind = curve.losses.partition_point(|&[line, _]| line <= epoch);
        let over = curve.losses.last().is_none_or(|&[last, _]| last < epoch);
        match behind.checked_sub(1) {
            Some(line) if !(over && curve.diverged) => curve.losses[line][1],
            _ => f64::INFINITY,
        }
    };
    let mut shares = [const { Vec::new() }; 5];
    for epoch in epochs {
        let mut losses: Vec<f64> = curves.iter().map(|curve| loss_at(curve, epoch)).collect();
        losses.sort_by(f64::total_cmp);
        for (share, line) in super::SHARES.into_iter().zip(&mut shares) {
            line.push([epoch, quantile(&losses, share)]);
        }
    }
    shares
}
