//! State dicts as people have them: number formats, names, checkpoints, parametrisations and batch norms, each with what
//! PyTorch computes, by `reference/state_dicts.py`; and what can't be the network, refused by its keys.

use std::fs;
use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::model::{self, Activation, Frozen, LayerConfig, ModelConfig, import, pytorch};
use foldspace::random::Generator;
use proptest::prelude::*;
use serde_json::Value;

use crate::program::succeed;

fn file(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/it/reference/state_dicts").join(name)
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/state_dicts.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_f64().unwrap()).collect()
}

/// The script's networks by name.
fn network(name: &str, weights: PathBuf) -> ModelConfig {
    let mut layers = match name {
        "plain" => vec![
            LayerConfig::new(8, Activation::Tanh),
            LayerConfig::new(3, Activation::Relu).named("embedding"),
            LayerConfig::new(1, Activation::Sigmoid),
        ],
        _ => vec![
            LayerConfig::new(4, Activation::Relu),
            LayerConfig::new(4, Activation::Relu),
            LayerConfig::new(1, Activation::Identity),
        ],
    };
    match name {
        "normed" => layers[..2]
            .iter_mut()
            .for_each(|layer| layer.batch_norm = true),
        // The second layer takes up what the first one's batch norm adds.
        "relu_after_unbiased" => layers[0].bias = false,
        "plain" | "relu" => {}
        other => panic!("{other}"),
    }
    ModelConfig {
        weights: Some(weights),
        ..ModelConfig::new(layers)
    }
}

fn initial(config: &ModelConfig) -> foldspace::error::Result<Frozen> {
    Ok(model::draw(config, 2, &mut Generator::new(1))?.fold())
}

