//! A sweep that has run: the numbers of every run, combination by combination, and the curves of those that are shown.

use std::collections::BTreeMap;

use super::summary::median;
use super::{CombinationSummary, Grid, Measure, Outcome, Trial};

/// More combinations than this are not shown in one picture.
pub const MOST_SHOWN: usize = 24;

/// The curves of this many runs are kept for pictures, over all combinations that are shown.
const MOST_CURVES: usize = 6_000;

/// The losses of a run, for pictures.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// The kept epochs and the training loss of each.
    pub losses: Vec<[f64; 2]>,
    /// Whether training diverged.
    pub diverged: bool,
}

/// A sweep that has run.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// What it is called: the configuration's name.
    pub name: String,
    /// Settings and seeds.
    pub grid: Grid,
    /// One per run of the grid, in its order; some may not have ended.
    pub outcomes: Vec<Outcome>,
    /// The losses of the first runs of each combination in [`shown`](Self::shown); empty where they were not kept.
    pub curves: BTreeMap<usize, Vec<Curve>>,
    /// What the runs are compared by.
    pub measure: Measure,
    ranking: Vec<usize>,
}

impl Results {
    /// Puts finished runs together, in any order.
    pub fn new(name: impl Into<String>, grid: Grid, trials: Vec<Trial>) -> Self {
        let numbers = grid.numbers();
        let mut outcomes = vec![Outcome::default(); grid.runs()];
        let mut curves = BTreeMap::new();
        for trial in &trials {
            let Some(run) = numbers.of(trial) else {
                continue;
            };
            outcomes[run] = Outcome::new(trial);
            let epochs = trial.curve.iter();
            let losses = epochs.map(|epoch| [epoch.epoch as f64, epoch.train_loss]);
            let curve = Curve {
                losses: losses.collect(),
                diverged: trial.diverged.is_some(),
            };
            curves.insert(run, curve);
        }
        let mut results = Self::of(name, grid, outcomes);
        for run in results.runs_with_curves() {
            if let Some(curve) = curves.remove(&run) {
                results.add_curve(run, curve);
            }
        }
        results
    }

    /// Of the outcome of every run of the grid, in its order, without curves.
    pub fn of(name: impl Into<String>, grid: Grid, outcomes: Vec<Outcome>) -> Self {
        let measure = Measure::of_all(&outcomes);
        let mut results = Self {
            name: name.into(),
            grid,
            outcomes,
            curves: BTreeMap::new(),
            measure,
            ranking: Vec::new(),
        };
        results.ranking = results.ranked();
        results
    }

    /// The runs of a combination, in the order of their seeds, those included that have not ended.
    pub fn of_combination(&self, combination: usize) -> &[Outcome] {
        let size = self.grid.replicates();
        &self.outcomes[combination * size..(combination + 1) * size]
    }

    /// How many runs have ended.
    pub fn ended(&self) -> usize {
        self.outcomes.iter().filter(|run| run.has_ended()).count()
    }

    /// What the runs of a combination have in common.
    pub fn summary(&self, combination: usize) -> CombinationSummary {
        CombinationSummary::new(&self.grid, combination, self.of_combination(combination))
    }

    /// Every combination's summary, in the grid's order.
    pub fn summaries(&self) -> impl Iterator<Item = CombinationSummary> {
        (0..self.grid.combinations()).map(|combination| self.summary(combination))
    }

    /// The combinations from best to worst: by the median of the [`measure`](Self::measure), for which a run that diverged
    /// is worse than any other; among equals the one with the lower median of the training loss comes first.
    pub fn ranking(&self) -> &[usize] {
        &self.ranking
    }

    fn ranked(&self) -> Vec<usize> {
        let mut costs = Vec::new();
        let mut cost =
            |combination: usize, measure: Measure| {
                costs.clear();
                let ended = self.of_combination(combination).iter();
                costs.extend(ended.filter(|run| run.has_ended()).map(
                    |run| match run.of(measure) {
                        None => f64::INFINITY,
                        Some(value) if measure.is_accuracy() => -value,
                        Some(value) => value,
                    },
                ));
                costs.sort_by(f64::total_cmp);
                match costs.is_empty() {
                    true => f64::INFINITY,
                    false => median(&costs),
                }
            };
        let costs: Vec<[f64; 2]> = (0..self.grid.combinations())
            .map(|c| [cost(c, self.measure), cost(c, Measure::TrainLoss)])
            .collect();
        let mut ranking: Vec<usize> = (0..costs.len()).collect();
        ranking.sort_by(|&a, &b| {
            let [first, second] = [0, 1].map(|k| costs[a][k].total_cmp(&costs[b][k]));
            first.then(second)
        });
        ranking
    }

    /// The best combination; `None` where every run diverged.
    pub fn best(&self) -> Option<CombinationSummary> {
        let best = self.summary(*self.ranking.first()?);
        best.of(self.measure).is_some().then_some(best)
    }

    /// The combinations that pictures show, in the grid's order: the best, where there are more than [`MOST_SHOWN`].
    pub fn shown(&self) -> Vec<usize> {
        let mut shown: Vec<usize> = self.ranking.iter().copied().take(MOST_SHOWN).collect();
        shown.sort_unstable();
        shown
    }

    /// How many runs of each combination that is shown may have a curve.
    pub fn curves_each(&self) -> usize {
        let shown = self.grid.combinations().clamp(1, MOST_SHOWN);
        self.grid.replicates().min(MOST_CURVES / shown)
    }

    /// The runs whose curves are for pictures.
    pub fn runs_with_curves(&self) -> Vec<usize> {
        let (size, each) = (self.grid.replicates(), self.curves_each());
        let shown = self.shown().into_iter();
        shown
            .flat_map(|combination| (0..each).map(move |k| combination * size + k))
            .collect()
    }

    /// Keeps a run's curve.
    pub fn add_curve(&mut self, run: usize, curve: Curve) {
        let combination = run / self.grid.replicates();
        self.curves.entry(combination).or_default().push(curve);
    }

    /// The curves of a combination.
    pub fn curves_of(&self, combination: usize) -> &[Curve] {
        self.curves.get(&combination).map_or(&[], Vec::as_slice)
    }
}
