//! Networks: Burn's forward pass against the frozen one, descriptions, files.

use std::fs;

use burn::tensor::{Device, Tensor};
use faer::Mat;
use foldspace::device::{self, Backend};
use foldspace::model::{
    self, Activation, Frozen, Init, LayerConfig, Mlp, ModelConfig, initialise, weights,
};
use foldspace::random::Generator;

const ACTIVATIONS: [Activation; 18] = [
    Activation::Identity,
    Activation::Relu,
    Activation::LEAKY_RELU,
    Activation::LeakyRelu { slope: 0.3 },
    Activation::ELU,
    Activation::Elu { alpha: 0.5 },
    Activation::Gelu,
    Activation::GeluTanh,
    Activation::Silu,
    Activation::Softplus,
    Activation::Tanh,
    Activation::Sigmoid,
    Activation::Softmax,
    Activation::ScaledTanh { a: 2.0, b: 0.5 },
    Activation::RELU6,
    Activation::Clip {
        low: -0.4,
        high: 0.7,
    },
    Activation::HardSigmoid,
    Activation::HardSwish,
];

/// A network in which numbers overflow must not look like one that gives numbers.
#[test]
fn what_is_no_number_stays_none() {
    for activation in ACTIVATIONS {
        if let Some(value) = activation.value(f64::NAN) {
            assert!(value.is_nan(), "{activation:?}: {value}");
        }
    }
}

/// The processor backends, and the graphics one where there is an adapter.
fn devices() -> Vec<(Backend, Device)> {
    let mut devices: Vec<(Backend, Device)> = [Backend::Flex, Backend::Ndarray]
        .into_iter()
        .map(|backend| (backend, device::open(backend).unwrap()))
        .collect();
    devices.extend(crate::device::wgpu().map(|device| (Backend::Wgpu, device)));
    devices
}

fn network(activation: Activation) -> Frozen {
    let config = ModelConfig::new(vec![
        LayerConfig::new(7, activation),
        LayerConfig::new(3, activation).named("embedding"),
        LayerConfig::new(2, Activation::Identity),
    ]);
    initialise(&config, 2, &mut Generator::new(3)).unwrap()
}

/// Points from the origin to where every activation has long saturated.
fn points() -> Mat<f64> {
    let numbers = Generator::new(5).randn(120);
    Mat::from_fn(60, 2, |i, j| {
        let scale = [0.01, 1.0, 10.0, 300.0][i % 4];
        f64::from(numbers[2 * i + j] * scale)
    })
}

#[test]
fn frozen_and_burn_compute_the_same_function() {
    let points = points();
    for (backend, device) in devices() {
        for activation in ACTIVATIONS {
            let frozen = network(activation);
            let burn = Mlp::from_frozen(&frozen, &device);
            let expected = frozen.forward(points.as_ref());
            let actual = model::download(burn.forward(model::upload(points.as_ref(), &device)));
            for i in 0..points.nrows() {
                for j in 0..2 {
                    let (expected, actual) = (expected[(i, j)], actual[(i, j)]);
                    let error = (actual - expected).abs() / expected.abs().max(1.0);
                    assert!(
                        error < 1e-5,
                        "{activation:?} on {backend}: {actual}, {expected}"
                    );
                }
            }
            assert_eq!(burn.to_frozen(), frozen, "{activation:?} on {backend}");
        }
    }
}

#[test]
fn gradients_stay_finite_where_activations_saturate() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        for activation in ACTIVATIONS {
            let extremes = [[-1e4_f32, 1e4], [-200.0, 200.0], [-90.0, 90.0], [0.0, 0.0]];
            let z = Tensor::<2>::from_floats(extremes, &device).require_grad();
            let gradients = model::apply(activation, z.clone()).sum().backward();
            for slope in z.grad(&gradients).unwrap().into_data().iter::<f32>() {
                assert!(slope.is_finite(), "{activation:?} on {backend}");
            }
        }
    }
}

#[test]
fn slopes_are_those_of_the_frozen_activations() {
    for (backend, device) in devices() {
        let device = device.autodiff();
        for activation in ACTIVATIONS {
            let Some(_) = activation.derivative(0.0) else {
                continue;
            };
            let places = [-30.0_f32, -3.0, -0.7, -1e-3, 1e-3, 0.4, 2.0, 25.0];
            let z = Tensor::<2>::from_floats([places], &device).require_grad();
            let gradients = model::apply(activation, z.clone()).sum().backward();
            let slopes = z.grad(&gradients).unwrap().into_data();
            for (z, slope) in places.iter().zip(slopes.iter::<f64>()) {
                let expected = activation.derivative(f64::from(*z)).unwrap();
                let error = (slope - expected).abs();
                assert!(
                    error < 1e-5,
                    "{activation:?}'({z}) on {backend}: {slope}, {expected}"
                );
            }
        }
    }
}

