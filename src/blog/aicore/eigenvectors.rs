//! B7: the directions that a matrix only stretches; complex pairs, which turn.

use faer::{Mat, c64, mat};

use super::plane::{FIRST, RESULT, SECOND, background, beside, circle, image, number, times};
use super::sample::{greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::{Eigen, eigen};
use crate::plot::{Colour, Dash, Figure, Mark, Panel, Point, Shape, Sign, Stroke};
use crate::random::RandomState;

/// How often the turning matrix is applied.
const STEPS: usize = 60;

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let stretching = mat![[1.5, 1.0], [0.5, 1.0]];
    let turning = mat![[0.9, -0.5], [0.4, 0.8]];
    let (real, complex) = (eigen(stretching.as_ref())?, eigen(turning.as_ref())?);
    let pair = complex.values[0];
    let (size, angle) = (libm::hypot(pair.re, pair.im), libm::atan2(pair.im, pair.re));

    // In the basis (Re v, -Im v) the matrix is |λ| times a rotation by arg λ.
    let v = [complex.vectors[(0, 0)], complex.vectors[(1, 0)]];
    let basis = Mat::from_fn(2, 2, |i, j| if j == 0 { v[i].re } else { -v[i].im });
    let rotation = crate::linalg::transform2d::rotation(angle) * faer::Scale(size);
    let residual = (&turning * &basis - &basis * &rotation).norm_max();
    let orbit = orbit(&turning, [2.0, 0.0]);
    let (turn, growth) = mean_step(&turning);

    let mut random = RandomState::new(8);
    let (mut residuals, mut traces, mut determinants) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..100 {
        let w = normal(&mut random, 6, 6);
        let found = eigen(w.as_ref())?;
        residuals.push(worst_residual(&w, &found));
        let sum: c64 = found.values.iter().copied().sum();
        traces.push(libm::hypot(
            sum.re - (0..6).map(|i| w[(i, i)]).sum::<f64>(),
            sum.im,
        ));
        let product: c64 = found.values.iter().copied().product();
        let determinant = w.determinant();
        determinants
            .push(libm::hypot(product.re - determinant, product.im) / determinant.abs().max(1.0));
    }
    let value = |z: c64| {
        if z.im == 0.0 {
            number(z.re, 4)
        } else {
            format!(
                "{} {} {}i",
                number(z.re, 4),
                if z.im < 0.0 { "−" } else { "+" },
                number(z.im.abs(), 4)
            )
        }
    };
    let row = |name: &str, found: &Eigen, k: usize| {
        let z = found.values[k];
        vec![
            name.to_owned(),
            value(z),
            number(libm::hypot(z.re, z.im), 4),
            number(libm::atan2(z.im, z.re).to_degrees(), 2),
        ]
    };
    Ok(Exhibit::new(
        "An eigenvector is a direction that the matrix keeps: $W v = λ v$, stretched by $λ$ and not turned. A matrix that \
         turns every direction of the plane has no real eigenvector; its eigenvalues come as a complex pair \
         $|λ| e^{±iθ}$, and repeated multiplication runs along a spiral that turns by $θ$ a step on average and grows or \
         shrinks by $|λ|$. Eigenvalues outside the unit circle make repeated multiplication explode, those inside make \
         it fade, as in a recurrent network (B14). The stretch factor of a single step is another thing: it is \
         the singular values that bound it (B8).",
    )
    .figure("directions", figure(&stretching, &real, &complex, &orbit))
    .table(
        "Eigenvalues of the figure's matrices",
        &["W", "λ", "|λ|", "arg λ in degrees"],
        [
            row("[[1.5, 1], [0.5, 1]]", &real, 0),
            row("[[1.5, 1], [0.5, 1]]", &real, 1),
            row("[[0.9, −0.5], [0.4, 0.8]]", &complex, 0),
            row("[[0.9, −0.5], [0.4, 0.8]]", &complex, 1),
        ],
    )
    .check(Check::zero("‖W v - λ v‖, real pair", worst_residual(&stretching, &real), 1e-12))
    .check(Check::zero("‖W v - λ v‖, complex pair", worst_residual(&turning, &complex), 1e-12))
    .check(Check::zero("‖W v - λ v‖, 100 random 6 × 6 matrices", greatest(residuals), 1e-10))
    .check(Check::zero("the eigenvalues add up to the trace", greatest(traces), 1e-10))
    .check(Check::zero("the eigenvalues multiply to the determinant (relative)", greatest(determinants), 1e-10))
    .check(Check::zero("in the basis (Re v, −Im v), W is |λ| times a rotation by arg λ", residual, 1e-12))
    .check(Check::equal(
        "turn per step in degrees, measured over 3600 steps, is arg λ",
        turn.to_degrees(),
        angle.to_degrees(),
        0.005,
    ))
    .check(Check::equal(
        "growth per step (geometric mean), measured over 3600 steps, is |λ|",
        growth,
        size,
        5e-4,
    )))
}

