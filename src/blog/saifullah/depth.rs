//! A10: many linear layers are one.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, View, best_line};
use crate::plot::ticks::short;
use crate::plot::{Figure, Panel};
use crate::random::RandomState;

/// Four matrices one after the other, and their product.
pub(super) fn a10(lab: &Lab) -> Result<Exhibit> {
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
    let dots = |panel: Panel, points: &Mat<f64>| {
        panel
            .dots(&figures::plane_points(points.as_ref()), labels)
            .class_keys(&["class 0", "class 1"])
    };
    let panel = |points: &Mat<f64>, title: &str| {
        dots(
            figures::plane(bounds, "$y_1$", "$y_2$").title(title),
            points,
        )
    };
    // Every cloud on the way is flat, so that its first two principal components show all of it.
    let (mut cloud, mut clouds, mut seen) = (moons.features.clone(), Vec::new(), 1.0_f64);
    let titles = ["$W_1 x$", "$W_2 (W_1 x)$", "$W_3 (W_2 (W_1 x))$"];
    let mut picture = moons.features.clone();
    for (w, title) in layers.iter().zip(titles) {
        cloud = &cloud * w.transpose();
        let view = View::of(cloud.as_ref())?.aligned_to(picture.as_ref(), cloud.as_ref())?;
        seen = seen.min(view.explained);
        picture = view.project(cloud.as_ref());
        let window = Bounds::around(picture.as_ref(), 0.1)?;
        clouds.push(
            dots(figures::plane(window, "", "").title(title), &picture).note(format!(
                "a plane in {} dimensions, seen face on",
                cloud.ncols()
            )),
        );
    }
    let start = figures::plane(
        Bounds::around(moons.features.as_ref(), 0.1)?,
        "$x_1$",
        "$x_2$",
    );
    let mut panels = vec![dots(start.title("$x$"), &moons.features)];
    panels.append(&mut clouds);
    panels.push(panel(&stepwise, "$W_4 (W_3 (W_2 (W_1 x)))$").note("after the fourth"));
    panels.push(panel(&at_once, "$W x$, $W = W_4 W_3 W_2 W_1$").note("in one step"));
    let figure = Figure::new("Four layers without activations are one matrix")
        .caption(format!(
            "The moons through matrices of 50 × 2, 50 × 50, 20 × 50 and 2 × 20, one after the other; last, through their \
             product, 2 × 2, in one step. The last two clouds agree to {}, and the best straight line is as good as before: \
             {:.1} %.",
            short((&stepwise - &at_once).norm_max()),
            100.0 * after
        ))
        .size(1080, 900)
        .panels(3, panels);
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
        "every cloud on the way is flat: least share of variance that its picture shows",
        seen,
        1.0,
        1e-12,
    ))
    .check(Check::equal(
        "accuracy of the best straight line after the four layers: as before them",
        after,
        before,
        0.0,
    )))
}
