//! A8 and A9: the dot product as angle, and as similarity.

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::linalg::products::{cosine, dot, projection};
use crate::plot::{Anchor, Axis, Colormap, Colour, Dash, Field, Figure, Frame, Panel, Stroke};
use crate::random::RandomState;

/// The angle between two vectors and their dot product, from 0 to 180 degrees.
pub(super) fn a8(_lab: &Lab) -> Result<Exhibit> {
    let w = [2.0, 0.0];
    let length = 1.5;
    let turned = |degrees: f64| {
        let angle = degrees.to_radians();
        [length * libm::cos(angle), length * libm::sin(angle)]
    };
    let mut panels = Vec::new();
    let mut worst = 0.0_f64;
    for degrees in [0.0, 45.0, 90.0, 135.0, 180.0] {
        let x = turned(degrees);
        let product = dot(&w, &x)?;
        worst = worst.max((product - 2.0 * length * libm::cos(f64::to_radians(degrees))).abs());
        let shadow = projection(&x, &w)?;
        panels.push(angle_panel(degrees, w, x, [shadow[0], shadow[1]], product));
    }
    let curve: Vec<[f64; 2]> = (0..=180)
        .map(|degrees| {
            let degrees = f64::from(degrees);
            Ok([degrees, dot(&w, &turned(degrees))?])
        })
        .collect::<Result<_>>()?;
    let stops: Vec<[f64; 2]> = curve.iter().step_by(45).copied().collect();
    panels.push(
        Panel::new()
            .title("$w_1 · x$ against the angle")
            .labels("angle (degrees)", "$w_1 · x$")
            .horizon(0.0)
            .line(curve.clone(), Stroke::new(Colour::accent(0), 2.4))
            .points(stops, Colour::accent(0), 4.5)
            .range([0.0, 180.0], [-3.4, 3.4]),
    );
    if let Some(panel) = panels.last_mut() {
        panel.x.names = Some(
            [0, 45, 90, 135, 180]
                .map(|d| (f64::from(d), d.to_string()))
                .to_vec(),
        );
    }
    let figure = Figure::new("The dot product measures agreement: $w · x = ‖w‖ ‖x‖ cos θ$")
        .caption(
            "A row of the matrix ($w_1$, length 2) and an input ($x$, length 1.5) at growing angles. The dashed line drops \
             from $x$ to its projection on $w_1$: the dot product is that projection's signed length times $‖w_1‖$.",
        )
        .size(1080, 640)
        .panels(3, panels);

    // On random vectors in ten dimensions: the formula, and the Cauchy-Schwarz inequality.
    let mut random = RandomState::new(42);
    let (mut formula, mut bound) = (0.0_f64, 0.0_f64);
    for _ in 0..1000 {
        let a = random.randn(10);
        let b = random.randn(10);
        let lengths = dot(&a, &a)?.sqrt() * dot(&b, &b)?.sqrt();
        let (product, cosine) = (dot(&a, &b)?, cosine(&a, &b)?);
        formula = formula.max((product - lengths * cosine).abs() / lengths);
        bound = bound.max(product.abs() / lengths);
    }
    let most = curve
        .iter()
        .fold(f64::NEG_INFINITY, |most, p| most.max(p[1]));
    let least = curve.iter().fold(f64::INFINITY, |least, p| least.min(p[1]));
    Ok(Exhibit::new(
        "Each unit of a layer forms one dot product. It is largest when the input points the way the unit's weights do, \
         zero when the two are at right angles, and most negative when they are opposed: a score of similarity.",
    )
    .figure("angles", figure)
    .check(Check::zero(
        "$w · x = ‖w‖ ‖x‖ cos θ$ at 0, 45, 90, 135 and 180 degrees: largest difference",
        worst,
        1e-14,
    ))
    .check(Check::equal("largest product over all angles: at 0 degrees", most, 3.0, 1e-14))
    .check(Check::equal("smallest product over all angles: at 180 degrees", least, -3.0, 1e-14))
    .check(Check::zero("product at 90 degrees", curve[90][1], 1e-14))
    .check(Check::zero(
        "the formula on 1000 random pairs in ten dimensions: largest relative difference",
        formula,
        1e-14,
    ))
    .check(Check::at_most(
        "no product exceeds the lengths' product (Cauchy-Schwarz): largest share",
        bound,
        1.0,
    )))
}

