//! A1, A2 and A7: the network as a picture, as equations, as a matrix.

use faer::{Mat, mat};

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise, mlp};
use crate::plot::diagram::{Column, node};
use crate::plot::{Anchor, Colour, Figure, Mark, Panel, Rgb, Stroke};
use crate::random::{Generator, RandomState};

/// The colours of figure 4 in the post.
const PINK: Colour = Colour::fixed(Rgb::hex(0xf3a6c4));
const GREEN: Colour = Colour::fixed(Rgb::hex(0x93cf8f));
const BLUE: Colour = Colour::fixed(Rgb::hex(0x8fb8ee));

/// Circles and edges: 2 inputs, 3 hidden, 1 output.
pub(super) fn a1(_lab: &Lab) -> Result<Exhibit> {
    let columns = [
        column(2, PINK, "input $x$", &["$x_1$", "$x_2$"]),
        column(
            3,
            GREEN,
            "hidden $a = f(W_h x + b)$",
            &["$a_1$", "$a_2$", "$a_3$"],
        ),
        column(1, BLUE, "output $ŷ = σ(W_o a + b)$", &["$ŷ$"]),
    ];
    let edge = |_, _, _| Stroke::new(Colour::MUTED.fade(0.8), 1.4);
    let mut panel = Panel::diagram().network(&columns, edge);
    for (column, name) in ["$W_h$", "$W_o$"].into_iter().enumerate() {
        let [x, _] = node(column, 0, 1);
        let [next, _] = node(column + 1, 0, 1);
        panel = panel.mark(words([(x + next) / 2.0, 1.32], name, 17.0));
    }
    for (column, name) in [(1, "$f$"), (2, "$σ$")] {
        let nodes = columns[column].nodes;
        let [x, y] = node(column, 0, nodes);
        panel = panel.mark(words([x, y + 0.48], name, 15.0));
    }
    let panel = panel.range([-1.1, 6.3], [-2.05, 1.7]);
    let figure = Figure::new("A fully connected network")
        .caption(
            "Every node of a layer is joined to every node of the next. The edges into the hidden layer are the matrix \
             $W_h$ (3 × 2), those into the output $W_o$ (1 × 3); $f$ and $σ$ are the activations.",
        )
        .size(720, 440)
        .panel(panel);
    Ok(Exhibit::new(
        "Two numbers go in, one comes out. Between them lies a layer of three units, each of which sees all inputs.",
    )
    .figure("network", figure))
}

/// Evaluates the network of figure 1 in steps, in one expression, and in Burn.
pub(super) fn a2(lab: &Lab) -> Result<Exhibit> {
    let config = ModelConfig::new(vec![
        LayerConfig::new(3, Activation::Tanh).named("hidden"),
        LayerConfig::new(1, Activation::Sigmoid).named("output"),
    ]);
    let network = initialise(&config, 2, &mut Generator::new(42))?;
    let [hidden, output] = [&network.layers[0], &network.layers[1]];
    let mut random = RandomState::new(42);
    let x = Mat::from_fn(1000, 2, |_, _| random.standard_normal());

    // Equation 1(a), then 1(b), a row (sample) at a time and written out.
    let mut stepwise = Mat::zeros(x.nrows(), 1);
    for i in 0..x.nrows() {
        let a: Vec<f64> = (0..3)
            .map(|k| {
                let z = hidden.weight[(k, 0)] * x[(i, 0)] + hidden.weight[(k, 1)] * x[(i, 1)];
                libm::tanh(z + hidden.bias[k])
            })
            .collect();
        let z: f64 = (0..3).map(|k| output.weight[(0, k)] * a[k]).sum();
        stepwise[(i, 0)] = 1.0 / (1.0 + libm::exp(-(z + output.bias[0])));
    }
    // Equation 2.
    let composed = network.forward(x.as_ref());
    let model = Mlp::from_frozen(&network, lab.device());
    let burn = mlp::download(model.forward(mlp::upload(x.as_ref(), lab.device())));

    let show = |i: usize| {
        vec![
            format!("({:.3}, {:.3})", x[(i, 0)], x[(i, 1)]),
            format!("{:.12}", stepwise[(i, 0)]),
            format!("{:.12}", composed[(i, 0)]),
            format!("{:.7}", burn[(i, 0)]),
        ]
    };
    Ok(Exhibit::new(
        "The two equations one after the other, entry by entry, and the single expression that nests them give the same \
         number for every input: a network is a composition of functions. Burn computes it in single precision.",
    )
    .table(
        "The network of figure 1 (tanh, sigmoid; PyTorch's initial weights for seed 42)",
        &["$x$", "1(a), then 1(b)", "equation 2", "Burn"],
        (0..4).map(show),
    )
    .check(Check::zero(
        "step by step against composed, largest difference over 1000 inputs",
        (&stepwise - &composed).norm_max(),
        1e-14,
    ))
    .check(Check::zero(
        "composed (f64) against Burn (f32), largest difference over 1000 inputs",
        (&burn - &composed).norm_max(),
        1e-6,
    )))
}

