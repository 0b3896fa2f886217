//! Is there a hyperplane between two classes, and what proves the answer.

use foldspace::geometry::{Separability, linear_separability};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrays::matrix;
use crate::work::aside;

/// Of points (n x d) with labels 0 and 1: a dictionary with the answer and its certificate.
#[pyfunction]
pub fn separability<'py>(
    py: Python<'py>,
    points: &Bound<'py, PyAny>,
    labels: Vec<usize>,
) -> PyResult<Bound<'py, PyDict>> {
    let points = matrix(points, "activations")?;
    let answer = aside(py, move || linear_separability(points.as_ref(), &labels))?;
    let certificate = PyDict::new(py);
    match answer {
        Separability::Separable {
            normal,
            offset,
            margin,
            gap,
        } => {
            certificate.set_item("separable", true)?;
            certificate.set_item("normal", normal)?;
            certificate.set_item("offset", offset)?;
            certificate.set_item("margin", margin)?;
            certificate.set_item("gap", gap)?;
        }
        Separability::NotSeparable(common) => {
            certificate.set_item("separable", false)?;
            certificate.set_item("point", common.point)?;
            certificate.set_item("zero", common.zero)?;
            certificate.set_item("one", common.one)?;
            certificate.set_item("gap", common.gap)?;
        }
    }
    Ok(certificate)
}
