//! B1: dot product, sum, linear combination, span and independence, with two and three vectors.

use faer::Mat;

use super::plane::{
    FIRST, RESULT, SECOND, arc, arrow, background, beside, dashed, number, paper, plus, rimless,
    times, vector,
};
use super::sample::{distance, greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::{is_independent, norms, products, rank};
use crate::plot::space::{Camera, Point3};
use crate::plot::{Anchor, Colour, Figure, Panel, Point, Stroke};
use crate::random::RandomState;

const A: Point = [1.0, 3.0];
const B: Point = [4.0, 1.0];
const THIRD: Colour = Colour::accent(3);

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let dot = products::dot(&A, &B)?;
    let angle = products::angle(&A, &B)?;
    let foot = products::projection(&A, &B)?;
    let rest = [A[0] - foot[0], A[1] - foot[1]];
    let lengths = norms::l2(&A) * norms::l2(&B);
    let exhibit = Exhibit::new(
        "The dot product adds up the products of the entries; geometrically it is the length of one vector times the \
         length of the other's shadow on it, so it measures alignment. Vectors add tip to tail, and a linear \
         combination $c_1 a + c_2 b$ first scales them. All combinations together are the span. Vectors are \
         independent if none of them is a combination of the others, and the rank of the matrix with these columns \
         counts how many are: a layer's outputs can only move in the span of its weight matrix' columns.",
    )
    .figure("operations", operations(dot, angle, &foot)?)
    .check(Check::zero(
        "a·b = ‖a‖ ‖b‖ cos θ, with θ measured from the unit vectors",
        dot - lengths * libm::cos(angle),
        1e-12,
    ))
    .check(Check::zero(
        "what is left of a beside its shadow on b is perpendicular to b",
        products::dot(&rest, &B)?,
        1e-12,
    ));
    independence(exhibit)
}

fn operations(dot: f64, angle: f64, foot: &[f64]) -> Result<Figure> {
    let frame = |title: &str| {
        Panel::plane("$x_1$", "$x_2$")
            .title(title)
            .range([-3.0, 6.4], [-2.0, 6.0])
            .marks(background(7))
    };
    let direction = libm::atan2(B[1], B[0]);
    let shadow: Point = [foot[0], foot[1]];
    let product = frame("Dot product: alignment")
        .line(
            arc(0.95, direction, direction + angle),
            Stroke::new(Colour::MUTED, 1.4),
        )
        .label(
            arc(1.32, direction, direction + angle)[24],
            Anchor::Centre,
            "$θ$",
            Colour::TEXT,
        )
        .mark(dashed([A, shadow], Colour::MUTED))
        .marks(vector(B, SECOND, "$b$"))
        .line([[0.0, 0.0], shadow], Stroke::new(RESULT, 5.0))
        .marks(vector(A, FIRST, "$a$"))
        .label([1.5, -0.5], Anchor::Centre, "shadow of $a$", RESULT);
    let sum = plus(A, B);
    let addition = frame("Sum: tip to tail")
        .mark(dashed([A, sum], SECOND))
        .mark(dashed([B, sum], FIRST))
        .marks(vector(A, FIRST, "$a$"))
        .marks(vector(B, SECOND, "$b$"))
        .marks(vector(sum, RESULT, "$a + b$"));
    let (c, d) = (1.5, -0.5);
    let mixed = products::combination(&[c, d], &[&A, &B])?;
    let mixed: Point = [mixed[0], mixed[1]];
    let lattice = Mat::from_fn(2, 2, |i, j| [A, B][j][i]);
    let combination = frame("Linear combination")
        .marks(paper(lattice.as_ref(), 4, Colour::accent(0).fade(0.4)))
        .mark(dashed([times(c, A), mixed], SECOND))
        .mark(dashed([times(d, B), mixed], FIRST))
        .mark(dashed([A, times(c, A)], FIRST))
        .mark(dashed([[0.0, 0.0], times(d, B)], SECOND))
        .mark(arrow(A, FIRST))
        .mark(beside(A, [1.0, -0.2], "$a$", FIRST))
        .marks(vector(B, SECOND, "$b$"))
        .mark(arrow(mixed, RESULT))
        .mark(beside(mixed, [-1.0, 0.4], "$1.5 a - 0.5 b$", RESULT));
    Ok(Figure::new("Two vectors: what one can do with them")
        .caption(format!(
            "$a$ = (1, 3), $b$ = (4, 1). $a·b$ = 1·4 + 3·1 = {}, and the angle is $θ$ = {}°. Right: the slanted lattice \
             holds all whole combinations of $a$ and $b$; allowing any numbers fills the plane, so the span has \
             dimension 2.",
            number(dot, 0),
            number(angle.to_degrees(), 1),
        ))
        .size(1200, 450)
        .panels(3, [product, addition, combination]))
}

