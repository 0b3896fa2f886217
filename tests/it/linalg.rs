//! Linear algebra: identities on random matrices, and NumPy's, SciPy's and scikit-learn's numbers
//! (`reference/linalg.py`).

use faer::{Mat, MatRef, c64, mat};
use foldspace::linalg::norms::{frobenius, l1, l2, linf, spectral};
use foldspace::linalg::orthogonal::{from_matrix, is_orthogonal, is_unitary, orthogonality_error};
use foldspace::linalg::products::{angle, combination, cosine, dot, hadamard, projection};
use foldspace::linalg::{
    Pca, condition_number, eigen, inverse, is_independent, low_rank, polar, qr, rank, svd,
    symmetric_eigen, transform2d,
};
use proptest::prelude::*;
use serde_json::Value;

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/linalg.json")).unwrap()
}

fn vector(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(vector).collect();
    Mat::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

fn assert_near(a: &Mat<f64>, b: &Mat<f64>, tolerance: f64) {
    assert_eq!((a.nrows(), a.ncols()), (b.nrows(), b.ncols()));
    let difference = (a - b).norm_max();
    assert!(
        difference <= tolerance,
        "they differ by {difference:e}:\n{a:?}\n{b:?}"
    );
}

fn assert_vectors_near(a: &[f64], b: &[f64], tolerance: f64) {
    assert_eq!(a.len(), b.len());
    assert!(
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance),
        "{a:?}\n{b:?}"
    );
}

/// max |A - B| as a share of the largest entry of B.
fn relative(a: &Mat<f64>, b: MatRef<'_, f64>) -> f64 {
    (a - b).norm_max() / b.norm_max().max(1e-300)
}

fn any_matrix(
    rows: impl Strategy<Value = usize>,
    columns: impl Strategy<Value = usize>,
) -> impl Strategy<Value = Mat<f64>> {
    (rows, columns).prop_flat_map(|(m, n)| {
        prop::collection::vec(-10.0..10.0f64, m * n)
            .prop_map(move |entries| Mat::from_fn(m, n, |i, j| entries[i * n + j]))
    })
}

fn square() -> impl Strategy<Value = Mat<f64>> {
    (1usize..7).prop_flat_map(|n| any_matrix(Just(n), Just(n)))
}

#[test]
fn pca_is_scikit_learns() {
    let expected = &reference()["pca"];
    let data = matrix(&expected["data"]);
    let pca = Pca::fit(data.as_ref(), 3).unwrap();
    assert_vectors_near(&pca.mean, &vector(&expected["mean"]), 1e-12);
    assert_near(&pca.components, &matrix(&expected["components"]), 1e-12);
    assert_vectors_near(
        &pca.explained_variance,
        &vector(&expected["explained_variance"]),
        1e-12,
    );
    assert_vectors_near(
        &pca.explained_variance_ratio,
        &vector(&expected["explained_variance_ratio"]),
        1e-12,
    );
    assert_near(
        &pca.transform(data.as_ref()),
        &matrix(&expected["transformed"]),
        1e-11,
    );
}

#[test]
fn eigenvalues_and_vectors_are_numpys() {
    let expected = &reference()["eigen"];
    let eigen = eigen(matrix(&expected["matrix"]).as_ref()).unwrap();
    let n = eigen.values.len();
    let re: Vec<f64> = eigen.values.iter().map(|z| z.re).collect();
    let im: Vec<f64> = eigen.values.iter().map(|z| z.im).collect();
    assert_vectors_near(&re, &vector(&expected["values_re"]), 1e-12);
    assert_vectors_near(&im, &vector(&expected["values_im"]), 1e-12);
    assert_near(
        &Mat::from_fn(n, n, |i, j| eigen.vectors[(i, j)].re),
        &matrix(&expected["vectors_re"]),
        1e-12,
    );
    assert_near(
        &Mat::from_fn(n, n, |i, j| eigen.vectors[(i, j)].im),
        &matrix(&expected["vectors_im"]),
        1e-12,
    );
}

