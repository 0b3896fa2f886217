//! Convolution as matrix multiplication (item B13).
//!
//! What networks call a convolution slides a filter over the picture without turning it over (a cross-correlation):
//!
//! ```text
//! y[o, i, j] = b[o] + Σ_{c, u, v} w[o, c, u, v] x[c, s i + u - p, s j + v - p]        (x is 0 outside)
//! ```
//!
//! Each output position looks at one patch. Patches as rows make the patch matrix P (positions x c·h·w, "im2col"),
//! filters as rows the filter matrix W (filters x c·h·w), and the layer is Y = P Wᵀ + 1 bᵀ.

use faer::Mat;

use super::{add_to_rows, check_size};
use crate::error::{Error, Result};

const OPERATION: &str = "convolution";

/// A picture with channels, entries in the order channel, row, column.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Colours, or the features that an earlier layer found.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// `values[(channel * height + row) * width + column]`.
    pub values: Vec<f64>,
}

impl Image {
    /// The image with entry `value(channel, row, column)`.
    pub fn from_fn(
        channels: usize,
        height: usize,
        width: usize,
        mut value: impl FnMut(usize, usize, usize) -> f64,
    ) -> Self {
        let mut values = Vec::with_capacity(channels * height * width);
        for channel in 0..channels {
            for row in 0..height {
                for column in 0..width {
                    values.push(value(channel, row, column));
                }
            }
        }
        Self {
            channels,
            height,
            width,
            values,
        }
    }

    /// One entry.
    ///
    /// # Panics
    /// If the place is outside the image.
    pub fn at(&self, channel: usize, row: usize, column: usize) -> f64 {
        assert!(
            channel < self.channels && row < self.height && column < self.width,
            "({channel}, {row}, {column}) is outside the image"
        );
        self.values[(channel * self.height + row) * self.width + column]
    }

    /// The largest distance between entries; infinite where the shapes differ.
    pub fn max_difference(&self, other: &Self) -> f64 {
        let shape = |image: &Self| (image.channels, image.height, image.width);
        if shape(self) != shape(other) {
            return f64::INFINITY;
        }
        let pairs = self.values.iter().zip(&other.values);
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }
}

/// A convolutional layer.
///
/// ```
/// use faer::mat;
/// use foldspace::layers::{Conv2d, Image};
///
/// let picture = Image::from_fn(1, 3, 3, |_, row, column| (3 * row + column) as f64); // 0 1 2 / 3 4 5 / 6 7 8
/// let layer = Conv2d::new(mat![[1.0, 0.0, 0.0, -1.0]], vec![10.0], 1, [2, 2])?;
/// assert_eq!(layer.patch_matrix(&picture)?.nrows(), 4);
/// assert_eq!(layer.forward(&picture)?.values, [6.0, 6.0, 6.0, 6.0]); // x[i, j] - x[i + 1, j + 1] = -4
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Conv2d {
    filters: Mat<f64>,
    bias: Vec<f64>,
    channels: usize,
    kernel: [usize; 2],
    stride: [usize; 2],
    padding: [usize; 2],
}

impl Conv2d {
    /// A layer with stride 1 and no padding. `filters` is (filters x channels·height·width), a filter per row with its
    /// entries in the order channel, row, column; `kernel` is height and width of a filter.
    ///
    /// # Errors
    /// If the sizes do not fit each other, or one of them is 0.
    pub fn new(
        filters: Mat<f64>,
        bias: Vec<f64>,
        channels: usize,
        kernel: [usize; 2],
    ) -> Result<Self> {
        let length = channels * kernel[0] * kernel[1];
        if length == 0 || filters.nrows() == 0 {
            return Err(Error::matrix(
                OPERATION,
                format!(
                    "{} filters of {channels} x {} x {} have no entries",
                    filters.nrows(),
                    kernel[0],
                    kernel[1]
                ),
            ));
        }
        let count = filters.nrows();
        check_size(
            OPERATION,
            "the filter matrix",
            filters.shape(),
            (count, length),
        )?;
        check_size(OPERATION, "the bias", (bias.len(), 1), (count, 1))?;
        Ok(Self {
            filters,
            bias,
            channels,
            kernel,
            stride: [1, 1],
            padding: [0, 0],
        })
    }

    /// The same layer with steps of `stride` down and across.
    ///
    /// # Errors
    /// If a step is 0.
    pub fn with_stride(self, stride: [usize; 2]) -> Result<Self> {
        if stride.contains(&0) {
            return Err(Error::matrix(OPERATION, "a stride of 0 goes nowhere"));
        }
        Ok(Self { stride, ..self })
    }