/// Two vectors in the plane, three in space; each independent and not.
fn independence(exhibit: Exhibit) -> Result<Exhibit> {
    let plane: [[&[f64]; 2]; 2] = [[&[2.0, 1.0], &[-1.0, 1.5]], [&[2.0, 1.0], &[-1.0, -0.5]]];
    let [u, v]: [Point3; 2] = [[1.6, 0.2, 0.1], [0.2, 1.5, 0.5]];
    let free: Point3 = [0.35, 0.3, 1.6];
    let (c, d) = (0.9, 0.7);
    let bound: Point3 = std::array::from_fn(|i| c * u[i] + d * v[i]);

    let mut table = Vec::new();
    let mut add = |name: &str, vectors: &[&[f64]]| -> Result<usize> {
        let columns = Mat::from_fn(vectors[0].len(), vectors.len(), |i, j| vectors[j][i]);
        let found = rank(columns.as_ref())?;
        let independent = if is_independent(vectors)? {
            "yes"
        } else {
            "no"
        };
        table.push(vec![
            name.to_owned(),
            vectors.len().to_string(),
            found.to_string(),
            independent.to_owned(),
        ]);
        Ok(found)
    };
    let ranks = [
        add("(2, 1) and (−1, 1.5)", &plane[0])?,
        add("(2, 1) and (−1, −0.5)", &plane[1])?,
        add("u, v, w of the figure, left", &[&u, &v, &free])?,
        add("u, v, w of the figure, right", &[&u, &v, &bound])?,
    ];

    let camera = Camera {
        azimuth: 52.0,
        elevation: 25.0,
    };
    let two = Figure::new("Two vectors: a plane or a line")
        .caption(format!(
            "Dots: 400 random combinations. Left: rank {}, they reach every place. Right: the second vector is −0.5 \
             times the first, the rank is {}, and no combination leaves the line.",
            ranks[0], ranks[1]
        ))
        .size(1000, 480)
        .panels(2, [
            span_of_two("Independent", plane[0]),
            span_of_two("Dependent", plane[1]),
        ]);
    let three = Figure::new("Three vectors: a volume or none")
        .caption(format!(
            "Left: the box that $u$, $v$, $w$ span has a volume (|det| = {}), rank {}. Right: $w$ = {c} $u$ + {d} $v$ \
             lies in the plane of the others, the box is flat (|det| = {}), rank {}.",
            number(volume(u, v, free), 2),
            ranks[2],
            number(volume(u, v, bound), 2),
            ranks[3],
        ))
        .size(1000, 480)
        .panels(2, [box_of_three(&camera, [u, v, free]), flat_three(&camera, [u, v, bound], [c, d])]);

    // Rank against the determinant, on random triples.
    let mut random = RandomState::new(1);
    let (mut independent, mut dependent) = (0, 0);
    for _ in 0..200 {
        let a = normal(&mut random, 3, 3);
        independent += usize::from(rank(a.as_ref())? == 3 && a.determinant().abs() > 1e-9);
        let [c, d] = [random.standard_normal(), random.standard_normal()];
        let flat = Mat::from_fn(3, 3, |i, j| {
            if j < 2 {
                a[(i, j)]
            } else {
                c * a[(i, 0)] + d * a[(i, 1)]
            }
        });
        dependent += usize::from(rank(flat.as_ref())? == 2 && flat.determinant().abs() < 1e-9);
    }
    let rebuilt = products::combination(&[c, d], &[&u, &v])?;
    let off_line = combinations(plane[1])
        .into_iter()
        .map(|p| (p[0] * plane[1][0][1] - p[1] * plane[1][0][0]).abs());
    Ok(exhibit
        .figure("two-vectors", two)
        .figure("three-vectors", three)
        .table("Rank decides independence", &["vectors", "how many", "rank", "independent"], table)
        .check(Check::equal("two independent vectors have rank 2", ranks[0] as f64, 2.0, 0.0))
        .check(Check::equal("a vector and its multiple have rank 1", ranks[1] as f64, 1.0, 0.0))
        .check(Check::equal("three independent vectors have rank 3", ranks[2] as f64, 3.0, 0.0))
        .check(Check::equal("three vectors of one plane have rank 2", ranks[3] as f64, 2.0, 0.0))
        .check(Check::zero("w is the stated combination of u and v", distance(&rebuilt, &bound), 1e-12))
        .check(Check::zero("400 combinations of the dependent pair stay on its line", greatest(off_line), 1e-12))
        .check(Check::equal("of 200 random triples, those with rank 3 and a volume", independent as f64, 200.0, 0.0))
        .check(Check::equal(
            "of 200 triples whose third vector is made of the others, those with rank 2 and no volume",
            dependent as f64,
            200.0,
            0.0,
        )))
}