#[test]
fn a_layer_without_bias_has_none() {
    let mut layer = LayerConfig::new(3, Activation::Tanh);
    layer.bias = false;
    let config = ModelConfig::new(vec![layer, LayerConfig::new(1, Activation::Identity)]);
    let initial = model::draw(&config, 2, &mut Generator::new(42)).unwrap();
    assert_eq!(initial.fold().layers[0].bias, [0.0; 3]);
    let network = Mlp::new(&initial, &Device::flex());
    let names: Vec<String> = network
        .parameters()
        .into_iter()
        .map(|parameter| parameter.name)
        .collect();
    assert_eq!(
        names,
        ["layers.0.weight", "layers.1.weight", "layers.1.bias"]
    );
    assert_eq!(config.parameters(2), Some(6 + 4));
}

#[test]
fn orthogonal_weights_keep_lengths() {
    for (units, inputs) in [(6, 6), (3, 8), (9, 4)] {
        let mut config = ModelConfig::new(vec![LayerConfig::new(units, Activation::Identity)]);
        config.init = Init::Orthogonal;
        let frozen = initialise(&config, inputs, &mut Generator::new(1)).unwrap();
        let w = &frozen.layers[0].weight;
        let gram = if units < inputs {
            w * w.transpose()
        } else {
            w.transpose() * w
        };
        let identity = Mat::<f64>::identity(gram.nrows(), gram.ncols());
        assert!((gram - identity).norm_max() < 1e-12);
    }
}

#[test]
fn initial_weights_stay_within_their_bounds() {
    for (init, bound) in [
        (Init::Pytorch, 0.1),
        (Init::GlorotUniform, (6.0_f64 / 150.0).sqrt()),
    ] {
        let mut config = ModelConfig::new(vec![LayerConfig::new(50, Activation::Tanh)]);
        config.init = init;
        let frozen = initialise(&config, 100, &mut Generator::new(1)).unwrap();
        let largest = frozen.layers[0].weight.norm_max();
        assert!(
            largest <= bound * (1.0 + 1e-6) && largest > 0.99 * bound,
            "{init:?}: {largest}"
        );
    }
    let mut config = ModelConfig::new(vec![LayerConfig::new(200, Activation::Relu)]);
    config.init = Init::KaimingNormal;
    let frozen = initialise(&config, 100, &mut Generator::new(1)).unwrap();
    let variance = frozen.layers[0].weight.squared_norm_l2() / 20_000.0;
    assert!((variance - 0.02).abs() < 0.001, "{variance}");
}

#[test]
fn impossible_networks_are_refused_by_key() {
    let tanh = |units| LayerConfig::new(units, Activation::Tanh);
    let cases = [
        (vec![], "model.layers: a network needs"),
        (
            vec![tanh(3), tanh(0)],
            "model.layers[1].units: a layer of 0 units",
        ),
        (
            vec![tanh(3).named("a"), tanh(3).named("a")],
            "model.layers[1].name: two layers",
        ),
        (vec![tanh(3).named("a.pre")], "model.layers[0].name: "),
        (vec![tanh(3).named("layers.1")], "model.layers[0].name: "),
        (vec![tanh(3).named("")], "model.layers[0].name: "),
        (
            vec![LayerConfig {
                rank: Some(0),
                ..tanh(3)
            }],
            "model.layers[0].rank: this layer's weights can't have rank 0; use 1 to 3",
        ),
        (
            vec![
                tanh(2),
                LayerConfig {
                    rank: Some(3),
                    ..tanh(5)
                },
            ],
            "model.layers[1].rank: this layer's weights can't have rank 3; use 1 to 2",
        ),
        (
            vec![
                LayerConfig {
                    dropout: 1.0,
                    ..tanh(3)
                },
                tanh(1),
            ],
            "model.layers[0].dropout: 1 is not a share",
        ),
        (
            vec![
                LayerConfig {
                    dropout: f64::NAN,
                    ..tanh(3)
                },
                tanh(1),
            ],
            "model.layers[0].dropout: NaN is not a share",
        ),
        (
            vec![
                tanh(3),
                LayerConfig {
                    dropout: 0.5,
                    ..tanh(1)
                },
            ],
            "model.layers[1].dropout: the last layer's outputs are the answers",
        ),
        (vec![tanh(1_000_000), tanh(1_000_000)], "16000.1 GB"),
        (vec![tanh(usize::MAX), tanh(2)], "more than 2^64 parameters"),
    ];
    for (layers, expected) in cases {
        let error = ModelConfig::new(layers)
            .validate(2)
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn weights_survive_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    let mut layer = LayerConfig::new(3, Activation::ScaledTanh { a: 2.0, b: 1.5 });
    layer.bias = false;
    let config = ModelConfig::new(vec![layer, LayerConfig::new(2, Activation::Softmax)]);
    let initial = model::draw(&config, 4, &mut Generator::new(9)).unwrap();
    weights::write(&path, &initial).unwrap();
    assert_eq!(weights::read_parameters(&path).unwrap(), initial);
    assert_eq!(weights::read(&path).unwrap(), initial.fold());
    // The same bytes every time.
    let bytes = fs::read(&path).unwrap();
    weights::write(&path, &initial).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);

    // PyTorch's names and orientation.
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(
        names,
        ["layers.0.weight", "layers.1.bias", "layers.1.weight"]
    );
    assert_eq!(file.tensor("layers.0.weight").unwrap().shape(), [3, 4]);

    for place in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[place] ^= 4;
        fs::write(&path, &flipped).unwrap();
        let error = weights::read(&path).unwrap_err().to_string();
        assert!(error.contains("w.safetensors"), "{error}");
    }
    let missing = weights::read(&folder.path().join("none.safetensors")).unwrap_err();
    assert!(missing.to_string().contains("check the path"), "{missing}");
}

