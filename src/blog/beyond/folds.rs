//! E7 and E8: where a network folds the plane, and its separating line seen from every layer.

use faer::Mat;

use super::formula;
use crate::blog::{Check, Exhibit, Lab, Trained};
use crate::error::Result;
use crate::figures::{self, InputAxes, InputPlane, PullBack, Readout};
use crate::geometry::{Bounds, Complex, Folds};

fn plane(trained: &Trained) -> Result<InputPlane> {
    InputPlane::new(&trained.train, None, &InputAxes::Automatic)
}

/// What is kept, turned over and crushed by the spiral's hidden layers.
pub(super) fn e7(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let figure =
        figures::folds_figure(trained.network(), &plane(&trained)?, None, "After training")?;
    let network = formula(&[2, 8, 2]);
    let complex = Complex::new(&network, Bounds::new((-1.0, 1.0), (-1.0, 1.0))?)?;
    let folds = Folds::new(&network, &complex, 2)?;
    let [kept, over, line, point] = folds.shares(&complex);
    let signed = kept.image_area - over.image_area;
    Ok(Exhibit::new(
        "Joseph's \"space folds\" can be taken at its word. On each cell the hidden layers are one affine map of the plane: its \
         determinant says whether the cell is kept as it is or turned over like a sheet, and its rank whether it is crushed to a \
         line or a point.",
    )
    .figure("folds", figure)
    .check(Check::equal("formula network 2-8-2 on [-1, 1]²: area kept", kept.area, 1.005_032, 5e-7))
    .check(Check::equal("area turned over", over.area, 1.222_542, 5e-7))
    .check(Check::equal("area crushed", line.area + point.area, 1.772_427, 5e-7))
    .check(Check::zero(
        "signed area of all images, against that within the rim's image",
        signed - folds.rim_area(&complex),
        1e-12,
    )))
}

/// The separating line of the spiral's last plane, pulled back through every layer.
pub(super) fn e8(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.spiral()?;
    let network = trained.network();
    let plane = plane(&trained)?;
    let figure = figures::pullback_figure(network, &plane, false, "After training")?;
    let found = PullBack::new(network, plane.bounds()?, false)?;
    let corners: Vec<[f64; 2]> = found.curves.concat();
    let points = Mat::from_fn(corners.len(), 2, |i, j| corners[i][j]);
    let (head, _) = network.split_at(network.layers.len() - 1);
    let readout = Readout::of(network)?;
    let heights = |points: &Mat<f64>| readout.height(head.forward(points.as_ref()).as_ref());
    let largest = |heights: Vec<f64>| {
        heights
            .into_iter()
            .fold(0.0_f64, |most, h| most.max(h.abs()))
    };
    let scale = largest(heights(&trained.train.features));
    Ok(Exhibit::new(
        "The last layer draws a straight line in the last plane (A15). Seen from the layer before, the same line is bent, and in the \
         input it is the winding border between the arms: one curve, cell by cell a straight piece.",
    )
    .figure("pullback", figure)
    .check(Check::at_least("corners of the border in the input", corners.len() as f64, 10.0))
    .check(Check::zero(
        "score at all of them, in units of the data's largest",
        largest(heights(&points)) / scale,
        1e-12,
    )))
}
