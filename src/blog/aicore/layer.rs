//! B5: the affine map of a layer on a batch, broadcasting, and the Hadamard product.

use faer::{Mat, mat};

use super::plane::{FIRST, RESULT, operator};
use super::sample::{apply, greatest, normal, rows};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::products::hadamard;
use crate::plot::{Anchor, Colour, Figure, MatrixStyle, Panel};
use crate::random::RandomState;

/// W (3 x 2, out x in), b (3) and a batch X of four samples (4 x 2).
fn example() -> (Mat<f64>, [f64; 3], Mat<f64>) {
    (
        mat![[1.0, 2.0], [-1.0, 1.0], [0.5, -2.0]],
        [1.0, -2.0, 0.5],
        mat![[1.0, 2.0], [3.0, -1.0], [-2.0, 0.0], [0.0, 1.0]],
    )
}

/// X Wᵀ with b added to every row.
fn affine(w: &Mat<f64>, b: &[f64], x: &Mat<f64>) -> Mat<f64> {
    let mut z = x * w.transpose();
    for (j, &b) in b.iter().enumerate() {
        z.col_mut(j).iter_mut().for_each(|z| *z += b);
    }
    z
}

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let (w, b, x) = example();
    let z = affine(&w, &b, &x);
    let mask = Mat::from_fn(z.nrows(), z.ncols(), |i, j| f64::from(z[(i, j)] > 0.0));
    let relu = Mat::from_fn(z.nrows(), z.ncols(), |i, j| z[(i, j)].max(0.0));
    let entries = hadamard(&rows(z.as_ref()).concat(), &rows(mask.as_ref()).concat())?;
    let product = Mat::from_fn(z.nrows(), z.ncols(), |i, j| entries[i * z.ncols() + j]);

    let mut random = RandomState::new(6);
    let (mut samples, mut ones, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    let mut gradient = Vec::new();
    for _ in 0..100 {
        let (w, b, x) = (
            normal(&mut random, 3, 4),
            random.randn(3),
            normal(&mut random, 6, 4),
        );
        let z = affine(&w, &b, &x);
        for i in 0..x.nrows() {
            let one = apply(w.as_ref(), &rows(x.as_ref())[i]);
            samples.extend((0..3).map(|j| (one[j] + b[j] - z[(i, j)]).abs()));
        }
        // Broadcasting is the outer product with a vector of ones: 1 bᵀ.
        let bias = Mat::from_fn(3, 1, |i, _| b[i]);
        let spread = Mat::<f64>::ones(6, 1) * bias.transpose();
        ones.push((&x * w.transpose() + &spread - &z).norm_max());
        // With samples as columns: W Xᵀ + b 1ᵀ.
        let upright = &w * x.transpose() + &bias * Mat::<f64>::ones(1, 6);
        columns.push((upright.transpose() - &z).norm_max());
        // Against a mask of ones and zeros, a ReLU is a Hadamard product.
        let flat: Vec<f64> = rows(z.as_ref()).concat();
        let mask: Vec<f64> = flat.iter().map(|&z| f64::from(z > 0.0)).collect();
        let masked = hadamard(&flat, &mask)?;
        gradient.extend(
            flat.iter()
                .zip(&masked)
                .map(|(z, m)| (z.max(0.0) - m).abs()),
        );
    }
    Ok(Exhibit::new(
        "Each neuron's output is a weighted sum of all inputs plus its bias. The post states $Z = W X + b$ with $W$ of \
         shape (out × in), which needs samples as columns of $X$, and a few lines later $Z$ of shape (batch x out), \
         which has them as rows: both at once do not fit. With one sample per row, as here and in Burn's tensors, the \
         formula reads $Z = X W^T + b$, and $b$ is added to every row (broadcasting); Burn keeps $W^T$, (in × out), in \
         its Linear layer, so there it is $X$ times the stored matrix. The Hadamard product $⊙$ multiplies entry by \
         entry: a ReLU multiplies its input with a mask of zeros and ones, and the same mask cuts the gradient on the \
         way back.",
    )
    .figure("layer", layer(&w, &b, &x, &z))
    .figure("hadamard", mask_picture(&z, &mask, &product))
    .check(Check::zero("row i of X Wᵀ + b is W x_i + b, 100 random layers", greatest(samples), 1e-12))
    .check(Check::zero("broadcasting b is adding the outer product 1 bᵀ", greatest(ones), 1e-12))
    .check(Check::zero("samples as columns: (W Xᵀ + b 1ᵀ)ᵀ is the same", greatest(columns), 1e-12))
    .check(Check::zero("the figure's Z ⊙ mask is ReLU(Z)", (&product - &relu).norm_max(), 0.0))
    .check(Check::zero("ReLU(Z) = Z ⊙ [Z > 0], 1800 random entries", greatest(gradient), 0.0)))
}

