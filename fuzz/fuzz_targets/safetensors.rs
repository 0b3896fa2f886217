//! The reader of safetensors files, other programs' and ours: any bytes are arrays of the shapes they claim, or an error.
#![no_main]

use std::path::Path;

use foldspace::model::store;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    bounded("safetensors", 1 << 20, 1024, data.len(), || {
        if let Ok(contents) = store::parse_any(data, Path::new("fuzz.safetensors")) {
            for array in contents.arrays.values() {
                assert_eq!(array.shape.iter().product::<usize>(), array.values.len());
            }
        }
    });
});
