//! Exports: what is written reads back as what the run holds. `reference/export.py` opens the same files with NumPy,
//! PyTorch and TensorBoard.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use faer::Mat;
use foldspace::config::Config;
use foldspace::data::Task;
use foldspace::data::csv::{self};
use foldspace::data::npz::{self, Layout};
use foldspace::device::Backend;
use foldspace::export::record::frames;
use foldspace::export::{Content, Format, Part, Request, export};
use foldspace::run::{Run, Session};
use safetensors::SafeTensors;

fn train(root: &Path, overrides: &[&str]) -> Run {
    let text = "[data]
        name = 'blobs'
        samples = 40
        centers = 3
        [model]
        layers = [{ units = 6, activation = 'tanh' },
                  { units = 2, activation = 'tanh', name = 'embedding' },
                  { units = 3, activation = 'softmax' }]
        [train]
        epochs = 4
        loss = 'cross_entropy'
        optimizer = { name = 'sgd', lr = 0.5 }
        [capture]
        every = 2
        sites = ['embedding', 'layers.2']";
    let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
    let config = Config::parse(text, "test.toml", &overrides).unwrap();
    let path = root.join("run");
    let mut session = Session::create(&config, &path, Backend::Flex, false).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    Run::open(&path).unwrap()
}

fn request(content: Content, format: Format, sites: &[&str], out: &Path) -> Request {
    Request {
        content,
        format,
        epoch: 4,
        sites: sites.iter().map(|&site| site.to_owned()).collect(),
        part: Part::Train,
        out: Some(out.to_path_buf()),
    }
}

fn activations(run: &Run, format: Format, sites: &[&str], out: PathBuf) -> PathBuf {
    let written = export(run, &request(Content::Activations, format, sites, &out)).unwrap();
    assert!(
        written.iter().all(|path| path.starts_with(&out)),
        "{written:?}"
    );
    out
}

/// The recorded `f32` as `f64`, exactly.
fn assert_same(read: &Mat<f64>, recorded: &Mat<f64>) {
    assert_eq!(read, recorded);
}

#[test]
fn activations_read_back_from_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = train(root, &[]);
    let recorded = run.activations(4).unwrap();
    let labels = run.split().unwrap().train.labels().unwrap().to_vec();
    let sites = ["embedding", "layers.2"];

    let path = activations(&run, Format::Npz, &sites, root.join("a.npz"));
    for site in sites {
        let layout = Layout {
            features: site,
            target: "targets",
            task: Task::Auto,
        };
        let read = npz::read(&path, layout).unwrap();
        assert_same(&read.features, &recorded[site]);
        assert_eq!(read.labels(), Some(&labels[..]));
    }

    let path = activations(&run, Format::Csv, &["embedding"], root.join("a.csv"));
    let read = csv::read(&path, None, Task::Auto).unwrap();
    assert_eq!(read.feature_names, ["embedding.1", "embedding.2"]);
    let single = Mat::from_fn(32, 2, |i, j| f64::from(read.features[(i, j)] as f32));
    assert_same(&single, &recorded["embedding"]);
    assert_eq!(read.labels(), Some(&labels[..]));

    let path = activations(
        &run,
        Format::Safetensors,
        &sites,
        root.join("a.safetensors"),
    );
    let bytes = fs::read(path).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = file.tensor("layers.2").unwrap();
    assert_eq!(tensor.shape(), [32, 3]);
    let first = f32::from_le_bytes(tensor.data()[..4].try_into().unwrap());
    assert_eq!(f64::from(first), recorded["layers.2"][(0, 0)]);
    let targets = file.tensor("targets").unwrap();
    assert_eq!(
        (targets.dtype(), targets.shape()),
        (safetensors::Dtype::I64, &[32][..])
    );

    let directory = activations(&run, Format::Projector, &sites, root.join("projector"));
    let table = fs::read_to_string(directory.join("embedding.tsv")).unwrap();
    let cells: Vec<Vec<f32>> = table
        .lines()
        .map(|line| line.split('\t').map(|cell| cell.parse().unwrap()).collect())
        .collect();
    let table = Mat::from_fn(32, 2, |i, j| f64::from(cells[i][j]));
    assert_same(&table, &recorded["embedding"]);
    let metadata = fs::read_to_string(directory.join("metadata.tsv")).unwrap();
    let named: Vec<usize> = metadata.lines().map(|line| line.parse().unwrap()).collect();
    assert_eq!(named, labels);
    let config = fs::read_to_string(directory.join("projector_config.pbtxt")).unwrap();
    assert_eq!(config.matches("tensor_path").count(), 2);
    // TensorBoard looks for that file in directories with an event file only.
    let events = fs::read(directory.join("events.out.tfevents.0.foldspace")).unwrap();
    assert_eq!(frames(&events).unwrap().len(), 1);
}

