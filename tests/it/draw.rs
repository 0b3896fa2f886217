//! `foldspace draw` as a process, and what a trained network's output is taken to mean.

use std::fs;
use std::path::{Path, PathBuf};

use faer::{Mat, mat};
use foldspace::data::Moons;
use foldspace::data::csv;
use foldspace::model::{self, Activation, Frozen, LayerConfig, ModelConfig, weights};
use foldspace::random::{Generator, RandomState};

use crate::program::foldspace;

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/reference")
        .join(name)
}

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A directory with moons, and with the same as three classes.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let moons = Moons {
            samples: 80,
            noise: 0.1,
        };
        let data = moons.generate(&mut RandomState::new(3)).unwrap();
        csv::write(&folder.path().join("moons.csv"), &data).unwrap();
        let rows = (0..60).map(|i| {
            let x = [0.1 * f64::from(i) - 3.0, f64::from(i * i % 17) / 4.0 - 2.0];
            format!(
                "{},{},{}\n",
                x[0],
                x[1],
                ["ant", "bee", "cat"][i as usize % 3]
            )
        });
        let three = ["x1,x2,kind\n".to_owned()]
            .into_iter()
            .chain(rows)
            .collect::<String>();
        fs::write(folder.path().join("three.csv"), three).unwrap();
        let four = (0..40).map(|i| {
            let x = |k: i32| f64::from((i * (7 + k) + k) % 23) / 5.0 - 2.0;
            format!("{},{},{},{},{}\n", x(1), x(2), x(3), x(4), i % 2)
        });
        let four = ["a,b,c,d,label\n".to_owned()]
            .into_iter()
            .chain(four)
            .collect::<String>();
        fs::write(folder.path().join("four.csv"), four).unwrap();
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        foldspace(self.folder.path(), &[&["draw"], arguments].concat())
    }

    fn onnx(&self, name: &str) -> String {
        let path = reference("onnx").join(name);
        fs::copy(&path, self.folder.path().join(name)).unwrap();
        name.to_owned()
    }

    fn refusal(&self, arguments: &[&str]) -> String {
        let (code, _, errors) = self.run(arguments);
        assert_eq!(code, Some(1), "{errors}");
        errors
    }
}

#[test]
fn an_onnx_file_is_drawn_without_training() {
    let place = Place::new();
    let model = place.onnx("torch_mlp.onnx");
    let (code, out, errors) = place.run(&[&model, "--data", "moons.csv"]);
    assert_eq!(code, Some(0), "{errors}");
    for name in [
        "data",
        "boundary",
        "embedding",
        "network",
        "weights",
        "spectrum",
    ] {
        for ending in ["svg", "png"] {
            let path = format!("torch_mlp-figures/{name}.{ending}");
            assert!(out.contains(&path), "{out}");
            assert!(fs::metadata(place.folder.path().join(path)).unwrap().len() > 1000);
        }
    }
    assert!(
        errors.contains("% of the samples in moons.csv are classified correctly"),
        "{errors}"
    );
    // What only a training has is not drawn, and says so.
    let message = place.refusal(&[&model, "--data", "moons.csv", "loss"]);
    assert!(message.contains("it shows a training"), "{message}");
    let (code, out, errors) = place.run(&[
        &model,
        "--data",
        "moons.csv",
        "flow",
        "--fps",
        "5",
        "--format",
        "gif",
        "--out",
        "moving",
    ]);
    assert_eq!((code, out.trim()), (Some(0), "moving/flow.gif"), "{errors}");
    let message = place.refusal(&[&model, "--data", "moons.csv", "boundary", "--format", "gif"]);
    assert!(message.contains("add svg or png"), "{message}");
}

/// Ten layers that multiply by 10^38: infinity less infinity on the way.
#[test]
fn of_a_network_in_which_numbers_overflow_only_the_weights_are_drawn() {
    let place = Place::new();
    let units = [2; 10]
        .into_iter()
        .map(|units| LayerConfig::new(units, Activation::Relu));
    let config = ModelConfig::new(
        units
            .chain([LayerConfig::new(1, Activation::Sigmoid)])
            .collect(),
    );
    let mut parameters = model::draw(&config, 2, &mut Generator::new(1)).unwrap();
    for layer in &mut parameters.layers {
        let large = |i: usize, j: usize| if i * j == 1 { -1e38 } else { 1e38 };
        layer.weight = Mat::from_fn(layer.weight.nrows(), layer.weight.ncols(), large);
    }
    weights::write(&place.folder.path().join("net.safetensors"), &parameters).unwrap();
    let asked = ["net.safetensors", "--data", "moons.csv"];
    for name in [
        "boundary",
        "embedding",
        "regions",
        "folds",
        "pullback",
        "flow",
    ] {
        let message = place.refusal(&[&asked[..], &[name]].concat());
        assert!(
            message.contains("overflow") && message.contains("draw `weights`"),
            "{name}: {message}"
        );
        assert!(!message.contains("classified correctly"), "{message}");
    }
    // What can be drawn is.
    let (code, out, errors) = place.run(&asked);
    assert_eq!(code, Some(0), "{errors}");
    assert!(
        out.contains("weights.svg")
            && !out.contains("boundary.svg")
            && !out.contains("regions.svg"),
        "{out}"
    );
}

