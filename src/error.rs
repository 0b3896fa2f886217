//! One error type. Every message says what is wrong, where, and what to do about it.

use std::path::{Path, PathBuf};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What can go wrong. The `Display` form is meant to be read by the person who caused it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A value that a user gave does not make sense: `place` is the file, line, key or flag it stands in.
    #[error("{place}: {problem}; {remedy}")]
    Invalid {
        /// Where the value stands, such as `configs/moons.toml:12, key train.epochs`.
        place: String,
        /// What is wrong with it.
        problem: String,
        /// What to do about it.
        remedy: String,
    },

    /// The operating system refused to read or write a file.
    #[error("{}: cannot {action}: {source}{}", path.display(), remedy_for(source))]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was tried: `read`, `write`, `create the directory` ...
        action: &'static str,
        /// The system's own error.
        source: std::io::Error,
    },

    /// A matrix does not allow the operation, for example the inverse of a singular one.
    #[error("{operation}: {problem}")]
    Matrix {
        /// The operation, such as `inverse`.
        operation: &'static str,
        /// Why it is impossible for this matrix, shape included.
        problem: String,
    },

    /// The backend that was asked for cannot be used on this machine.
    #[error("backend {backend}: {problem}; {remedy}")]
    Backend {
        /// The name given to `--backend`.
        backend: String,
        /// Why it cannot be used.
        problem: String,
        /// What to do about it.
        remedy: String,
    },

    /// The loss, or what follows from it, stopped being a finite number.
    #[error(
        "training diverged in epoch {epoch}: {quantity} is {value}; lower train.optimizer.lr (now {learning_rate}), \
         bound the gradients with train.clip, or standardise the data"
    )]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// What is no longer finite, such as "the loss".
        quantity: &'static str,
        /// Its value.
        value: f64,
        /// The learning rate in that epoch.
        learning_rate: f64,
    },
}

impl Error {
    /// A user's value that does not make sense: where it stands, what is wrong, what to do.
    ///
    /// ```
    /// use foldspace::error::Error;
    /// let error = Error::invalid("--samples", "0 samples make no data set", "ask for at least 2");
    /// assert_eq!(error.to_string(), "--samples: 0 samples make no data set; ask for at least 2");
    /// ```
    pub fn invalid(
        place: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::Invalid {
            place: place.into(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    /// A failed file operation; use as `.map_err(Error::io(path, "read"))`.
    pub fn io(path: impl AsRef<Path>, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_path_buf();
        move |source| Self::Io {
            path,
            action,
            source,
        }
    }

    /// An operation that is impossible for a matrix.
    pub fn matrix(operation: &'static str, problem: impl Into<String>) -> Self {
        Self::Matrix {
            operation,
            problem: problem.into(),
        }
    }
}

/// What to do about the commonest errors of the operating system.
fn remedy_for(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind;
    match source.kind() {
        ErrorKind::NotFound => "; check the path",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "; choose a place you may write to, for example with --out"
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            "; free some space and run the command again"
        }
        _ => "",
    }
}
