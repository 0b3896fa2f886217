//! Files of weights from other programs: any bytes are a network, its matrices, or an error.
#![no_main]

use std::path::Path;

use foldspace::model::{Activation, LayerConfig, ModelConfig, import};
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

/// A network has at most 10^8 parameters, and a few bytes can describe as many views of one number; matrices are in `f64`.
const MOST_VIEWS: usize = 1_600_000_000;

fuzz_target!(|data: &[u8]| {
    let path = Path::new("net.pt");
    bounded("matrices", MOST_VIEWS, 2048, data.len(), || {
        let _ = import::parse_matrices(data, path);
    });
    let layers = [(8, Activation::Tanh), (3, Activation::Relu), (1, Activation::Sigmoid)];
    let mut config = ModelConfig::new(layers.map(|(units, bend)| LayerConfig::new(units, bend)).to_vec());
    for batch_norm in [false, true] {
        config.layers[0].batch_norm = batch_norm;
        bounded("network", MOST_VIEWS, 2048, data.len(), || {
            let _ = import::parse(data, path, &config, 2);
        });
    }
});
