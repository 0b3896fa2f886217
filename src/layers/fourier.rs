//! Convolution by Fourier transform (item B13): spectra multiply where pictures convolve.
//!
//! The convolution theorem: the transform of a circular convolution is the entrywise product of the transforms. With
//! room for the filter's overhang (n + k - 1 along each side, here rounded up to a power of two) the circle does not close:
//!
//! ```text
//! y = F⁻¹( F(x) ⊙ conj F(w) ),        the conjugate because the layer does not turn its filters over.
//! ```
//!
//! A filter of k x k entries on n x n pixels costs k² n² multiplications directly and about n² log n here, whatever k.

use std::f64::consts::TAU;

use faer::c64;

use super::convolution::{Conv2d, Image};
use crate::error::Result;

/// A plane of complex numbers, row by row.
struct Plane {
    height: usize,
    width: usize,
    values: Vec<c64>,
}

/// The output of `layer`, the same as [`Conv2d::forward`] up to rounding.
///
/// ```
/// use foldspace::layers::{Conv2d, Image, fourier};
///
/// let picture = Image::from_fn(1, 5, 4, |_, row, column| (row * column) as f64);
/// let layer = Conv2d::new(faer::mat![[1.0, 2.0, 3.0, 4.0]], vec![0.5], 1, [2, 2])?;
/// let difference = fourier::forward(&layer, &picture)?.max_difference(&layer.forward(&picture)?);
/// assert!(difference < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the image does not fit the layer.
pub fn forward(layer: &Conv2d, image: &Image) -> Result<Image> {
    let [out_height, out_width] = layer.output_size(image)?;
    let [pad_rows, pad_columns] = layer.padding();
    let [kernel_height, kernel_width] = layer.kernel();
    let [down, across] = layer.stride();
    let height = (image.height + 2 * pad_rows + kernel_height - 1).next_power_of_two();
    let width = (image.width + 2 * pad_columns + kernel_width - 1).next_power_of_two();

    let mut spectra = Vec::with_capacity(image.channels);
    for channel in 0..image.channels {
        let mut plane = Plane::zeros(height, width);
        for row in 0..image.height {
            for column in 0..image.width {
                plane.set(
                    row + pad_rows,
                    column + pad_columns,
                    image.at(channel, row, column),
                );
            }
        }
        plane.transform(FORTH);
        spectra.push(plane);
    }

    let filters = layer.filters();
    let mut outputs = Vec::with_capacity(filters.nrows());
    for filter in 0..filters.nrows() {
        let mut sum = Plane::zeros(height, width);
        for (channel, spectrum) in spectra.iter().enumerate() {
            let mut plane = Plane::zeros(height, width);
            for u in 0..kernel_height {
                for v in 0..kernel_width {
                    let entry = (channel * kernel_height + u) * kernel_width + v;
                    plane.set(u, v, filters[(filter, entry)]);
                }
            }
            plane.transform(FORTH);
            let products = spectrum.values.iter().zip(&plane.values);
            for (sum, (x, w)) in sum.values.iter_mut().zip(products) {
                *sum += x * w.conj();
            }
        }
        sum.transform(BACK);
        outputs.push(sum);
    }

    // The transform back is unnormalised: it leaves a factor of the number of entries.
    let scale = 1.0 / (height * width) as f64;
    Ok(Image::from_fn(
        outputs.len(),
        out_height,
        out_width,
        |filter, row, column| {
            let sum = &outputs[filter];
            sum.values[row * down * width + column * across].re * scale + layer.bias()[filter]
        },
    ))
}

impl Plane {
    fn zeros(height: usize, width: usize) -> Self {
        Self {
            height,
            width,
            values: vec![c64::new(0.0, 0.0); height * width],
        }
    }

    fn set(&mut self, row: usize, column: usize, value: f64) {
        self.values[row * self.width + column].re = value;
    }

    /// The two-dimensional transform in place: every row, then every column.
    fn transform(&mut self, direction: f64) {
        for row in self.values.chunks_exact_mut(self.width) {
            transform(row, direction);
        }
        for start in 0..self.width {
            let places = || (0..self.height).map(|row| row * self.width + start);
            let mut column: Vec<c64> = places().map(|place| self.values[place]).collect();
            transform(&mut column, direction);
            for (place, value) in places().zip(column) {
                self.values[place] = value;
            }
        }
    }
}

/// The sign of the exponent in the transform, and in its inverse.
const FORTH: f64 = -1.0;
const BACK: f64 = 1.0;

/// X_k = Σ_j x_j e^{± 2πi jk / n} in place, for n a power of two (Cooley and Tukey, 1965): the Fourier matrix of size n is
/// two of size n / 2, on the even and on the odd entries, and one step that adds and subtracts.
fn transform(values: &mut [c64], direction: f64) {
    let n = values.len();
    if n < 2 {
        return;
    }
    let mut even: Vec<c64> = values.iter().step_by(2).copied().collect();
    let mut odd: Vec<c64> = values.iter().skip(1).step_by(2).copied().collect();
    transform(&mut even, direction);
    transform(&mut odd, direction);
    for k in 0..n / 2 {
        let (sin, cos) = libm::sincos(direction * TAU * k as f64 / n as f64);
        let turned = odd[k] * c64::new(cos, sin);
        values[k] = even[k] + turned;
        values[k + n / 2] = even[k] - turned;
    }
}
