//! Exact signs of sums of products, so that "on which side of the line?" is a fact and not a rounding accident.
//!
//! A product of two `f64` is exactly the sum of two `f64` (fused multiply-add), and a sum of `f64` is exactly an
//! *expansion*: a list of `f64` without overlapping bits, whose largest entry has the sign of the whole. A plain
//! evaluation with an error bound decides nearly all cases; the expansion decides the rest. Source: J. R. Shewchuk,
//! *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates* (1997). Exact as long as no
//! product overflows or underflows.

use std::cmp::Ordering;

/// a + b as rounded sum and exact remainder (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// The sign of Σ a_i b_i, exactly.
///
/// ```
/// use std::cmp::Ordering;
/// use foldspace::geometry::exact::sign_of_products;
/// // 1e17 + 1 - 1e17: in floating point, 0.
/// let products = [(1e17, 1.0), (1.0, 1.0), (-1e17, 1.0)];
/// assert_eq!(sign_of_products(products), Ordering::Greater);
/// ```
pub fn sign_of_products(products: impl IntoIterator<Item = (f64, f64)> + Clone) -> Ordering {
    let (mut sum, mut size, mut terms) = (0.0, 0.0, 1.0);
    for (a, b) in products.clone() {
        sum += a * b;
        size += (a * b).abs();
        terms += 1.0;
    }
    // Each of the n products and n additions rounds once; the factor 2 covers second-order terms and `size` itself.
    if sum.abs() > 2.0 * terms * f64::EPSILON * size {
        return sum.total_cmp(&0.0);
    }
    let mut expansion: Vec<f64> = Vec::new();
    for (a, b) in products {
        let product = a * b;
        for part in [a.mul_add(b, -product), product] {
            let mut carry = part;
            for entry in &mut expansion {
                (carry, *entry) = two_sum(carry, *entry);
            }
            expansion.push(carry);
            expansion.retain(|entry| *entry != 0.0);
        }
    }
    expansion
        .last()
        .map_or(Ordering::Equal, |largest| largest.total_cmp(&0.0))
}

/// On which side of the directed line a to b the point c lies: `Greater` is left (the triangle a, b, c turns
/// anticlockwise), `Less` is right, `Equal` is on the line; exactly.
///
/// det \[b - a, c - a\] = a × b + b × c + c × a, with u × v = u_1 v_2 - u_2 v_1.
pub fn orientation(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> Ordering {
    let (left, right) = ((b[0] - a[0]) * (c[1] - a[1]), (b[1] - a[1]) * (c[0] - a[0]));
    // Four roundings of relative size at most EPSILON / 2 on each side, and one of the difference.
    if (left - right).abs() > 4.0 * f64::EPSILON * (left.abs() + right.abs()) {
        return left.total_cmp(&right);
    }
    sign_of_products([
        (a[0], b[1]),
        (-a[1], b[0]),
        (b[0], c[1]),
        (-b[1], c[0]),
        (c[0], a[1]),
        (-c[1], a[0]),
    ])
}

/// The sign of w · x + b, exactly: the side of the hyperplane on which x lies.
///
/// # Panics
/// If `w` and `x` have different lengths.
pub fn side(w: &[f64], b: f64, x: &[f64]) -> Ordering {
    assert_eq!(w.len(), x.len(), "a normal and a point of different spaces");
    let products = w.iter().copied().zip(x.iter().copied());
    sign_of_products(products.chain(std::iter::once((b, 1.0))))
}