#[test]
fn norms_inverse_rank_and_polar_are_numpys_and_scipys() {
    let expected = reference();
    let matrix_5 = matrix(&expected["eigen"]["matrix"]);
    assert_near(
        &inverse(matrix_5.as_ref()).unwrap(),
        &matrix(&expected["inverse"]),
        1e-12,
    );
    let condition = condition_number(matrix_5.as_ref()).unwrap();
    assert!((condition / expected["condition"].as_f64().unwrap() - 1.0).abs() < 1e-12);
    let tall = matrix(&expected["polar"]["matrix"]);
    let polar = polar(tall.as_ref()).unwrap();
    assert_near(&polar.q, &matrix(&expected["polar"]["q"]), 1e-12);
    assert_near(&polar.p, &matrix(&expected["polar"]["p"]), 1e-12);
    assert!(
        (spectral(tall.as_ref()).unwrap() - expected["spectral"].as_f64().unwrap()).abs() < 1e-12
    );
    assert!((frobenius(tall.as_ref()) - expected["frobenius"].as_f64().unwrap()).abs() < 1e-12);
    for case in expected["ranks"].as_array().unwrap() {
        let a = matrix(&case["matrix"]);
        assert_eq!(
            rank(a.as_ref()).unwrap() as u64,
            case["rank"].as_u64().unwrap(),
            "{a:?}"
        );
    }
}

