//! Damage that was found: an error that redb carries through, and what it was, for all who ask later.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Damage that was found in a file, by whichever of its readers. redb reads nothing more once a read has failed,
/// and does not say why; so that is kept here.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Damage(Arc<Mutex<Option<String>>>);

/// Error of a read: the file is not what was written.
#[derive(Debug)]
struct Damaged(String);

impl Damage {
    fn found_first(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was found, and makes an error of it.
    pub(super) fn note(&self, what: String) -> io::Error {
        self.found_first().get_or_insert_with(|| what.clone());
        io::Error::new(io::ErrorKind::InvalidData, Damaged(what))
    }

    /// What was found first.
    pub(in crate::store) fn found(&self) -> Option<String> {
        self.found_first().clone()
    }

    /// Forgets it, because another file is read now, or the same one anew.
    pub(in crate::store) fn forget(&self) {
        self.found_first().take();
    }

    /// What a failed read found, if that is why it failed.
    pub(in crate::store) fn of(error: &io::Error) -> Option<&str> {
        let damaged = error.get_ref()?.downcast_ref::<Damaged>()?;
        Some(&damaged.0)
    }
}

impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Damaged {}
