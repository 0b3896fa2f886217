//! The reader of `.npz` archives: any bytes are a data set that holds together, or an error.
//!
//! The checksums of an archive stop most mutations at its door, so the rest of the input goes to the reader of single
//! arrays as well.
#![no_main]

use std::path::Path;

use foldspace::data::npy;
use foldspace::data::npz::{Layout, archive, parse};
use foldspace::data::Task;
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let layout = Layout {
        features: "X",
        target: "y",
        task: Task::Auto,
    };
    // DEFLATE makes at most 1032 bytes of one. A sample of two bytes, a feature and a label, takes 8 for the feature and up to
    // 56 for a label that is text: the text, its place in the list, and its class.
    bounded("npz", 1 << 20, 1032 * 32, data.len(), || {
        if let Ok(set) = parse(data, Path::new("fuzz.npz"), layout) {
            set.validate().expect("what was read holds together");
        }
    });
    bounded("npy", 1 << 20, 80, data.len(), || {
        if let Ok(array) = npy::parse(data) {
            let count: usize = array.shape.iter().product();
            assert_eq!(count, array.entries.len());
            assert_eq!(
                npy::parse(&npy::serialise(&array)).map(|array| array.shape),
                Ok(array.shape)
            );
        }
    });
    // Two arrays in a sound archive: what they hold is what is tried.
    let half = data.len() / 2;
    if let (Ok(x), Ok(y)) = (npy::parse(&data[..half]), npy::parse(&data[half..])) {
        let bytes = archive(&[("X", x), ("y", y)]).expect("names are short");
        let _ = parse(&bytes, Path::new("fuzz.npz"), layout);
    }
});