/// The metadata of a safetensors file.
fn metadata(path: &Path) -> BTreeMap<String, String> {
    let bytes = fs::read(path).unwrap();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    header.metadata().clone().unwrap().into_iter().collect()
}

#[test]
fn every_safetensors_file_is_marked_for_pytorch_and_keeps_the_classes_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let table = ["x,y,kind"]
        .into_iter()
        .map(str::to_owned)
        .chain((0..30).map(|i| format!("{},{},{}", i % 7, i % 5, ["\"a, b\"", "ü", "c"][i % 3])));
    fs::write(
        root.join("t.csv"),
        table.collect::<Vec<_>>().join("\n") + "\n",
    )
    .unwrap();
    let path = format!(
        "data={{ path = '{}', target = 'kind' }}",
        root.join("t.csv").display()
    );
    let run = train(root, &[&path]);
    for (content, name) in [(Content::Activations, "a"), (Content::Weights, "w")] {
        let out = root.join(format!("{name}.safetensors"));
        export(&run, &request(content, Format::Safetensors, &[], &out)).unwrap();
        let found = metadata(&out);
        assert_eq!(found["format"], "pt");
        let names: Vec<String> = serde_json::from_str(&found["target_names"]).unwrap();
        assert_eq!(names, ["a, b", "c", "ü"]);
        // The same bytes each time, with two keys of metadata or more.
        let again = root.join("again.safetensors");
        export(&run, &request(content, Format::Safetensors, &[], &again)).unwrap();
        assert!(fs::read(&out).unwrap() == fs::read(&again).unwrap());
        let bytes = fs::read(&out).unwrap();
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        assert_eq!(length % 8, 0, "the numbers are aligned");
    }
    for file in ["weights", "activations", "checkpoint"] {
        let path = run.paths.root().join(file).join("epoch-000004.safetensors");
        assert_eq!(metadata(&path)["format"], "pt", "{file}");
    }
}

#[test]
fn events_bear_the_time_at_which_their_epoch_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let now = || {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_secs_f64()
    };
    let before = now();
    let run = train(root, &[]);
    let after = now();
    let times = |name: &str| {
        let out = root.join(name);
        let wanted = request(Content::Metrics, Format::Tensorboard, &[], &out);
        let bytes = fs::read(&export(&run, &wanted).unwrap()[0]).unwrap();
        let events = frames(&bytes).unwrap();
        let time = |event: &&[u8]| {
            let event: BTreeMap<u64, Vec<u8>> = fields(event).into_iter().collect();
            f64::from_le_bytes(event[&1][..].try_into().unwrap())
        };
        events.iter().map(time).collect::<Vec<f64>>()
    };
    // The table has milliseconds.
    let real = times("real");
    assert!(
        real.is_sorted() && real[0] >= before - 0.001 && real[4] <= after + 0.001,
        "{real:?}"
    );

    // A table of before there were times: counted back from when it was written.
    let timing = run.paths.timing();
    let old = "epoch,seconds\n1,0.5\n2,0.25\n3,1\n4,2\n";
    fs::write(&timing, old).unwrap();
    let written = fs::metadata(&timing).unwrap().modified().unwrap();
    let written = written
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs_f64();
    let found = times("old");
    let expected = [-3.25, -3.25, -3.0, -2.0, 0.0].map(|before| written + before);
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    }
    // Such a run goes on, and its table has times from there.
    let wish = foldspace::run::Resume {
        epochs: Some(5),
        ..Default::default()
    };
    let mut session = Session::resume(run.paths.root(), &wish).unwrap();
    session.train(&AtomicBool::new(false), |_| ()).unwrap();
    let text = fs::read_to_string(&timing).unwrap();
    assert!(
        text.starts_with("epoch,seconds,unix_time\n1,0.5,\n2,0.25,\n"),
        "{text}"
    );
    let found = times("mixed");
    assert!(found.is_sorted() && found[5] >= after, "{found:?}");
}

