//! B14: what powers of a matrix do to signals and to gradients through time.

use faer::{Mat, Scale as Times};

use super::plane::number;
use super::sample::{greatest, normal};
use crate::blog::{Check, Exhibit, Lab};
use crate::error::Result;
use crate::layers::by_burn;
use crate::layers::rnn::{self, Rnn};
use crate::linalg::orthogonal::{from_matrix, orthogonality_error};
use crate::model::Activation;
use crate::plot::{Colour, Dash, Figure, Panel, Point, Scale, Sign, Stroke};
use crate::random::RandomState;

const UNITS: usize = 16;
const INPUTS: usize = 3;
const STEPS: usize = 100;

/// How much a matrix stretches at each step, how the curves are named, and their colours.
const KINDS: [(f64, &str, Colour); 3] = [
    (1.1, "$1.1 Q$, exploding", Colour::accent(3)),
    (1.0, "$Q$, orthogonal", Colour::accent(0)),
    (0.9, "$0.9 Q$, vanishing", Colour::accent(1)),
];

/// Lengths over time for one matrix.
struct Histories {
    signal: Vec<f64>,
    /// Of the gradient, from the last step back to the first.
    linear: Vec<f64>,
    /// The same for a network with tanh.
    tanh: Vec<f64>,
}

pub(super) fn show(lab: &Lab) -> Result<Exhibit> {
    let mut random = RandomState::new(14);
    let q = from_matrix(normal(&mut random, UNITS, UNITS).as_ref())?;
    let u = normal(&mut random, UNITS, INPUTS) * Times(0.1);
    let inputs = normal(&mut random, STEPS, INPUTS);
    let (start, last) = (unit(random.randn(UNITS)), unit(random.randn(UNITS)));
    let network = |scale: f64, activation| Rnn {
        w: &q * Times(scale),
        u: u.clone(),
        b: vec![0.0; UNITS],
        activation,
    };
    let history = |scale: f64| -> Result<Histories> {
        let linear = network(scale, Activation::Identity);
        let back = |net: &Rnn| -> Result<Vec<f64>> {
            let gradients = net.gradients(&start, inputs.as_ref(), &last)?;
            let mut lengths = rnn::lengths(gradients.states.as_ref());
            lengths.reverse();
            Ok(lengths)
        };
        Ok(Histories {
            signal: rnn::lengths(rnn::powers(linear.w.as_ref(), &start, STEPS)?.as_ref()),
            linear: back(&linear)?,
            tanh: back(&network(scale, Activation::Tanh))?,
        })
    };
    let histories = [
        history(KINDS[0].0)?,
        history(KINDS[1].0)?,
        history(KINDS[2].0)?,
    ];
    let [exploding, orthogonal, vanishing] = &histories;

    // Burn's arithmetic has 24 bits: few steps, or rounding would grow with the gradients.
    let few = inputs.subrows(0, 20);
    let (mut states, mut gradients) = (Vec::new(), Vec::new());
    for (scale, _, _) in KINDS {
        let net = network(scale, Activation::Tanh);
        let burns = by_burn::rnn(&net, &start, few, lab.device())?;
        states.push((burns - net.forward(&start, few)?).norm_max());
        let by_hand = net.gradients(&start, few, &last)?;
        let burns = by_burn::rnn_gradients(&net, &start, few, &last, lab.device())?;
        let worst = |a: &Mat<f64>, b: &Mat<f64>| (a - b).norm_max() / a.norm_max();
        gradients.push(worst(&by_hand.w, &burns.w));
        gradients.push(worst(&by_hand.u, &burns.u));
        gradients.push(worst(&by_hand.states, &burns.states));
    }

    let from_power = |lengths: &[f64], scale: f64| {
        let expected = std::iter::successors(Some(1.0), move |power| Some(power * scale));
        greatest(
            lengths
                .iter()
                .zip(expected)
                .map(|(length, power)| (length / power - 1.0).abs()),
        )
    };
    let above = histories
        .iter()
        .flat_map(|kind| kind.tanh.iter().zip(&kind.linear));
    let above = greatest(above.map(|(tanh, linear)| tanh / linear));
    Ok(Exhibit::new(
        "A recurrent network multiplies its state by the same matrix $W$ at every step, and on the way back the gradient \
         by $W^T$ as often. After $t$ steps that is a power of $W$: an orthogonal matrix keeps every length for ever, one \
         that shrinks by a tenth per step leaves a 38000th after 100 steps, and one that stretches by a tenth multiplies by \
         14000. The activation adds its own factor, the diagonal matrix of its slopes. Those of tanh are at most 1, so for \
         tanh orthogonality only prevents the gradient from exploding: it still fades. With $1.1 Q$ the units saturate, \
         their slopes get small, and the explosion is off.",
    )
    .figure("norms", norms(&histories))
    .table(
        "After 100 steps, relative to the start",
        &["W", "signal, linear", "gradient, linear", "gradient, tanh"],
        KINDS.iter().zip(&histories).map(|((scale, _, _), kind)| {
            let cell = |lengths: &[f64]| format!("{:.1e}", lengths[STEPS]).replace('-', "−");
            vec![format!("{scale} Q"), cell(&kind.signal), cell(&kind.linear), cell(&kind.tanh)]
        }),
    )
    .check(Check::zero("max |QᵀQ - I|", orthogonality_error(q.as_ref()), 1e-12))
    .check(Check::zero("orthogonal W: ‖Wᵗ h‖ / ‖h‖ - 1, at most over 100 steps", from_power(&orthogonal.signal, 1.0), 1e-12))
    .check(Check::zero("0.9 Q: ‖Wᵗ h‖ is 0.9ᵗ ‖h‖, relative error", from_power(&vanishing.signal, 0.9), 1e-12))
    .check(Check::zero("1.1 Q: ‖Wᵗ h‖ is 1.1ᵗ ‖h‖, relative error", from_power(&exploding.signal, 1.1), 1e-12))
    .check(Check::zero("orthogonal W: the gradient's length, 100 steps back", from_power(&orthogonal.linear, 1.0), 1e-12))
    .check(Check::zero("0.9 Q: the gradient shrinks by 0.9 per step, relative error", from_power(&vanishing.linear, 0.9), 1e-12))
    .check(Check::zero("1.1 Q: the gradient grows by 1.1 per step, relative error", from_power(&exploding.linear, 1.1), 1e-12))
    .check(Check::at_most("tanh: the gradient's length over that of the linear network, at most", above, 1.0 + 1e-12))
    .check(Check::zero("Burn's Rnn gives the same states (20 steps, tanh)", greatest(states), 1e-5))
    .check(Check::zero("autodiff through Burn's Rnn gives the gradients by hand, relative", greatest(gradients), 1e-4)))
}