#[test]
fn activations_are_spelled_by_name_or_with_their_parameters() {
    let layer =
        |text: &str| toml::from_str::<LayerConfig>(&format!("units = 1\nactivation = {text}"));
    let cases = [
        ("\"tanh\"", Activation::Tanh),
        ("\"leaky_relu\"", Activation::LeakyRelu { slope: 0.01 }),
        (
            "{ leaky_relu = { slope = 0.3 } }",
            Activation::LeakyRelu { slope: 0.3 },
        ),
        ("\"elu\"", Activation::Elu { alpha: 1.0 }),
        ("{ elu = { alpha = 2.5 } }", Activation::Elu { alpha: 2.5 }),
        ("\"gelu_tanh\"", Activation::GeluTanh),
        (
            "\"relu6\"",
            Activation::Clip {
                low: 0.0,
                high: 6.0,
            },
        ),
        (
            "\"hard_tanh\"",
            Activation::Clip {
                low: -1.0,
                high: 1.0,
            },
        ),
        (
            "{ clip = { low = -0.5, high = 2.0 } }",
            Activation::Clip {
                low: -0.5,
                high: 2.0,
            },
        ),
        (
            "{ scaled_tanh = { a = 2.0, b = 1.0 } }",
            Activation::ScaledTanh { a: 2.0, b: 1.0 },
        ),
    ];
    for (text, activation) in cases {
        let read = layer(text).unwrap();
        assert_eq!(read.activation, activation, "{text}");
        // What is written is read again, as TOML for people and as JSON in weights files.
        assert_eq!(
            toml::from_str::<LayerConfig>(&toml::to_string(&read).unwrap()).unwrap(),
            read
        );
        assert_eq!(
            serde_json::from_str::<LayerConfig>(&serde_json::to_string(&read).unwrap()).unwrap(),
            read
        );
        // A name stays a name, as older versions write and read it.
        if text.starts_with('"') {
            assert_eq!(serde_json::to_string(&activation).unwrap(), text);
        }
    }
    for activation in ACTIVATIONS {
        let json = serde_json::to_string(&activation).unwrap();
        assert_eq!(
            serde_json::from_str::<Activation>(&json).unwrap(),
            activation,
            "{json}"
        );
    }
    for (text, said) in [
        ("\"tahn\"", "tahn"),
        ("{ leaky_relu = { slop = 0.3 } }", "unknown field `slop`"),
        ("{ leaky_relu = {} }", "missing field `slope`"),
        ("{ tanh = {} }", "tanh takes no parameters"),
        ("\"clip\"", "{ clip = { low = 0.0, high = 6.0 } }"),
        (
            "{ elu = { alpha = 1.0 }, clip = { low = 0.0, high = 1.0 } }",
            "one function",
        ),
        ("3", "an activation, such as"),
    ] {
        let error = layer(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
    for (text, said) in [
        (
            "{ clip = { low = 1.0, high = 1.0 } }",
            "there is nothing between low = 1 and high = 1",
        ),
        (
            "{ leaky_relu = { slope = nan } }",
            "slope of leaky_relu must be finite",
        ),
        ("{ elu = { alpha = inf } }", "alpha of elu must be finite"),
    ] {
        let config = ModelConfig::new(vec![layer(text).unwrap()]);
        let error = config.validate(2).unwrap_err().to_string();
        assert!(
            error.contains("model.layers[0].activation") && error.contains(said),
            "{error}"
        );
    }
}
