//! How many points of two classes in the plane the best line gets right, between two bounds that usually meet: a search over
//! the line's direction by branch and bound, where [`best_line`](fn@super::best_line) tries all lines.
//!
//! For an interval of directions each point's height above the line through the origin lies in an interval too. At any
//! offset, a point whose whole interval is on the wrong side is surely wrong; the fewest of these over all offsets bound the
//! mistakes of every line of the interval from below. An interval that cannot beat the best line known is dropped, any
//! other is halved.

use std::f64::consts::PI;

use faer::MatRef;

/// Intervals looked at before the search is cut short.
const MOST: usize = 400;

/// How many of the points (n x 2, finite) with labels 0 and 1 some line gets right, and a number that no line exceeds.
///
/// ```
/// use foldspace::geometry::line_bounds;
/// let xor = faer::mat![[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]];
/// assert_eq!(line_bounds(xor.as_ref(), &[0, 0, 1, 1]), [3, 3]);
/// ```
pub fn line_bounds(points: MatRef<'_, f64>, labels: &[usize]) -> [usize; 2] {
    let n = labels.len();
    let middle = [0, 1].map(|j| {
        let column = points.col(j).iter();
        let (low, high) = column.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &x| {
            (low.min(x), high.max(x))
        });
        0.5 * low + 0.5 * high
    });
    let centred: Vec<([f64; 2], bool)> = (0..n)
        .map(|i| ([0, 1].map(|j| points[(i, j)] - middle[j]), labels[i] == 1))
        .collect();
    let reach = centred
        .iter()
        .flat_map(|(p, _)| p)
        .fold(0.0_f64, |most, x| most.max(x.abs()));
    let search = Search {
        points: centred,
        // Rounding of the heights, generously.
        slack: 1e-14 * reach,
    };
    search.run()
}

struct Search {
    points: Vec<([f64; 2], bool)>,
    slack: f64,
}

impl Search {
    fn run(&self) -> [usize; 2] {
        let n = self.points.len();
        let pieces = 16;
        let half = 0.5 * PI / f64::from(pieces);
        let mut least = n;
        // The most promising interval first; ties by direction, so that the order is one.
        let mut open: Vec<(usize, f64, f64)> = Vec::new();
        for k in 0..pieces {
            let angle = half * f64::from(2 * k + 1);
            let (surely, known) = self.mistakes(angle, half);
            least = least.min(known);
            open.push((surely, angle, half));
        }
        let mut looked = 0;
        let order =
            |a: &(usize, f64, f64), b: &(usize, f64, f64)| b.0.cmp(&a.0).then(b.1.total_cmp(&a.1));
        open.sort_by(order);
        while let Some((surely, angle, half)) = open.pop() {
            if surely >= least {
                return [n - least; 2];
            }
            if looked >= MOST || half < 1e-12 {
                return [n - least, n - surely];
            }
            looked += 2;
            for side in [-0.5, 0.5] {
                let (half, angle) = (0.5 * half, angle + side * half);
                let (own, known) = self.mistakes(angle, half);
                least = least.min(known);
                let own = (own.max(surely), angle, half);
                if own.0 < least {
                    let at = open.partition_point(|other| order(other, &own).is_lt());
                    open.insert(at, own);
                }
            }
        }
        [n - least; 2]
    }

    /// How many mistakes every line whose normal is within `half` of `angle` makes at least, and how many one of them makes.
    fn mistakes(&self, angle: f64, half: f64) -> (usize, usize) {
        let (c, s) = (libm::cos(angle), libm::sin(angle));
        // A chord's rise against the sine, and what the cosine loses.
        let (turn, loss) = (libm::sin(half), 1.0 - libm::cos(half));
        let mut heights = Vec::with_capacity(self.points.len());
        let (mut lows, mut highs) = ([const { Vec::new() }; 2], [const { Vec::new() }; 2]);
        for &([x, y], one) in &self.points {
            let height = c * x + s * y;
            let spread = (c * y - s * x).abs() * turn + height.abs() * loss + self.slack;
            heights.push((height, one));
            lows[usize::from(one)].push(height - spread);
            highs[usize::from(one)].push(height + spread);
        }
        for list in lows.iter_mut().chain(&mut highs) {
            list.sort_unstable_by(f64::total_cmp);
        }
        let surely = fewest(&highs[1], &lows[0]).min(fewest(&highs[0], &lows[1]));
        heights.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        (surely, self.known(&heights))
    }

    /// The mistakes at the best offset that surely lies between two heights.
    fn known(&self, heights: &[(f64, bool)]) -> usize {
        let ones = heights.iter().filter(|(_, one)| *one).count();
        let n = heights.len();
        let mut best = ones.min(n - ones);
        let mut wrong = n - ones; // class 1 above, at first everywhere
        for pair in heights.windows(2) {
            wrong = if pair[0].1 { wrong + 1 } else { wrong - 1 };
            if pair[1].0 - pair[0].0 > 4.0 * self.slack {
                best = best.min(wrong).min(n - wrong);
            }
        }
        best
    }
}

/// The fewest, over all offsets c, of the `below` that are less than c and the `above` that are greater; both ascending.
fn fewest(below: &[f64], above: &[f64]) -> usize {
    // Just below each entry of `below`, or above all of them.
    let mut best = below.len();
    let mut passed = 0;
    for (k, &c) in below.iter().enumerate() {
        while above.get(passed).is_some_and(|&other| other <= c) {
            passed += 1;
        }
        best = best.min(k + above.len() - passed);
    }
    best
}
