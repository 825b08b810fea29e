//! Ends of scans that take longer than somebody has patience.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{ErrorKind, Result};

/// Count of how often scans were asked to end.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupts(Arc<AtomicU64>);

impl Interrupts {
    /// Returns what ends the scans that run.
    pub(crate) fn handle(&self) -> InterruptHandle {
        InterruptHandle(self.clone())
    }

    /// Begins to watch, for a scan that begins now.
    pub(crate) fn watch(&self) -> Watch {
        Watch { interrupts: self.clone(), began: self.count() }
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Watch whether a scan is to end.
#[derive(Debug)]
pub(crate) struct Watch {
    interrupts: Interrupts,
    /// The count when the scan began.
    began: u64,
}

impl Watch {
    /// Fails with `interrupted` if scans were asked to end since this one began.
    pub(crate) fn check(&self) -> Result<()> {
        if self.interrupts.count() == self.began {
            Ok(())
        } else {
            Err(ErrorKind::Interrupted.into())
        }
    }
}

/// Ends what takes long in a database. It does not keep the database open, so that it can be handed to whoever
/// hears that somebody has lost patience.
#[derive(Clone, Debug)]
pub struct InterruptHandle(Interrupts);

impl InterruptHandle {
    /// Ends the scans of `SHOW USERS` and `SHOW EVENTS` and the dumps that are running, on any thread: they fail
    /// with `interrupted`. What begins later is not affected.
    pub fn interrupt(&self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}
