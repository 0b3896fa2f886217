//! Activations for TensorBoard's embedding projector: bare tables with tabs, and the configuration that joins them.

use std::path::{Path, PathBuf};

use super::Activations;
use crate::data::Target;
use crate::error::Result;

/// Per site `SITE.tsv`, a line per sample and a column per unit; `metadata.tsv` with the targets; and
/// `projector_config.pbtxt`, with which TensorBoard shows them all, whether `--logdir` is this directory or one above it.
pub(super) fn write(directory: &Path, activations: &Activations) -> Result<Vec<PathBuf>> {
    super::table::distinct(
        directory,
        activations.sites.iter().map(|(site, _)| site.as_str()),
    )?;
    let mut written = Vec::new();
    let mut config = String::new();
    for (site, output) in &activations.sites {
        let file = format!("{site}.tsv");
        let mut text = String::new();
        for sample in 0..output.nrows() {
            let units: Vec<String> = output
                .row(sample)
                .iter()
                .map(|&x| (x as f32).to_string())
                .collect();
            text += &units.join("\t");
            text.push('\n');
        }
        let path = directory.join(&file);
        crate::file::write(&path, text.as_bytes())?;
        written.push(path);
        config += &format!(
            "embeddings {{\n  tensor_name: \"{site}\"\n  tensor_path: \"{file}\"\n  metadata_path: \"metadata.tsv\"\n}}\n"
        );
    }
    for (name, text) in [
        ("metadata.tsv", metadata(&activations.data.target)),
        ("projector_config.pbtxt", config),
    ] {
        let path = directory.join(name);
        crate::file::write(&path, text.as_bytes())?;
        written.push(path);
    }
    // Not over the curves of a run that are exported into the same directory.
    if !super::tensorboard::is_there(directory) {
        written.push(super::tensorboard::mark(directory)?);
    }
    Ok(written)
}

/// A line per sample. One column has no header, several have one, as the projector requires.
fn metadata(target: &Target) -> String {
    let mut text = String::new();
    let mut line = |cells: Vec<String>| {
        text += &cells.join("\t");
        text.push('\n');
    };
    match target {
        Target::Classes { labels, names } => {
            for &label in labels {
                line(vec![cell(&names[label])]);
            }
        }
        Target::Values { values, names } => {
            if names.len() > 1 {
                line(names.iter().map(|name| cell(name)).collect());
            }
            for row in values.row_iter() {
                line(row.iter().map(f64::to_string).collect());
            }
        }
    }
    text
}

/// A name without the characters that end cells and lines.
fn cell(name: &str) -> String {
    name.replace(['\t', '\n', '\r'], " ")
}