/// Of both exporters, of a weights file of PyTorch's and of one of ours: the same network is the same picture.
#[test]
fn every_door_leads_to_the_same_picture() {
    let place = Place::new();
    let network = foldspace::onnx::read(&reference("onnx").join("torch_mlp.onnx")).unwrap();
    let layers = network
        .layers
        .iter()
        .map(|layer| LayerConfig::new(layer.units(), layer.activation));
    let config = ModelConfig::new(layers.collect());
    let mut parameters = model::draw(&config, 2, &mut Generator::new(1)).unwrap();
    for (parameters, layer) in parameters.layers.iter_mut().zip(&network.layers) {
        parameters.weight = layer.weight.clone();
        parameters.bias = Some(layer.bias.clone());
    }
    weights::write(&place.folder.path().join("net.safetensors"), &parameters).unwrap();
    // Captions have the file's name, which is the same for all.
    let draw = |from: &Path, name: &str, more: &[&str]| {
        let target = place.folder.path().join(name);
        if from != target {
            fs::copy(from, &target).unwrap();
        }
        let (code, _, errors) = place.run(
            &[
                &[
                    name,
                    "--data",
                    "moons.csv",
                    "boundary",
                    "--format",
                    "svg",
                    "--out",
                    "out",
                ],
                more,
            ]
            .concat(),
        );
        assert_eq!(code, Some(0), "{errors}");
        let svg = fs::read_to_string(place.folder.path().join("out/boundary.svg")).unwrap();
        svg.lines()
            .filter(|line| !line.contains("Read from"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let first = draw(&reference("onnx").join("torch_mlp.onnx"), "net.onnx", &[]);
    assert!(!first.is_empty());
    assert_eq!(
        draw(&reference("onnx").join("dynamo_mlp.onnx"), "net.onnx", &[]),
        first
    );
    assert_eq!(
        draw(
            &place.folder.path().join("net.safetensors"),
            "net.safetensors",
            &[]
        ),
        first
    );
}

#[test]
fn weights_of_pytorch_take_their_activations_from_the_command_line() {
    let place = Place::new();
    fs::copy(
        reference("weights/net.pt"),
        place.folder.path().join("net.pt"),
    )
    .unwrap();
    let message = place.refusal(&["net.pt", "--data", "moons.csv"]);
    assert!(
        message.contains("for example --activations tanh,tanh,sigmoid"),
        "{message}"
    );
    assert!(
        message.contains("(2 to 8)") && message.contains("(3 to 1)"),
        "{message}"
    );
    let message = place.refusal(&[
        "net.pt",
        "--data",
        "moons.csv",
        "--activations",
        "tanh,sigmoid",
    ]);
    assert!(
        message.contains("2 activations are given for 3 layers"),
        "{message}"
    );
    let (code, out, errors) = place.run(&[
        "net.pt",
        "--data",
        "moons.csv",
        "--activations",
        "tanh,relu,sigmoid",
        "boundary",
    ]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(out.contains("net-figures/boundary.svg"), "{out}");
    let (code, _, errors) = place.run(&[
        "net.pt",
        "--data",
        "moons.csv",
        "--activations",
        "tahn,relu,sigmoid",
    ]);
    assert_eq!(code, Some(2));
    assert!(errors.contains("did you mean tanh?"), "{errors}");
}

#[test]
fn the_same_network_read_from_pytorch_is_what_pytorch_computes() {
    let json: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(reference("weights.json")).unwrap()).unwrap();
    let rows: Vec<Vec<f64>> = serde_json::from_value(json["points"].clone()).unwrap();
    let points = Mat::from_fn(rows.len(), 2, |i, j| rows[i][j]);
    let activations = [Activation::Tanh, Activation::Relu, Activation::Sigmoid];
    for name in ["net.pt", "net.safetensors"] {
        let network =
            foldspace::model::stack::read(&reference("weights").join(name), &activations).unwrap();
        let ours = network.forward(points.as_ref());
        for (i, theirs) in json["outputs"].as_array().unwrap().iter().enumerate() {
            let error = (ours[(i, 0)] - theirs.as_f64().unwrap()).abs();
            assert!(error < 1e-6, "{name}, point {i}: {error}");
        }
    }
}

#[test]
fn one_unit_without_an_activation_has_to_say_what_it_means() {
    let place = Place::new();
    let model = place.onnx("torch_logit.onnx");
    let message = place.refusal(&[&model, "--data", "moons.csv", "boundary"]);
    assert!(
        message.contains("--output") && message.contains("BCEWithLogitsLoss"),
        "{message}"
    );
    let accuracy = |output: &str| {
        let (code, _, errors) = place.run(&[
            &model,
            "--data",
            "moons.csv",
            "boundary",
            "--output",
            output,
            "--out",
            output,
        ]);
        assert_eq!(code, Some(0), "{errors}");
        let svg =
            fs::read_to_string(place.folder.path().join(output).join("boundary.svg")).unwrap();
        svg.lines()
            .filter(|line| line.contains("stroke"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_ne!(accuracy("logit"), accuracy("value"));
    let sigmoid = place.onnx("torch_mlp.onnx");
    let message = place.refusal(&[
        &sigmoid,
        "--data",
        "moons.csv",
        "boundary",
        "--output",
        "logit",
    ]);
    assert!(
        message.contains("ends in sigmoid") && message.contains("leave it out"),
        "{message}"
    );
}

#[test]
fn borders_are_where_the_output_says() {
    use foldspace::model::Output;
    // One unit, z = x - 0.25: a logit is undecided at 0.25, a class number of 0 and 1 at 0.75, of -1 and 1 at 0.25.
    let network = Frozen {
        layers: vec![foldspace::model::Layer {
            name: "out".into(),
            weight: mat![[1.0, 0.0]],
            bias: vec![-0.25],
            activation: Activation::Identity,
        }],
    };
    let window = foldspace::geometry::Bounds::new((-1.0, 2.0), (0.0, 1.0)).unwrap();
    for (output, classes, at) in [
        (Output::Logit, ["0", "1"], 0.25),
        (Output::Value, ["0", "1"], 0.75),
        (Output::Probability, ["0", "1"], 0.75),
        (Output::Value, ["-1", "1"], 0.25),
        (Output::Value, ["1", "2"], 1.75),
        (Output::Logit, ["no", "yes"], 0.25),
    ] {
        let read = output.read(network.clone(), &classes).unwrap();
        let curves = foldspace::figures::boundary_curves(&read, window).unwrap();
        assert_eq!(curves.len(), 1);
        assert!(
            curves[0].iter().all(|p| (p[0] - at).abs() < 1e-12),
            "{output:?} of {classes:?}"
        );
    }
    // tanh on -1 and 1 is a sigmoid on 0 and 1.
    let mut bent = network.clone();
    bent.layers[0].activation = Activation::Tanh;
    let read = Output::Auto.read(bent.clone(), &["-1", "1"]).unwrap();
    let points = mat![[0.0, 0.0], [0.25, 0.0], [3.0, 0.0]];
    let (ours, theirs) = (read.forward(points.as_ref()), bent.forward(points.as_ref()));
    for i in 0..3 {
        assert!((ours[(i, 0)] - (theirs[(i, 0)] + 1.0) / 2.0).abs() < 1e-15);
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_way_out() {
    let place = Place::new();
    let (mlp, named) = (place.onnx("torch_mlp.onnx"), place.onnx("torch_named.onnx"));
    let message = place.refusal(&[&mlp, "--data", "four.csv"]);
    assert!(
        message.contains("4 features (a, b, c, d), the network takes 2"),
        "{message}"
    );
    let message = place.refusal(&[&mlp, "--data", "three.csv", "--target", "kind"]);
    assert!(
        message.contains("the network parts 2 classes, the data have 3: ant, bee, cat"),
        "{message}"
    );
    let (code, _, errors) = place.run(&[
        &named,
        "--data",
        "three.csv",
        "--target",
        "kind",
        "boundary",
    ]);
    assert_eq!(code, Some(0), "{errors}");
    let message = place.refusal(&[&mlp, "--data", "three.csv"]);
    assert!(message.contains("--target"), "{message}");
    let message = place.refusal(&["net.h5", "--data", "moons.csv"]);
    assert!(
        message.contains(".onnx") && message.contains("torch.onnx.export"),
        "{message}"
    );
    let message = place.refusal(&[&mlp, "--data", "moons.csv", "--activations", "tanh"]);
    assert!(
        message.contains("names its activations itself"),
        "{message}"
    );
    let message = place.refusal(&[&mlp, "--data", "moons.csv", "bondary"]);
    assert!(message.contains("did you mean boundary?"), "{message}");
    // A network that ends in three ReLU units decides nothing, but its weights can be seen.
    let path = place.folder.path().join("bent.safetensors");
    let config = ModelConfig::new(vec![
        LayerConfig::new(4, Activation::Tanh),
        LayerConfig::new(3, Activation::Relu),
    ]);
    weights::write(
        &path,
        &model::draw(&config, 2, &mut Generator::new(1)).unwrap(),
    )
    .unwrap();
    let arguments = [
        "bent.safetensors",
        "--data",
        "three.csv",
        "--target",
        "kind",
    ];
    let message = place.refusal(&[&arguments[..], &["boundary"]].concat());
    assert!(
        message.contains("3 relu units") && message.contains("draw `weights`"),
        "{message}"
    );
    let (code, _, errors) = place.run(&[&arguments[..], &["weights"]].concat());
    assert_eq!(code, Some(0), "{errors}");
}
