//! The same affine functions and vertices in integers, for the signs that `f64` cannot decide.
//!
//! Weights are dyadic (integers times powers of two), and a positive factor changes no sign: a layer's maps are integers
//! over one power of two. A vertex is the meeting of two lines, in homogeneous coordinates their cross product, and the
//! side of a third line on which it lies is the sign of a determinant of integers.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use num_bigint::{BigInt, Sign};

use super::chain::{Level, Link};
use crate::geometry::exact::dyadic;

/// (a, b, c) or (x, y, w).
type Triple = [BigInt; 3];

/// What defines a line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Origin {
    /// A side of the window: the exact coefficients.
    Side([f64; 3]),
    /// The side of a window without bounds, at M times this line's c, as M grows beyond all bounds.
    Far([f64; 3]),
    /// Where a unit is at a kink, on a cell of the layers before its own.
    Unit { layer: u32, bend: u32, cell: u32 },
}

/// A point as v + M u, where M stands for a number larger than all others.
#[derive(Debug, Clone)]
struct Vertex {
    near: Triple,
    far: Option<Triple>,
}

/// A layer whose weights and biases are integers: what they really are times a positive number that a layer has in common.
#[derive(Debug)]
struct Integers {
    weight: Vec<BigInt>,
    bias: Vec<BigInt>,
    kinks: Vec<BigInt>,
    /// Slope and offset of each piece of the activation.
    pieces: Vec<[BigInt; 2]>,
}

/// What was computed in integers so far.
#[derive(Debug, Default)]
pub(super) struct Exact {
    layers: Vec<Integers>,
    /// The outputs of all units of the layers before, by (layer, cell).
    inputs: BTreeMap<(u32, u32), Vec<Triple>>,
    lines: BTreeMap<u32, Triple>,
    vertices: BTreeMap<u32, Vertex>,
    /// How many signs were asked for.
    pub asked: usize,
}

/// What the integers are made from.
pub(super) struct Source<'a> {
    pub chain: &'a [Link],
    pub levels: &'a [Level],
    pub lines: &'a [Origin],
    /// The two lines through each vertex.
    pub through: &'a [[u32; 2]],
}

impl Exact {
    /// On which side of a kink a unit of `layer` is, by its map on `cell`, at a vertex.
    pub(super) fn sign(&mut self, source: &Source, bend: [u32; 3], vertex: u32) -> Ordering {
        self.asked += 1;
        let [layer, bend, cell] = bend;
        let row = self.row(source, layer, bend, cell);
        let at = self.vertex(source, vertex);
        let far = at.far.as_ref().map(|far| dot(&row, far).sign());
        let sign = match far {
            Some(Sign::Plus | Sign::Minus) => far.unwrap_or(Sign::NoSign),
            _ => dot(&row, &at.near).sign(),
        };
        let weight = at.near[2].sign();
        match (sign, weight) {
            (Sign::NoSign, _) => Ordering::Equal,
            (sign, weight) if sign == weight => Ordering::Greater,
            _ => Ordering::Less,
        }
    }

    /// Where a vertex lies, rounded once or twice: (x, y, 1), or the direction (x, y, 0) of one at infinity.
    pub(super) fn position(&mut self, source: &Source, vertex: u32) -> [f64; 3] {
        let at = self.vertex(source, vertex);
        match &at.far {
            Some(far) => [
                quotient(&far[0], &at.near[2]),
                quotient(&far[1], &at.near[2]),
                0.0,
            ],
            None => [
                quotient(&at.near[0], &at.near[2]),
                quotient(&at.near[1], &at.near[2]),
                1.0,
            ],
        }
    }

    fn row(&mut self, source: &Source, layer: u32, bend: u32, cell: u32) -> Triple {
        self.prepare(source, layer);
        self.fill(source, layer, cell);
        let inputs = &self.inputs[&(layer, cell)];
        let integers = &self.layers[layer as usize];
        let kinks = integers.kinks.len();
        let mut row = combine(integers, bend as usize / kinks, inputs);
        row[2] -= &integers.kinks[bend as usize % kinks];
        row
    }

