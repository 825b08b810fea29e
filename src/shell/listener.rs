//! Ears for Ctrl-C.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pcq::{Database, InterruptHandle};

/// The exit code of a program that Ctrl-C ends.
const INTERRUPTED: i32 = 130;

/// Listener to Ctrl-C: it asks what runs to end, and at the second leaves. While a line is typed Ctrl-C is a key like
/// others, and a program that has the terminal hears it itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Listener {
    /// How many things run, one in the other.
    running: Arc<AtomicUsize>,
    /// Whether what runs, or ran last, was asked to end.
    asked: Arc<AtomicBool>,
    /// Whether another program has the terminal.
    elsewhere: Arc<AtomicBool>,
    handle: Arc<Mutex<Option<InterruptHandle>>>,
}

impl Listener {
    pub(super) fn listen() -> Self {
        let listener = Self::default();
        let heard = listener.clone();
        // without it Ctrl-C ends the program, as it does elsewhere
        drop(ctrlc::set_handler(move || heard.hear()));
        listener
    }

    /// Ctrl-C ends from now on what runs on this store.
    pub(super) fn listen_to(&self, database: &Database) {
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        *handle = Some(database.interrupt_handle());
    }

    fn hear(&self) {
        if self.elsewhere.load(Ordering::Relaxed) {
            return;
        }
        let is_idle = self.running.load(Ordering::Relaxed) == 0;
        if is_idle || self.asked.swap(true, Ordering::Relaxed) {
            std::process::exit(INTERRUPTED);
        }
        self.end_work();
    }

    /// Runs something that Ctrl-C asks to end.
    pub(super) fn during<T>(&self, run: impl FnOnce() -> T) -> T {
        if self.running.load(Ordering::Relaxed) == 0 {
            self.asked.store(false, Ordering::Relaxed);
        }
        self.running.fetch_add(1, Ordering::Relaxed);
        let result = run();
        self.running.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// Whether what runs, or ran last, was asked to end.
    pub(super) fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    /// Waits for a program that has the terminal.
    pub(super) fn elsewhere<T>(&self, wait: impl FnOnce() -> T) -> T {
        let _away = self.away();
        wait()
    }

    /// Leaves the terminal to another program, until it is dropped.
    pub(super) fn away(&self) -> Away {
        self.elsewhere.store(true, Ordering::Relaxed);
        Away(self.clone())
    }

    /// Ends what runs, because nobody wants it any more.
    pub(super) fn end_work(&self) {
        let handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        handle.iter().for_each(InterruptHandle::interrupt);
    }
}

/// Time in which another program has the terminal.
#[derive(Debug)]
pub(super) struct Away(Listener);

impl Drop for Away {
    fn drop(&mut self) {
        self.0.elsewhere.store(false, Ordering::Relaxed);
    }
}
