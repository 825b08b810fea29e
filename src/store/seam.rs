//! Seams for tests: what another process would do between two steps of this one, and a fork without one.

use std::cell::{Cell, RefCell};

type Interlude = Box<dyn FnOnce()>;

thread_local! {
    static BEFORE_LOCK: RefCell<Option<Interlude>> = const { RefCell::new(None) };
    static BEFORE_NAMING: RefCell<Option<Interlude>> = const { RefCell::new(None) };
    static IS_FORKED: Cell<bool> = const { Cell::new(false) };
}

/// Does something once, when this thread has opened a file and not locked it yet.
pub(super) fn before_lock(interlude: impl FnOnce() + 'static) {
    BEFORE_LOCK.set(Some(Box::new(interlude)));
}

/// Does something once, when this thread has made a file and not given it its name yet.
pub(super) fn before_naming(interlude: impl FnOnce() + 'static) {
    BEFORE_NAMING.set(Some(Box::new(interlude)));
}

pub(super) fn locks() {
    play(&BEFORE_LOCK);
}

pub(super) fn names() {
    play(&BEFORE_NAMING);
}

fn play(interlude: &'static std::thread::LocalKey<RefCell<Option<Interlude>>>) {
    if let Some(interlude) = interlude.take() {
        interlude();
    }
}

/// Does something as a fork of the process would.
pub(super) fn forked<T>(work: impl FnOnce() -> T) -> T {
    IS_FORKED.set(true);
    let done = work();
    IS_FORKED.set(false);
    done
}

pub(super) fn is_forked() -> bool {
    IS_FORKED.get()
}