    /// Computes the outputs of the layers before `layer` on `cell`, unless they are known.
    fn fill(&mut self, source: &Source, layer: u32, cell: u32) {
        if self.inputs.contains_key(&(layer, cell)) {
            return;
        }
        let number = |k: i32| BigInt::from(k);
        let outputs = if layer == 0 {
            vec![
                [number(1), number(0), number(0)],
                [number(0), number(1), number(0)],
            ]
        } else {
            let level = &source.levels[layer as usize - 1];
            let parent = level.parent[cell as usize];
            self.fill(source, layer - 1, parent);
            let before = &source.chain[layer as usize - 1];
            let integers = &self.layers[layer as usize - 1];
            let inputs = &self.inputs[&(layer - 1, parent)];
            (0..before.units)
                .map(|unit| {
                    let on = before.piece_number(level, cell as usize, unit);
                    integers.bent(unit, on, inputs)
                })
                .collect()
        };
        self.inputs.insert((layer, cell), outputs);
    }

    /// What the first `layers` layers are on the cell that has these ancestors: rows of integers, over one power of two.
    pub(super) fn rows(&mut self, source: &Source, cells: &[usize], layers: usize) -> Vec<Triple> {
        let number = |k: i32| BigInt::from(k);
        let mut rows = vec![
            [number(1), number(0), number(0)],
            [number(0), number(1), number(0)],
        ];
        if layers > 0 {
            self.prepare(source, layers as u32 - 1);
        }
        for (k, link) in source.chain[..layers].iter().enumerate() {
            let integers = &self.layers[k];
            let level = source.levels.get(k);
            let next = (0..link.units).map(|unit| match level {
                Some(level) => {
                    let on = link.piece_number(level, cells[k + 1], unit);
                    integers.bent(unit, on, &rows)
                }
                // After the last layer that bends.
                None => combine(integers, unit, &rows),
            });
            rows = next.collect();
        }
        rows
    }

    /// Writes the layers up to `layer` in integers.
    fn prepare(&mut self, source: &Source, layer: u32) {
        // The maps of a layer are multiplied by 2^power and by the divisors of the layers before.
        let (mut power, mut divisors) = (0, BigInt::from(1));
        for (k, link) in source.chain.iter().enumerate().take(layer as usize + 1) {
            let own = digits(&link.weight)
                .max(digits(&link.bias).saturating_sub(power))
                .max(digits(&link.bend.kinks).saturating_sub(power));
            power += own;
            let pieces = &link.bend.pieces;
            let slopes: Vec<f64> = pieces.iter().map(|piece| piece[0]).collect();
            let offsets: Vec<f64> = pieces.iter().map(|piece| piece[1]).collect();
            let shift = digits(&slopes).max(digits(&offsets).saturating_sub(power));
            if self.layers.len() == k {
                let constant = |number: f64, power: u64| scaled(number, power) * &divisors;
                self.layers.push(Integers {
                    weight: link.weight.iter().map(|&w| scaled(w, own)).collect(),
                    bias: link.bias.iter().map(|&b| constant(b, power)).collect(),
                    kinks: link
                        .bend
                        .kinks
                        .iter()
                        .map(|&z| constant(z, power))
                        .collect(),
                    pieces: pieces
                        .iter()
                        .map(|&[slope, offset]| {
                            [scaled(slope, shift), constant(offset, power + shift)]
                        })
                        .collect(),
                });
            }
            power += shift;
            divisors *= link.bend.divisor;
        }
    }

    fn line(&mut self, source: &Source, line: u32) -> Triple {
        if let Some(known) = self.lines.get(&line) {
            return known.clone();
        }
        let row = match source.lines[line as usize] {
            Origin::Unit { layer, bend, cell } => reduced(self.row(source, layer, bend, cell)),
            Origin::Side(row) | Origin::Far(row) => {
                let shift = digits(&row);
                row.map(|entry| scaled(entry, shift))
            }
        };
        self.lines.insert(line, row.clone());
        row
    }

