//! A16: the learnt embedding beside true PCA of the layer before it.

use faer::{Mat, MatRef};

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, best_line, linear_separability};
use crate::linalg::{Pca, qr};
use crate::plot::{Figure, Panel};

/// Two ways from 100 dimensions to 2.
pub(super) fn a16(lab: &Lab) -> Result<Exhibit> {
    let trained = lab.moons()?;
    let network = trained.network();
    let labels = trained.train.labels().unwrap_or_default();
    let (hidden, _) = network.split_at(network.layers.len() - 2);
    let hidden = hidden.forward(trained.train.features.as_ref());
    let embedding = &trained.last().activations["embedding"];
    let projection = &network.layers[network.layers.len() - 2];

    let pca = Pca::fit(hidden.as_ref(), 2)?;
    let principal = pca.transform(hidden.as_ref());
    let by_pca: f64 = pca.explained_variance_ratio.iter().sum();
    let by_network = share_of_variance(hidden.as_ref(), projection.weight.as_ref())?;
    // The same share, the long way: variance of the projected data over that of all 100 units.
    let by_projection = total_variance(principal.as_ref()) / total_variance(hidden.as_ref());

    let describe = |points: MatRef<'_, f64>| -> Result<(bool, f64)> {
        let separable = linear_separability(points, labels)?.is_separable();
        Ok((separable, best_line(points, labels)?.accuracy))
    };
    let (learnt_separable, learnt_line) = describe(embedding.as_ref())?;
    let (pca_separable, pca_line) = describe(principal.as_ref())?;
    let panel =
        |points: &Mat<f64>, axes: [&str; 2], title: &str, share: f64, line: f64| -> Result<Panel> {
            let bounds = Bounds::around(points.as_ref(), 0.1)?;
            Ok(figures::plane(bounds, axes[0], axes[1])
                .title(title)
                .dots(&figures::plane_points(points.as_ref()), labels)
                .class_keys(&["class 0", "class 1"])
                .note(format!(
                    "{:.1} % of the variance · best line {:.1} %",
                    100.0 * share,
                    100.0 * line
                )))
        };
    let figure = Figure::new("From 100 dimensions to 2: learnt, and by PCA")
        .caption(
            "The hidden layer's 100 activations, brought to the plane by the network's own 2-unit layer (left) and by \
             principal component analysis (right). PCA keeps as much variance as a plane can; the network keeps what \
             separates the classes.",
        )
        .size(1040, 520)
        .panels(
            2,
            [
                panel(embedding, ["$h_1$", "$h_2$"], "the learnt embedding", by_network, learnt_line)?,
                panel(
                    &principal,
                    ["component 1", "component 2"],
                    "PCA of the hidden layer",
                    by_pca,
                    pca_line,
                )?,
            ],
        );
    let row = |name: &str, share: f64, separable: bool, line: f64| {
        vec![
            name.to_owned(),
            format!("{:.2} %", 100.0 * share),
            if separable { "yes" } else { "no" }.to_owned(),
            format!("{:.2} %", 100.0 * line),
        ]
    };
    Ok(Exhibit::new(
        "The post calls its 2-unit layer a neat trick to let the network do the PCA. The trick is a projection, but not \
         PCA: principal components keep the most variance that two directions can hold, whatever the labels; the learnt \
         layer gives up some variance and gains what the task needs. Its share is that of the plane spanned by its two rows \
         of weights.",
    )
    .figure("pca", figure)
    .table(
        "Two projections of the same 100 activations",
        &["projection", "variance kept", "separable", "best straight line"],
        [
            row("learnt (before tanh: the plane of its weights)", by_network, learnt_separable, learnt_line),
            row("PCA", by_pca, pca_separable, pca_line),
        ],
    )
    .check(Check::holds("the learnt embedding is linearly separable", learnt_separable))
    .check(Check::at_least(
        "PCA keeps at least as much variance as the learnt plane: difference",
        by_pca - by_network,
        0.0,
    ))
    .check(Check::equal(
        "PCA's explained variance: share of the projected data's variance",
        by_projection,
        by_pca,
        1e-10,
    ))
    .check(Check::at_least(
        "the best line does at least as well on the learnt embedding as on PCA's: difference",
        learnt_line - pca_line,
        0.0,
    )))
}

/// The share of the variance of `data` (n x d) within the span of the rows of `weight` (k x d).
fn share_of_variance(data: MatRef<'_, f64>, weight: MatRef<'_, f64>) -> Result<f64> {
    let basis = qr(weight.transpose())?.q;
    let shadow = data * &basis;
    Ok(total_variance(shadow.as_ref()) / total_variance(data))
}

/// Σ_j Σ_i (x_ij - mean_j)².
fn total_variance(data: MatRef<'_, f64>) -> f64 {
    (0..data.ncols())
        .map(|j| {
            let column = data.col(j);
            let mean = column.iter().sum::<f64>() / data.nrows() as f64;
            column.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>()
        })
        .sum()
}
