//! How a sweep's work is cut: what one thread does at a time, and which of it belongs to shard K of N.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::Grid;
use crate::error::{Error, Result};

/// The most shards: the largest array that schedulers commonly take, and some.
const MOST_SHARDS: usize = 1_000_000;

/// Part `index` of `count`, as `--shard K/N` names it: K counts from 0.
///
/// ```
/// use foldspace::sweep::Shard;
/// let shard: Shard = "3/100".parse()?;
/// assert_eq!((shard.index, shard.count, shard.to_string()), (3, 100, "3/100".to_owned()));
/// let error = "3/3".parse::<Shard>().unwrap_err().to_string();
/// assert!(error.ends_with("shards count from 0: use 0/3 to 2/3"));
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    /// Which one, from 0.
    pub index: usize,
    /// Of how many.
    pub count: usize,
}

impl Shard {
    /// The whole sweep.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refuse = |problem: String, remedy: String| {
            Err(Error::invalid(format!("--shard {text}"), problem, remedy))
        };
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let parts = text.split_once('/');
        let Some((index, count)) = parts.and_then(|(k, n)| number(k).zip(number(n))) else {
            return refuse(
                "this is not two numbers with a / between them".to_owned(),
                "write 3/100 for the fourth of a hundred parts".to_owned(),
            );
        };
        if count == 0 || count > MOST_SHARDS {
            return refuse(
                format!("a sweep can't be cut into {count} parts"),
                format!("use 1 to {MOST_SHARDS}"),
            );
        }
        if index >= count {
            return refuse(
                format!("there is no shard {index} of {count}"),
                format!(
                    "shards count from 0: use 0/{count} to {}/{count}",
                    count - 1
                ),
            );
        }
        Ok(Self { index, count })
    }
}

/// What one thread does at a time: runs of one combination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Which of the grid's combinations.
    pub combination: usize,
    /// Which of the grid's seeds.
    pub seeds: Range<usize>,
    /// The fold that is held out, from 1; 0 without cross-validation.
    pub fold: usize,
}

impl Task {
    /// The numbers of its runs.
    pub fn runs<'a>(&'a self, grid: &'a Grid) -> impl Iterator<Item = usize> + 'a {
        let seeds = self.seeds.clone();
        seeds.map(|seed| grid.run(self.combination, seed, self.fold))
    }
}

/// What decides which shard a run belongs to; the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deal {
    /// The estimated cost of a run of each combination, in multiplications or so.
    pub costs: Vec<u64>,
    /// How many seeds of each combination are trained as one network.
    pub together: Vec<usize>,
}

impl Deal {
    /// All of a sweep's work. Every combination's first seed comes first: what cannot run is known early.
    pub fn tasks(&self, grid: &Grid) -> Vec<Task> {
        let seeds = grid.seeds().len();
        let folds = match grid.folds() {
            0 => 0..=0,
            folds => 1..=folds,
        };
        let of_combination = |(combination, &size): (usize, &usize)| {
            let folds = folds.clone();
            let starts = (0..seeds).step_by(size.max(1));
            starts.flat_map(move |start| {
                folds.clone().map(move |fold| Task {
                    combination,
                    seeds: start..(start + size).min(seeds),
                    fold,
                })
            })
        };
        let sizes = self.together.iter().enumerate();
        let mut tasks: Vec<Task> = sizes.flat_map(of_combination).collect();
        tasks.sort_by_key(|task| task.seeds.start);
        tasks
    }

    /// Which of `count` shards each task belongs to. The tasks are sorted by cost, the dearest first, and dealt out in turn, so that
    /// two shards differ by at most the cost of one task.
    pub fn shards(&self, tasks: &[Task], count: usize) -> Vec<usize> {
        let cost = |task: &Task| {
            let each = u128::from(self.costs.get(task.combination).copied().unwrap_or(0));
            each * task.seeds.len() as u128
        };
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_cached_key(|&task| std::cmp::Reverse(cost(&tasks[task])));
        let mut shards = vec![0; tasks.len()];
        for (turn, task) in order.into_iter().enumerate() {
            shards[task] = turn % count.max(1);
        }
        shards
    }

    /// A shard's work, in the order of [`tasks`](Self::tasks).
    pub fn of_shard(&self, grid: &Grid, shard: Shard) -> Vec<Task> {
        let tasks = self.tasks(grid);
        if shard.count == 1 {
            return tasks;
        }
        let shards = self.shards(&tasks, shard.count);
        let both = tasks.into_iter().zip(shards);
        both.filter(|(_, index)| *index == shard.index)
            .map(|(task, _)| task)
            .collect()
    }
}
