//! B9: orthogonal and unitary matrices keep lengths and angles, however often they are applied.

use faer::{Mat, c64};

use super::plane::{FIRST, RESULT, SECOND, background, image, number};
use super::sample::{apply, greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::orthogonal::{from_matrix, orthogonality_error, unitarity_error};
use crate::linalg::transform2d::rotation;
use crate::linalg::{eigen, norms, products};
use crate::plot::{Colour, Dash, Figure, Panel, Point, Shape, Sign, Stroke};
use crate::random::RandomState;

/// Multiplications of the left panel: a whole turn and a little.
const STEPS: usize = 42;
/// Multiplications by the unitary matrix.
const LONG: usize = 60;
/// The angle of a step, in degrees.
const ANGLE: f64 = 9.0;

type Complex2 = [c64; 2];

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let unitary = unitary();
    let walk = walk(&unitary);
    let exhibit = Exhibit::new(
        "An orthogonal matrix is a rotation or a reflection: $W^T W = I$, so $‖W x‖ = ‖x‖$ and $(W x)·(W y) = x·y$, and \
         its eigenvalues lie on the unit circle. Multiplying again and again neither explodes nor fades, which is why \
         recurrent networks like such weights (B14). In complex space the condition is $U^H U = I$ with the conjugate \
         transpose; the post writes $W^T W = I$ for both, which a unitary matrix does not fulfil, as the last check shows.",
    )
    .figure("orbits", figure(&walk));
    complex(real(exhibit)?, &unitary, &walk)
}

fn real(exhibit: Exhibit) -> Result<Exhibit> {
    let mut random = RandomState::new(11);
    let (mut gram, mut lengths, mut products, mut sizes, mut determinants) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in [2, 3, 8, 32].into_iter().cycle().take(40) {
        let w = from_matrix(normal(&mut random, n, n).as_ref())?;
        gram.push(orthogonality_error(w.as_ref()));
        determinants.push((w.determinant().abs() - 1.0).abs());
        sizes.extend(
            eigen(w.as_ref())?
                .values
                .iter()
                .map(|z| (libm::hypot(z.re, z.im) - 1.0).abs()),
        );
        for _ in 0..25 {
            let (x, y) = (random.randn(n), random.randn(n));
            let (wx, wy) = (apply(w.as_ref(), &x), apply(w.as_ref(), &y));
            lengths.push((norms::l2(&wx) - norms::l2(&x)).abs());
            products.push((products::dot(&wx, &wy)? - products::dot(&x, &y)?).abs());
        }
    }
    let end = |scale: f64| {
        let path = orbit(scale);
        norms::l2(&path[STEPS]) / norms::l2(&path[0])
    };
    Ok(exhibit
        .check(Check::zero(
            "max |WᵀW - I|, 40 random orthogonal matrices of size 2 to 32",
            greatest(gram),
            1e-12,
        ))
        .check(Check::zero(
            "lengths: most change, 1000 random vectors",
            greatest(lengths),
            1e-12,
        ))
        .check(Check::zero(
            "dot products, hence angles: most change, 1000 random pairs",
            greatest(products),
            1e-11,
        ))
        .check(Check::zero(
            "eigenvalues: most that |λ| differs from 1",
            greatest(sizes),
            1e-12,
        ))
        .check(Check::zero("|det W| = 1", greatest(determinants), 1e-12))
        .check(Check::zero(
            "length after 42 rotations, relative change",
            end(1.0) - 1.0,
            1e-12,
        ))
        .check(Check::equal(
            "length after 42 rotations that shrink by 0.97 is 0.97⁴²",
            end(0.97),
            libm::pow(0.97, STEPS as f64),
            1e-12,
        ))
        .check(Check::equal(
            "length after 42 rotations that grow by 1.03 is 1.03⁴²",
            end(1.03),
            libm::pow(1.03, STEPS as f64),
            1e-12,
        )))
}

fn complex(exhibit: Exhibit, u: &Mat<c64>, walk: &[Complex2]) -> Result<Exhibit> {
    let mut random = RandomState::new(12);
    let mut draw = || c64::new(random.standard_normal(), random.standard_normal());
    let (mut lengths, mut products) = (Vec::new(), Vec::new());
    for _ in 0..1000 {
        let (x, y) = ([draw(), draw()], [draw(), draw()]);
        let (ux, uy) = (moved(u, x), moved(u, y));
        lengths.push((squared(ux) - squared(x)).abs());
        let change = inner(ux, uy) - inner(x, y);
        products.push(libm::hypot(change.re, change.im));
    }
    let plain = u.transpose() * u;
    let identity = Mat::<c64>::identity(2, 2);
    let wrong = (0..4).map(|k| {
        let change = plain[(k / 2, k % 2)] - identity[(k / 2, k % 2)];
        libm::hypot(change.re, change.im)
    });
    Ok(exhibit
        .check(Check::zero(
            "max |UᴴU - I| of the complex unitary matrix",
            unitarity_error(u.as_ref()),
            1e-12,
        ))
        .check(Check::zero(
            "squared lengths: most change, 1000 random complex vectors",
            greatest(lengths),
            1e-12,
        ))
        .check(Check::zero(
            "inner products xᴴy: most change, 1000 random pairs",
            greatest(products),
            1e-12,
        ))
        .check(Check::zero(
            "|z₁|² + |z₂|² over 60 multiplications: most change",
            greatest(walk.iter().map(|&z| (squared(z) - 1.0).abs())),
            1e-12,
        ))
        .check(Check::at_least(
            "without the conjugate it fails: max |UᵀU - I|",
            greatest(wrong),
            0.1,
        )))
}

