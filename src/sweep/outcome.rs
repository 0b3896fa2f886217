//! What became of a run, in few bytes: a sweep may have a million of them.

use super::{Measure, Trial};

/// The numbers of a run, those of `runs.csv`. 56 bytes, since all of a sweep's are held at once.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Outcome {
    /// In the order of [`Outcome::MEASURES`], and the best accuracy on held-out samples; what is not `known` is 0.
    values: [f64; 5],
    epochs: u32,
    best_epoch: u32,
    diverged: u32,
    /// Which of the values there are.
    known: u8,
    flags: u8,
}

const ENDED: u8 = 1;
const DECIDED: u8 = 2;
const SEPARABLE: u8 = 4;
const HELD_OUT: u8 = 8;
const DIVERGED: u8 = 16;
const BEST: usize = 4;

impl Outcome {
    /// The columns of `runs.csv` from the seed on, without seed and fold.
    pub const COLUMNS: [&str; 9] = [
        "epochs",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "best_test_accuracy",
        "best_epoch",
        "separable",
        "diverged_in_epoch",
    ];

    const MEASURES: [Measure; 4] = [
        Measure::TrainLoss,
        Measure::TrainAccuracy,
        Measure::TestLoss,
        Measure::TestAccuracy,
    ];

    /// The outcome of a run that has ended.
    pub fn new(trial: &Trial) -> Self {
        let mut outcome = Self {
            epochs: small(trial.last.map_or(0, |last| last.epoch)),
            flags: ENDED,
            ..Self::default()
        };
        for (place, measure) in Self::MEASURES.into_iter().enumerate() {
            outcome.set(place, measure.of(trial));
        }
        outcome.set(BEST, trial.best.map(|(_, accuracy)| accuracy));
        outcome.best_epoch = trial.best.map_or(0, |(epoch, _)| small(epoch));
        outcome.decide(trial.separable);
        if let Some(epoch) = trial.diverged {
            (outcome.diverged, outcome.flags) = (small(epoch), outcome.flags | DIVERGED);
        }
        if trial.last.is_some_and(|last| last.test_loss.is_some()) {
            outcome.flags |= HELD_OUT;
        }
        outcome
    }

    /// Reads the cells of [`COLUMNS`](Self::COLUMNS), and whether there were held-out samples; `None` where one is not what stands
    /// there.
    pub fn parse<'a>(mut cells: impl Iterator<Item = &'a str>) -> Option<Self> {
        fn maybe<T: std::str::FromStr>(cell: Option<&str>) -> Option<Option<T>> {
            match cell? {
                "" => Some(None),
                cell => cell.parse().ok().map(Some),
            }
        }
        let mut outcome = Self {
            epochs: cells.next()?.parse().ok()?,
            flags: ENDED,
            ..Self::default()
        };
        for place in 0..=BEST {
            outcome.set(place, maybe(cells.next())?);
        }
        let best: Option<u32> = maybe(cells.next())?;
        if best.is_some() != outcome.value(BEST).is_some() {
            return None;
        }
        outcome.best_epoch = best.unwrap_or(0);
        outcome.decide(maybe(cells.next())?);
        if let Some(epoch) = maybe(cells.next())? {
            (outcome.diverged, outcome.flags) = (epoch, outcome.flags | DIVERGED);
        }
        if cells.next()?.parse().ok()? {
            outcome.flags |= HELD_OUT;
        }
        Some(outcome)
    }

    fn set(&mut self, place: usize, value: Option<f64>) {
        if let Some(value) = value {
            self.values[place] = value;
            self.known |= 1 << place;
        }
    }

    fn decide(&mut self, separable: Option<bool>) {
        match separable {
            Some(true) => self.flags |= DECIDED | SEPARABLE,
            Some(false) => self.flags |= DECIDED,
            None => {}
        }
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    fn value(&self, place: usize) -> Option<f64> {
        (self.known & (1 << place) != 0).then(|| self.values[place])
    }

    /// Whether another is the same to the last bit. A loss that is not a number equals itself here.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let bits = |outcome: &Self| outcome.values.map(f64::to_bits);
        let rest = |outcome: &Self| Self {
            values: [0.0; 5],
            ..*outcome
        };
        bits(self) == bits(other) && rest(self) == rest(other)
    }

    /// Whether the run has ended; all else is empty where it has not.
    pub fn has_ended(&self) -> bool {
        self.has(ENDED)
    }

    /// The number after the last epoch; `None` where the run diverged or has none.
    pub fn of(&self, measure: Measure) -> Option<f64> {
        let place = Self::MEASURES.iter().position(|&other| other == measure);
        self.value(place?)
    }

    /// Whether a hyperplane parts the two classes before the last layer; `None` where that was not asked.
    pub fn separable(&self) -> Option<bool> {
        self.has(DECIDED).then(|| self.has(SEPARABLE))
    }

    /// The epoch in which training diverged.
    pub fn diverged(&self) -> Option<usize> {
        self.has(DIVERGED).then_some(self.diverged as usize)
    }

    /// Whether there were held-out samples.
    pub fn is_held_out(&self) -> bool {
        self.has(HELD_OUT)
    }

    /// The cells of [`COLUMNS`](Self::COLUMNS): empty where there is nothing, numbers in the fewest digits that give the same number
    /// again.
    pub fn cells(&self) -> [String; 9] {
        let value = |place: usize| cell(self.value(place));
        let best = self.value(BEST).map(|_| self.best_epoch);
        [
            self.epochs.to_string(),
            value(0),
            value(1),
            value(2),
            value(3),
            value(BEST),
            cell(best),
            cell(self.separable()),
            cell(self.diverged()),
        ]
    }
}

/// Empty where there is nothing.
pub(super) fn cell(value: Option<impl ToString>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

/// Epochs beyond four thousand million can't be waited for.
fn small(epoch: usize) -> u32 {
    u32::try_from(epoch).unwrap_or(u32::MAX)
}

impl Measure {
    /// The first of these that the runs have: on held-out samples rather than on the training set, accuracy rather than
    /// loss.
    pub fn of_all(outcomes: &[Outcome]) -> Self {
        use Measure::{TestAccuracy, TestLoss, TrainAccuracy, TrainLoss};
        let known = |measure: &Self| outcomes.iter().any(|run| run.of(*measure).is_some());
        let order = if outcomes.iter().any(Outcome::is_held_out) {
            [TestAccuracy, TestLoss]
        } else {
            [TrainAccuracy, TrainLoss]
        };
        order.into_iter().find(known).unwrap_or(order[1])
    }
}
