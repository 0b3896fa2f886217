//! B16: attention as a softmax of dot products, with and without a causal mask.

use faer::Mat;

use super::plane::number;
use super::sample::{greatest, normal, rows};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::{Mask, attention, by_burn};
use crate::plot::{
    Axis, Colormap, Colour, Field, Figure, Frame, Mark, Panel, Point, Scale, Stroke,
};
use crate::random::RandomState;

const TOKENS: usize = 16;
const WIDTH: usize = 8;

/// Position codes of Vaswani and others (2017), stretched: sine and cosine of the position at four frequencies, so that
/// near positions have similar codes.
fn positions() -> Mat<f64> {
    Mat::from_fn(TOKENS, WIDTH, |position, j| {
        let frequency = libm::pow(8.0, -((j / 2) as f64) / 3.0);
        let angle = position as f64 * frequency;
        2.0 * if j % 2 == 0 {
            libm::sin(angle)
        } else {
            libm::cos(angle)
        }
    })
}

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let mut random = RandomState::new(16);
    let codes = positions();
    let values = normal(&mut random, TOKENS, WIDTH);
    let run = |mask| attention(codes.as_ref(), codes.as_ref(), values.as_ref(), mask);
    let (free, causal) = (run(Mask::None)?, run(Mask::Causal)?);

    let (mut sums, mut function, mut layer) = (Vec::new(), Vec::new(), Vec::new());
    for trial in 0..20 {
        let mask = if trial % 2 == 0 {
            Mask::None
        } else {
            Mask::Causal
        };
        let (queries, keys) = (2 + trial % 5, 6 + trial % 3);
        let q = normal(&mut random, queries, WIDTH);
        let (k, v) = (
            normal(&mut random, keys, WIDTH),
            normal(&mut random, keys, WIDTH),
        );
        let own = attention(q.as_ref(), k.as_ref(), v.as_ref(), mask)?;
        sums.extend((0..queries).map(|i| (own.weights.row(i).iter().sum::<f64>() - 1.0).abs()));
        let burns = by_burn::attention(q.as_ref(), k.as_ref(), v.as_ref(), mask, lab.device())?;
        function.push((burns - &own.output).norm_max());
        let burns =
            by_burn::multi_head_attention(q.as_ref(), k.as_ref(), v.as_ref(), mask, lab.device())?;
        layer.push((burns.output - &own.output).norm_max());
        layer.push((burns.weights - &own.weights).norm_max());
    }
    for found in [&free, &causal] {
        sums.extend((0..TOKENS).map(|i| (found.weights.row(i).iter().sum::<f64>() - 1.0).abs()));
    }
    let ahead = (0..TOKENS).flat_map(|i| (i + 1..TOKENS).map(move |j| (i, j)));
    let ahead = greatest(ahead.map(|place| causal.weights[place]));
    let (scaled, unscaled) = sharpness(&mut random)?;
    let last = scaled.len() - 1;
    let figure = heat_maps(&free.weights, &causal.weights);
    Ok(Exhibit::new(
        "Each token asks a question (a row of $Q$) and offers an answer (a row of $K$); how well the two match is a dot \
         product, and all of them at once are $Q K^T$. Divided by $√d$ and passed through a softmax, every row becomes \
         weights that are positive and sum to 1, so the product with $V$ is, for every token, a weighted mean of the rows \
         of $V$. A causal mask sets the scores of later tokens to $-∞$, and the softmax turns that into a weight of \
         exactly 0. The dot product of $d$ independent numbers spreads like $√d$: without the division the softmax of wide \
         vectors has nearly all its weight in one place, and hardly any gradient.",
    )
    .figure("weights", figure)
    .figure("scale", scale_picture(&scaled, &unscaled))
    .check(Check::zero("the weights of a row sum to 1, at most off by", greatest(sums), 1e-12))
    .check(Check::zero("causal: the largest weight of a later token", ahead, 0.0))
    .check(Check::zero("causal: another last token changes earlier outputs by", leak(&mut random)?, 0.0))
    .check(Check::zero("Burn's attention function gives the same outputs", greatest(function), 1e-5))
    .check(Check::zero("Burn's MultiHeadAttention layer gives the same weights and outputs", greatest(layer), 1e-5))
    .check(Check::at_least("without √d, d = 1024: mean largest of 16 weights", unscaled[last][1], 0.9))
    .check(Check::at_most("with √d, d = 1024: mean largest of 16 weights", scaled[last][1], 0.4)))
}

/// How far the outputs before the last one change when the last token changes, under a causal mask.
fn leak(random: &mut RandomState) -> Result<f64> {
    let [q, k, v] = std::array::from_fn(|_| normal(random, TOKENS, WIDTH));
    let (mut other_k, mut other_v) = (k.clone(), v.clone());
    for j in 0..WIDTH {
        other_k[(TOKENS - 1, j)] += 1.0;
        other_v[(TOKENS - 1, j)] -= 1.0;
    }
    let before = attention(q.as_ref(), k.as_ref(), v.as_ref(), Mask::Causal)?.output;
    let after = attention(q.as_ref(), other_k.as_ref(), other_v.as_ref(), Mask::Causal)?.output;
    let earlier = 0..TOKENS - 1;
    Ok(greatest(earlier.flat_map(|i| {
        let (before, after) = (&before, &after);
        (0..WIDTH).map(move |j| (before[(i, j)] - after[(i, j)]).abs())
    })))
}

