//! B2: the three common norms, their unit balls, and which point of a line each prefers.

use super::decay;
use super::plane::{FIRST, RESULT, SECOND, background, circle, number};
use super::sample::greatest;
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::{norms, products};
use crate::plot::{Anchor, Colour, Dash, Figure, Mark, Panel, Point, Shape, Sign, Stroke};
use crate::random::RandomState;

/// A norm, how it is drawn, and its dual: the greatest a·w over the unit ball of the norm.
struct Norm {
    name: &'static str,
    of: fn(&[f64]) -> f64,
    dual: fn(&[f64]) -> f64,
    stroke: Stroke,
    shape: Shape,
}

const NORMS: [Norm; 3] = [
    Norm {
        name: "$‖w‖_1$",
        of: norms::l1,
        dual: norms::linf,
        stroke: Stroke::new(SECOND, 2.2).dash(Dash::Dashed),
        shape: Shape::Diamond,
    },
    Norm {
        name: "$‖w‖_2$",
        of: norms::l2,
        dual: norms::l2,
        stroke: Stroke::new(FIRST, 2.4),
        shape: Shape::Circle,
    },
    Norm {
        name: "$‖w‖_∞$",
        of: norms::linf,
        dual: norms::l1,
        stroke: Stroke::new(RESULT, 2.2).dash(Dash::Dotted),
        shape: Shape::Square,
    },
];

/// The constraint a·w = 1 of the right panel.
const NORMAL: Point = [0.5, 1.0];

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let balls: Vec<Vec<Point>> = NORMS.iter().map(|norm| unit_ball(norm.of)).collect();
    let nearest: Vec<(Point, f64)> = NORMS.iter().map(|norm| nearest(norm.of)).collect();
    let mut exhibit = Exhibit::new(
        "A norm measures how long a vector is: $‖x‖_1$ adds the absolute entries, $‖x‖_2$ is the Euclidean length, \
         $‖x‖_∞$ takes the largest entry. The set of vectors of length at most 1 shows the difference. A penalty on \
         the squared $‖w‖_2$ of the weights is weight decay: every step shrinks them in proportion, none to exactly \
         zero. The corners of the $‖w‖_1$ ball are why a penalty on that norm sets weights to zero.",
    )
    .figure("unit-balls", figure(&balls, &nearest));
    for ((norm, ball), (_, least)) in NORMS.iter().zip(&balls).zip(&nearest) {
        let name = norm.name.replace('$', "");
        exhibit = exhibit
            .check(Check::zero(
                format!("every drawn point of the unit ball has {name} = 1"),
                greatest(ball.iter().map(|p| ((norm.of)(p) - 1.0).abs())),
                1e-12,
            ))
            .check(Check::equal(
                format!("the least {name} on the line, found by trying 300 001 points of it, is 1 / (dual norm of a)"),
                *least,
                1.0 / (norm.dual)(&NORMAL),
                1e-5,
            ));
    }
    let [[corner, _], _, [equal, other]] = [nearest[0].0, nearest[1].0, nearest[2].0];
    let exhibit = inequalities(
        exhibit
            .check(Check::zero(
                "the point of least ‖w‖_1 has w_1 = 0",
                corner,
                1e-5,
            ))
            .check(Check::zero(
                "the point of least ‖w‖_∞ has equal weights",
                equal - other,
                1e-5,
            )),
    )?;
    decay::add(exhibit, lab)
}

/// The axioms of a norm, on random vectors.
fn inequalities(exhibit: Exhibit) -> Result<Exhibit> {
    const DIMENSION: usize = 20;
    let mut random = RandomState::new(2);
    let (mut triangle, mut scaling, mut order, mut square) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..1000 {
        let (x, y) = (random.randn(DIMENSION), random.randn(DIMENSION));
        let c = random.standard_normal();
        let sum: Vec<f64> = x.iter().zip(&y).map(|(x, y)| x + y).collect();
        let scaled: Vec<f64> = x.iter().map(|x| c * x).collect();
        for norm in &NORMS {
            let of = norm.of;
            triangle.push(of(&sum) - of(&x) - of(&y));
            scaling.push((of(&scaled) - c.abs() * of(&x)).abs());
        }
        let root = (DIMENSION as f64).sqrt();
        let chain = [
            norms::linf(&x),
            norms::l2(&x),
            norms::l1(&x),
            root * norms::l2(&x),
        ];
        order.push(greatest(chain.windows(2).map(|pair| pair[0] - pair[1])));
        square.push((products::dot(&x, &x)? - norms::l2(&x) * norms::l2(&x)).abs());
    }
    let post = [3.0, -4.0];
    Ok(exhibit
        .table(
            "The vector (3, −4)",
            &["norm", "formula", "value"],
            [
                ("L1", "|3| + |−4|", norms::l1(&post)),
                ("L2", "√(3² + 4²)", norms::l2(&post)),
                ("L∞", "max(|3|, |−4|)", norms::linf(&post)),
            ]
            .map(|(name, formula, value)| vec![name.to_owned(), formula.to_owned(), number(value, 0)]),
        )
        .check(Check::at_most(
            "‖x + y‖ ≤ ‖x‖ + ‖y‖: the most that the left exceeds the right, 1000 pairs in 20 dimensions, three norms",
            greatest(triangle),
            1e-12,
        ))
        .check(Check::zero("‖c x‖ = |c| ‖x‖", greatest(scaling), 1e-12))
        .check(Check::at_most(
            "‖x‖∞ ≤ ‖x‖₂ ≤ ‖x‖₁ ≤ √n ‖x‖₂: the most that one exceeds the next",
            greatest(order),
            1e-12,
        ))
        .check(Check::zero("‖x‖₂² = x·x", greatest(square), 1e-12)))
}

