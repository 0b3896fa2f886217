//! What a page wants next: between the thread that hears it and the one that sends to it.

use std::sync::{Condvar, Mutex, PoisonError};

use super::request::Pull;

/// The page's wish for a frame.
#[derive(Default)]
pub struct Wish {
    wanted: Mutex<(Option<Pull>, bool)>,
    bell: Condvar,
}

impl Wish {
    /// Wishes for what comes after this; an older wish is forgotten.
    pub fn set(&self, pull: Pull) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(pull);
        self.bell.notify_one();
    }

    /// There will be no more wishes.
    pub fn end(&self) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.bell.notify_one();
    }

    /// Whether there will be no more.
    pub fn is_over(&self) -> bool {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Waits for the next wish; `None` where there will be none.
    pub fn take(&self) -> Option<Pull> {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if wanted.1 {
                return None;
            }
            if let Some(pull) = wanted.0.take() {
                return Some(pull);
            }
            wanted = self
                .bell
                .wait(wanted)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
