//! Files made to hurt: shapes that take no room in a file and all the world's memory, or all its time, once read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use foldspace::data::Task;
use foldspace::data::npy::{Array as Numbers, Entries};
use foldspace::data::npz::{self, Layout};
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

/// 256 MiB of entries of one byte each pack into some hundred KB. As numbers they would take 2 GiB: that is seen in the header,
/// and nothing is inflated.
#[test]
fn a_small_archive_of_very_many_entries_is_refused_at_once() {
    let member = |size: usize| {
        let header =
            format!("{{'descr': '|i1', 'fortran_order': False, 'shape': ({size}, 1), }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        (bytes, size)
    };
    let archive = |(header, size): (Vec<u8>, usize)| {
        let mut bytes = Vec::new();
        let mut archive = rawzip::ZipArchiveWriter::new(&mut bytes);
        let (mut member, config) = archive
            .new_file("X.npy")
            .compression_method(rawzip::CompressionMethod::DEFLATE)
            .start()
            .unwrap();
        let encoder = flate2::write::DeflateEncoder::new(&mut member, flate2::Compression::fast());
        let mut writer = config.wrap(encoder);
        writer.write_all(&header).unwrap();
        let zeros = vec![0; 1 << 20];
        for _ in 0..size >> 20 {
            writer.write_all(&zeros).unwrap();
        }
        let (encoder, sums) = writer.finish().unwrap();
        encoder.finish().unwrap();
        member.finish(sums).unwrap();
        archive.finish().unwrap();
        bytes
    };
    let bytes = archive(member(256 << 20));
    assert!(bytes.len() < 3 << 20, "{}", bytes.len());
    let layout = Layout {
        features: "X",
        target: "y",
        task: Task::Auto,
    };
    let start = std::time::Instant::now();
    let error = npz::parse(&bytes, Path::new("a.npz"), layout).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("array X: 268435456 entries take more than 1024 MB of memory"),
        "{error}"
    );
    assert!(start.elapsed().as_millis() < 500, "{:?}", start.elapsed());
    // A header that promises more than its archive can hold is refused before memory is taken.
    let (header, _) = member(100 << 20);
    let error = npz::parse(&archive((header, 1 << 20)), Path::new("a.npz"), layout).unwrap_err();
    assert!(
        error.to_string().contains("does not fit the data"),
        "{error}"
    );
}

/// Lines, cells and columns without end are answered in time that grows with the file.
#[test]
fn texts_made_to_hurt_are_answered_in_time() {
    let start = std::time::Instant::now();
    let many = |unit: &str, count: usize| unit.repeat(count);
    for text in [
        many(",", 300_000),
        many("\n", 300_000),
        many("\"", 300_000),
        many("1,", 300_000),
        many("a\n", 300_000),
        many("1,234.567;", 100_000),
        many("#\n", 300_000),
        many("sep=;\n", 100_000),
        many("1 ", 300_000),
        format!("x,label\n{}", many("NA,?\n", 100_000)),
        format!(
            "{}label\n",
            (0..50_000).map(|i| format!("c{i},")).collect::<String>()
        ),
        many("\u{feff}é;", 100_000),
    ] {
        let _ = foldspace::data::csv::parse(text.as_bytes(), Path::new("t.csv"), None, Task::Auto);
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
