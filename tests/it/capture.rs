//! Hooks: what is recorded is what was computed, and what is replaced changes what follows.

use burn::tensor::{Device, Tensor};
use faer::Mat;
use foldspace::capture::{CaptureConfig, Recorder, Replacer};
use foldspace::model::{
    self, Activation, Frozen, LayerConfig, Mlp, ModelConfig, Silent, initialise,
};
use foldspace::random::Generator;

const SITES: [&str; 6] = [
    "layers.0.pre",
    "layers.0",
    "embedding.pre",
    "embedding",
    "layers.2.pre",
    "layers.2",
];

fn config() -> ModelConfig {
    ModelConfig::new(vec![
        LayerConfig::new(5, Activation::Tanh),
        LayerConfig::new(2, Activation::Silu).named("embedding"),
        LayerConfig::new(1, Activation::Sigmoid),
    ])
}

fn frozen() -> Frozen {
    initialise(&config(), 2, &mut Generator::new(8)).unwrap()
}

fn points() -> Mat<f64> {
    let numbers = Generator::new(2).randn(24);
    Mat::from_fn(12, 2, |i, j| f64::from(numbers[2 * i + j]))
}

fn bits(tensor: Tensor<2>) -> Vec<u32> {
    tensor.into_data().iter::<f32>().map(f32::to_bits).collect()
}

#[test]
fn recording_changes_nothing_and_replays_to_the_bit() {
    let device = Device::flex();
    let network = Mlp::from_frozen(&frozen(), &device);
    let x = model::upload(points().as_ref(), &device);
    let plain = bits(network.forward(x.clone()));
    let mut recorder = Recorder::new(SITES);
    assert_eq!(bits(network.forward_with(x, &mut recorder)), plain);
    for (layer, site) in ["layers.0", "embedding", "layers.2"]
        .into_iter()
        .enumerate()
    {
        let value = recorder.value(site).unwrap();
        let replayed = network.forward_from(layer + 1, value, &mut Silent);
        assert_eq!(bits(replayed), plain, "{site}");
        // Before the activation is before the activation.
        let before = recorder.value(&format!("{site}.pre")).unwrap();
        let activation = config().layers[layer].activation;
        let value = recorder.value(site).unwrap();
        assert_eq!(
            bits(model::apply(activation, before)),
            bits(value),
            "{site}"
        );
    }
    assert_eq!(recorder.into_values().len(), SITES.len());
}

#[test]
fn a_recorder_keeps_only_what_it_was_asked_for() {
    let device = Device::flex();
    let network = Mlp::from_frozen(&frozen(), &device);
    let mut recorder = Recorder::new(["embedding"]);
    network.forward_with(model::upload(points().as_ref(), &device), &mut recorder);
    assert!(recorder.value("embedding.pre").is_none());
    assert_eq!(recorder.value("embedding").unwrap().dims(), [12, 2]);
}

#[test]
fn a_replaced_value_goes_through_the_rest() {
    let device = Device::flex();
    let network = Mlp::from_frozen(&frozen(), &device);
    let x = model::upload(points().as_ref(), &device);
    let other = Tensor::<2>::ones([12, 2], &device);
    for (site, first) in [("embedding", 2), ("layers.0.pre", 1)] {
        let mut replacer = Replacer::new(site, |value: Tensor<2>| match site {
            "embedding" => other.clone(),
            _ => value.mul_scalar(-1.0),
        });
        let output = network.forward_with(x.clone(), &mut replacer);
        let expected = match site {
            "embedding" => network.forward_from(first, other.clone(), &mut Silent),
            // tanh is odd, so turning the sign before it turns the layer's output.
            _ => {
                let mut recorder = Recorder::new(["layers.0"]);
                network.forward_with(x.clone(), &mut recorder);
                let turned = recorder.value("layers.0").unwrap().mul_scalar(-1.0);
                network.forward_from(first, turned, &mut Silent)
            }
        };
        assert_eq!(bits(output.clone()), bits(expected), "{site}");
        assert_ne!(bits(output), bits(network.forward(x.clone())), "{site}");
    }
}

/// dL/dh by autodiff against the difference quotient of the rest of the network, in `f64`.
#[test]
fn gradients_with_respect_to_activations_match_finite_differences() {
    let device = Device::flex().autodiff();
    let frozen = frozen();
    let network = Mlp::from_frozen(&frozen, &device);
    let mut recorder = Recorder::new(SITES).with_gradients();
    let x = model::upload(points().as_ref(), &device);
    let loss = network.forward_with(x, &mut recorder).square().sum();
    let backward = loss.backward();
    // Without the probes the gradients are not there.
    assert!(
        Recorder::new(SITES)
            .gradient("embedding", &backward)
            .is_none()
    );

    let total = |output: Mat<f64>| output.squared_norm_l2();
    for (layer, name) in ["layers.0", "embedding", "layers.2"]
        .into_iter()
        .enumerate()
    {
        for before in [true, false] {
            let site = if before {
                format!("{name}.pre")
            } else {
                name.to_owned()
            };
            let gradient = model::download(recorder.gradient(&site, &backward).unwrap());
            let value = model::download(recorder.value(&site).unwrap());
            let (_, rest) = frozen.split_at(layer + 1);
            let loss_of = |value: Mat<f64>| {
                let value = if before {
                    frozen.layers[layer].activate(value)
                } else {
                    value
                };
                total(rest.forward(value.as_ref()))
            };
            let step = 1e-5;
            for i in 0..value.nrows() {
                for j in 0..value.ncols() {
                    let shifted = |by: f64| {
                        let mut shifted = value.clone();
                        shifted[(i, j)] += by;
                        loss_of(shifted)
                    };
                    let quotient = (shifted(step) - shifted(-step)) / (2.0 * step);
                    let error = (gradient[(i, j)] - quotient).abs();
                    assert!(
                        error < 1e-6,
                        "{site} ({i}, {j}): {} {quotient}",
                        gradient[(i, j)]
                    );
                }
            }
        }
    }
}

#[test]
fn sites_that_do_not_exist_are_refused_with_the_nearest() {
    let check = |site: &str, every: usize| {
        let capture = CaptureConfig {
            every,
            sites: vec![site.to_owned()],
            ..CaptureConfig::default()
        };
        capture
            .validate(&config())
            .map_err(|error| error.to_string())
    };
    for site in SITES {
        assert_eq!(check(site, 1), Ok(()));
    }
    assert!(
        check("embeding.pre", 1)
            .unwrap_err()
            .ends_with("did you mean embedding?")
    );
    assert!(
        check("nothing", 1)
            .unwrap_err()
            .contains("layers.0, embedding, layers.2")
    );
    assert!(check("embedding", 0).unwrap_err().contains("capture.every"));
}
