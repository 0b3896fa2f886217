//! Affine functions a x + b y + c in `f64`, with bounds of their errors.
//!
//! A bound covers everything that was rounded since the weights, which are taken as exact. Source for the running
//! analysis: N. Higham, *Accuracy and Stability of Numerical Algorithms* (2002), section 3.3.

use super::chain::{Level, Link};
use super::row::{ROUND, Row, SLACK};

/// The affine maps of a layer's units on every cell of the layers before: `[cell * units + unit]`.
pub(super) fn first(link: &Link) -> Vec<Row> {
    (0..link.units)
        .map(|unit| {
            let w = link.row(unit);
            Row::exact([w[0], w[1], link.bias[unit]])
        })
        .collect()
}

/// Those of the next layer: `rows` are the maps of `before`, whose units are on as `level` says.
///
/// Errors are bounded once for all cells that share a cell of the layer before, as if every unit were on its steeper side:
/// of ReLU at most about twice too much, and half the work.
pub(super) fn next(before: &Link, rows: &[Row], level: &Level, link: &Link) -> Vec<Row> {
    let n = before.units;
    let gamma = (link.inputs as f64 + 9.0) * ROUND * SLACK;
    let [steepest, offset] = before.bend.largest();
    let divisor = f64::from(before.bend.divisor);
    let is_relu = before.bend.is_relu();
    // In fours, so that a sum is a loop of vectors.
    let outputs: Vec<[f64; 4]> = rows
        .iter()
        .map(|row| [row.v[0], row.v[1], row.v[2], 0.0])
        .collect();
    let columns: Vec<f64> = (0..n * link.units)
        .map(|k| link.weight[k % link.units * n + k / link.units])
        .collect();
    let mut errors = Vec::with_capacity(rows.len() / n.max(1) * link.units);
    let mut constants = Vec::with_capacity(errors.capacity());
    for own in rows.chunks_exact(n.max(1)) {
        for unit in 0..link.units {
            let mut sum = [0.0; 3];
            for (w, row) in link.row(unit).iter().zip(own) {
                for ((sum, e), v) in sum.iter_mut().zip(row.e).zip(row.v) {
                    *sum += w.abs() * (e + gamma * v.abs());
                }
            }
            let sizes = link.row(unit).iter().fold(0.0, |sum, w| sum + w.abs());
            constants.push(gamma * (link.bias[unit].abs() + offset * sizes) * SLACK);
            let mut sum = sum.map(|e| steepest * e * SLACK);
            sum[2] += constants[constants.len() - 1];
            errors.push(sum);
        }
    }
    let mut maps = Vec::with_capacity(level.parent.len() * link.units);
    let mut sums = vec![[0.0; 4]; link.units];
    for (cell, &parent) in level.parent.iter().enumerate() {
        let own = &outputs[parent as usize * n..][..n];
        for (sum, &bias) in sums.iter_mut().zip(&link.bias) {
            *sum = [0.0, 0.0, bias, 0.0];
        }
        let (mut still, mut silent) = (true, true);
        if is_relu {
            for (group, word) in level.on.iter().enumerate() {
                let mut bits = word[cell];
                silent &= bits == 0;
                while bits != 0 {
                    let k = 64 * group + bits.trailing_zeros() as usize;
                    add(&mut sums, &columns[k * link.units..], &own[k]);
                    bits &= bits - 1;
                }
            }
            still = silent;
        } else {
            for (k, own) in own.iter().enumerate() {
                let [slope, offset] = before.piece(level, cell, k);
                if slope == 0.0 && offset == 0.0 {
                    continue;
                }
                silent = false;
                let mut output = [0.0, 0.0, offset, 0.0];
                if slope != 0.0 {
                    still = false;
                    for (output, v) in output.iter_mut().zip(own) {
                        *output += slope * v;
                    }
                }
                if divisor != 1.0 {
                    output.iter_mut().for_each(|v| *v /= divisor);
                }
                add(&mut sums, &columns[k * link.units..], &output);
            }
        }
        maps.extend(sums.iter().enumerate().map(|(unit, sum)| Row {
            v: [sum[0], sum[1], sum[2]],
            // Without inputs only the bias is left; with constant inputs only, the map is constant.
            e: match parent as usize * link.units + unit {
                _ if silent => [0.0; 3],
                at if still => [0.0, 0.0, constants[at]],
                at => errors[at],
            },
        }));
    }
    maps
}

/// Adds a unit's output, times its weight in each, to the sums.
#[inline]
fn add(sums: &mut [[f64; 4]], weights: &[f64], output: &[f64; 4]) {
    for (sum, &w) in sums.iter_mut().zip(weights) {
        for (sum, v) in sum.iter_mut().zip(output) {
            *sum += w * v;
        }
    }
}

/// Where two lines meet, with bounds of the errors; infinite ones where the lines are too near parallel to tell.
pub(super) fn meet(p: &Row, q: &Row) -> ([f64; 2], [f64; 2]) {
    let ([a1, b1, c1], [a2, b2, c2]) = (p.v, q.v);
    let det = a1 * b2 - a2 * b1;
    let mut x = (b1 * c2 - b2 * c1) / det;
    let mut y = (c1 * a2 - c2 * a1) / det;
    // One step of refinement, then a bound from what the residuals still are.
    let (s1, s2) = (a1 * x + b1 * y + c1, a2 * x + b2 * y + c2);
    x -= (s1 * b2 - s2 * b1) / det;
    y -= (a1 * s2 - a2 * s1) / det;
    let (s1, r1) = p.at([x, y, 1.0], [0.0; 2]);
    let (s2, r2) = q.at([x, y, 1.0], [0.0; 2]);
    let (r1, r2) = (s1.abs() + r1, s2.abs() + r2);
    let upper = |row: &Row, i: usize| row.v[i].abs() + row.e[i];
    let doubt = p.e[0] * upper(q, 1)
        + p.e[1] * upper(q, 0)
        + q.e[0] * upper(p, 1)
        + q.e[1] * upper(p, 0)
        + 4.0 * ROUND * ((a1 * b2).abs() + (a2 * b1).abs());
    let least = det.abs() - doubt * SLACK;
    if least > 0.0 && x.is_finite() && y.is_finite() {
        let ex = (upper(q, 1) * r1 + upper(p, 1) * r2) / least * SLACK;
        let ey = (upper(q, 0) * r1 + upper(p, 0) * r2) / least * SLACK;
        ([x, y], [ex, ey])
    } else {
        ([0.0; 2], [f64::INFINITY; 2])
    }
}

/// The direction in which a line leaves through a side at infinity.
pub(super) fn direction([a, _, c]: [f64; 3], line: &Row) -> ([f64; 3], [f64; 2]) {
    // The side is x = -c M or y = -c M, with c = 1 or -1; `i` is that coordinate and `j` the free one.
    let (i, j) = if a == 0.0 { (1, 0) } else { (0, 1) };
    let far = -c;
    let free = -far * line.v[i] / line.v[j];
    let residual = (line.v[i] * far + line.v[j] * free).abs()
        + line.e[i]
        + line.e[j] * free.abs()
        + 4.0 * ROUND * (line.v[i].abs() + (line.v[j] * free).abs());
    let least = line.v[j].abs() - line.e[j];
    let (mut place, mut error) = ([0.0; 3], [0.0; 2]);
    (place[i], place[j]) = (far, free);
    error[j] = if least > 0.0 && free.is_finite() {
        residual / least * SLACK
    } else {
        f64::INFINITY
    };
    (place, error)
}
