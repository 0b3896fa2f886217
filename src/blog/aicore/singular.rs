//! B8: every matrix rotates, scales along the axes, and rotates: W = U S Vᵀ. Principal components are in `principal.rs`.

use faer::{Mat, mat};

use super::plane::{
    FIRST, RESULT, SECOND, background, beside, circle, column, image, number, paper, times,
};
use super::sample::{greatest, normal};
use crate::anim::{Easing, Moment, Segment, Timeline};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::orthogonal::orthogonality_error;
use crate::linalg::transform2d::{rotation, scaling};
use crate::linalg::{svd, symmetric_eigen};
use crate::plot::{Colour, Figure, Mark, Panel, Point, Stroke};
use crate::random::RandomState;

/// A 2 x 2 matrix with positive determinant, in three movements.
#[derive(Clone)]
struct Movements {
    /// W itself.
    w: Mat<f64>,
    /// The angle of the first rotation, Vᵀ, in radians.
    first: f64,
    /// The singular values.
    scale: [f64; 2],
    /// The angle of the second rotation, U, in radians.
    second: f64,
    /// v₁ and v₂.
    directions: [Point; 2],
}

impl Movements {
    /// Takes W apart; where U and V both come as reflections, their second columns are turned round to make rotations.
    fn of(w: Mat<f64>) -> Result<Self> {
        let parts = svd(w.as_ref())?;
        let sign = if parts.v.determinant() < 0.0 {
            -1.0
        } else {
            1.0
        };
        let angle = |m: &Mat<f64>| libm::atan2(m[(1, 0)], m[(0, 0)]);
        Ok(Self {
            first: -angle(&parts.v),
            scale: [parts.s[0], parts.s[1]],
            second: angle(&parts.u),
            directions: [
                column(parts.v.as_ref(), 0),
                times(sign, column(parts.v.as_ref(), 1)),
            ],
            w,
        })
    }

    /// The matrix after shares of the three movements, each from 0 (not begun) to 1 (done).
    fn after(&self, [turn, stretch, turn_again]: [f64; 3]) -> Mat<f64> {
        let [a, b] = self.scale.map(|s| 1.0 + stretch * (s - 1.0));
        rotation(turn_again * self.second) * scaling(a, b) * rotation(turn * self.first)
    }
}

pub(super) fn show(_: &Lab) -> Result<Exhibit> {
    let movements = Movements::of(mat![[1.3, 1.2], [-0.1, 0.9]])?;
    let exhibit = Exhibit::new(
        "Every matrix, square or not, is a rotation (perhaps with a reflection), a scaling along perpendicular axes, and \
         another rotation: $W = U S V^T$. The columns of $V$ are the input directions that stay perpendicular, the \
         columns of $U$ are where they point afterwards, and the singular values are the stretch factors. They are the \
         square roots of the eigenvalues of $W^T W$ and of $W W^T$. The decomposition of a centred data matrix is \
         principal component analysis: the columns of $V$ are the directions in which the data varies most.",
    );
    let exhibit = checked(exhibit, &movements)?.figure("rotate-scale-rotate", steps(&movements));
    let exhibit = animated(exhibit, movements)?;
    super::principal::add(exhibit)
}

fn checked(exhibit: Exhibit, movements: &Movements) -> Result<Exhibit> {
    let mut random = RandomState::new(9);
    let (mut rebuilt, mut orthogonal, mut right, mut left) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (rows, columns) in [(7, 4), (4, 7), (5, 5)].into_iter().cycle().take(90) {
        let w = normal(&mut random, rows, columns);
        let parts = svd(w.as_ref())?;
        rebuilt.push((parts.reconstruct() - &w).norm_max());
        orthogonal
            .push(orthogonality_error(parts.u.as_ref()).max(orthogonality_error(parts.v.as_ref())));
        for (gram, vectors, errors) in [
            (w.transpose() * &w, &parts.v, &mut right),
            (&w * w.transpose(), &parts.u, &mut left),
        ] {
            // (WᵀW) V = V S², and the largest eigenvalues are the squares.
            let squares = Mat::from_fn(vectors.nrows(), parts.s.len(), |i, j| {
                vectors[(i, j)] * parts.s[j] * parts.s[j]
            });
            errors.push((&gram * vectors - squares).norm_max());
            let eigenvalues = symmetric_eigen(gram.as_ref())?.values;
            let pairs = eigenvalues.iter().rev().zip(&parts.s);
            errors.push(greatest(pairs.map(|(value, s)| (value - s * s).abs())));
        }
    }
    Ok(exhibit
        .check(Check::zero(
            "U S Vᵀ = W, 90 random matrices of 7 × 4, 4 × 7 and 5 × 5",
            greatest(rebuilt),
            1e-12,
        ))
        .check(Check::zero(
            "the columns of U and of V are orthonormal",
            greatest(orthogonal),
            1e-12,
        ))
        .check(Check::zero(
            "V and S² are eigenvectors and eigenvalues of WᵀW",
            greatest(right),
            1e-10,
        ))
        .check(Check::zero(
            "U and S² are eigenvectors and eigenvalues of WWᵀ",
            greatest(left),
            1e-10,
        ))
        .check(Check::zero(
            "the last picture of rotate, scale, rotate is W",
            (movements.after([1.0, 1.0, 1.0]) - &movements.w).norm_max(),
            1e-12,
        )))
}

