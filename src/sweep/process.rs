//! Which process wrote a file.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// HOST-PID-NONCE: a name that no other process on any machine takes. In containers every process may have the same number, and
/// every machine the same name; the time tells those apart.
pub(super) fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-' || *c == '_';
    let host: String = host.trim().chars().filter(plain).take(40).collect();
    let host = if host.is_empty() { "host" } else { &host };
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_nanos() as u64);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!(
        "{host}-{}-{:x}",
        std::process::id(),
        now.wrapping_add(count)
    )
}