fn angle_panel(degrees: f64, w: [f64; 2], x: [f64; 2], shadow: [f64; 2], product: f64) -> Panel {
    let arc: Vec<[f64; 2]> = (0..=40)
        .map(|i| {
            let angle = degrees.to_radians() * f64::from(i) / 40.0;
            [0.45 * libm::cos(angle), 0.45 * libm::sin(angle)]
        })
        .collect();
    let product = if product.abs() < 1e-9 { 0.0 } else { product };
    // Where both arrows share a line, the shorter one is drawn a little aside.
    let aside = if degrees == 0.0 { 0.1 } else { 0.0 };
    let origin = [0.0, 0.0];
    let name_at = [
        x[0] * 1.0,
        x[1] + if degrees == 45.0 || degrees == 90.0 || degrees == 135.0 {
            0.14
        } else {
            0.2
        },
    ];
    Panel::diagram()
        .frame(Frame::Cross)
        .title(format!("θ = {degrees:.0}°"))
        .range([-2.1, 2.5], [-0.75, 1.95])
        .line(
            [x, shadow],
            Stroke::new(Colour::MUTED, 1.4).dash(Dash::Dashed),
        )
        .line(arc, Stroke::new(Colour::MUTED, 1.2))
        .arrow(origin, w, Colour::accent(2))
        .arrow([0.0, aside], [x[0], x[1] + aside], Colour::accent(1))
        .points([shadow], Colour::MUTED, 3.5)
        .label(
            [w[0] + 0.1, w[1] - 0.16],
            Anchor::Top,
            "$w_1$",
            Colour::accent(2),
        )
        .label(name_at, Anchor::Bottom, "$x$", Colour::accent(1))
        .note(format!("$w_1 · x$ = {product:.2}").replace('-', "−"))
}

/// The side of the picture, in pixels.
const PICTURE: usize = 32;
/// Rows and columns of the template.
const TEMPLATE: [usize; 2] = [9, 7];
/// The picture's pixel (row from the top, column) at which the nose begins.
const NOSE: [usize; 2] = [12, 13];

/// A template slid over a picture: at each place one dot product.
pub(super) fn a9(_lab: &Lab) -> Result<Exhibit> {
    let picture = face();
    let patch = |row: usize, column: usize| -> Vec<f64> {
        (0..TEMPLATE[0])
            .flat_map(|i| (0..TEMPLATE[1]).map(move |j| (row + i, column + j)))
            .map(|(i, j)| picture[(i, j)])
            .collect()
    };
    // The template is the nose itself less its mean, so that a bright but even patch scores nothing.
    let nose = patch(NOSE[0], NOSE[1]);
    let mean = nose.iter().sum::<f64>() / nose.len() as f64;
    let template: Vec<f64> = nose.iter().map(|pixel| pixel - mean).collect();

    let [rows, columns] = [PICTURE - TEMPLATE[0] + 1, PICTURE - TEMPLATE[1] + 1];
    let mut scores = Mat::zeros(rows, columns);
    for i in 0..rows {
        for j in 0..columns {
            scores[(i, j)] = dot(&template, &patch(i, j))?;
        }
    }
    let peak = (0..rows)
        .flat_map(|i| (0..columns).map(move |j| (i, j)))
        .max_by(|&a, &b| scores[a].total_cmp(&scores[b]))
        .unwrap_or_default();
    let second = (0..rows)
        .flat_map(|i| (0..columns).map(move |j| (i, j)))
        .filter(|&(i, j)| i.abs_diff(peak.0) > 2 || j.abs_diff(peak.1) > 2)
        .map(|place| scores[place])
        .fold(f64::NEG_INFINITY, f64::max);

    // The same as one matrix product: every patch a row (the "long-flat" vectors).
    let patches = Mat::from_fn(rows * columns, template.len(), |p, k| {
        let (i, j) = (p / columns, p % columns);
        picture[(i + k / TEMPLATE[1], j + k % TEMPLATE[1])]
    });
    let flat = Mat::from_fn(template.len(), 1, |k, _| template[k]);
    let product = &patches * &flat;
    let difference = (0..rows * columns)
        .map(|p| (product[(p, 0)] - scores[(p / columns, p % columns)]).abs())
        .fold(0.0, f64::max);

    let outline = |panel: Panel, side: usize, (row, column): (usize, usize)| {
        let (left, top) = (column as f64, (side - row) as f64);
        let (right, bottom) = (left + TEMPLATE[1] as f64, top - TEMPLATE[0] as f64);
        let ring = [
            [left, top],
            [right, top],
            [right, bottom],
            [left, bottom],
            [left, top],
        ];
        panel.line(ring, Stroke::new(Colour::accent(1), 2.4))
    };
    let template_rows = Mat::from_fn(TEMPLATE[0], TEMPLATE[1], |i, j| {
        template[i * TEMPLATE[1] + j]
    });
    let most = template_rows.norm_max();
    let score_range = scores.norm_max();
    let (bx, by) = (peak.1 as f64 + 0.5, rows as f64 - peak.0 as f64 - 0.5);
    let ink = Colour::TEXT;
    let panels = [
        outline(pixels(&picture, Colormap::Grey, [0.0, 1.0]), PICTURE, peak)
            .title("picture")
            .colour_bar(Colormap::Grey, [0.0, 1.0], "darkness"),
        pixels(&template_rows, Colormap::Diverging, [-most, most])
            .title("template: the nose")
            .colour_bar(Colormap::Diverging, [-most, most], "darkness less the mean"),
        pixels(&scores, Colormap::Diverging, [-score_range, score_range])
            .title("score at every place")
            .colour_bar(
                Colormap::Diverging,
                [-score_range, score_range],
                "template · patch",
            )
            .points([[bx, by]], ink, 4.0)
            .label([bx, by + 1.2], Anchor::Bottom, "peak", ink),
    ];
    let figure = Figure::new("Template matching: one dot product per place")
        .caption(format!(
            "A template of 9 × 7 pixels slides over a picture of 32 × 32. Its dot product with the patch below is highest \
             ({:.1}) on the nose; the best of all other places reaches {second:.1}. The frame marks where it was found.",
            scores[peak]
        ))
        .size(1120, 420)
        .panels(3, panels);
    Ok(Exhibit::new(
        "A row of weights is a template: the dot product says how much an input looks like it. A convolution's kernel is \
         such a template, laid flat and compared with every patch of the picture, laid flat as well. Here the kernel has \
         the shape of a nose (less its mean), and the score peaks where the nose is.",
    )
    .figure("nose", figure)
    .check(Check::equal("row of the highest score: the nose's", peak.0 as f64, NOSE[0] as f64, 0.0))
    .check(Check::equal("column of the highest score: the nose's", peak.1 as f64, NOSE[1] as f64, 0.0))
    .check(Check::at_least(
        "the peak stands out: highest score over the best elsewhere",
        scores[peak] / second,
        1.5,
    ))
    .check(Check::zero(
        "sliding equals one product of the patch matrix and the flat template: largest difference",
        difference,
        1e-12,
    )))
}