const REACH: f64 = 2.6;

/// The plane after a matrix: paper, unit circle, v₁ and v₂ with their names.
fn panel(movements: &Movements, w: &Mat<f64>, names: [&str; 2]) -> Panel {
    let mut panel = Panel::plane("", "")
        .range([-REACH, REACH], [-REACH, REACH])
        .marks(background(3))
        .marks(paper(w.as_ref(), 2, Colour::accent(0).fade(0.5)))
        .polygon(circle(w.as_ref()), RESULT.fade(0.1))
        .line(circle(w.as_ref()), Stroke::new(RESULT, 2.0));
    for ((v, name), colour) in movements
        .directions
        .into_iter()
        .zip(names)
        .zip([FIRST, SECOND])
    {
        let tip = image(w.as_ref(), v);
        panel = panel
            .mark(Mark::Arrow {
                from: [0.0, 0.0],
                to: tip,
                stroke: Stroke::new(colour, 2.8),
            })
            .mark(beside(tip, tip, name, colour));
    }
    panel
}

fn steps(movements: &Movements) -> Figure {
    let degrees = |angle: f64| number(angle.to_degrees(), 1);
    let [long, short] = movements.scale.map(|s| number(s, 2));
    let stage = |title: &str, done: [f64; 3], names: [&str; 2]| {
        panel(movements, &movements.after(done), names).title(title)
    };
    Figure::new("Every matrix: rotate, scale, rotate")
        .caption(format!(
            "$W$ = [[1.3, 1.2], [−0.1, 0.9]]. $V^T$ turns by {}° so that $v_1$ and $v_2$ lie along the axes, $S$ scales the axes by \
             {long} and {short}, $U$ turns by {}°. The circle becomes an ellipse whose half-axes are the singular values.",
            degrees(movements.first),
            degrees(movements.second)
        ))
        .size(1240, 415)
        .panels(4, [
            stage("Start", [0.0, 0.0, 0.0], ["$v_1$", "$v_2$"]),
            stage("$V^T$: rotate", [1.0, 0.0, 0.0], ["$e_1$", "$e_2$"]),
            stage("$S V^T$: scale", [1.0, 1.0, 0.0], ["$σ_1$", "$σ_2$"]),
            stage("$U S V^T = W$: rotate", [1.0, 1.0, 1.0], ["$σ_1 u_1$", "$σ_2 u_2$"]),
        ])
}

/// The pieces of the animation; movements and pauses take turns, so that every second one moves.
fn timeline(movements: &Movements) -> Result<Timeline> {
    let degrees = |angle: f64| number(angle.to_degrees(), 1);
    let [long, short] = movements.scale.map(|s| number(s, 2));
    let motion = |caption: String| Segment::motion(caption, 1.8, Easing::Smooth);
    Timeline::new(
        25,
        vec![
            Segment::pause(1.2),
            motion(format!(
                "1. $V^T$ rotates by {}°: $v_1$ and $v_2$ come to lie along the axes.",
                degrees(movements.first)
            )),
            Segment::pause(0.8),
            motion(format!(
                "2. $S$ scales the axes by $σ_1$ = {long} and $σ_2$ = {short}: the circle becomes an ellipse."
            )),
            Segment::pause(0.8),
            motion(format!(
                "3. $U$ rotates by {}°: together the three steps are $W$.",
                degrees(movements.second)
            )),
            Segment::pause(2.0),
        ],
    )
}

/// How much of each movement is done at a moment.
fn progress(moment: &Moment) -> [f64; 3] {
    let moving = moment.segment / 2;
    std::array::from_fn(|k| match k.cmp(&moving) {
        std::cmp::Ordering::Less => 1.0,
        std::cmp::Ordering::Equal => moment.eased,
        std::cmp::Ordering::Greater => 0.0,
    })
}

fn animated(exhibit: Exhibit, movements: Movements) -> Result<Exhibit> {
    let timeline = timeline(&movements)?;
    let last = timeline.at(timeline.total_frames() - 1);
    let end = movements.after(progress(&last));
    let exhibit = exhibit.check(Check::zero(
        "the last frame of the animation shows W",
        (end - &movements.w).norm_max(),
        1e-12,
    ));
    let captions = timeline.clone();
    Ok(exhibit.animation(
        "rotate-scale-rotate",
        "Graph paper, the unit circle and two perpendicular arrows rotate, are scaled along the axes into an ellipse, and \
         rotate again: the singular value decomposition of a matrix.",
        timeline,
        move |moment| {
            let w = movements.after(progress(moment));
            let mut panel = panel(&movements, &w, ["$v_1$", "$v_2$"]);
            for (j, name) in ["$e_1$", "$e_2$"].into_iter().enumerate() {
                let tip = column(w.as_ref(), j);
                panel = panel
                    .mark(Mark::Arrow {
                        from: [0.0, 0.0],
                        to: tip,
                        stroke: Stroke::new(Colour::TEXT, 1.5),
                    })
                    .mark(beside(tip, tip, name, Colour::TEXT));
            }
            Ok(Figure::new("$W = U S V^T$: rotate, scale, rotate")
                .caption(captions.caption(moment))
                .size(600, 640)
                .panel(panel))
        },
    ))
}
