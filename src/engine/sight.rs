//! Sight of a store that is open for reading only: a state, and where the rest of that state is read.

use std::fmt;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use super::histories::Histories;
use crate::behaviour::UserHistory;
use crate::error::{Error, Result};
use crate::eval::Snapshot;
use crate::model::Timestamp;
use crate::query::Lender;
use crate::store::{Mark, Reader};

/// Follower of the file.
pub(super) struct Follower {
    pub(super) known: ArcSwap<Known>,
    /// Is held by who moves on to a newer state.
    pub(super) moving: Mutex<()>,
    /// Is held by who tells the listeners.
    pub(super) telling: Mutex<()>,
    /// The newest revision that they were told of.
    pub(super) told: AtomicU64,
}

/// What memory has of a state of the file.
pub(super) struct Known {
    pub(super) mark: Mark,
    pub(super) state: Arc<Snapshot>,
    /// Histories of users as they are in that state; shared with the states before that have the same.
    pub(super) histories: Arc<Histories>,
}

/// Sight of one state of the file.
pub(super) struct Sight {
    pub(super) known: Arc<Known>,
    pub(super) source: Source,
}

/// Where a sight has from what is not in its state.
pub(super) enum Source {
    /// The file in that state.
    File(Reader),
    /// Memory: the history of the only user who is asked about.
    Memory(Arc<UserHistory>),
}

impl Follower {
    pub(super) fn new(known: Known) -> Self {
        let told = AtomicU64::new(known.state.revision());
        let (moving, telling) = (Mutex::new(()), Mutex::new(()));
        Self { known: ArcSwap::from_pointee(known), moving, telling, told }
    }
}

impl Sight {
    pub(super) fn state(&self) -> &Arc<Snapshot> {
        &self.known.state
    }

    /// The instant of a manual clock.
    pub(super) fn manual_clock(&self) -> Option<Timestamp> {
        self.known.mark.clock().manual()
    }
}

impl Lender for Sight {
    fn reader(&self) -> Result<Reader> {
        match &self.source {
            Source::File(reader) => Ok(reader.clone()),
            Source::Memory(_) => Err(Error::bug("a GET from memory looked into the file")),
        }
    }

    fn history(&self, user: &str) -> Result<Arc<UserHistory>> {
        match &self.source {
            Source::File(reader) => {
                self.known.histories.get(user, || Ok(UserHistory::new(reader.user_entries(user)?)))
            }
            Source::Memory(history) => Ok(Arc::clone(history)),
        }
    }
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sight({})", self.state().revision())
    }
}
