//! Exact signs of sums of products, so that "on which side of the line?" never depends on rounding.
//!
//! A product of two `f64` is exactly the sum of two `f64` (fused multiply-add), and a sum of `f64` is exactly an
//! *expansion*: a list of `f64` without overlapping bits, whose largest entry has the sign of the whole. A plain
//! evaluation with an error bound decides nearly all cases; the expansion decides the rest. Source: J. R. Shewchuk,
//! *Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric Predicates* (1997). Where a product overflows or
//! underflows, the sum is one of integers.

use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

/// a + b as rounded sum and exact remainder (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let b_part = sum - a;
    (sum, (a - (sum - b_part)) + (b - b_part))
}

/// Products between these, with their remainders, and sums of 2^50 of them stay within `f64`.
const SMALL: f64 = 1e-270;
const LARGE: f64 = 1e290;

/// The sign of Σ a_i b_i for any finite numbers.
fn sign_in_integers(products: impl IntoIterator<Item = (f64, f64)> + Clone) -> Ordering {
    let factors = products.into_iter().filter(|&(a, b)| a != 0.0 && b != 0.0);
    let terms: Vec<(BigInt, i64)> = factors
        .map(|(a, b)| {
            let ((a, p), (b, q)) = (dyadic(a), dyadic(b));
            (BigInt::from(a) * b, p + q)
        })
        .collect();
    let least = terms.iter().map(|term| term.1).min().unwrap_or(0);
    let sum: BigInt = terms
        .into_iter()
        .map(|(term, exponent)| term << u64::try_from(exponent - least).unwrap_or(0))
        .sum();
    match sum.sign() {
        Sign::Minus => Ordering::Less,
        Sign::NoSign => Ordering::Equal,
        Sign::Plus => Ordering::Greater,
    }
}

/// A finite number as m 2^e with odd m; (0, 0) for zero.
pub(super) fn dyadic(number: f64) -> (i64, i64) {
    let bits = number.to_bits();
    let exponent = (bits >> 52 & 0x7ff) as i64;
    let fraction = (bits & ((1 << 52) - 1)) as i64;
    let (mantissa, exponent) = if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent - 1075)
    };
    if mantissa == 0 {
        return (0, 0);
    }
    let zeros = mantissa.trailing_zeros();
    let signed = if number < 0.0 { -mantissa } else { mantissa };
    (signed >> zeros, exponent + i64::from(zeros))
}

/// The sign of Σ a_i b_i, exactly, for finite numbers.
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
    // Each of the n products and n additions rounds once; the factor 2 covers second-order terms and `size` itself, the
    // smallest normal number what underflows.
    if sum.abs() > 2.0 * terms * f64::EPSILON * size + terms * f64::MIN_POSITIVE {
        return sum.total_cmp(&0.0);
    }
    let strays = |(a, b): (f64, f64)| {
        let product = (a * b).abs();
        a != 0.0 && b != 0.0 && !(SMALL..=LARGE).contains(&product)
    };
    if products.clone().into_iter().any(strays) {
        return sign_in_integers(products);
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
    let doubt = 4.0 * f64::EPSILON * (left.abs() + right.abs()) + f64::MIN_POSITIVE;
    if (left - right).abs() > doubt {
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
