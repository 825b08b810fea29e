//! Watch of long work: how far it has come, and whether it is to end.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::{ErrorKind, Result};

/// Desk from which the long work in a database is watched.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    /// How often work was asked to end.
    interrupts: AtomicU64,
    /// How many steps of the current part are done.
    done: AtomicU64,
    /// How often anybody looked whether to end.
    #[cfg(test)]
    looks: AtomicU64,
    /// What is being done, and how many steps it has.
    part: Mutex<Option<(&'static str, u64)>>,
}

impl Desk {
    /// Returns a handle that ends what is running.
    pub(crate) fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle(self.clone())
    }

    /// Returns a handle that tells how far what is running has come.
    pub(crate) fn progress_handle(&self) -> ProgressHandle {
        ProgressHandle(self.clone())
    }

    /// Returns how often anybody looked whether to end.
    #[cfg(test)]
    pub(crate) fn looks(&self) -> u64 {
        self.0.looks.load(Ordering::Relaxed)
    }

    /// Returns the watch of something that begins now.
    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch { desk: self, began: self.interrupts(), is_unwanted: None, is_told: Cell::new(false) }
    }

    fn interrupts(&self) -> u64 {
        self.0.interrupts.load(Ordering::Relaxed)
    }

    fn set_part(&self, part: Option<(&'static str, u64)>) {
        *self.0.part.lock().unwrap_or_else(PoisonError::into_inner) = part;
    }
}

/// Watch of one long work.
#[derive(Debug)]
pub(crate) struct Watch<'d> {
    desk: &'d Desk,
    /// The count of interrupts when it began.
    began: u64,
    /// Whether nobody wants its result any more.
    is_unwanted: Option<&'d AtomicBool>,
    /// Whether it tells how far it has come.
    is_told: Cell<bool>,
}

impl<'d> Watch<'d> {
    /// Returns another watch of the same work.
    pub(crate) fn again(&self) -> Self {
        let &Self { desk, began, is_unwanted, .. } = self;
        Self { desk, began, is_unwanted, is_told: Cell::new(false) }
    }

    /// Returns the watch of work that also ends when nobody wants its result any more.
    pub(crate) fn unless(self, is_unwanted: Option<&'d AtomicBool>) -> Self {
        Self { desk: self.desk, began: self.began, is_unwanted, is_told: Cell::new(false) }
    }

    /// Begins a part of the work that has a number of steps; 0 if that is not known.
    pub(crate) fn begin(&self, part: &'static str, steps: u64) {
        self.is_told.set(true);
        self.desk.0.done.store(0, Ordering::Relaxed);
        self.desk.set_part(Some((part, steps)));
    }

    /// Tells that some steps are done, and fails with `interrupted` if the work was asked to end since it began.
    pub(crate) fn step(&self, steps: u64) -> Result<()> {
        self.desk.0.done.fetch_add(steps, Ordering::Relaxed);
        self.check()
    }

    /// Fails with `interrupted` if the work was asked to end since it began.
    pub(crate) fn check(&self) -> Result<()> {
        #[cfg(test)]
        self.desk.0.looks.fetch_add(1, Ordering::Relaxed);
        let is_unwanted = self.is_unwanted.is_some_and(|is| is.load(Ordering::Relaxed));
        if self.desk.interrupts() == self.began && !is_unwanted {
            Ok(())
        } else {
            Err(ErrorKind::Interrupted.into())
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if self.is_told.get() {
            self.desk.set_part(None);
        }
    }
}

/// Handle that ends long work of a database, from any thread. It does not keep the database open, so it can be kept
/// by whoever hears of Ctrl-C or of a client that went away.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Desk);

impl InterruptHandle {
    /// Ends the queries, the scans of `SHOW USERS`, `SHOW EVENTS` and `SHOW CHANGES`, the dumps, backups, checks and
    /// compactions that are running, on any thread: they fail with `interrupted`, at the next place at which they can.
    /// What begins later is not affected.
    pub fn interrupt(&self) {
        self.0.0.interrupts.fetch_add(1, Ordering::Relaxed);
    }
}

/// Handle that tells how far long work of a database has come, from any thread. It does not keep the database open.
#[derive(Clone, Debug)]
pub struct ProgressHandle(Desk);

/// How far long work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being gone through: `users`, `revisions`, `pages`, ….
    pub what: &'static str,
    /// How many of them are done.
    pub done: u64,
    /// How many there are in all; `None` if that is not known.
    pub total: Option<u64>,
}

impl ProgressHandle {
    /// How far the work has come that runs now; `None` if none does, or none that is long. Of several the one that began
    /// last is told, with what they all have done.
    #[must_use]
    pub fn progress(&self) -> Option<Progress> {
        let part = *self.0.0.part.lock().unwrap_or_else(PoisonError::into_inner);
        let (what, steps) = part?;
        let done = self.0.0.done.load(Ordering::Relaxed);
        let total = (steps > 0).then_some(steps);
        Some(Progress { what, done: total.map_or(done, |total| done.min(total)), total })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_told_of_while_it_runs() {
        let desk = Desk::default();
        let handle = desk.progress_handle();
        let watch = desk.watch();
        watch.check().unwrap();
        assert_eq!(handle.progress(), None);
        watch.begin("users", 10);
        watch.step(3).unwrap();
        watch.step(4).unwrap();
        assert_eq!(handle.progress(), Some(Progress { what: "users", done: 7, total: Some(10) }));
        watch.begin("pages", 0);
        watch.step(9).unwrap();
        assert_eq!(handle.progress(), Some(Progress { what: "pages", done: 9, total: None }));
        drop(desk.watch());
        assert!(handle.progress().is_some());
        drop(watch);
        assert_eq!(handle.progress(), None);
    }

    #[test]
    fn work_that_runs_is_ended_and_later_work_is_not() {
        let desk = Desk::default();
        let before = desk.watch();
        desk.interrupt_handle().interrupt();
        assert_eq!(before.step(1).unwrap_err().code(), "interrupted");
        desk.watch().step(1).unwrap();
    }
}
