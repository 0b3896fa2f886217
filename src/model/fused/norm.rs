//! Batch norm and the activation after it over plain numbers: y = φ(ẑ γ + β), ẑ = (z - μ) / √(σ² + ε).
//!
//! S. Ioffe and C. Szegedy, "Batch normalization" (2015). Sums over the samples are of `f64`, by rows of a fixed number, whose sums
//! are added in order: the result does not depend on the number of threads.

use rayon::prelude::*;

use super::FusedActivation;
use crate::model::simd::{Vectors, Work, dispatch};

/// How a batch is normalised.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BatchNorm {
    /// Whether the statistics are the batch's own, which the gradient has to know.
    pub is_training: bool,
    /// ε.
    pub epsilon: f32,
    /// φ.
    pub activation: FusedActivation,
}

/// What a batch norm knows of each unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Units<'a> {
    /// γ.
    pub(super) weight: &'a [f32],
    /// β.
    pub(super) bias: &'a [f32],
    /// μ, and then σ² of each.
    pub(super) statistics: &'a [f32],
}

/// dL/dz (rows x units), dL/dγ and dL/dβ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct NormGradients {
    pub(super) z: Vec<f32>,
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

/// About how many numbers are summed up at once, and are a thread's work.
const PIECE: usize = 1 << 16;

/// Below this many numbers, waking a second thread costs more than it gains.
const WORTH_A_THREAD: usize = 1 << 18;

/// Mean and (biased) variance of each unit: μ, and then σ².
pub(super) fn statistics(z: &[f32], units: usize) -> Vec<f32> {
    let samples = (z.len() / units.max(1)) as f64;
    let mean = shares(sums(z, units, &vec![0.0; units], 1), samples);
    let variance = shares(sums(z, units, &mean, 2), samples);
    let all = mean.iter().chain(&variance);
    all.map(|&number| number as f32).collect()
}

fn shares(sums: Vec<f64>, samples: f64) -> Vec<f64> {
    sums.into_iter().map(|sum| sum / samples).collect()
}

/// Σ (z - centre) or Σ (z - centre)² over the samples of each unit.
fn sums(z: &[f32], units: usize, centre: &[f64], power: u32) -> Vec<f64> {
    by_pieces(z.len(), units, |from, to| {
        dispatch(Powers {
            z: &z[from..to],
            centre,
            power,
        })
    })
}

/// What `work` finds between two places of whole rows, piece by piece, added up in order.
fn by_pieces(
    numbers: usize,
    units: usize,
    work: impl Fn(usize, usize) -> Vec<f64> + Sync,
) -> Vec<f64> {
    let length = piece_length(units);
    let starts: Vec<usize> = (0..numbers).step_by(length).collect();
    let piece = |&from: &usize| work(from, (from + length).min(numbers));
    let found: Vec<Vec<f64>> = if numbers < WORTH_A_THREAD {
        starts.iter().map(piece).collect()
    } else {
        starts.par_iter().map(piece).collect()
    };
    let mut found = found.into_iter();
    let mut total = found.next().unwrap_or_default();
    for sums in found {
        for (total, sum) in total.iter_mut().zip(sums) {
            *total += sum;
        }
    }
    total
}

struct Powers<'a> {
    z: &'a [f32],
    centre: &'a [f64],
    power: u32,
}

impl Work for Powers<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) -> Vec<f64> {
        let mut sums = vec![0.0; self.centre.len()];
        for row in self.z.chunks_exact(self.centre.len()) {
            let entries = row.iter().zip(self.centre).zip(&mut sums);
            for ((&z, centre), sum) in entries {
                let apart = f64::from(z) - centre;
                *sum += if self.power == 1 {
                    apart
                } else {
                    apart * apart
                };
            }
        }
        sums
    }
}

/// The running statistics after a batch: each is replaced by `share` of the batch's, the variance unbiased.
pub(super) fn follow(running: &mut [f32], batch: &[f32], samples: usize, share: f64) {
    let unbiased = samples as f64 / (samples as f64 - 1.0);
    let units = running.len() / 2;
    let both = running.iter_mut().zip(batch).enumerate();
    for (place, (running, &batch)) in both {
        let scale = if place < units { 1.0 } else { unbiased };
        let batch = f64::from(batch) * scale;
        *running = (f64::from(*running) * (1.0 - share) + batch * share) as f32;
    }
}

impl Units<'_> {
    /// 1 / √(σ² + ε).
    fn inverse_deviations(&self, epsilon: f32) -> Vec<f32> {
        let variances = &self.statistics[self.weight.len()..];
        let inverse = |&variance: &f32| 1.0 / f64::from(variance + epsilon).sqrt();
        variances.iter().map(|v| inverse(v) as f32).collect()
    }
}

impl BatchNorm {
    /// From z (rows x units) to y, in place.
    pub(super) fn forward(self, z: &mut [f32], units: Units<'_>) {
        self.standardise(z, units);
        self.activation.apply_to_all(z);
    }

    /// From z to ẑ γ + β, in place.
    fn standardise(self, z: &mut [f32], units: Units<'_>) {
        let inverse = units.inverse_deviations(self.epsilon);
        let scale: Vec<f32> = inverse
            .iter()
            .zip(units.weight)
            .map(|(i, w)| i * w)
            .collect();
        let piece = |z: &mut [f32]| {
            dispatch(Standardise {
                z,
                units,
                scale: &scale,
            })
        };
        in_pieces(z, units.weight.len(), piece);
    }

