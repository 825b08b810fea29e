//! Naive answers, with which tests compare those of plans: no row is looked up or filtered early, all pairs are made.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    static IS_ON: Cell<bool> = const { Cell::new(false) };
}

/// Whether queries of this thread are answered naively.
#[cfg(test)]
pub(super) fn is_on() -> bool {
    IS_ON.get()
}

/// Nobody but a test wants that.
#[cfg(not(test))]
pub(super) const fn is_on() -> bool {
    false
}

/// Answers queries naively.
#[cfg(test)]
pub(crate) fn naively<T>(work: impl FnOnce() -> T) -> T {
    IS_ON.set(true);
    let made = work();
    IS_ON.set(false);
    made
}
