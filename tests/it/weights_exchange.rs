//! Weights that PyTorch wrote, read; and files that are damaged, foreign or hostile, refused.
//!
//! `reference/weights_exchange.py` wrote the files and the outputs that PyTorch computes with them. The other direction, what this
//! program saves in PyTorch, is checked by the same script.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use faer::Mat;
use foldspace::data::Moons;
use foldspace::device::{self, Backend};
use foldspace::model::{self, Activation, Frozen, LayerConfig, ModelConfig, import, pytorch};
use foldspace::random::{Generator, RandomState};
use foldspace::train::{Loss, OptimizerConfig, OptimizerName, TrainConfig, Trainer};
use proptest::prelude::*;
use serde_json::Value;

use crate::program::foldspace;

fn file(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("tests/it/reference/weights").join(name)
}

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/weights.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().unwrap().iter();
    items.map(|item| item.as_f64().unwrap()).collect()
}

fn matrix(value: &Value) -> Mat<f64> {
    let rows: Vec<Vec<f64>> = value.as_array().unwrap().iter().map(numbers).collect();
    Mat::from_fn(rows.len(), rows[0].len(), |i, j| rows[i][j])
}

/// The script's `network`.
fn network(weights: PathBuf) -> ModelConfig {
    let layers = vec![
        LayerConfig::new(8, Activation::Tanh),
        LayerConfig::new(3, Activation::Relu).named("embedding"),
        LayerConfig::new(1, Activation::Sigmoid),
    ];
    ModelConfig {
        weights: Some(weights),
        ..ModelConfig::new(layers)
    }
}

/// The script's `normed`.
fn normed(weights: PathBuf) -> ModelConfig {
    let mut first = LayerConfig::new(4, Activation::Relu);
    first.batch_norm = true;
    ModelConfig {
        weights: Some(weights),
        ..ModelConfig::new(vec![first, LayerConfig::new(1, Activation::Identity)])
    }
}

fn initial(config: &ModelConfig) -> foldspace::error::Result<Frozen> {
    Ok(model::draw(config, 2, &mut Generator::new(1))?.fold())
}

#[test]
fn what_pytorch_saved_computes_the_same_here() {
    let reference = reference();
    let points = matrix(&reference["points"]);
    let plain = ["net.pt", "net.safetensors", "double.pt"];
    let plain = plain.map(|name| (name, network(file(name)), "outputs"));
    let norms = ["normed.pt", "normed.safetensors"];
    let norms = norms.map(|name| (name, normed(file(name)), "normed_outputs"));
    for (name, config, outputs) in plain.into_iter().chain(norms) {
        let ours = initial(&config).unwrap().forward(points.as_ref());
        for (i, theirs) in numbers(&reference[outputs]).into_iter().enumerate() {
            let error = (ours[(i, 0)] - theirs).abs();
            assert!(error < 1e-6, "{name}, point {i}: {error}");
        }
    }
}

#[test]
fn training_from_loaded_weights_goes_on_as_in_pytorch() {
    let moons = Moons {
        samples: 60,
        noise: 0.1,
    };
    let data = moons.generate(&mut RandomState::new(5)).unwrap();
    let mut train = TrainConfig::new(5, Loss::Bce, OptimizerConfig::new(OptimizerName::Sgd, 0.1));
    train.batch_size = Some(16);
    let model = network(file("net.pt"));
    for backend in [Backend::Flex, Backend::Ndarray] {
        let device = device::open(backend).unwrap();
        let mut trainer = Trainer::new(&train, &model, &data, None, 5, &device).unwrap();
        for theirs in numbers(&reference()["losses"]) {
            let ours = trainer.next_epoch().unwrap().unwrap().metrics.train_loss;
            assert!((ours - theirs).abs() < 1e-6, "{backend}: {ours}, {theirs}");
        }
    }
}

#[test]
fn views_of_one_storage_are_gathered() {
    let arrays = pytorch::read(&file("views.pt")).unwrap();
    let views = reference()["views"].clone();
    assert_eq!(arrays.len(), views.as_object().unwrap().len());
    for (name, view) in views.as_object().unwrap() {
        let expected = matrix(view);
        let array = &arrays[name];
        assert_eq!(array.shape, [expected.nrows(), expected.ncols()]);
        let rows = (0..expected.nrows()).flat_map(|i| expected.row(i).iter());
        assert!(array.values.iter().map(|&x| f64::from(x)).eq(rows.copied()));
    }
    // In the order of the numbers in the names, 10 after 2.
    let layers = import::matrices(&file("views.pt")).unwrap().layers;
    let names: Vec<&str> = layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["1", "2", "10"]);
}

