//! The CSV reader: any bytes are a data set that holds together, or an error.
#![no_main]

use std::path::Path;

use foldspace::data::Missing;
use foldspace::data::Task;
use foldspace::data::csv::{CsvOptions, parse_with};
use foldspace_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((&task, text)) = data.split_first() else {
        return;
    };
    let (task, missing) = (usize::from(task), usize::from(task) / 9);
    let tasks = [Task::Auto, Task::Classification, Task::Regression];
    let options = CsvOptions {
        task: tasks[task % 3],
        missing: [Missing::Error, Missing::Drop, Missing::Mean][missing % 3],
        ..CsvOptions::default()
    };
    bounded("csv", 1 << 20, 512, data.len(), || {
        if let Ok(reading) = parse_with(text, Path::new("fuzz.csv"), &options, tasks[task / 3 % 3]) {
            reading.data.validate().expect("what was read holds together");
        }
    });
});