/// A complex unitary matrix with nothing special about it: phases beside a rotation.
fn unitary() -> Mat<c64> {
    let phase = |degrees: f64| {
        let angle = degrees.to_radians();
        c64::new(libm::cos(angle), libm::sin(angle))
    };
    let turn = rotation(14_f64.to_radians());
    let (left, right) = ([phase(20.0), phase(-5.0)], [phase(0.0), phase(8.0)]);
    Mat::from_fn(2, 2, |i, j| left[i] * right[j] * turn[(i, j)])
}

fn moved(u: &Mat<c64>, z: Complex2) -> Complex2 {
    std::array::from_fn(|i| u[(i, 0)] * z[0] + u[(i, 1)] * z[1])
}

/// |z|².
fn modulus_squared(z: c64) -> f64 {
    z.re * z.re + z.im * z.im
}

/// ‖z‖².
fn squared(z: Complex2) -> f64 {
    z.into_iter().map(modulus_squared).sum()
}

/// xᴴ y.
fn inner(x: Complex2, y: Complex2) -> c64 {
    x[0].conj() * y[0] + x[1].conj() * y[1]
}

fn walk(u: &Mat<c64>) -> Vec<Complex2> {
    let start = [c64::new(1.0, 0.0), c64::new(0.0, 0.0)];
    std::iter::successors(Some(start), |&z| Some(moved(u, z)))
        .take(LONG + 1)
        .collect()
}

fn orbit(scale: f64) -> Vec<Point> {
    let w = rotation(ANGLE.to_radians()) * faer::Scale(scale);
    std::iter::successors(Some([1.0, 0.0]), |&p| Some(image(w.as_ref(), p)))
        .take(STEPS + 1)
        .collect()
}

fn figure(walk: &[Complex2]) -> Figure {
    let mut left = Panel::plane("$x_1$", "$x_2$")
        .title("Rotate by 9° and scale, 42 times")
        .range([-2.6, 3.8], [-2.8, 2.0])
        .marks(background(4));
    for (scale, name, colour, shape) in [
        (1.03, "1.03 $Q$", SECOND, Shape::Triangle),
        (1.0, "$Q$ (orthogonal)", FIRST, Shape::Circle),
        (0.97, "0.97 $Q$", RESULT, Shape::Square),
    ] {
        let points = orbit(scale);
        left = left
            .line(points.clone(), Stroke::new(colour.fade(0.5), 1.2))
            .mark(crate::plot::Mark::Points {
                points,
                colour,
                radius: 3.4,
                shape,
                ring: true,
            })
            .key(name, Sign::Point(colour, shape));
    }
    let curve = |of: fn(&Complex2) -> f64| -> Vec<Point> {
        walk.iter()
            .enumerate()
            .map(|(k, z)| [k as f64, of(z)])
            .collect()
    };
    let right = Panel::new()
        .title("A complex unitary matrix, 60 times")
        .labels("multiplications", "squared modulus")
        .range([0.0, LONG as f64], [0.0, 1.12])
        .curve(
            "$|z_1|^2$",
            curve(|z| modulus_squared(z[0])),
            Stroke::new(FIRST, 2.0),
        )
        .curve(
            "$|z_2|^2$",
            curve(|z| modulus_squared(z[1])),
            Stroke::new(SECOND, 2.0).dash(Dash::Dashed),
        )
        .curve(
            "their sum",
            curve(|&z| squared(z)),
            Stroke::new(Colour::TEXT, 2.0),
        )
        .points(curve(|z| modulus_squared(z[0])), FIRST, 2.8)
        .points(curve(|z| modulus_squared(z[1])), SECOND, 2.8);
    let end = |scale: f64| number(norms::l2(&orbit(scale)[STEPS]), 2);
    Figure::new("Lengths that stay, lengths that do not")
        .caption(format!(
            "Left: after 42 multiplications the length is {} under the orthogonal $Q$, {} and {} under its multiples. \
             Right: the two components of a complex vector trade length all the time, their sum of squares stays 1.",
            end(1.0),
            end(0.97),
            end(1.03)
        ))
        .size(1000, 480)
        .panels(2, [left, right])
}