#[test]
fn every_state_dict_computes_what_pytorch_computes() {
    let reference = reference();
    let rows: Vec<Vec<f64>> = reference["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(numbers)
        .collect();
    let points = Mat::from_fn(rows.len(), 2, |i, j| rows[i][j]);
    let cases = reference["cases"].as_array().unwrap();
    assert!(cases.len() > 50);
    let mut wrong = Vec::new();
    for case in cases {
        let name = case["file"].as_str().unwrap();
        let config = network(case["network"].as_str().unwrap(), file(name));
        let ours = match initial(&config) {
            Ok(network) => network.forward(points.as_ref()),
            Err(error) => {
                wrong.push(error.to_string());
                continue;
            }
        };
        // `f32` on their side; NaN is near nothing.
        for (i, theirs) in numbers(&case["outputs"]).into_iter().enumerate() {
            let near = (ours[(i, 0)] - theirs).abs() < 2e-6;
            if !near {
                wrong.push(format!("{name}, point {i}: {} for {theirs}", ours[(i, 0)]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!Path::new("pickle-was-executed").exists());
}

/// Every file that is refused: the network it is for, and what the message has to name.
const REFUSED: [(&str, &str, &[&str]); 19] = [
    (
        "module.pt",
        "plain",
        &[
            "torch.nn.modules.container.Sequential",
            "a whole module",
            "model.state_dict()",
        ],
    ),
    (
        "module_in_checkpoint.pt",
        "plain",
        &[
            "\"model\"",
            "torch.nn.modules.container.Sequential",
            "a whole module",
        ],
    ),
    ("command.pt", "plain", &["posix.system"]),
    ("command_in_checkpoint.pt", "plain", &["posix.system"]),
    (
        "gan.pt",
        "plain",
        &[
            "generator.0",
            "discriminator.0",
            "layers.0, embedding, layers.2",
        ],
    ),
    (
        "optimizer.pt",
        "plain",
        &["none of its keys holds tensors", "state, param_groups"],
    ),
    ("list.pt", "plain", &["a list"]),
    ("tensor.pt", "plain", &["a single tensor"]),
    ("empty.pt", "plain", &["is empty"]),
    ("numbers.pt", "plain", &["epoch, loss"]),
    (
        "complex.pt",
        "plain",
        &["\"0.weight\"", "numbers that no weight is made of"],
    ),
    (
        "float8.pt",
        "plain",
        &["\"0.weight\"", "numbers that no weight is made of"],
    ),
    (
        "convolution.pt",
        "plain",
        &["0.weight has shape [2, 1, 3, 3]", "[8, 2]"],
    ),
    (
        "lstm.pt",
        "plain",
        &["bias_hh_l0 belongs neither to a linear layer nor to a batch norm"],
    ),
    (
        "layer_norm.pt",
        "plain",
        &["0 [8, 2], 1 [8], 3 [3, 8], 5 [1, 3]"],
    ),
    (
        "norm_after.pt",
        "normed",
        &[
            "batch norm 2 stands behind the activation",
            "take batch_norm out of [model]",
        ],
    ),
    (
        "norm_between.pt",
        "normed",
        &["batch norm 2 stands between"],
    ),
    (
        "orthogonal.pt",
        "plain",
        &["0.parametrizations.weight.", "remove_parametrizations"],
    ),
    (
        "two_orders.safetensors",
        "square",
        &["first [4, 2]", "more than one order", ".pt file keeps"],
    ),
];

#[test]
fn what_is_not_the_network_is_refused_by_its_keys() {
    for (name, shape, expected) in REFUSED {
        let path = file(&format!("refused_{name}"));
        let config = match shape {
            "square" => {
                let layers = [4, 4, 4, 1].map(|units| LayerConfig::new(units, Activation::Tanh));
                ModelConfig {
                    weights: Some(path),
                    ..ModelConfig::new(layers.to_vec())
                }
            }
            shape => network(shape, path),
        };
        let message = initial(&config).unwrap_err().to_string();
        for expected in expected {
            assert!(message.contains(expected), "{name}: {message}");
        }
        assert!(
            !message.contains("opcode") && message.lines().count() == 1,
            "{message}"
        );
    }
    let there = fs::read_dir(file("")).unwrap();
    let names = there.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let refused = names.filter(|name| name.starts_with("refused_")).count();
    assert_eq!(
        refused,
        REFUSED.len(),
        "every refused file has its message here"
    );
    assert!(!Path::new("pickle-was-executed").exists());
}

#[test]
fn the_first_bytes_say_the_format_and_what_else_a_file_may_be() {
    let folder = tempfile::tempdir().unwrap();
    let tar = [&[b'a'; 257][..], b"ustar", &[0; 250]].concat();
    let cases: [(&str, &[u8], &str); 9] = [
        ("empty.pt", b"", "the file is empty"),
        ("keras.bin", b"\x89HDF\r\n\x1a\n....", "HDF5"),
        (
            "array.npy",
            b"\x93NUMPY\x01\x00....",
            "a single array of NumPy's",
        ),
        (
            "arrays.pt",
            include_bytes!("reference/npz_f4.npz"),
            "an archive of NumPy's arrays",
        ),
        (
            "pointer.safetensors",
            b"version https://git-lfs.github.com/spec/v1\n",
            "git lfs pull",
        ),
        ("packed.pt", b"\x1f\x8b\x08....", "gzip"),
        ("archive.tar", &tar, "a tar archive"),
        (
            "plain.pkl",
            b"\x80\x04}.",
            "a pickle that torch.save did not write",
        ),
        (
            "net.onnx",
            b"\x08\x07\x12\x07pytorch",
            "not a file of weights; weights are read from .safetensors and",
        ),
    ];
    for (name, bytes, expected) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        for message in [
            import::matrices(&path).unwrap_err().to_string(),
            initial(&network("plain", path.clone()))
                .unwrap_err()
                .to_string(),
        ] {
            assert!(
                message.contains(expected) && message.contains(name),
                "{message}"
            );
        }
    }
}

#[test]
fn matrices_come_in_the_models_order_and_without_wrappers() {
    let names = |name: &str| {
        let layers = import::matrices(&file(name)).unwrap().layers;
        layers
            .into_iter()
            .map(|layer| layer.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(names("named.pt"), ["lift", "embedding", "answer"]);
    assert_eq!(
        names("compiled_part.pt"),
        ["encoder.0", "encoder.2", "head"]
    );
    assert_eq!(names("prefix4.pt"), ["0", "2", "4"]);
    assert_eq!(names("weight_norm_new.pt"), ["0", "2", "4"]);
    assert_eq!(names("two_modules.pt"), ["encoder.0", "encoder.2", "head"]);
}

#[test]
fn inspect_reads_a_file_whatever_it_is_called() {
    for (name, first) in [
        ("checkpoint.tar", "0: 8 x 2, 24 parameters"),
        ("checkpoint.PTH", "0: 8 x 2, 24 parameters"),
        ("safetensors_inside.model", "0: 8 x 2, 24 parameters"),
        ("lightning.ckpt", "0: 8 x 2, 24 parameters"),
        ("weight_norm_old.pt", "0: 8 x 2, 24 parameters"),
    ] {
        let printed = succeed(".".as_ref(), &["inspect", file(name).to_str().unwrap()]);
        assert!(printed.starts_with(first), "{name}: {printed}");
    }
}

#[test]
fn an_old_file_is_refused_wherever_it_is_cut() {
    let whole = fs::read(file("old2.pt")).unwrap();
    assert!(pytorch::parse(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(pytorch::parse(&whole[..length]).is_err(), "{length}");
    }
}

proptest! {
    /// Files of every kind there is here, with bytes changed: a network, its matrices or an error.
    #[test]
    fn no_file_of_weights_panics(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        network_name in prop::sample::select(vec!["plain", "normed", "relu"]),
    ) {
        let mut names: Vec<PathBuf> = fs::read_dir(file("")).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        let path = which.get(&names);
        let mut whole = fs::read(path).unwrap();
        for (place, byte) in changes {
            // The directory of an archive is at its end, the names in a pickle at its beginning.
            let place = place.index(whole.len());
            whole[place] = byte;
        }
        let _ = import::parse_matrices(&whole, path);
        let config = network(network_name, path.clone());
        if let Ok(parameters) = import::parse(&whole, path, &config, 2) {
            prop_assert!(parameters.is_finite());
        }
    }

    /// A pickle of every kind there is here, with bytes changed and put in: no panic, and what comes out holds together.
    #[test]
    fn no_old_file_panics(
        which in prop::sample::select(vec!["old2.pt", "old4.pt", "old_half_checkpoint.pt"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        extra in prop::collection::vec(any::<u8>(), 0..30),
        at in any::<prop::sample::Index>(),
    ) {
        let mut whole = fs::read(file(which)).unwrap();
        for (place, byte) in changes {
            let place = place.index(whole.len());
            whole[place] = byte;
        }
        let at = at.index(whole.len());
        whole.splice(at..at, extra);
        for array in pytorch::parse(&whole).unwrap_or_default().into_values() {
            prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
        }
    }
}