/// A matrix of brightnesses as pixels, row 0 at the top.
fn pixels(matrix: &Mat<f64>, colormap: Colormap, range: [f64; 2]) -> Panel {
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    let field = Field {
        columns,
        rows,
        values: (0..rows)
            .rev()
            .flat_map(|i| (0..columns).map(move |j| (i, j)))
            .map(|place| matrix[place])
            .collect(),
        range,
        colormap,
        smooth: false,
    };
    let high = [columns as f64, rows as f64];
    let mut panel = Panel::plane("", "")
        .field(field, [0.0, 0.0], high)
        .range([0.0, high[0]], [0.0, high[1]]);
    let bare = |axis: Axis| Axis {
        names: Some(Vec::new()),
        ..axis
    };
    panel.x = bare(panel.x);
    panel.y = bare(panel.y);
    panel
}

/// A face drawn from ovals, as darkness in [0, 1].
fn face() -> Mat<f64> {
    let inside = |i: usize, j: usize, row: f64, column: f64, height: f64, width: f64| {
        let (dy, dx) = ((i as f64 - row) / height, (j as f64 - column) / width);
        dx * dx + dy * dy <= 1.0
    };
    let middle = 15.5;
    Mat::from_fn(PICTURE, PICTURE, |i, j| {
        let (y, x) = (i as f64, (j as f64 - middle).abs());
        // A bridge that widens into two wings, darker at its sides, over two nostrils.
        let width = 0.5 + 0.3 * (y - 12.0);
        let nose = (12..20).contains(&i) && x <= width;
        let side = nose && i > 15 && x > width - 1.0;
        let nostrils = i == 19 && (1.0..=2.0).contains(&x);
        if !inside(i, j, 15.5, middle, 14.5, 12.0) {
            0.0
        } else if inside(i, j, 10.5, middle - 5.5, 1.6, 2.4)
            || inside(i, j, 10.5, middle + 5.5, 1.6, 2.4)
        {
            0.95
        } else if nostrils {
            1.0
        } else if side {
            0.8
        } else if nose {
            0.55
        } else if (23.0..=24.5).contains(&y) && x <= 5.0 {
            0.85
        } else {
            0.22
        }
    })
}