    /// The gradients from dL/dy, with ds = dL/dy φ'(s) and n samples: dL/dβ = Σ ds, dL/dγ = Σ ds ẑ, and where the statistics are
    /// the batch's own dL/dz = γ (ds - (dL/dβ + ẑ dL/dγ) / n) / √(σ² + ε), else without what is taken off.
    pub(super) fn backward(self, z: &[f32], units: Units<'_>, dy: &[f32]) -> NormGradients {
        let mut ds = dy.to_vec();
        if self.activation != FusedActivation::Identity {
            let mut s = z.to_vec();
            self.standardise(&mut s, units);
            self.activation.backward_from_z(&s, &mut ds);
        }
        let count = units.weight.len();
        let inverse = units.inverse_deviations(self.epsilon);
        let found = by_pieces(z.len(), count, |from, to| {
            dispatch(Products {
                z: &z[from..to],
                ds: &ds[from..to],
                mean: &units.statistics[..count],
            })
        });
        let (bias, products) = found.split_at(found.len() / 2);
        let products = products.iter().zip(&inverse);
        let weight: Vec<f64> = products.map(|(sum, &i)| sum * f64::from(i)).collect();

        // dL/dz is scale · ds - offset - slope · (z - μ).
        let share = match self.is_training {
            true => count as f64 / z.len().max(1) as f64,
            false => 0.0,
        };
        let scale: Vec<f32> = inverse
            .iter()
            .zip(units.weight)
            .map(|(i, w)| i * w)
            .collect();
        let taken = scale.iter().zip(bias).zip(weight.iter().zip(&inverse));
        let (offset, slope): (Vec<f32>, Vec<f32>) = taken
            .map(|((&scale, bias), (weight, &inverse))| {
                let share = f64::from(scale) * share;
                let slope = share * weight * f64::from(inverse);
                ((share * bias) as f32, slope as f32)
            })
            .unzip();
        let mut dz = ds;
        let work = |(dz, z): (&mut [f32], &[f32])| {
            dispatch(Back {
                dz,
                z,
                mean: &units.statistics[..count],
                scale: &scale,
                offset: &offset,
                slope: &slope,
            });
        };
        if z.len() < WORTH_A_THREAD {
            work((&mut dz, z));
        } else {
            let length = piece_length(count);
            let pieces = dz.par_chunks_mut(length).zip(z.par_chunks(length));
            pieces.for_each(work);
        }
        let narrow = |numbers: &[f64]| numbers.iter().map(|&number| number as f32).collect();
        NormGradients {
            z: dz,
            weight: narrow(&weight),
            bias: narrow(bias),
        }
    }
}

/// The numbers of whole rows that a thread takes.
fn piece_length(units: usize) -> usize {
    (PIECE / units.max(1)).max(1) * units.max(1)
}

fn in_pieces(z: &mut [f32], units: usize, work: impl Fn(&mut [f32]) + Send + Sync) {
    if z.len() < WORTH_A_THREAD {
        work(z);
    } else {
        z.par_chunks_mut(piece_length(units)).for_each(work);
    }
}

struct Standardise<'a> {
    z: &'a mut [f32],
    units: Units<'a>,
    scale: &'a [f32],
}

impl Work for Standardise<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let units = self.scale.len();
        let (mean, bias) = (&self.units.statistics[..units], &self.units.bias[..units]);
        for row in self.z.chunks_exact_mut(units) {
            for unit in 0..units {
                row[unit] = (row[unit] - mean[unit]) * self.scale[unit] + bias[unit];
            }
        }
    }
}

/// Σ ds, and then Σ ds (z - μ), of each unit.
struct Products<'a> {
    z: &'a [f32],
    ds: &'a [f32],
    mean: &'a [f32],
}

impl Work for Products<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) -> Vec<f64> {
        let units = self.mean.len();
        let mut sums = vec![0.0; 2 * units];
        let (plain, products) = sums.split_at_mut(units);
        let rows = self.z.chunks_exact(units).zip(self.ds.chunks_exact(units));
        for (z, ds) in rows {
            for unit in 0..units {
                let ds = f64::from(ds[unit]);
                plain[unit] += ds;
                products[unit] += ds * f64::from(z[unit] - self.mean[unit]);
            }
        }
        sums
    }
}

/// From ds to dL/dz, in place.
struct Back<'a> {
    dz: &'a mut [f32],
    z: &'a [f32],
    mean: &'a [f32],
    scale: &'a [f32],
    offset: &'a [f32],
    slope: &'a [f32],
}

impl Work for Back<'_> {
    type Output = ();

    #[inline(always)]
    fn run<K: Vectors>(self, _: K) {
        let units = self.mean.len();
        let rows = self.dz.chunks_exact_mut(units);
        for (dz, z) in rows.zip(self.z.chunks_exact(units)) {
            for unit in 0..units {
                let apart = z[unit] - self.mean[unit];
                let taken = self.offset[unit] + self.slope[unit] * apart;
                dz[unit] = self.scale[unit] * dz[unit] - taken;
            }
        }
    }
}