/// The first two layers in colour, each edge beside its entry in the matrix; the rest muted.
pub(super) fn a7(_lab: &Lab) -> Result<Exhibit> {
    let weights = mat![[0.8, -0.3], [-0.5, 1.1], [1.2, 0.6]];
    let x = mat![[2.0], [1.0]];
    let z = &weights * &x;
    let entry = |unit: usize, input: usize| Colour::accent(2 * unit + input);
    let mut output = column(1, BLUE, "", &[]);
    output.muted = true;
    let columns = [
        column(2, PINK, "input $x$", &["$x_1$", "$x_2$"]),
        column(3, GREEN, "hidden $W_h x$", &["$z_1$", "$z_2$", "$z_3$"]),
        output,
    ];
    let mut panel = Panel::diagram().network(&columns, |c, from, to| match c {
        0 => Stroke::new(entry(to, from), 3.0),
        _ => Stroke::new(Colour::MUTED, 1.3),
    });

    // The same product as a table: W_h (3 x 2) times x (2 x 1) is z (3 x 1).
    let (left, top, cell) = (6.6, 1.35, 0.9);
    let wide = 1.4;
    let place = |column: f64, row: usize, rows: usize| {
        let first = top - (3.0 - rows as f64) * cell / 2.0;
        [left + column * cell, first - row as f64 * cell]
    };
    for unit in 0..3 {
        for input in 0..2 {
            let corner = place(wide * input as f64, unit, 3);
            let text = format!(
                "$w_{{{}{}}}$ = {:.1}",
                unit + 1,
                input + 1,
                weights[(unit, input)]
            )
            .replace('-', "−");
            panel = panel.marks(cell_marks(
                corner,
                wide * cell,
                entry(unit, input).fade(0.85),
                &text,
                true,
            ));
        }
        let text = format!("$z_{}$ = {:.1}", unit + 1, z[(unit, 0)]);
        panel = panel.marks(cell_marks(
            place(5.9, unit, 3),
            1.45 * cell,
            GREEN,
            &text,
            false,
        ));
    }
    for input in 0..2 {
        let text = format!("$x_{}$ = {:.0}", input + 1, x[(input, 0)]);
        panel = panel.marks(cell_marks(
            place(3.45, input, 2),
            1.3 * cell,
            PINK,
            &text,
            false,
        ));
    }
    let middle = top - 1.5 * cell;
    panel = panel
        .mark(words([left + 3.1 * cell, middle], "·", 22.0))
        .mark(words([left + 5.35 * cell, middle], "=", 19.0))
        .mark(words([left + 1.4 * cell, top + 0.4], "$W_h$ (3 × 2)", 13.5))
        .mark(words([left + 4.1 * cell, top + 0.4], "$x$ (2 × 1)", 13.5))
        .mark(words(
            [left + 6.65 * cell, top + 0.4],
            "$W_h x$ (3 × 1)",
            13.5,
        ))
        .range([-0.9, 13.4], [-2.2, 2.2]);
    let figure = Figure::new("Every edge is an entry of the matrix")
        .caption(
            "An edge has the colour of its entry: $w_{ij}$ joins input $j$ to hidden unit $i$. Row $i$ of the matrix holds \
             the edges into unit $i$, and $z_i$ is that row's dot product with $x$. The output is muted; bias and activation come later and are left out.",
        )
        .size(1000, 420)
        .panel(panel);

    let row_products = Mat::from_fn(3, 1, |i, _| {
        weights[(i, 0)] * x[(0, 0)] + weights[(i, 1)] * x[(1, 0)]
    });
    Ok(Exhibit::new(
        "The picture of circles and the table of numbers are one thing: the weight matrix has a row for each unit and a \
         column for each input. Multiplying by it takes one dot product per unit.",
    )
    .figure("edges", figure)
    .check(Check::zero(
        "the matrix product equals the rows' dot products with x",
        (&z - &row_products).norm_max(),
        1e-15,
    )))
}

fn column(nodes: usize, fill: Colour, label: &str, names: &[&str]) -> Column {
    Column {
        nodes,
        fill,
        label: label.to_owned(),
        names: names.iter().map(|&name| name.to_owned()).collect(),
        muted: false,
    }
}

fn words(at: [f64; 2], text: &str, size: f64) -> Mark {
    Mark::Text {
        at,
        offset: [0.0, 0.0],
        text: text.to_owned(),
        anchor: Anchor::Centre,
        size,
        colour: Colour::TEXT,
        halo: false,
        bold: false,
    }
}

/// A coloured cell with a text; `corner` is its upper left one, `width` its width, its height the matrix's.
fn cell_marks([x, y]: [f64; 2], width: f64, fill: Colour, text: &str, light: bool) -> [Mark; 2] {
    const HEIGHT: f64 = 0.84;
    let right = x + width - 0.06;
    let ink = if light {
        Colour::fixed(Rgb(255, 255, 255))
    } else {
        Colour::fixed(Rgb::hex(0x1c2026))
    };
    let mut label = words([(x + right) / 2.0, y - HEIGHT / 2.0], text, 14.0);
    if let Mark::Text { colour, .. } = &mut label {
        *colour = ink;
    }
    [
        Mark::Polygon {
            points: vec![[x, y], [right, y], [right, y - HEIGHT], [x, y - HEIGHT]],
            fill,
        },
        label,
    ]
}
