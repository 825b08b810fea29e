//! Shards: copies of what many threads write to, of which each thread uses its own, so that they do not contend.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;

/// Number of shards: a power of two, at least twice the cores, at most 64.
pub(crate) fn shards() -> usize {
    static SHARDS: OnceLock<usize> = OnceLock::new();
    let cores = || available_parallelism().map_or(1, NonZero::get);
    *SHARDS.get_or_init(|| (cores() * 2).next_power_of_two().min(64))
}

/// The number of this thread. Numbers follow each other, so their remainders are spread evenly.
#[inline]
pub(crate) fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static NUMBER: usize = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    // in the destructors of a thread's last values the number may be gone
    NUMBER.try_with(|number| *number).unwrap_or_default()
}
