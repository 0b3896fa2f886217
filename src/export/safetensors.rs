//! Activations as tensors by name.

use std::path::Path;

use safetensors::tensor::{Dtype, TensorView};

use super::Activations;
use super::npz::entries;
use crate::data::Target;
use crate::error::{Error, Result};
use crate::model::store::with_metadata;

/// A tensor per site (n x units, F32), and what it belongs to: `inputs` (n x d, F64) and `targets` (n, I64; or n x k,
/// F64). The metadata have the classes' names as `target_names`, a list in JSON.
pub(super) fn activations(path: &Path, activations: &Activations) -> Result<()> {
    let mut tensors: Vec<(&str, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
    for (site, output) in &activations.sites {
        let bytes = entries(output).flat_map(|x| (x as f32).to_le_bytes());
        let shape = vec![output.nrows(), output.ncols()];
        tensors.push((site, Dtype::F32, shape, bytes.collect()));
    }
    let data = &activations.data;
    let inputs = entries(&data.features).flat_map(f64::to_le_bytes).collect();
    let shape = vec![data.samples(), data.dimensions()];
    tensors.push(("inputs", Dtype::F64, shape, inputs));
    tensors.push(match &data.target {
        Target::Classes { labels, .. } => {
            let bytes = labels
                .iter()
                .flat_map(|&label| (label as i64).to_le_bytes());
            ("targets", Dtype::I64, vec![labels.len()], bytes.collect())
        }
        Target::Values { values, .. } => {
            let bytes = entries(values).flat_map(f64::to_le_bytes);
            let shape = vec![values.nrows(), values.ncols()];
            ("targets", Dtype::F64, shape, bytes.collect())
        }
    });
    super::table::distinct(path, tensors.iter().map(|(name, ..)| *name))?;
    let refuse = |error: safetensors::SafeTensorError| {
        Error::io(path, "write")(std::io::Error::other(error.to_string()))
    };
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|(name, dtype, shape, bytes)| {
            Ok((*name, TensorView::new(*dtype, shape.clone(), bytes)?))
        })
        .collect::<Result<_, _>>()
        .map_err(refuse)?;
    let bytes = safetensors::serialize(views, None).map_err(refuse)?;
    let names = super::target_names(data);
    let metadata = [("format", "pt"), ("target_names", &names)];
    crate::file::write(path, &with_metadata(&bytes, &metadata))
}
