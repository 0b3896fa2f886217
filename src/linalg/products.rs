//! Products of vectors: dot product, angle, projection, linear combination, Hadamard product (items A8, A9, B1, B5).
//!
//! Vectors are slices.

use crate::error::{Error, Result};

fn same_length(operation: &'static str, a: &[f64], b: &[f64]) -> Result<()> {
    if a.len() == b.len() {
        return Ok(());
    }
    Err(Error::matrix(
        operation,
        format!(
            "the vectors have {} and {} entries; they need the same number",
            a.len(),
            b.len()
        ),
    ))
}

/// a · b = Σ a_i b_i.
///
/// ```
/// assert_eq!(foldspace::linalg::products::dot(&[1.0, 2.0], &[5.0, 6.0])?, 17.0);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the lengths differ.
pub fn dot(a: &[f64], b: &[f64]) -> Result<f64> {
    same_length("dot product", a, b)?;
    Ok(a.iter().zip(b).map(|(a, b)| a * b).sum())
}

/// cos ∠(a, b) = a · b / (‖a‖ ‖b‖), in \[-1, 1\].
///
/// ```
/// use foldspace::linalg::products::cosine;
/// assert_eq!(cosine(&[1.0, 0.0], &[-3.0, 0.0])?, -1.0);
/// assert!(cosine(&[0.0, 0.0], &[1.0, 0.0]).is_err());
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the lengths differ or a vector is zero, which has no direction.
pub fn cosine(a: &[f64], b: &[f64]) -> Result<f64> {
    let (a, b) = (unit("cosine", a)?, unit("cosine", b)?);
    Ok(dot(&a, &b)?.clamp(-1.0, 1.0))
}

/// ∠(a, b) in radians, in \[0, π\].
///
/// Computed as 2 atan2(‖â - b̂‖, ‖â + b̂‖) for the unit vectors (W. Kahan), which stays accurate for nearly parallel
/// vectors, where the arc cosine does not.
///
/// ```
/// use foldspace::linalg::products::angle;
/// assert!((angle(&[1.0, 0.0], &[0.0, 2.0])?.to_degrees() - 90.0).abs() < 1e-12);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// As [`cosine`].
pub fn angle(a: &[f64], b: &[f64]) -> Result<f64> {
    let (a, b) = (unit("angle", a)?, unit("angle", b)?);
    same_length("angle", &a, &b)?;
    let pairs = || a.iter().zip(&b);
    let apart = super::norms::l2(&pairs().map(|(a, b)| a - b).collect::<Vec<f64>>());
    let together = super::norms::l2(&pairs().map(|(a, b)| a + b).collect::<Vec<f64>>());
    Ok(2.0 * libm::atan2(apart, together))
}

/// a / ‖a‖, without overflow or underflow on the way.
fn unit(operation: &'static str, a: &[f64]) -> Result<Vec<f64>> {
    let largest = super::norms::linf(a);
    if largest == 0.0 || !largest.is_finite() {
        return Err(Error::matrix(
            operation,
            "a vector is zero or not finite; it has no direction",
        ));
    }
    let scaled: Vec<f64> = a.iter().map(|a| a / largest).collect();
    let length = super::norms::l2(&scaled);
    Ok(scaled.into_iter().map(|a| a / length).collect())
}

/// The projection of a onto the line along b: (a · b / b · b) b.
///
/// ```
/// use foldspace::linalg::products::projection;
/// assert_eq!(projection(&[3.0, 4.0], &[2.0, 0.0])?, [3.0, 0.0]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the lengths differ or b is zero.
pub fn projection(a: &[f64], b: &[f64]) -> Result<Vec<f64>> {
    let (along, squared) = (dot(a, b)?, dot(b, b)?);
    if squared == 0.0 {
        return Err(Error::matrix(
            "projection",
            "the vector projected onto is zero",
        ));
    }
    Ok(b.iter().map(|b| along / squared * b).collect())
}

/// Σ c_i v_i. With v the columns of W and c = x, this is W x (items A3, B3).
///
/// ```
/// use foldspace::linalg::products::combination;
/// // W = [[1, 2], [3, 4]], x = [5, 6]
/// assert_eq!(combination(&[5.0, 6.0], &[&[1.0, 3.0], &[2.0, 4.0]])?, [17.0, 39.0]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If there is not one coefficient per vector, no vector, or the vectors' lengths differ.
pub fn combination(coefficients: &[f64], vectors: &[&[f64]]) -> Result<Vec<f64>> {
    let Some(first) = vectors.first() else {
        return Err(Error::matrix("linear combination", "there are no vectors"));
    };
    if coefficients.len() != vectors.len() {
        return Err(Error::matrix(
            "linear combination",
            format!(
                "{} coefficients for {} vectors",
                coefficients.len(),
                vectors.len()
            ),
        ));
    }
    let mut sum = vec![0.0; first.len()];
    for (c, vector) in coefficients.iter().zip(vectors) {
        same_length("linear combination", first, vector)?;
        for (sum, v) in sum.iter_mut().zip(*vector) {
            *sum += c * v;
        }
    }
    Ok(sum)
}

/// The entrywise product a ⊙ b.
///
/// ```
/// use foldspace::linalg::products::hadamard;
/// assert_eq!(hadamard(&[1.0, 2.0], &[3.0, 4.0])?, [3.0, 8.0]);
/// # Ok::<(), foldspace::error::Error>(())
/// ```
///
/// # Errors
/// If the lengths differ.
pub fn hadamard(a: &[f64], b: &[f64]) -> Result<Vec<f64>> {
    same_length("Hadamard product", a, b)?;
    Ok(a.iter().zip(b).map(|(a, b)| a * b).collect())
}
