//! A10: many linear layers are one.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, best_line};
use crate::plot::Figure;
use crate::random::RandomState;

/// Four matrices one after the other, and their product.
pub fn a10(lab: &Lab) -> Result<Exhibit> {
    let moons = lab.moons_data()?;
    let mut random = RandomState::new(49);
    let mut draw = |rows: usize, columns: usize| {
        let scale = 1.0 / (columns as f64).sqrt();
        Mat::from_fn(rows, columns, |_, _| scale * random.standard_normal())
    };
    let layers = [draw(50, 2), draw(50, 50), draw(20, 50), draw(2, 20)];
    let stepwise = layers
        .iter()
        .fold(moons.features.clone(), |x, w| x * w.transpose());
    let single = layers[1..]
        .iter()
        .fold(layers[0].clone(), |product, w| w * product);
    let at_once = &moons.features * single.transpose();
    let scale = stepwise.norm_max();

    let labels = moons.labels().unwrap_or_default();
    let before = best_line(moons.features.as_ref(), labels)?.accuracy;
    let after = best_line(stepwise.as_ref(), labels)?.accuracy;
    let bounds = Bounds::around(stepwise.as_ref(), 0.1)?;
    let panel = |points: &Mat<f64>, title: &str| {
        figures::plane(bounds, "$y_1$", "$y_2$")
            .title(title)
            .dots(&figures::plane_points(points.as_ref()), labels)
    };
    let figure = Figure::new("Four layers without activations are one matrix")
        .caption(format!(
            "Left: the moons through matrices of 50 × 2, 50 × 50, 20 × 50 and 2 × 20. Right: through their product, 2 × 2. \
             The pictures agree to {:.0e}, and the best straight line is as good as before: {:.1} %.",
            (&stepwise - &at_once).norm_max(),
            100.0 * after
        ))
        .size(1000, 470)
        .panels(
            2,
            [
                panel(&stepwise, "$W_4 (W_3 (W_2 (W_1 x)))$"),
                panel(&at_once, "$W x$ with $W = W_4 W_3 W_2 W_1$"),
            ],
        );
    Ok(Exhibit::new(
        "However many matrices stand in a row, their product is one matrix, so a deep network without activations can do \
         nothing that a single layer can't. In particular the moons are exactly as hard to separate afterwards as before.",
    )
    .figure("product", figure)
    .check(Check::zero(
        "four layers against one matrix, largest difference relative to the largest output",
        (&stepwise - &at_once).norm_max() / scale,
        1e-13,
    ))
    .check(Check::equal(
        "accuracy of the best straight line after the four layers: as before them",
        after,
        before,
        0.0,
    )))
}
