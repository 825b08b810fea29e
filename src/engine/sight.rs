//! Sight of a store that is open for reading only: a state, and where the rest of that state is read.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;

use super::histories::Histories;
use crate::behaviour::UserHistory;
use crate::error::{Error, Result};
use crate::eval::Snapshot;
use crate::model::{ListId, Timestamp};
use crate::query::Lender;
use crate::store::{Edition, Mark, Reader};

/// Follower of the file.
pub(super) struct Follower {
    pub(super) known: ArcSwap<Known>,
    /// Is held by who moves on to a newer state.
    pub(super) moving: Mutex<()>,
    /// What the listeners were told. It is held while a state is shown, and never while they are called.
    pub(super) told: Mutex<Told>,
}

/// What the listeners were told of what is shown.
pub(super) struct Told {
    /// The newest revision that they were told of.
    pub(super) revision: u64,
    /// Whether a thread is telling them: it goes on until they were told of all that is shown.
    pub(super) telling: bool,
    /// How often another store took the place of the file.
    pub(super) stores: u64,
}

/// What memory has of a state of the file.
pub(super) struct Known {
    pub(super) mark: Mark,
    pub(super) state: Arc<Snapshot>,
    /// The editions of the lists of the state.
    pub(super) editions: Arc<BTreeMap<ListId, Edition>>,
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
        let told = Told { revision: known.state.revision(), telling: false, stores: 0 };
        let (moving, told) = (Mutex::new(()), Mutex::new(told));
        Self { known: ArcSwap::from_pointee(known), moving, told }
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
