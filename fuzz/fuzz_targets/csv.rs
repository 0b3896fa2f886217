//! The CSV reader: any bytes are a data set that holds together, or an error.
#![no_main]

use std::path::Path;

use foldspace::data::csv::{Task, parse};
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&task, text)) = data.split_first() else {
        return;
    };
    let task = [Task::Auto, Task::Classification, Task::Regression][usize::from(task) % 3];
    bounded("csv", 1 << 20, 512, data.len(), || {
        if let Ok(set) = parse(text, Path::new("fuzz.csv"), Some("label"), task) {
            set.validate().expect("what was read holds together");
        }
    });
});