fn layer(w: &Mat<f64>, b: &[f64], x: &Mat<f64>, z: &Mat<f64>) -> Figure {
    let [x, weights, z] = [x.as_ref(), w.transpose(), z.as_ref()].map(rows);
    let style = MatrixStyle::diverging(&z);
    let faint: Vec<Vec<f64>> = vec![b.to_vec(); x.len()];
    let sign = |panel: Panel, at: f64, text: &str| panel.mark(operator([at, 2.0], text));
    let head = |panel: Panel, at: f64, top: f64, text: &str, colour| {
        panel.label([at, top + 0.25], Anchor::Bottom, text, colour)
    };
    let foot = |panel: Panel, at: f64, bottom: f64, text: &str| {
        panel.label([at, bottom - 0.22], Anchor::Top, text, Colour::MUTED)
    };
    let mut panel = Panel::diagram()
        .range([-0.5, 14.7], [-0.8, 4.8])
        .matrix(&x, [0.0, 4.0], 1.0, style)
        .matrix(&weights, [3.1, 3.0], 1.0, style)
        .matrix(&faint, [7.2, 4.0], 1.0, style)
        .matrix(&z, [11.3, 4.0], 1.0, style);
    // The copies of b that are never stored: below the first row, behind a veil.
    panel = panel.polygon(
        [[7.2, 0.0], [10.2, 0.0], [10.2, 3.0], [7.2, 3.0]],
        Colour::BACKGROUND.fade(0.62),
    );
    for (at, text) in [(2.52, "×"), (6.62, "+"), (10.72, "=")] {
        panel = sign(panel, at, text);
    }
    for (at, top, text, colour) in [
        (1.0, 4.0, "$X$", Colour::TEXT),
        (4.6, 3.0, "$W^T$", FIRST),
        (8.7, 4.0, "$b$, once per row", Colour::TEXT),
        (12.8, 4.0, "$Z$", RESULT),
    ] {
        panel = head(panel, at, top, text, colour);
    }
    for (at, bottom, text) in [
        (1.0, 0.0, "4 samples × 2 in"),
        (4.6, 1.0, "2 in × 3 out"),
        (8.7, 0.0, "3 out, broadcast to 4 × 3"),
        (12.8, 0.0, "4 samples × 3 out"),
    ] {
        panel = foot(panel, at, bottom, text);
    }
    Figure::new("One layer on a batch: $Z = X W^T + b$")
        .caption(
            "$W$ is (3 out × 2 in); its transpose is what Burn stores. The bias has three entries; the faint rows are the \
             copies that broadcasting stands for and that nobody keeps in memory.",
        )
        .size(900, 440)
        .panel(panel)
}

fn mask_picture(z: &Mat<f64>, mask: &Mat<f64>, product: &Mat<f64>) -> Figure {
    let [z, mask, product] = [z, mask, product].map(|m| rows(m.as_ref()));
    let style = MatrixStyle::diverging(&z);
    let ones = MatrixStyle {
        range: [-2.0, 2.0],
        ..style.decimals(0)
    };
    let panel = Panel::diagram()
        .range([-0.5, 11.5], [-0.3, 4.8])
        .matrix(&z, [0.0, 4.0], 1.0, style)
        .matrix(&mask, [4.0, 4.0], 1.0, ones)
        .matrix(&product, [8.0, 4.0], 1.0, style)
        .mark(operator([3.5, 2.0], "⊙"))
        .mark(operator([7.5, 2.0], "="))
        .label([1.5, 4.25], Anchor::Bottom, "$Z$", RESULT)
        .label([5.5, 4.25], Anchor::Bottom, "$Z > 0$", Colour::TEXT)
        .label([9.5, 4.25], Anchor::Bottom, "ReLU($Z$)", Colour::TEXT);
    Figure::new("A ReLU as a Hadamard product")
        .caption("Entry by entry: what is positive is multiplied by 1 and passes, the rest is multiplied by 0.")
        .size(760, 440)
        .panel(panel)
}