    fn vertex(&mut self, source: &Source, vertex: u32) -> Vertex {
        if let Some(known) = self.vertices.get(&vertex) {
            return known.clone();
        }
        let [p, q] = source.through[vertex as usize];
        let (a, b) = (self.line(source, p), self.line(source, q));
        let is_far = |line: u32| matches!(source.lines[line as usize], Origin::Far(_));
        let zero = || BigInt::from(0);
        // A far side is (a, b, M c): its cross product with a line is linear in M, with a corner's M² left out by hand.
        let at = match (is_far(p), is_far(q)) {
            (false, false) => Vertex {
                near: reduced(cross(&a, &b)),
                far: None,
            },
            (true, true) => {
                let [x, y, w] = cross(&a, &b);
                Vertex {
                    near: [zero(), zero(), w],
                    far: Some([x, y, zero()]),
                }
            }
            (far_first, _) => {
                let (side, line) = if far_first { (a, b) } else { (b, a) };
                let [x, y, c] = side;
                Vertex {
                    near: cross(&[x, y, zero()], &line),
                    far: Some(cross(&[zero(), zero(), c], &line)),
                }
            }
        };
        self.vertices.insert(vertex, at.clone());
        at
    }
}

impl Integers {
    /// The output of a unit that is on a piece of its activation.
    fn bent(&self, unit: usize, piece: usize, inputs: &[Triple]) -> Triple {
        let [slope, offset] = &self.pieces[piece];
        let mut row = if slope.sign() == Sign::NoSign {
            std::array::from_fn(|_| BigInt::from(0))
        } else {
            combine(self, unit, inputs).map(|entry| entry * slope)
        };
        row[2] += offset;
        row
    }
}

/// How many binary digits after the point the longest of the numbers has.
fn digits(numbers: &[f64]) -> u64 {
    let least = numbers.iter().filter(|&&w| w != 0.0).map(|&w| dyadic(w).1);
    u64::try_from(-least.min().unwrap_or(0)).unwrap_or(0)
}

/// W h + b of one unit.
fn combine(layer: &Integers, unit: usize, inputs: &[Triple]) -> Triple {
    let mut row: Triple = std::array::from_fn(|_| BigInt::from(0));
    let weights = &layer.weight[unit * inputs.len()..][..inputs.len()];
    for (w, input) in weights.iter().zip(inputs) {
        if w.sign() == Sign::NoSign {
            continue;
        }
        for (sum, entry) in row.iter_mut().zip(input) {
            if entry.sign() != Sign::NoSign {
                *sum += w * entry;
            }
        }
    }
    row[2] += &layer.bias[unit];
    row
}

fn cross([a, b, c]: &Triple, [d, e, f]: &Triple) -> Triple {
    [b * f - c * e, c * d - a * f, a * e - b * d]
}

fn dot(p: &Triple, q: &Triple) -> BigInt {
    p.iter().zip(q).map(|(a, b)| a * b).sum()
}

/// Without the powers of two that all three have in common.
fn reduced(row: Triple) -> Triple {
    let common = row.iter().filter_map(BigInt::trailing_zeros).min();
    match common {
        Some(zeros) if zeros > 0 => row.map(|entry| entry >> zeros),
        _ => row,
    }
}

/// number 2^shift, which must be an integer.
fn scaled(number: f64, shift: u64) -> BigInt {
    let (mantissa, exponent) = dyadic(number);
    let left = exponent + i64::try_from(shift).unwrap_or(i64::MAX);
    BigInt::from(mantissa) << u64::try_from(left).unwrap_or(0)
}

/// p / q to nearly full precision.
fn quotient(p: &BigInt, q: &BigInt) -> f64 {
    if p.sign() == Sign::NoSign {
        return 0.0;
    }
    let length = |n: &BigInt| i64::try_from(n.bits()).unwrap_or(i64::MAX);
    // 64 to 65 bits of the quotient's size.
    let shift = 65 - (length(p) - length(q));
    let (p, q) = match u64::try_from(shift) {
        Ok(left) => (p << left, q.clone()),
        Err(_) => (p.clone(), q << shift.unsigned_abs()),
    };
    let whole = p / q;
    let size = whole.iter_u64_digits().rev().fold(0.0, |sum, digit| {
        sum * 18_446_744_073_709_551_616.0 + digit as f64
    });
    let size = if whole.sign() == Sign::Minus {
        -size
    } else {
        size
    };
    libm::ldexp(size, i32::try_from(-shift).unwrap_or(0))
}
