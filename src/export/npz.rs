//! Activations and weights as NumPy's arrays by name.

use std::path::Path;

use faer::Mat;

use super::Activations;
use crate::data::Target;
use crate::data::npy::{Array, Entries};
use crate::data::npz::archive;
use crate::error::{Error, Result};
use crate::model::{Parameters, weights as parameters};

/// An array per site (n x units), and what it belongs to: `inputs` (n x d), `targets` (n, or n x k) and for classes
/// `target_names`.
pub(super) fn activations(path: &Path, activations: &Activations) -> Result<()> {
    let mut arrays: Vec<(&str, Array)> = activations
        .sites
        .iter()
        .map(|(site, output)| (site.as_str(), single(output)))
        .collect();
    arrays.push(("inputs", double(&activations.data.features)));
    match &activations.data.target {
        Target::Classes { labels, names } => {
            let labels = Array {
                shape: vec![labels.len()],
                entries: Entries::I64(labels.iter().map(|&label| label as i64).collect()),
            };
            let names = Array {
                shape: vec![names.len()],
                entries: Entries::Text(names.clone()),
            };
            arrays.extend([("targets", labels), ("target_names", names)]);
        }
        Target::Values { values, .. } => arrays.push(("targets", double(values))),
    }
    super::table::distinct(path, arrays.iter().map(|(name, _)| *name))?;
    let bytes = archive(&arrays).map_err(Error::io(path, "write"))?;
    crate::file::write(path, &bytes)
}

/// An array per parameter, by PyTorch's names, weights (out x in).
pub(super) fn weights(path: &Path, network: &Parameters) -> Result<()> {
    let named = parameters::to_arrays(network);
    let arrays: Vec<(&str, Array)> = named
        .iter()
        .map(|(name, array)| {
            let array = Array {
                shape: array.shape.clone(),
                entries: Entries::F32(array.values.clone()),
            };
            (name.as_str(), array)
        })
        .collect();
    let bytes = archive(&arrays).map_err(Error::io(path, "write"))?;
    crate::file::write(path, &bytes)
}

/// The entries row by row.
pub(super) fn entries(matrix: &Mat<f64>) -> impl Iterator<Item = f64> + '_ {
    (0..matrix.nrows()).flat_map(move |i| (0..matrix.ncols()).map(move |j| matrix[(i, j)]))
}

fn single(matrix: &Mat<f64>) -> Array {
    Array {
        shape: vec![matrix.nrows(), matrix.ncols()],
        entries: Entries::F32(entries(matrix).map(|x| x as f32).collect()),
    }
}

fn double(matrix: &Mat<f64>) -> Array {
    Array {
        shape: vec![matrix.nrows(), matrix.ncols()],
        entries: Entries::F64(entries(matrix).collect()),
    }
}