/// 400 combinations with coefficients drawn evenly from [-2, 2].
fn combinations([a, b]: [&[f64]; 2]) -> Vec<Point> {
    let mut random = RandomState::new(0);
    (0..400)
        .map(|_| {
            let (c, d) = (random.uniform(-2.0, 2.0), random.uniform(-2.0, 2.0));
            [c * a[0] + d * b[0], c * a[1] + d * b[1]]
        })
        .collect()
}

fn span_of_two(title: &str, pair: [&[f64]; 2]) -> Panel {
    let [a, b] = pair.map(|v| [v[0], v[1]]);
    Panel::plane("$x_1$", "$x_2$")
        .title(title)
        .range([-4.4, 4.4], [-3.4, 3.4])
        .marks(background(5))
        .points(combinations(pair), Colour::accent(0).fade(0.55), 2.6)
        .mark(arrow(a, FIRST))
        .mark(beside(a, [0.5, 1.0], "$u$", FIRST))
        .mark(arrow(b, SECOND))
        .mark(beside(b, [-0.5, 1.0], "$v$", SECOND))
}

fn volume(u: Point3, v: Point3, w: Point3) -> f64 {
    Mat::from_fn(3, 3, |i, j| [u, v, w][j][i])
        .determinant()
        .abs()
}

fn arrows(panel: Panel, camera: &Camera, vectors: [Point3; 3]) -> Panel {
    let named = [("$u$", FIRST), ("$v$", SECOND), ("$w$", THIRD)];
    vectors
        .iter()
        .zip(named)
        .fold(panel, |panel, (&v, (name, colour))| {
            panel.marks(vector(camera.point(v), colour, name).map(rimless))
        })
}

fn space(camera: &Camera, title: &str) -> Panel {
    Panel::diagram()
        .title(title)
        .range([-2.1, 1.9], [-1.05, 2.25])
        .marks(camera.axes(2.1, ["$x_1$", "$x_2$", "$x_3$"]))
}

fn box_of_three(camera: &Camera, vectors: [Point3; 3]) -> Panel {
    let corner = |bits: usize| -> Point3 {
        std::array::from_fn(|i| {
            (0..3)
                .filter(|k| bits >> k & 1 == 1)
                .map(|k| vectors[k][i])
                .sum()
        })
    };
    let mut panel = space(camera, "Independent");
    for face in [[1, 3, 7, 5], [2, 3, 7, 6], [4, 5, 7, 6]] {
        let corners: Vec<Point> = face
            .iter()
            .map(|&bits| camera.point(corner(bits)))
            .collect();
        panel = panel.polygon(corners, Colour::accent(0).fade(0.13));
    }
    for bits in 0..8 {
        for k in (0..3).filter(|k| bits >> k & 1 == 0) {
            let ends = [corner(bits), corner(bits | 1 << k)].map(|p| camera.point(p));
            panel = panel.line(ends, Stroke::new(Colour::accent(0).fade(0.75), 1.2));
        }
    }
    arrows(panel, camera, vectors)
}

fn flat_three(camera: &Camera, vectors: [Point3; 3], [c, d]: [f64; 2]) -> Panel {
    let [u, v, w] = vectors;
    let at = |s: f64, t: f64| camera.point(std::array::from_fn(|i| s * u[i] + t * v[i]));
    let mut panel = space(camera, "Dependent").polygon(
        [at(-0.2, -0.2), at(1.3, -0.2), at(1.3, 1.3), at(-0.2, 1.3)],
        Colour::accent(0).fade(0.16),
    );
    for k in 0..=6 {
        let k = -0.2 + 0.25 * f64::from(k);
        for ends in [[at(k, -0.2), at(k, 1.3)], [at(-0.2, k), at(1.3, k)]] {
            panel = panel.line(ends, Stroke::new(Colour::accent(0).fade(0.32), 1.0));
        }
    }
    panel = panel
        .mark(dashed([at(c, 0.0), camera.point(w)], SECOND))
        .mark(dashed([at(0.0, d), camera.point(w)], FIRST));
    arrows(panel, camera, vectors)
}
