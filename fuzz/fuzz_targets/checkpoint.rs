//! The readers of checkpoints and weights behind the checksum: notes and shapes are mutated first and summed up after, as
//! a hostile writer would.
#![no_main]

use std::collections::BTreeMap;
use std::path::Path;

use foldspace::model::store::{self, Array};
use foldspace::model::weights;
use foldspace::run::Checkpoint;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

// Input: one array per line, `NAME LENGTH LENGTH`, then an empty line, then the notes as JSON.
fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (table, notes) = text.split_once("\n\n").unwrap_or(("", text));
    let Ok(notes) = serde_json::from_str::<serde_json::Value>(notes) else {
        return;
    };
    let mut arrays = BTreeMap::new();
    for line in table.lines().take(64) {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or_default().to_owned();
        let shape: Vec<usize> = words.map(|word| word.parse().unwrap_or(0)).collect();
        let count = shape
            .iter()
            .try_fold(1_usize, |count, &n| count.checked_mul(n));
        if let Some(count @ 0..=4096) = count {
            let values = vec![0.5; count];
            arrays.insert(name, Array { shape, values });
        }
    }
    let path = Path::new("fuzz.safetensors");
    let bytes = store::serialise("checkpoint", &notes, &arrays);
    bounded("checkpoint", 1 << 20, 4096, bytes.len(), || {
        let _ = Checkpoint::parse(&bytes, path);
    });
    let bytes = store::serialise("weights", &notes, &arrays);
    bounded("weights", 1 << 20, 4096, bytes.len(), || {
        if let Ok(network) = weights::parse(&bytes, path) {
            let _ = network.fold();
        }
    });
});
