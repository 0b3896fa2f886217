//! ONNX files of torch's two exporters, skl2onnx and Keras against onnxruntime; and files that are no chain of layers,
//! damaged or hostile, refused.
//!
//! `reference/onnx.py` wrote the files and what onnxruntime computes with them.

use std::fs;
use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::model::{Activation, Frozen};
use foldspace::onnx;
use proptest::prelude::*;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/reference/onnx")
}

fn reference() -> Value {
    let path = folder().with_file_name("onnx.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = serde_json::from_value(value.clone()).unwrap();
    Mat::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

fn read(name: &str) -> Frozen {
    onnx::read(&folder().join(name)).unwrap()
}

fn refusal(name: &str) -> String {
    onnx::read(&folder().join(name)).unwrap_err().to_string()
}

#[test]
fn networks_compute_what_onnxruntime_does() {
    let reference = reference();
    let files = reference["files"].as_object().unwrap();
    assert!(files.len() >= 20, "{}", files.len());
    for (name, file) in files {
        let points = matrix(&reference["points"][file["inputs"].to_string()]);
        let network = read(name);
        let mut ours = network.forward(points.as_ref());
        // A logarithm of softmax is read as softmax.
        if name.ends_with("_named.onnx") {
            ours = Mat::from_fn(ours.nrows(), ours.ncols(), |i, j| libm::log(ours[(i, j)]));
        }
        let (theirs, exact) = (matrix(&file["outputs"]), matrix(&file["exact"]));
        // Of 1 - p and p, the network gives p.
        let skip = theirs.ncols() - ours.ncols();
        assert!(skip == 0 || (skip == 1 && ours.ncols() == 1), "{name}");
        // In float32, onnxruntime itself rounds by 6e-8 in every step.
        let float32 = if name.contains("double") {
            1e-12
        } else {
            2.5e-7
        };
        for (theirs, most) in [(theirs, float32), (exact, 1e-7)] {
            for i in 0..ours.nrows() {
                for j in 0..ours.ncols() {
                    let (ours, theirs) = (ours[(i, j)], theirs[(i, j + skip)]);
                    let error = (ours - theirs).abs() / theirs.abs().max(1.0);
                    assert!(error < most, "{name}, sample {i}: {ours}, {theirs}");
                }
            }
        }
    }
}

#[test]
fn activations_and_names_are_those_of_the_model() {
    use Activation::{
        Gelu, GeluTanh, HardSigmoid, HardSwish, Identity, Relu, Sigmoid, Silu, Softmax, Softplus,
        Tanh,
    };
    let activations = |name: &str| -> Vec<Activation> {
        read(name)
            .layers
            .iter()
            .map(|layer| layer.activation)
            .collect()
    };
    for exporter in ["torch", "dynamo"] {
        let smooth = activations(&format!("{exporter}_smooth.onnx"));
        assert_eq!(
            smooth[..6],
            [Silu, Gelu, GeluTanh, Softplus, Tanh, Sigmoid],
            "{exporter}"
        );
        let [
            Activation::Elu { alpha: first },
            Activation::Elu { alpha: selu },
        ] = smooth[6..8]
        else {
            panic!("{smooth:?}");
        };
        assert!((first - 0.7).abs() < 1e-7 && (selu - 1.673_263_2).abs() < 1e-6);
        assert_eq!(smooth[8..], [Softplus, Softmax]);
        let pieces = activations(&format!("{exporter}_pieces.onnx"));
        let Activation::LeakyRelu { slope } = pieces[0] else {
            panic!("{pieces:?}");
        };
        assert!((slope - 0.3).abs() < 1e-7);
        let clip = Activation::Clip {
            low: -0.5,
            high: 2.0,
        };
        let rest = [
            Activation::RELU6,
            Activation::HARD_TANH,
            clip,
            HardSigmoid,
            HardSwish,
            Relu,
            Softmax,
        ];
        assert_eq!(pieces[1..], rest, "{exporter}");
        let named = read(&format!("{exporter}_named.onnx"));
        let names: Vec<&str> = named
            .layers
            .iter()
            .map(|layer| layer.name.as_str())
            .collect();
        assert_eq!(names, ["hidden", "embedding", "out"], "{exporter}");
        // Two affine maps in a row stay two layers: the one between them may be what is to be seen.
        assert_eq!(
            activations(&format!("{exporter}_named.onnx")),
            [Silu, Identity, Softmax]
        );
        // Batch norm before and after an activation is part of the affine maps.
        assert_eq!(
            activations(&format!("{exporter}_normed.onnx")),
            [Relu, Tanh, Sigmoid]
        );
        assert_eq!(
            activations(&format!("{exporter}_wide.onnx")),
            [Relu, Tanh, Identity]
        );
    }
    // Made with a batch of 2 and no word of other sizes, it is the same network.
    assert_eq!(read("torch_static.onnx"), read("torch_viewed.onnx"));
    assert_eq!(activations("sklearn_binary.onnx"), [Tanh, Tanh, Sigmoid]);
    assert_eq!(activations("sklearn_three.onnx"), [Relu, Relu, Softmax]);
    assert_eq!(activations("sklearn_linear.onnx"), [Sigmoid]);
    assert_eq!(
        activations("sklearn_regression.onnx"),
        [Relu, Relu, Identity]
    );
    assert_eq!(activations("parts.onnx"), [Gelu, Softplus, Softmax]);
}

#[test]
fn what_is_no_chain_of_layers_is_refused_by_name() {
    for exporter in ["torch", "dynamo"] {
        let message = refusal(&format!("{exporter}_residual.onnx"));
        assert!(
            message.contains("Add") && message.contains("residual (skip) connection"),
            "{message}"
        );
        let message = refusal(&format!("{exporter}_layer_norm.onnx"));
        assert!(message.contains("layer norm"), "{message}");
        assert!(
            message.contains("dense layers, activations, batch norm"),
            "{message}"
        );
        let message = refusal(&format!("{exporter}_convolution.onnx"));
        assert!(message.contains("a convolution"), "{message}");
    }
}

#[test]
fn weights_in_a_second_file_have_to_lie_beside_the_model() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("models");
    fs::create_dir(&inside).unwrap();
    let (model, data) = ("dynamo_wide.onnx", "dynamo_wide.onnx.data");
    let whole = fs::read(self::folder().join(model)).unwrap();
    let put = |bytes: &[u8]| {
        let path = inside.join(model);
        fs::write(&path, bytes).unwrap();
        onnx::read(&path).map_err(|error| error.to_string())
    };
    let message = put(&whole).unwrap_err();
    assert!(
        message.contains(data) && message.contains("No such file"),
        "{message}"
    );
    fs::copy(self::folder().join(data), inside.join(data)).unwrap();
    assert_eq!(put(&whole).unwrap(), read(model));

    // The name of the second file, in as many letters, so that the rest of the file stays as it is.
    let renamed = |name: &str| {
        assert_eq!(name.len(), data.len());
        let mut bytes = whole.clone();
        let found: Vec<usize> = (0..bytes.len() - data.len())
            .filter(|&at| bytes[at..].starts_with(data.as_bytes()))
            .collect();
        assert!(!found.is_empty());
        for at in found {
            bytes[at..at + name.len()].copy_from_slice(name.as_bytes());
        }
        bytes
    };
    fs::copy(
        self::folder().join(data),
        folder.path().join("secret_wide.data"),
    )
    .unwrap();
    for escape in [
        "../secret_wide.data__",
        "/etc/../etc/passwd_xx",
        "a/../../b/c/d/e/f.dat",
    ] {
        let message = put(&renamed(&format!("{escape:.21}"))).unwrap_err();
        assert!(
            message.contains("points out of the model's folder"),
            "{message}"
        );
    }
    #[cfg(unix)]
    {
        let link = "linked_wide.onnx.data";
        let outside = folder.path().join("secret_wide.data");
        std::os::unix::fs::symlink(outside, inside.join(link)).unwrap();
        let message = put(&renamed(link)).unwrap_err();
        assert!(
            message.contains("points out of the model's folder"),
            "{message}"
        );
        let pipe = "endless_wide.onnx.dat";
        fs::create_dir(inside.join(pipe)).unwrap();
        let message = put(&renamed(pipe)).unwrap_err();
        assert!(message.contains("which is not a file"), "{message}");
    }
    // A file that is shorter than what is asked of it.
    fs::write(inside.join(data), [0; 100]).unwrap();
    let message = put(&whole).unwrap_err();
    assert!(
        message.contains("which has 100, are to be read"),
        "{message}"
    );
}

/// A field of a protocol buffer that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    let mut message = vec![number << 3 | 2];
    let mut length = bytes.len();
    while length > 127 {
        message.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    message.push(length as u8);
    message.extend(bytes);
    message
}

/// An integer in a field.
fn number(field: u8, mut value: u64) -> Vec<u8> {
    let mut message = vec![field << 3];
    while value > 127 {
        message.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    message.push(value as u8);
    message
}

/// A model with one input of `features` numbers, one output, and this in its graph.
fn model(features: u64, body: &[Vec<u8>]) -> Vec<u8> {
    let port = |name: &str| {
        let axis = |size: u64| field(1, &number(1, size));
        let shape = [axis(0), axis(features)].concat();
        let tensor = [number(1, 1), field(2, &shape)].concat();
        [field(1, name.as_bytes()), field(2, &field(1, &tensor))].concat()
    };
    let mut graph = body.concat();
    graph.extend(field(11, &port("x")));
    graph.extend(field(12, &port("y")));
    field(7, &graph)
}

fn node(op: &str, inputs: &[&str], output: &str) -> Vec<u8> {
    let mut message: Vec<u8> = inputs
        .iter()
        .flat_map(|input| field(1, input.as_bytes()))
        .collect();
    message.extend(field(2, output.as_bytes()));
    message.extend(field(4, op.as_bytes()));
    field(1, &message)
}

/// A constant of this shape that is said to be float32, with these bytes.
fn constant(name: &str, shape: &[u64], raw: &[u8]) -> Vec<u8> {
    let mut message: Vec<u8> = shape.iter().flat_map(|&size| number(1, size)).collect();
    message.extend(number(2, 1));
    message.extend(field(8, name.as_bytes()));
    message.extend(field(9, raw));
    field(5, &message)
}

fn refused(bytes: &[u8]) -> String {
    let started = std::time::Instant::now();
    let error = onnx::parse(bytes, Path::new("bomb.onnx"), None)
        .unwrap_err()
        .to_string();
    assert!(started.elapsed().as_secs() < 20, "{error}");
    error
}

#[test]
fn bombs_are_refused_in_little_time_and_memory() {
    // Graphs in attributes in nodes in graphs, a hundred thousand deep: nobody goes down there.
    let mut nested = Vec::new();
    for _ in 0..2_000 {
        nested = field(1, &field(5, &field(6, &nested)));
    }
    let message = refused(&model(2, &[nested, node("Relu", &["z"], "y")]));
    assert!(message.contains("nothing makes"), "{message}");

    // A weight of 2^62 x 0 numbers, one of 2^40 by its shape alone, and one of a negative size.
    for (shape, said) in [
        ([1 << 62, 0], "no entries"),
        ([1 << 20, 1 << 20], "more than 100000000 numbers"),
        ([u64::MAX, 2], "has the shape"),
    ] {
        let message = refused(&model(
            2,
            &[node("MatMul", &["x", "w"], "y"), constant("w", &shape, &[])],
        ));
        assert!(message.contains(said), "{message}");
    }
    // A column times a row, squared again: 10^10 numbers out of 800 bytes.
    let ones: Vec<u8> = [1.0_f32; 100]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let message = refused(&model(
        2,
        &[
            constant("a", &[100, 1, 1], &ones),
            constant("b", &[100, 1], &ones),
            constant("c", &[100], &ones),
            node("Mul", &["a", "b"], "ab"),
            node("Mul", &["ab", "c"], "abc"),
            node("Mul", &["x", "abc"], "y"),
        ],
    ));
    assert!(
        message.contains("many more numbers than it has"),
        "{message}"
    );
    // An activation on 10^15 features would be a layer of 10^30 weights.
    let message = refused(&model(1_000_000_000_000_000, &[node("Relu", &["x"], "y")]));
    assert!(message.contains("numbers come at once"), "{message}");
    let message = refused(&model(900_000, &[node("Relu", &["x"], "y")]));
    assert!(
        message.contains("too large a network to look at"),
        "{message}"
    );
    // A value that doubles in each step: 2^500 operations, if each were done anew.
    let mut body = Vec::new();
    for k in 0..500 {
        let (from, to) = (format!("v{k}"), format!("v{}", k + 1));
        let from = if k == 0 { "x" } else { from.as_str() };
        body.push(node("Mul", &[from, from], if k == 499 { "y" } else { &to }));
    }
    let message = refused(&model(2, &body));
    assert!(message.contains("more than 200 operations"), "{message}");
    // A value that is made of itself.
    let message = refused(&model(2, &[node("Relu", &["y"], "y")]));
    assert!(message.contains("nothing makes"), "{message}");
    for nothing in [&b""[..], b"\x00", b"onnx", &[0xff; 40]] {
        assert!(refused(nothing).contains("export it again"));
    }
}

fn files() -> Vec<Vec<u8>> {
    let names = [
        "torch_smooth",
        "dynamo_normed",
        "sklearn_binary",
        "keras",
        "parts",
        "sklearn_linear",
    ];
    names
        .iter()
        .map(|name| fs::read(folder().join(format!("{name}.onnx"))).unwrap())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// What comes out of a damaged file, if anything, is a network that holds together.
    #[test]
    fn no_damage_panics(
        which in 0_usize..6,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in any::<prop::sample::Index>(),
        cuts in any::<bool>(),
    ) {
        let mut bytes = files()[which].clone();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if cuts {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(network) = onnx::parse(&bytes, Path::new("damaged.onnx"), None) {
            for pair in network.layers.windows(2) {
                prop_assert_eq!(pair[0].units(), pair[1].inputs());
            }
            for layer in &network.layers {
                prop_assert_eq!(layer.bias.len(), layer.units());
            }
        }
    }
}