/// max over the pairs of ‖W v - λ v‖.
fn worst_residual(w: &Mat<f64>, found: &Eigen) -> f64 {
    let n = w.nrows();
    greatest((0..n).map(|k| {
        let entries = (0..n).flat_map(|i| {
            let moved: c64 = (0..n).map(|j| found.vectors[(j, k)] * w[(i, j)]).sum();
            let left = moved - found.values[k] * found.vectors[(i, k)];
            [left.re, left.im]
        });
        crate::linalg::norms::l2(&entries.collect::<Vec<f64>>())
    }))
}

fn orbit(w: &Mat<f64>, start: Point) -> Vec<Point> {
    let next = |p: &Point| Some(image(w.as_ref(), *p));
    std::iter::successors(Some(start), next)
        .take(STEPS + 1)
        .collect()
}

/// The mean angle in radians by which a vector turns in one multiplication, and the geometric mean of the factors by
/// which its length grows, over many.
fn mean_step(w: &Mat<f64>) -> (f64, f64) {
    const MANY: usize = 3600;
    let mut p: Point = [1.0, 0.0];
    let (mut turn, mut growth) = (0.0, 0.0);
    for _ in 0..MANY {
        let q = image(w.as_ref(), p);
        turn += libm::atan2(p[0] * q[1] - p[1] * q[0], p[0] * q[0] + p[1] * q[1]);
        // Only the direction matters; the length would fade to nothing.
        let length = libm::hypot(q[0], q[1]);
        growth += libm::log(length);
        p = times(1.0 / length, q);
    }
    let steps = MANY as f64;
    (turn / steps, libm::exp(growth / steps))
}

fn figure(w: &Mat<f64>, real: &Eigen, complex: &Eigen, orbit: &[Point]) -> Figure {
    let range = [-2.4, 2.4];
    let plane = |title: &str| {
        Panel::plane("$x_1$", "$x_2$")
            .title(title)
            .range(range, range)
            .marks(background(3))
    };
    let thin = Stroke::new(Colour::MUTED, 1.2);
    let mut stretch = plane("Two directions are only stretched")
        .line(
            circle(Mat::<f64>::identity(2, 2).as_ref()),
            thin.dash(Dash::Dashed),
        )
        .line(circle(w.as_ref()), Stroke::new(Colour::accent(0), 1.6));
    for k in 0..16 {
        let angle = (22.5 * f64::from(k)).to_radians();
        let from = [libm::cos(angle), libm::sin(angle)];
        stretch = stretch.mark(Mark::Arrow {
            from,
            to: image(w.as_ref(), from),
            stroke: Stroke::new(Colour::accent(0).fade(0.75), 1.2),
        });
    }
    for (k, colour) in [(1, FIRST), (0, SECOND)] {
        let v: Point = [0, 1].map(|i| real.vectors[(i, k)].re);
        let moved = times(real.values[k].re, v);
        let far = [times(-9.0, v), times(9.0, v)];
        stretch = stretch
            .line(far, Stroke::new(colour.fade(0.7), 1.4))
            .mark(Mark::Arrow {
                from: v,
                to: moved,
                stroke: Stroke::new(colour, 3.0),
            })
            .points([v], colour, 3.6)
            .key(
                format!("$λ$ = {}", number(real.values[k].re, 1)),
                Sign::Line(Stroke::new(colour, 3.0)),
            );
    }
    let spiral = plane("A complex pair turns")
        .line(orbit, Stroke::new(Colour::accent(0).fade(0.6), 1.2))
        .points(orbit, RESULT, 3.2)
        .mark(beside(orbit[0], [0.2, -1.0], "$x$", Colour::TEXT))
        .mark(beside(orbit[1], [1.0, 0.3], "$W x$", Colour::TEXT))
        .mark(beside(orbit[2], [0.8, 0.6], "$W^2 x$", Colour::TEXT));
    let values = |found: &Eigen| {
        found
            .values
            .iter()
            .map(|z| [z.re, z.im])
            .collect::<Vec<Point>>()
    };
    let dots = |found: &Eigen, colour, shape| Mark::Points {
        points: values(found),
        colour,
        radius: 5.5,
        shape,
        ring: true,
    };
    let spectrum = Panel::plane("Re $λ$", "Im $λ$")
        .title("Their eigenvalues")
        .range(range, range)
        .marks(background(3))
        .curve(
            "$|λ|$ = 1",
            circle(Mat::<f64>::identity(2, 2).as_ref()),
            thin.dash(Dash::Dashed),
        )
        .mark(dots(real, FIRST, Shape::Diamond))
        .mark(dots(complex, RESULT, Shape::Circle))
        .key("left", Sign::Point(FIRST, Shape::Diamond))
        .key("middle", Sign::Point(RESULT, Shape::Circle));
    let z = complex.values[0];
    Figure::new("Eigenvectors keep their direction")
        .caption(format!(
            "Left: [[1.5, 1], [0.5, 1]] moves each point of the unit circle (dashed) along an arrow; on two lines the arrows \
             point straight out or in. Middle: {STEPS} multiplications with [[0.9, −0.5], [0.4, 0.8]] turn by {}° a step on average \
             and shrink by {} (that is arg $λ$ and $|λ|$).",
            number(libm::atan2(z.im, z.re).to_degrees(), 1),
            number(libm::hypot(z.re, z.im), 3)
        ))
        .size(1200, 470)
        .panels(3, [stretch, spiral, spectrum])
}
