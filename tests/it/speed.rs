//! A step is not slower than the same in Burn's own operations. They take turns, and the least of many times counts, so
//! that what else the machine does weighs on both alike.

use std::time::Instant;

use burn::tensor::{Device, Tensor, activation};
use foldspace::data::Moons;
use foldspace::device::{self, Backend};
use foldspace::model::{Activation, LayerConfig, Mlp, ModelConfig, initialise};
use foldspace::random::{Generator, RandomState};
use foldspace::train::Optimizer;
use foldspace::train::{Descent, Loss, OptimizerConfig, OptimizerName, Samples, WholeEpoch};

const RATE: f64 = 0.1;

/// 2-100-2-1, the network of the posts.
fn network(device: &Device) -> Mlp {
    let config = ModelConfig::new(vec![
        LayerConfig::new(100, Activation::Tanh),
        LayerConfig::new(2, Activation::Tanh),
        LayerConfig::new(1, Activation::Sigmoid),
    ]);
    let frozen = initialise(&config, 2, &mut Generator::new(42)).unwrap();
    Mlp::from_frozen(&frozen, device)
}

/// W (inputs x units) and b (1 x units).
type Layer = [Tensor<2>; 2];

/// A step as one writes it in Burn: operations on tensors, autodiff, the update.
fn burns_own(layers: &mut [Layer], x: Tensor<2>, t: Tensor<2>) {
    let mut y = x;
    for (number, [weight, bias]) in layers.iter().enumerate() {
        let z = y.matmul(weight.clone()) + bias.clone();
        y = match number {
            2 => activation::sigmoid(z),
            _ => z.tanh(),
        };
    }
    let entropy = t.clone() * y.clone().log() + (t.neg() + 1.0) * (y.neg() + 1.0).log();
    let gradients = entropy.mean().neg().backward();
    for parameter in layers.iter_mut().flatten() {
        let gradient = parameter.grad(&gradients).unwrap();
        let moved = parameter.clone().inner() - gradient * RATE;
        *parameter = Tensor::from_inner(moved).require_grad();
    }
}

/// The least seconds of an epoch: in one operation, step by step, in Burn's own operations.
fn times(samples: usize, batch: usize, rounds: usize) -> [f64; 3] {
    let device = device::open(Backend::Flex).unwrap().autodiff();
    let moons = Moons {
        samples,
        noise: 0.1,
    };
    let data = moons.generate(&mut RandomState::new(42)).unwrap();
    let data = Samples::upload(&data, Loss::Bce, &device.clone().inner());
    let [mut model, mut stepping] = [network(&device), network(&device)];
    let new = || Optimizer::new(&OptimizerConfig::new(OptimizerName::Sgd, RATE));
    let [mut optimizer, mut stepper] = [new(), new()];
    let mut layers: Vec<Layer> = stepping
        .linears()
        .map(|linear| {
            let bias = linear.bias.as_ref().unwrap().val().unsqueeze::<2>();
            [linear.weight.val(), bias].map(|value| value.detach().require_grad())
        })
        .collect();
    let whole = WholeEpoch::new(&model, &data, Loss::Bce).unwrap();
    let descent = Descent {
        lr: RATE,
        clip: None,
        batch_size: Some(batch),
    };
    let generator = &mut Generator::new(1);
    let mut least = [f64::INFINITY; 3];
    for _ in 0..rounds {
        let mut time = |contender: usize, start: Instant| {
            least[contender] = least[contender].min(start.elapsed().as_secs_f64());
        };
        let start = Instant::now();
        whole
            .run(&mut model, &mut optimizer, descent, generator)
            .unwrap();
        time(0, start);

        let start = Instant::now();
        for batch in data.batches(Some(batch), generator) {
            let loss = batch.loss_training(&mut stepping, Loss::Bce, generator);
            stepping = stepper.step(RATE, stepping, loss.backward());
        }
        time(1, start);

        let start = Instant::now();
        for batch in data.batches(Some(batch), generator) {
            let t = batch.targets.numbers();
            let [x, t] = [batch.inputs, t].map(Tensor::from_inner);
            burns_own(&mut layers, x, t);
        }
        time(2, start);
    }
    least
}

/// How much longer than Burn's a step may take. Optimised it takes a fraction; without optimisation, as tests may be built, each
/// number of a vector is a call and more.
const BOUND: f64 = if cfg!(debug_assertions) { 8.0 } else { 0.7 };

/// Fails where the fused loops lose their vectors, or an epoch takes to bookkeeping.
#[test]
fn a_step_is_not_slower_than_burns_own_operations() {
    for (samples, batch) in [(256, 32), (500, 500)] {
        let [whole, steps, burns] = times(samples, batch, 25);
        assert!(
            whole.max(steps) < BOUND * burns,
            "batches of {batch}: {whole} s in one operation, {steps} s in steps, {burns} s in Burn's operations"
        );
    }
}
