//! C1 and C5: the equations, by hand and by Burn.

use faer::{Mat, MatRef};

use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::by_burn;
use crate::layers::matrix_function::{gradients, mean_squared_error};
use crate::model::{Activation, Frozen, LayerConfig, Mlp, ModelConfig, initialise, mlp};
use crate::random::{Generator, RandomState};

fn network(inputs: usize, hidden: usize) -> Result<Frozen> {
    let config = ModelConfig::new(vec![
        LayerConfig::new(hidden, Activation::Relu),
        LayerConfig::new(1, Activation::Identity),
    ]);
    initialise(&config, inputs, &mut Generator::new(42))
}

fn standard_normal(random: &mut RandomState, rows: usize, columns: usize) -> Mat<f64> {
    let values = random.randn(rows * columns);
    Mat::from_fn(rows, columns, |i, j| values[i * columns + j])
}

/// Forward and backward, for one sample and for a batch.
pub(super) fn c1(lab: &Lab) -> Result<Exhibit> {
    let network = network(2, 10)?;
    let mut random = RandomState::new(42);
    let x = standard_normal(&mut random, 200, 2);
    let y = standard_normal(&mut random, 200, 1);
    let mut exhibit = Exhibit::new(
        "For one sample: $z_1 = W_1 x + b_1$, $h_1 = σ(z_1)$, $z_2 = W_2 h_1 + b_2$. For a batch with a sample in each row: \
         $Z_1 = X W_1^T + 1 b_1^T$ and so on. The gradient of the loss with respect to $W_2$ is the error times the hidden \
         layer's output, summed over the samples.\n\n\
         The post writes that gradient as (error) · $H_1^T$, which fits samples in columns; with its own rows the factors \
         trade places, and $Δ^T H_1$ has the shape of $W_2$. Both gradients below are computed by hand from the matrix \
         formulas, and by Burn's autodiff.",
    );
    for (name, rows) in [("one sample", 1), ("a batch of 200", 200)] {
        let (x, y) = (x.subrows(0, rows), y.subrows(0, rows));
        let by_hand = gradients(&network, x, y)?;
        let by_autodiff = by_burn::network_gradients(&network, x, y, lab.device())?;
        let scale = by_hand[1].weight.norm_max().max(1.0);
        exhibit = exhibit
            .check(Check::zero(
                format!("{name}: ∂L/∂W_2 by hand against Burn's autodiff, relative difference"),
                (&by_hand[1].weight - &by_autodiff[1].weight).norm_max() / scale,
                1e-5,
            ))
            .check(Check::zero(
                format!("{name}: ∂L/∂W_2 by hand against central differences, relative difference"),
                (&by_hand[1].weight - &differences(&network, x, y)?).norm_max() / scale,
                1e-7,
            ));
    }
    // The batch equations, row by row.
    let batch = network.forward(x.as_ref());
    let [first, second] = [&network.layers[0], &network.layers[1]];
    let single = Mat::from_fn(x.nrows(), 1, |i, _| {
        let column = Mat::from_fn(2, 1, |j, _| x[(i, j)]);
        let z = &first.weight * &column;
        let h = Mat::from_fn(10, 1, |k, _| (z[(k, 0)] + first.bias[k]).max(0.0));
        (&second.weight * &h)[(0, 0)] + second.bias[0]
    });
    Ok(exhibit.check(Check::zero(
        "the batch equations give what the equations for one sample give: largest difference",
        (&batch - &single).norm_max(),
        1e-14,
    )))
}

/// ∂L/∂W₂ by central differences.
fn differences(network: &Frozen, x: MatRef<'_, f64>, y: MatRef<'_, f64>) -> Result<Mat<f64>> {
    const STEP: f64 = 1e-5;
    let mut gradient = Mat::zeros(1, network.layers[1].inputs());
    for k in 0..gradient.ncols() {
        let loss = |shift: f64| {
            let mut moved = network.clone();
            moved.layers[1].weight[(0, k)] += shift;
            mean_squared_error(&moved, x, y)
        };
        gradient[(0, k)] = (loss(STEP)? - loss(-STEP)?) / (2.0 * STEP);
    }
    Ok(gradient)
}

/// Exercise 1: ten samples through four hidden units, by hand and through Burn's `Linear`.
pub(super) fn c5(lab: &Lab) -> Result<Exhibit> {
    let network = network(2, 4)?;
    let x = standard_normal(&mut RandomState::new(42), 10, 2);
    let [first, second] = [&network.layers[0], &network.layers[1]];
    let mut by_hand = Mat::zeros(10, 1);
    for i in 0..10 {
        let mut output = second.bias[0];
        for k in 0..4 {
            let z =
                x[(i, 0)] * first.weight[(k, 0)] + x[(i, 1)] * first.weight[(k, 1)] + first.bias[k];
            output += second.weight[(0, k)] * z.max(0.0);
        }
        by_hand[(i, 0)] = output;
    }
    let model = Mlp::from_frozen(&network, lab.device());
    let burn = mlp::download(model.forward(mlp::upload(x.as_ref(), lab.device())));
    let rows = (0..10).map(|i| {
        vec![
            format!("{:.4}", x[(i, 0)]),
            format!("{:.4}", x[(i, 1)]),
            format!("{:.6}", by_hand[(i, 0)]),
            format!("{:.6}", burn[(i, 0)]),
        ]
    });
    Ok(Exhibit::new(
        "Ten samples of two features, four hidden units with ReLU: every product and sum written out, beside Burn's Linear \
         layers with the same weights.",
    )
    .table("Outputs", &["$x_1$", "$x_2$", "by hand", "Burn's Linear"], rows)
    .check(Check::zero(
        "by hand (f64) against Burn's Linear (f32), largest difference",
        (&by_hand - &burn).norm_max(),
        1e-6,
    )))
}