#[test]
fn layers_that_were_not_hooked_are_computed_from_the_weights() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = train(root, &[]);
    let network = run.frozen(2).unwrap();
    for (part, samples) in [(Part::Train, 32), (Part::Test, 8)] {
        let split = run.split().unwrap();
        let data = if part == Part::Train {
            split.train
        } else {
            split.test
        };
        let wanted = Request {
            epoch: 2,
            part,
            ..request(
                Content::Activations,
                Format::Npz,
                &["layers.0.pre", "layers.0"],
                &root.join("b.npz"),
            )
        };
        export(&run, &wanted).unwrap();
        for (site, expected) in [
            (
                "layers.0.pre",
                network.layers[0].affine(data.features.as_ref()),
            ),
            (
                "layers.0",
                network.layers[0].forward(data.features.as_ref()),
            ),
        ] {
            let layout = Layout {
                features: site,
                target: "targets",
                task: Task::Auto,
            };
            let read = npz::read(&root.join("b.npz"), layout).unwrap();
            assert_eq!(read.samples(), samples);
            let single = Mat::from_fn(samples, 6, |i, j| f64::from(expected[(i, j)] as f32));
            assert_same(&read.features, &single);
        }
    }
}

#[test]
fn weights_are_those_of_the_epoch_by_pytorchs_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = train(root, &[]);
    let out = root.join("w.safetensors");
    export(
        &run,
        &request(Content::Weights, Format::Safetensors, &[], &out),
    )
    .unwrap();
    assert_eq!(
        foldspace::model::weights::read(&out).unwrap(),
        run.frozen(4).unwrap()
    );
    let bytes = fs::read(&out).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort();
    assert_eq!(
        names,
        [
            "embedding.bias",
            "embedding.weight",
            "layers.0.bias",
            "layers.0.weight",
            "layers.2.bias",
            "layers.2.weight"
        ]
    );
    assert_eq!(file.tensor("embedding.weight").unwrap().shape(), [2, 6]);
}

/// One field of a protocol buffer: its number and its bytes; a varint's are little-endian.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let (first, rest) = bytes.split_first().unwrap();
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            if first & 0x80 == 0 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key & 7 {
            0 => {
                let value = varint(&mut bytes);
                fields.push((key >> 3, value.to_le_bytes().to_vec()));
                continue;
            }
            1 => 8,
            5 => 4,
            _ => varint(&mut bytes) as usize,
        };
        let (value, rest) = bytes.split_at(length);
        fields.push((key >> 3, value.to_vec()));
        bytes = rest;
    }
    fields
}

#[test]
fn event_files_hold_the_metrics_in_checked_frames() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = train(root, &[]);
    let out = root.join("logs");
    let written = export(
        &run,
        &request(Content::Metrics, Format::Tensorboard, &[], &out),
    )
    .unwrap();
    assert_eq!(written.len(), 1);
    let bytes = fs::read(&written[0]).unwrap();
    let events = frames(&bytes).unwrap();
    assert_eq!(events.len(), 5);
    assert!(fields(events[0]).contains(&(3, b"brain.Event:2".to_vec())));
    let metrics = run.metrics().unwrap();
    let mut clock = -1.0;
    for (event, expected) in events[1..].iter().zip(&metrics) {
        let event: BTreeMap<u64, Vec<u8>> = fields(event).into_iter().collect();
        assert_eq!(event[&2], (expected.epoch as u64).to_le_bytes());
        let time = f64::from_le_bytes(event[&1][..].try_into().unwrap());
        assert!(time > clock, "{time} after {clock}");
        clock = time;
        let values: BTreeMap<String, f32> = fields(&event[&5])
            .into_iter()
            .map(|(_, value)| {
                let value: BTreeMap<u64, Vec<u8>> = fields(&value).into_iter().collect();
                let tag = String::from_utf8(value[&1].clone()).unwrap();
                (tag, f32::from_le_bytes(value[&2][..].try_into().unwrap()))
            })
            .collect();
        assert_eq!(values["loss/train"], expected.train_loss as f32);
        assert_eq!(values["loss/test"], expected.test_loss.unwrap() as f32);
        assert_eq!(
            values["accuracy/test"],
            expected.test_accuracy.unwrap() as f32
        );
        assert_eq!(values["grad_norm"], expected.grad_norm as f32);
        assert!(
            values.contains_key("grad_norm/embedding.weight"),
            "{values:?}"
        );
    }
    // The checksums are there to be checked.
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        assert_eq!(frames(&altered), None, "byte {at}");
    }
    assert_eq!(frames(&bytes[..bytes.len() - 1]), None);
}

#[test]
fn a_table_of_metrics_has_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let run = train(folder.path(), &[]);
    let out = folder.path().join("m.csv");
    export(&run, &request(Content::Metrics, Format::Csv, &[], &out)).unwrap();
    let text = fs::read_to_string(out).unwrap();
    let header = text.lines().next().unwrap();
    assert!(header.starts_with(
        "epoch,train_loss,train_accuracy,test_loss,test_accuracy,learning_rate,grad_norm"
    ));
    assert!(header.ends_with(",seconds"), "{header}");
    assert_eq!(text.lines().count(), 5);
}