fn unit(mut v: Vec<f64>) -> Vec<f64> {
    let length = crate::linalg::norms::l2(&v);
    v.iter_mut().for_each(|v| *v /= length);
    v
}

fn norms(histories: &[Histories]) -> Figure {
    let over_time = |lengths: &[f64]| -> Vec<Point> {
        lengths
            .iter()
            .enumerate()
            .map(|(t, &length)| [t as f64, length])
            .collect()
    };
    let range = ([0.0, STEPS as f64], [1e-9, 1e6]);
    let mut signal = Panel::new()
        .title("Signal: $‖W^t h_0‖$")
        .labels("steps forward", "length")
        .range(range.0, range.1);
    let mut gradient = Panel::new()
        .title("Gradient: $‖∂L/∂h‖$ through time")
        .labels("steps back from the last state", "length")
        .range(range.0, range.1);
    signal.y.scale = Scale::Log;
    gradient.y.scale = Scale::Log;
    for ((_, name, colour), kind) in KINDS.iter().zip(histories) {
        signal = signal.curve(*name, over_time(&kind.signal), Stroke::new(*colour, 2.2));
        gradient = gradient
            .line(over_time(&kind.linear), Stroke::new(*colour, 2.2))
            .line(
                over_time(&kind.tanh),
                Stroke::new(*colour, 1.8).dash(Dash::Dashed),
            );
    }
    let sign = |dash| Sign::Line(Stroke::new(Colour::TEXT, 1.8).dash(dash));
    gradient = gradient
        .key("linear", sign(Dash::Solid))
        .key("with tanh", sign(Dash::Dashed));
    Figure::new("Powers of a matrix: only orthogonal ones keep lengths")
        .caption(format!(
            "$Q$ is a random orthogonal matrix of 16 × 16. In the linear network the gradient takes the same way with $W^T$ \
             and keeps, shrinks or grows exactly as the signal does. With tanh (dashed) every gradient is shorter; \
             the orthogonal one ends at one part in {} of its length.",
            number(1.0 / histories[1].tanh[STEPS], 0),
        ))
        .size(1000, 480)
        .panels(2, [signal, gradient])
}
