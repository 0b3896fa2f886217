//! Files made to hurt: shapes that take no room in a file and all the world's memory, or all its time, once read.

use std::collections::BTreeMap;
use std::path::Path;

use foldspace::data::npy::{Array as Numbers, Entries};
use foldspace::data::npz::{self, Layout};
use foldspace::data::targets::Task;
use foldspace::model::store::{self, Array};
use foldspace::model::{import, weights};
use serde_json::json;

const HUGE: usize = 1 << 62;

fn empty(shape: [usize; 2]) -> Array {
    Array {
        shape: shape.to_vec(),
        values: Vec::new(),
    }
}

#[test]
fn weights_without_entries_are_refused_at_once() {
    for (shape, units) in [([0, HUGE], 0), ([HUGE, 0], HUGE), ([0, 0], 0)] {
        let arrays = BTreeMap::from([("layers.0.weight".to_owned(), empty(shape))]);
        let notes = json!({ "layers": [{ "units": units, "bias": false }] });
        let bytes = store::serialise("weights", &notes, &arrays);
        let error = weights::parse(&bytes, Path::new("a.safetensors")).unwrap_err();
        assert!(error.to_string().contains("has no entries"), "{error}");
        // The same to `inspect`, in a file that describes no network.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.safetensors");
        std::fs::write(&path, bytes).unwrap();
        let error = import::matrices(&path).unwrap_err();
        assert!(error.to_string().contains("no weight matrix"), "{error}");
    }
}

#[test]
fn features_without_entries_are_refused_at_once() {
    for shape in [[0, HUGE], [HUGE, 0]] {
        let x = Numbers {
            shape: shape.to_vec(),
            entries: Entries::F64(Vec::new()),
        };
        let y = Numbers {
            shape: vec![shape[0]],
            entries: Entries::I64(Vec::new()),
        };
        let Ok(bytes) = npz::archive(&[("X", x), ("y", y)]) else {
            panic!("no archive");
        };
        let layout = Layout {
            features: "X",
            target: "y",
            task: Task::Auto,
        };
        let error = npz::parse(&bytes, Path::new("a.npz"), layout).unwrap_err();
        assert!(
            error.to_string().contains("array X: it is empty"),
            "{error}"
        );
    }
}
