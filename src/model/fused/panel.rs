//! A panel of samples, stored by features, on its way through the layers and back.

use super::chain::Chain;
use super::functions::{exp_of_negative, ln};
use super::lanes::{LANES, multiply_add};
use super::product::{Product, Rows, Start, transpose};
use super::sums::Sums;
use super::{EntryLoss, FusedLoss};
use crate::model::simd::Vectors;

/// A panel's gradients on their way back.
pub(super) struct PanelGradients<'a> {
    /// dL/dy of the layer at hand, by features.
    pub(super) dy: &'a mut [f32],
    /// dL/dx of it, which is dL/dy of the layer before, by features.
    pub(super) dx: &'a mut [f32],
    /// dL/dz of it by samples.
    pub(super) transposed: &'a mut [f32],
    pub(super) width: usize,
}

impl PanelGradients<'_> {
    /// The loss of the outputs against the targets, which `transposed` holds, and its derivative. Samples that only fill up the
    /// panel have neither.
    #[inline(always)]
    pub(super) fn start(
        &mut self,
        output: &[f32],
        loss: FusedLoss,
        share: f32,
        samples: usize,
    ) -> f64 {
        let outputs = output.len() / self.width;
        let terms = match loss {
            FusedLoss::Entries(loss) => {
                self.entries(output, loss, share);
                outputs
            }
            FusedLoss::CrossEntropy => {
                self.cross_entropy(output, share);
                1
            }
        };
        for gradients in self.dy.chunks_exact_mut(self.width).take(outputs) {
            gradients[samples..].fill(0.0);
        }
        let mut sum = 0.0;
        for values in self.dx.chunks_exact(self.width).take(terms) {
            sum += values[..samples]
                .iter()
                .map(|&value| f64::from(value))
                .sum::<f64>();
        }
        sum
    }

    /// The loss of every output to `dx`, its derivative times `share` to `dy`.
    #[inline(always)]
    fn entries(&mut self, output: &[f32], loss: EntryLoss, share: f32) {
        let entries = output.as_chunks::<LANES>().0.iter();
        let entries = entries.zip(self.transposed.as_chunks::<LANES>().0);
        let gradients = self.dy.as_chunks_mut::<LANES>().0.iter_mut();
        let results = gradients.zip(self.dx.as_chunks_mut::<LANES>().0);
        for ((p, t), (gradients, values)) in entries.zip(results) {
            let (mut values_here, mut gradients_here) = ([0.0; LANES], [0.0; LANES]);
            for lane in 0..LANES {
                let (value, derivative) = loss.at(p[lane], t[lane]);
                values_here[lane] = value;
                gradients_here[lane] = derivative * share;
            }
            (*values, *gradients) = (values_here, gradients_here);
        }
    }

    /// The cross-entropy of every sample to the first row of `dx`, its derivatives times `share` to `dy`.
    #[inline(always)]
    fn cross_entropy(&mut self, output: &[f32], share: f32) {
        let across = self.width / LANES;
        let (z, _) = output.as_chunks::<LANES>();
        let (t, _) = self.transposed.as_chunks::<LANES>();
        let (gradients, _) = self.dy.as_chunks_mut::<LANES>();
        let (values, _) = self.dx.as_chunks_mut::<LANES>();
        for (column, value) in values.iter_mut().take(across).enumerate() {
            let mut highest = [f32::NEG_INFINITY; LANES];
            for z in z.iter().skip(column).step_by(across) {
                for lane in 0..LANES {
                    highest[lane] = highest[lane].max(z[lane]);
                }
            }
            let (mut sum, mut said) = ([0.0; LANES], [0.0; LANES]);
            let rows = z.iter().zip(t).zip(gradients.iter_mut());
            for ((z, t), e) in rows.skip(column).step_by(across) {
                let mut here = [0.0; LANES];
                for lane in 0..LANES {
                    here[lane] = exp_of_negative(z[lane] - highest[lane]);
                    sum[lane] += here[lane];
                    said[lane] += t[lane] * (z[lane] - highest[lane]);
                }
                *e = here;
            }
            let rows = z.iter().zip(t).zip(gradients.iter_mut());
            for ((_, t), gradient) in rows.skip(column).step_by(across) {
                let mut here = *gradient;
                for lane in 0..LANES {
                    here[lane] = (here[lane] / sum[lane] - t[lane]) * share;
                }
                *gradient = here;
            }
            let mut here = [0.0; LANES];
            for lane in 0..LANES {
                here[lane] = ln(sum[lane]) - said[lane];
            }
            *value = here;
        }
    }
}

