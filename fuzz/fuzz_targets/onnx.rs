//! The reader of ONNX files: any bytes are a network that can be evaluated, or an error.
#![no_main]

use std::path::Path;

use foldspace::onnx::parse;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    bounded("onnx", 64 << 20, 1024, data.len(), || {
        if let Ok(network) = parse(data, Path::new("fuzz.onnx"), None) {
            for pair in network.layers.windows(2) {
                assert_eq!(pair[0].units(), pair[1].inputs());
            }
            for layer in &network.layers {
                assert_eq!(layer.bias.len(), layer.units());
            }
        }
    });
});
