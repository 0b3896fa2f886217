//! A4 and A6: what a 2 x 2 matrix can do to the plane, and what it can't.

use faer::{Mat, MatRef, mat};

use crate::anim::{Easing, Segment, Timeline};
use crate::blog::{Check, Exhibit, Lab};
use crate::data::Dataset;
use crate::error::Result;
use crate::figures;
use crate::geometry::{Bounds, Grid};
use crate::linalg::transform2d::{reflection, rotation, scaling, shear_x};
use crate::plot::ticks::number;
use crate::plot::{Colour, Figure, Frame, Panel};

/// A map x -> W x + b of the plane.
struct Affine {
    weight: Mat<f64>,
    bias: [f64; 2],
}

impl Affine {
    fn linear(weight: Mat<f64>) -> Self {
        Self {
            weight,
            bias: [0.0, 0.0],
        }
    }

    /// Every row of `points` mapped, (n x 2).
    fn image(&self, points: MatRef<'_, f64>) -> Mat<f64> {
        let image = points * self.weight.transpose();
        Mat::from_fn(image.nrows(), 2, |i, j| image[(i, j)] + self.bias[j])
    }

    /// The way from the identity to this map: the matrix first, the bias after it.
    fn part_way(&self, matrix: f64, bias: f64) -> Self {
        let identity: Mat<f64> = Mat::identity(2, 2);
        Self {
            weight: faer::Scale(1.0 - matrix) * identity + faer::Scale(matrix) * &self.weight,
            bias: self.bias.map(|b| bias * b),
        }
    }
}

/// The moons around the origin, so that nothing but the map moves them.
fn centred_moons(lab: &Lab) -> Result<Dataset> {
    let mut moons = lab.moons_data()?;
    let centre = [0.5, 0.25];
    moons.features = Mat::from_fn(moons.samples(), 2, |i, j| {
        moons.features[(i, j)] - centre[j]
    });
    Ok(moons)
}

/// The moons and their graph paper under a map, with the images of the basis vectors and of the origin.
fn scene(map: &Affine, moons: &Dataset, bounds: Bounds) -> Result<Panel> {
    let grid = Grid::new(Bounds::new((-4.0, 4.0), (-4.0, 4.0))?, 17, 17, 2)?;
    let moved = map.image(moons.features.as_ref());
    let basis = map.image(mat![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]].as_ref());
    let at = |i: usize| [basis[(i, 0)], basis[(i, 1)]];
    Ok(figures::plane(bounds, "", "")
        .frame(Frame::Cross)
        .marks(figures::warped(&grid, 0.35, |points| map.image(points)))
        .dots(
            &figures::plane_points(moved.as_ref()),
            moons.labels().unwrap_or_default(),
        )
        .class_keys(&["class 0", "class 1"])
        .arrow(at(0), at(1), Colour::TEXT)
        .arrow(at(0), at(2), Colour::TEXT)
        .points([at(0)], Colour::TEXT, 3.6))
}

/// Rotation, reflection, shear, scaling; and translation, which takes a bias.
pub(super) fn a4(lab: &Lab) -> Result<Exhibit> {
    let moons = centred_moons(lab)?;
    let bounds = Bounds::new((-2.6, 2.6), (-2.2, 2.2))?;
    let turn = std::f64::consts::FRAC_PI_4;
    let maps = [
        ("as it is", Affine::linear(Mat::identity(2, 2)), 1.0),
        ("rotate by 45°", Affine::linear(rotation(turn)), 1.0),
        (
            "reflect",
            Affine::linear(reflection(std::f64::consts::FRAC_PI_2)),
            -1.0,
        ),
        ("shear", Affine::linear(shear_x(0.9)), 1.0),
        (
            "scale by 1.4 and 0.5",
            Affine::linear(scaling(1.4, 0.5)),
            0.7,
        ),
        (
            "translate: needs the bias",
            Affine {
                weight: Mat::identity(2, 2),
                bias: [0.8, -0.7],
            },
            1.0,
        ),
    ];
    let mut panels = Vec::new();
    let mut exhibit = Exhibit::new(
        "A 2 × 2 matrix can turn the plane, mirror it, slide it along itself, stretch it, and do any of these after the \
         other. Its columns are where the two basis vectors (black) end up; its determinant says what becomes of areas, and \
         is negative where the plane has been turned over. The origin never moves: for that a bias is needed.",
    );
    for (name, map, determinant) in &maps {
        let w = &map.weight;
        let area = w[(0, 0)] * w[(1, 1)] - w[(0, 1)] * w[(1, 0)];
        panels.push(
            scene(map, &moons, bounds)?
                .title(*name)
                .note(format!("$W$ = {}, det {area:.1}", matrix(w)).replace('-', "−")),
        );
        // The measured area: of the unit square's image, by the shoelace formula.
        let square = map.image(mat![[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]].as_ref());
        exhibit = exhibit.check(Check::equal(
            format!("{name}: signed area of the unit square's image"),
            shoelace(square.as_ref()),
            *determinant,
            1e-12,
        ));
    }
    let origin = |map: &Affine| map.image(mat![[0.0, 0.0]].as_ref()).norm_max();
    let figure = Figure::new("What a 2 × 2 matrix can do, and what needs the bias")
        .caption(
            "The moons with their graph paper, and the images of the basis vectors; $W$ row by row. Five linear maps keep the origin; \
             translation is the one that no matrix can do.",
        )
        .size(1080, 720)
        .panels(3, panels);
    Ok(exhibit
        .figure("maps", figure)
        .check(Check::zero(
            "the linear maps leave the origin where it is",
            maps[..5]
                .iter()
                .map(|(_, map, _)| origin(map))
                .fold(0.0, f64::max),
            0.0,
        ))
        .check(Check::equal(
            "translation moves the origin by the bias (largest coordinate)",
            origin(&maps[5].1),
            0.8,
            0.0,
        )))
}