#[test]
fn what_has_no_answer_is_refused_by_name() {
    let wide = mat![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    let message = |error: foldspace::error::Error| error.to_string();
    assert!(message(inverse(wide.as_ref()).unwrap_err()).contains("2 x 3"));
    let flat = mat![[0.1, 0.2, 0.3], [0.4, 0.5, 0.6], [0.7, 0.8, 0.9]];
    assert!(message(inverse(flat.as_ref()).unwrap_err()).contains("singular"));
    assert!(message(eigen(wide.as_ref()).unwrap_err()).contains("square"));
    assert!(message(symmetric_eigen(flat.as_ref()).unwrap_err()).contains("transpose"));
    let holey = mat![[1.0, f64::NAN], [0.0, 1.0]];
    for refused in [
        svd(holey.as_ref()).map(drop),
        inverse(holey.as_ref()).map(drop),
        eigen(holey.as_ref()).map(drop),
        qr(holey.as_ref()).map(drop),
        rank(holey.as_ref()).map(drop),
    ] {
        assert!(message(refused.unwrap_err()).contains("entry (0, 1) is NaN"));
    }
    assert!(low_rank(wide.as_ref(), 3).is_err() && low_rank(wide.as_ref(), 0).is_err());
    assert!(Pca::fit(wide.as_ref(), 3).is_err() && Pca::fit(mat![[1.0, 2.0]].as_ref(), 1).is_err());
    assert!(svd(Mat::<f64>::zeros(0, 3).as_ref()).is_err());
    assert!(dot(&[1.0], &[1.0, 2.0]).is_err());
    assert!(combination(&[], &[]).is_err() && combination(&[1.0], &[&[1.0], &[2.0]]).is_err());
    assert!(projection(&[1.0], &[0.0]).is_err());
    assert!(is_independent(&[&[1.0, 2.0], &[1.0]]).is_err());
}

#[test]
fn small_scales_do_not_make_a_matrix_singular() {
    let tiny = mat![[2e-200, 0.0], [0.0, 4e-200]];
    assert_near(
        &(inverse(tiny.as_ref()).unwrap() * tiny),
        &Mat::identity(2, 2),
        1e-14,
    );
}

#[test]
fn angles_of_nearly_parallel_vectors() {
    // The arc cosine of the dot product would say 0.
    let small = 1e-10;
    assert!((angle(&[1.0, 0.0], &[1.0, small]).unwrap() / small - 1.0).abs() < 1e-12);
    assert!(
        (angle(&[1e-300, 0.0], &[0.0, 1e300]).unwrap() - std::f64::consts::FRAC_PI_2).abs() < 1e-15
    );
    assert!((angle(&[2.0, 1.0], &[-4.0, -2.0]).unwrap() - std::f64::consts::PI).abs() < 1e-15);
}

#[test]
fn a_unitary_matrix_keeps_complex_lengths() {
    let n = 4;
    // The discrete Fourier transform.
    let u = Mat::from_fn(n, n, |j, k| {
        let phase = std::f64::consts::TAU * (j * k) as f64 / n as f64;
        c64::new(0.5 * libm::cos(phase), 0.5 * libm::sin(phase))
    });
    assert!(is_unitary(u.as_ref(), 1e-12));
    assert!(!is_unitary(
        (&u * faer::Scale(c64::new(1.001, 0.0))).as_ref(),
        1e-6
    ));
    let x = Mat::from_fn(n, 1, |i, _| c64::new(i as f64, 1.0 - 2.0 * i as f64));
    assert!(((&u * &x).norm_l2() - x.norm_l2()).abs() < 1e-12);
}

proptest! {
    #[test]
    fn svd_reconstructs_with_orthonormal_factors(a in any_matrix(1usize..9, 1usize..9)) {
        let svd = svd(a.as_ref()).unwrap();
        prop_assert!(relative(&svd.reconstruct(), a.as_ref()) < 1e-12);
        prop_assert!(orthogonality_error(svd.u.as_ref()) < 1e-12);
        prop_assert!(orthogonality_error(svd.v.as_ref()) < 1e-12);
        prop_assert!(svd.s.windows(2).all(|s| s[0] >= s[1]) && svd.s.iter().all(|s| *s >= 0.0));
        // The largest singular value is the greatest stretch of the columns of V, and of no other vector.
        prop_assert!(((&a * svd.v.col(0)).norm_l2() - svd.s[0]).abs() < 1e-11);
        prop_assert!((spectral(a.as_ref()).unwrap() - svd.s[0]).abs() < 1e-11);
    }

    #[test]
    fn qr_reconstructs(a in any_matrix(1usize..9, 1usize..9)) {
        let qr = qr(a.as_ref()).unwrap();
        prop_assert!(relative(&(&qr.q * &qr.r), a.as_ref()) < 1e-12);
        prop_assert!(orthogonality_error(qr.q.as_ref()) < 1e-12);
        for i in 0..qr.r.nrows() {
            prop_assert!(qr.r[(i, i)] >= 0.0);
            prop_assert!((0..i).all(|j| qr.r[(i, j)] == 0.0));
        }
    }

    #[test]
    fn the_inverse_undoes(a in square()) {
        let condition = condition_number(a.as_ref()).unwrap();
        prop_assume!(condition < 1e8);
        let identity = Mat::<f64>::identity(a.nrows(), a.nrows());
        let inverse = inverse(a.as_ref()).unwrap();
        prop_assert!((&a * &inverse - &identity).norm_max() < 1e-14 * condition);
        prop_assert!((&inverse * &a - &identity).norm_max() < 1e-14 * condition);
    }

    #[test]
    fn eigenvectors_are_only_stretched(a in square()) {
        let eigen = eigen(a.as_ref()).unwrap();
        let n = a.nrows();
        let complex = Mat::from_fn(n, n, |i, j| c64::new(a[(i, j)], 0.0));
        let mut trace = c64::new(0.0, 0.0);
        for (k, &value) in eigen.values.iter().enumerate() {
            let v = eigen.vectors.col(k);
            let residual = &complex * v - v * faer::Scale(value);
            prop_assert!(residual.norm_l2() < 1e-10 * a.norm_l2().max(1.0), "{}", residual.norm_l2());
            prop_assert!((v.norm_l2() - 1.0).abs() < 1e-12);
            trace += value;
        }
        let expected: f64 = (0..n).map(|i| a[(i, i)]).sum();
        prop_assert!((trace.re - expected).abs() < 1e-10 && trace.im.abs() < 1e-10);
        prop_assert!(eigen.values.windows(2).all(|w| w[0].re <= w[1].re));
    }

    #[test]
    fn symmetric_eigenvectors_are_orthogonal(a in square()) {
        let a = &a + a.transpose();
        let eigen = symmetric_eigen(a.as_ref()).unwrap();
        prop_assert!(is_orthogonal(eigen.vectors.as_ref(), 1e-12));
        let stretched = Mat::from_fn(a.nrows(), a.nrows(), |i, j| eigen.vectors[(i, j)] * eigen.values[j]);
        prop_assert!((stretched * eigen.vectors.transpose() - &a).norm_max() < 1e-11);
        prop_assert!(eigen.values.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn polar_is_an_orthogonal_matrix_times_a_stretch(a in square()) {
        let polar = polar(a.as_ref()).unwrap();
        prop_assert!(is_orthogonal(polar.q.as_ref(), 1e-12));
        prop_assert!(relative(&(&polar.q * &polar.p), a.as_ref()) < 1e-12);
        prop_assert!((&polar.p - polar.p.transpose()).norm_max() < 1e-12 * a.norm_max());
        let stretches = symmetric_eigen((&polar.p + polar.p.transpose()).as_ref()).unwrap();
        prop_assert!(stretches.values.iter().all(|value| *value >= -1e-11));
    }

    #[test]
    fn no_matrix_of_rank_r_comes_closer(
        w in any_matrix(Just(5usize), Just(7usize)),
        left in any_matrix(Just(5usize), Just(4usize)),
        right in any_matrix(Just(4usize), Just(7usize)),
        r in 1usize..5,
    ) {
        let best = low_rank(w.as_ref(), r).unwrap();
        let error = &w - best.product();
        let svd = svd(w.as_ref()).unwrap();
        prop_assert!((spectral(error.as_ref()).unwrap() - svd.s[r]).abs() < 1e-11);
        prop_assert_eq!(best.spectral_error, svd.s[r]);
        prop_assert!((frobenius(error.as_ref()) - best.frobenius_error).abs() < 1e-11);
        let kept = best.product().singular_values().unwrap();
        prop_assert!(kept[r..].iter().all(|s| *s < 1e-12) && (kept[r - 1] - svd.s[r - 1]).abs() < 1e-11);
        prop_assert_eq!(best.parameters(), r * (5 + 7));
        // A random rival of rank r, and one close to the optimum.
        let rival = left.subcols(0, r) * right.subrows(0, r);
        let close = (&best.left + left.subcols(0, r) * faer::Scale(1e-3)) * (&best.right + right.subrows(0, r) * faer::Scale(1e-3));
        for rival in [rival, close] {
            let rival = &w - rival;
            prop_assert!(spectral(rival.as_ref()).unwrap() >= best.spectral_error - 1e-11);
            prop_assert!(frobenius(rival.as_ref()) >= best.frobenius_error - 1e-11);
        }
    }

    #[test]
    fn pca_diagonalises_the_covariance(data in any_matrix(6usize..20, 1usize..6)) {
        let (n, d) = (data.nrows(), data.ncols());
        let pca = Pca::fit(data.as_ref(), d).unwrap();
        let centred = Mat::from_fn(n, d, |i, j| data[(i, j)] - pca.mean[j]);
        let covariance = centred.transpose() * &centred * faer::Scale(1.0 / (n - 1) as f64);
        let eigen = symmetric_eigen((&covariance * faer::Scale(0.5) + covariance.transpose() * faer::Scale(0.5)).as_ref()).unwrap();
        for k in 0..d {
            prop_assert!((pca.explained_variance[k] - eigen.values[d - 1 - k]).abs() < 1e-10);
            let c = pca.components.row(k).transpose();
            prop_assert!((&covariance * c - c * faer::Scale(pca.explained_variance[k])).norm_l2() < 1e-10);
        }
        prop_assert!((pca.explained_variance_ratio.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let back = pca.inverse_transform(pca.transform(data.as_ref()).as_ref());
        prop_assert!((back - &data).norm_max() < 1e-11);
    }

    #[test]
    fn orthogonal_matrices_keep_lengths_and_angles(a in square(), b in any_matrix(Just(6usize), Just(2usize))) {
        let q = from_matrix(a.as_ref()).unwrap();
        prop_assert!(is_orthogonal(q.as_ref(), 1e-12));
        let vectors = b.subrows(0, a.nrows());
        let column = |m: MatRef<'_, f64>, k: usize| m.col(k).iter().copied().collect::<Vec<f64>>();
        let moved = &q * vectors;
        let (x, y) = (column(vectors, 0), column(vectors, 1));
        let (qx, qy) = (column(moved.as_ref(), 0), column(moved.as_ref(), 1));
        prop_assert!((l2(&x) - l2(&qx)).abs() < 1e-11);
        prop_assert!((dot(&x, &y).unwrap() - dot(&qx, &qy).unwrap()).abs() < 1e-10);
    }

    #[test]
    fn angle_cosine_and_projection_agree(x in prop::collection::vec(-5.0..5.0f64, 3), y in prop::collection::vec(-5.0..5.0f64, 3)) {
        prop_assume!(l2(&x) > 1e-3 && l2(&y) > 1e-3);
        prop_assert!((libm::cos(angle(&x, &y).unwrap()) - cosine(&x, &y).unwrap()).abs() < 1e-12);
        let shadow = projection(&x, &y).unwrap();
        let rest: Vec<f64> = x.iter().zip(&shadow).map(|(x, s)| x - s).collect();
        prop_assert!(dot(&rest, &y).unwrap().abs() < 1e-11);
        prop_assert!(linf(&x) <= l2(&x) && l2(&x) <= l1(&x) + 1e-12);
        prop_assert!((l1(&hadamard(&x, &y).unwrap()) - x.iter().zip(&y).map(|(x, y)| (x * y).abs()).sum::<f64>()).abs() < 1e-12);
    }

    #[test]
    fn vectors_of_a_low_dimensional_space_are_dependent(a in any_matrix(Just(5usize), Just(2usize)), b in any_matrix(Just(2usize), Just(3usize))) {
        // Whole numbers, so that the product is exact and its vectors really lie in a plane.
        let whole = |m: Mat<f64>| Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)].round());
        let product = whole(a) * whole(b);
        let columns: Vec<Vec<f64>> = (0..3).map(|k| product.col(k).iter().copied().collect()).collect();
        let columns: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
        prop_assert!(!is_independent(&columns).unwrap());
    }

    #[test]
    fn the_named_maps_of_the_plane(a in -7.0..7.0f64, b in -7.0..7.0f64) {
        let identity = Mat::<f64>::identity(2, 2);
        prop_assert!((transform2d::rotation(a) * transform2d::rotation(b) - transform2d::rotation(a + b)).norm_max() < 1e-12);
        let (mirror, other) = (transform2d::reflection(a), transform2d::reflection(b));
        prop_assert!((&mirror * &mirror - &identity).norm_max() < 1e-12);
        prop_assert!((mirror.determinant() + 1.0).abs() < 1e-12);
        // Two reflections are a rotation by twice the angle between the mirrors.
        prop_assert!((mirror * other - transform2d::rotation(2.0 * (a - b))).norm_max() < 1e-12);
        prop_assert!((transform2d::shear_x(a) * transform2d::shear_x(b) - transform2d::shear_x(a + b)).norm_max() < 1e-12);
        prop_assert!((transform2d::shear_y(a) - transform2d::shear_x(a).transpose()).norm_max() == 0.0);
        prop_assert!((transform2d::scaling(a, b).determinant() - a * b).abs() < 1e-12);
        let shadow = transform2d::projection(a);
        prop_assert!((&shadow * &shadow - &shadow).norm_max() < 1e-12);
        prop_assert!((transform2d::reflection(a) - (shadow * faer::Scale(2.0) - identity)).norm_max() < 1e-12);
    }
}
