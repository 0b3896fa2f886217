//! A plane picture of a wide layer: a projection that says how much it shows, and motion from one to the next.
//!
//! A layer of k > 2 units cannot be drawn as it is. A [`View`] is an orthogonal projection of its output onto a
//! plane: the identity for k = 2, the first two principal components otherwise. Between two layers' views every point
//! moves straight from its place in one to its place in the other ([`blend`]). To keep the motion
//! from being one of the camera, the next view is first turned or mirrored within its plane to lie as close as
//! possible to the last (orthogonal Procrustes): no view shows more or less for that.
//!
//! For the affine part of a layer from the plane to k units nothing is lost at all: its image is a plane, whose
//! principal components explain all of the variance. Item D6.

use faer::{Mat, MatRef};

use crate::error::{Error, Result};
use crate::linalg::{Pca, svd};

/// An orthogonal projection onto a plane: p = (x - mean) A.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The point that lands on the origin, k entries.
    pub mean: Vec<f64>,
    /// A (k x 2), orthonormal columns.
    pub axes: Mat<f64>,
    /// The share of the variance of the data that the plane shows, in \[0, 1\].
    pub explained: f64,
}

impl View {
    /// The view of a layer's output on the data, `points` (n x k): as it is for k = 2, along its first two principal
    /// components for more.
    ///
    /// # Errors
    /// If k < 2, there are no points, or one is not finite.
    pub fn of(points: MatRef<'_, f64>) -> Result<Self> {
        let k = points.ncols();
        if k == 2 {
            return Ok(Self {
                mean: vec![0.0; 2],
                axes: Mat::identity(2, 2),
                explained: 1.0,
            });
        }
        if k < 2 {
            return Err(Error::matrix(
                "view",
                format!("{k} units; a plane needs at least 2"),
            ));
        }
        let pca = Pca::fit(points, 2)?;
        Ok(Self {
            explained: if pca.total_variance > 0.0 {
                pca.explained_variance_ratio.iter().sum::<f64>().min(1.0)
            } else {
                1.0 // nothing varies, nothing is lost
            },
            axes: pca.components.transpose().to_owned(),
            mean: pca.mean,
        })
    }

    /// The view of `points` (n x k, k > 2) that continues `picture` (n x 2), for pictures that follow each other quickly: the
    /// plane of the first two components, turned towards `picture`, by iteration of a subspace of a few more dimensions, from where
    /// `picture` and some points lie. It takes a small part of the time of [`of`](Self::of); what is `explained` is measured, whatever
    /// the iteration reached.
    ///
    /// # Panics
    /// If the two have not the same number of rows.
    pub fn continuing(picture: MatRef<'_, f64>, points: MatRef<'_, f64>) -> Self {
        const DIMENSIONS: usize = 8;
        const ROUNDS: usize = 60;
        const STILL: f64 = 1e-10;
        let (n, k) = (points.nrows(), points.ncols());
        let mean: Vec<f64> = points
            .col_iter()
            .map(|column| column.iter().sum::<f64>() / n.max(1) as f64)
            .collect();
        let inside = centred(points.to_owned());
        let total = inside.squared_norm_l2();
        let towards = inside.transpose() * centred(picture.to_owned());
        let others = DIMENSIONS.min(k).min(n).max(2) - 2;
        let mut axes = orthonormal(Mat::from_fn(k, 2 + others, |i, j| match j {
            0 | 1 => towards[(i, j)],
            _ => inside[((j - 2) * n / others, i)],
        }));
        let (mut image, mut shown) = (&inside * &axes, 0.0);
        let mut turn = Mat::identity(2 + others, 2);
        for _ in 0..ROUNDS {
            axes = orthonormal(inside.transpose() * &image);
            image = &inside * &axes;
            // Within the subspace: its own first two components (Rayleigh and Ritz).
            let Ok(within) = svd((image.transpose() * &image).as_ref()) else {
                break; // what is not a number has none
            };
            turn = within.v.subcols(0, 2).to_owned();
            let before = std::mem::replace(&mut shown, within.s[0] + within.s[1]);
            if shown - before <= STILL * total {
                break;
            }
        }
        let view = Self {
            mean,
            axes: axes * turn,
            explained: if total > 0.0 {
                (shown / total).min(1.0)
            } else {
                1.0
            },
        };
        view.aligned_to(picture, points).unwrap_or(view)
    }

    /// The picture of `points` (n x k): (n x 2).
    ///
    /// ```
    /// use faer::mat;
    /// use foldspace::geometry::View;
    /// // On a slanted line in space, one plane shows everything.
    /// let points = mat![[0.0, 0.0, 0.0], [1.0, 2.0, 2.0], [2.0, 4.0, 4.0]];
    /// let view = View::of(points.as_ref())?;
    /// assert!((view.explained - 1.0).abs() < 1e-12);
    /// let picture = view.project(points.as_ref());
    /// assert!(((picture[(2, 0)] - picture[(0, 0)]).abs() - 6.0).abs() < 1e-12); // lengths kept
    /// # Ok::<(), foldspace::error::Error>(())
    /// ```
    ///
    /// # Panics
    /// If the points do not have k coordinates.
    pub fn project(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        let centred = Mat::from_fn(points.nrows(), points.ncols(), |i, j| {
            points[(i, j)] - self.mean[j]
        });
        centred * &self.axes
    }

