//! Arrays through the buffer protocol: `float64`, in C order. Python's side makes them so.

use faer::{Mat, MatRef};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::refuse;

/// A matrix, a row per sample or unit.
pub fn matrix(array: &Bound<'_, PyAny>, what: &str) -> PyResult<Mat<f64>> {
    let buffer = PyBuffer::<f64>::get(array)?;
    let &[rows, columns] = buffer.shape() else {
        return Err(refuse(
            what,
            format!("an array has {} dimensions", buffer.shape().len()),
            "give one of 2 dimensions",
        ));
    };
    let numbers = buffer.to_vec(array.py())?;
    Ok(Mat::from_fn(rows, columns, |i, j| numbers[i * columns + j]))
}

/// A vector.
pub fn vector(array: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    PyBuffer::<f64>::get(array)?.to_vec(array.py())
}

/// The numbers of a matrix, row by row, for `numpy.frombuffer`.
pub fn bytes<'py>(py: Python<'py>, matrix: MatRef<'_, f64>) -> Bound<'py, PyBytes> {
    let rows = 0..matrix.nrows();
    let numbers =
        rows.flat_map(|i| (0..matrix.ncols()).flat_map(move |j| matrix[(i, j)].to_ne_bytes()));
    PyBytes::new(py, &numbers.collect::<Vec<u8>>())
}