#[test]
fn what_does_not_fit_the_network_is_refused_with_what_was_expected() {
    let refusal = |config: &ModelConfig, inputs: usize| {
        let error = model::draw(config, inputs, &mut Generator::new(1)).unwrap_err();
        error.to_string()
    };
    let net = || network(file("net.pt"));

    let mut wide = net();
    wide.layers[0].units = 100;
    let message = refusal(&wide, 2);
    assert!(
        message.contains("net.pt: 0.weight has shape [8, 2], but weight of layers.0 has to be [100, 2]; change [model]"),
        "{message}"
    );
    let message = refusal(&net(), 3);
    assert!(message.contains("has to be [8, 3]"), "{message}");

    let mut shallow = net();
    shallow.layers.pop();
    let message = refusal(&shallow, 2);
    assert!(
        message.contains("its modules are 0 [8, 2], 2 [3, 8], 4 [1, 3], but the network's are layers.0, embedding, or"),
        "{message}"
    );

    let mut unbiased = net();
    unbiased.layers[1].bias = false;
    let message = refusal(&unbiased, 2);
    assert!(
        message.contains("2.bias is more than the network of embedding has"),
        "{message}"
    );

    let message = refusal(&normed(file("net.pt")), 2);
    assert!(
        message.contains("0.weight has shape [8, 2], but weight of layers.0 has to be [4, 2]"),
        "{message}"
    );
    let message = refusal(&network(file("nowhere.pt")), 2);
    assert!(message.contains("nowhere.pt: cannot read"), "{message}");
}

#[test]
fn other_pickles_are_refused_by_name_and_never_run() {
    let refusals = [
        (
            "whole.pt",
            "it is an object of torch.nn.modules.container.Sequential, a whole module rather than its state dict",
        ),
        (
            "command.pt",
            "it asks for posix.system, which is not part of a state dict",
        ),
        ("net.safetensors", "not a zip archive"),
    ];
    for (name, expected) in refusals {
        let message = pytorch::read(&file(name)).unwrap_err().to_string();
        assert!(message.contains(expected), "{name}: {message}");
        assert!(
            message.ends_with("write it with torch.save(model.state_dict(), ...)"),
            "{message}"
        );
    }
    assert!(!Path::new("pickle-was-executed").exists());
    // What earlier versions refused: a checkpoint, half precision and the format before PyTorch 1.6.
    let net = pytorch::read(&file("net.pt")).unwrap();
    assert_eq!(pytorch::read(&file("checkpoint.pt")).unwrap(), net);
    assert_eq!(pytorch::read(&file("old.pt")).unwrap(), net);
    assert_eq!(
        pytorch::read(&file("half.pt")).unwrap()["0.weight"].values,
        [0.0; 4]
    );
}

/// The entries of an archive of PyTorch's, and their bytes.
fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let zip = rawzip::ZipArchive::from_slice(archive).unwrap();
    let entries = zip.entries().map(|entry| {
        let entry = entry.unwrap();
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let mut bytes = Vec::new();
        let entry = zip.get_entry(entry.wayfinder()).unwrap();
        entry.data().read_to_end(&mut bytes).unwrap();
        (name, bytes)
    });
    entries.collect()
}