/// Every layer's slopes, where it keeps them, and output for a panel, one after the other.
#[inline(always)]
pub(super) fn forward<K: Vectors>(
    vectors: K,
    chain: &Chain<'_>,
    x: &[f32],
    values: &mut [f32],
    width: usize,
) {
    let (mut input, mut rest) = (x, values);
    for (layer, columns) in chain.transposed() {
        let (slopes, after) = rest.split_at_mut(layer.slopes() * width);
        let (y, after) = after.split_at_mut(layer.units * width);
        vectors.call(Product {
            shape: [layer.units, layer.inputs, width],
            a: Rows {
                entries: columns,
                stride: layer.inputs,
            },
            b: Rows {
                entries: input,
                stride: width,
            },
            c: y,
            start: Start::Each(layer.bias),
        });
        layer.activation.apply_recording(vectors, y, slopes);
        (input, rest) = (y, after);
    }
}

/// The gradients of a panel, added to the sums, from dL/dy in `gradients.dy`; and dL/dx by samples, where there is a place for it.
#[inline(always)]
pub(super) fn backward<K: Vectors>(
    vectors: K,
    chain: &Chain<'_>,
    x: &[f32],
    values: &[f32],
    gradients: &mut PanelGradients<'_>,
    sums: &mut Sums,
    dx: Option<&mut [f32]>,
) {
    let width = gradients.width;
    let (mut values, mut sums) = (values, sums.numbers.as_mut_slice());
    for (number, layer) in chain.layers.iter().enumerate().rev() {
        let (before, y) = values.split_at(values.len() - layer.units * width);
        let (before, slopes) = before.split_at(before.len() - layer.slopes() * width);
        let input = match number {
            0 => x,
            _ => &before[before.len() - layer.inputs * width..],
        };
        values = before;
        let dz = &mut gradients.dy[..layer.units * width];
        layer.activation.backward(y, slopes, dz);

        let (rest, bias) = sums.split_at_mut(sums.len() - layer.units * LANES);
        for (dz, sum) in dz.chunks_exact(width).zip(bias.as_chunks_mut::<LANES>().0) {
            let mut lanes = *sum;
            for dz in dz.as_chunks::<LANES>().0 {
                for lane in 0..LANES {
                    lanes[lane] += dz[lane];
                }
            }
            *sum = lanes;
        }
        sums = if layer.is_wide() {
            // dL/dW = xᵀ dL/dz, for which dL/dz is transposed: its rows are samples then.
            let across = layer.units.next_multiple_of(LANES);
            let (rest, weight) = rest.split_at_mut(rest.len() - layer.inputs * across);
            let transposed = &mut gradients.transposed[..width * across];
            transpose(
                Rows {
                    entries: dz,
                    stride: width,
                },
                transposed,
                across,
                [layer.units, width],
            );
            vectors.call(Product {
                shape: [layer.inputs, width, across],
                a: Rows {
                    entries: input,
                    stride: width,
                },
                b: Rows {
                    entries: transposed,
                    stride: across,
                },
                c: weight,
                start: Start::Old,
            });
            rest
        } else {
            let length = layer.inputs * layer.units * LANES;
            let (rest, weight) = rest.split_at_mut(rest.len() - length);
            let (lanes, _) = weight.as_chunks_mut::<LANES>();
            let (x, units) = (&input[..layer.inputs * width], layer.units);
            if layer.inputs < units {
                let strides = Strides {
                    held: units,
                    passing: 1,
                };
                add_products::<K>(x, dz, width, lanes, strides);
            } else {
                let strides = Strides {
                    held: 1,
                    passing: units,
                };
                add_products::<K>(dz, x, width, lanes, strides);
            }
            rest
        };
        if number > 0 || dx.is_some() {
            vectors.call(Product {
                shape: [layer.inputs, layer.units, width],
                a: Rows {
                    entries: layer.weight,
                    stride: layer.units,
                },
                b: Rows {
                    entries: dz,
                    stride: width,
                },
                c: &mut gradients.dx[..layer.inputs * width],
                start: Start::Zero,
            });
            std::mem::swap(&mut gradients.dy, &mut gradients.dx);
        }
    }
    if let Some(dx) = dx {
        store(gradients.dy, dx, width, chain.inputs());
    }
}

