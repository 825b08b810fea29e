//! Damage that was found: an error that redb carries through, and what it was, for all who ask later.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Damage that was found in a file, by whichever of its readers. redb reads nothing more once a read has failed,
/// and does not say why; so that is kept here.
#[derive(Clone, Debug, Default)]
pub(in crate::store) struct Damage(Arc<Mutex<Option<Found>>>);

/// What was found first, and whether redb panicked of it.
#[derive(Debug)]
struct Found {
    what: String,
    is_panic: bool,
}

/// Error of a read: the file is not what was written.
#[derive(Debug)]
struct Damaged(String);

impl Damage {
    fn first(&self) -> MutexGuard<'_, Option<Found>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was found, and makes an error of it.
    pub(super) fn note(&self, what: String) -> io::Error {
        self.first().get_or_insert_with(|| Found { what: what.clone(), is_panic: false });
        io::Error::new(io::ErrorKind::InvalidData, Damaged(what))
    }

    /// Notes that redb panicked, which is how it says that a page makes no sense whose sum is right.
    pub(in crate::store) fn note_panic(&self, what: String) {
        let mut first = self.first();
        match &mut *first {
            Some(first) => first.is_panic = true,
            None => *first = Some(Found { what, is_panic: true }),
        }
    }

    /// Whether redb panicked: what it had under way is then not to be touched any more.
    pub(in crate::store) fn is_panic(&self) -> bool {
        self.first().as_ref().is_some_and(|first| first.is_panic)
    }

    /// What was found first.
    pub(in crate::store) fn found(&self) -> Option<String> {
        self.first().as_ref().map(|first| first.what.clone())
    }

    /// Forgets it, because another file is read now, or the same one anew.
    pub(in crate::store) fn forget(&self) {
        self.first().take();
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
