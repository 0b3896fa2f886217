//! C2, C3 and C6: the data, and the shapes of parameters.

use std::path::Path;

use faer::Mat;

use crate::blog::{Check, Exhibit, Lab};
use crate::data::{DataConfig, Quadratic, Source, Target};
use crate::error::Result;
use crate::figures;
use crate::geometry::Bounds;
use crate::model::{Activation, Frozen, LayerConfig, Mlp, ModelConfig, initialise};
use crate::plot::{Colormap, Colour, Figure, Role};
use crate::random::Generator;

/// The first numbers that NumPy draws for the post's seed: X[0] and y[0].
const NUMPY_FIRST: [f64; 3] = [
    0.993_428_306_022_465_3,
    -0.276_528_602_342_369_3,
    1.281_443_166_692_595_2,
];

/// The data.
pub(super) fn c2(_lab: &Lab) -> Result<Exhibit> {
    let set = DataConfig::new(Source::Quadratic(Quadratic::default())).load(42, Path::new("."))?;
    let values = match &set.target {
        Target::Values { values, .. } => values.clone(),
        Target::Classes { .. } => Mat::new(),
    };
    let x = &set.features;
    let clean = |i: usize| 0.5 * x[(i, 0)] * x[(i, 0)] + 1.5 * x[(i, 1)] + 2.0;
    let noise: Vec<f64> = (0..set.samples())
        .map(|i| values[(i, 0)] - clean(i))
        .collect();
    let deviation = (noise.iter().map(|e| e * e).sum::<f64>() / noise.len() as f64).sqrt();

    let bounds = Bounds::around(x.as_ref(), 0.08)?;
    let (low, high) = values
        .col(0)
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &y| {
            (low.min(y), high.max(y))
        });
    let points = figures::plane_points(x.as_ref());
    let mut panel = figures::plane(bounds, "$x_1$", "$x_2$");
    for (i, &point) in points.iter().enumerate() {
        let t = (values[(i, 0)] - low) / (high - low);
        let colour = Colour::new(Role::Scale(Colormap::Sequential, t));
        panel = panel.points([point], colour, 4.2);
    }
    let figure = Figure::new("Data for the regression")
        .caption("200 points drawn from a normal distribution of deviation 2; colour is the value $y$ to be predicted.")
        .size(720, 560)
        .panel(panel.colour_bar(Colormap::Sequential, [low, high], "$y$"));
    let difference = |measured: f64, expected: f64| (measured - expected).abs();
    let first = difference(x[(0, 0)], NUMPY_FIRST[0])
        .max(difference(x[(0, 1)], NUMPY_FIRST[1]))
        .max(difference(values[(0, 0)], NUMPY_FIRST[2]));
    Ok(Exhibit::new(
        "Drawn as the post's script draws it: NumPy's generator with seed 42, first all of X, then the noise. The same seed \
         gives the same 200 points here as there.",
    )
    .figure("data", figure)
    .check(Check::zero(
        "first sample and target against NumPy's: largest difference",
        first,
        1e-12,
    ))
    .check(Check::equal("deviation of the noise found in y", deviation, 0.5, 0.05)))
}

/// The network of the example: its layers and the shapes of its parameters.
pub(super) fn c3(lab: &Lab) -> Result<Exhibit> {
    let network = build(2, &[(10, Activation::Relu), (1, Activation::Identity)])?;
    let exhibit = Exhibit::new(
        "Each hidden unit has a row of weights, one per input, and a bias. PyTorch and this page write a weight as (units × \
         inputs); Burn's Linear stores its transpose, (inputs × units), so that a batch of rows is multiplied from the left. \
         The shapes below are PyTorch's, and Burn's beside them.",
    );
    shapes(lab, exhibit, &network, &[[10, 2], [1, 10]])
}

/// Exercise 2.
pub(super) fn c6(lab: &Lab) -> Result<Exhibit> {
    let network = build(
        3,
        &[
            (8, Activation::Relu),
            (4, Activation::Relu),
            (2, Activation::Identity),
        ],
    )?;
    let exhibit = Exhibit::new(
        "Three inputs, hidden layers of 8 and 4 units, two outputs. The columns of each weight match the rows of the one \
         before it: that is what makes the product possible.",
    );
    shapes(lab, exhibit, &network, &[[8, 3], [4, 8], [2, 4]])
}

fn build(inputs: usize, layers: &[(usize, Activation)]) -> Result<Frozen> {
    let layers = layers
        .iter()
        .map(|&(units, activation)| LayerConfig::new(units, activation))
        .collect();
    initialise(&ModelConfig::new(layers), inputs, &mut Generator::new(42))
}

/// A table of all parameters, as PyTorch and as Burn store them, and a check of each.
fn shapes(
    lab: &Lab,
    mut exhibit: Exhibit,
    network: &Frozen,
    expected: &[[usize; 2]],
) -> Result<Exhibit> {
    let burn = Mlp::from_frozen(network, lab.device());
    let mut rows = Vec::new();
    let mut parameters = 0;
    for (i, ((layer, linear), &[units, inputs])) in network
        .layers
        .iter()
        .zip(burn.linears())
        .zip(expected)
        .enumerate()
    {
        let [burn_inputs, burn_units] = linear.weight.dims();
        rows.push(vec![
            format!("layer{}.weight", i + 1),
            format!("[{}, {}]", layer.units(), layer.inputs()),
            format!("[{burn_inputs}, {burn_units}]"),
        ]);
        rows.push(vec![
            format!("layer{}.bias", i + 1),
            format!("[{}]", layer.bias.len()),
            format!("[{}]", layer.bias.len()),
        ]);
        parameters += layer.units() * layer.inputs() + layer.bias.len();
        exhibit = exhibit.check(Check::holds(
            format!(
                "layer {} has weights ({units} × {inputs}) and {units} biases, Burn's transposed",
                i + 1
            ),
            [burn_units, burn_inputs] == [units, inputs] && layer.bias.len() == units,
        ));
    }
    rows.push(vec![
        String::from("parameters in all"),
        parameters.to_string(),
        String::new(),
    ]);
    Ok(exhibit.table("Parameters", &["name", "PyTorch", "Burn"], rows))
}