    /// The same layer with this many rows (above and below) and columns (left and right) of zeros around the picture.
    #[must_use]
    pub fn with_padding(self, padding: [usize; 2]) -> Self {
        Self { padding, ..self }
    }

    /// The filter matrix W (filters x channels·height·width).
    pub fn filters(&self) -> &Mat<f64> {
        &self.filters
    }

    /// b, one number per filter.
    pub fn bias(&self) -> &[f64] {
        &self.bias
    }

    /// Channels of the input.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Height and width of a filter.
    pub fn kernel(&self) -> [usize; 2] {
        self.kernel
    }

    /// Steps down and across.
    pub fn stride(&self) -> [usize; 2] {
        self.stride
    }

    /// Rows and columns of zeros around the picture.
    pub fn padding(&self) -> [usize; 2] {
        self.padding
    }

    /// Height and width of the output: ⌊(n + 2 p - k) / s⌋ + 1.
    ///
    /// # Errors
    /// If the image does not have the layer's number of channels, or is smaller than a filter.
    pub fn output_size(&self, image: &Image) -> Result<[usize; 2]> {
        if image.channels != self.channels {
            return Err(Error::matrix(
                OPERATION,
                format!(
                    "the image has {} channels, the filters {}",
                    image.channels, self.channels
                ),
            ));
        }
        let entries = image.channels * image.height * image.width;
        check_size(
            OPERATION,
            "the image's data",
            (image.values.len(), 1),
            (entries, 1),
        )?;
        let along = |axis: usize, size: usize| {
            let padded = size + 2 * self.padding[axis];
            match padded.checked_sub(self.kernel[axis]) {
                Some(room) => Ok(room / self.stride[axis] + 1),
                None => Err(Error::matrix(
                    OPERATION,
                    format!(
                        "the image, {padded} long with its padding, is smaller than the filter, {}",
                        self.kernel[axis]
                    ),
                )),
            }
        };
        Ok([along(0, image.height)?, along(1, image.width)?])
    }

    /// P (positions x channels·height·width): row k is the patch under the filter at output position k, positions in
    /// the order row, column.
    ///
    /// # Errors
    /// As [`output_size`](Self::output_size).
    pub fn patch_matrix(&self, image: &Image) -> Result<Mat<f64>> {
        let [rows, columns] = self.output_size(image)?;
        Ok(Mat::from_fn(
            rows * columns,
            self.filters.ncols(),
            |position, entry| {
                self.source(image, [position / columns, position % columns], entry)
                    .map_or(0.0, |index| image.values[index])
            },
        ))
    }

    /// The layer's output, P Wᵀ + 1 bᵀ, as an image with a channel per filter.
    ///
    /// # Errors
    /// As [`output_size`](Self::output_size).
    pub fn forward(&self, image: &Image) -> Result<Image> {
        let [height, width] = self.output_size(image)?;
        let mut y = self.patch_matrix(image)? * self.filters.transpose();
        add_to_rows(&mut y, &self.bias);
        Ok(Image::from_fn(
            y.ncols(),
            height,
            width,
            |filter, row, column| y[(row * width + column, filter)],
        ))
    }

    /// The layer without its bias as one matrix for images of this size: (filters·positions x channels·height·width),
    /// to be multiplied by the image's `values`. Most entries are 0 and each weight stands in many places: a
    /// convolution is a linear map with shared weights.
    ///
    /// # Errors
    /// As [`output_size`](Self::output_size).
    pub fn as_matrix(&self, image: &Image) -> Result<Mat<f64>> {
        let [rows, columns] = self.output_size(image)?;
        let positions = rows * columns;
        let mut matrix = Mat::zeros(self.filters.nrows() * positions, image.values.len());
        for position in 0..positions {
            for entry in 0..self.filters.ncols() {
                let place = [position / columns, position % columns];
                if let Some(index) = self.source(image, place, entry) {
                    for filter in 0..self.filters.nrows() {
                        matrix[(filter * positions + position, index)] =
                            self.filters[(filter, entry)];
                    }
                }
            }
        }
        Ok(matrix)
    }

    /// Which of the image's values filter entry `entry` meets at output position (row, column); none in the padding.
    fn source(&self, image: &Image, [row, column]: [usize; 2], entry: usize) -> Option<usize> {
        let [height, width] = self.kernel;
        let (channel, u, v) = (
            entry / (height * width),
            entry / width % height,
            entry % width,
        );
        let i = (row * self.stride[0] + u).checked_sub(self.padding[0])?;
        let j = (column * self.stride[1] + v).checked_sub(self.padding[1])?;
        (i < image.height && j < image.width)
            .then(|| (channel * image.height + i) * image.width + j)
    }
}
