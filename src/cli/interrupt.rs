//! Ctrl-C and SIGTERM: the first asks to stop after the current epoch, the second ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Starts to listen; returns the flag that is raised when the user wants to stop.
pub(super) fn listen() -> &'static AtomicBool {
    // A second handler in one process is refused; then the first one is at work already.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    });
    &STOP
}
