//! Where a border crosses the edge of a cell.

use super::{Corner, Edge, winner};
use crate::geometry::bracket::Bracket;

/// How precisely the edge of a step is found, in fine cells.
const STEP: f64 = 1e-3;

/// The search for a border between two classes along an edge.
pub(super) struct Crossing {
    pub edge: Edge,
    /// The winner at the lower end.
    class: usize,
    bracket: Bracket,
    /// (t, lead) on both sides of the border, as near as is known.
    sides: [(f64, f64); 2],
    /// The larger lead at the ends.
    largest: f64,
    /// Whether only rounding is left.
    converged: bool,
    /// Whether the function goes in steps, so that there is nothing to converge to.
    stepped: bool,
}

impl Crossing {
    /// `None` where one class wins at both ends.
    pub(super) fn new<'a>(
        edge: Edge,
        scores: impl Fn(Corner) -> Option<&'a Vec<f64>>,
    ) -> Option<Self> {
        let ([i, j], up) = edge;
        let end = if up { [i, j + 1] } else { [i + 1, j] };
        let (from, to) = (scores([i, j])?, scores(end)?);
        let class = winner(from);
        let [low, high] = [from, to].map(|scores| lead(scores, class));
        (winner(to) != class).then_some(Self {
            edge,
            class,
            bracket: Bracket::new(low, high),
            sides: [(0.0, low), (1.0, high)],
            largest: low.abs().max(high.abs()),
            converged: false,
            stepped: false,
        })
    }

    pub(super) fn trial(&self) -> f64 {
        if self.stepped {
            0.5 * (self.sides[0].0 + self.sides[1].0)
        } else {
            self.bracket.trial()
        }
    }

    pub(super) fn update(&mut self, t: f64, scores: &[f64]) {
        let value = lead(scores, self.class);
        // A lead that comes again is a step, or all that rounding leaves of a smooth function near its zero.
        if self.sides.iter().any(|&(_, side)| side == value) {
            let small = value.abs() <= 1e-9 * self.largest;
            self.converged |= small;
            self.stepped |= !small;
        }
        self.sides[usize::from(value < 0.0)] = (t, value);
        self.bracket.update(t, value);
    }

    pub(super) fn done(&self) -> bool {
        if self.stepped {
            return self.sides[1].0 - self.sides[0].0 <= STEP;
        }
        self.converged || self.bracket.done || self.bracket.best.1.abs() <= 1e-14 * self.largest
    }

    pub(super) fn place(&self) -> f64 {
        if self.stepped {
            self.trial()
        } else {
            self.bracket.best.0
        }
    }
}

/// By how much a class is ahead of the best other one: continuous where the scores are, whichever that is. Not zero where
/// another wins a tie.
fn lead(scores: &[f64], class: usize) -> f64 {
    let others = scores
        .iter()
        .enumerate()
        .filter(|&(other, _)| other != class);
    let best = others.fold(f64::NEG_INFINITY, |best, (_, &score)| best.max(score));
    let lead = scores[class] - best;
    if lead == 0.0 && winner(scores) != class {
        -f64::MIN_POSITIVE
    } else {
        lead
    }
}
