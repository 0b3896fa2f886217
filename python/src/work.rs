//! Long work beside the interpreter: other threads of Python go on meanwhile, Ctrl-C is heard, and a fault of ours is an exception.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use foldspace::error::Result;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::raise;

/// How often Python is asked whether Ctrl-C was pressed.
const PATIENCE: Duration = Duration::from_millis(50);

/// Set once nobody waits for the work any more.
#[derive(Clone, Default)]
pub struct Cancelled(Arc<AtomicBool>);

impl Cancelled {
    /// Whether to stop.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Does `work` on a thread of its own. After Ctrl-C the thread is left to itself: what it makes is dropped.
///
/// # Errors
/// Those of `work`; what a signal raises; a RuntimeError where `work` panics.
pub fn aside<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let (sender, mut receiver) = channel();
    let pool = pool()?;
    thread::spawn(move || send(&sender, || pool.install(work)));
    wait(py, &mut receiver)?.map_err(raise)
}

/// The same for work that writes a file: after Ctrl-C it is told so and waited for, that nothing half-made stays behind.
///
/// # Errors
/// Those of `aside`.
pub fn aside_until<T: Send>(
    py: Python<'_>,
    work: impl FnOnce(Cancelled) -> Result<T> + Send,
) -> PyResult<T> {
    let cancelled = Cancelled::default();
    let told = cancelled.clone();
    let (sender, mut receiver) = channel();
    let pool = pool()?;
    let answer = thread::scope(|scope| {
        scope.spawn(move || send(&sender, || pool.install(|| work(told))));
        let answer = wait(py, &mut receiver);
        if answer.is_err() {
            cancelled.0.store(true, Ordering::Relaxed);
            let rest = &mut receiver;
            let _ = py.detach(move || rest.recv());
        }
        answer
    });
    answer?.map_err(raise)
}

/// This process's threads. A child made by `fork` has none of its parent's, and would wait for them for ever.
fn pool() -> PyResult<Arc<ThreadPool>> {
    static POOL: Mutex<Option<(u32, Arc<ThreadPool>)>> = Mutex::new(None);
    let mut held = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let process = std::process::id();
    if let Some((owner, pool)) = held.as_ref()
        && *owner == process
    {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .thread_name(|number| format!("foldspace-{number}"))
        .build()
        .map_err(|error| {
            PyRuntimeError::new_err(format!(
                "foldspace: no threads to draw with ({error}); set RAYON_NUM_THREADS=1"
            ))
        })?;
    let pool = Arc::new(pool);
    if let Some((_, parents)) = held.replace((process, Arc::clone(&pool))) {
        // Its threads were never here; dropping it would tell them to stop.
        std::mem::forget(parents);
    }
    Ok(pool)
}

/// Work on Python's own thread, such as what calls back into Python.
///
/// # Errors
/// A RuntimeError where `work` panics.
pub fn here<T>(work: impl FnOnce() -> T) -> PyResult<T> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(work))
        .map_err(|panic| fault(panic.as_ref()))
}

type Outcome<T> = thread::Result<Result<T>>;

fn send<T>(sender: &Sender<Outcome<T>>, work: impl FnOnce() -> Result<T>) {
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work));
    // Nobody listens any more after Ctrl-C.
    let _ = sender.send(outcome);
}

fn wait<T: Send>(py: Python<'_>, receiver: &mut Receiver<Outcome<T>>) -> PyResult<Result<T>> {
    loop {
        let waiting = &mut *receiver;
        match py.detach(move || waiting.recv_timeout(PATIENCE)) {
            Ok(Ok(result)) => return Ok(result),
            Ok(Err(panic)) => return Err(fault(panic.as_ref())),
            Err(RecvTimeoutError::Timeout) => py.check_signals()?,
            Err(RecvTimeoutError::Disconnected) => return Err(fault(&"its thread ended")),
        }
    }
}

/// What a panic is to whoever called from Python.
fn fault(panic: &(dyn Any + Send)) -> PyErr {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    PyRuntimeError::new_err(format!(
        "foldspace: a fault of its own ({text}); report it with the model and the data, the interpreter is unharmed"
    ))
}