/// Where the sums of [`add_products`] lie: how many stand between those of two rows that are held, and of two that pass.
#[derive(Debug, Clone, Copy)]
struct Strides {
    held: usize,
    passing: usize,
}

/// sums += held · passing for every pair of their rows, each lane for itself. The shorter side should be held.
#[inline(always)]
fn add_products<K: Vectors>(
    held: &[f32],
    passing: &[f32],
    width: usize,
    sums: &mut [[f32; LANES]],
    strides: Strides,
) {
    match width / LANES {
        1 => add_products_of::<K, 1>(held, passing, sums, strides),
        2 => add_products_of::<K, 2>(held, passing, sums, strides),
        3 => add_products_of::<K, 3>(held, passing, sums, strides),
        _ => add_products_of::<K, 4>(held, passing, sums, strides),
    }
}

/// The same for panels of W times [`LANES`] samples. Two rows at a time stay in registers.
#[inline(always)]
fn add_products_of<K: Vectors, const W: usize>(
    held: &[f32],
    passing: &[f32],
    sums: &mut [[f32; LANES]],
    strides: Strides,
) {
    let (held, _) = held.as_chunks::<LANES>().0.as_chunks::<W>();
    let (passing, _) = passing.as_chunks::<LANES>().0.as_chunks::<W>();
    let (pairs, single) = held.as_chunks::<2>();
    for (number, &[first, second]) in pairs.iter().enumerate() {
        for (row, passing) in passing.iter().enumerate() {
            let at = 2 * number * strides.held + row * strides.passing;
            let (mut a, mut b) = (sums[at], sums[at + strides.held]);
            for v in 0..W {
                for lane in 0..LANES {
                    a[lane] = multiply_add::<K>(first[v][lane], passing[v][lane], a[lane]);
                    b[lane] = multiply_add::<K>(second[v][lane], passing[v][lane], b[lane]);
                }
            }
            (sums[at], sums[at + strides.held]) = (a, b);
        }
    }
    if let [single] = single {
        for (row, passing) in passing.iter().enumerate() {
            let at = 2 * pairs.len() * strides.held + row * strides.passing;
            let mut a = sums[at];
            for v in 0..W {
                for lane in 0..LANES {
                    a[lane] = multiply_add::<K>(single[v][lane], passing[v][lane], a[lane]);
                }
            }
            sums[at] = a;
        }
    }
}

/// Samples (n x columns) into a panel (columns x width), filled up with zeros.
#[inline(always)]
pub(super) fn load(samples: &[f32], panel: &mut [f32], width: usize, columns: usize) {
    let rows = samples.len() / columns;
    transpose(
        Rows {
            entries: samples,
            stride: columns,
        },
        panel,
        width,
        [rows, columns],
    );
    if rows < width {
        for row in panel.chunks_exact_mut(width).take(columns) {
            row[rows..].fill(0.0);
        }
    }
}

/// The way back.
#[inline(always)]
pub(super) fn store(panel: &[f32], samples: &mut [f32], width: usize, columns: usize) {
    let rows = samples.len() / columns;
    transpose(
        Rows {
            entries: panel,
            stride: width,
        },
        samples,
        columns,
        [columns, rows],
    );
}