/// The mean largest weight among 16 random keys against d, with the division by √d and without.
fn sharpness(random: &mut RandomState) -> Result<(Vec<Point>, Vec<Point>)> {
    let (mut scaled, mut unscaled) = (Vec::new(), Vec::new());
    for d in (0..=10).map(|power| 1_usize << power) {
        let (q, k) = (normal(random, 64, d), normal(random, 16, d));
        let v = Mat::<f64>::zeros(16, 1);
        let mean_largest = |q: &Mat<f64>| -> Result<f64> {
            let weights = attention(q.as_ref(), k.as_ref(), v.as_ref(), Mask::None)?.weights;
            let largest = (0..64).map(|i| greatest(weights.row(i).iter().copied()));
            Ok(largest.sum::<f64>() / 64.0)
        };
        scaled.push([d as f64, mean_largest(&q)?]);
        // Queries √d times as long cancel the division.
        let longer = faer::Scale((d as f64).sqrt()) * &q;
        unscaled.push([d as f64, mean_largest(&longer)?]);
    }
    Ok((scaled, unscaled))
}

fn heat_maps(free: &Mat<f64>, causal: &Mat<f64>) -> Figure {
    let most = 1.0;
    let size = TOKENS as f64;
    let names = |flip: bool| {
        (0..TOKENS)
            .step_by(3)
            .map(|token| {
                let at = token as f64 + 0.5;
                (if flip { size - at } else { at }, (token + 1).to_string())
            })
            .collect()
    };
    let panel = |title: &str, weights: &Mat<f64>| {
        let mut panel = Panel::plane("looks at token", "token")
            .title(title)
            .frame(Frame::Box)
            .field(
                Field {
                    columns: TOKENS,
                    rows: TOKENS,
                    values: rows(weights.as_ref()).into_iter().rev().flatten().collect(),
                    range: [0.0, most],
                    colormap: Colormap::Sequential,
                    smooth: false,
                },
                [0.0, 0.0],
                [size, size],
            )
            .range([0.0, size], [0.0, size])
            .colour_bar(Colormap::Sequential, [0.0, most], "weight");
        if title != "Everyone" {
            panel = panel.marks((0..TOKENS).flat_map(|token| {
                (token + 1..TOKENS).flat_map(move |ahead| masked(ahead, TOKENS - 1 - token))
            }));
        }
        panel.x = Axis {
            names: Some(names(false)),
            ..panel.x
        };
        panel.y = Axis {
            names: Some(names(true)),
            ..panel.y
        };
        panel
    };
    Figure::new("Who looks at whom: softmax($Q K^T/√d$)")
        .caption(format!(
            "16 tokens whose queries and keys are the codes of their positions, $d$ = 8: each looks at itself and its \
             neighbours, token 8 with weight {} at itself. Every row sums to 1. Under the causal mask what lies ahead (hatched) has \
             weight 0, and the rest of the row takes it over: the first token has only itself, weight {}.",
            number(free[(7, 7)], 2),
            number(causal[(0, 0)], 0),
        ))
        .size(1000, 520)
        .panels(2, [panel("Everyone", free), panel("Causal: nobody looks ahead", causal)])
}

/// A cell that has no weight because it may not have one: blank paper with three strokes across.
fn masked(column: usize, row: usize) -> [Mark; 4] {
    let (x, y) = (column as f64, row as f64);
    let stroke = |from: Point, to: Point| Mark::Line {
        points: vec![from, to],
        stroke: Stroke::new(Colour::AXIS.fade(0.7), 0.9),
    };
    [
        Mark::Polygon {
            points: vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]],
            fill: Colour::BACKGROUND,
        },
        stroke([x, y + 0.5], [x + 0.5, y + 1.0]),
        stroke([x, y], [x + 1.0, y + 1.0]),
        stroke([x + 0.5, y], [x + 1.0, y + 0.5]),
    ]
}

fn scale_picture(scaled: &[Point], unscaled: &[Point]) -> Figure {
    let mut panel = Panel::new()
        .labels(
            "width $d$ of queries and keys",
            "largest of 16 weights, mean",
        )
        .range([1.0, 1024.0], [0.0, 1.0])
        .curve(
            "softmax($Q K^T$)",
            unscaled,
            Stroke::new(Colour::accent(3), 2.2),
        )
        .curve(
            "softmax($Q K^T/√d$)",
            scaled,
            Stroke::new(Colour::accent(0), 2.2),
        );
    panel.x.scale = Scale::Log;
    Figure::new("Why divide by $√d$")
        .caption(
            "64 random queries and 16 random keys with standard normal entries. Dot products grow with the width, and without \
             the division the softmax soon picks a single key; with it, the weights stay spread at every width.",
        )
        .size(680, 480)
        .panel(panel)
}
