//! Activations as a table: a line per sample, a column per unit, and the sample's target.

use std::path::Path;

use csv::{StringRecord, Writer};

use super::Activations;
use crate::data::Target;
use crate::error::{Error, Result};

/// Columns `SITE.1`, `SITE.2`, ..., then `label` (the class's name) or the targets' names.
pub(super) fn activations(path: &Path, activations: &Activations) -> Result<()> {
    let units = activations
        .sites
        .iter()
        .flat_map(|(site, output)| (1..=output.ncols()).map(move |unit| format!("{site}.{unit}")));
    let targets: Vec<String> = match &activations.data.target {
        Target::Classes { .. } => vec![crate::data::csv::LABEL.to_owned()],
        Target::Values { names, .. } => names.clone(),
    };
    let header: Vec<String> = units.chain(targets).collect();
    distinct(path, header.iter().map(String::as_str))?;
    let rows = (0..activations.data.samples()).map(|sample| {
        let mut record = StringRecord::new();
        for (_, output) in &activations.sites {
            record.extend(output.row(sample).iter().map(|&x| (x as f32).to_string()));
        }
        match &activations.data.target {
            Target::Classes { labels, names } => record.push_field(&names[labels[sample]]),
            Target::Values { values, .. } => {
                record.extend(values.row(sample).iter().map(f64::to_string));
            }
        }
        record
    });
    write(path, &header, rows)
}

/// Writes a table, whole or not at all.
pub(super) fn write(
    path: &Path,
    header: &[String],
    rows: impl Iterator<Item = StringRecord>,
) -> Result<()> {
    let refuse = |error: csv::Error| Error::io(path, "write")(error.into());
    let mut writer = Writer::from_writer(Vec::new());
    writer.write_record(header).map_err(refuse)?;
    for row in rows {
        writer.write_record(&row).map_err(refuse)?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| Error::io(path, "write")(error.into_error()))?;
    crate::file::write(path, &bytes)
}

/// Refuses names that stand twice: a site that is asked for twice, or has the name of a column beside it.
pub(super) fn distinct<'a>(path: &Path, names: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(Error::invalid(
                path.display().to_string(),
                format!("{name} would be in it twice"),
                "name every site once, and export one that is called like this alone as csv",
            ));
        }
    }
    Ok(())
}