/// The boundary of {w : ‖w‖ ≤ 1}: the unit circle, each point divided by its norm.
fn unit_ball(norm: fn(&[f64]) -> f64) -> Vec<Point> {
    circle(faer::Mat::identity(2, 2).as_ref())
        .into_iter()
        .map(|p| p.map(|c| c / norm(&p)))
        .collect()
}

/// The point of the line NORMAL · w = 1 with the least norm, and that norm: found on a fine grid of points.
fn nearest(norm: fn(&[f64]) -> f64) -> (Point, f64) {
    let squared = NORMAL[0] * NORMAL[0] + NORMAL[1] * NORMAL[1];
    (-150_000..=150_000)
        .map(|k| f64::from(k) * 1e-5)
        .map(|s| {
            [
                NORMAL[0] / squared - s * NORMAL[1],
                NORMAL[1] / squared + s * NORMAL[0],
            ]
        })
        .map(|w| (w, norm(&w)))
        .fold(([f64::NAN; 2], f64::INFINITY), |best, next| {
            if next.1 < best.1 { next } else { best }
        })
}

fn figure(balls: &[Vec<Point>], nearest: &[(Point, f64)]) -> Figure {
    let plane = |title: &str| {
        Panel::plane("$w_1$", "$w_2$")
            .title(title)
            .range([-1.9, 1.9], [-1.5, 1.5])
            .marks(background(2))
            .line([[-2.0, 0.0], [2.0, 0.0]], Stroke::new(Colour::AXIS, 1.0))
            .line([[0.0, -2.0], [0.0, 2.0]], Stroke::new(Colour::AXIS, 1.0))
    };
    let left = NORMS
        .iter()
        .zip(balls)
        .fold(plane("Unit balls"), |panel, (norm, ball)| {
            panel.curve(format!("{} = 1", norm.name), ball.clone(), norm.stroke)
        });
    let far = |w: f64| [w, (1.0 - NORMAL[0] * w) / NORMAL[1]];
    let mut right = plane("Smallest on a line")
        .mark(Mark::Line {
            points: vec![far(-3.0), far(3.0)],
            stroke: Stroke::new(Colour::TEXT, 1.8),
        })
        .key(
            "$0.5 w_1 + w_2 = 1$",
            Sign::Line(Stroke::new(Colour::TEXT, 1.8)),
        );
    // Where the labels stand clear of the line and of each other.
    let offsets = [[0.34, 0.15], [0.34, 0.15], [0.43, 0.07]];
    let drawn = NORMS.iter().zip(balls).zip(nearest).zip(offsets);
    for (((norm, ball), &(point, least)), [across, up]) in drawn {
        let grown: Vec<Point> = ball.iter().map(|p| p.map(|c| c * least)).collect();
        let stroke = norm.stroke;
        right = right
            .line(
                grown,
                Stroke {
                    width: 1.6,
                    ..stroke
                },
            )
            .mark(Mark::Points {
                points: vec![point],
                colour: stroke.colour,
                radius: 6.0,
                shape: norm.shape,
                ring: true,
            })
            .label(
                [point[0] + across, point[1] + up],
                Anchor::Centre,
                format!("({}, {})", number(point[0], 2), number(point[1], 2)),
                stroke.colour,
            );
    }
    let value = |k: usize| number(nearest[k].1, 3);
    Figure::new("Three ways to measure length")
        .caption(format!(
            "Right: each ball grown until it touches the line. The point of least $‖w‖_1$ ({}) sits on a corner, so one \
             weight is exactly 0; least $‖w‖_2$ ({}) is the foot of the perpendicular; least $‖w‖_∞$ ({}) makes both \
             weights equal.",
            value(0),
            value(1),
            value(2)
        ))
        .size(1000, 480)
        .panels(2, [left, right])
}
