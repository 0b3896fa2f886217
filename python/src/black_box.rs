//! The borders of a function of which nothing is known but its answers.

use std::cell::RefCell;

use faer::{Mat, MatRef};
use foldspace::figures::{BlackBoxLook, black_box_figure};
use pyo3::prelude::*;

use crate::arrays::{bytes, matrix};
use crate::data::Data;
use crate::error::raise;
use crate::picture::{Figure, axes_of};
use crate::work::here;

/// `scores` takes the bytes of samples, how many there are, and how many features they have, and gives an array (n x classes).
#[pyfunction]
#[pyo3(signature = (scores, data, source, features=None, xlim=None, ylim=None))]
pub fn draw_black_box(
    py: Python<'_>,
    scores: &Bound<'_, PyAny>,
    data: &Data,
    source: String,
    features: Option<(String, String)>,
    xlim: Option<(f64, f64)>,
    ylim: Option<(f64, f64)>,
) -> PyResult<Figure> {
    // What the function raises goes past the core, which sees an answer of no rows and refuses.
    let raised = RefCell::new(None);
    let ask = |points: MatRef<'_, f64>| {
        let given = (bytes(py, points), points.nrows(), points.ncols());
        let answer = scores.call1(given);
        match answer.and_then(|answer| matrix(&answer, "scores")) {
            Ok(scores) => scores,
            Err(error) => {
                raised.borrow_mut().get_or_insert(error);
                Mat::zeros(0, 0)
            }
        }
    };
    let look = BlackBoxLook {
        axes: axes_of(features),
        window: [xlim, ylim],
        source,
    };
    let found = here(|| black_box_figure(ask, &data.inner, &look));
    if let Some(error) = raised.into_inner() {
        return Err(error);
    }
    let (inner, curves, evaluations) = found?.map_err(raise)?;
    Ok(Figure {
        inner,
        curves,
        evaluations: Some(evaluations),
    })
}
