//! Writing a data set as CSV.

use std::path::Path;

use csv::StringRecord;

use super::LABEL;
use super::schema::check_names;
use crate::data::dataset::{Dataset, Target};
use crate::error::{Error, Result};

/// Writes a data set: the features, then the class names under `label`, or the target columns.
///
/// Numbers are written as the shortest decimals that read back as the same `f64`. The file appears whole or
/// not at all.
///
/// # Errors
/// Where the file cannot be written or two columns would have the same name.
pub fn write(path: &Path, dataset: &Dataset) -> Result<()> {
    let target_names: Vec<&str> = match &dataset.target {
        Target::Classes { .. } => vec![LABEL],
        Target::Values { names, .. } => names.iter().map(String::as_str).collect(),
    };
    let feature_names = dataset.feature_names.iter().map(String::as_str);
    let header: StringRecord = feature_names.chain(target_names).collect();
    check_names(&format!("{}:1", path.display()), header.iter())?;

    let refuse = |error: csv::Error| Error::io(path, "write")(error.into());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).map_err(refuse)?;
    for sample in 0..dataset.samples() {
        let mut record: StringRecord = dataset
            .features
            .row(sample)
            .iter()
            .map(f64::to_string)
            .collect();
        match &dataset.target {
            Target::Classes { labels, names } => record.push_field(&names[labels[sample]]),
            Target::Values { values, .. } => {
                record.extend(values.row(sample).iter().map(f64::to_string));
            }
        }
        writer.write_record(&record).map_err(refuse)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::io(path, "write")(error.into_error()))?;
    crate::file::write(path, &bytes)
}