#[test]
fn what_cannot_be_exported_is_refused_with_what_can() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let run = train(root, &["data.test_fraction=0"]);
    let out = root.join("out");
    let refused = |request: Request| export(&run, &request).unwrap_err().to_string();
    let error = refused(request(Content::Weights, Format::Csv, &[], &out));
    assert!(
        error.ends_with("export weights as safetensors, npz"),
        "{error}"
    );
    let error = refused(request(Content::Metrics, Format::Projector, &[], &out));
    assert!(
        error.ends_with("export metrics as csv, tensorboard"),
        "{error}"
    );
    let error = refused(request(
        Content::Activations,
        Format::Npz,
        &["layers.1"],
        &out,
    ));
    assert!(error.contains("layers.0, embedding, layers.2"), "{error}");
    let error = refused(request(
        Content::Activations,
        Format::Npz,
        &["embedding", "embedding"],
        &out,
    ));
    assert!(error.contains("twice"), "{error}");
    let held_out = Request {
        part: Part::Test,
        ..request(Content::Activations, Format::Csv, &[], &out)
    };
    assert!(refused(held_out).contains("held no samples out"));
    assert!(!out.exists());
}

/// What a run's files hold: the captured activation, fed into the rest of the network, gives the captured output, for
/// every kind of points.
#[test]
fn captures_of_a_run_replay_to_their_output() {
    let every = ["capture.sites=['layers.0', 'embedding.pre', 'embedding', 'layers.2']"];
    for of in ["train", "test", "grid"] {
        let folder = tempfile::tempdir().unwrap();
        let which = format!("capture.of={of}");
        let run = train(folder.path(), &[every[0], &which]);
        for epoch in [0, 2, 4] {
            let captured = run.activations(epoch).unwrap();
            let network = run.frozen(epoch).unwrap();
            let split = run.split().unwrap();
            let inputs = match of {
                "train" => split.train.features,
                "test" => split.test.features,
                _ => captured["input"].clone(),
            };
            assert_eq!(captured["layers.2"].nrows(), inputs.nrows(), "{of}");
            let output = &captured["layers.2"];
            let near =
                |replayed: Mat<f64>| assert!((replayed - output).norm_max() < 2e-6, "{of} {epoch}");
            near(network.forward(inputs.as_ref()));
            for (site, layers) in [("layers.0", 1), ("embedding", 2)] {
                let (_, rest) = network.split_at(layers);
                near(rest.forward(captured[site].as_ref()));
            }
            let (_, rest) = network.split_at(2);
            let bent = network.layers[1].activate(captured["embedding.pre"].clone());
            near(rest.forward(bent.as_ref()));
        }
        // A figure of the training set is drawn from the weights where another set was captured.
        foldspace::figures::Name::Embedding
            .draw(&run, 4, &foldspace::figures::InputAxes::Automatic)
            .unwrap();
    }
}

#[test]
fn sets_that_cannot_be_captured_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[data]
        name = 'moons'
        samples = 20
        test_fraction = 0
        [model]
        layers = [{ units = 1, activation = 'sigmoid' }]
        [train]
        epochs = 1
        loss = 'bce'
        optimizer = { name = 'sgd', lr = 0.1 }
        [capture]
        sites = ['layers.0']";
    let refused = |overrides: &[&str]| {
        let overrides: Vec<String> = overrides.iter().map(|&text| text.to_owned()).collect();
        let config = Config::parse(text, "test.toml", &overrides)?;
        Session::create(&config, folder.path().join("run"), Backend::Flex, false).map(|_| ())
    };
    let message = |overrides: &[&str]| refused(overrides).unwrap_err().to_string();
    assert!(message(&["capture.of=test"]).contains("no samples are held out"));
    assert!(message(&["capture.of=grid", "capture.gradients=true"]).contains("capture.gradients"));
    assert!(message(&["capture.of=all"]).contains("all"));
    let csv = folder.path().join("wide.csv");
    fs::write(&csv, "a,b,c,label\n1,2,3,0\n4,5,6,1\n7,8,9,0\n").unwrap();
    let wide = text.replace(
        "name = 'moons'\n        samples = 20",
        &format!("path = '{}'", csv.display()),
    );
    let config = Config::parse(&wide, "test.toml", &["capture.of=grid".to_owned()]).unwrap();
    let session = Session::create(&config, folder.path().join("run"), Backend::Flex, false);
    let error = session.err().unwrap().to_string();
    assert!(error.contains("the data has 3 features"), "{error}");
    assert!(!folder.path().join("run").exists());
}
