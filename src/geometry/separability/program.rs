//! The linear program that decides what rounding leaves open between hulls that all but touch.

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};

use super::{CommonPoint, MEET, Scaled, Separability};
use crate::error::{Error, Result};

impl Scaled<'_> {
    /// Decides by the linear program; `upper` bounds the margin.
    pub(super) fn by_program(&self, upper: f64) -> Result<Separability> {
        let data = self;
        let mut working = data.extremes();
        loop {
            let (w, t) = data.widest_slab(&working)?;
            let normal: Vec<f64> = w.iter().zip(&data.scale).map(|(w, s)| w / s).collect();
            if let Some(line) = data.certify(normal, upper) {
                if !data.add_misplaced(&w, t - 1e-7, &mut working) {
                    return Ok(line);
                }
                continue;
            }
            if t > MEET && data.add_misplaced(&w, 0.0, &mut working) {
                continue;
            }
            let proof = data.common_point(&working)?;
            if proof.gap <= MEET {
                return Ok(Separability::NotSeparable(proof));
            }
            if data.add_misplaced(&w, 0.0, &mut working) {
                continue;
            }
            return Err(Error::matrix(
                "linear separability",
                format!(
                    "the classes come within {:.1e} of each other (in half extents of the data), too close to tell \
                 whether they touch",
                    proof.gap
                ),
            ));
        }
    }

    /// The last point of each class along each axis, both ways: where the program starts.
    fn extremes(&self) -> Vec<usize> {
        let mut rows = Vec::new();
        for class in [0, 1] {
            let members = || (0..self.labels.len()).filter(|&i| self.labels[i] == class);
            for j in 0..self.dimension() {
                let by =
                    |a: &usize, b: &usize| self.points[(*a, j)].total_cmp(&self.points[(*b, j)]);
                rows.extend(members().min_by(by));
                rows.extend(members().max_by(by));
            }
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// The linear program on the `working` rows: w (d entries, then b) and t, scaled.
    fn widest_slab(&self, working: &[usize]) -> Result<(Vec<f64>, f64)> {
        let d = self.dimension();
        let room = d as f64 + 1.0;
        let mut problem = Problem::new(OptimizationDirection::Maximize);
        let mut w: Vec<Variable> = (0..d).map(|_| problem.add_var(0.0, (-1.0, 1.0))).collect();
        w.push(problem.add_var(0.0, (-room, room)));
        let t = problem.add_var(1.0, (0.0, room));
        for &i in working {
            let sign = self.sign(i);
            let row = w.iter().enumerate().map(|(j, &w)| {
                let entry = if j < d { self.at(i, j) } else { 1.0 };
                (w, sign * entry)
            });
            let row: Vec<_> = row.chain(std::iter::once((t, -1.0))).collect();
            problem.add_constraint(&row, ComparisonOp::Ge, 0.0);
        }
        let values = solve(&problem)?;
        let t = values.last().copied().unwrap_or_default();
        Ok((values[..=d].to_vec(), t))
    }

    /// Adds the points that miss y (w · x + b) >= `least` by most, a few per class; false if there is none.
    fn add_misplaced(&self, w: &[f64], least: f64, working: &mut Vec<usize>) -> bool {
        let d = self.dimension();
        let before = working.len();
        for class in [0, 1] {
            let mut misplaced: Vec<(f64, usize)> = (0..self.labels.len())
                .filter(|&i| self.labels[i] == class)
                .map(|i| {
                    let product: f64 = (0..d).map(|j| w[j] * self.at(i, j)).sum();
                    (self.sign(i) * (product + w[d]), i)
                })
                .filter(|&(value, i)| value <= least && working.binary_search(&i).is_err())
                .collect();
            misplaced.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let few = (d / 2).max(4);
            working.extend(misplaced.iter().take(few).map(|&(_, i)| i));
            working.sort_unstable();
        }
        working.len() > before
    }

    /// The convex combinations of the two classes' `working` rows that come closest (in the scaled l1 norm):
    /// a linear program with at most d + 2 positive weights at its optimum.
    fn common_point(&self, working: &[usize]) -> Result<CommonPoint> {
        let d = self.dimension();
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let weights: Vec<Variable> = working
            .iter()
            .map(|_| problem.add_var(0.0, (0.0, 1.0)))
            .collect();
        for class in [0, 1] {
            let members = working.iter().zip(&weights);
            let row: Vec<_> = members
                .filter(|&(&i, _)| self.labels[i] == class)
                .map(|(_, &weight)| (weight, 1.0))
                .collect();
            problem.add_constraint(&row, ComparisonOp::Eq, 1.0);
        }
        for j in 0..d {
            let members = working.iter().zip(&weights);
            let mut row: Vec<_> = members
                .map(|(&i, &weight)| (weight, self.sign(i) * self.at(i, j)))
                .collect();
            for sign in [1.0, -1.0] {
                row.push((problem.add_var(1.0, (0.0, f64::INFINITY)), sign));
            }
            problem.add_constraint(&row, ComparisonOp::Eq, 0.0);
        }
        let values = solve(&problem)?;
        let combination = |class: usize| -> Vec<(usize, f64)> {
            let members = working.iter().zip(&values);
            members
                .filter(|&(&i, &value)| self.labels[i] == class && value > 1e-12)
                .map(|(&i, &value)| (i, value))
                .collect()
        };
        Ok(self.common(combination(0), combination(1)))
    }
}

/// The values of all variables at the optimum.
fn solve(problem: &Problem) -> Result<Vec<f64>> {
    let failed = |problem: String| Error::matrix("linear separability", problem);
    let mut options = SolveOptions::default();
    options.tolerances.feasibility = 1e-10;
    let outcome = problem
        .solve_with(options)
        .map_err(|error| failed(format!("the linear program failed: {error}")))?;
    let solution = outcome
        .into_solution()
        .map_err(|_| failed("the linear program was interrupted".into()))?;
    Ok(solution.iter().map(|(_, value)| value).collect())
}
