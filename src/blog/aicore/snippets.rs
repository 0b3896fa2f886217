//! B10: the post's NumPy snippets, line by line, and what they print.

use faer::{Mat, mat};

use super::sample::{apply, greatest, rows};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::{Eigen, eigen};

/// What `np.linalg.eig([[1, 2], [3, 4]])` gives (NumPy 2.4.6): values, then vectors row by row.
const NUMPY_VALUES: [f64; 2] = [-0.3722813232690143, 5.372281323269014];
const NUMPY_VECTORS: [[f64; 2]; 2] = [
    [-0.8245648401323938, -0.4159735579192842],
    [0.5657674649689923, -0.9093767091321241],
];

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let w = mat![[1.0, 2.0], [3.0, 4.0]];
    let (x, b) = ([5.0, 6.0], [10.0, 100.0]);
    let batch = mat![[5.0, 6.0], [2.0, 3.0], [4.0, 1.0]];

    let z = apply(w.as_ref(), &x);
    let shifted: Vec<f64> = z.iter().zip(&b).map(|(z, b)| z + b).collect();
    let activated: Vec<f64> = shifted.iter().map(|z| z.max(0.0)).collect();
    let z_batch = &batch * w.transpose();
    let found = eigen(w.as_ref())?;
    let values: Vec<f64> = found.values.iter().map(|z| z.re).collect();
    let vectors = oriented(&found);

    // λ = (trace ± √(trace² - 4 det)) / 2
    let trace = w[(0, 0)] + w[(1, 1)];
    let determinant = w[(0, 0)] * w[(1, 1)] - w[(0, 1)] * w[(1, 0)];
    let root = (trace * trace - 4.0 * determinant).sqrt();
    let formula = [(trace - root) / 2.0, (trace + root) / 2.0];
    let apart = |a: &[f64], b: &[f64]| greatest(a.iter().zip(b).map(|(a, b)| (a - b).abs()));
    let row = |line: &str, output: String| vec![line.to_owned(), output];
    let exhibit = Exhibit::new(
        "The post's first listing, computed here. $W$ = [[1, 2], [3, 4]] is (out x in), so one sample is $W x$ and the \
         batch of rows is multiplied by $W^T$. Eigenvectors are determined up to their sign; the table shows the signs \
         that NumPy prints (this library's own convention makes the largest entry of each positive).",
    )
    .table(
        "What the listing prints",
        &["expression", "output"],
        [
            row("z = W.dot(x)", integers(&z)),
            row("z_plus_b = z + b", integers(&shifted)),
            row("activated = relu(z_plus_b)", integers(&activated)),
            row("Z_batch = X_batch.dot(W.T)", integer_rows(&z_batch)),
            row("np.linalg.eig(W): values", decimals(&values)),
            row("np.linalg.eig(W): vectors, one per column", decimal_rows(&vectors)),
        ],
    );
    let expected: [(&str, &[f64], &[f64]); 3] = [
        ("z = [17 39]", &z, &[17.0, 39.0]),
        ("z + b = [27 139]", &shifted, &[27.0, 139.0]),
        ("relu(z + b) = [27 139]", &activated, &[27.0, 139.0]),
    ];
    let exhibit = expected
        .into_iter()
        .fold(exhibit, |exhibit, (claim, found, printed)| {
            exhibit.check(Check::zero(
                format!("{claim}: greatest difference"),
                apart(found, printed),
                0.0,
            ))
        });
    let printed = mat![[17.0, 39.0], [8.0, 18.0], [6.0, 16.0]];
    let numpy = Mat::from_fn(2, 2, |i, j| NUMPY_VECTORS[i][j]);
    Ok(exhibit
        .check(Check::zero(
            "Z_batch = [[17 39] [8 18] [6 16]]: greatest difference",
            (&z_batch - printed).norm_max(),
            0.0,
        ))
        .check(Check::zero(
            "eigenvalues against (5 ± √33) / 2",
            apart(&values, &formula),
            1e-12,
        ))
        .check(Check::zero(
            "eigenvalues against NumPy's",
            apart(&values, &NUMPY_VALUES),
            1e-12,
        ))
        .check(Check::zero(
            "eigenvectors against NumPy's, up to sign",
            (&vectors - numpy).norm_max(),
            1e-12,
        ))
        .check(Check::zero(
            "W V = V diag(λ)",
            {
                let stretched = Mat::from_fn(2, 2, |i, j| vectors[(i, j)] * values[j]);
                (&w * &vectors - stretched).norm_max()
            },
            1e-12,
        )))
}

/// The (real) eigenvectors with the signs that NumPy happens to give them.
fn oriented(found: &Eigen) -> Mat<f64> {
    Mat::from_fn(2, 2, |i, j| {
        let along: f64 = (0..2)
            .map(|k| found.vectors[(k, j)].re * NUMPY_VECTORS[k][j])
            .sum();
        along.signum() * found.vectors[(i, j)].re
    })
}

/// As NumPy prints an array of whole numbers: all as wide as the widest.
fn integers(values: &[f64]) -> String {
    bracketed(values.iter().map(|value| format!("{value:.0}")).collect())
}

fn integer_rows(matrix: &Mat<f64>) -> String {
    stacked(matrix, |value| format!("{value:.0}"))
}

/// As NumPy prints an array of fractions: eight decimals.
fn decimals(values: &[f64]) -> String {
    bracketed(values.iter().map(|value| format!("{value:.8}")).collect())
}

fn decimal_rows(matrix: &Mat<f64>) -> String {
    stacked(matrix, |value| format!("{value:.8}"))
}

/// A matrix in brackets, every entry as wide as the widest of all.
fn stacked(matrix: &Mat<f64>, write: impl Fn(f64) -> String) -> String {
    let cells: Vec<Vec<String>> = rows(matrix.as_ref())
        .into_iter()
        .map(|row| row.into_iter().map(&write).collect())
        .collect();
    let width = cells.iter().flatten().map(String::len).max().unwrap_or(0);
    let lines: Vec<String> = cells.iter().map(|row| padded(row, width)).collect();
    format!("[{}]", lines.join(" "))
}

fn bracketed(cells: Vec<String>) -> String {
    let width = cells.iter().map(String::len).max().unwrap_or(0);
    padded(&cells, width)
}

fn padded(cells: &[String], width: usize) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:>width$}")).collect();
    format!("[{}]", cells.join(" "))
}
