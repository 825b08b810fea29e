//! Interrupts: another thread ends the scans that take too long.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{ErrorKind, Result};

/// Count of the interrupts of a database.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts(Arc<AtomicU64>);

impl Interrupts {
    /// Returns a handle that ends the scans that are running.
    pub(crate) fn handle(&self) -> InterruptHandle {
        InterruptHandle(self.clone())
    }

    /// Returns the watch of a scan that begins now.
    pub(crate) fn watch(&self) -> Watch<'_> {
        Watch { interrupts: self, began: self.count() }
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Watch of one scan for interrupts.
#[derive(Debug)]
pub(crate) struct Watch<'i> {
    interrupts: &'i Interrupts,
    /// The count when the scan began.
    began: u64,
}

impl Watch<'_> {
    /// Fails with `interrupted` if scans were asked to end since this one began.
    pub(crate) fn check(&self) -> Result<()> {
        if self.interrupts.count() == self.began {
            Ok(())
        } else {
            Err(ErrorKind::Interrupted.into())
        }
    }
}

/// Handle that ends long scans of a database, from any thread. It does not keep the database open, so it can be kept
/// by whoever hears of Ctrl-C or of a client that went away.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Interrupts);

impl InterruptHandle {
    /// Ends the scans of `SHOW USERS` and `SHOW EVENTS` and the dumps that are running, on any thread: they fail
    /// with `interrupted`. What begins later is not affected.
    pub fn interrupt(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}
