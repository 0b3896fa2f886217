//! D8: the refresher on vectors and matrices.

use faer::{Mat, MatRef, mat};

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::transform2d::{reflection, rotation, scaling, shear_x};
use crate::plot::{Anchor, Colour, Dash, Figure, Frame, Mark, Panel, Point, Stroke};

/// The letter F: without symmetry, so that a reflection shows.
const MOTIF: [Point; 10] = [
    [0.3, 0.2],
    [0.3, 1.5],
    [1.15, 1.5],
    [1.15, 1.22],
    [0.6, 1.22],
    [0.6, 0.98],
    [0.98, 0.98],
    [0.98, 0.7],
    [0.6, 0.7],
    [0.6, 0.2],
];

/// What is drawn.
const REACH: f64 = 2.2;

/// A vector as a point, and four things a matrix can do.
pub(super) fn d8(_lab: &Lab) -> Result<Exhibit> {
    let maps = [
        ("rotation by 50°", rotation(50.0_f64.to_radians())),
        (
            "reflection in the line at 60°",
            reflection(60.0_f64.to_radians()),
        ),
        ("scaling by 1.5 and 0.6", scaling(1.5, 0.6)),
        ("shear", shear_x(0.7)),
    ];
    let mut panels = vec![
        a_vector(),
        scene("the identity changes nothing", &Mat::identity(2, 2)),
    ];
    panels.extend(maps.iter().map(|(name, w)| scene(name, w)));
    let mirror = [0.5, 3.0_f64.sqrt() / 2.0].map(|along| 10.0 * along);
    panels[3] = panels[3].clone().line(
        vec![mirror.map(|along| -along), mirror],
        Stroke::new(Colour::accent(1), 1.8).dash(Dash::Dashed),
    );
    let figure = Figure::new("A vector is a point; a matrix moves all points at once")
        .caption(
            "Grey: the plane before. Coloured: after the matrix. The arrows are where (1, 0) and (0, 1) end up: the matrix's \
             two columns, written below. Dashed: the mirror.",
        )
        .size(1080, 820)
        .panels(3, panels);

    let motif = Mat::from_fn(MOTIF.len(), 2, |i, j| MOTIF[i][j]);
    let [turn, mirror, scale, shear] = maps.map(|(_, w)| w);
    let area = area_of(motif.as_ref());
    let moved = |w: &Mat<f64>| area_of((&motif * w.transpose()).as_ref()) / area;
    let identity: Mat<f64> = Mat::identity(2, 2);
    Ok(Exhibit::new(
        "Two sentences of linear algebra carry the whole post. A vector is a point. A matrix moves every point of the plane, \
         and its entries say how: it may rotate, reflect, scale or shear. The origin stays, straight lines stay straight, \
         and parallel lines stay parallel.",
    )
    .figure("maps", figure)
    .check(Check::zero(
        "rotation keeps lengths and angles: largest entry of WᵀW − I",
        (turn.transpose() * &turn - &identity).norm_max(),
        1e-15,
    ))
    .check(Check::equal("rotation: signed area of the letter, after over before", moved(&turn), 1.0, 1e-14))
    .check(Check::equal("reflection turns the letter over: signed area", moved(&mirror), -1.0, 1e-14))
    .check(Check::zero(
        "reflecting twice changes nothing: largest entry of WW − I",
        (&mirror * &mirror - &identity).norm_max(),
        1e-15,
    ))
    .check(Check::equal("scaling: area times 1.5 · 0.6", moved(&scale), 0.9, 1e-14))
    .check(Check::equal("shear keeps the area", moved(&shear), 1.0, 1e-14))
    .check(Check::zero(
        "shear keeps heights: largest change of the second coordinate",
        (0..motif.nrows())
            .map(|i| ((&motif * shear.transpose())[(i, 1)] - motif[(i, 1)]).abs())
            .fold(0.0, f64::max),
        0.0,
    )))
}

/// The signed area inside a polygon (n x 2), by the shoelace formula: positive if its corners go anticlockwise.
fn area_of(corners: MatRef<'_, f64>) -> f64 {
    let n = corners.nrows();
    let cross = |(i, j): (usize, usize)| {
        corners[(i, 0)] * corners[(j, 1)] - corners[(j, 0)] * corners[(i, 1)]
    };
    (0..n).map(|i| cross((i, (i + 1) % n))).sum::<f64>() / 2.0
}

fn board(title: &str) -> Panel {
    let range = [-REACH, REACH];
    Panel::plane("", "")
        .frame(Frame::Cross)
        .range(range, range)
        .title(title)
}

/// Lines half a unit apart, after W.
fn paper(w: &Mat<f64>, colour: Colour) -> Vec<Mark> {
    let far = 6.0;
    (-12..=12)
        .map(|k| 0.5 * f64::from(k))
        .flat_map(|k| [[[k, -far], [k, far]], [[-far, k], [far, k]]])
        .map(|ends| Mark::Line {
            points: ends.iter().map(|&end| image(w, end)).collect(),
            stroke: Stroke::new(colour, 1.0),
        })
        .collect()
}

fn image(w: &Mat<f64>, [x, y]: Point) -> Point {
    std::array::from_fn(|i| w[(i, 0)] * x + w[(i, 1)] * y)
}

fn a_vector() -> Panel {
    let tip = [1.5, 1.0];
    let helper = Stroke::new(Colour::MUTED, 1.2).dash(Dash::Dashed);
    board("a vector is a point")
        .marks(paper(&mat![[1.0, 0.0], [0.0, 1.0]], Colour::GRID))
        .line(vec![[tip[0], 0.0], tip], helper)
        .line(vec![[0.0, tip[1]], tip], helper)
        .arrow([0.0, 0.0], tip, Colour::accent(0))
        .points([tip], Colour::accent(0), 4.5)
        .label([tip[0] / 2.0, -0.1], Anchor::Top, "1.5", Colour::TEXT)
        .label([-0.22, tip[1] / 2.0], Anchor::Centre, "1", Colour::TEXT)
        .label(
            [tip[0], tip[1] + 0.12],
            Anchor::Bottom,
            "$x$ = (1.5, 1)",
            Colour::TEXT,
        )
        .note("two coordinates, one place")
}

fn scene(title: &str, w: &Mat<f64>) -> Panel {
    let letter = |w: &Mat<f64>| MOTIF.map(|corner| image(w, corner)).to_vec();
    let outline = |w: &Mat<f64>| {
        let mut corners = letter(w);
        corners.push(corners[0]);
        corners
    };
    let identity: Mat<f64> = Mat::identity(2, 2);
    let column = |j: usize| format!("({:.2}, {:.2})", w[(0, j)], w[(1, j)]).replace('-', "−");
    board(title)
        .marks(paper(&identity, Colour::GRID))
        .marks(paper(w, Colour::accent(2).fade(0.35)))
        .polygon(letter(&identity), Colour::MUTED.fade(0.25))
        .polygon(letter(w), Colour::accent(0).fade(0.45))
        .line(outline(w), Stroke::new(Colour::accent(0), 1.6))
        .arrow([0.0, 0.0], image(w, [1.0, 0.0]), Colour::TEXT)
        .arrow([0.0, 0.0], image(w, [0.0, 1.0]), Colour::TEXT)
        .note(format!("columns {} and {}", column(0), column(1)))
}
