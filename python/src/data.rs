//! The samples that a network is looked at with.

use std::path::Path;

use foldspace::data::{DataConfig, Dataset, Target};
use foldspace::error::Error;
use pyo3::prelude::*;

use crate::arrays::matrix;
use crate::error::raise;
use crate::work::aside;

/// Samples with classes or numbers.
#[pyclass(frozen)]
pub struct Data {
    pub inner: Dataset,
}

#[pymethods]
impl Data {
    /// Samples (n x d) with a class each, an index into `names`.
    #[staticmethod]
    fn classes(
        features: &Bound<'_, PyAny>,
        feature_names: Vec<String>,
        labels: Vec<usize>,
        names: Vec<String>,
    ) -> PyResult<Self> {
        let target = Target::Classes { labels, names };
        Self::new(features, feature_names, target)
    }

    /// Samples (n x d) with numbers (n x k).
    #[staticmethod]
    fn values(
        features: &Bound<'_, PyAny>,
        feature_names: Vec<String>,
        values: &Bound<'_, PyAny>,
        names: Vec<String>,
    ) -> PyResult<Self> {
        let values = matrix(values, "y")?;
        Self::new(features, feature_names, Target::Values { values, names })
    }

    /// The classes' names; none of numbers.
    fn class_names(&self) -> Option<Vec<String>> {
        match &self.inner.target {
            Target::Classes { names, .. } => Some(names.clone()),
            Target::Values { .. } => None,
        }
    }

    /// The number of samples and features.
    #[getter]
    fn shape(&self) -> (usize, usize) {
        (self.inner.samples(), self.inner.dimensions())
    }
}

impl Data {
    fn new(
        features: &Bound<'_, PyAny>,
        feature_names: Vec<String>,
        target: Target,
    ) -> PyResult<Self> {
        let features = matrix(features, "X")?;
        let inner = Dataset::new("X, y", features, feature_names, target).map_err(raise)?;
        Ok(Self { inner })
    }
}

/// From a CSV file or NumPy's `.npz`, read as the program reads it.
#[pyfunction]
#[pyo3(signature = (path, target=None))]
pub fn read_data(py: Python<'_>, path: String, target: Option<String>) -> PyResult<Data> {
    let inner = aside(py, move || {
        let mut table = toml::Table::new();
        table.insert("path".to_owned(), path.into());
        if let Some(target) = target {
            table.insert("target".to_owned(), target.into());
        }
        let config = table.try_into::<DataConfig>().map_err(|error| {
            let text = error.to_string().trim().replace('\n', " ");
            Error::invalid("--data", text, "give a CSV or .npz file")
        })?;
        config.load(0, Path::new(""))
    })?;
    Ok(Data { inner })
}