    /// The same view, turned or mirrored within its plane so that the picture of `points` (n x k) lies as close as
    /// possible to `target` (n x 2) in the sense of least squares about the means.
    ///
    /// # Errors
    /// If the shapes do not fit, or a number is not finite.
    pub fn aligned_to(&self, target: MatRef<'_, f64>, points: MatRef<'_, f64>) -> Result<Self> {
        if target.ncols() != 2
            || target.nrows() != points.nrows()
            || points.ncols() != self.mean.len()
        {
            return Err(Error::matrix(
                "view alignment",
                format!(
                    "points {} x {}, target {} x {}",
                    points.nrows(),
                    points.ncols(),
                    target.nrows(),
                    target.ncols()
                ),
            ));
        }
        // Procrustes: the orthogonal Q that maximises tr(Qᵀ PᵀT) is U Vᵀ of PᵀT.
        let picture = centred(self.project(points));
        let svd = svd((picture.transpose() * centred(target.to_owned())).as_ref())?;
        Ok(Self {
            mean: self.mean.clone(),
            axes: &self.axes * (&svd.u * svd.v.transpose()),
            explained: self.explained,
        })
    }
}

fn centred(mut points: Mat<f64>) -> Mat<f64> {
    let n = points.nrows().max(1) as f64;
    for j in 0..points.ncols() {
        let mean = points.col(j).iter().sum::<f64>() / n;
        for x in points.col_mut(j).iter_mut() {
            *x -= mean;
        }
    }
    points
}

/// Gram and Schmidt, twice; a column without length of its own becomes a unit vector.
fn orthonormal(mut axes: Mat<f64>) -> Mat<f64> {
    for a in 0..axes.ncols() {
        for _ in 0..2 {
            for b in 0..a {
                let product = axes.col(a).transpose() * axes.col(b);
                for i in 0..axes.nrows() {
                    axes[(i, a)] -= product * axes[(i, b)];
                }
            }
            let length = axes.col(a).norm_l2();
            for (i, x) in axes.col_mut(a).iter_mut().enumerate() {
                *x = match length > 1e-150 {
                    true => *x / length,
                    false => f64::from(u8::from(i == a)),
                };
            }
        }
    }
    axes
}

/// From one picture to the next (both n x 2): every point along a straight line, `t` in \[0, 1\], exact at both ends.
/// Easing is the timeline's business.
///
/// # Panics
/// If the pictures differ in shape.
pub fn blend(from: MatRef<'_, f64>, to: MatRef<'_, f64>, t: f64) -> Mat<f64> {
    assert_eq!(
        (from.nrows(), from.ncols()),
        (to.nrows(), to.ncols()),
        "pictures of different shape"
    );
    Mat::from_fn(from.nrows(), from.ncols(), |i, j| {
        (1.0 - t) * from[(i, j)] + t * to[(i, j)]
    })
}

#[cfg(test)]
mod tests {
    use super::View;
    use faer::Mat;

    /// Against the singular value decomposition: the same plane, turned the same way.
    #[test]
    fn the_quick_view_is_the_exact_one() {
        // The third is nearly as large as the second.
        let spread = |j: usize| [3.0, 2.0, 1.95, 0.9][j.min(3)];
        let scattered = |i: usize, j: usize| ((i * i * 31 + i * 7919 * (j + 1)) % 1009) as f64;
        let points = Mat::from_fn(120, 30, |i, j| spread(j) * (scattered(i, j) / 1009.0 - 0.5));
        let picture = Mat::from_fn(120, 2, |i, j| points[(i, 1 - j)] + 0.1);
        let exact = View::of(points.as_ref()).unwrap();
        let exact = exact.aligned_to(picture.as_ref(), points.as_ref()).unwrap();
        let quick = View::continuing(picture.as_ref(), points.as_ref());
        assert!((exact.explained - quick.explained).abs() < 1e-9);
        let apart = exact.project(points.as_ref()) - quick.project(points.as_ref());
        assert!(apart.norm_max() < 1e-3, "{}", apart.norm_max());
        assert_eq!(exact.mean.len(), quick.mean.len());
        // Nothing to see, and nothing that could be seen.
        let flat = View::continuing(picture.as_ref(), Mat::zeros(120, 30).as_ref());
        assert!(flat.explained == 1.0 && flat.axes.norm_max() == 1.0);
        let lost = Mat::from_fn(120, 30, |i, _| if i == 7 { f64::NAN } else { 1.0 });
        View::continuing(picture.as_ref(), lost.as_ref());
    }
}
