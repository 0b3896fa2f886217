//! B8, second half: principal component analysis as the singular value decomposition of centred data.

use faer::{Mat, mat};

use super::plane::{FIRST, SECOND, beside, circle, number, plus, times};
use super::sample::{greatest, normal};
use crate::blog::{Check, Exhibit};
use crate::error::Result;
use crate::linalg::{Pca, symmetric_eigen};
use crate::plot::{Colour, Figure, Mark, Panel, Point, Stroke};
use crate::random::RandomState;

/// Adds the cloud, its axes, and the comparison with the covariance matrix.
pub(super) fn add(exhibit: Exhibit) -> Result<Exhibit> {
    let mut random = RandomState::new(10);
    let mix = mat![[1.5, 0.9], [0.1, 0.7]];
    let data = normal(&mut random, 300, 2) * mix + Mat::from_fn(300, 2, |_, j| [2.0, 1.0][j]);
    let pca = Pca::fit(data.as_ref(), 2)?;
    let scores = pca.transform(data.as_ref());
    let mixed = covariance(&scores)[(0, 1)];

    let high = normal(&mut random, 200, 6) * normal(&mut random, 6, 6);
    let (value_error, vector_error) = against_covariance(&data)?;
    let (high_values, high_vectors) = against_covariance(&high)?;
    Ok(exhibit
        .figure("principal-components", figure(&data, &pca, &scores))
        .check(Check::zero(
            "variances by SVD are the covariance's eigenvalues, the figure's cloud",
            value_error,
            1e-12,
        ))
        .check(Check::zero(
            "directions by SVD are the covariance's eigenvectors, up to sign",
            vector_error,
            1e-12,
        ))
        .check(Check::zero(
            "the same in 6 dimensions: variances (relative)",
            high_values,
            1e-12,
        ))
        .check(Check::zero(
            "the same in 6 dimensions: directions",
            high_vectors,
            1e-9,
        ))
        .check(Check::zero(
            "along the components nothing is correlated any more: covariance",
            mixed,
            1e-12,
        )))
}

/// The covariance matrix of the rows (n x d), divided by n - 1.
fn covariance(data: &Mat<f64>) -> Mat<f64> {
    let n = data.nrows() as f64;
    let means: Vec<f64> = (0..data.ncols())
        .map(|j| data.col(j).iter().sum::<f64>() / n)
        .collect();
    let centred = Mat::from_fn(data.nrows(), data.ncols(), |i, j| data[(i, j)] - means[j]);
    centred.transpose() * &centred * faer::Scale(1.0 / (n - 1.0))
}

/// The greatest differences between the two ways: of the variances (relative), of the directions up to sign.
fn against_covariance(data: &Mat<f64>) -> Result<(f64, f64)> {
    let d = data.ncols();
    let pca = Pca::fit(data.as_ref(), d)?;
    let eigen = symmetric_eigen(covariance(data).as_ref())?;
    let values = (0..d).map(|k| {
        let (svd, eigen) = (pca.explained_variance[k], eigen.values[d - 1 - k]);
        (svd - eigen).abs() / eigen
    });
    let vectors = (0..d).map(|k| {
        let along: f64 = (0..d)
            .map(|i| pca.components[(k, i)] * eigen.vectors[(i, d - 1 - k)])
            .sum();
        greatest((0..d).map(|i| {
            (pca.components[(k, i)] - along.signum() * eigen.vectors[(i, d - 1 - k)]).abs()
        }))
    });
    Ok((greatest(values), greatest(vectors)))
}

fn figure(data: &Mat<f64>, pca: &Pca, scores: &Mat<f64>) -> Figure {
    let points = |m: &Mat<f64>| {
        (0..m.nrows())
            .map(|i| [m[(i, 0)], m[(i, 1)]])
            .collect::<Vec<Point>>()
    };
    let cloud =
        |panel: Panel, m: &Mat<f64>| panel.points(points(m), Colour::accent(0).fade(0.6), 2.8);
    let deviations = [0, 1].map(|k: usize| pca.explained_variance[k].sqrt());
    let mean: Point = [pca.mean[0], pca.mean[1]];
    let arrows = |mut panel: Panel, from: Point, axes: [Point; 2], names: [&str; 2]| {
        for k in 0..2 {
            let reach = times(2.0 * deviations[k], axes[k]);
            let colour = [FIRST, SECOND][k];
            panel = panel
                .mark(Mark::Arrow {
                    from,
                    to: plus(from, reach),
                    stroke: Stroke::new(colour, 3.0),
                })
                .mark(beside(plus(from, reach), reach, names[k], colour));
        }
        panel
    };
    let axes = [0, 1].map(|k| [pca.components[(k, 0)], pca.components[(k, 1)]]);
    let ellipse = |from: Point, axes: [Point; 2]| -> Vec<Point> {
        circle(Mat::<f64>::identity(2, 2).as_ref())
            .into_iter()
            .map(|[c, s]| {
                plus(
                    from,
                    plus(
                        times(2.0 * deviations[0] * c, axes[0]),
                        times(2.0 * deviations[1] * s, axes[1]),
                    ),
                )
            })
            .collect()
    };
    let outline = Stroke::new(Colour::TEXT, 1.3);
    let left = cloud(Panel::plane("$x_1$", "$x_2$").title("The data"), data)
        .range(
            [mean[0] - 5.6, mean[0] + 5.6],
            [mean[1] - 4.4, mean[1] + 4.4],
        )
        .line(ellipse(mean, axes), outline);
    let left = arrows(left, mean, axes, ["$v_1$", "$v_2$"]);
    let own = [[1.0, 0.0], [0.0, 1.0]];
    let right = cloud(
        Panel::plane("along $v_1$", "along $v_2$").title("In its own axes: $(X - mean) V$"),
        scores,
    )
    .range([-5.6, 5.6], [-4.4, 4.4])
    .line(ellipse([0.0, 0.0], own), outline);
    let right = arrows(right, [0.0, 0.0], own, ["$v_1$", "$v_2$"]);
    let share = |k: usize| number(100.0 * pca.explained_variance_ratio[k], 1);
    Figure::new("Principal components: the SVD of centred data")
        .caption(format!(
            "300 points. $v_1$ carries {} % of the variance (standard deviation {}), $v_2$ {} % ({}); arrows and ellipse \
             reach two standard deviations. Right: turned into these axes the coordinates are uncorrelated.",
            share(0),
            number(deviations[0], 2),
            share(1),
            number(deviations[1], 2)
        ))
        .size(1000, 490)
        .panels(2, [left, right])
}
