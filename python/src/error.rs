//! Errors of the core as Python's, in the words of whoever calls a function rather than types a command.

use foldspace::error::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyOSError, PyValueError};

/// A `ValueError` that says what to do, or an `OSError` where the system refused a file.
pub fn raise(error: Error) -> PyErr {
    let text = error.to_string();
    match error {
        Error::Io { .. } => PyOSError::new_err(text),
        _ => PyValueError::new_err(spoken(&text)),
    }
}

/// Options of the command line are arguments here.
fn spoken(text: &str) -> String {
    let arguments = [
        ("--output", "output"),
        ("--features", "features"),
        ("--activations", "activations"),
        ("--data", "X, y"),
        ("--target", "target"),
        ("--format", "save"),
        ("--fps", "fps"),
        ("say logit if", "say output=\"logit\" if"),
        ("value if with", "output=\"value\" if with"),
        ("`loss`, ", ""),
        (" or `gradients`", ""),
    ];
    arguments
        .iter()
        .fold(text.to_owned(), |text, (flag, argument)| {
            text.replace(flag, argument)
        })
}

/// A refusal of our own.
pub fn refuse(place: &str, problem: String, remedy: &str) -> PyErr {
    raise(Error::invalid(place, problem, remedy))
}