/// An archive with these entries, every checksum right.
fn archive(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut whole = Vec::new();
    let mut zip = rawzip::ZipArchiveWriter::new(&mut whole);
    for (name, bytes) in entries {
        let (mut entry, config) = zip.new_file(name).start().unwrap();
        let mut writer = config.wrap(&mut entry);
        writer.write_all(bytes).unwrap();
        let (_, descriptor) = writer.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    zip.finish().unwrap();
    whole
}

/// `net.pt` with another pickle in it.
fn with_pickle(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut entries = entries(&fs::read(file("net.pt")).unwrap());
    let pickle = entries.iter_mut().find(|(name, _)| name == "net/data.pkl");
    change(&mut pickle.unwrap().1);
    archive(&entries)
}

/// Replaces the only occurrence of some bytes.
fn replace(pickle: &mut Vec<u8>, old: &[u8], new: &[u8]) {
    let places = pickle.windows(old.len()).enumerate();
    let found: Vec<usize> = places.filter(|(_, w)| *w == old).map(|(i, _)| i).collect();
    assert_eq!(found.len(), 1);
    pickle.splice(found[0]..found[0] + old.len(), new.iter().copied());
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_asked_for() {
    assert_eq!(
        pytorch::parse(&with_pickle(|_| {})).unwrap(),
        pytorch::read(&file("net.pt")).unwrap()
    );
    // The first weight: shape (8, 2), strides (2, 1). K: one byte; \x86: a tuple of two; q: memo.
    let (shape, strides) = (b"K\x08K\x02\x86q\x09", b"K\x02K\x01\x86q\x0a");
    let huge = b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86q\x09";
    let longest = b"\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f";
    let cases: [(&[u8], Vec<u8>, &str); 7] = [
        (shape, huge.to_vec(), "the most is 100000000"),
        (
            shape,
            [b"K\x00".as_slice(), longest, b"\x86q\x09"].concat(),
            "has shape",
        ),
        (
            shape,
            b"K\x08K\x03\x86q\x09".to_vec(),
            "\"0.weight\" reaches beyond its storage",
        ),
        (
            shape,
            b"K\x08\x85q\x09".to_vec(),
            "\"0.weight\" reaches beyond its storage",
        ),
        (
            shape,
            b"K\x08J\xff\xff\xff\xff\x86q\x09".to_vec(),
            "a size can't be -1",
        ),
        (
            strides,
            [b"K\x02".as_slice(), longest, b"\x86q\x0a"].concat(),
            "reaches beyond",
        ),
        (
            b"K\x10tq\x08QK\x00",
            b"K\x11tq\x08QK\x00".to_vec(),
            "storage 0 should hold 17 numbers of 4 bytes, but has 64 bytes",
        ),
    ];
    for (old, new, expected) in cases {
        let whole = with_pickle(|pickle| replace(pickle, old, &new));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("net.pt");
        fs::write(&path, whole).unwrap();
        let message = initial(&network(path)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}

#[test]
fn a_cut_file_is_refused_wherever_it_is_cut() {
    let whole = fs::read(file("net.pt")).unwrap();
    for length in 0..whole.len() {
        assert!(pytorch::parse(&whole[..length]).is_err(), "{length}");
    }
    let pickle = &entries(&whole)[0];
    assert_eq!(pickle.0, "net/data.pkl");
    for length in 0..pickle.1.len() {
        let cut = with_pickle(|pickle| pickle.truncate(length));
        let message = pytorch::parse(&cut).unwrap_err();
        assert!(message.contains("it is cut off"), "{length}: {message}");
    }
}

#[test]
fn numbers_that_are_not_finite_are_refused() {
    let mut entries = entries(&fs::read(file("net.pt")).unwrap());
    let storage = entries.iter_mut().find(|(name, _)| name == "net/data/1");
    storage.unwrap().1[..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("net.pth");
    fs::write(&path, archive(&entries)).unwrap();
    let message = initial(&network(path)).unwrap_err().to_string();
    assert!(message.contains("a number that is not finite"), "{message}");
}

#[test]
fn the_command_line_reads_pytorchs_files() {
    let folder = tempfile::tempdir().unwrap();
    let nested = folder.path().join("configs");
    fs::create_dir(&nested).unwrap();
    fs::copy(file("net.pt"), nested.join("net.pt")).unwrap();
    let config = "seed = 5
[data]
name = 'moons'
samples = 60
test_fraction = 0.0
[model]
weights = 'net.pt'
layers = [
    { units = 8, activation = 'tanh' },
    { units = 3, activation = 'relu' },
    { units = 1, activation = 'sigmoid' },
]
[train]
epochs = 5
batch_size = 16
loss = 'bce'
optimizer = { name = 'sgd', lr = 0.1 }
";
    fs::write(nested.join("net.toml"), config).unwrap();
    let run = |arguments: &[&str]| foldspace(folder.path(), arguments);
    // The path is relative to the configuration, not to where the command runs.
    let (code, _, errors) = run(&["train", "configs/net.toml"]);
    assert_eq!(code, Some(0), "{errors}");
    let metrics = fs::read_to_string(folder.path().join("artifacts/runs/net/metrics.csv")).unwrap();
    let losses = metrics
        .lines()
        .skip(1)
        .map(|line| line.split(',').nth(1).unwrap());
    for (ours, theirs) in losses.zip(numbers(&reference()["losses"])) {
        assert!((ours.parse::<f64>().unwrap() - theirs).abs() < 1e-6);
    }

    let (code, printed, errors) = run(&["inspect", "configs/net.pt"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(printed.contains("0: 8 x 2, 24 parameters"), "{printed}");
    let hostile = file("command.pt");
    let (code, _, errors) = run(&["inspect", hostile.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(errors.contains("it asks for posix.system"), "{errors}");
    assert!(!folder.path().join("pickle-was-executed").exists());
}

proptest! {
    #[test]
    fn a_changed_byte_never_changes_a_weight(place in 0_usize..3045, change in 1_u8..) {
        let mut whole = fs::read(file("net.pt")).unwrap();
        let original = pytorch::parse(&whole).unwrap();
        let place = place % whole.len();
        whole[place] ^= change;
        if let Ok(arrays) = pytorch::parse(&whole) {
            prop_assert_eq!(arrays, original);
        }
    }

    #[test]
    fn no_pickle_panics(
        changes in prop::collection::vec((0_usize..473, any::<u8>()), 1..6),
        extra in prop::collection::vec(any::<u8>(), 0..30),
        at in 0_usize..473,
    ) {
        let whole = with_pickle(|pickle| {
            for (place, byte) in changes {
                let place = place % pickle.len();
                pickle[place] = byte;
            }
            let at = at % pickle.len();
            pickle.splice(at..at, extra);
        });
        // What comes out, if anything, holds together.
        for array in pytorch::parse(&whole).unwrap_or_default().into_values() {
            prop_assert_eq!(array.values.len(), array.shape.iter().product::<usize>());
        }
    }
}
