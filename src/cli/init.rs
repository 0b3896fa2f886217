//! `foldspace init`: a first configuration for a file of data, and the reference of all keys.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Outcome, output};
use crate::config::{draft, reference};
use crate::error::{Error, Result};

/// Write a configuration that fits a file of data, with every key explained in it.
///
/// It finds out what is to be predicted, whether that is classes or numbers, which columns are not features, and what is to be
/// standardised, and says so; `foldspace train` takes the file as it is.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  foldspace init points.csv && foldspace train points.toml\n  \
    foldspace init houses.csv --target price -o houses.toml\n  foldspace init --reference > configuration.md"
)]
pub(super) struct Arguments {
    /// The data: a CSV file, or NumPy's .npz or .npy.
    #[arg(required_unless_present = "reference")]
    data: Option<PathBuf>,
    /// The column (or array) to predict; by default one called label, target, class and the like, else the last.
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The configuration; by default beside the data, under the same name with .toml at the end.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that already exists.
    #[arg(long)]
    overwrite: bool,
    /// Print the reference of all keys (Markdown), and nothing else.
    #[arg(long, conflicts_with_all = ["data", "target", "out"])]
    reference: bool,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, quiet: bool) -> Outcome {
    let Some(data) = arguments.data.as_ref().filter(|_| !arguments.reference) else {
        return output::raw(reference::markdown().as_bytes());
    };
    let out = arguments
        .out
        .clone()
        .unwrap_or_else(|| data.with_extension("toml"));
    if out.exists() && !arguments.overwrite && !crate::file::is_stream(&out) {
        return Err(Error::invalid(
            out.display().to_string(),
            "there is a file here already",
            "add --overwrite, or name another with --out",
        )
        .into());
    }
    let shown = seen_from(&out, data)?;
    let draft = draft::draft(data, &shown, arguments.target.as_deref())?;
    let folder = std::path::absolute(&out).map_err(Error::io(&out, "find"))?;
    draft::check(
        &draft,
        &out.display().to_string(),
        folder.parent().unwrap_or(Path::new(".")),
    )?;
    super::notes(&draft.notes, quiet);
    crate::file::write(&out, draft.text.as_bytes())?;
    if !quiet {
        output::wrote(&out)?;
    }
    Ok(())
}

/// The data's path as a configuration at `out` names it: by its name alone where both lie in one directory.
fn seen_from(out: &Path, data: &Path) -> Result<String> {
    let whole = |path: &Path| std::path::absolute(path).map_err(Error::io(path, "find"));
    let (out, data) = (whole(out)?, whole(data)?);
    let shown = match out
        .parent()
        .and_then(|folder| data.strip_prefix(folder).ok())
    {
        Some(below) => below,
        None => &data,
    };
    Ok(shown.to_string_lossy().into_owned())
}
