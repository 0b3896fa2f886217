//! What a page wants next: between the thread that hears it and the one that sends to it.

use std::sync::{Condvar, Mutex, PoisonError};

use super::request::PageState;

/// The page's wish for a frame.
#[derive(Default)]
pub(super) struct Wish {
    wanted: Mutex<(Option<PageState>, bool)>,
    bell: Condvar,
}

impl Wish {
    /// Wishes for what comes after this; an older wish is forgotten.
    pub(super) fn set(&self, pull: PageState) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).0 = Some(pull);
        self.bell.notify_one();
    }

    /// There will be no more wishes.
    pub(super) fn end(&self) {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.bell.notify_one();
    }

    /// Whether there will be no more.
    pub(super) fn is_over(&self) -> bool {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    /// Whether another wish has come, or there will be no more: what is being done for the last one is in vain.
    pub(super) fn is_overtaken(&self) -> bool {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.1 || wanted.0.is_some()
    }

    /// Waits for the next wish; `None` where there will be none.
    pub(super) fn take(&self) -> Option<PageState> {
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
