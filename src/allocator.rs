//! What the process does with memory it no longer needs.

/// Asks the C library to keep freed memory instead of giving it back to the system at once.
///
/// A training step frees and takes the same few hundred kilobytes again and again. GNU's allocator maps and unmaps pieces of
/// that size every time, and touching fresh pages then takes as long as the arithmetic. Other C libraries have no such
/// switch, and nothing happens. For programs to call once at their start; the command-line tool does.
pub fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: `mallopt` only sets two limits of the allocator, and reports one that it does not like.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, 32 << 20); // the most it accepts
        libc::mallopt(libc::M_TRIM_THRESHOLD, 1 << 30);
        libc::mallopt(libc::M_MXFAST, 0); // or freeing a large piece consolidates all the small ones
    }
}
