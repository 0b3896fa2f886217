//! A plane through a space of many dimensions, and a network as it acts there.
//!
//! A point p of the plane stands for x = o + A p, o the plane's origin and the columns of A its axes. A network that
//! begins with W x + b is, on the plane, the one that begins with (W A) p + (W o + b): a network with two inputs,
//! whose boundaries and maps can be drawn as exactly as any other's. What lies off the plane is not seen.

use faer::{Mat, MatRef};

use crate::error::{Error, Result};
use crate::linalg::Pca;
use crate::model::{Activation, Frozen, Layer};

/// A plane in d dimensions with coordinates of its own.
///
/// ```
/// use faer::mat;
/// use foldspace::geometry::Slice;
/// // The first and the third of three features; the second is held at 7.
/// let slice = Slice::new(vec![0.0, 7.0, 0.0], mat![[1.0, 0.0], [0.0, 0.0], [0.0, 1.0]])?;
/// assert_eq!(slice.lift(mat![[3.0, 4.0]].as_ref()), mat![[3.0, 7.0, 4.0]]);
/// assert_eq!(slice.project(mat![[3.0, 9.0, 4.0]].as_ref()), mat![[3.0, 4.0]]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// o, the point of space that the plane's (0, 0) stands for; d entries.
    pub origin: Vec<f64>,
    /// A (d x 2), columns at a right angle, of any length.
    pub axes: Mat<f64>,
    /// From space to the plane, (d x 2): A, each column divided by its squared length.
    readings: Mat<f64>,
}

impl Slice {
    /// The plane o + A p.
    ///
    /// # Errors
    /// If A is not (d x 2), a column is zero or not finite, or the two are not at a right angle.
    pub fn new(origin: Vec<f64>, axes: Mat<f64>) -> Result<Self> {
        let refuse = |problem: String| Err(Error::matrix("slice", problem));
        let d = origin.len();
        if axes.nrows() != d || axes.ncols() != 2 {
            return refuse(format!(
                "axes {} x {} for an origin of {d} entries; a plane has 2 axes",
                axes.nrows(),
                axes.ncols()
            ));
        }
        // Divided by its largest entry, an axis can be squared however long or short it is.
        let largest = [0, 1].map(|j| axes.col(j).norm_max());
        if largest.iter().any(|&l| !(l.is_finite() && l > 0.0)) {
            return refuse("an axis has no length, or one that is not finite".into());
        }
        let unit = |i: usize, j: usize| axes[(i, j)] / largest[j];
        let product = |a: usize, b: usize| (0..d).map(|i| unit(i, a) * unit(i, b)).sum::<f64>();
        let squares = [product(0, 0), product(1, 1)];
        if product(0, 1).abs() > 1e-9 * (squares[0] * squares[1]).sqrt() {
            return refuse("the axes are not at a right angle".into());
        }
        Ok(Self {
            readings: Mat::from_fn(d, 2, |i, j| unit(i, j) / squares[j] / largest[j]),
            origin,
            axes,
        })
    }

    /// The plane of the first two principal components of `points` (n x d), and the share of their variance along
    /// each. Its origin is their mean, its axes have length 1.
    ///
    /// # Errors
    /// If there are fewer than 2 points or dimensions, or a number is not finite.
    pub fn principal(points: MatRef<'_, f64>) -> Result<(Self, [f64; 2])> {
        let pca = Pca::fit(points, 2)?;
        let shares = [0, 1].map(|k| pca.explained_variance_ratio[k]);
        let slice = Self::new(pca.mean, pca.components.transpose().to_owned())?;
        Ok((slice, shares))
    }

    /// The points of space that points of the plane stand for: (n x 2) to (n x d).
    ///
    /// # Panics
    /// If the points do not have two coordinates.
    pub fn lift(&self, plane: MatRef<'_, f64>) -> Mat<f64> {
        let mut points = plane * self.axes.transpose();
        for (j, origin) in self.origin.iter().enumerate() {
            for x in points.col_mut(j).iter_mut() {
                *x += origin;
            }
        }
        points
    }

    /// Where the foot of the perpendicular from each point of space onto the plane lies: (n x d) to (n x 2).
    ///
    /// # Panics
    /// If the points do not have d coordinates.
    pub fn project(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        let centred = Mat::from_fn(points.nrows(), points.ncols(), |i, j| {
            points[(i, j)] - self.origin[j]
        });
        centred * &self.readings
    }

    /// The network as it acts on the plane: two inputs, the same outputs.
    ///
    /// # Errors
    /// If the network has no layers, or does not take d inputs.
    pub fn network(&self, network: &Frozen) -> Result<Frozen> {
        let d = self.origin.len();
        let Some(first) = network.layers.first().filter(|first| first.inputs() == d) else {
            return Err(Error::matrix(
                "slice",
                format!("the plane lies in {d} dimensions, the network does not"),
            ));
        };
        let origin = Mat::from_fn(1, d, |_, j| self.origin[j]);
        let moved = first.affine(origin.as_ref());
        let mut on_plane = network.clone();
        on_plane.layers[0] = Layer {
            weight: &first.weight * &self.axes,
            bias: (0..first.units()).map(|unit| moved[(0, unit)]).collect(),
            ..first.clone()
        };
        Ok(on_plane)
    }

    /// The projection onto the plane as a layer: d inputs, two units, no activation.
    pub fn projection(&self, name: &str) -> Layer {
        Layer {
            name: name.to_owned(),
            weight: self.readings.transpose().to_owned(),
            bias: (0..2)
                .map(|k| {
                    let along =
                        (0..self.origin.len()).map(|i| self.readings[(i, k)] * self.origin[i]);
                    -along.sum::<f64>()
                })
                .collect(),
            activation: Activation::Identity,
        }
    }
}