/// A matrix in a line of text, row by row, with two decimals where they are needed.
fn matrix(w: &Mat<f64>) -> String {
    let entry = |i: usize, j: usize| number((100.0 * w[(i, j)]).round() / 100.0);
    format!(
        "[{}, {}; {}, {}]",
        entry(0, 0),
        entry(0, 1),
        entry(1, 0),
        entry(1, 1)
    )
}

fn shoelace(corners: MatRef<'_, f64>) -> f64 {
    let n = corners.nrows();
    (0..n)
        .map(|i| {
            let j = (i + 1) % n;
            corners[(i, 0)] * corners[(j, 1)] - corners[(j, 0)] * corners[(i, 1)]
        })
        .sum::<f64>()
        / 2.0
}

/// Figure 3: linear beside affine, and the way from the one to the other.
pub(super) fn a6(lab: &Lab) -> Result<Exhibit> {
    let moons = centred_moons(lab)?;
    let bounds = Bounds::new((-3.0, 3.6), (-2.5, 2.7))?;
    let affine = Affine {
        weight: mat![[1.15, -0.55], [0.5, 1.05]],
        bias: [1.1, 0.9],
    };
    let linear = Affine::linear(affine.weight.clone());
    let left = scene(&linear, &moons, bounds)?.note(format!(
        "$W_h$ = {}: the origin stays",
        matrix(&linear.weight)
    ));
    let right = scene(&affine, &moons, bounds)?
        .note("the same $W_h$; the origin has moved to $b$ = (1.1, 0.9)");
    let figure = Figure::new("Linear and affine")
        .caption(
            "The same matrix twice. Without a bias the origin stays and lines through it stay lines through it; with one \
             everything moves by $b$ = (1.1, 0.9) besides.",
        )
        .size(1000, 480)
        .panels(
            2,
            [
                left.title("(a) linear: $W_h x$"),
                right.title("(b) affine: $W_h x + b$"),
            ],
        );

    let origin = mat![[0.0, 0.0]];
    let moved = affine.image(origin.as_ref());
    let differences = affine.image(moons.features.as_ref()) - linear.image(moons.features.as_ref());
    let spread = (0..differences.nrows())
        .flat_map(|i| (0..2).map(move |j| (i, j)))
        .map(|(i, j)| (differences[(i, j)] - affine.bias[j]).abs())
        .fold(0.0, f64::max);

    let timeline = Timeline::new(
        25,
        vec![
            Segment::pause(0.6),
            Segment::motion("the matrix acts: $Wx$", 1.6, Easing::Smooth),
            Segment::pause(0.8),
            Segment::motion("the bias acts: $Wx + b$", 1.2, Easing::Smooth),
            Segment::pause(1.4),
        ],
    )?;
    let captions = timeline.clone();
    let animation = move |moment: &crate::anim::Moment| {
        let (matrix, bias) = if moment.segment <= 1 {
            (moment.eased, 0.0)
        } else {
            (1.0, moment.eased)
        };
        let panel =
            scene(&affine.part_way(matrix, bias), &moons, bounds)?.note(captions.caption(moment));
        Ok(Figure::new("Linear, then affine")
            .size(620, 520)
            .panel(panel))
    };
    Ok(Exhibit::new(
        "The post's third figure: with the matrix alone the data is turned and stretched about the origin; the bias then \
         carries all of it, origin included, to another place.",
    )
    .figure("pair", figure)
    .animation(
        "motion",
        "The moons under a matrix, then under its bias",
        timeline,
        animation,
    )
    .check(Check::zero(
        "the linear map leaves the origin where it is",
        linear.image(origin.as_ref()).norm_max(),
        0.0,
    ))
    .check(Check::zero(
        "the affine map carries the origin to b: largest difference",
        (moved[(0, 0)] - 1.1).abs().max((moved[(0, 1)] - 0.9).abs()),
        0.0,
    ))
    .check(Check::zero(
        "affine minus linear is b at every one of the points: largest difference",
        spread,
        1e-15,
    )))
}
